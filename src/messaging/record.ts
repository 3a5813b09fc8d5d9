import { readFacts } from '../cmms/facts.ts';
import { noteOptOut } from '../cmms/opt-out.ts';
import type { Deps } from '../deps.ts';
import type { Reason } from '../domain/message.ts';
import type { Attempt } from '../store/attempts.ts';
import type { Tx } from '../store/store.ts';
import { sendAsText } from './content.ts';
import type { Outcome, Then } from './provider.ts';
import { retryDelayMs, type Timing } from './timing.ts';
import { isContentFault } from './twilio-errors.ts';

/** The doorbells to ring once the transaction is committed. */
export type Rings = { statusOf?: string; events?: true };

/** Notes that the provider has the message, under this id. */
export const recordAccepted = async (
  tx: Tx,
  attempt: Pick<Attempt, 'id' | 'messageId' | 'channelId'>,
  providerId: string,
  from: 'answer' | 'adopted' | 'callback',
  timing: Timing,
): Promise<Rings> => {
  const holder = await tx.attempts.lockByProviderId(attempt.channelId, providerId);
  if (holder && holder.id !== attempt.id) {
    // That one had only been matched by its text; what we were told ourselves is certain.
    if (holder.providerIdFrom !== 'adopted' || from === 'adopted') return {};
    await tx.attempts.disown(holder.id, timing.lookAfterMs[0]);
  }
  await tx.attempts.accepted(attempt.id, providerId, from);
  await tx.messages.moveTo(attempt.messageId, 'accepted');
  return (await tx.callbacks.wake(attempt.channelId, providerId)) ? { statusOf: attempt.channelId } : {};
};

type Answered = { attempt: Pick<Attempt, 'id' | 'messageId' | 'channelId'>; providerId: string };

/** Notes what the provider accepted, many in one transaction: the next ones gather while the previous are written. */
export const createAnswerRecorder = (deps: Deps, tenantId: string, timing: Timing) => {
  type Waiting = Answered & { noted: (rings: Promise<Rings>) => void };
  let gathering: Waiting[] = [];
  let writing = false;

  /** Resolves once the answer is stored. */
  const record = (attempt: Answered['attempt'], providerId: string): Promise<Rings> =>
    new Promise((noted) => {
      gathering.push({ attempt, providerId, noted });
      if (writing) return;
      writing = true;
      setImmediate(write);
    });

  const write = async () => {
    while (gathering.length > 0) {
      const batch = gathering;
      gathering = [];
      const together = await recordTogether(deps, tenantId, batch);
      for (const { attempt, providerId, noted } of batch) {
        noted(
          together.get(attempt.id) ??
            deps.store.tenant(tenantId, (tx) => recordAccepted(tx, attempt, providerId, 'answer', timing)),
        );
      }
    }
    writing = false;
  };

  return record;
};

/** What there is to ring for the answers that could be noted together, by attempt. */
const recordTogether = async (
  { store, log }: Deps,
  tenantId: string,
  batch: Answered[],
): Promise<Map<string, Promise<Rings>>> => {
  const { channelId } = batch[0]!.attempt;
  try {
    return await store.tenant(tenantId, async (tx) => {
      const noted = await tx.attempts.acceptedTogether(
        channelId,
        batch.map(({ attempt, providerId }) => ({ attemptId: attempt.id, providerId })),
      );
      const known = batch.filter(({ attempt }) => noted.has(attempt.id));
      const woke = await tx.callbacks.wake(channelId, ...known.map(({ providerId }) => providerId));
      const rings: Rings = woke ? { statusOf: channelId } : {};
      return new Map(known.map(({ attempt }) => [attempt.id, Promise.resolve(rings)]));
    });
  } catch (error) {
    // Each is then noted by itself, so that one that cannot be does not take the others with it.
    log.warn({ event: 'record.singly', code: (error as { code?: string }).code });
    return new Map();
  }
};

/** Notes how a call ended that was not accepted, and what follows from it. */
export const recordOutcome = async (
  tx: Tx,
  deps: Deps & { random: () => number },
  attempt: { id: string; messageId: string; channelId: string; tries: number },
  outcome: Exclude<Outcome, { kind: 'accepted' }>,
  timing: Timing,
): Promise<Rings> => {
  const stored = await tx.attempts.lock(attempt.id);
  // A callback told meanwhile that it went through after all.
  if (!stored || stored.state === 'accepted') return {};
  if (outcome.kind === 'unclear') {
    await tx.attempts.unclear(attempt.id, outcome.text);
    await tx.messages.moveTo(attempt.messageId, 'unknown');
    return {};
  }
  await tx.attempts.refused(attempt.id, { code: outcome.code, text: outcome.text });
  if (outcome.pauseMs) {
    await tx.leases.pause(attempt.channelId, outcome.pauseMs);
    const { channelId } = attempt;
    deps.log.error({ event: 'channel.paused', alarm: true, channelId, code: outcome.code });
  }
  const { contentSid } = stored;
  if (contentSid && outcome.next === 'fix' && isContentFault(outcome.code)) {
    await sendAsText(tx, deps, { ...stored, contentSid }, outcome.code);
    return {};
  }
  if (outcome.next === 'retry') {
    const delayMs = Math.max(outcome.pauseMs ?? 0, retryDelayMs(timing, attempt.tries + 1, deps.random()));
    await tx.outbox.sendAgain(attempt.messageId, delayMs, `retry:${attempt.tries + 1}`);
    return {};
  }
  return failMessage(tx, deps, attempt.messageId, outcome);
};

/** Ends a message for good, and tells the CMMS. */
export const failMessage = async (
  tx: Tx,
  deps: Deps,
  messageId: string,
  failure: { code: string | null; text: string; next: Then },
): Promise<Rings> => {
  const status = await tx.messages.moveTo(messageId, 'failed');
  // Delivered after all: then it has not failed, whatever else is said.
  if (status !== 'failed') return {};
  await tx.outbox.stop(messageId, {
    reason: reasonOf(failure),
    error: { code: failure.code, text: failure.text },
  });
  const message = await tx.messages.get(messageId);
  await tx.events.add({
    id: deps.newId(),
    type: 'message.failed',
    at: deps.now(),
    actor: { kind: 'system', id: null },
    workOrderId: message?.workOrderId ?? null,
    messageId,
    data: { technician: message?.technician ?? null, code: failure.code, text: failure.text },
  });
  if (failure.code === '21610') await recipientOptedOut(tx, deps, messageId);
  deps.log.warn({
    event: 'message.failed',
    alarm: failure.next === 'fix' || failure.next === 'template',
    messageId,
    code: failure.code,
  });
  return { events: true };
};

/** Twilio refused the message because its recipient has opted out. */
const recipientOptedOut = async (tx: Tx, deps: Deps, messageId: string): Promise<void> => {
  const refused = (await tx.attempts.ofMessage(messageId)).at(-1);
  if (!refused) return;
  const facts = await readFacts(tx, deps, { kind: 'system', id: null });
  // What it adds to the outbox the run that is under way sends, or the recovery timer rings for it.
  await noteOptOut(tx, { address: refused.address, at: refused.sendingAt, messageId }, facts);
};

const reasonOf = ({ code, next }: { code: string | null; next: Then }): Reason =>
  next === 'template' ? 'no-template' : code === '21610' ? 'opted-out' : 'provider';
