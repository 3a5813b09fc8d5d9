import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chains } from '../../jobs/chains.ts';
import { callForHelp, takeBackCalls, takeCalls } from '../../src/cmms/calls.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import type { Deps } from '../../src/deps.ts';
import type { CallKind } from '../../src/domain/chain.ts';
import { takeDue } from '../../src/messaging/take.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { quickTiming } from '../support/timing.ts';

let database: TestDatabase;
let store: Store;
let client: pg.Client;
let tenant: TestTenant;
let deps: Deps;
beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 6 });
  client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  tenant = await createTenant(store);
  deps = {
    ...{ store, log: pino({ level: 'silent' }), now: () => new Date(), newId: randomUUID },
    ...{ ring: () => {}, secretKeys: [], enabled: true },
  };
  await inTenant(async (tx) => {
    const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
    const people = [
      ['BOSS', { role: 'supervisor' as const, phone: '+12025550181' }],
      ['OTTO', { phone: '+12025550182' }],
      ['ANA', { supervisor: 'BOSS', phone: '+12025550183' }],
    ] as const;
    for (const [id, fields] of people)
      await saveTechnician(tx, id, { name: id, ...fields }, facts, collectFaults());
    const step = { waitSeconds: 0, notify: ['OTTO', 'ANA'], ways: ['whatsapp'] };
    await tx.settings.save({ escalation: { high: [step] } });
  });
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);

/** Ana calls about no order; the message by which she does. */
const callIn = async (tx: Tx, kind: CallKind = 'work-order.escalated', reason: string | null = 'fire') => {
  const facts = await readFacts(tx, deps, { kind: 'technician', id: 'ANA' });
  const caller = (await tx.technicians.find('ANA'))!;
  const people = (await tx.technicians.toTell(caller.id, [])).filter(({ id }) => id === caller.supervisorId);
  const messageId = randomUUID();
  await callForHelp(tx, { do: 'call', kind, order: null, reason, people }, { caller, messageId }, facts);
  return { messageId, boss: caller.supervisorId! };
};
const callAgain = () => inTenant((tx) => callIn(tx));

/** Ana's escalation of no order, of which only its own chain can be locked; the message that tells her supervisor. */
const call = (...about: Parameters<typeof callIn> extends [Tx, ...infer Rest] ? Rest : never) =>
  inTenant(async (tx) => {
    const { messageId, boss } = await callIn(tx, ...about);
    const { began } = await tx.calls.lockOfMessage(messageId);
    const [page] = await tx.chains.pages(began[0]!);
    return { id: began[0]!, messageId, page: page!.messageId, boss };
  });

const takes = new Map<string, string>();
const take = (id: string, by: string) => {
  takes.set(id, randomUUID());
  return inTenant((tx) => takeCalls(tx, [id], by, takes.get(id)!));
};
const giveBack = (id: string) => inTenant((tx) => takeBackCalls(tx, takes.get(id)!, randomUUID()));
const callsNow = async (ids: string[]) => {
  const found = await inTenant((tx) => tx.calls.lock(ids));
  return ids.map((id) => found.find((each) => each.id === id));
};

/** Begins a piece of work and leaves it before its commit, until it is let go. */
const heldOpen = async (work: (tx: Tx) => Promise<unknown>) => {
  let letGo = () => {};
  const mayEnd = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let done: Promise<unknown> = Promise.resolve();
  await new Promise<void>((begun) => {
    done = inTenant(async (tx) => {
      await work(tx);
      begun();
      await mayEnd;
    });
  });
  return async () => {
    letGo();
    await done;
  };
};

/** Resolves once somebody waits for a lock that another transaction holds. */
const somebodyWaits = async () => {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await client.query(waiting)).rowCount === 0) await new Promise((done) => setTimeout(done, 10));
};

const statusOf = async (id: string) => (await inTenant((tx) => tx.messages.get(id)))!;

const send = () => inTenant((tx) => takeDue(tx, deps, tenant.channelId!, 50, quickTiming));

test('a step is started once, however many workers come for it', async () => {
  const { id, boss } = await call();
  await Promise.all([1, 2, 3].map(() => chains(deps)({ tenantId: tenant.tenantId, id })));
  const pages = await inTenant((tx) => tx.chains.pages(id));
  expect(pages.map(({ step, turn }) => [step, turn])).toEqual([
    [0, 0],
    [1, 1],
  ]);
  await inTenant((tx) => takeCalls(tx, [id], boss, randomUUID()));
});

