import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import type { Deps } from '../../src/deps.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

let database: TestDatabase;
let superuser: pg.Client;
let store: Store;
let tenant: TestTenant;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  store = createStore({ url: database.appUrl, maxConnections: 4 });
  tenant = await createTenant(store);
});
afterAll(async () => {
  await store.close();
  await superuser.end();
  await database.drop();
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);
const save = async (tx: Tx, number: string, fields: Parameters<typeof saveWorkOrder>[2]) => {
  const deps = { now: () => new Date(), newId: randomUUID, enabled: true } as Deps;
  return saveWorkOrder(
    tx,
    number,
    fields,
    await readFacts(tx, deps, { kind: 'cmms', id: null }),
    collectFaults(),
  );
};

const somebodyWaits = async () => {
  const waiting =
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0';
  while ((await superuser.query(waiting)).rowCount === 0);
};

test('whoever waited for an order sees the asset it was given meanwhile', async () => {
  const asset = { id: randomUUID(), code: 'P-7', name: 'Pump 7', location: 'Roof' };
  await inTenant((tx) => tx.assets.insert(asset));
  const locks: [string, (tx: Tx, id: string, number: string) => Promise<unknown>][] = [
    ['lockByNumber', async (tx, _, number) => (await tx.workOrders.lockByNumber(number))!.asset],
    ['lock', async (tx, id) => (await tx.workOrders.lock(id))!.asset],
    ['lockMany', async (tx, id) => (await tx.workOrders.lockMany([id])).get(id)!.asset],
    ['lockOf', async (tx, id) => (await tx.workOrders.lockOf(randomUUID(), new Date(), [id]))[0]!.asset],
    // A change of the title would write back what it did not see.
    ['a PUT', async (tx, _, number) => (await save(tx, number, { title: 'Bearing' })).order.asset],
  ];
  for (const [name, lock] of locks) {
    const number = `WO-${name}`;
    const { order } = await inTenant((tx) => save(tx, number, { title: 'Seal' }));
    let second: Promise<unknown> = Promise.resolve();
    await inTenant(async (tx) => {
      await save(tx, number, { asset: 'P-7' });
      second = inTenant((other) => lock(other, order.id, number));
      await somebodyWaits();
    });
    expect([name, await second]).toEqual([name, asset]);
  }
});
