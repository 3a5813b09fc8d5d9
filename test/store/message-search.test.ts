import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  firstSince,
  inIndexOrder,
  lastLookedAt,
  type MessageSearch,
  mostLookedAt,
  searchStatement,
} from '../../src/store/message-search.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

// More than are looked at by one statement, of two tenants, so that a bound and a plan can show.
const rows = 60_000;
const begin = Date.parse('2026-01-01T00:00:00Z');
/** One every ten seconds. */
const writtenAt = (nth: number) => new Date(begin + nth * 10_000);

let database: TestDatabase;
let superuser: pg.Client;
/** As the service: bound by row security. */
let app: pg.Client;
let store: Store;
let tenantId: string;
const ids = {
  person: randomUUID(),
  quiet: randomUUID(),
  asset: randomUUID(),
  order: randomUUID(),
  alert: randomUUID(),
};

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  app = new pg.Client({ connectionString: database.appUrl });
  await Promise.all([superuser.connect(), app.connect()]);
  store = createStore({ url: database.appUrl });
  tenantId = (await createTenant(store, { channel: false })).tenantId;
  const other = (await createTenant(store, { channel: false })).tenantId;
  const give = (statement: string, values: unknown[]) => superuser.query(statement, values);
  await give(
    `INSERT INTO technician (tenant_id, id, external_id, name, role, active)
     SELECT $1, p.id, p.key, p.key, 'technician', true FROM unnest($2::uuid[], $3::text[]) AS p(id, key)`,
    [tenantId, [ids.person, ids.quiet], ['ana', 'bea']],
  );
  await give(`INSERT INTO asset (tenant_id, id, code, name) VALUES ($1, $2, 'PUMP-1', 'Pump')`, [
    tenantId,
    ids.asset,
  ]);
  await give(
    `INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, status)
     VALUES ($1, $2, 'WO-1', 'wo1', 'Pump', 'low', 'corrective', 'open')`,
    [tenantId, ids.order],
  );
  await give(
    `INSERT INTO alert (tenant_id, id, external_id, asset_id, message, severity, state, raised_at)
     VALUES ($1, $2, 'A-1', $3, 'Hot', 'high', 'open', now())`,
    [tenantId, ids.alert, ids.asset],
  );
  // Every second row is the other tenant's. Only the 100th from the beginning says "valve", only every 5,000th failed.
  await give(
    `INSERT INTO message (tenant_id, id, direction, technician_id, way, kind, lane, status, error_code, text, created_at)
     SELECT CASE WHEN n % 2 = 0 THEN $1::uuid ELSE $2::uuid END, gen_random_uuid(),
       CASE WHEN n % 20 = 0 THEN 'in' ELSE 'out' END,
       CASE WHEN n % 2 = 0 THEN CASE WHEN n % 6000 = 0 THEN $3::uuid ELSE $4::uuid END END,
       CASE WHEN n % 40000 = 0 THEN 'sms' ELSE 'whatsapp' END, 'message.send', 'notification',
       CASE WHEN n % 10000 = 0 THEN 'failed' ELSE 'delivered' END, CASE WHEN n % 10000 = 0 THEN '63003' END,
       CASE WHEN n = 200 THEN 'Close the 5% Valve' ELSE 'Pump ' || n || ' runs' END,
       $5::timestamptz + n / 2 * interval '10 seconds'
     FROM generate_series(1, $6::int) AS n ORDER BY n`,
    [tenantId, other, ids.quiet, ids.person, new Date(begin), 2 * rows],
  );
  await give(
    `INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
     SELECT tenant_id, id, $2, 0 FROM message WHERE tenant_id = $1 AND seq % 20000 = 0`,
    [tenantId, ids.order],
  );
  await give(
    `INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
     SELECT tenant_id, id, $2, 0 FROM message WHERE tenant_id = $1 AND seq % 20000 = 0`,
    [tenantId, ids.alert],
  );
  await superuser.query('VACUUM ANALYZE message, message_work_order, message_alert');
}, 60_000);
afterAll(async () => {
  await store.close();
  await app.end();
  await superuser.end();
  await database.drop();
});

const search = (what: MessageSearch, before: number | null = null, limit = 50) =>
  store.tenant(tenantId, (tx) => tx.messages.search(what, { before, limit }));

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
};
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How a statement was carried out, as the service's own role. */
const planOf = async ({ text, values }: { text: string; values: unknown[] }) => {
  await app.query('BEGIN');
  await app.query("SELECT set_config('app.tenant_id', $1, true)", [tenantId]);
  await app.query(inIndexOrder.text, inIndexOrder.values);
  const { rows: plan } = await app.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
  await app.query('ROLLBACK');
  const nodes = nodesOf(plan[0]['QUERY PLAN'][0].Plan);
  const read = nodes.filter((node) => node['Relation Name'] === 'message');
  return {
    inOrder: nodes
      .filter((node) => /^(Seq Scan|Sort)$/.test(node['Node Type']))
      .map((node) => node['Node Type']),
    looked: read.reduce(
      (sum, node) =>
        sum + node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)),
      0,
    ),
  };
};

