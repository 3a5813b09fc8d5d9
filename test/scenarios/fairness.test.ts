import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { createFolder } from '../../src/attachments/files.ts';
import { createQueues } from '../../src/queue-backend.ts';
import { startWorker } from '../../src/worker.ts';
import { newSid, useOutbox } from '../messaging/outbox-stage.ts';
import { backends, emptyRedis } from './stage.ts';

const outbox = useOutbox();
type Channel = Awaited<ReturnType<typeof outbox.channel>>;

const each = 80;

/** That many people are to be told something. */
const fill = (on: Channel, count = each) =>
  on.query(
    `WITH people AS (
       INSERT INTO conversation (tenant_id, id, channel_id)
       SELECT $1, gen_random_uuid(), $2 FROM generate_series(1, ${count}) RETURNING id
     ), addresses AS (
       INSERT INTO conversation_address (tenant_id, channel_id, address, conversation_id)
       SELECT $1, $2, 'whatsapp:+1303555' || (10000 + row_number() OVER ()), id FROM people
     )
     INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, way, kind, lane, status, text, due_at,
       expires_at)
     SELECT $1, gen_random_uuid(), 'out', $2, id, 'whatsapp', 'reply', 'notification', 'queued', 'Busy', now(),
       now() + interval '1 hour' FROM people`,
    [on.tenantId, on.channelId],
  );

/** That many were sent long ago and never arrived: they are to be followed by the next way. */
const leaveOverdue = async (on: Channel, { id }: { id: string }, count: number) => {
  await on.query(
    `WITH people AS (
       INSERT INTO conversation (tenant_id, id, channel_id)
       SELECT $1, gen_random_uuid(), $2 FROM generate_series(1, ${count}) RETURNING id
     )
     INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane, status,
       text, expires_at, fallback_seconds, fallback_at)
     SELECT $1, gen_random_uuid(), 'out', $2, id, $3, 'whatsapp', 'message.send', 'notification', 'sent', 'Overdue',
       now() + interval '1 hour', 300, now() - interval '1 minute' FROM people`,
    [on.tenantId, on.channelId, id],
  );
};

/** A worker that only what is rung for keeps going, over providers that are none. */
const startOn = async (backend: (typeof backends)[number], channels: Channel[]) => {
  const { databaseUrl, deps } = channels[0]!;
  const providers = new Map(channels.map((on) => [on.channelId, on.provider.provider]));
  const queues = createQueues({
    redisUrl: backend === 'redis' ? await emptyRedis() : null,
    databaseUrl,
    log: deps.log,
  });
  const worker = await startWorker({ ...deps, ring: queues.ring }, queues, {
    providerOf: ({ id }) => providers.get(id)!,
    publicBaseUrl: deps.publicBaseUrl,
    files: createFolder(`${tmpdir()}/rbm-${randomUUID()}`),
    timing: deps.timing,
    recovery: { everyMs: 3_600_000, waitedMs: 3_600_000 },
  });
  const stop = async () => {
    await worker.stop(5000);
    await queues.close();
  };
  return { queues, stop };
};

test.each(backends)(
  'on %s no more than half a second of others leaves before a critical message, with 20,000 queued and 300 waiting for their next way',
  async (backend) => {
    const on = await outbox.channel({ messagesPerSecond: 80 });
    // Before there are so many of whom Postgres knows nothing yet.
    const [chief, late] = [await on.technician(), await on.technician()];
    await fill(on, 20_000);
    await leaveOverdue(on, late, 300);
    // As autovacuum does within a minute of real life: without it the plans are what chance makes them.
    await on.query('ANALYZE conversation, conversation_address, message', []);
    const overdue = async () =>
      (await on.query('SELECT FROM message WHERE tenant_id = $1 AND fallback_at IS NOT NULL', [on.tenantId]))
        .length;
    let overdueAtFirst: Promise<number> | null = null;
    on.provider.will(async () => {
      overdueAtFirst = overdue();
      await overdueAtFirst;
      return { kind: 'accepted', id: newSid() };
    });
    const { queues, stop } = await startOn(backend, [on]);
    try {
      queues.ring('outbound', on.tenantId, on.channelId);
      await on.provider.isAsked('Busy');
      await on.queue(chief, 'Fire', { lane: 'critical' });
      const sent = on.provider.sent.length;
      queues.ring('outbound', on.tenantId, on.channelId);
      await on.provider.isAsked('Fire');
      expect(on.provider.sent.length - sent).toBeLessThan(40);
      // The sending has not waited for all of them.
      expect(await overdueAtFirst).toBeGreaterThan(0);
    } finally {
      await stop();
    }
  },
  180_000,
);

test.each(backends)(
  'on %s a message leaves soon, though more tenants than a worker serves at once have more to send than they can',
  async (backend) => {
    const busy: Channel[] = [];
    for (let n = 0; n < (backend === 'redis' ? 18 : 8); n++) {
      const on = await outbox.channel({ messagesPerSecond: 20 });
      await fill(on);
      busy.push(on);
    }
    const quiet = await outbox.channel();
    const { queues, stop } = await startOn(backend, [...busy, quiet]);
    try {
      const sent = () => busy.reduce((sum, { provider }) => sum + provider.sent.length, 0);
      for (const on of busy) queues.ring('outbound', on.tenantId, on.channelId);
      await Promise.any(busy.map(({ provider }) => provider.isAsked('Busy')));
      await quiet.queue(await quiet.technician(), 'One');
      const before = sent();
      queues.ring('outbound', quiet.tenantId, quiet.channelId);
      await quiet.provider.isAsked('One');
      expect(sent() - before).toBeLessThan((busy.length * each) / 2);
      // And everybody has had a turn by the time one is done.
      await Promise.any(
        busy.map(async ({ provider }) => {
          while (provider.sent.length < each) await provider.nextAsked();
        }),
      );
      for (const { provider } of busy) expect(provider.sent.length).toBeGreaterThan(each / 4);
    } finally {
      await stop();
    }
  },
  180_000,
);
