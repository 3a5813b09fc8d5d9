import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { cmmsEvents } from '../../jobs/cmms-events.ts';
import { type WebhooksDeps, webhooks } from '../../jobs/webhooks.ts';
import { presentEvent } from '../../src/cmms/event.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { rotateWebhookSecret, saveWebhookEndpoint } from '../../src/cmms/save-webhook-endpoint.ts';
import { sealAgain } from '../../src/seal-again.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';
import { answers, never, startReceiver, takes } from '../support/receiver.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

let store: Store;
let owner: pg.Client;
let close = async () => {};
beforeAll(async () => {
  const database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 8 });
  owner = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await owner.connect();
  close = async () => {
    await owner.end();
    await store.close();
    await database.drop();
  };
});
afterAll(() => close());
beforeEach(async () => {
  // What an earlier test left must not be due in a later one.
  await owner.query('UPDATE webhook_endpoint SET active = false');
});

const minute = 60_000;
const hour = 60 * minute;

/** A tenant whose events are sent to receivers of this machine. */
const setUp = async () => {
  const { tenantId } = await createTenant(store);
  const logged: Record<string, unknown>[] = [];
  const bells: { queue: string; id: string; afterMs: number }[] = [];
  let passedMs = 0;
  const deps: WebhooksDeps = {
    store,
    ring: (queue, _tenantId, id, afterMs = 0) => void bells.push({ queue, id, afterMs }),
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    now: () => new Date(Date.now() + passedMs),
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: true,
    webhookRules: { allowPrivate: true },
    random: () => 0.5,
    monotonicMs: () => performance.now(),
    stopping: new AbortController().signal,
  };

  /** An endpoint and its receiver. */
  const endpoint = async (key: string, fields: Record<string, unknown> = {}) => {
    const receiver = await startReceiver();
    onTestFinished(receiver.close);
    const save = async (changed: Record<string, unknown>) => {
      const facts = { now: deps.now(), newId: randomUUID, secretKeys: deps.secretKeys };
      return store.tenant(tenantId, async (tx) => ({
        ...(await saveWebhookEndpoint(tx, key, changed, facts, collectFaults())),
        id: (await tx.webhookEndpoints.find(key))!.id,
      }));
    };
    const { id, secret } = await save({ url: receiver.url, ...fields });
    return {
      ...receiver,
      id,
      tenantId,
      deps,
      secret: secret!,
      save,
      run: (changed: Partial<WebhooksDeps> = {}) => webhooks({ ...deps, ...changed })({ tenantId, id }),
      now: async () => (await store.tenant(tenantId, (tx) => tx.webhookEndpoints.find(key)))!,
      rotate: async (at: Date) => {
        const facts = { now: at, secretKeys: deps.secretKeys };
        const rotated = await store.tenant(tenantId, (tx) => rotateWebhookSecret(tx, key, facts));
        return (rotated as { secret: string }).secret;
      },
      isDue: async () => (await store.gate.dueWork(0, 100)).some((due) => due.id === id),
    };
  };

  /** Something that happens and has its place in the feed. */
  const happens = async (type = 'work_order.noted', data: Record<string, unknown> = {}) => {
    const id = randomUUID();
    const event = { id, type, at: deps.now(), actor: { kind: 'system' as const, id: null }, data };
    await store.tenant(tenantId, (tx) => tx.events.add({ ...event, workOrderId: null, messageId: null }));
    await cmmsEvents(deps)({ tenantId, id: tenantId });
    return id;
  };
  const happen = async (count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n++) ids.push(await happens());
    return ids;
  };

  /** Time goes by. */
  const pass = async (ms: number) => {
    passedMs += ms;
    await owner.query(
      `UPDATE webhook_endpoint SET next_try_at = next_try_at - $1 * interval '1 millisecond',
         held_until = held_until - $1 * interval '1 millisecond',
         failing_since = failing_since - $1 * interval '1 millisecond',
         failed_at = failed_at - $1 * interval '1 millisecond' WHERE tenant_id = $2`,
      [ms, tenantId],
    );
  };
  const feed = () => store.tenant(tenantId, (tx) => tx.events.feed({ after: 0, limit: 200 }));
  const alarms = () => logged.filter(({ alarm }) => alarm === true);
  return { tenantId, deps, bells, logged, endpoint, happens, happen, pass, feed, alarms };
};

