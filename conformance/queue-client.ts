import { CannotCheck, reasonOf } from './before.ts';

/** Adds a job to the CMMS's queue as any producer would: without options. */
export type AddJob = (name: string, data: unknown) => Promise<unknown>;

type Where = { redis?: string | undefined; database?: string | undefined };

const withinMs = 5000;

/**
 * The queue of an installation; its packages are loaded only when a queue is named. Throws CannotCheck when there is
 * none: BullMQ itself waits for a server without end.
 */
export const openQueue = async (where: Where) => {
  await (where.redis ? findRedis(where.redis) : findSchema(where.database!));
  const { Queue, withBackend, createPostgresBackend } = await import('bullmq');
  const queue = where.redis
    ? new Queue('notifications', { connection: { url: where.redis }, prefix: 'rbm' })
    : new (withBackend(createPostgresBackend).Queue)('notifications', {
        connection: { connectionString: where.database!, schema: 'rbm_queue' },
      });
  // A job that cannot be added is told by the rule that adds it.
  queue.on('error', () => {});
  return {
    addJob: ((name, data) => within(queue.add(name, data))) satisfies AddJob,
    close: () => queue.close(),
  };
};

const findRedis = async (url: string) => {
  if (!/^rediss?:\/\//i.test(url)) throw new CannotCheck('--redis must begin with redis:// or rediss://');
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: withinMs });
  let reason: unknown;
  redis.on('error', (error) => {
    reason ??= error;
  });
  try {
    await within(redis.connect().then(() => redis.ping()));
  } catch (error) {
    throw new CannotCheck(`The Redis of --redis cannot be used: ${reasonOf(reason ?? error)}`);
  } finally {
    redis.disconnect();
  }
};

const findSchema = async (connectionString: string) => {
  if (!/^postgres(ql)?:\/\//i.test(connectionString)) {
    throw new CannotCheck('--database-queue must begin with postgres:// or postgresql://');
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: withinMs });
  client.on('error', () => {});
  try {
    await within(client.connect());
    const { rows } = await within(client.query("SELECT to_regnamespace('rbm_queue') IS NOT NULL AS found"));
    if (!rows[0].found) throw new Error('it has no schema rbm_queue');
  } catch (error) {
    throw new CannotCheck(`The database of --database-queue cannot be used: ${reasonOf(error)}`);
  } finally {
    client.end().catch(() => {});
  }
};

const within = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`no answer within ${withinMs / 1000} seconds`);
    timer = setTimeout(() => reject(error), withinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
