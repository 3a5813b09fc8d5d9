import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { groupings } from '../../src/domain/response-times.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { reportQuery } from '../../src/store/times.ts';
import { type GivenAlert, giveAlerts } from '../support/alerts.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let superuser: pg.Client;
let store: Store;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  store = createStore({ url: database.appUrl });
});
afterAll(async () => {
  await store.close();
  await superuser.end();
  await database.drop();
});

const query = (statement: string, values: unknown[]) => superuser.query(statement, values);
const begin = Date.parse('2026-11-22T08:00:00Z');
const at = (seconds: number) => begin + seconds * 1000;
const moment = (seconds: number) => new Date(at(seconds));
const nothing = { sent: null, delivered: null, read: null };

const alert: GivenAlert = {
  ...{ externalId: 'A-1', asset: 'PUMP-3', severity: 'critical', raised: at(0) },
  ...{ responder: 'bea', answered: at(95), resolved: at(600) },
  pages: [
    {
      person: 'ana',
      at: at(1),
      way: { ...nothing, sent: at(4) },
      further: [{ ...nothing, delivered: at(30) }],
    },
    {
      ...{ person: 'bea', at: at(60), way: { sent: at(61), delivered: at(70), read: at(90) } },
      further: [{ sent: at(66), delivered: at(68), read: null }, nothing],
    },
  ],
};

test('an alert was sent, delivered and read when the first of its pages was, by whichever way', async () => {
  const { tenantId } = await createTenant(store, { channel: false });
  const people = ['ana', 'bea'].map((externalId) => ({ externalId, supervisor: null }));
  const silent = { ...alert, externalId: 'A-2', pages: [], responder: null, answered: null, resolved: null };
  const ids = await giveAlerts(query, tenantId, { people, alerts: [alert, silent] });
  const [first, second] = [ids.get('A-1')!, ids.get('A-2')!];
  expect(await store.tenant(tenantId, (tx) => tx.times.ofAlerts([first, second]))).toEqual(
    new Map([
      [
        first,
        {
          ...{ raised: moment(0), sent: moment(4), delivered: moment(30), read: moment(90) },
          ...{ answered: moment(95), resolved: moment(600) },
        },
      ],
      [second, { ...nothing, raised: moment(0), answered: null, resolved: null }],
    ]),
  );

  const ofPages = (after: number, limit: number) =>
    store.tenant(tenantId, (tx) => tx.times.ofPages(first, { after, limit }));
  const told = await ofPages(0, 9);
  expect(told).toMatchObject([
    {
      ...{ technician: 'ana', step: 0, ways: ['whatsapp', 'sms'], paged: moment(1), sent: moment(4) },
      ...{ delivered: moment(30), read: null, answered: null },
    },
    {
      ...{
        technician: 'bea',
        step: 1,
        ways: ['whatsapp', 'sms', 'email'],
        paged: moment(60),
        sent: moment(61),
      },
      ...{ delivered: moment(68), read: moment(90), answered: moment(95) },
    },
  ]);
  expect(await ofPages(0, 1)).toEqual(told.slice(0, 1));
  expect(await ofPages(told[0]!.seq, 9)).toEqual(told.slice(1));
});

describe('among many alerts', () => {
  const count = 5000;
  const hourMs = 60 * 60 * 1000;
  let tenantId: string;

  beforeAll(async () => {
    ({ tenantId } = await createTenant(store, { channel: false }));
    const alerts = Array.from({ length: count }, (_, n) => ({
      ...{ ...alert, externalId: `A-${n}`, asset: `PUMP-${n % 50}`, raised: at(0) + n * hourMs },
    }));
    const people = ['ana', 'bea'].map((externalId) => ({ externalId, supervisor: null }));
    await giveAlerts(query, tenantId, { people, alerts });
    await superuser.query('ANALYZE');
  });

  test.each(groupings)('a day of them by %s is found by indexes alone', async (by) => {
    const client = new pg.Client({ connectionString: database.appUrl });
    await client.connect();
    try {
      await client.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
      const { rows } = await client.query(`EXPLAIN ${reportQuery(by)}`, [
        ...[tenantId, moment(0), new Date(at(0) + 24 * hourMs), null, null, 50],
      ]);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Scan (using|on) alert_(raised|newest)/);
      expect(plan).not.toMatch(/Seq Scan on (alert|chain|page|message)\b/);
    } finally {
      await client.end();
    }
  });
});
