import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chains } from '../../jobs/chains.ts';
import { callForHelp } from '../../src/cmms/calls.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { saveAsset } from '../../src/cmms/save-asset.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import type { Deps } from '../../src/deps.ts';
import { createQueues, type Queues } from '../../src/queue-backend.ts';
import { doorbell } from '../../src/queues.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { emptyRedis } from '../scenarios/stage.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

// What a worker does when the time of a step comes, in its order; each may be the last that it does.
const ofAlert = [
  ['alerts', 'lock'],
  ['chains', 'lock'],
  ['alerts', 'lockPagesToJoin'],
  ['chains', 'addPage'],
  ['chains', 'start'],
  ['events', 'add'],
  ['chains', 'dueInMs'],
] as const;
const ofCall = [
  ['chains', 'lock'],
  ['outbox', 'add'],
  ['chains', 'addPage'],
  ['chains', 'start'],
  ['chains', 'dueInMs'],
] as const;
const inRepeat = [
  ['chains', 'addPage'],
  ['chains', 'start'],
  ['chains', 'dueInMs'],
] as const;
type Place = (typeof ofAlert | typeof ofCall)[number];

/** In the only step there is, and in the same once more, which tells that nobody has answered. */
const deathsIn = (what: 'an alert' | 'a call', places: readonly Place[]) => [
  ...places.map((place) => [what, 1, place.join('.'), place] as const),
  ...inRepeat.map((place) => [what, 2, place.join('.'), place] as const),
];

describe.each(['redis', 'postgres'] as const)('a worker killed in the middle of a step, on %s', (backend) => {
  let database: TestDatabase;
  let store: Store;
  let superuser: pg.Client;
  let queues: Queues;
  let tenant: TestTenant;
  let deps: Deps;
  /** Where the next worker dies; null: nowhere. */
  let dies: Place | null = null;
  let deaths = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    store = createStore({ url: database.appUrl, maxConnections: 6 });
    superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
    await superuser.connect();
    tenant = await createTenant(store);
    const redisUrl = backend === 'redis' ? await emptyRedis() : null;
    queues = createQueues({ redisUrl, databaseUrl: database.appUrl, log: pino({ level: 'silent' }) });
    await queues.ready;
    deps = {
      ...{ store, log: pino({ level: 'silent' }), now: () => new Date(), newId: randomUUID },
      ...{ ring: queues.ring, secretKeys: [], enabled: true },
    };
    await inTenant(async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
      const people = [
        ['BOSS', { role: 'supervisor' as const, phone: '+12025550181' }],
        ['PLAN', { role: 'planner' as const, phone: '+12025550183' }],
        ['ANA', { supervisor: 'BOSS', phone: '+12025550182' }],
      ] as const;
      for (const [id, fields] of people)
        await saveTechnician(tx, id, { name: id, ...fields }, facts, collectFaults());
      await saveAsset(tx, 'P-3', { name: 'Pump', responsible: ['ANA'] }, facts, collectFaults());
    });
    await inTenant((tx) => {
      const step = { waitSeconds: 900, notify: ['PLAN'], ways: ['whatsapp'] };
      return tx.settings.save({ escalation: { critical: [step], high: [step] } });
    });
    await queues.work('chains', 2, ({ data }) => chains({ ...deps, store: mortal })(doorbell.parse(data)));
  });
  afterAll(async () => {
    await queues.stopWorkers(1000);
    await queues.close();
    await superuser.end();
    await store.close();
    await database.drop();
  });

  const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);

  /** The store of a worker whose connection is cut where it is to die. */
  const mortal = new Proxy({} as Store, {
    get: (_, name) =>
      name === 'tenant'
        ? (tenantId: string, work: (tx: Tx) => Promise<unknown>) =>
            store.tenant(tenantId, (tx) => work(dies ? cutAt(tx, dies) : tx))
        : store[name as keyof Store],
  });
  const cutAt = (tx: Tx, [group, name]: Place): Tx => {
    const functions = tx[group as 'chains'] as unknown as Record<string, (...about: unknown[]) => unknown>;
    const cut = async (...about: unknown[]) => {
      const done = await functions[name]!(...about);
      dies = null;
      await superuser.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      );
      // Only now: the test's own connections are not to be among them.
      deaths++;
      return done;
    };
    return { ...tx, [group]: { ...functions, [name]: cut } };
  };
  const until = async (holds: () => Promise<boolean> | boolean) => {
    while (!(await holds())) await new Promise((done) => setTimeout(done, 20));
  };

  const raise = async () => {
    const raised = await inTenant(async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
      const externalId = randomUUID();
      const fields = { externalId, asset: 'P-3', message: 'Hot', severity: 'critical' as const };
      return raiseAlert(tx, fields, facts, collectFaults());
    });
    return (await inTenant((tx) => tx.chains.ofAlerts([raised.alert.id])))[0]!.id;
  };
  /** Ana calls her supervisor, and for nothing else. */
  const call = () =>
    inTenant(async (tx) => {
      const caller = (await tx.technicians.find('ANA'))!;
      const before = await tx.calls.lockOpen([], caller.id);
      await tx.calls.withdraw(
        before.map(({ id }) => id),
        null,
      );
      const people = (await tx.technicians.toTell(caller.id, [])).filter(({ name }) => name === 'BOSS');
      const messageId = randomUUID();
      const about = { kind: 'work-order.escalated' as const, order: null, reason: null, people };
      const facts = await readFacts(tx, deps, { kind: 'technician', id: 'ANA' });
      await callForHelp(tx, { do: 'call', ...about }, { caller, messageId }, facts);
      return (await tx.calls.lockOfMessage(messageId)).began[0]!;
    });
  const isDue = (id: string) =>
    superuser.query("UPDATE chain SET next_at = now() - interval '1 second' WHERE id = $1", [id]);
  const unanswered = async () =>
    (await superuser.query("SELECT FROM message WHERE kind IN ('alert.unanswered', 'call.unanswered')"))
      .rowCount!;

  test.each([...deathsIn('an alert', ofAlert), ...deathsIn('a call', ofCall)])(
    'of %s, turn %i, at %s: it is neither missed nor done twice',
    async (what, turn, _, place) => {
      const id = await (what === 'an alert' ? raise() : call());
      const bell = { tenantId: tenant.tenantId, id };
      for (let done = 1; done < turn; done++) {
        await isDue(id);
        await chains(deps)(bell);
      }
      const saidBefore = await unanswered();
      const before = deaths;
      dies = place;
      await isDue(id);
      queues.ring('chains', tenant.tenantId, id);
      await until(() => deaths > before);

      // Recovery rings, more than once.
      await until(async () => {
        await queues.ringAnyway('chains', tenant.tenantId, id);
        queues.ring('chains', tenant.tenantId, id);
        return (await inTenant((tx) => tx.chains.get(id)))!.turn >= turn;
      });
      await chains(deps)(bell);
      const now = await inTenant((tx) => tx.chains.get(id));
      expect(now).toMatchObject({ step: 1, turn, ended: null, exhausted: turn > 1 });
      const pages = await inTenant((tx) => tx.chains.pages(id));
      expect(pages.map((page) => [page.step, page.turn])).toEqual(
        [
          [0, 0],
          [1, 1],
          [1, 2],
        ].slice(0, turn + 1),
      );
      expect((await unanswered()) - saidBefore).toBe(turn - 1);
    },
  );
});
