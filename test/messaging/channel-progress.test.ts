import { expect, test } from 'vitest';
import { healthRoutes } from '../../src/ingress/health.ts';
import type { Outcome } from '../../src/messaging/provider.ts';
import { newSid, refused, unclear, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();

const stage = async () => {
  const on = await outbox.channel();
  const parts = {
    queues: { isUp: async () => true, refusal: async () => null, backend: 'redis' },
    channels: { size: () => 1 },
    ...{ role: 'all', provider: 'twilio', isReady: () => true },
  } as unknown as Parameters<typeof healthRoutes>[1];
  const app = healthRoutes(on.deps, parts);
  const provider = async () => {
    const response = await app.request('/api/whatsappwebhook/health');
    expect(response.status).toBe(200);
    return ((await response.json()) as { checks: { provider: unknown } }).checks.provider;
  };
  const alarms = () => on.logged.filter(({ event }) => event === 'channel.stuck');
  return { ...on, provider: on.provider, health: provider, alarms };
};

const degraded = { status: 'degraded', name: 'twilio' };
const ok = { status: 'ok', name: 'twilio' };

test('refused credentials show in the health at once, until they are mended', async () => {
  const on = await stage();
  await on.queue(await on.technician(), 'Hello');
  expect(await on.health()).toEqual(ok);
  on.provider.will({ ...refused('20003', 'retry'), pauseMs: 60_000 });
  await on.run();
  expect(await on.health()).toEqual(degraded);
  await on.pass(61);
  await on.run();
  expect(await on.health()).toEqual(ok);
});

test.each([refused(null, 'retry'), unclear])(
  'a channel on which nothing is taken ($kind) rings after a minute, and once an hour',
  async (outcome) => {
    const on = await stage();
    let next = (): Outcome => outcome;
    on.provider.will(...Array.from({ length: 50 }, () => () => next()));
    const runs = async (afterSeconds: number) => {
      await on.pass(afterSeconds);
      await on.queue(await on.technician(), 'Hello');
      await on.run();
    };
    await runs(0);
    await runs(30);
    expect(on.alarms()).toEqual([]);
    expect(await on.health()).toEqual(ok);
    await runs(31);
    await runs(70);
    expect(on.alarms()).toMatchObject([
      { alarm: true, channelId: on.channelId, way: 'whatsapp', code: null },
    ]);
    expect(await on.health()).toEqual(degraded);
    await runs(3600);
    expect(on.alarms()).toHaveLength(2);

    next = () => ({ kind: 'accepted', id: newSid() });
    await runs(0);
    expect(await on.health()).toEqual(ok);
  },
);
