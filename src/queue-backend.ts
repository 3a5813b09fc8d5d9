import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  LATEST_SCHEMA_VERSION,
  type Queue,
  type RepeatOptions,
  type Worker,
  withBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Ring } from './deps.ts';
import { type DoorbellQueue, type QueueName, queueNames } from './queues.ts';
import { queueSchema } from './store/prepare.ts';

// Both backends' classes behind one type: their generics would otherwise spread through the code.
export type AnyQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown>;
type AnyWorker = Worker<unknown, unknown, string, IQueueBackend, number | object, unknown>;

type QueueJob = {
  id: string;
  name: string;
  data: unknown;
  attemptsStarted: number;
  /** How often it failed by our fault, as `again` was told. */
  failures: number;
  /** Runs the job again after that time, however often: throw what it returns. Not an attempt that failed. */
  again: (afterMs: number, failures?: number) => Promise<Error>;
};
export type Processor = (job: QueueJob) => Promise<unknown>;

export type Queues = ReturnType<typeof createQueues>;

/** What a queue holds just now. */
export type QueueCounts = {
  queue: QueueName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  completed: number;
  isPaused: boolean;
};

export type FailedJob = {
  queue: QueueName;
  id: string;
  name: string;
  data: unknown;
  /** What the processor threw, which may quote anything. */
  reason: string;
  failedAt: Date | null;
};

export type SchedulerEntry = {
  id: string;
  name: string;
  repeat: RepeatOptions;
  data: Record<string, unknown>;
};

// An answer that takes longer is no answer: a ring must not hold up who rings.
const maxLaterMs = 24 * 60 * 60 * 1000;
const callDeadlineMs = 1000;

/**
 * BullMQ on Redis, or on Postgres when there is no Redis. Connects in the background and says while it
 * waits; until then, and while the server is away, every call fails fast.
 */
