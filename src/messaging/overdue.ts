import { type Bell, ringAll } from '../cmms/facts.ts';
import type { Deps } from '../deps.ts';
import type { Way } from '../domain/message.ts';
import { describeFault } from '../log.ts';
import type { Tx } from '../store/store.ts';
import { follow } from './next-way.ts';
import { addFailed } from './record.ts';

const biteSize = 20;
const afterFaultMs = 60_000;

/**
 * Says messages of a channel that have not arrived in time by the person's next way, a few of them. True if
 * there may be more.
 */
export const followOverdue = async (
  deps: Deps & { stopping: AbortSignal },
  tenantId: string,
  channelId: string,
): Promise<boolean> => {
  const { store, log, stopping } = deps;
  const overdue = await store.tenant(tenantId, (tx) => tx.outbox.overdue(channelId, biteSize));
  for (const messageId of overdue) {
    if (stopping.aborted) return false;
    try {
      ringAll(deps, tenantId, await followOne(deps, tenantId, messageId));
    } catch (error) {
      // One that cannot be dealt with must not keep the others waiting, nor be tried without end.
      log.error({ event: 'next-way.failed', alarm: true, messageId, ...describeFault(error as Error) });
      await store.tenant(tenantId, (tx) => tx.outbox.waitLonger(messageId, afterFaultMs));
    }
  }
  return overdue.length === biteSize;
};

const followOne = (deps: Deps, tenantId: string, id: string): Promise<Bell[]> =>
  deps.store.tenant(tenantId, async (tx) => {
    const message = await tx.outbox.lockForNextWay(id);
    // It may have arrived while we waited for its lock.
    if (!message?.overdue) return [];
    await tx.outbox.stopWaiting(id);
    const followed = await follow(tx, deps, message);
    if (followed?.kind !== 'goes-on') return [];
    const { nextWay, bells } = followed;
    const neverLeft = message.waits && !(await tx.attempts.anyOpen(id));
    if (nextWay === null || !neverLeft) return bells;
    await endUntaken(tx, deps, id, nextWay);
    return [...bells, { queue: 'cmms-events', id: tenantId }];
  });

/** Nothing of it can have left, and it is said by another way now: tried again it would arrive twice. */
const endUntaken = async (tx: Tx, deps: Deps, id: string, nextWay: Way): Promise<void> => {
  const code = (await tx.attempts.ofMessage(id)).at(-1)?.errorCode ?? null;
  const failure = { code, text: 'it could not be sent in time' };
  await tx.messages.moveTo(id, 'failed');
  await tx.outbox.stop(id, { reason: 'provider', error: failure });
  await addFailed(tx, deps, id, failure, nextWay);
  deps.log.warn({ event: 'message.failed', alarm: false, messageId: id, code });
};
