import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { healthRoutes } from '../../src/ingress/health.ts';
import { prepareDatabase } from '../../src/store/prepare.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { setStage } from './stage.ts';

test('with Postgres away for ten seconds no webhook is refused or lost, and order is kept', async () => {
  const postgres = await startPostgres();
  const redis = await startRedis({ appendOnly: true });
  const { appUrl } = await prepareDatabase({
    ownerUrl: postgres.url,
    secretKey: 'k'.repeat(32),
    log: () => {},
  });
  const stage = await setStage({ backend: 'redis', databaseUrl: appUrl, redisUrl: redis.url, workers: 2 });
  try {
    const people = await Promise.all(Array.from({ length: 10 }, () => stage.technician()));
    for (const [index, tech] of people.entries()) {
      await stage.order(`WO-${index}`, { assignee: tech.externalId, status: 'in_progress' });
    }
    await stage.quiet();

    const sent: string[][] = people.map(() => []);
    let down = false;
    const outage = (async () => {
      await sleep(300);
      await postgres.stop();
      down = true;
      await sleep(10_000);
      down = false;
      await postgres.start();
    })();
    let sentWhileDown = 0;
    await Promise.all(
      people.map(async (tech, index) => {
        for (let count = 0; count < 28; count++) {
          const { httpStatus } = await tech.says(`NOTE n${count}`);
          expect(httpStatus).toBe(200);
          sent[index]!.push(`n${count}`);
          if (down) sentWhileDown++;
          await sleep(400);
        }
      }),
    );
    await outage;
    expect(sentWhileDown).toBeGreaterThan(50);
    await stage.quiet(40_000);

    for (const [index, tech] of people.entries()) {
      const notes = (await stage.eventsOf(`WO-${index}`)).filter(({ type }) => type === 'work_order.noted');
      expect(notes.map(({ data }) => data.text)).toEqual(sent[index]);
      expect(tech.heard().filter((text) => text.startsWith('📝'))).toHaveLength(sent[index]!.length);
    }
  } finally {
    await stage.strike();
    await redis.close();
    await postgres.remove();
  }
}, 120_000);

test('with Redis away nothing is refused or lost, and messages still leave', async () => {
  const redis = await startRedis({ appendOnly: true });
  const stage = await setStage({ backend: 'redis', redisUrl: redis.url, workers: 2 });
  try {
    const tech = await stage.technician();
    await stage.order('WO-1', { assignee: tech.externalId });
    await tech.hears('New Work Order');

    await redis.stop();
    expect((await tech.says('ack')).httpStatus).toBe(200);
    await tech.hears('Acknowledged', 20_000);
    // A message of the CMMS that is due meanwhile leaves as well.
    await stage.order('WO-2', { assignee: tech.externalId });
    await tech.hears(/New Work Order[\s\S]*WO-2/, 20_000);

    await redis.start();
    await tech.says('start wo-1');
    await tech.hears('Started', 20_000);
    await stage.quiet();
    expect((await stage.eventsOf('WO-1')).map(({ type }) => type)).toEqual([
      'work_order.assigned',
      'work_order.acknowledged',
      'work_order.started',
    ]);
    expect(tech.heard()).toHaveLength(4);
  } finally {
    await stage.strike();
    await redis.close();
  }
}, 90_000);

test('with Redis full nothing is lost, messages still leave, and health says why it is degraded', async () => {
  const redis = await startRedis({ appendOnly: true });
  const admin = new Redis(redis.url);
  const stage = await setStage({ backend: 'redis', redisUrl: redis.url, workers: 2 });
  const channels = { size: () => 1 } as never;
  const health = healthRoutes(stage.deps, {
    ...{ queues: stage.queues, channels, role: 'all', provider: 'twilio', isReady: () => true },
  });
  // biome-ignore lint/suspicious/noExplicitAny: looked into freely.
  const readHealth = async (): Promise<any> => (await health.request('/api/whatsappwebhook/health')).json();
  try {
    const tech = await stage.technician();
    await stage.order('WO-1', { assignee: tech.externalId });
    await tech.hears('New Work Order');
    expect((await readHealth()).checks.queue).toEqual({ status: 'ok', backend: 'redis' });

    await admin.config('SET', 'maxmemory', '1');
    expect((await tech.says('ack')).httpStatus).toBe(200);
    await tech.hears('Acknowledged', 20_000);
    await stage.order('WO-2', { assignee: tech.externalId });
    await tech.hears(/New Work Order[\s\S]*WO-2/, 20_000);
    expect(await readHealth()).toMatchObject({
      status: 'degraded',
      checks: { queue: { status: 'degraded', backend: 'redis', detail: 'takes no new jobs (OOM)' } },
    });

    await admin.config('SET', 'maxmemory', '0');
    await tech.says('start wo-1');
    await tech.hears('Started', 20_000);
    await stage.quiet();
    expect(tech.heard()).toHaveLength(4);
    expect((await readHealth()).checks.queue).toEqual({ status: 'ok', backend: 'redis' });
  } finally {
    admin.disconnect();
    await stage.strike();
    await redis.close();
  }
}, 90_000);
