import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import type { OrderFilter } from '../../src/store/work-orders.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let superuser: pg.Client;
let tenantId: string;
const first: Record<'order' | 'alert' | 'person' | 'asset', string> = {
  ...{ order: '', alert: '', person: '', asset: '' },
};

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  const store = createStore({ url: database.appUrl });
  tenantId = (await createTenant(store, { channel: false })).tenantId;
  await store.close();
  await fill();
}, 120_000);
afterAll(async () => {
  await superuser.end();
  await database.drop();
});

/** Many of everything, most of it long over, all of one tenant: what belongs to one is found by its own index only. */
const fill = async () => {
  const id = (of: string, n: string) => `md5('${of}' || (${n}))::uuid`;
  const t = `'${tenantId}'::uuid`;
  await superuser.query(`
    INSERT INTO technician (tenant_id, id, external_id, name, role, active)
      SELECT ${t}, ${id('person', 'n')}, 'E-' || n, 'Person ' || n, 'technician', true FROM generate_series(1, 50) n;
    INSERT INTO asset (tenant_id, id, code, name)
      SELECT ${t}, ${id('asset', 'n')}, 'A-' || n, 'Asset ' || n FROM generate_series(1, 300) n;
    INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, asset_id, assignee_id, due_on,
        status, escalated, created_at)
      SELECT ${t}, ${id('order', 'n')}, 'WO-' || n, 'WO' || n, 'Title ' || n, 'medium', 'corrective',
        ${id('asset', '1 + n % 300')}, ${id('person', '1 + n % 50')}, date '2026-01-01' + n % 600,
        CASE WHEN n % 20 > 0 THEN 'completed' WHEN n % 40 = 0 THEN 'assigned' ELSE 'in_progress' END,
        n % 2000 = 0, timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 30000) n;
    INSERT INTO alert (tenant_id, id, external_id, asset_id, message, severity, state, raised_at, resolved_at)
      SELECT ${t}, ${id('alert', 'n')}, 'X-' || n, ${id('asset', '1 + n % 300')}, 'Message', 'low', s.state,
        timestamptz '2026-01-01' + n * interval '1 minute', CASE s.state WHEN 'resolved' THEN now() END
      FROM generate_series(1, 8000) n, LATERAL (
        SELECT CASE WHEN n % 40 = 0 THEN 'open' ELSE 'resolved' END AS state) s;
    INSERT INTO chain (tenant_id, id, kind, lane, alert_id, steps, ended)
      SELECT ${t}, ${id('chain', 'n')}, 'alert.raised', 'notification', ${id('alert', 'n')}, '[]', 'no-steps'
      FROM generate_series(1, 8000) n;
    INSERT INTO message (tenant_id, id, direction, technician_id, way, kind, status, text)
      SELECT ${t}, ${id('message', 'n')}, 'out', ${id('person', '1 + n % 50')}, 'whatsapp', 'alert.raised', 'read', 'x'
      FROM generate_series(1, 15000) n;
    INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
      SELECT ${t}, ${id('message', 'n')}, ${id('order', '1 + n % 5000')}, 0 FROM generate_series(1, 15000) n;
    INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
      SELECT ${t}, ${id('message', 'n')}, ${id('alert', '1 + n % 5000')}, 0 FROM generate_series(1, 15000) n;
    INSERT INTO page (tenant_id, id, chain_id, technician_id, step, turn, message_id)
      SELECT ${t}, ${id('page', 'n')}, ${id('chain', 'n')}, ${id('person', '1 + n % 50')}, 0, 0, ${id('message', 'n')}
      FROM generate_series(1, 8000) n;
    INSERT INTO event (tenant_id, id, type, at, actor_kind, work_order_id, alert_id)
      SELECT ${t}, ${id('event', 'n')}, 'work_order.noted', now(), 'cmms', ${id('order', 'n')},
        CASE WHEN n <= 8000 THEN ${id('alert', 'n')} END FROM generate_series(1, 15000) n;
    INSERT INTO audit (tenant_id, id, user_name, action, subject, address)
      SELECT ${t}, ${id('audit', 'n')}, 'Somebody', 'order.changed', 'WO-' || n, '::1' FROM generate_series(1, 8000) n;
    ANALYZE;
  `);
  const { rows } = await superuser.query(
    `SELECT ${id('order', '1')} AS order, ${id('alert', '1')} AS alert, ${id('person', '1')} AS person,
       ${id('asset', '1')} AS asset`,
  );
  Object.assign(first, rows[0]);
};

