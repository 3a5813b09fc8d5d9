import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { adminRoutes } from '../../src/admin/app.tsx';
import type { AdminRoute } from '../../src/admin/route.ts';
import type { PanelParts } from '../../src/admin/settings.ts';
import { makeApiKey } from '../../src/cmms/api-keys.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWebhookEndpoint } from '../../src/cmms/save-webhook-endpoint.ts';
import type { Deps } from '../../src/deps.ts';
import { panelRoles } from '../../src/domain/panel-role.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { panelSettings, usePanel } from './panel.ts';
import { giveWork } from './work.ts';

const panel = usePanel();
type SignedIn = Awaited<ReturnType<typeof panel.signedIn>>;

const never = () => Promise.reject(new Error('only the table is wanted'));
const routes = adminRoutes({} as Deps, never, panelSettings, {} as PanelParts);
const table = routes.map(({ method, path }) => [method, path] as const);
const routeOf = (method: string, path: string) =>
  routes.find((route) => route.method === method && route.path === path)!;

/** What a route is told to do where a form tells it. */
const fields = {
  ...{ name: 'New', email: 'new@example.com', role: 'planner', code: '123456', password: 'x' },
  way: 'whatsapp',
};

let other: TestTenant;
let somebody: { id: string; email: string };
let key: string;
let stranger: SignedIn;
let attachmentId: string;
const failedMessage = randomUUID();
beforeAll(async () => {
  other = await createTenant(panel.deps.store, { slug: 'other' });
  somebody = await panel.user('administrator');
  await panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    // By an address that is nobody else's.
    await saveTechnician(tx, technician, { name: 'Ana', email: somebody.email }, facts, collectFaults());
    const endpoint = { url: 'https://cmms.example.com' };
    await saveWebhookEndpoint(
      tx,
      'cmms',
      endpoint,
      { ...facts, secretKeys: panel.deps.secretKeys },
      collectFaults(),
    );
    key = (await makeApiKey(tx, panel.deps, 'CMMS', 'a test')).made.id;
  });
  await panel.queues.ready;
  stranger = await panel.signedIn('administrator', other);
  ({ attachmentId } = await giveWork(panel));
  await panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => {
    const expiresAt = new Date(Date.now() + 60 * 60 * 1000);
    await tx.outbox.add({
      ...{ id: failedMessage, technicianId: null, way: 'whatsapp', channelId: null, conversationId: null },
      ...{
        kind: 'message.send',
        lane: 'notification',
        text: `For ${somebody.email}`,
        inReplyTo: null,
        about: null,
      },
      ...{ workOrderIds: [], dueAt: new Date(), expiresAt, heldBack: 'no-address' },
    });
  });
});

const technician = 'tech-1';

const addressOf = (path: string, method = 'get') =>
  `/admin${path === '/' ? '' : path}`
    .replace('/attachments/:id', `/attachments/${attachmentId}`)
    .replace('/messages/:id', `/messages/${failedMessage}`)
    .replace(':id', somebody.id)
    .replace(':keyId', key)
    .replace(':endpoint', 'cmms')
    .replace(':number', 'WO-1')
    .replace('/alerts/:externalId', '/alerts/A-1')
    .replace(':externalId', technician)
    .replace(':token', 'made-up')
    .replace(':queue', 'notifications')
    .replace('api/*', method === 'get' ? 'api/queues' : 'api/queues/notifications/retry/failed')
    .replace('*', '');

/** With the session's own token unless another is given. */
const ask = (
  browser: Pick<SignedIn, 'get' | 'post' | 'put' | 'csrf'>,
  method: string,
  path: string,
  { csrf, headers }: { csrf?: string; headers?: Record<string, string> } = {},
) => {
  if (method === 'get') return browser.get(addressOf(path));
  const token = csrf ?? browser.csrf;
  return method === 'put'
    ? browser.put(addressOf(path, method), { ...headers, 'x-xsrf-token': token })
    : browser.post(addressOf(path), { ...fields, csrf: token }, headers);
};
const isByScript = (route: AdminRoute) => route.for !== 'anyone' && route.byScript === true;