describe('a page of the log', () => {
  const person = { technicianId: ids.person };
  const quiet = { technicianId: ids.quiet };
  const order = { workOrderId: ids.order };
  const alert = { alertId: ids.alert };
  const rare = { words: ['valve'] };
  const failed = { status: 'failed' };
  const code = { errorCode: '63003' };
  const sms = { way: 'sms' } as const;
  // What it looks for, and how many rows that may cost.
  const cases: [string, MessageSearch, number][] = [
    ['everything', {}, 60],
    ['a person', person, 60],
    ['a person who has little', quiet, 60],
    ['an order', order, 60],
    ['an alert', alert, 60],
    ['a text that many have', { words: ['pump'] }, 60],
    ['a text that one has', rare, mostLookedAt],
    ['a status that is rare', failed, 60],
    ['a status that nothing has', { status: 'expired' }, 0],
    ['a status that many have', { status: 'delivered' }, 60],
    ['a status that is never long', { status: 'queued' }, mostLookedAt],
    ['an error', code, 60],
    ['an error that nothing has', { errorCode: '1' }, 0],
    ['a direction', { direction: 'in' }, 1100],
    ['a way that is rare', sms, mostLookedAt],
    ['a person and a text', { ...person, ...rare }, mostLookedAt],
    ['a person and a status', { ...person, ...failed }, mostLookedAt],
    ['a quiet person and a status', { ...quiet, ...failed }, 60],
    ['a person and a direction', { ...person, direction: 'in' }, 1100],
    ['an order and an alert', { ...order, ...alert }, 60],
    ['an order and a person', { ...order, ...person }, 60],
    ['an order and a text', { ...order, ...rare }, 60],
    ['an alert and a status', { ...alert, ...failed }, 60],
    ['an error and a text', { ...code, ...rare }, 60],
    ['an error and a way', { ...code, ...sms }, 60],
    ['a rare status and a text', { ...failed, ...rare }, 60],
    ['a way and a text', { ...sms, ...rare }, mostLookedAt],
    ['everything there is', { ...person, ...order, ...alert, ...rare, ...failed, ...code, ...sms }, 60],
  ];

  test.each(cases)('with %s reads by index, and no more than it must', async (_name, what, most) => {
    const stretch = { below: null, from: null };
    const { inOrder, looked } = await planOf(searchStatement(tenantId, what, stretch, 51));
    // Only the few that are about something are sorted.
    const sorted = what.workOrderId || what.alertId ? ['Sort'] : [];
    expect(inOrder).toEqual(sorted);
    expect(looked).toBeLessThanOrEqual(most);
    const last = await planOf(lastLookedAt(tenantId, what, stretch));
    expect(last.inOrder).toEqual(sorted);
    expect(last.looked).toBeLessThanOrEqual(mostLookedAt);
  });

  test('of a time finds where that begins without reading what came after', async () => {
    const { inOrder, looked } = await planOf(firstSince(tenantId, writtenAt(100)));
    expect(inOrder).toEqual([]);
    expect(looked).toBeLessThan(40);
  });
});

test('what is rare is found by going on from where looking stopped', async () => {
  const first = await search({ words: ['VALVE', '5%'] });
  expect(first.messages).toEqual([]);
  expect(first.stoppedAt).toEqual(writtenAt(rows - mostLookedAt + 1));
  const second = await search({ words: ['VALVE', '5%'] }, first.next);
  expect(second.messages.map(({ text }) => text)).toEqual(['Close the 5% Valve']);
  expect([second.next, second.stoppedAt]).toEqual([null, null]);
  // A sign is itself, and stands for nothing else.
  expect(
    (await search({ words: ['Valve', '5_'], since: writtenAt(0), until: writtenAt(200) })).messages,
  ).toEqual([]);
});

test('pages follow each other without a gap, newest first, to the end', async () => {
  const seen: number[] = [];
  let before: number | null = null;
  do {
    const page: Awaited<ReturnType<typeof search>> = await search({ errorCode: '63003' }, before, 5);
    seen.push(...page.messages.map(({ seq }) => seq));
    before = page.next;
  } while (before !== null);
  expect(seen).toEqual(Array.from({ length: 12 }, (_, nth) => 120_000 - nth * 10_000));
});

test('a time is found wherever it is, to the moment', async () => {
  const day = { since: writtenAt(100), until: writtenAt(103) };
  const { messages, next } = await search(day);
  expect(messages.map(({ createdAt }) => createdAt)).toEqual([
    writtenAt(102),
    writtenAt(101),
    writtenAt(100),
  ]);
  expect(next).toBeNull();
  const after = { since: writtenAt(rows + 10) };
  expect((await search(after)).messages).toEqual([]);
  expect((await search({ until: writtenAt(0) })).messages).toEqual([]);
  const all = await search({ since: writtenAt(0), direction: 'in' });
  expect(all.messages).toHaveLength(50);
});
