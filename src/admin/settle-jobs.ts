import type { Deps } from '../deps.ts';
import { describeFault } from '../log.ts';
import type { QueueName } from '../queues.ts';
import { knownJobName } from './explain-job.ts';
import { change, type Visit } from './route.ts';
import type { PanelParts } from './settings.ts';

export type Settling = {
  queue: QueueName;
  /** Null: all that have failed. */
  id: string | null;
  how: 'retry' | 'discard';
};

/**
 * Has failed jobs done again, or takes them away, with the audit; answers how many. 'gone': it is not among the failed ones
 * any more, or may not be. 'away': the queue did not answer, so nobody knows.
 */
export const settleJobs = async (
  deps: Deps,
  { queues }: PanelParts,
  visit: Visit,
  { queue, id, how }: Settling,
): Promise<number | 'gone' | 'away'> => {
  if (!mayBe(queue, how)) return 'gone';
  const action = how === 'retry' ? 'job.retried' : 'job.discarded';
  const subject = id === null ? `${queue}, all that had failed` : `${queue} ${id}`;
  try {
    return await change(deps, visit, async (_tx, note) => {
      if (id === null) {
        const count = await queues.settleAllFailed(queue, how);
        if (count > 0) note(action, subject, { count });
        return count;
      }
      const job = await queues.settleFailed(queue, id, how);
      if (job) note(action, subject, { name: knownJobName(queue, job.name) });
      return job ? 1 : 'gone';
    });
  } catch (error) {
    if (!(await queues.wasAway(error))) throw error;
    deps.log.warn({ event: 'admin.queue-away', queue, ...describeFault(error as Error) });
    // It may be done all the same, as soon as the server goes on.
    await change(deps, visit, async (_tx, note) => note(action, subject, { outcome: 'not known' }));
    return 'away';
  }
};

/** BullMQ on Postgres keeps what a scheduler made, whoever wants it gone. */
const mayBe = (queue: QueueName, how: Settling['how']): boolean => queue !== 'schedules' || how === 'retry';