export const createQueues = (settings: { redisUrl: string | null; databaseUrl: string; log: Logger }) => {
  const { redisUrl, databaseUrl, log } = settings;
  const backend = redisUrl ? 'redis' : 'postgres';
  const bull = withBackend<IQueueBackend, unknown>(
    (redisUrl ? createRedisBackend : createPostgresBackend) as never,
  );
  // Without Redis there is nowhere to spill to.
  const usedQueues = queueNames.filter((name) => redisUrl || name !== 'spill');
  const closing = new AbortController();
  const workers: AnyWorker[] = [];
  let connection: Connection | null = null;
  let queues: Map<QueueName, AnyQueue> | null = null;

  const connect = async () => {
    for (let tries = 0; !closing.signal.aborted; tries++) {
      let fresh: Connection | null = null;
      const built: AnyQueue[] = [];
      try {
        fresh = redisUrl ? await connectRedis(redisUrl) : await connectPostgres(databaseUrl);
        for (const name of queueNames) {
          const queue = new bull.Queue(name, { ...fresh.forQueues }) as AnyQueue;
          queue.on('error', () => {});
          built.push(queue);
        }
        // A queue whose first connect fails stays broken, so all of them are made anew.
        await withDeadline(Promise.all(built.map((queue) => queue.waitUntilReady())), 10_000);
        const byName = new Map(queueNames.map((name, index) => [name, built[index]!]));
        if (redisUrl) await byName.get('spill')!.setGlobalConcurrency(1);
        connection = fresh;
        queues = byName;
        return;
      } catch (error) {
        await Promise.allSettled(built.map((queue) => queue.close()));
        await fresh?.close().catch(() => {});
        if (tries % 5 === 0) {
          log.warn(
            { event: 'queue.waiting', backend, reason: plainReason(error) },
            `waiting for ${redisUrl ? `Redis at ${hostOf(redisUrl)}` : `the queue's tables at ${hostOf(databaseUrl)}`}`,
          );
        }
        await sleep(1000, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const ready = connect();

  // Rings are gathered while the previous ones are on their way, one per bell.
  const bells = new Map<string, { queue: DoorbellQueue; tenantId: string; id: string }>();
  const later = new Map<string, { timer: NodeJS.Timeout; atMs: number }>();
  let ringing: Promise<void> | null = null;

  const ring: Ring = (queue, tenantId, id, afterMs = 0) => {
    const bell = `${queue} ${id}`;
    if (afterMs > 0) {
      // Kept in this process: if it dies, the recovery timer rings for what is due.
      const before = later.get(bell);
      // A timer cannot wait longer than 24 days; the recovery timer is never that late.
      const waitMs = Math.min(afterMs, maxLaterMs);
      const atMs = performance.now() + waitMs;
      if (closing.signal.aborted || (before && before.atMs <= atMs)) return;
      clearTimeout(before?.timer);
      const timer = setTimeout(() => {
        later.delete(bell);
        ring(queue, tenantId, id);
      }, waitMs);
      timer.unref();
      later.set(bell, { timer, atMs });
      return;
    }
    bells.set(bell, { queue, tenantId, id });
    ringing ??= new Promise<void>((done) => setImmediate(done)).then(addGathered).finally(() => {
      ringing = null;
    });
  };

  const addGathered = async () => {
    while (bells.size > 0) {
      const batch = [...bells.values()];
      bells.clear();
      await Promise.allSettled(
        [...new Set(batch.map((each) => each.queue))].map(async (name) =>
          withDeadline(
            queue(name).addBulk(
              batch
                .filter((each) => each.queue === name)
                .map(({ tenantId, id }) => ({
                  name: 'ring',
                  data: { tenantId, id },
                  // Without a job id: BullMQ would lose the ring that follows an active one.
                  opts: { ...forgotten, deduplication: { id, keepLastIfActive: true } },
                })),
            ),
            callDeadlineMs,
          ),
        ),
      );
    }
  };

  /**
   * Rings without asking who is at work: a job that died holding its bell must not silence it. False if the
   * queue did not take it.
   */
  const ringAnyway = async (name: DoorbellQueue, tenantId: string, id: string): Promise<boolean> => {
    // At most one such ring per bell and half minute, however slow the workers are.
    const bell = `recovery-${id}-${Math.floor(Date.now() / 30_000)}`;
    try {
      await withDeadline(
        queue(name).add('ring', { tenantId, id }, { ...forgotten, deduplication: { id: bell } }),
        callDeadlineMs,
      );
      return true;
    } catch {
      return false;
    }
  };

  const queue = (name: QueueName): AnyQueue => {
    const found = queues?.get(name);
    if (!found) throw new Error(`the ${backend} queue is not connected`);
    return found;
  };

  /** Adds a job that holds its own facts. Resolves once the queue has it. */
  const add = async (
    name: 'notifications' | 'spill',
    jobs: { name: string; data: unknown }[],
  ): Promise<void> => {
    await withDeadline(
      queue(name).addBulk(
        jobs.map((job) => ({
          ...job,
          // A webhook that was acknowledged is never thrown away, even if Postgres refuses it.
          ...(name === 'spill' ? { opts: { removeOnFail: false } } : {}),
        })),
      ),
      callDeadlineMs,
    );
  };

  /** Whether the spill holds webhooks that Postgres has not; unknown while the queue is away. */
  const spillState = async (): Promise<'empty' | 'holding' | 'unknown'> => {
    if (!redisUrl) return 'empty';
    try {
      const counts = await withDeadline(
        queue('spill').getJobCounts('waiting', 'active', 'delayed', 'prioritized'),
        callDeadlineMs,
      );
      return Object.values(counts).some((count) => count > 0) ? 'holding' : 'empty';
    } catch {
      return 'unknown';
    }
  };

  /** Puts schedulers where they are absent or different. Upserting one that is right would drop its overdue run. */
  const keepSchedulers = async (entries: SchedulerEntry[]): Promise<void> => {
    const found = await queue('schedules').getJobSchedulers(0, -1);
    for (const { id, name, repeat, data } of entries) {
      const there = found.find((scheduler) => scheduler.key === id);
      const same =
        there?.next !== undefined &&
        there.name === name &&
        (there.pattern ?? null) === (repeat.pattern ?? null) &&
        (there.tz ?? null) === (repeat.tz ?? null) &&
        JSON.stringify(there.template?.data) === JSON.stringify(data);
      if (same) continue;
      await queue('schedules')
        .upsertJobScheduler(id, repeat, {
          name,
          data,
          opts: { removeOnComplete: true, removeOnFail: { age: 86_400 } },
        })
        // Several workers put it back at once: one of them wins.
        .catch((error: unknown) => log.debug({ event: 'scheduler.raced', id, reason: plainReason(error) }));
    }
  };

  /**
   * Has a schedule's run go on behind all that waits; once, however many runs ask. A job that is put back would keep its
   * place on Postgres, in front.
   */
  const goOn = async (name: string, data: { tenantId: string }): Promise<void> => {
    const deduplication = { id: `${name}-${data.tenantId}`, keepLastIfActive: true };
    await withDeadline(queue('schedules').add(name, data, { ...forgotten, deduplication }), callDeadlineMs);
  };

  /** Starts working on a queue, once it is connected. */
  const work = async (name: QueueName, concurrency: number, processor: Processor): Promise<void> => {
    await ready;
    if (closing.signal.aborted) return;
    const worker = new bull.Worker(
      name,
      (job, token) =>
        processor({
          id: job.id ?? '',
          name: job.name,
          data: job.data,
          attemptsStarted: job.attemptsStarted,
          failures: failuresOf(job),
          again: async (afterMs, failures = failuresOf(job)) => {
            // Kept with the job, where the next worker finds it. BullMQ itself counts what passes as well.
            if (failures !== failuresOf(job)) await job.updateProgress(failures);
            await job.moveToDelayed(Date.now() + afterMs, token);
            return Object.assign(new Error('moved to delayed'), { name: 'DelayedError' });
          },
        }),
      {
        ...connection!.forWorkers,
        concurrency,
        lockDuration: 10_000,
        stalledInterval: 5_000,
        // Jobs are safe to repeat; what must not be lost is never failed for a worker that died.
        maxStalledCount: 1_000_000,
        ...retention,
      } as never,
    ) as AnyWorker;
    worker.on('error', (error) =>
      log.debug({ event: 'worker.error', queue: name, reason: plainReason(error) }),
    );
    worker.on('failed', (job, error) =>
      log.warn({ event: 'job.failed', queue: name, job: job?.id, reason: plainReason(error) }, 'job failed'),
    );
    workers.push(worker);
  };

  /** Whether the queue answers just now. */
  const isUp = async (): Promise<boolean> => {
    try {
      await withDeadline(connection!.ping(), callDeadlineMs);
      return true;
    } catch {
      return false;
    }
  };

  /** Whether it was the server that something failed for: then nobody knows whether it was done. */
  const wasAway = async (error: unknown): Promise<boolean> => error instanceof NoAnswer || !(await isUp());

  /** Why a queue that answers takes no jobs; null if it does. A Redis that is full still answers a ping. */
  const refusal = async (): Promise<string | null> => {
    try {
      await withDeadline(connection!.tryToWrite(), callDeadlineMs);
      return null;
    } catch (error) {
      const { name, message } = error as Error;
      // Redis begins what it says with a code: OOM, MISCONF, READONLY.
      return name === 'ReplyError' ? message.split(' ')[0]! : null;
    }
  };

  /** Jobs waiting in a queue. */
  const waiting = async (name: QueueName): Promise<number> =>
    (await withDeadline(queue(name).getJobCounts('waiting'), callDeadlineMs)).waiting ?? 0;

  // What several pages ask for at once, and what is asked again while it was not answered, is asked once: a server that
  // hangs finds no heap of questions when it is back.
  const asked = new Map<string, Promise<unknown>>();
  const askOnce = <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    const asking = (asked.get(what) as Promise<T> | undefined) ?? ask().finally(() => asked.delete(what));
    asked.set(what, asking);
    return withDeadline(asking, callDeadlineMs);
  };

  /** All queues, in their order. Rejects within a second or so while the server is away, as do the next four. */
  const counts = (): Promise<QueueCounts[]> =>
    askOnce('counts', () =>
      Promise.all(
        usedQueues.map(async (name): Promise<QueueCounts> => {
          const [found, isPaused] = await Promise.all([
            queue(name).getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed', 'completed'),
            queue(name).isPaused(),
          ]);
          const of = (state: string) => found[state] ?? 0;
          return {
            queue: name,
            waiting: of('waiting') + of('prioritized'),
            active: of('active'),
            delayed: of('delayed'),
            failed: of('failed'),
            completed: of('completed'),
            isPaused,
          };
        }),
      ),
    );

  /** The last ones of a queue, newest first. */
  const failedJobs = (name: QueueName, limit: number): Promise<FailedJob[]> =>
    askOnce(`failed ${name} ${limit}`, async () => {
      const found = await queue(name).getJobs(['failed'], 0, limit - 1);
      // One that goes away meanwhile comes as nothing.
      return found
        .filter((job) => job?.id)
        .map((job) => ({
          queue: name,
          id: job.id!,
          name: job.name,
          data: job.data,
          reason: job.failedReason ?? '',
          failedAt: job.finishedOn ? new Date(job.finishedOn) : null,
        }));
    });

  /** Has a failed job done again, or takes it away; null if there is none of that id by now. */
  const settleFailed = (
    name: QueueName,
    id: string,
    how: 'retry' | 'discard',
  ): Promise<{ name: string } | null> =>
    withDeadline(
      (async () => {
        const job = await queue(name).getJob(id);
        if (!job || !(await job.isFailed())) return null;
        try {
          await (how === 'retry' ? job.retry('failed') : job.remove());
        } catch (error) {
          // Somebody else was quicker.
          if (!(await job.isFailed())) return null;
          throw error;
        }
        return { name: job.name };
      })(),
      2 * callDeadlineMs,
    );

  /** The same with all of a queue that have failed so far; answers how many. */
  const settleAllFailed = (name: QueueName, how: 'retry' | 'discard'): Promise<number> =>
    withDeadline(
      (async () => {
        const timestamp = Date.now();
        if (how === 'discard') return (await queue(name).clean(0, 100_000, 'failed')).length;
        const { failed = 0 } = await queue(name).getJobCounts('failed');
        await queue(name).retryJobs({ state: 'failed', timestamp });
        return failed;
      })(),
      5 * callDeadlineMs,
    );

  /** BullMQ's own, for tools that know no other; null while not connected. */
  const inner = (): AnyQueue[] | null => queues && usedQueues.map((name) => queues!.get(name)!);

  /** Workers finish what they have in hand, up to the deadline; then everything is let go. */
  const stopWorkers = async (deadlineMs: number): Promise<void> => {
    await withDeadline(Promise.all(workers.map((worker) => worker.close())), deadlineMs).catch(() =>
      log.warn(
        { event: 'worker.close-timeout' },
        'some jobs did not finish in time; they run again elsewhere',
      ),
    );
  };

  const close = async (): Promise<void> => {
    closing.abort();
    for (const { timer } of later.values()) clearTimeout(timer);
    await ringing?.catch(() => {});
    await ready;
    await withDeadline(Promise.all([...(queues?.values() ?? [])].map((each) => each.close())), 3000).catch(
      () => {},
    );
    await connection?.close().catch(() => {});
  };

  return {
    backend: backend as 'redis' | 'postgres',
    ready,
    ring,
    ringAnyway,
    add,
    spillState,
    keepSchedulers,
    goOn,
    work,
    isUp,
    wasAway,
    refusal,
    waiting,
    counts,
    failedJobs,
    settleFailed,
    settleAllFailed,
    inner,
    stopWorkers,
    close,
  };
};

type Connection = {
  forQueues: { connection: unknown; prefix?: string };
  forWorkers: { connection: unknown; prefix?: string };
  ping: () => Promise<unknown>;
  tryToWrite: () => Promise<unknown>;
  close: () => Promise<void>;
};

/** The contract's Redis prefix: other systems add jobs under it. */
const prefix = 'rbm';

// Of jobs that do not say it themselves, the CMMS's: what became of them stands in the database. Without limits BullMQ
// keeps each for ever. Failed ones are for the eyes of whoever writes the producer.
const retention = { removeOnComplete: { count: 0 }, removeOnFail: { age: 7 * 86_400, count: 1000 } };

// A ring that is done or failed leaves nothing behind.
const forgotten = { removeOnComplete: true, removeOnFail: true };

const connectRedis = async (url: string): Promise<Connection> => {
  // Producers fail fast; a worker's blocking connection must wait for ever.
  const producer = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, commandTimeout: 500 });
  const consumer = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null });
  for (const client of [producer, consumer]) client.on('error', () => {});
  try {
    await withDeadline(Promise.all([producer.connect(), consumer.connect()]), 5000);
  } catch (error) {
    producer.disconnect();
    consumer.disconnect();
    throw error;
  }
  return {
    forQueues: { connection: producer, prefix },
    forWorkers: { connection: consumer, prefix },
    ping: () => producer.ping(),
    tryToWrite: () => producer.set(`${prefix}:probe`, '', 'EX', 60),
    close: async () => {
      producer.disconnect();
      consumer.disconnect();
    },
  };
};

