import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createQueues } from '../../src/queue-backend.ts';
import { runSchedules, schedulerEntries } from '../../src/schedules.ts';
import { backends, emptyRedis } from '../scenarios/stage.ts';
import { setScanStage } from './stage.ts';

test.each(backends)(
  'on %s a tenant of whom much is due holds up no other',
  async (backend) => {
    const stage = await setScanStage();
    const queues = createQueues({
      redisUrl: backend === 'redis' ? await emptyRedis() : null,
      databaseUrl: stage.database.appUrl,
      log: createLog('silent'),
    });
    try {
      // More people than two batches have, and each run has the time for one.
      const givenTenant = async () => {
        await stage.begin();
        for (let person = 0; person < 25; person++) {
          const { externalId } = await stage.technician();
          await stage.order(`WO-${person}`, { assignee: externalId, dueAt: '2026-12-08' });
        }
        return stage.tenantId();
      };
      const tenants = [await givenTenant(), await givenTenant(), await givenTenant()];
      stage.clock.now = new Date('2026-12-08T08:00:00Z');
      let passedMs = 0;
      const monotonicMs = () => {
        passedMs += 10_000;
        return passedMs;
      };
      const reminded: string[] = [];
      const ring = (_queue: string, tenantId: string) => {
        reminded.push(tenantId);
      };
      const files = { delete: async () => {} };
      const notAsked = { providerOf: () => undefined as never, mustWaitForSpill: async () => false, files };
      const work = runSchedules({ ...stage.deps, monotonicMs, ring, ...notAsked }, queues);

      await queues.ready;
      const entries = schedulerEntries(tenants, { reminders: '* * * * * *' });
      await queues.keepSchedulers(entries.filter(({ name }) => name === 'reminders'));
      // The first run of each is due before any begins, also if the clock went on between them.
      await sleep(2000 - (Date.now() % 1000));
      await new Promise<void>((done, fail) => {
        void queues.work('schedules', 1, async (job) => {
          await work(job).catch(fail);
          if (reminded.length === 3 * tenants.length) done();
        });
      });

      // Whose ever was the first, the others came before its second.
      expect(reminded.slice(0, 3).sort()).toEqual([...tenants].sort());
      for (const tenantId of tenants) {
        const { rows } = await stage.superuser.query(
          `SELECT count(*)::int AS messages, count(DISTINCT technician_id)::int AS people FROM message
         WHERE tenant_id = $1 AND kind = 'work-order.reminder'`,
          [tenantId],
        );
        expect(rows).toEqual([{ messages: 25, people: 25 }]);
      }
    } finally {
      await queues.stopWorkers(5000);
      await queues.close();
      await stage.strike();
    }
  },
  60_000,
);
