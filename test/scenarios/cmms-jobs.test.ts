import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { withDatabase } from '../support/postgres.ts';
import { startProcess } from '../support/process.ts';
import { addForeignJob } from '../support/queue.ts';
import { backends, secretKey, setStage } from './stage.ts';

const assignment = (number: string, assignee: string) => ({
  schemaVersion: 1,
  tenant: 'default',
  idempotencyKey: randomUUID(),
  workOrder: { number, title: 'Replace seal', asset: { code: 'P-101', name: 'Feed pump' } },
  assignee,
});

describe.each(backends)('on %s', (backend) => {
  test('a raw job of a foreign producer assigns an order and the phone rings, once however often it is added', async () => {
    const stage = await setStage({ backend });
    try {
      const tech = await stage.technician();
      const job = assignment('WO-77', tech.externalId);
      await addForeignJob(stage, 'work-order.assigned', job);
      await tech.hears(/New Work Order Assigned[\s\S]*WO-77[\s\S]*Feed pump/);
      await addForeignJob(stage, 'work-order.assigned', job);
      await addForeignJob(stage, 'work-order.assigned', assignment('WO-78', tech.externalId));
      await tech.hears(/WO-78/);
      await stage.quiet();
      expect(tech.heard()).toHaveLength(2);
    } finally {
      await stage.strike();
    }
  });

  test('a job whose worker is killed twice is still done, once', async () => {
    const stage = await setStage({ backend, workers: 0 });
    const connectionString = withDatabase(
      inject('postgresUrl'),
      new URL(stage.databaseUrl).pathname.slice(1),
    );
    const blocker = new pg.Client({ connectionString });
    // A transaction sees the same activity until it ends, so the one that blocks cannot watch.
    const observer = new pg.Client({ connectionString });
    await Promise.all([blocker.connect(), observer.connect()]);
    try {
      const tech = await stage.technician();
      // The job can begin, and cannot end.
      await blocker.query('BEGIN; LOCK TABLE reminder_mark, work_order IN ACCESS EXCLUSIVE MODE');
      await addForeignJob(stage, 'work-order.assigned', assignment('WO-9', tech.externalId));

      const startWorker = async () =>
        startProcess({
          script: 'src/main.ts',
          env: {
            ROLE: 'worker',
            PORT: String(await findFreePort()),
            DATABASE_URL: stage.databaseUrl,
            ...(stage.redisUrl ? { REDIS_URL: stage.redisUrl } : {}),
            SECRET_KEY: secretKey,
            TWILIO_API_BASE_URL: stage.twilioUrl,
            PUBLIC_BASE_URL: stage.publicBaseUrl,
          },
        });
      for (let kills = 0; kills < 2; kills++) {
        const worker = await startWorker();
        await stage.until(async () => {
          const { rows } = await observer.query(
            `SELECT 1 FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%work_order%'`,
          );
          return rows.length > 0;
        }, 40_000);
        worker.kill('SIGKILL');
        await worker.exited;
      }
      await blocker.query('ROLLBACK');
      await startWorker();
      await tech.hears(/New Work Order Assigned[\s\S]*WO-9/, 40_000);
      await stage.quiet();
      expect(tech.heard()).toHaveLength(1);
      expect((await stage.eventsOf('WO-9')).map(({ type }) => type)).toEqual(['work_order.assigned']);
    } finally {
      await Promise.all([blocker.end(), observer.end()]);
      await stage.strike();
    }
  }, 120_000);
});
