import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { checkRules } from '../conformance/check-rules.ts';
import { findFreePort } from '../src/embedded/free-port.ts';
import { cmmsKey as key, operatorKey, startOn } from './start/on-backend.ts';
import { type Answered, type Asked, startProxy } from './support/proxy.ts';

// A rule that cannot fail says nothing: each of these is shown an installation that breaks it.

let running: Awaited<ReturnType<typeof startOn>>;
beforeAll(async () => {
  running = await startOn('postgres');
  return running.stop;
});

type Change = (asked: Asked, pass: (asked: Asked) => Promise<Answered>) => Promise<Answered | null>;

// biome-ignore lint/suspicious/noExplicitAny: answers are changed freely.
type Json = any;

/** Changes the JSON answers to one kind of request. */
const answers =
  (method: string, path: RegExp, change: (body: Json, asked: Asked) => void): Change =>
  async (asked, pass) => {
    if (asked.method !== method || !path.test(asked.path)) return null;
    const answer = await pass(asked);
    const body = JSON.parse(answer.body);
    change(body, asked);
    return { ...answer, body: JSON.stringify(body) };
  };

const status =
  (method: string, path: RegExp, status: number): Change =>
  async (asked, pass) =>
    asked.method === method && path.test(asked.path) ? { ...(await pass(asked)), status } : null;

const ofAnotherTenant = ({ headers }: Asked) => !String(headers.authorization).endsWith(key);

const failed = async (rule: string, changes: { api?: Change; webhooks?: Change }) => {
  const pass: Change = async () => null;
  const port = await findFreePort();
  const proxy = await startProxy(running.product.url, changes.api ?? pass);
  const before = await startProxy(`http://127.0.0.1:${port}`, changes.webhooks ?? pass);
  onTestFinished(proxy.close);
  onTestFinished(before.close);
  const results = await checkRules(
    {
      url: proxy.url,
      key,
      tenant: 'default',
      operatorKey,
      addJob: null,
      receiveAt: `${before.url}/events`,
      listen: { host: '127.0.0.1', port },
      // The first try again comes after five seconds.
      patienceMs: changes.webhooks ? 12_000 : 4000,
    },
    [rule],
  );
  expect(results).toHaveLength(1);
  return results[0]!;
};

const health = /^\/api\/whatsappwebhook\/health/;

