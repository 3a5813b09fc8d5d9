import { type Bell, ringAll } from '../src/cmms/facts.ts';
import { tellSeen } from '../src/cmms/tell-seen.ts';
import type { Deps } from '../src/deps.ts';
import { forward, fromTwilio } from '../src/domain/delivery-status.ts';
import { sendAsText } from '../src/messaging/content.ts';
import { failMessage, type Rings, recordAccepted } from '../src/messaging/record.ts';
import { afterWindowClosed } from '../src/messaging/templates.ts';
import type { Timing } from '../src/messaging/timing.ts';
import { againAfterMs, isContentFault, isSenderLimit, meaningOf } from '../src/messaging/twilio-errors.ts';
import { readStatusForm } from '../src/messaging/twilio-forms.ts';
import type { Doorbell } from '../src/queues.ts';
import type { Attempt } from '../src/store/attempts.ts';
import type { Callback } from '../src/store/callbacks.ts';
import type { Tx } from '../src/store/store.ts';

export type DeliveryStatusDeps = Deps & { timing: Timing };

const batchSize = 50;
// Then others have their turn.
const maxBatchesPerRun = 20;
const matchAgainMs = 30_000;
// Twilio reports on a message within its queue's four hours.
const giveUpMs = 24 * 60 * 60 * 1000;
const sayLimitAgainMs = 60 * 60 * 1000;

/** Applies a channel's callbacks: each moves its message forward, or not at all. */
export const deliveryStatus = (given: DeliveryStatusDeps) => {
  const deps = { ...given, limitSaidAtMs: new Map<string, number>() };
  return (bell: Doorbell) => applyAll(deps, bell);
};

type ApplyDeps = DeliveryStatusDeps & {
  /** When it was last said that a sender had reached a limit, by channel and code. */
  limitSaidAtMs: Map<string, number>;
};

const applyAll = async (deps: ApplyDeps, bell: Doorbell) => {
  const { store, ring } = deps;
  const { tenantId, id: channelId } = bell;
  for (let batches = 0; batches < maxBatchesPerRun; batches++) {
    const rings = new Set<string>();
    const bells: Bell[] = [];
    const count = await store.tenant(tenantId, async (tx) => {
      rings.clear();
      bells.length = 0;
      const callbacks = byMessage(await tx.callbacks.next(channelId, batchSize));
      for (const callback of callbacks) await apply(tx, deps, callback, rings, bells);
      return callbacks.length;
    });
    if (rings.has('outbound')) ring('outbound', tenantId, channelId);
    if (rings.has('cmms-events')) ring('cmms-events', tenantId, tenantId);
    ringAll(deps, tenantId, bells);
    // An id that became known may have woken callbacks that came before it.
    if (count < batchSize && !rings.has('delivery-status')) return;
  }
  ring('delivery-status', tenantId, channelId);
};

/** Messages are locked in the order of their ids, as everywhere; of each the callbacks as they came. */
const byMessage = (callbacks: Callback[]): Callback[] => {
  const key = ({ messageId }: Callback) => messageId ?? '';
  return callbacks.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
};

const apply = async (tx: Tx, deps: ApplyDeps, callback: Callback, rings: Set<string>, bells: Bell[]) => {
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
  // Whom it went to was erased since: the provider still tells the phone.
  const isErased = attempt.address === '';
  await tx.callbacks.applied(callback.id, attempt.id, status, isErased);
  if (!status) return;
  await tx.attempts.setStatus(
    attempt.id,
    forward(attempt.status, status),
    form.errorCode ? { code: form.errorCode, text: isErased ? null : form.errorText } : null,
  );
  if (status !== 'failed') {
    await tx.messages.moveTo(attempt.messageId, status, callback.receivedAt);
    if (status === 'read') bells.push(...(await tellSeen(tx, deps, attempt.messageId)));
    if (isFound || status === 'delivered' || status === 'read')
      await tx.outbox.withdrawRetry(attempt.messageId);
    return;
  }
  // Told before, in another word, or delivered after all: then nothing follows from it.
  if (forward(attempt.status, status) === attempt.status) return;
  const rung = await recover(tx, deps, attempt, form.errorCode, rings);
  note(rings, rung);
  bells.push(...(rung.bells ?? []));
};

