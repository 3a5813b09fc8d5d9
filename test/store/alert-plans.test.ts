import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { alerts } from '../../src/store/alerts.ts';
import { calls } from '../../src/store/calls.ts';
import { chains } from '../../src/store/chains.ts';
import type { Queries } from '../../src/store/connections.ts';
import { outbox } from '../../src/store/outbox.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { times } from '../../src/store/times.ts';
import { type GivenAlert, giveAlerts } from '../support/alerts.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let superuser: pg.Client;
let tenantId: string;
let ana: string;
let channelId: string;

// Many alerts that nobody has resolved, each told to one of many people, and far more that is said of other things.
beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl });
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  const tenant = await createTenant(store);
  ({ tenantId } = tenant);
  channelId = tenant.channelId!;
  const people = Array.from({ length: 50 }, (_, n) => ({ externalId: `P-${n}`, supervisor: null }));
  const given = Array.from({ length: 3000 }, (_, n): GivenAlert => {
    const way = { sent: n * 1000, delivered: null, read: null };
    return {
      ...{ externalId: `A-${n}`, asset: `PUMP-${n % 50}`, severity: 'critical', raised: n * 1000 },
      ...{ responder: null, answered: null, resolved: null },
      pages: [{ person: `P-${n % 50}`, at: n * 1000, way, further: [] }],
    };
  });
  const query = (text: string, values: unknown[]) => superuser.query(text, values);
  await giveAlerts(query, tenantId, { people, alerts: given });
  await query(
    `UPDATE message m SET technician_id = p.technician_id FROM page p WHERE p.message_id = m.id AND m.tenant_id = $1`,
    [tenantId],
  );
  await query(
    `INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
     SELECT p.tenant_id, p.message_id, c.alert_id, 0 FROM page p JOIN chain c ON c.id = p.chain_id WHERE p.tenant_id = $1`,
    [tenantId],
  );
  await query(
    `INSERT INTO message (tenant_id, id, direction, way, kind, status, technician_id, fallback_of)
     SELECT $1, gen_random_uuid(), 'out', 'whatsapp', 'work-order.reminder', 'read', t.id, NULL
     FROM technician t CROSS JOIN generate_series(1, 300) WHERE t.tenant_id = $1`,
    [tenantId],
  );
  await query(
    `INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, state, status, sending_at)
     SELECT $1, gen_random_uuid(), m.id, $2, 'first', '', 'accepted', 'accepted', now() - interval '1 day'
     FROM message m WHERE m.tenant_id = $1`,
    [tenantId, tenant.channelId],
  );
  await superuser.query('ANALYZE');
  const { rows } = await superuser.query(
    "SELECT id FROM technician WHERE tenant_id = $1 AND external_id = 'P-7'",
    [tenantId],
  );
  ana = rows[0].id;
});
afterAll(async () => {
  await superuser.end();
  await store.close();
  await database.drop();
});

/** How Postgres would do what a function of the store asks for. */
const planOf = async (
  ask: (trx: Queries, tenantId: string) => Promise<unknown>,
  explain = 'EXPLAIN',
): Promise<string> => {
  let asked: [string, unknown[]] | null = null;
  const rows = async (text: string, values: unknown[]) => {
    asked = [text, values];
    return [];
  };
  await ask({ rows } as unknown as Queries, tenantId);
  const client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  try {
    await client.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
    // A few thousand rows are soon read as a whole.
    await client.query('SET enable_seqscan = off');
    const [text, values] = asked!;
    const explained = await client.query(`${explain} ${text}`, values);
    return explained.rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    await client.end();
  }
};

describe('among thousands of alerts that are open', () => {
  test('what somebody was told of is found by his messages', async () => {
    const now = new Date();
    const plan = await planOf((...of) => alerts(...of).toldTo(ana, { until: now, resolvedSince: now, now }));
    expect(plan).toMatch(/Scan (using|on) message_asks_to_go/);
    expect(plan).not.toMatch(/Seq Scan|alert_unresolved/);
  });

  test('what somebody was paged with lately is found by his pages', async () => {
    const plan = await planOf((...of) => alerts(...of).pagesLately([ana], 60));
    expect(plan).toMatch(/Scan (using|on) message_pages/);
    expect(plan).not.toMatch(/Seq Scan/);
  });

  test("an alert's times are found by its chain, whatever else is told", async () => {
    const plan = await planOf((...of) => times(...of).ofAlerts([randomUUID()]));
    expect(plan).toMatch(/Index Cond: .*alert_id = a\.id/);
    expect(plan).toMatch(/Index Cond: .*chain_id = c\.id/);
    expect(plan).toMatch(/Index Cond: .*fallback_of = m\.id/);
    expect(plan).not.toMatch(/Seq Scan|Merge Join|Hash Join/);
  });
});

describe('a message and what follows it by another way', () => {
  const ids = [randomUUID(), randomUUID()];
  test.each<[string, (trx: Queries, tenantId: string) => Promise<unknown>]>([
    ['when it is sent', (...of) => outbox(...of).saidOtherwise(ids)],
    ['when it is a call', (...of) => calls(...of).keepOver(ids)],
    ['when it was the only page', (...of) => chains(...of).beginAgain(ids, 1)],
    ['when it is read', (...of) => chains(...of).seen(ids[0]!)],
  ])('are found by the first of them, %s', async (_, ask) => {
    expect(await planOf(ask)).toMatch(/Index Cond: .*(\bid|message_id|fallback_of) = CASE/);
  });

  test('cost nothing to look for while the provider takes what it is sent', async () => {
    await superuser.query(
      `INSERT INTO channel_lease (tenant_id, channel_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [tenantId, channelId],
    );
    const plan = await planOf((...of) => outbox(...of).overdue(channelId, 20), 'EXPLAIN ANALYZE');
    expect(plan).toMatch(/message_due_in_order on message .*\(never executed\)/);
  });
});
