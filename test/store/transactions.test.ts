import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createStore, isPassing, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';

const tenantId = randomUUID();
let database: TestDatabase;
let superuser: pg.Client;
let store: Store;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  store = createStore({ url: database.appUrl, maxConnections: 1 });
  await store.tenant(tenantId, (tx) =>
    tx.tenants.create({
      ...{ id: tenantId, slug: 'acme', name: 'Acme', timeZone: 'UTC', locale: 'en', defaultCountry: 'US' },
      enabled: true,
    }),
  );
});
afterAll(async () => {
  await store.close();
  await superuser.end();
  await database.drop();
});

const asset = (code: string) => ({ id: randomUUID(), code, name: 'Pump', location: null });
const codes = () =>
  store.tenant(tenantId, async (tx) =>
    (await tx.assets.list({ after: null, limit: 50 })).map(({ code }) => code),
  );

test('statements sent together see what the ones before them did', async () => {
  const [, found] = await store.tenant(tenantId, (tx) =>
    Promise.all([tx.assets.insert(asset('P-1')), tx.assets.find('P-1')]),
  );
  expect(found?.code).toBe('P-1');
});

test('when one of several sent together fails, none of them happened, and the connection goes on', async () => {
  const twice = asset('P-2');
  await expect(
    store.tenant(tenantId, (tx) =>
      Promise.all([tx.assets.insert(twice), tx.assets.insert(twice), tx.assets.insert(asset('P-3'))]),
    ),
  ).rejects.toMatchObject({ code: '23505' });
  expect(await codes()).toEqual(['P-1']);
});

test('work that hides the error of a statement is told that it was undone', async () => {
  const twice = asset('P-4');
  const work = store.tenant(tenantId, async (tx) => {
    await tx.assets.insert(twice);
    await tx.assets.insert(twice).catch(() => {});
  });
  await expect(work).rejects.toThrow('undone');
  expect(isPassing(await work.catch((error: unknown) => error))).toBe(true);
  expect(await codes()).toEqual(['P-1']);
});

test('a statement that comes after its transaction is refused', async () => {
  let kept: Tx | undefined;
  await store.tenant(tenantId, async (tx) => {
    kept = tx;
  });
  await expect(kept!.tenants.get()).rejects.toThrow('ended');
  await expect(kept!.assets.insert(asset('P-5'))).rejects.toThrow('ended');
  expect(await codes()).toEqual(['P-1']);
});

test('what is no id of a tenant does not get into a statement', async () => {
  const work = store.tenant("x', true); DROP TABLE asset; --", (tx) => tx.tenants.get());
  await expect(work).rejects.toThrow('UUID');
});

test('a column that a newer version adds does not disturb the statements prepared before', async () => {
  const name = () => store.tenant(tenantId, async (tx) => (await tx.tenants.get())?.name);
  expect(await name()).toBe('Acme');
  await superuser.query('ALTER TABLE tenant ADD COLUMN added_later text');
  expect(await name()).toBe('Acme');
});