/** Everything that the panel keeps of the tenant. */
const kept = () =>
  panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => [
    (await tx.panelUsers.list({ after: null, limit: 100 })).map(({ lastSeenAt: _seen, ...user }) => user),
    await tx.panelUsers.sealedSecrets(),
    await tx.technicians.list({ after: null, limit: 100 }),
    await tx.enrolments.latest((await tx.technicians.find(technician))!.id),
    await tx.audit.list({}, { before: null, limit: 100 }),
    await tx.workOrders.list({ after: null, limit: 100 }),
    await tx.assets.list({ after: null, limit: 100 }),
    await tx.alerts.list({ after: null, limit: 100 }),
    (await tx.messages.list({ before: null, limit: 200 })).map(({ id }) => id),
    await tx.channels.list(),
    [await tx.tenants.get(), await tx.settings.get()],
    await tx.messages.list({ before: null, limit: 100 }),
    [await tx.tenants.get(), await tx.settings.get(), await tx.templates.list()],
    await tx.apiKeys.list({ after: null, limit: 100 }),
    await tx.webhookEndpoints.find('cmms'),
  ]);

test('the table holds every route once, and what changes anything is of somebody signed in', () => {
  expect(new Set(table.map(String)).size).toBe(table.length);
  const open = routes
    .filter((route) => route.for === 'anyone')
    .map(({ method, path }) => `${method} ${path}`);
  expect(open).toEqual([
    'get /sign-in',
    'post /sign-in',
    'get /sign-in/second-factor',
    'post /sign-in/second-factor',
    'get /sign-in/openid',
    'get /auth/callback/openid',
    'get /invitation/:token',
    'post /invitation/:token',
  ]);
});

test('no address of a page is that of something else whose key says so', () => {
  const partsOf = (path: string) => path.split('/');
  const isKey = (part: string) => /^:(externalId|number|endpoint|queue)$/.test(part);
  const clashes = table.flatMap(([method, path]) =>
    table
      .filter(([otherMethod, other]) => {
        const parts = partsOf(path);
        const others = partsOf(other);
        const isAlike = method === otherMethod && path !== other && parts.length === others.length;
        return isAlike && parts.every((part, place) => part === others[place] || isKey(part));
      })
      .map(([, other]) => `${other} for ${path}`),
  );
  expect(clashes).toEqual([]);
});

describe.each(table)('%s %s', (method, path) => {
  const route = routeOf(method, path);

  test('without a session, or with one that is made up, nothing of it is seen or done', async () => {
    const before = await kept();
    const forger = panel.browser({ address: `198.51.100.${Math.floor(Math.random() * 250)}` });
    forger.cookies.set('__Host-rbm.session_token', `${randomUUID()}.AAAA`);
    forger.csrf = 'x';
    for (const browser of [panel.browser(), forger]) {
      const { status, location, text } = await ask(browser, method, path);
      if (route.for === 'anyone') expect(status).toBeLessThan(500);
      else if (isByScript(route)) expect(status).toBe(401);
      else {
        expect(status).toBe(303);
        expect(location).toMatch(/^\/admin\/sign-in(\?next=|\?notice=|$)/);
      }
      expect(text).not.toContain(somebody.email);
    }
    expect(await kept()).toEqual(before);
  });

  if (route.for === 'anyone') return;

  test.each(panelRoles)('as %s', async (role) => {
    const browser = await panel.signedIn(role);
    const before = await kept();
    // A wrong method or field must not hide a missing check, so the token is right.
    const { status, text } = await ask(browser, method, path);
    if (route.for.includes(role)) expect([200, 302, 303, 422]).toContain(status);
    else {
      expect(status).toBe(403);
      expect(text).toContain('Not for your role');
      expect(await kept()).toEqual(before);
    }
  });

  test("with another tenant's session nothing of this one is seen or done", async () => {
    const before = await kept();
    await stranger.get('/admin/account');
    const { status, text } = await ask(stranger, method, path);
    expect(text).not.toContain(somebody.email);
    if (/:(id|number|externalId)/.test(path) && !path.startsWith('/account')) expect(status).toBe(404);
    if (path.includes('/board')) expect(status).toBe(404);
    expect(await kept()).toEqual(before);
    if (path === '/sign-out') stranger = await panel.signedIn('administrator', other);
  });

  if (method === 'get') return;

  test("with no token, an earlier session's or another's, nothing is done", async () => {
    const role = route.for[0]!;
    const earlier = await panel.signedIn(role);
    const browser = await panel.signedIn(role);
    const before = await kept();
    for (const csrf of ['', 'x', earlier.csrf, stranger.csrf]) {
      const { status, text } = await ask(browser, method, path, { csrf });
      expect(status).toBe(403);
      expect(text).toContain('This form was too old');
    }
    expect(await kept()).toEqual(before);
  });
});

