import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachments } from '../jobs/attachments.ts';
import { chains } from '../jobs/chains.ts';
import { cmmsEvents } from '../jobs/cmms-events.ts';
import { deliveryStatus } from '../jobs/delivery-status.ts';
import { inbound } from '../jobs/inbound.ts';
import { notifications } from '../jobs/notifications.ts';
import { outbound } from '../jobs/outbound.ts';
import { webhooks } from '../jobs/webhooks.ts';
import type { Files } from './attachments/files.ts';
import type { Deps } from './deps.ts';
import { describeFault } from './log.ts';
import type { ProviderOf } from './messaging/providers.ts';
import type { Timing } from './messaging/timing.ts';
import type { Processor, Queues } from './queue-backend.ts';
import { type Doorbell, type DoorbellQueue, doorbell } from './queues.ts';
import { type RecoverySettings, startRecovery } from './recovery.ts';
import { runSchedules } from './schedules.ts';
import { createSpillCheck, spill } from './spill.ts';
import { isPassing } from './store/store.ts';
import type { WebhookRules } from './webhooks/address.ts';
import { createRuns } from './webhooks/runs.ts';

export type WorkerSettings = {
  providerOf: ProviderOf;
  publicBaseUrl: string;
  timing: Timing;
  recovery: RecoverySettings;
  files: Files;
  webhookRules?: WebhookRules;
};

// On Postgres, many claimers at once deadlock while they promote delayed jobs; few do not.
const concurrency = {
  redis: {
    inbound: 16,
    outbound: 16,
    'delivery-status': 4,
    attachments: 4,
    chains: 4,
    'cmms-events': 4,
    webhooks: 2,
    notifications: 8,
    schedules: 2,
  },
  postgres: {
    inbound: 6,
    outbound: 6,
    'delivery-status': 2,
    attachments: 2,
    chains: 2,
    'cmms-events': 2,
    webhooks: 1,
    notifications: 2,
    schedules: 2,
  },
};
const alarmAfterFailures = 20;
const maxRetryMs = 60_000;

export type RunningWorker = { stop: (deadlineMs: number) => Promise<void> };

/** Works on every queue until stopped. Returns once it does; with the queue away, once that is back. */
export const startWorker = async (
  deps: Deps,
  queues: Queues,
  settings: WorkerSettings,
): Promise<RunningWorker> => {
  const stopping = new AbortController();
  // Every webhook under way listens.
  setMaxListeners(0, stopping.signal);
  const monotonicMs = () => performance.now();
  const underWay = new Map<string, Set<Promise<void>>>();
  const all = {
    ...deps,
    underWay,
    providerOf: settings.providerOf,
    timing: settings.timing,
    publicBaseUrl: settings.publicBaseUrl,
    files: settings.files,
    webhookRules: settings.webhookRules ?? { allowPrivate: false },
    random: Math.random,
    monotonicMs,
    stopping: stopping.signal,
    mustWaitForSpill: createSpillCheck(queues, monotonicMs),
  };
  const deliver = webhooks(all);
  // Other people's servers answer when they like: no slot of the queue and nothing of ours waits for them. A bell that
  // is lost with the process is rung again by recovery.
  const runs = createRuns((bell) =>
    deliver(bell).catch(({ code, message }: { code?: string; message?: string }) =>
      deps.log.warn({ event: 'webhook.run-failed', endpointId: bell.id, reason: code ?? message }),
    ),
  );
  const jobs: Record<DoorbellQueue, (bell: Doorbell) => Promise<void>> = {
    inbound: inbound(all),
    outbound: outbound(all),
    'delivery-status': deliveryStatus(all),
    attachments: attachments(all),
    chains: chains(all),
    'cmms-events': cmmsEvents(all),
    webhooks: async (bell) => runs.start(bell),
  };
  // With the queue away at the start, the timer goes on without it.
  await Promise.race([queues.ready, sleep(1000)]);
  await all.mustWaitForSpill();
  const recovery = startRecovery(all, queues, jobs, settings.recovery);

  const counts = concurrency[queues.backend];
  const started = Promise.all([
    ...Object.entries(jobs).map(([name, job]) =>
      queues.work(name as DoorbellQueue, counts[name as DoorbellQueue], ({ data }) =>
        job(doorbell.parse(data)),
      ),
    ),
    queues.work('notifications', counts.notifications, neverLost(deps, notifications(deps))),
    queues.work('schedules', counts.schedules, runSchedules(all, queues)),
    ...(queues.backend === 'redis' ? [queues.work('spill', 1, spill(deps, stopping.signal))] : []),
  ]);

  const stop = async (deadlineMs: number) => {
    stopping.abort();
    const late = sleep(deadlineMs, undefined, { ref: false });
    await recovery.stop();
    await Promise.all([queues.stopWorkers(deadlineMs), Promise.race([runs.stop(), late])]);
    await Promise.race([Promise.all([...underWay.values()].flatMap((calls) => [...calls])), late]);
  };
  await Promise.race([started, sleep(1000)]);
  return { stop };
};

/**
 * The CMMS's jobs live in the queue alone and come with one attempt, so only a job that is wrong fails. Whatever else
 * happens puts it back for later, as often as it takes: what looks like a fault of ours may be mended by the next
 * release or by whoever hears the alarm, and the job is still there then.
 */
const neverLost =
  ({ log }: Deps, work: (job: Parameters<Processor>[0]) => Promise<unknown>): Processor =>
  async (job) => {
    try {
      return await work(job);
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string };
      if (name === 'UnrecoverableError') throw error;
      const failures = job.failures + (isPassing(error) ? 0 : 1);
      if (failures > job.failures) {
        const alarm = failures >= alarmAfterFailures;
        log.error({ event: 'notifications.failed', job: job.id, alarm, ...describeFault(error as Error) });
      }
      log.debug({ event: 'notifications.again', job: job.id, code });
      const delayMs =
        failures >= alarmAfterFailures
          ? maxRetryMs
          : Math.min(maxRetryMs, 500 * 2 ** Math.min(job.attemptsStarted, 10));
      throw await job.again(delayMs, failures);
    }
  };
