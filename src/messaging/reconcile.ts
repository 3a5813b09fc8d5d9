import type { Deps } from '../deps.ts';
import { forward, fromTwilio } from '../domain/delivery-status.ts';
import type { Attempt } from '../store/attempts.ts';
import type { StoredChannel } from '../store/channels.ts';
import { possibleDuplicate } from '../store/outbox.ts';
import { alarmFor } from './alarms.ts';
import type { ListedAtProvider, Provider } from './provider.ts';
import { type Rings, recordAccepted } from './record.ts';
import type { Timing } from './timing.ts';

const marginMs = 60_000;

/**
 * Looks at the provider whether tries with an unclear end went through, oldest first. What is found is
 * adopted; what is not found by the last look is sent once more, marked as a possible duplicate; if that
 * one stays unclear too, the message is `unknown` and somebody is told.
 */
export const settleUnclear = async (
  deps: Deps,
  tenantId: string,
  channel: StoredChannel,
  provider: Provider,
  timing: Timing,
): Promise<Rings[]> => {
  const open = await deps.store.tenant(tenantId, (tx) => tx.attempts.toLookAt(channel.id, 50));
  const rings: Rings[] = [];
  for (const attempt of open) {
    let listed: ListedAtProvider[];
    try {
      listed = await provider.listSentTo(attempt.address, new Date(attempt.sendingAt.getTime() - marginMs));
    } catch {
      // Twilio's list cannot be had at the moment: this look does not count, the next run looks again.
      deps.log.warn({ event: 'reconcile.no-list', attemptId: attempt.id });
      return rings;
    }
    rings.push(await settle(deps, tenantId, channel, attempt, listed, timing));
  }
  return rings;
};

const settle = (
  deps: Deps,
  tenantId: string,
  channel: StoredChannel,
  attempt: Attempt,
  listed: ListedAtProvider[],
  timing: Timing,
): Promise<Rings> =>
  deps.store.tenant(tenantId, async (tx) => {
    const current = await tx.attempts.lock(attempt.id);
    if (!current || (current.state !== 'sending' && current.state !== 'unclear')) return {};

    const held = await tx.attempts.held(
      channel.id,
      listed.map(({ id }) => id),
    );
    const fitting = listed
      .filter(
        ({ id, from, text, createdAt }) =>
          // A list without a sender is a message that Twilio's messaging service has not placed yet.
          (from === null || from === channel.address) &&
          (attempt.text === '' ? isInTime(attempt, createdAt) : text === attempt.text) &&
          !held.has(id),
      )
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
    // Whose words are not known may be any of several; the only one it is.
    const isUncertain = attempt.text === '' && fitting.length > 1;
    const found = isUncertain ? undefined : fitting[0];
    if (found) {
      deps.log.info({ event: 'attempt.adopted', attemptId: attempt.id, providerId: found.id });
      const rings = await recordAccepted(tx, current, found.id, 'adopted', timing);
      const status = fromTwilio(found.status);
      if (status && status !== 'failed') {
        await tx.attempts.setStatus(current.id, forward(current.status, status), null);
        await tx.messages.moveTo(current.messageId, status);
      }
      return rings;
    }

    const looks = current.looks + 1;
    const next = timing.lookAfterMs[looks];
    await tx.attempts.looked(current.id, looks, next ?? null);
    await tx.messages.moveTo(current.messageId, 'unknown');
    if (next !== undefined) return {};
    // By another way it has arrived, or still may: once more by this one would say it twice.
    if ((await tx.outbox.saidOtherwise([current.messageId])).size > 0) return {};
    const tries = await tx.attempts.ofMessage(current.messageId);
    // Among several one is likely to be it: sending it once more would be no better than a guess.
    if (isUncertain || tries.some(({ reason }) => reason === possibleDuplicate)) {
      const alarm = alarmFor([tenantId, 'message.unknown', channel.id], deps.now());
      const facts = { messageId: current.messageId, way: channel.way, channelId: channel.id };
      deps.log.error({ event: 'message.unknown', ...alarm, ...facts });
      return {};
    }
    await tx.outbox.sendAgain(current.messageId, 0, possibleDuplicate);
    return {};
  });

/** Whether a message may come of that try: none begins long after the claim. */
const isInTime = ({ sendingAt }: Attempt, createdAt: Date): boolean =>
  Math.abs(createdAt.getTime() - sendingAt.getTime()) <= marginMs;
