import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../src/api/app.ts';
import type { Files } from '../../src/attachments/files.ts';
import type { Deps } from '../../src/deps.ts';
import { operatorKey, useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let owner: TestTenant;
let other: TestTenant;

/** What a key of the path stands for: something of the owner's. */
const keys: Record<string, string> = {};

beforeAll(async () => {
  owner = await createTenant(api.store);
  other = await createTenant(api.store);
  const put = async (path: string, body: unknown) => {
    expect((await api.put(path, body, owner)).status).toBe(201);
  };
  await put('/technicians/T-1', { name: 'Owned Ana', phone: '+15005550101' });
  await put('/assets/A-1', { name: 'Owned pump' });
  await put('/work-orders/WO-1', { title: 'Owned seal', asset: 'A-1', assignee: 'T-1' });
  const idempotencyKey = randomUUID();
  const data = { schemaVersion: 1, idempotencyKey, to: 'T-1', text: 'Owned text' };
  expect((await api.post('/notifications', { name: 'message.send', data }, owner)).status).toBe(202);
  const alert = { externalId: 'AL-1', asset: 'A-1', message: 'Owned alert', severity: 'low' };
  expect((await api.post('/alerts', alert, owner)).status).toBe(201);
  // Resolving it again changes nothing.
  expect((await api.post('/alerts/AL-1/resolve', {}, owner)).status).toBe(200);
  // All that has happened is in the feed: reading it again shows the same.
  await api.get('/work-orders/WO-1/events', owner);
  const [message] = (await api.get('/messages', owner)).body.items;
  Object.assign(keys, {
    '/technicians/{externalId}': 'T-1',
    '/assets/{code}': 'A-1',
    '/assets/{code}/thresholds': 'A-1',
    '/work-orders/{number}': 'WO-1',
    '/work-orders/{number}/events': 'WO-1',
    '/notifications/{idempotencyKey}': idempotencyKey,
    '/messages/{id}': message.id,
    '/alerts/{externalId}': 'AL-1',
    '/alerts/{externalId}/resolve': 'AL-1',
    '/alerts/{externalId}/pages': 'AL-1',
    '/tenants/{slug}/api-keys': owner.slug,
    '/tenants/{slug}/administrators': owner.slug,
  });
});

// Only their paths are looked at.
const routes = apiRoutes({} as Deps, {} as Files);
const pathOf = (path: string) => path.replace(/\{\w+\}/g, () => keys[path] ?? 'nothing');
const ask = async (method: string, path: string, headers: Record<string, string>) => {
  const response = await api.raw(pathOf(path), {
    method: method.toUpperCase(),
    headers: { ...headers, ...(method === 'get' ? {} : { 'content-type': 'application/json' }) },
    ...(method === 'get' ? {} : { body: '{}' }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
/** Everything that can be read with the owner's key. */
const ownersView = async () =>
  Promise.all(
    routes
      .filter(({ method }) => method === 'get')
      .map(async ({ path }) => [path, (await ask('get', path, bearer(owner.apiKey))).text]),
  );
/** The operator's for the operator's routes, the tenant's for all others. */
const rightKey = (method: string, path: string): string =>
  routes.find((each) => each.method === method && each.path === path)?.keyOf === 'operator'
    ? operatorKey
    : owner.apiKey;
const isUuid = (key: string) => key.length === 36;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test('the table holds every route once', () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(20);
});

describe.each(routes.map(({ method, path }) => [method, path] as const))('%s %s', (method, path) => {
  test('without a key, or with a wrong one, it says nothing and does nothing', async () => {
    const logged = api.logged.length;
    const answers = await Promise.all([
      ask(method, path, {}),
      ask(method, path, bearer('rbm_wrong')),
      ask(method, path, { authorization: `Basic ${owner.apiKey}` }),
      ask(method, path, { ...bearer('rbm_wrong'), 'idempotency-key': 'k' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.headers.get('www-authenticate')).toBe('Bearer');
    expect(api.logged.length).toBe(logged);
  });

  test("with another tenant's key it is as if there were nothing", async () => {
    const before = await ownersView();
    const { status, text } = await ask(method, path, bearer(other.apiKey));
    expect(text).not.toMatch(/owned/i);
    for (const id of Object.values(keys).filter(isUuid)) expect(text).not.toContain(id);
    expect(status === 501 || status < 500).toBe(true);
    if (method === 'get') {
      if (path in keys) expect(status).toBe(404);
      // Every tenant has a key at least.
      else if (status === 200 && path !== '/api-keys') expect(JSON.parse(text).items ?? []).toEqual([]);
    }
    expect(await ownersView()).toEqual(before);
  });

  test('with a key that opens other routes it is forbidden', async () => {
    const wrong = rightKey(method, path) === operatorKey ? owner.apiKey : operatorKey;
    const { status, text } = await ask(method, path, bearer(wrong));
    expect(status).toBe(403);
    expect(JSON.parse(text).type).toBe('urn:rbm:problem:forbidden');
  });

  test('with the right key it answers', async () => {
    const { status, headers } = await ask(method, path, bearer(rightKey(method, path)));
    expect([401, 403]).not.toContain(status);
    if (method === 'get' && (path in keys || !path.includes('{'))) expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a method it does not know is refused with those it knows', async () => {
    const { status, headers } = await ask('delete', path, bearer(owner.apiKey));
    expect(status).toBe(405);
    expect(headers.get('allow')!.split(', ')).toContain(method.toUpperCase());
  });

  test('a parameter out of its range is refused by its name', async () => {
    const route = routes.find((each) => each.method === method && each.path === path)!;
    for (const name of Object.keys(route.query ?? {})) {
      const wrong = await ask(method, `${path}?${name}=${'%00'.repeat(201)}`, bearer(owner.apiKey));
      expect([name, wrong.status]).toEqual([name, 422]);
      expect(JSON.parse(wrong.text).errors[0].pointer).toBe(`/${name}`);
    }
  });

  test('a body it takes must be JSON and no larger than a megabyte', async () => {
    if (method === 'get') return;
    const send = async (headers: Record<string, string>, body: string) =>
      (
        await api.raw(pathOf(path), {
          method: method.toUpperCase(),
          headers: { ...bearer(rightKey(method, path)), ...headers },
          body,
        })
      ).status;
    expect(await send({ 'content-type': 'application/json' }, ' '.repeat(1024 * 1024 + 1))).toBe(413);
    if (!routes.find((each) => each.method === method && each.path === path)!.body) return;
    expect(await send({ 'content-type': 'text/plain' }, '{}')).toBe(415);
    expect(await send({ 'content-type': 'application/json' }, '{')).toBe(400);
  });
});
