import { findFreePort } from '../src/embedded/free-port.ts';
import { idOfMessage, storeYears } from '../test/support/stored-years.ts';
import { account } from './account.ts';
import { analyze, connectAsOwner, serviceEnv } from './installation.ts';
import { type Servers, startService } from './processes.ts';

const years = { messages: 1_000_000, orders: 100_000 };
const weeks = { messages: 1000, orders: 100 };
const times = 21;
const login = { email: 'bench@example.com', password: 'a long password of the bench' };

const pages = [
  '',
  '/work-orders',
  '/work-orders?q=pump',
  '/work-orders/WO-98',
  '/alerts',
  '/alerts/A-4',
  '/technicians',
  '/technicians/tech-7',
  '/messages',
  '/messages?person=tech-7',
  '/messages?status=failed',
  '/messages?text=replaced',
  `/messages/${idOfMessage(990)}`,
  '/queues',
  '/audit',
];

/** How long each page of the panel takes with years of messages stored, beside the same page with hardly any. */
export const measurePanel = async (servers: Servers) => {
  console.log(
    `\nEach page of the panel with ${years.messages.toLocaleString('en')} messages and ${years.orders.toLocaleString('en')} orders stored, beside ` +
      `${weeks.messages.toLocaleString('en')} and ${weeks.orders}.\nMedian of ${times} requests each, taken in turn.`,
  );
  const full = await install(servers, 'bench_panel_years', years);
  const empty = await install(servers, 'bench_panel_weeks', weeks);
  try {
    for (const page of pages) {
      const took = { full: [] as number[], empty: [] as number[] };
      for (let time = 0; time < times; time++) {
        took.full.push(await full.read(page));
        took.empty.push(await empty.read(page));
      }
      const [slow, quick] = [median(took.full), median(took.empty)];
      console.log(
        `  ${`/admin${page}`.padEnd(56)} ${slow.toFixed(1).padStart(7)} ms beside ${quick.toFixed(1).padStart(6)} ms   ${(slow / quick).toFixed(2)}`,
      );
    }
  } finally {
    await Promise.all([full.stop(), empty.stop()]);
  }
};

const install = async (servers: Servers, database: string, size: { messages: number; orders: number }) => {
  const port = await findFreePort();
  const env = {
    ...(await serviceEnv(servers, { database, redisDb: null, port })),
    ROLE: 'ingress',
    ADMIN_EMAIL: login.email,
    ADMIN_PASSWORD: login.password,
  };
  const service = await startService(env);
  const owner = await connectAsOwner(servers, database);
  const { rows } = await owner.query('SELECT tenant_id, id FROM channel WHERE address = $1', [account.from]);
  const [{ tenant_id: tenantId, id: channelId }] = rows;
  await storeYears(owner, { tenantId, channelId }, { ...size, now: new Date() });
  await owner.end();
  await analyze(servers, database);

  const base = `http://127.0.0.1:${port}/admin`;
  const signedIn = await fetch(`${base}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: `http://127.0.0.1:${port}` },
    body: new URLSearchParams(login),
  });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const read = async (page: string) => {
    const fromMs = performance.now();
    const response = await fetch(`${base}${page}`, { headers: { cookie }, redirect: 'manual' });
    await response.text();
    if (response.status !== 200) throw new Error(`GET /admin${page}: ${response.status}`);
    return performance.now() - fromMs;
  };
  return { read, stop: service.stop };
};

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
