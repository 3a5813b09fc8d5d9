import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createQueues, type Queues } from '../src/queue-backend.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';

describe.each(['redis', 'postgres'] as const)('on %s', (backend) => {
  let database: TestDatabase;
  let queues: Queues;
  beforeAll(async () => {
    database = await createTestDatabase();
    queues = createQueues({
      redisUrl:
        backend === 'redis' ? `${inject('redisUrl')}/${Number(process.env.VITEST_POOL_ID ?? 1) % 16}` : null,
      databaseUrl: database.appUrl,
      log: pino({ level: 'silent' }),
    });
    await queues.ready;
  });
  afterAll(async () => {
    await queues.stopWorkers(1000);
    await queues.close();
    await database.drop();
  });

  test('a job put back keeps the count of its failures', async () => {
    const id = randomUUID();
    const seen: number[] = [];
    const done = new Promise<void>((end) => {
      void queues.work('notifications', 1, async (job) => {
        if ((job.data as { id: string }).id !== id) return;
        seen.push(job.failures);
        if (seen.length === 4) return end();
        throw seen.length === 2 ? await job.again(1) : await job.again(1, job.failures + 1);
      });
    });
    await queues.add('notifications', [{ name: 'message.send', data: { id } }]);
    await done;
    expect(seen).toEqual([0, 1, 1, 2]);
  });

  test('a ring that is due soon comes in time, whether one for later came before it or after', async () => {
    const waitsOf = new Map<string, number[]>([
      [randomUUID(), [60_000, 100]],
      [randomUUID(), [100, 60_000]],
    ]);
    const waitedFor = new Set(waitsOf.keys());
    const rung = new Promise<void>((end) => {
      void queues.work('inbound', 1, async (job) => {
        waitedFor.delete((job.data as { id: string }).id);
        if (waitedFor.size === 0) end();
      });
    });
    for (const [id, waits] of waitsOf) {
      for (const afterMs of waits) queues.ring('inbound', randomUUID(), id, afterMs);
    }
    await rung;
  });
});
