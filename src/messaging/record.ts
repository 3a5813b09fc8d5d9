import { type Bell, readFacts } from '../cmms/facts.ts';
import { tellNotReached } from '../cmms/not-reached.ts';
import { noteOptOut } from '../cmms/opt-out.ts';
import type { Deps } from '../deps.ts';
import type { Reason, Way } from '../domain/message.ts';
import type { Attempt } from '../store/attempts.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { ListedMessage } from '../store/messages.ts';
import type { Tx } from '../store/store.ts';
import { alarmFor } from './alarms.ts';
import { sendAsText } from './content.ts';
import { followFailed } from './next-way.ts';
import type { Outcome, Then } from './provider.ts';
import { afterTemplateRefused, afterWindowClosed } from './templates.ts';
import { retryDelayMs, type Timing } from './timing.ts';
import { isContentFault } from './twilio-errors.ts';

/** The doorbells to ring once the transaction is committed. */
export type Rings = { statusOf?: string; events?: true; bells?: Bell[] };

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
  if (from === 'answer') await tx.leases.works(attempt.channelId);
  return (await tx.callbacks.wake(attempt.channelId, providerId)) ? { statusOf: attempt.channelId } : {};
};

/** Notes that the provider has the message and will tell nothing more of it. */
export const recordSent = async (
  tx: Tx,
  attempt: Pick<Attempt, 'id' | 'messageId' | 'channelId'>,
  providerId: string,
  timing: Timing,
): Promise<Rings> => {
  const rings = await recordAccepted(tx, attempt, providerId, 'answer', timing);
  await tx.attempts.setStatus(attempt.id, 'sent', null);
  await tx.messages.moveTo(attempt.messageId, 'sent');
  return rings;
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
      if (known.length > 0) await tx.leases.works(channelId);
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

/** Rings when a channel has made no progress for a while: each of its messages only waits, and tells nobody. */
export const noteNoProgress = async (
  tx: Tx,
  { log }: Pick<Deps, 'log'>,
  { id: channelId, way }: Pick<StoredChannel, 'id' | 'way'>,
  outcome: Outcome,
): Promise<void> => {
  // Any other refusal is about one message.
  const waits = outcome.kind === 'unclear' || (outcome.kind === 'refused' && outcome.next === 'retry');
  if (!waits || !(await tx.leases.fails(channelId))) return;
  const code = outcome.kind === 'refused' ? outcome.code : null;
  log.error({ event: 'channel.stuck', alarm: true, channelId, way, code });
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
    const { code } = outcome;
    const alarm = alarmFor([tx.tenantId, 'channel.paused', channelId, code], deps.now());
    deps.log.error({ event: 'channel.paused', ...alarm, channelId, code });
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
  if (outcome.next === 'template') {
    const { again, text } = await afterWindowClosed(tx, deps, stored, outcome.text);
    return again ? {} : failMessage(tx, deps, attempt.messageId, { ...outcome, text });
  }
  return failMessage(tx, deps, attempt.messageId, outcome);
};

/** Ends a message for good, goes on by the person's next way, and tells the CMMS. */
export const failMessage = async (
  tx: Tx,
  deps: Deps,
  messageId: string,
  told: { code: string | null; text: string; next: Then },
): Promise<Rings> => {
  const status = await tx.messages.moveTo(messageId, 'failed');
  // Delivered after all: then it has not failed, whatever else is said.
  if (status !== 'failed') return {};
  const refused = (await tx.attempts.ofMessage(messageId)).at(-1);
  const asTemplate = refused ? await afterTemplateRefused(tx, refused, told) : null;
  const failure = { ...told, text: asTemplate ?? told.text };
  await tx.outbox.stop(messageId, {
    reason: reasonOf(failure),
    error: { code: failure.code, text: failure.text },
  });
  const { nextWay, bells, notReached } = await followFailed(tx, deps, messageId);
  const message = await addFailed(tx, deps, messageId, failure, nextWay);
  if (refused && failure.code === '21610') bells.push(...(await recipientOptedOut(tx, deps, refused)));
  // The next run asks how the template stands.
  if (refused && asTemplate) bells.push({ queue: 'outbound', id: refused.channelId });
  if (notReached) bells.push(...(await tellNotReached(tx, notReached)));
  const { code, next } = failure;
  const { kind = null, way = null } = message ?? {};
  const cause = { reason: reasonOf(failure), code, template: refused?.template ?? null };
  // What might have passed did not, and nothing else is left.
  const isFault = next === 'fix' || next === 'template' || (next === 'retry' && nextWay === null);
  deps.log.warn({
    event: 'message.failed',
    ...(isFault
      ? alarmFor([tx.tenantId, 'message.failed', ...Object.values(cause)], deps.now())
      : { alarm: false }),
    ...{ messageId, kind, way, ...cause },
  });
  return { events: true, bells: bells.filter(({ queue }) => queue !== 'cmms-events') };
};

/** Tells the feed that this message has failed for good, and by which way it goes on. Ring `cmms-events` after the commit. */
export const addFailed = async (
  tx: Tx,
  deps: Deps,
  messageId: string,
  { code, text }: { code: string | null; text: string },
  nextWay: Way | null,
): Promise<ListedMessage | null> => {
  const message = await tx.messages.get(messageId);
  await tx.events.add({
    id: deps.newId(),
    type: 'message.failed',
    at: deps.now(),
    actor: { kind: 'system', id: null },
    workOrderId: message?.workOrderId ?? null,
    messageId,
    data: { technician: message?.technician ?? null, code, text, nextWay },
  });
  return message;
};

/** Twilio refused the message because its recipient has opted out. */
const recipientOptedOut = async (
  tx: Tx,
  deps: Deps,
  { address, sendingAt, messageId }: Attempt,
): Promise<Bell[]> => {
  const facts = await readFacts(tx, deps, { kind: 'system', id: null });
  return noteOptOut(tx, { address, at: sendingAt, messageId }, facts);
};

const reasonOf = ({ code, next }: { code: string | null; next: Then }): Reason =>
  next === 'template' ? 'no-template' : code === '21610' ? 'opted-out' : 'provider';