test('while the service is switched off no step starts, and the call goes on a minute later', async () => {
  const { id, boss } = await call();
  deps.enabled = false;
  await chains(deps)({ tenantId: tenant.tenantId, id });
  deps.enabled = true;
  const steps = async () => (await inTenant((tx) => tx.chains.pages(id))).map(({ step }) => step);
  expect(await steps()).toEqual([0]);
  const waits = (await inTenant((tx) => tx.chains.dueInMs(id)))!;
  expect(waits).toBeGreaterThan(50_000);
  expect(waits).toBeLessThan(61_000);
  expect(await inTenant((tx) => tx.chains.get(id))).toMatchObject({ step: 0, turn: 0, ended: null });
  await inTenant((tx) => tx.chains.goOn(id, -1));
  await chains(deps)({ tenantId: tenant.tenantId, id });
  expect(await steps()).toEqual([0, 1]);
  await inTenant((tx) => takeCalls(tx, [id], boss, randomUUID()));
});

test('what is asked for together with something else is told once: the page of the first alone waits no longer', async () => {
  const first = await call('work-order.needed');
  const both = await call('work-order.needed');
  expect(await statusOf(first.page)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
  expect((await statusOf(both.page)).status).toBe('queued');
  await inTenant((tx) => takeCalls(tx, [both.id], both.boss, randomUUID()));
});

test('whoever takes a call withdraws at once what was to tell him and the others', async () => {
  const { id, boss } = await call();
  await chains(deps)({ tenantId: tenant.tenantId, id });
  await inTenant((tx) => takeCalls(tx, [id], boss, randomUUID()));
  const pages = await inTenant((tx) => tx.chains.pages(id));
  expect(pages).toHaveLength(2);
  for (const { messageId } of pages)
    expect(await statusOf(messageId)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
});

test('whoever calls is told by no step of his own call, though it names him', async () => {
  const { id, boss } = await call();
  await chains(deps)({ tenantId: tenant.tenantId, id });
  await callAgain();
  const pages = await inTenant((tx) => tx.chains.pages(id));
  const names = await inTenant((tx) => tx.technicians.names(pages.map(({ technicianId }) => technicianId)));
  expect(pages.map(({ technicianId }) => names.get(technicianId))).toEqual(['BOSS', 'OTTO', 'OTTO']);
  await inTenant((tx) => takeCalls(tx, [id], boss, randomUUID()));
});

test('a call that was taken and is given back is free, and goes on at its step', async () => {
  const { id, boss } = await call();
  await chains(deps)({ tenantId: tenant.tenantId, id });
  await take(id, boss);
  await giveBack(id);
  expect(await callsNow([id])).toMatchObject([{ ended: null, takenBy: null, takenAt: null }]);
  expect(await inTenant((tx) => tx.chains.get(id))).toMatchObject({ step: 1, nextAt: expect.any(Date) });
  await take(id, boss);
});

describe('of somebody who has called again about no order since', () => {
  test('the call that is given back does not run beside that one, and goes on when that is taken back', async () => {
    const { id, boss } = await call();
    await take(id, boss);
    const again = await call('work-order.escalated', null);
    await giveBack(id);
    expect(await callsNow([id, again.id])).toMatchObject([
      { ended: 'withdrawn', takenBy: null },
      { ended: null, reason: 'fire' },
    ]);
    await inTenant((tx) => takeBackCalls(tx, again.messageId, randomUUID()));
    expect(await callsNow([id, again.id])).toMatchObject([{ ended: null }, { ended: 'withdrawn' }]);
    await take(id, boss);
  });

  test('so it is when both happen at once', async () => {
    for (const first of ['gives back', 'calls again']) {
      const { id, boss } = await call();
      await take(id, boss);
      const commit = await heldOpen((tx) =>
        first === 'gives back' ? takeBackCalls(tx, takes.get(id)!, randomUUID()) : callIn(tx),
      );
      const other = first === 'gives back' ? callAgain() : giveBack(id);
      await Promise.race([other, somebodyWaits()]);
      await commit();
      await other;
      const open = await inTenant(async (tx) =>
        tx.calls.lockOpen([], (await tx.technicians.find('ANA'))!.id),
      );
      expect(open, first).toHaveLength(1);
      await take(open[0]!.id, boss);
    }
  });
});

test('a page is not sent once its call is taken, though the two come together', async () => {
  const { id, page, boss } = await call();
  const commit = await heldOpen((tx) => takeCalls(tx, [id], boss, randomUUID()));
  const sending = send();
  await commit();
  expect((await sending).taken.map(({ messageId }) => messageId)).not.toContain(page);
  await send();
  expect(await statusOf(page)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on', attempts: [] });
});

test('whoever takes a call waits for a page that is being marked as sent', async () => {
  const { id, page, boss } = await call();
  const commit = await heldOpen((tx) => takeDue(tx, deps, tenant.channelId!, 50, quickTiming));
  const taking = inTenant(async (tx) => {
    await tx.calls.lock([id]);
    const told = await tx.calls.lockTold([id]);
    await takeCalls(tx, [id], boss, randomUUID());
    return told.get(id);
  });
  await commit();
  // It has left, so its reader is one of those who hear who goes.
  expect(await taking).toContain(boss);
  expect((await statusOf(page)).status).toBe('sending');
});