const connectPostgres = async (url: string): Promise<Connection> => {
  // For asking only: BullMQ opens small pools of its own, since it cannot choose the schema of one it is given.
  const pool = new pg.Pool({ connectionString: url, max: 1, keepAlive: true, connectionTimeoutMillis: 5000 });
  pool.on('error', () => {});
  try {
    // On a schema that was not migrated a worker would loop on errors without a pause.
    const { rows } = await pool.query(`SELECT max(version)::int AS version FROM ${queueSchema}.migration`);
    if (rows[0].version < LATEST_SCHEMA_VERSION)
      throw new Error('the queue schema is older than this version');
  } catch (error) {
    await pool.end();
    throw error;
  }
  const shared = { connectionString: url, schema: queueSchema, keepAlive: true };
  return {
    forQueues: { connection: { ...shared, max: 2 } },
    forWorkers: { connection: { ...shared, max: 4 } },
    ping: () => pool.query('SELECT 1'),
    tryToWrite: async () => {},
    close: () => pool.end(),
  };
};

class NoAnswer extends Error {}

const withDeadline = async <T>(work: Promise<T>, deadlineMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  // The work may still fail after nobody waits for it.
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const failuresOf = ({ progress }: { progress: unknown }): number =>
  typeof progress === 'number' ? progress : 0;

const plainReason = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'unknown';
};

const hostOf = (url: string): string => new URL(url).host;
