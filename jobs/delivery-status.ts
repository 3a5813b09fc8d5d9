import type { Deps } from '../src/deps.ts';
import { forward, fromTwilio } from '../src/domain/delivery-status.ts';
import { sendAsText } from '../src/messaging/content.ts';
import { failMessage, type Rings, recordAccepted } from '../src/messaging/record.ts';
import type { Timing } from '../src/messaging/timing.ts';
import { isContentFault, meaningOf } from '../src/messaging/twilio-errors.ts';
import { readStatusForm } from '../src/messaging/twilio-forms.ts';
import type { Doorbell } from '../src/queues.ts';
import type { Attempt } from '../src/store/attempts.ts';
import type { Callback } from '../src/store/callbacks.ts';
import type { Tx } from '../src/store/store.ts';

export type DeliveryStatusDeps = Deps & { timing: Timing };

const batchSize = 50;
const matchAgainMs = 30_000;
// Twilio reports on a message within its queue's four hours.
const giveUpMs = 24 * 60 * 60 * 1000;
const retryAfterFailureMs = 10_000;

/** Applies a channel's callbacks: each moves its message forward, or not at all. */
export const deliveryStatus = (deps: DeliveryStatusDeps) => async (bell: Doorbell) => {
  const { store, ring } = deps;
  const { tenantId, id: channelId } = bell;
  for (;;) {
    const rings = new Set<string>();
    const count = await store.tenant(tenantId, async (tx) => {
      rings.clear();
      const callbacks = await tx.callbacks.next(channelId, batchSize);
      for (const callback of callbacks) await apply(tx, deps, callback, rings);
      return callbacks.length;
    });
    if (rings.has('outbound')) ring('outbound', tenantId, channelId);
    if (rings.has('cmms-events')) ring('cmms-events', tenantId, tenantId);
    // An id that became known may have woken callbacks that came before it.
    if (count < batchSize && !rings.has('delivery-status')) return;
  }
};

const apply = async (tx: Tx, deps: DeliveryStatusDeps, callback: Callback, rings: Set<string>) => {
  const form = readStatusForm(new URLSearchParams(callback.raw.toString('utf8')));
  const attempt = await findAttempt(tx, callback);
  if (!attempt || !form) {
    // Early, or of a message that is not ours: kept, and tried again for a day.
    const age = deps.now().getTime() - callback.receivedAt.getTime();
    return tx.callbacks.park(
      callback.id,
      form && age < giveUpMs ? new Date(deps.now().getTime() + matchAgainMs) : null,
    );
  }

  // The address names the attempt and the body the provider's id: certain, whatever was matched by text.
  const isFound = attempt.providerId !== callback.providerId && attempt.providerIdFrom !== 'answer';
  if (isFound) {
    note(rings, await recordAccepted(tx, attempt, callback.providerId, 'callback', deps.timing));
  }
  const status = fromTwilio(form.status);
  await tx.callbacks.applied(callback.id, attempt.id, status);
  if (!status) return;
  await tx.attempts.setStatus(
    attempt.id,
    forward(attempt.status, status),
    form.errorCode ? { code: form.errorCode, text: form.errorText } : null,
  );
  if (status !== 'failed') {
    await tx.messages.moveTo(attempt.messageId, status);
    if (isFound || status === 'delivered' || status === 'read')
      await tx.outbox.withdrawRetry(attempt.messageId);
    return;
  }
  // Told before, in another word, or delivered after all: then nothing follows from it.
  if (forward(attempt.status, status) === attempt.status) return;
  note(rings, await recover(tx, deps, attempt, form.errorCode, rings));
};

const findAttempt = async (tx: Tx, callback: Callback): Promise<Attempt | null> => {
  const named = callback.attemptId ? await tx.attempts.lock(callback.attemptId) : null;
  if (named?.channelId === callback.channelId) return named;
  return tx.attempts.lockByProviderId(callback.channelId, callback.providerId);
};

/** What follows from a failure the provider reports: once more if that can help, else the end. */
const recover = async (
  tx: Tx,
  deps: Deps,
  attempt: Attempt,
  code: string | null,
  rings: Set<string>,
): Promise<Rings> => {
  const tries = await tx.attempts.ofMessage(attempt.messageId);
  // A later attempt is under way or has arrived: the fate of this one changes nothing.
  if (tries.at(-1)?.id !== attempt.id) return {};
  const { next, text } = meaningOf(code ?? 'unknown');
  if (code === '63016') await tx.conversations.windowRefusedFor(attempt.messageId, attempt.sendingAt);
  const { contentSid } = attempt;
  if (contentSid && isContentFault(code)) {
    await sendAsText(tx, deps, { ...attempt, contentSid }, code);
    rings.add('outbound');
    return {};
  }
  const reason = `failed:${code}`;
  if (next === 'retry' && !tries.some((each) => each.reason === reason)) {
    await tx.outbox.sendAgain(attempt.messageId, retryAfterFailureMs, reason);
    rings.add('outbound');
    return {};
  }
  return failMessage(tx, deps, attempt.messageId, { code, text, next });
};

const note = (rings: Set<string>, { events, statusOf }: Rings) => {
  if (events) rings.add('cmms-events');
  if (statusOf) rings.add('delivery-status');
};
