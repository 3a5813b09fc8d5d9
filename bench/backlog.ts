import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFolder } from '../src/attachments/files.ts';
import { createLog } from '../src/log.ts';
import { noAccount, noTemplates, type Provider } from '../src/messaging/provider.ts';
import { timing } from '../src/messaging/timing.ts';
import { createQueues } from '../src/queue-backend.ts';
import { recoverySettings } from '../src/recovery.ts';
import { createStore, type Store } from '../src/store/store.ts';
import { startWorker } from '../src/worker.ts';
import { createTenant, testSecretKey } from '../test/support/tenant.ts';
import { analyze, serviceEnv } from './installation.ts';
import type { Servers } from './processes.ts';

const database = 'bench_backlog';
const people = 490;
const toEach = 40;
// One person who is behind on very many: the pair's budget holds them back, and nobody else's.
const toOne = 400;
const perSecond = 80;
const answerMs = 150;
const runSeconds = 90;
const askEverySeconds = 5;

type Call = { tenant: string; to: string; text: string; atMs: number };

/** What a long row of reminders does to a critical message, to another tenant, to the rate and to one person. */
export const measureBacklog = async (servers: Servers) => {
  const env = await serviceEnv(servers, { database, redisDb: 2, port: 0 });
  const store = createStore({ url: env.DATABASE_URL! });
  const log = createLog('silent');
  const queues = createQueues({ redisUrl: env.REDIS_URL!, databaseUrl: env.DATABASE_URL!, log });
  await queues.ready;
  const calls: Call[] = [];
  const [sender, other] = [await createTenant(store), await createTenant(store)];
  const crowd = await inBatches(
    Array.from({ length: people + 1 }, (_, n) => n),
    (n) => person(store, sender, `+1202555${1000 + n}`),
  );
  const neighbour = await person(store, other, '+12025559999');
  const add = (
    tenant: typeof sender,
    to: { conversationId: string },
    lane: 'critical' | 'notification',
    text: string,
  ) =>
    store.tenant(tenant.tenantId, (tx) =>
      tx.outbox.add({
        ...{ id: randomUUID(), technicianId: null, way: 'whatsapp', channelId: tenant.channelId },
        ...{
          conversationId: to.conversationId,
          kind: 'reply',
          lane,
          text,
          inReplyTo: null,
          workOrderIds: [],
        },
        ...{ about: null, heldBack: null, dueAt: new Date(), expiresAt: new Date(Date.now() + 3_600_000) },
      }),
    );
  const rows = [...Array(toOne).fill(crowd[people]!), ...Array(toEach).fill(crowd.slice(0, people)).flat()];
  await inBatches(rows, (to) => add(sender, to, 'notification', 'Reminder'));
  await analyze(servers, database);

  const worker = await startWorker(
    {
      ...{ store, log, ring: queues.ring, now: () => new Date(), newId: randomUUID },
      ...{ secretKeys: [testSecretKey], enabled: true },
    },
    queues,
    {
      providerOf: ({ id }) => takesAll(calls, id),
      ...{ publicBaseUrl: 'http://127.0.0.1', files: createFolder(join(tmpdir(), randomUUID())) },
      ...{ timing, recovery: recoverySettings },
    },
  );
  try {
    queues.ring('outbound', sender.tenantId, sender.channelId!);
    const asked: { text: string; atMs: number }[] = [];
    for (let round = 1; round * askEverySeconds < runSeconds; round++) {
      await sleep(askEverySeconds * 1000);
      for (const [tenant, to, lane, what] of [
        [sender, crowd[round]!, 'critical', 'critical'],
        [other, neighbour, 'notification', 'other tenant'],
      ] as const) {
        const text = `${what} ${round}`;
        asked.push({ text, atMs: performance.now() });
        await add(tenant, to, lane, text);
        queues.ring('outbound', tenant.tenantId, tenant.channelId!);
      }
    }
    await sleep(askEverySeconds * 1000);
    report(calls, asked, sender.channelId!);
  } finally {
    await worker.stop(5000);
    await queues.close();
    await store.close();
  }
};

const inBatches = async <T, R>(all: T[], work: (each: T) => Promise<R>): Promise<R[]> => {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += 16)
    done.push(...(await Promise.all(all.slice(from, from + 16).map(work))));
  return done;
};

const person = (
  store: Store,
  { tenantId, channelId }: { tenantId: string; channelId: string | null },
  phone: string,
) =>
  store.tenant(tenantId, async (tx) => {
    const id = randomUUID();
    await tx.technicians.insert({
      ...{ id, externalId: phone, name: phone, phone: null, email: null, role: 'technician', locale: null },
      ...{ timeZone: null, supervisorId: null, active: true, preferences: {}, lastSeenAt: null },
    });
    await tx.technicians.setAddresses(id, [{ kind: 'whatsapp', value: phone, active: true }]);
    return { conversationId: await tx.conversations.open(channelId!, id, `whatsapp:${phone}`, randomUUID) };
  });

/** A provider that takes everything after a while, and notes when it was asked. */
const takesAll = (calls: Call[], tenant: string): Provider => ({
  send: async ({ to, text }) => {
    calls.push({ tenant, to, text, atMs: performance.now() });
    await sleep(answerMs);
    return { kind: 'accepted', id: `SM${randomUUID().replaceAll('-', '')}` };
  },
  listSentTo: async () => [],
  listReceived: async () => [],
  media: async () => ({ kind: 'not-there' }),
  createContent: async () => ({ sid: null, code: 'none' }),
  templates: noTemplates('none'),
  account: noAccount('none'),
});

const report = (calls: Call[], asked: { text: string; atMs: number }[], channelId: string) => {
  const ours = calls.filter(({ tenant }) => tenant === channelId);
  const times = ours.map(({ atMs }) => atMs);
  const seconds = (times.at(-1)! - times[0]!) / 1000;
  console.log(
    `\n${people * toEach + toOne} reminders due on one sender at ${perSecond}/s, ${toOne} of them to one person. Every ` +
      `${askEverySeconds} s a critical\nmessage of the same sender and a reminder of another tenant's. One worker on Redis, ${seconds.toFixed(0)} s watched.`,
  );
  for (const what of ['critical', 'other tenant']) {
    const took = asked
      .filter(({ text }) => text.startsWith(what))
      .map(({ text, atMs }) => (calls.find((call) => call.text === text)?.atMs ?? Infinity) - atMs)
      .sort((a, b) => a - b);
    const median = took[Math.floor(took.length / 2)]!;
    console.log(
      `  ${what}: left after ${median.toFixed(0)} ms (median of ${took.length}), ${took.at(-1)!.toFixed(0)} ms at most`,
    );
  }
  console.log(
    `  rate: ${(times.length / seconds).toFixed(1)}/s on the whole, ${mostWithin(times, 1000)} at most within any second`,
  );
  const pairs = new Map<string, number[]>();
  for (const { to, atMs } of ours) pairs.set(to, [...(pairs.get(to) ?? []), atMs]);
  const most = Math.max(...[...pairs.values()].map((of) => mostWithin(of, 60_000)));
  console.log(`  one person: ${most} at most within any minute`);
};

const mostWithin = (times: number[], ms: number): number => {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= ms) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
};