test.each(table.filter(([method]) => method !== 'get'))(
  "%s %s from another site's page is refused before anything else",
  async (method, path) => {
    const browser = await panel.signedIn('administrator');
    const before = await kept();
    const others: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', host: 'panel.example.com' },
    ];
    for (const headers of others) {
      const { status, text } = await ask(browser, method, path, { headers });
      expect(status).toBe(403);
      expect(text).toContain('Not from here');
    }
    expect(await kept()).toEqual(before);
  },
);

test('every answer has the headers that keep others out, and no page is kept by the browser', async () => {
  const browser = await panel.signedIn('administrator');
  for (const path of [
    '/admin/users',
    '/admin/nowhere',
    '/admin/sign-in',
    '/admin/panel.css',
    '/admin/panel.js',
  ]) {
    const { headers, text } = await browser.get(path);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
    expect(headers.get('cache-control')).toBe(
      /panel\./.test(path) ? 'public, max-age=31536000, immutable' : 'no-store',
    );
    expect(text).not.toMatch(/ style="| on[a-z]+="/);
  }
});

test('what is too large is refused in a page that leads back to its form, where what was typed is kept', async () => {
  const browser = await panel.signedIn('administrator');
  const typed = { text: 'x'.repeat(300 * 1024) };
  const post = (referer: string) => browser.post('/admin/work-orders/WO-1/note', typed, { referer });
  const { status, headers, text } = await post('https://panel.example.com/admin/work-orders/WO-1?a=b');
  expect([status, headers.get('connection')]).toEqual([413, 'close']);
  expect(headers.get('content-type')).toContain('text/html');
  expect(text).toContain('<a href="/admin/work-orders/WO-1?a=b">Back to the form</a>');
  expect(text).toContain('data-not-taken');
  expect((await post('https://evil.example/nowhere')).text).toContain('<a href="/admin">To the panel</a>');
});

test('by the keyboard the pages come before signing out', async () => {
  const { text } = await (await panel.signedIn('planner')).get('/admin/account');
  expect(text.indexOf('<nav')).toBeLessThan(text.indexOf('action="/admin/sign-out"'));
});

test('what is not there is a plain page, and a fault of ours shows nothing of itself', async () => {
  const browser = await panel.signedIn('auditor');
  for (const path of ['/admin/nowhere', '/admin/users/1', '/admin/%E0%A4%A']) {
    expect((await panel.browser().get(path)).status).toBe(404);
    expect((await browser.get(path)).text).toContain('There is no such page');
  }
  const { tenant } = panel.deps.store;
  panel.deps.store.tenant = () => Promise.reject(new Error('a secret about someone@example.com'));
  const { status, text } = await browser.get('/admin/audit');
  panel.deps.store.tenant = tenant;
  expect(status).toBe(500);
  expect(text).toContain('The fault is ours');
  expect(text).not.toMatch(/someone@example|\bat .*\.tsx?:/);
  expect(panel.logged.join('')).not.toContain('someone@example');
});
