import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { reminders } from '../jobs/schedules/reminders.ts';
import { createLog } from '../src/log.ts';
import { prepareDatabase } from '../src/store/prepare.ts';
import { createStore } from '../src/store/store.ts';
import { createTenant, testSecretKey } from '../test/support/tenant.ts';
import { addPeople } from './installation.ts';
import type { Servers } from './processes.ts';

const technicians = 1000;
const openOrders = 100_000;
const perDay = 25_000;

/** The scan for reminders over many open orders: when a morning's are due, and when nothing is. */
export const measureReminders = async ({ postgresUrl }: Servers) => {
  const database = 'bench_reminders';
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  const { appUrl } = await prepareDatabase({ ownerUrl: url.href, secretKey: testSecretKey, log: () => {} });
  const store = createStore({ url: appUrl });
  const { tenantId } = await createTenant(store);
  await furnish(url.href, tenantId);

  const clock = { now: new Date('2026-12-01T08:00:00Z') };
  const longest = { ms: 0 };
  const timed = {
    ...store,
    tenant: (async (id, work) => {
      const fromMs = performance.now();
      const result = await store.tenant(id, work);
      longest.ms = Math.max(longest.ms, performance.now() - fromMs);
      return result;
    }) as typeof store.tenant,
  };
  const scan = async () => {
    const fromMs = performance.now();
    longest.ms = 0;
    const scanOnce = reminders({
      ...{ store: timed, ring: () => {}, log: createLog('silent'), now: () => clock.now, newId: randomUUID },
      ...{ secretKeys: [testSecretKey], enabled: true, monotonicMs: () => performance.now() },
    });
    let runs = 1;
    while ((await scanOnce(tenantId)) === 'more') runs++;
    const ms = performance.now() - fromMs;
    return `${ms.toFixed(0)} ms in ${runs} runs, longest transaction ${longest.ms.toFixed(0)} ms`;
  };
  console.log(
    `\nThe scan for reminders: ${openOrders} open orders of ${technicians} people, ${perDay} of them due today.`,
  );
  console.log(`  the morning's scan: ${await scan()}`);
  await setImmediate();
  for (let scans = 1; scans <= 3; scans++) console.log(`  a scan with nothing to do: ${await scan()}`);
  console.log(`  memory of the process: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`);
  await store.close();
};

const furnish = async (url: string, tenantId: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await addPeople(client, tenantId, technicians);
  await client.query(
    `INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, assignee_id, due_on, status)
     SELECT $1, gen_random_uuid(), 'WO-' || n, 'WO' || n, 'Order ' || n, 'medium', 'corrective', t.id,
       CASE WHEN n < ${perDay} THEN date '2026-12-01' ELSE date '2027-01-01' + n % 300 END, 'assigned'
     FROM generate_series(0, ${openOrders - 1}) AS n
     JOIN technician t ON t.tenant_id = $1 AND t.external_id = 'tech-' || n % ${technicians}`,
    [tenantId],
  );
  await client.query('ANALYZE');
  await client.end();
};
