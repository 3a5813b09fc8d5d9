import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { toldBefore } from '../../src/domain/needs-someone.ts';
import { overviewQueries } from '../../src/store/overview.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let superuser: pg.Client;
/** As the service asks: behind row security. */
let app: pg.Client;
let tenantId: string;

const messages = 50_000;
const orders = 10_000;

beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl });
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  app = new pg.Client({ connectionString: database.appUrl });
  await app.connect();
  const tenant = await createTenant(store);
  tenantId = tenant.tenantId;
  await app.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
  const give = (statement: string) =>
    superuser.query(
      statement.replaceAll('TENANT', `'${tenantId}'`).replaceAll('CHANNEL', `'${tenant.channelId}'`),
    );
  const id = (kind: number, n: string) =>
    `lpad(to_hex(${kind}), 8, '0') || '-0000-0000-0000-' || lpad(to_hex(${n}), 12, '0')`;
  await give(`
    INSERT INTO technician (tenant_id, id, external_id, name, role, active)
    SELECT TENANT, (${id(1, 'n')})::uuid, 'T-' || n, 'Some ' || n, 'technician', true FROM generate_series(0, 199) n`);
  await give(`
    INSERT INTO conversation (tenant_id, id, channel_id, technician_id)
    SELECT TENANT, (${id(2, 'n')})::uuid, CHANNEL, (${id(1, 'n')})::uuid FROM generate_series(0, 199) n`);
  // Rows that fit each other: no foreign key need be looked up for each.
  await superuser.query('SET session_replication_role = replica');
  // One in twenty is open, one in a hundred late, and each was told of.
  await give(`
    INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, status, assignee_id, assignment_no,
      assigned_at, due_at, due_on)
    SELECT TENANT, (${id(3, 'n')})::uuid, 'WO-' || n, 'WO' || n, 'Job', (ARRAY['low', 'medium', 'high', 'critical'])[n % 4 + 1],
      'corrective', CASE WHEN n % 20 = 0 THEN 'assigned' WHEN n % 100 = 1 THEN 'in_progress' ELSE 'completed' END,
      (${id(1, 'n % 200')})::uuid, 1, now() - n * interval '5 minutes',
      CASE WHEN n % 3 = 0 THEN now() + interval '1 day' - n * interval '5 minutes' END,
      CASE WHEN n % 3 = 1 THEN current_date + 1 - n / 200 END
    FROM generate_series(1, ${orders}) n`);
  await give(`
    INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane, status,
      received_at, created_at, status_at, work_order_id, assignment_no, due_at)
    SELECT TENANT, (${id(4, 'n')})::uuid, CASE WHEN n % 5 = 4 THEN 'in' ELSE 'out' END, CHANNEL,
      (${id(2, 'n % 200')})::uuid, (${id(1, 'n % 200')})::uuid, 'whatsapp',
      CASE n % 5 WHEN 0 THEN 'work-order.assigned' WHEN 4 THEN 'command' ELSE 'message.send' END,
      CASE WHEN n % 5 < 4 THEN 'notification' END,
      CASE WHEN n % 5 = 4 THEN CASE n % 5000 WHEN 4 THEN 'received' WHEN 9 THEN 'failed' ELSE 'processed' END
        ELSE CASE n % 100 WHEN 1 THEN 'failed' WHEN 5 THEN 'failed' WHEN 2 THEN 'queued' ELSE 'read' END END,
      CASE WHEN n % 5 = 4 THEN at END, at, at,
      CASE WHEN n % 5 = 0 THEN (${id(3, 'n / 5')})::uuid END, CASE WHEN n % 5 = 0 THEN 1 END,
      CASE WHEN n % 5 < 4 AND n % 100 = 2 THEN at END
    FROM generate_series(1, ${messages}) n, LATERAL (SELECT now() - (${messages} - n) * interval '1 minute' AS at) t`);
  await give(`
    INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
    SELECT tenant_id, id, work_order_id, 0 FROM message WHERE work_order_id IS NOT NULL`);
  await give(
    `INSERT INTO asset (tenant_id, id, code, name) VALUES (TENANT, (${id(5, '0')})::uuid, 'PUMP-1', 'Pump')`,
  );
  await give(`
    INSERT INTO alert (tenant_id, id, external_id, asset_id, message, severity, state, raised_at, resolved_at)
    SELECT TENANT, (${id(6, 'n')})::uuid, 'A-' || n, (${id(5, '0')})::uuid, 'Hot',
      (ARRAY['low', 'medium', 'high', 'critical'])[n % 4 + 1], CASE WHEN n % 50 = 3 THEN 'open' ELSE 'resolved' END,
      now() - n * interval '1 minute', CASE WHEN n % 50 = 3 THEN NULL ELSE now() END
    FROM generate_series(1, 10000) n`);
  await give(`
    INSERT INTO chain (tenant_id, id, kind, lane, alert_id, steps, next_at)
    SELECT tenant_id, id, 'alert.raised', 'critical', id, '[]', now() FROM alert`);
  await give(`
    INSERT INTO page (tenant_id, id, chain_id, technician_id, step, turn, message_id)
    SELECT TENANT, gen_random_uuid(), (${id(6, 'n')})::uuid, (${id(1, 'n % 200')})::uuid, 0, 1, (${id(4, 'n * 5 + 1')})::uuid
    FROM generate_series(1, 9999) n`);
  await superuser.query('ANALYZE');
}, 60_000);
afterAll(async () => {
  await app.end();
  await superuser.end();
  await store.close();
  await database.drop();
});

