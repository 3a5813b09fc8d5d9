import { Redis } from 'ioredis';
import pg from 'pg';
import { inject } from 'vitest';
import { queueSchema } from '../../src/store/prepare.ts';
import { withDatabase } from './postgres.ts';

/** Deletes every key or row the queue has, as if its server had lost everything. */
export const emptyQueue = async ({
  redisUrl,
  databaseUrl,
}: {
  redisUrl: string | null;
  databaseUrl: string;
}) => {
  if (redisUrl) {
    const redis = new Redis(redisUrl);
    await redis.flushdb();
    redis.disconnect();
    return;
  }
  await asOwner(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables
       WHERE schemaname = $1 AND tablename <> 'migration'`,
      [queueSchema],
    );
    for (let attempt = 1; ; attempt++) {
      try {
        await client.query(`TRUNCATE ${rows[0].tables}`);
        return;
      } catch (error) {
        // The workers that go on meanwhile take the same tables in another order.
        if ((error as { code?: string }).code !== '40P01' || attempt === 5) throw error;
      }
    }
  });
};

/** Adds a job as another language's producer would: with no options, by Redis keys or BullMQ's SQL alone. */
export const addForeignJob = async (
  { redisUrl, databaseUrl }: { redisUrl: string | null; databaseUrl: string },
  name: string,
  data: unknown,
) => {
  if (redisUrl) {
    const redis = new Redis(redisUrl);
    const key = 'rbm:notifications';
    const id = await redis.incr(`${key}:id`);
    await redis
      .multi()
      .hset(`${key}:${id}`, {
        name,
        data: JSON.stringify(data),
        opts: '{}',
        timestamp: String(Date.now()),
        delay: '0',
        priority: '0',
      })
      .lpush(`${key}:wait`, String(id))
      .zadd(`${key}:marker`, 0, '0')
      .exec();
    redis.disconnect();
    return;
  }
  await asOwner(databaseUrl, (client) =>
    client.query(
      `SELECT ${queueSchema}.add_job('notifications', '', $1, $2::jsonb, '{}'::jsonb, 0, 0, $3, 1, NULL, NULL, NULL, NULL, NULL, false)`,
      [name, JSON.stringify(data), Date.now()],
    ),
  );
};

/** What the jobs carry that the queue `notifications` still has, in whatever state. */
export const keptJobs = async ({
  redisUrl,
  databaseUrl,
}: {
  redisUrl: string | null;
  databaseUrl: string;
}): Promise<unknown[]> => {
  const found: unknown[] = [];
  if (redisUrl) {
    const redis = new Redis(redisUrl);
    const jobs = (await redis.keys('rbm:notifications:*')).filter((key) => /:\d+$/.test(key));
    for (const job of jobs) found.push(JSON.parse((await redis.hget(job, 'data'))!));
    redis.disconnect();
    return found;
  }
  await asOwner(databaseUrl, async (client) => {
    const { rows } = await client.query(`SELECT data FROM ${queueSchema}.job WHERE queue = 'notifications'`);
    found.push(...rows.map(({ data }) => data));
  });
  return found;
};

/** Keeps everybody from the jobs on PostgreSQL, until what it answers is called. */
export const lockQueue = async (databaseUrl: string): Promise<() => Promise<void>> => {
  const client = new pg.Client({
    connectionString: withDatabase(inject('ownerUrl'), new URL(databaseUrl).pathname.slice(1)),
  });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${queueSchema}.job IN ACCESS EXCLUSIVE MODE`);
  let ended: Promise<void> | null = null;
  return () => {
    ended ??= client.end();
    return ended;
  };
};

const asOwner = async (databaseUrl: string, work: (client: pg.Client) => Promise<unknown>) => {
  const client = new pg.Client({
    connectionString: withDatabase(inject('ownerUrl'), new URL(databaseUrl).pathname.slice(1)),
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
};
