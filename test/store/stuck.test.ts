import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createStore, isPassing, type Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({
    url: database.appUrl,
    maxConnections: 2,
    timeouts: { idleInTransactionMs: 300, queryMs: 500 },
  });
  admin = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await store.close();
  await database.drop();
});

test('locks of a worker that has vanished in the middle of a transaction are let go', async () => {
  const tenantId = randomUUID();
  let vanish = () => {};
  const vanished = new Promise<void>((resolve) => {
    vanish = resolve;
  });
  let comeBack = () => {};
  const back = new Promise<void>((resolve) => {
    comeBack = resolve;
  });
  const worker = store.tenant(tenantId, async (tx) => {
    await tx.tenants.lock('order');
    vanish();
    await back;
  });
  await vanished;
  await store.tenant(tenantId, (tx) => tx.tenants.lock('order'));
  comeBack();
  expect(isPassing(await worker.catch((error: unknown) => error))).toBe(true);
});

test('the limit of idle transactions is a passing fault', () => {
  expect(isPassing({ code: '25P03' })).toBe(true);
});

test('a query that never ends is given up, and nothing of its transaction is kept by the next', async () => {
  const { tenantId } = await createTenant(store);
  const countryNow = () => store.tenant(tenantId, async (tx) => (await tx.tenants.get())?.defaultCountry);
  await admin.query('BEGIN; LOCK TABLE channel IN ACCESS EXCLUSIVE MODE');
  const stuck = store.tenant(tenantId, async (tx) => {
    await tx.tenants.setDefaultCountry('DE');
    await tx.channels.list();
  });
  const error = await stuck.catch((caught: unknown) => caught);
  expect(isPassing(error), String(error)).toBe(true);
  expect(await countryNow()).toBe('US');
  await admin.query('ROLLBACK');
  expect(await countryNow()).toBe('US');
});
