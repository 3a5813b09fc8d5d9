import pg from 'pg';
import { beforeAll, expect, test, vi } from 'vitest';
import { adminRoutes } from '../../src/admin/app.tsx';
import type { PanelParts } from '../../src/admin/settings.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveWebhookEndpoint } from '../../src/cmms/save-webhook-endpoint.ts';
import type { Deps } from '../../src/deps.ts';
import { idOfMessage, storeYears } from '../support/stored-years.ts';
import { panelSettings, usePanel } from './panel.ts';

// What grows with the years. A page reads a bounded number of its rows, by an index, however many there are.
const growing = ['message', 'attempt', 'message_work_order', 'status_callback', 'work_order', 'event'];

// Enough for Postgres to choose as it would among years of messages, which PLANS_AT=1000000 stores; that takes minutes.
const messages = Number(process.env.PLANS_AT ?? 50_000);
// Words are looked for in the newest 50,000 messages, and the weeks' figures are made of all their alerts.
const mostRows = messages > 50_000 ? 50_000 : 3000;
const stored = { messages, orders: Math.max(10_000, messages / 10) };

/** How each page is asked that has an id in its address, or filters. */
const examples: Record<string, string[]> = {
  '/work-orders': ['', '?status=open', '?status=completed', '?assignee=tech-7', '?q=WO-98', '?q=pump'].map(
    (query) => `/work-orders${query}`,
  ),
  '/work-orders/:number': ['/work-orders/WO-98', '/work-orders/WO-9990'],
  '/work-orders/:number/edit': ['/work-orders/WO-9990/edit'],
  '/technicians': ['', '?q=tech', '?q=5550007'].map((query) => `/technicians${query}`),
  '/technicians/:externalId': ['/technicians/tech-7'],
  '/technicians/:externalId/enrol': ['/technicians/tech-7/enrol'],
  '/audit': ['/audit', '/audit?action=user.added', '/audit?from=2026-01-01&to=2026-01-31', '/audit?before=1'],
  '/settings/webhook-endpoints/:endpoint': ['/settings/webhook-endpoints/cmms'],
  '/alerts': ['', '?state=resolved', '?severity=critical', '?asset=PUMP-7'].map((query) => `/alerts${query}`),
  '/alerts/:externalId': ['/alerts/A-4', '/alerts/A-499'],
  '/messages': [
    ...[
      '',
      '?person=tech-7',
      '?order=WO-98',
      '?alert=A-4',
      '?status=failed',
      '?error=63024',
      '?text=replaced',
    ],
    ...['?direction=in', '?from=2026-01-01&to=2026-02-01', '?person=tech-7&status=cancelled'],
  ].map((query) => `/messages${query}`),
  '/messages/:id': [`/messages/${idOfMessage(49_990)}`, `/messages/${idOfMessage(96)}`],
  // It reads what it exports.
  '/messages.csv': [],
  // No rows of years.
  '/attachments/:id': [],
  '/queues': [],
  '/queues/board/*': [],
  '/queues/board/api/*': [],
};

const panel = usePanel();
let administrator: Awaited<ReturnType<typeof panel.signedIn>>;
const connect = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

beforeAll(async () => {
  administrator = await panel.signedIn('administrator');
  await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    saveWebhookEndpoint(tx, 'cmms', { url: 'https://cmms.example.com' }, sealing(), collectFaults()),
  );
  const owner = await connect(panel.databaseUrl);
  const { tenantId, channelId } = panel.tenant;
  await storeYears(owner, { tenantId, channelId: channelId! }, { ...stored, now: new Date() });
  await owner.end();
}, 600_000);

const sealing = () => ({ now: new Date(), newId: panel.deps.newId, secretKeys: panel.deps.secretKeys });

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
};

/** What is wrong with how a statement is carried out. */
const faultsOf = (plan: Plan): string[] => {
  const read =
    (plan['Actual Rows'] +
      (plan['Rows Removed by Filter'] ?? 0) +
      (plan['Rows Removed by Index Recheck'] ?? 0)) *
    plan['Actual Loops'];
  const table = plan['Relation Name'];
  const of = table ?? plan['Index Name'];
  return [
    ...(table && growing.includes(table) && plan['Node Type'] === 'Seq Scan' ? [`scans ${table}`] : []),
    ...(of && read > mostRows ? [`reads ${read} rows of ${of}`] : []),
    ...(plan.Plans ?? []).flatMap(faultsOf),
  ];
};

/** Everything a page asks of Postgres, with what it asks for. */
const statementsOf = async (address: string) => {
  const asked: { text: string; values: unknown[] }[] = [];
  const query = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    const [given] = args as [string | { text?: string; values?: unknown[] }];
    const config = typeof given === 'string' ? { text: given } : given;
    if (/^\s*(SELECT|WITH|BEGIN)\b/i.test(config.text ?? ''))
      asked.push({ text: config.text!, values: config.values ?? [] });
    return original.apply(this, args as never);
  } as never);
  try {
    const { status } = await administrator.get(address);
    return { status, asked };
  } finally {
    query.mockRestore();
  }
};
const original = pg.Client.prototype.query;

const never = () => Promise.reject(new Error('only the table is wanted'));
const pages = adminRoutes({} as Deps, never, panelSettings, {} as PanelParts)
  .filter(({ method, for: who }) => method === 'get' && who !== 'anyone')
  .map(({ path }) => path);

test.each(pages)('%s reads little of what grows, and by an index', async (path) => {
  const client = await connect(panel.database.appUrl);
  try {
    const found: Record<string, string[]> = {};
    for (const address of examples[path] ?? [path]) {
      const { status, asked } = await statementsOf(`/admin${address === '/' ? '' : address}`);
      expect([address, status]).toEqual([address, expect.toBeOneOf([200, 302])]);
      expect(asked).not.toEqual([]);
      for (const { text, values } of asked) {
        if (text.startsWith('BEGIN')) await client.query(`ROLLBACK; ${text}`);
        // For the rest of its transaction.
        else if (text.includes('set_config')) await client.query(text, values as never);
        else {
          const { rows } = await client.query(
            `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
            values as never,
          );
          const faults = faultsOf(rows[0]['QUERY PLAN'][0].Plan);
          if (faults.length > 0) found[`${address}: ${text.replaceAll(/\s+/g, ' ').slice(0, 400)}`] = faults;
        }
      }
    }
    expect(found).toEqual({});
  } finally {
    await client.end();
  }
});
