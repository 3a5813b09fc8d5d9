import type { Deps } from '../deps.ts';
import { forward, fromTwilio } from '../domain/delivery-status.ts';
import type { Attempt } from '../store/attempts.ts';
import type { StoredChannel } from '../store/channels.ts';
import { possibleDuplicate } from '../store/outbox.ts';
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
    const [found] = listed
      .filter(
        ({ id, from, text }) =>
          // A list without a sender is a message that Twilio's messaging service has not placed yet.
          (from === null || from === channel.address) && text === attempt.text && !held.has(id),
      )
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
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
    const tries = await tx.attempts.ofMessage(current.messageId);
    if (tries.some(({ reason }) => reason === possibleDuplicate)) {
      deps.log.error({ event: 'message.unknown', alarm: true, messageId: current.messageId });
      return {};
    }
    await tx.outbox.sendAgain(current.messageId, 0, possibleDuplicate);
    return {};
  });