const findAttempt = async (tx: Tx, callback: Callback): Promise<Attempt | null> => {
  const named = callback.attemptId ? await tx.attempts.lock(callback.attemptId) : null;
  if (named?.channelId === callback.channelId) return named;
  return tx.attempts.lockByProviderId(callback.channelId, callback.providerId);
};

/** What follows from a failure the provider reports: once more if that can help, else the end. */
const recover = async (
  tx: Tx,
  deps: ApplyDeps,
  attempt: Attempt,
  code: string | null,
  rings: Set<string>,
): Promise<Rings> => {
  const tries = await tx.attempts.ofMessage(attempt.messageId);
  // A later attempt is under way or has arrived: the fate of this one changes nothing.
  if (tries.at(-1)?.id !== attempt.id) return {};
  const { next, text } = meaningOf(code ?? 'unknown');
  if (code && isSenderLimit(code)) sayLimit(deps, attempt.channelId, code, text);
  const otherwise = (await tx.outbox.saidOtherwise([attempt.messageId])).get(attempt.messageId);
  // Once more by this way would say it twice.
  if (otherwise?.hasArrived || otherwise?.goesOn) {
    if (next === 'template') await tx.conversations.windowRefusedFor(attempt.messageId, attempt.sendingAt);
    return failMessage(tx, deps, attempt.messageId, { code, text, next });
  }
  if (next === 'template') {
    const after = await afterWindowClosed(tx, deps, attempt, text);
    if (!after.again) return failMessage(tx, deps, attempt.messageId, { code, text: after.text, next });
    rings.add('outbound');
    return {};
  }
  const { contentSid } = attempt;
  if (contentSid && isContentFault(code)) {
    await sendAsText(tx, deps, { ...attempt, contentSid }, code);
    rings.add('outbound');
    return {};
  }
  if (next === 'retry') {
    const isTriedAgain = await tryAgain(tx, deps, attempt, code ?? 'unknown', tries);
    if (isTriedAgain) {
      rings.add('outbound');
      return {};
    }
  }
  return failMessage(tx, deps, attempt.messageId, { code, text, next });
};

/** One more try later, unless it would come too late or the message has gone on by another way. */
const tryAgain = async (tx: Tx, deps: Deps, attempt: Attempt, code: string, tries: Attempt[]) => {
  const message = (await tx.outbox.lockForNextWay(attempt.messageId))!;
  const reason = `failed:${code}`;
  const times = tries.filter((each) => each.reason === reason || each.reason.startsWith(`${reason}:`)).length;
  const afterMs = againAfterMs(code, times);
  const hasGoneOn = message.tried.at(-1)?.id !== message.id;
  if (afterMs === null || hasGoneOn || deps.now().getTime() + afterMs >= message.expiresAt.getTime())
    return false;
  await tx.outbox.sendAgain(message.id, afterMs, times === 0 ? reason : `${reason}:${times + 1}`);
  return true;
};

/** Every message that meets the limit would say so: once an hour is enough. */
const sayLimit = ({ limitSaidAtMs, log, now }: ApplyDeps, channelId: string, code: string, text: string) => {
  const key = `${channelId} ${code}`;
  const nowMs = now().getTime();
  if (nowMs - (limitSaidAtMs.get(key) ?? -Infinity) < sayLimitAgainMs) return;
  limitSaidAtMs.set(key, nowMs);
  log.error({ event: 'channel.limited', alarm: true, channelId, code, reason: text });
};

const note = (rings: Set<string>, { events, statusOf }: Rings) => {
  if (events) rings.add('cmms-events');
  if (statusOf) rings.add('delivery-status');
};