const large = [
  'work_order',
  'alert',
  'chain',
  'message',
  'message_work_order',
  'message_alert',
  'page',
  'event',
  'audit',
];

/** How often each large table was read from its beginning to its end, and how many of its rows by an index. */
const readSoFar = async () => {
  await superuser.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await superuser.query(
    'SELECT relname, seq_scan, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = ANY($1) ORDER BY relname',
    [large],
  );
  const each = (column: string) => Object.fromEntries(rows.map((row) => [row.relname, Number(row[column])]));
  return { whole: each('seq_scan'), byIndex: each('idx_tup_fetch') };
};

test('every page of work orders and of alerts is found by indexes alone', async () => {
  const before = await readSoFar();
  const store = createStore({ url: database.appUrl, maxConnections: 1 });
  const page = { after: null, limit: 51 };
  const past = { before: null, limit: 61 };
  const filters: OrderFilter[] = [
    {},
    { status: 'not-closed' },
    { status: 'completed' },
    { status: 'assigned' },
    { status: 'not-closed', assigneeId: first.person },
    { assigneeId: null },
    { assetId: first.asset },
    { status: 'not-closed', escalated: true },
    { overdue: { now: new Date('2026-06-01'), today: '2026-06-01' } },
    { overdue: { now: new Date('2026-06-01'), today: '2026-06-01' }, assigneeId: first.person },
    { text: { words: 'title 29', assetIds: [] } },
    { text: { words: 'nothing like it', assetIds: [first.asset] } },
  ];
  await store.tenant(tenantId, async (tx) => {
    for (const filter of filters) {
      const found = await tx.workOrders.search(filter, page);
      const last = found.at(-1);
      if (last) await tx.workOrders.search(filter, { ...page, after: last.cursor });
    }
    for (const filter of [
      {},
      { state: 'not-over' as const },
      { state: 'open' as const },
      { severity: 'low' as const },
      { severity: 'critical' as const },
      { assetId: first.asset },
    ]) {
      const found = await tx.alerts.search(filter, page);
      const last = found.at(-1);
      if (last) await tx.alerts.search(filter, { ...page, after: last.cursor });
    }
    expect(await tx.workOrders.lastOfPanel()).toBeNull();
    expect(await tx.workOrders.detail('WO-1')).toMatchObject({ number: 'WO-1' });
    for (const subject of [{ workOrderId: first.order }, { alertId: first.alert }]) {
      expect(await tx.events.about(subject, past)).not.toEqual([]);
      expect(await tx.messages.about(subject, past)).not.toEqual([]);
    }
    expect(await tx.audit.about('WO-1', ['order.changed'], past)).toHaveLength(1);
    expect(await tx.times.newestPages(first.alert, 100)).toHaveLength(1);
    await tx.times.ofAlerts([first.alert]);
    await tx.chains.ofAlerts([first.alert]);
    await tx.attachments.ofOrder(first.order, 40);
  });
  // What a connection has read it tells at its end, all at once.
  await store.close();
  await expect
    .poll(async () => (await readSoFar()).byIndex.work_order!)
    .toBeGreaterThan(before.byIndex.work_order!);
  const { whole, byIndex } = await readSoFar();
  expect(whole).toEqual(before.whole);
  // Not all messages in their order either, until those of one order are found.
  expect(byIndex.message! - before.byIndex.message!).toBeLessThan(5000);
  expect(byIndex.event! - before.byIndex.event!).toBeLessThan(500);
});

test('that a table was read as a whole would be seen', async () => {
  const before = await readSoFar();
  const client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  await client.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
  await client.query('SELECT count(*) FROM work_order WHERE title = $1', ['x']);
  await client.end();
  await expect
    .poll(async () => (await readSoFar()).whole.work_order! - before.whole.work_order!)
    .toBeGreaterThan(0);
});
