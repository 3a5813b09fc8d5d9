import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createQueues, type Queues } from '../src/queue-backend.ts';
import { emptyRedis } from './scenarios/stage.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { keptJobs } from './support/queue.ts';

describe.each(['redis', 'postgres'] as const)('on %s', (backend) => {
  let database: TestDatabase;
  let at: { redisUrl: string | null; databaseUrl: string };
  let queues: Queues;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    at = { redisUrl: backend === 'redis' ? await emptyRedis() : null, databaseUrl: database.appUrl };
    queues = createQueues({ ...at, log: pino({ level: 'silent' }) });
    await queues.ready;
  });
  afterEach(async () => {
    await queues.stopWorkers(1000);
    await queues.close();
  });
  afterAll(() => database.drop());

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

  test('a job without options goes when it is done, and is kept when it failed', async () => {
    const data = (fails: boolean) => ({ fails });
    await queues.add(
      'notifications',
      [false, true, false].map((fails) => ({ name: 'message.send', data: data(fails) })),
    );
    let passed = 0;
    let tries = 0;
    await new Promise<void>((end) => {
      void queues.work('notifications', 1, async (job) => {
        // Put back once, as for a passing reason: that is neither done nor failed.
        if (tries++ === 0) throw await job.again(1);
        if (++passed === 3) end();
        if ((job.data as { fails: boolean }).fails) throw new Error('wrong');
      });
    });
    await queues.stopWorkers(5000);
    expect(passed).toBe(3);
    expect(await keptJobs(at)).toEqual([data(true)]);
  });

  test('of many failed jobs about a thousand are kept', async () => {
    await queues.add(
      'notifications',
      Array.from({ length: 1010 }, (_, n) => ({ name: 'message.send', data: { n } })),
    );
    let failed = 0;
    await new Promise<void>((end) => {
      void queues.work('notifications', 4, async () => {
        if (++failed === 1010) end();
        throw new Error('wrong');
      });
    });
    await queues.stopWorkers(5000);
    // Those that fail at once may each spare the others'.
    const kept = (await keptJobs(at)).length;
    expect(kept).toBeGreaterThanOrEqual(1000);
    expect(kept).toBeLessThanOrEqual(1004);
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