const now = new Date();
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60 * 1000);
const long = toldBefore(now);
const inOrder = (before: (typeof long)['unread']) => [
  before.critical,
  before.high,
  before.medium,
  before.low,
];

/** What each is asked with, and which indexes it is to read. */
const asked: Record<keyof typeof overviewQueries, { values: unknown[]; by: string[] }> = {
  orders: {
    values: [
      ...[now, now.toISOString().slice(0, 10), inOrder(long.unread), inOrder(long.unacknowledged)],
      ...[long.planned, daysAgo(30), ['Asia/Tokyo'], ['2026-01-01'], now.toISOString().slice(0, 10)],
    ],
    by: ['work_order_late_at', 'work_order_late_on', 'work_order_unacknowledged', 'message_untold'],
  },
  failed: { values: [daysAgo(3), now], by: ['message_not_arrived'] },
  alerts: { values: [now, now, daysAgo(1)], by: ['alert_open'] },
  calls: { values: [now, daysAgo(7)], by: ['chain_untaken'] },
  unanswered: { values: [now, daysAgo(7)], by: ['message_unread', 'message_set_aside'] },
  channels: { values: [now], by: ['message_due_in_order'] },
  today: { values: [daysAgo(1)], by: ['message_seq'] },
};

describe.each(Object.keys(overviewQueries) as (keyof typeof overviewQueries)[])(
  '%s, among 50,000 messages',
  (name) => {
    // A prepared statement may be planned for whatever it is asked with.
    test.each(['force_custom_plan', 'force_generic_plan'])(
      'reads its indexes, and no large table from end to end: %s',
      async (mode) => {
        await app.query(`SET plan_cache_mode = ${mode}`);
        const { values, by } = asked[name];
        await app.query(`PREPARE looked_at AS ${overviewQueries[name]}`);
        try {
          const literals = [tenantId, ...values].map(literal).join(', ');
          const { rows } = await app.query(`EXPLAIN EXECUTE looked_at(${literals})`);
          const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
          expect(plan).not.toMatch(/Seq Scan on (message|work_order|message_work_order|alert|chain|page)\b/);
          for (const index of by) expect(plan).toMatch(new RegExp(`(using|on) ${index}\\b`));
        } finally {
          await app.query('DEALLOCATE looked_at');
        }
      },
    );
  },
);

const literal = (value: unknown): string => {
  if (Array.isArray(value)) {
    // What it is an array of, the statement says.
    return `'{${value.map((each) => (each instanceof Date ? each.toISOString() : each)).join(',')}}'`;
  }
  return `'${value instanceof Date ? value.toISOString() : value}'`;
};
