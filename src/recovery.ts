import type { Deps } from './deps.ts';
import { noteOverdueChains } from './messaging/overdue-chains.ts';
import type { Queues } from './queue-backend.ts';
import type { Doorbell, DoorbellQueue } from './queues.ts';
import { schedulerEntries } from './schedules.ts';

export type RecoverySettings = {
  everyMs: number;
  /** What waits longer than this has been forgotten by the queue. */
  waitedMs: number;
  /** Cron patterns instead of the usual ones, by schedule. */
  patterns?: Record<string, string>;
};

export const recoverySettings: RecoverySettings = { everyMs: 5000, waitedMs: 5000 };

// One round's worth; what is left comes in the next.
const maxRings = 500;
const maxWorkedHere = 20;
const goOnMs = 250;

/**
 * One plain timer per worker process, of which one at a time acts. It rings for what the queue forgot, puts
 * missing schedulers back, and while the queue is away or refuses works small batches itself. It decides nothing.
 */
export const startRecovery = (
  deps: Deps & { mustWaitForSpill: () => Promise<boolean> },
  queues: Queues,
  jobs: Record<DoorbellQueue, (bell: Doorbell) => Promise<void>>,
  settings: RecoverySettings,
) => {
  const { store, log, newId } = deps;
  const workerId = newId();
  let round: Promise<void> | null = null;
  // After a start, or once the queue is back, nothing has been rung for: it need not wait any longer.
  let justBack = true;
  let isFirst = true;

  const noteFailure = (error: { code?: string; message?: string }) =>
    log.warn({ event: 'recovery.failed', reason: error.code ?? error.message });

  // A run takes no longer than its share: with the queue away nothing but the next round goes on with it.
  let hadWork = false;
  let soon: NodeJS.Timeout | undefined;

  const recover = async () => {
    hadWork = false;
    await store.gate.workerSeen(workerId);
    // Asked while it can be: with the queue away, what was known last decides.
    await deps.mustWaitForSpill();
    await store.gate.withLock('rbm recovery', async () => {
      const queueUp = await queues.isUp();
      // What has waited only because no worker was there is begun now.
      if (!isFirst) await noteOverdueChains(deps);
      isFirst = false;
      if (queueUp) {
        await queues.keepSchedulers(schedulerEntries(await store.gate.tenantIds(), settings.patterns));
        const forgotten = await store.gate.dueWork(justBack ? 0 : settings.waitedMs, maxRings);
        const taken = await Promise.all(
          forgotten.map(({ queue, tenantId, id }) => queues.ringAnyway(queue as DoorbellQueue, tenantId, id)),
        );
        // A queue that answers may still take nothing: a Redis that is full.
        const refused = forgotten.filter((_, index) => !taken[index]);
        justBack = refused.length > 0;
        const rang = forgotten.length - refused.length;
        if (rang > 0) log.info({ event: 'recovery.rang', count: rang });
        hadWork = refused.length > 0;
        return workHere(refused.slice(0, maxWorkedHere));
      }
      justBack = true;
      const waiting = await store.gate.dueWork(0, maxWorkedHere);
      hadWork = waiting.length > 0;
      await workHere(waiting);
    });
  };

  const workHere = async (waiting: Awaited<ReturnType<typeof store.gate.dueWork>>) => {
    if (waiting.length > 0) log.info({ event: 'recovery.works', count: waiting.length });
    await Promise.all(
      waiting.map(({ queue, tenantId, id }) => jobs[queue as DoorbellQueue]({ tenantId, id })),
    );
  };

  const tick = () => {
    round ??= recover()
      .catch(noteFailure)
      .finally(() => {
        round = null;
        if (hadWork && !isStopped) soon = setTimeout(tick, goOnMs);
      });
  };
  let isStopped = false;
  tick();
  const timer = setInterval(tick, settings.everyMs);

  const stop = async () => {
    isStopped = true;
    clearInterval(timer);
    clearTimeout(soon);
    await round;
    await store.gate.workerGone(workerId).catch(() => {});
  };
  return { stop };
};