test.each<[rule: string, came: RegExp, broken: { api?: Change; webhooks?: Change }]>([
  ['the health is open', /503/, { api: status('GET', health, 503) }],
  [
    'the health is open',
    /many/,
    { api: answers('GET', health, ({ checks }) => Object.assign(checks.workers, { count: 'many' })) },
  ],
  [
    'the simulator is there only',
    /200/,
    { api: answers('GET', health, ({ checks }) => Object.assign(checks.provider, { name: 'twilio' })) },
  ],
  ['is no form of the provider', /403/, { api: status('POST', /\/incoming$/, 403) }],
  [
    'one alert for each excursion',
    /again/,
    {
      api: answers('POST', /\/readings$/, (body) => {
        if (body.alerts.length === 0) body.alerts = ['again'];
      }),
    },
  ],
  // Whatever the rule is about: the answer is not as the document says.
  [
    'keep their order',
    /additional properties/,
    { api: answers('PUT', /\/assets\//, (body) => Object.assign(body, { colour: 'red' })) },
  ],
  [
    'an event has exactly the fields',
    /not as documented/,
    {
      api: answers('GET', /\/events\?/, ({ items }) => {
        for (const item of items) item.type = 'work_order.painted';
      }),
    },
  ],
  [
    'following next finds everything once',
    /CONF-/,
    { api: answers('GET', /\/assets\?limit=2/, ({ items }) => items.reverse()) },
  ],
  [
    'can be listed by type',
    /cancelled/,
    { api: async (asked, pass) => pass({ ...asked, path: asked.path.replace(/type=work_order\.\w+/, '') }) },
  ],
  [
    'every setting is kept',
    /^300$/,
    { api: answers('PUT', /\/settings$/, (body) => Object.assign(body, { fallbackSeconds: 300 })) },
  ],
  [
    'New Work Order Assigned has its lines',
    /WO:/,
    {
      api: answers('GET', /\/messages/, ({ items }) => {
        for (const item of items) item.text = item.text.replace('WO#:', 'WO:');
      }),
    },
  ],
  [
    'Work Order Reminder has its lines',
    /Due in 2 days/,
    {
      api: answers('GET', /\/messages\//, (body) => {
        body.text = body.text.replace('Due in 3 days', 'Due in 2 days');
      }),
    },
  ],
  [
    'alert.raised and alert.resolved',
    /404/,
    {
      api: async (asked, pass) => {
        if (asked.method === 'POST' && asked.body.includes('"alert.raised"')) {
          const { idempotencyKey } = JSON.parse(asked.body).data;
          const body = JSON.stringify({ id: 'n', idempotencyKey, status: 'accepted' });
          return { status: 202, headers: { 'content-type': 'application/json' }, body };
        }
        if (!asked.path.includes('/notifications/')) return null;
        const answer = await pass(asked);
        return answer.status === 404
          ? answer
          : { ...answer, body: answer.body.replace('"state":"invalid"', '"state":"done"') };
      },
    },
  ],
  [
    'one tenant sees and changes nothing',
    /200/,
    {
      // Whoever asks for a message is the one tenant.
      api: async (asked, pass) =>
        /\/messages\/./.test(asked.path) && ofAnotherTenant(asked)
          ? pass({ ...asked, headers: { ...asked.headers, authorization: `Bearer ${key}` } })
          : null,
    },
  ],
  [
    'a tenant can be switched off',
    /true/,
    { api: answers('PUT', /\/settings$/, (body) => Object.assign(body, { enabled: true })) },
  ],
  [
    'comes again under the same id',
    /^0\./,
    {
      webhooks: async (asked, pass) =>
        pass({ ...asked, headers: { ...asked.headers, 'webhook-id': `${Math.random()}` } }),
    },
  ],
  [
    'comes again under the same id',
    /^\["work_order\.assigned","work_order\.cancelled"\]$/,
    {
      // A redirect that is followed.
      webhooks: async (asked, pass) => {
        const answer = await pass(asked);
        const place = answer.headers.location;
        return place ? pass({ ...asked, path: new URL(place).pathname + new URL(place).search }) : answer;
      },
    },
  ],
  [
    'after rotate webhooks are signed',
    /v1,/,
    {
      webhooks: async (asked, pass) => {
        const [newest] = String(asked.headers['webhook-signature']).split(' ');
        return pass({ ...asked, headers: { ...asked.headers, 'webhook-signature': newest } });
      },
    },
  ],
  [
    'types leaves out all other events',
    /work_order\.assigned/,
    {
      api: async (asked, pass) =>
        asked.path.includes('/webhook-endpoints/') && asked.method === 'PUT'
          ? pass({ ...asked, body: asked.body.replace(/,"types":\[[^\]]*\]/, '') })
          : null,
    },
  ],
  [
    'types leaves out all other events',
    /work_order/,
    {
      api: async (asked, pass) =>
        asked.path.includes('/webhook-endpoints/') && asked.body === '{"active":false}'
          ? pass({ ...asked, body: '{}' })
          : null,
    },
  ],
])('"%s" does not hold where it is broken (%s)', { timeout: 60_000 }, async (rule, came, broken) => {
  const result = await failed(rule, broken);
  expect(result).toMatchObject({ outcome: 'fail', came: expect.stringMatching(came) });
});

test('a receiver whose address is refused is no rule that does not hold', async () => {
  const refuses: Change = async ({ method, path }) =>
    method === 'PUT' && path.includes('/webhook-endpoints/')
      ? {
          status: 422,
          headers: { 'content-type': 'application/problem+json' },
          body: JSON.stringify({
            type: 'urn:rbm:problem:invalid',
            title: 'Invalid',
            status: 422,
            detail: 'One fault',
            errors: [{ pointer: '/url', detail: 'must begin with https://' }],
          }),
        }
      : null;
  const result = await failed('arrive as Standard Webhooks', { api: refuses });
  expect(result).toMatchObject({ outcome: 'skip', why: expect.stringContaining('must begin with https://') });
});