test('each event is one signed request, as the feed shows it, in its order', async () => {
  const { endpoint, happens, happen, feed } = await setUp();
  const before = await happens();
  const main = await endpoint('main');
  const ids = await happen(3);
  ids.push(await happens('work_order.completed', { text: 'señal "1"\n' }));
  await main.run();
  await main.run();

  expect(main.ids()).toEqual(ids);
  expect(main.ids()).not.toContain(before);
  const shown = (await feed())
    .filter(({ id }) => id !== before)
    .map((event) => JSON.stringify(presentEvent(event)));
  expect(main.got.map(({ body }) => body)).toEqual(shown);
  for (const { body, headers } of main.got) {
    expect(new Webhook(main.secret).verify(body, headers as Record<string, string>)).toEqual(
      JSON.parse(body),
    );
    expect(() => new Webhook(main.secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  }
  expect(await main.isDue()).toBe(false);
});

test('whoever publishes rings for the active endpoints', async () => {
  const { endpoint, happens, bells } = await setUp();
  const [main, off] = [await endpoint('main'), await endpoint('off', { active: false })];
  await happens();
  expect(bells).toContainEqual({ queue: 'webhooks', id: main.id, afterMs: 0 });
  expect(bells.map(({ id }) => id)).not.toContain(off.id);
  expect([await main.isDue(), await off.isDue()]).toEqual([true, false]);
  await off.run();
  expect(off.got).toEqual([]);
  await off.save({ active: true });
  await off.run();
  expect(off.got).toHaveLength(1);
});

test('only the types asked for are sent, and the others are not tried again', async () => {
  const { endpoint, happens } = await setUp();
  const main = await endpoint('main', { types: ['work_order.completed', 'message.failed'] });
  const wanted: string[] = [];
  for (const type of [
    'work_order.noted',
    'work_order.completed',
    'work_order.started',
    'message.failed',
    'work_order.noted',
  ]) {
    const id = await happens(type);
    if (['work_order.completed', 'message.failed'].includes(type)) wanted.push(id);
  }
  await main.run();
  expect(main.ids()).toEqual(wanted);
  expect((await main.now()).feedNo).toBe(5);
  expect(await main.isDue()).toBe(false);
  await main.save({ types: null });
  await main.run();
  expect(main.ids()).toEqual(wanted);
});

test.each([
  ['answering 500', answers(500), 'status 500', 10_000],
  ['redirecting', answers(307, { location: '/' }), 'status 307: redirects are not followed', 10_000],
  ['slow', never, 'no answer within 0.2 s', 200],
] as const)(
  'a receiver that is %s gets the same event again, and the later ones after it',
  async (_, fails, reason, totalMs) => {
    const { endpoint, happen, bells, pass, logged } = await setUp();
    const main = await endpoint('main');
    const ids = await happen(3);
    main.will(fails);
    const quick = { webhookLimits: { totalMs, answerBytes: 1024 } };
    await main.run(quick);
    expect(main.ids()).toEqual(ids.slice(0, 1));
    expect(await main.now()).toMatchObject({
      tries: 1,
      reason,
      active: true,
      failingSince: expect.any(Date),
    });
    expect(bells.at(-1)).toEqual({ queue: 'webhooks', id: main.id, afterMs: 5000 });
    expect(JSON.stringify(logged)).not.toContain(main.url);

    // Rung before its time, it waits.
    await main.run(quick);
    expect(main.got).toHaveLength(1);
    expect(bells.at(-1)!.afterMs).toBeGreaterThan(3000);
    expect(await main.isDue()).toBe(false);

    await pass(5000);
    expect(await main.isDue()).toBe(true);
    await main.run(quick);
    expect(bells.at(-1)!.afterMs).toBe(30_000);
    main.will(takes);
    await pass(30_000);
    await main.run();
    expect(main.ids()).toEqual([ids[0], ids[0], ids[0], ids[1], ids[2]]);
    expect(await main.now()).toMatchObject({ tries: 0, reason: null, failingSince: null });
  },
);

test('a receiver that is down loses nothing, and the other endpoint does not wait for it', async () => {
  const { endpoint, happen, pass } = await setUp();
  const [down, up] = [await endpoint('down'), await endpoint('up')];
  await down.down();
  const ids = await happen(4);
  await Promise.all([down.run(), up.run()]);
  ids.push(...(await happen(2)));
  await Promise.all([down.run(), up.run()]);
  expect(up.ids()).toEqual(ids);
  expect((await down.now()).reason).toBe('ECONNREFUSED');

  await down.up();
  await pass(5000);
  await down.run();
  expect(down.ids()).toEqual(ids);
});

test('a name that leads to this machine, or does so since it was checked, is never called', async () => {
  const { endpoint, happens } = await setUp();
  const main = await endpoint('main');
  await main.save({ url: `https://cmms.example.com:${main.port}/hook` });
  await happens();
  let connections = 0;
  await main.run({
    webhookRules: {
      allowPrivate: false,
      resolve: (_host, _options, callback) => {
        connections++;
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    },
  });
  expect(connections).toBe(1);
  expect(main.got).toEqual([]);
  expect(await main.now()).toMatchObject({ tries: 1, reason: 'the name has no public address' });

  await main.save({ url: main.url });
  await main.run({ webhookRules: { allowPrivate: false } });
  expect(main.got).toEqual([]);
  await main.save({ url: `${main.url}?again` });
  await main.run();
  expect(main.got).toHaveLength(1);
});

test('a worker that dies between the answer and its note leads to the same event under the same id', async () => {
  const { endpoint, happen, pass, bells } = await setUp();
  const main = await endpoint('main');
  const ids = await happen(2);
  // Its process is gone once the receiver has it: nothing of it reaches the database any more.
  const dying: Store = {
    ...store,
    tenant: (id, work) => (main.got.length > 0 ? new Promise(() => {}) : store.tenant(id, work)),
  };
  void main.run({ store: dying });
  await main.hasGot(1);

  await main.run();
  expect(main.got).toHaveLength(1);
  expect(bells.at(-1)!.afterMs).toBeGreaterThan(15_000);
  expect(await main.isDue()).toBe(false);
  await pass(20_000);
  expect(await main.isDue()).toBe(true);
  await main.run();
  expect(main.ids()).toEqual([ids[0], ids[0], ids[1]]);
  expect(main.got[1]!.body).toBe(main.got[0]!.body);
});

test('several runs at once send each event once, in order', async () => {
  const { endpoint, happen } = await setUp();
  const main = await endpoint('main');
  const ids = await happen(12);
  await Promise.all([main.run(), main.run(), main.run()]);
  expect(main.ids()).toEqual(ids);
});

test('a run that has sent many lets others have their turn', async () => {
  const { endpoint, happen, bells } = await setUp();
  const main = await endpoint('main');
  const ids = await happen(55);
  await main.run();
  expect(main.ids()).toEqual(ids.slice(0, 50));
  expect(bells.at(-1)).toEqual({ queue: 'webhooks', id: main.id, afterMs: 0 });
  await main.run();
  expect(main.ids()).toEqual(ids);
});

test('after a rotation both secrets verify for a day, then the new one alone', async () => {
  const { endpoint, happens, deps } = await setUp();
  const main = await endpoint('main');
  const verifies = (secret: string) => {
    const { body, headers } = main.got.at(-1)!;
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  const second = await main.rotate(new Date(deps.now().getTime() - 25 * hour));
  await happens();
  await main.run();
  expect([main.secret, second].map(verifies)).toEqual([false, true]);

  const third = await main.rotate(new Date(deps.now().getTime() - 23 * hour));
  await happens();
  await main.run();
  expect([main.secret, second, third].map(verifies)).toEqual([false, true, true]);

  // Asked twice, because the first answer was lost: what the receiver has still verifies.
  const fourth = await main.rotate(deps.now());
  await happens();
  await main.run();
  expect([second, third, fourth].map(verifies)).toEqual([true, true, true]);
  expect((await main.now()).secrets).toHaveLength(3);
});

test('a day of failures switches it off with an event and an alarm; made active again it goes on where it stopped', async () => {
  const { endpoint, happen, bells, pass, feed, alarms } = await setUp();
  const [main, other] = [await endpoint('main'), await endpoint('other')];
  const ids = await happen(2);
  main.will(answers(503));
  const delays: number[] = [];
  let passed = 0;
  for (;;) {
    const before = bells.length;
    await main.run();
    if (!(await main.now()).active) break;
    const delay = bells.slice(before).find(({ id }) => id === main.id)!.afterMs;
    delays.push(delay);
    passed += delay;
    await pass(delay);
    expect(passed).toBeLessThan(26 * hour);
  }
  expect(delays.slice(0, 8)).toEqual([
    ...[5000, 30_000, 2 * minute, 10 * minute, 30 * minute, hour, hour, hour],
  ]);
  expect(passed).toBeGreaterThanOrEqual(24 * hour);
  expect(new Set(main.ids())).toEqual(new Set([ids[0]]));

  const off = await main.now();
  expect(off).toMatchObject({ active: false, reason: 'status 503', switchedOffAt: expect.any(Date) });
  expect(alarms()).toEqual([
    expect.objectContaining({ event: 'webhook.switched-off', endpointId: main.id, reason: 'status 503' }),
  ]);
  expect(bells.at(-1)!.queue).toBe('cmms-events');
  ids.push(...(await happen(1)));
  const [told] = (await feed()).filter(({ type }) => type === 'message.failed');
  expect(told).toMatchObject({
    ...{ actor: { kind: 'system', id: null }, messageId: null },
    data: { webhookEndpoint: 'main', reason: 'status 503', failingSince: off.failingSince!.toISOString() },
  });
  await other.run();
  expect(other.ids()).toEqual([ids[0], ids[1], told!.id, ids[2]]);

  expect(await main.isDue()).toBe(false);
  const count = main.got.length;
  await main.run();
  expect(main.got).toHaveLength(count);
  main.will(takes);
  await main.save({ active: true });
  expect(await main.now()).toMatchObject({ reason: null, switchedOffAt: null, failingSince: null, tries: 0 });
  await main.run();
  expect(main.ids().slice(count)).toEqual([ids[0], ids[1], told!.id, ids[2]]);
});

test('the hourly tries are spread, so that those who failed together do not come back together', async () => {
  const { endpoint, happens, bells, pass } = await setUp();
  const main = await endpoint('main');
  await happens();
  main.will(answers(500));
  const delays: number[] = [];
  for (let n = 0; n < 9; n++) {
    await main.run({ random: () => n % 2 });
    delays.push(bells.at(-1)!.afterMs);
    await pass(delays.at(-1)!);
  }
  expect(delays.slice(6)).toEqual([0.9 * hour, 3_960_000, 0.9 * hour]);
});

test.each([
  ['429, in seconds', 429, () => '600', 600_000],
  ['503, until a moment', 503, () => new Date(Date.now() + 20 * minute).toUTCString(), 20 * minute],
  ['503, for a week', 503, () => '604800', hour],
  ['503, for less than we wait anyway', 503, () => '1', 5000],
  ['503, in words', 503, () => 'soon', 5000],
  ['500, for which it means nothing', 500, () => '600', 5000],
] as [string, number, () => string, number][])(
  'Retry-After is honoured: %s',
  async (_, status, retryAfter, wantedMs) => {
    const { endpoint, happens, bells } = await setUp();
    const main = await endpoint('main');
    await happens();
    main.will(answers(status, { 'retry-after': retryAfter() }));
    await main.run();
    // A date has whole seconds, and some time has gone by.
    expect(Math.abs(bells.at(-1)!.afterMs - wantedMs)).toBeLessThan(wantedMs === 20 * minute ? minute : 1);
  },
);

test('410 Gone switches it off at once', async () => {
  const { endpoint, happen, alarms } = await setUp();
  const main = await endpoint('main');
  await happen(2);
  main.will(answers(410));
  await main.run();
  expect(main.got).toHaveLength(1);
  expect(await main.now()).toMatchObject({ active: false, reason: 'status 410: gone', feedNo: 0 });
  expect(alarms()).toHaveLength(1);
});

test('what is changed while a call is under way is not undone by how it ends', async () => {
  const { endpoint, happen, bells } = await setUp();
  const [main, second] = [await endpoint('main'), await startReceiver()];
  onTestFinished(second.close);
  const ids = await happen(2);
  let answerNow = () => {};
  main.will((response) => {
    answerNow = () => void response.writeHead(410).end();
  });
  const run = main.run();
  await main.hasGot(1);
  await main.save({ url: second.url });
  answerNow();
  await run;
  expect(await main.now()).toMatchObject({ active: true, url: second.url });
  await main.run();
  expect(second.ids()).toEqual(ids);
  expect(bells.filter(({ queue }) => queue === 'cmms-events')).toEqual([]);
});

test('a stopping process lets go of the endpoint at once, and counts nothing as failed', async () => {
  const { endpoint, happens } = await setUp();
  const main = await endpoint('main');
  const id = await happens();
  main.will(never);
  const stopping = new AbortController();
  const run = main.run({ stopping: stopping.signal });
  await main.hasGot(1);
  stopping.abort();
  await run;
  expect(await main.now()).toMatchObject({ tries: 0, failingSince: null });
  expect(await main.isDue()).toBe(true);
  main.will(takes);
  await main.run();
  expect(main.ids()).toEqual([id, id]);
});

test('what was not tried does not count: a receiver is given up after a day of failures, not after a day', async () => {
  const { endpoint, happens, pass, bells } = await setUp();
  const main = await endpoint('main');
  await happens();
  main.will(answers(503));
  await main.run();
  // No worker for a day, then a receiver that fails once more.
  await pass(25 * hour);
  await main.run();
  expect(await main.now()).toMatchObject({ active: true, tries: 2 });

  // Two hours of the absence count, and the tries of the following 22.
  let passed = 0;
  for (;;) {
    const before = bells.length;
    await main.run();
    if (!(await main.now()).active) break;
    const delay = bells.slice(before).find(({ id }) => id === main.id)!.afterMs;
    passed += delay;
    await pass(delay);
  }
  expect(passed / hour).toBeGreaterThan(21.5);
  expect(passed / hour).toBeLessThan(24);
});

test('a failure is forgotten when nothing is owed any more, or when other types are asked for', async () => {
  const { endpoint, happens, pass } = await setUp();
  const main = await endpoint('main', { types: ['work_order.noted', 'work_order.completed'] });
  const fresh = { failingSince: null, tries: 0, reason: null };
  main.will(answers(500));
  await happens('work_order.noted');
  await main.run();
  expect(await main.now()).toMatchObject({ tries: 1 });
  await main.save({ types: ['work_order.completed'] });
  expect(await main.now()).toMatchObject(fresh);

  await happens('work_order.completed');
  await main.run();
  expect(await main.now()).toMatchObject({ tries: 1 });
  // A PUT of the same changes nothing.
  await main.save({ types: ['work_order.completed'], url: main.url });
  expect(await main.now()).toMatchObject({ tries: 1 });
  await owner.query('UPDATE webhook_endpoint SET types = $1 WHERE id = $2', [
    ['work_order.started'],
    main.id,
  ]);
  await pass(5000);
  await main.run();
  expect(await main.now()).toMatchObject(fresh);
});

test('a secret of another SECRET_KEY is an alarm of ours and never the endpoint’s failure', async () => {
  const { endpoint, happens, alarms, pass, bells } = await setUp();
  const main = await endpoint('main');
  await happens();
  const old = webhooks({ ...main.deps, secretKeys: ['x'.repeat(32)] });
  for (let n = 0; n < 3; n++) {
    await old({ tenantId: main.tenantId, id: main.id });
    expect(bells.at(-1)!.afterMs).toBe(30_000);
    await pass(30 * hour);
  }
  expect(main.got).toEqual([]);
  // One alarm an hour and process, by its own clock, which stood still.
  expect(alarms()).toEqual([expect.objectContaining({ event: 'webhook.unsigned', endpointId: main.id })]);
  expect(await main.now()).toMatchObject({
    ...{ active: true, tries: 0, failingSince: null },
    reason: 'its secret cannot be decrypted',
  });
  // A process that holds the key goes on where it is.
  await main.run({ secretKeys: ['x'.repeat(32), testSecretKey] });
  expect(main.got).toHaveLength(1);
  expect((await main.now()).reason).toBeNull();
});

test('after a change of SECRET_KEY the key before can go, and every secret still signs', async () => {
  const { endpoint, happens, deps, alarms } = await setUp();
  const [main, other] = [await endpoint('main'), await endpoint('other')];
  const second = await main.rotate(deps.now());
  await owner.query(
    `UPDATE webhook_endpoint SET secrets = '[{"sealed":"v1.a.b.c","until":null}]' WHERE id = $1`,
    [other.id],
  );
  const newKey = 'n'.repeat(32);
  await sealAgain({ ...deps, secretKeys: [newKey, testSecretKey] });
  await sealAgain({ ...deps, secretKeys: [newKey, testSecretKey] });
  const unreadable = { event: 'secrets.unreadable', count: expect.any(Number) };
  expect(alarms()).toMatchObject([unreadable, unreadable]);
  await happens();
  await main.run({ secretKeys: [newKey] });
  const { body, headers } = main.got[0]!;
  for (const secret of [main.secret, second]) {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  }
});

test('tenants apart: an endpoint gets the events of its own, whoever rings for it', async () => {
  const [a, b] = [await setUp(), await setUp()];
  const [mine, theirs] = [await a.endpoint('main'), await b.endpoint('main')];
  const [own, other] = [await a.happens(), await b.happens()];
  await webhooks(a.deps)({ tenantId: a.tenantId, id: theirs.id });
  await webhooks(b.deps)({ tenantId: b.tenantId, id: mine.id });
  expect([mine.got, theirs.got]).toEqual([[], []]);
  await Promise.all([mine.run(), theirs.run()]);
  expect([mine.ids(), theirs.ids()]).toEqual([[own], [other]]);
});
