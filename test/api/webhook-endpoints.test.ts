import { beforeEach, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
  api.rung.length = 0;
});

const put = (id: string, body: unknown, as = tenant) =>
  api.put(`/webhook-endpoints/${encodeURIComponent(id)}`, body, as);
const get = (id: string, as = tenant) => api.get(`/webhook-endpoints/${encodeURIComponent(id)}`, as);
const rotate = (id: string, as = tenant) =>
  api.call('POST', `/webhook-endpoints/${encodeURIComponent(id)}/rotate`, undefined, as);

const url = 'https://cmms.example.com/hook';
const secret = /^whsec_[A-Za-z0-9+/]{43}=$/;

test('PUT creates with a secret that is shown once, and changes what is named', async () => {
  const created = await put('main/1', { url });
  const expected = {
    ...{ id: 'main/1', url, types: null, active: true, secret: null, deliveredUpTo: '0' },
    ...{ failingSince: null, reason: null, switchedOffAt: null },
  };
  expect([created.status, created.body]).toEqual([
    201,
    { ...expected, secret: expect.stringMatching(secret) },
  ]);
  expect((await get('main/1')).body).toEqual(expected);

  const types = ['work_order.completed', 'message.failed', 'work_order.completed'];
  const changed = await put('main/1', { types });
  expect([changed.status, changed.body]).toEqual([200, { ...expected, types: types.slice(0, 2) }]);
  expect((await put('main/1', { ...changed.body, active: false })).body).toEqual({
    ...{ ...expected, types: types.slice(0, 2), active: false },
  });
  expect((await put('main/1', { types: null, active: true })).body).toEqual(expected);
  expect(api.rung.filter((bell) => bell.startsWith('webhooks '))).toHaveLength(3);
});

test('the secret is nowhere to be read, neither in the database nor in the log', async () => {
  const { body } = await put('main', { url });
  const again = await rotate('main');
  expect(again.body.secret).toMatch(secret);
  expect(again.body.secret).not.toBe(body.secret);
  const kept = JSON.stringify(
    await api.store.tenant(tenant.tenantId, (tx) => tx.webhookEndpoints.find('main')),
  );
  for (const shown of [body.secret, again.body.secret]) {
    expect(kept).not.toContain(shown.slice(6, 30));
    expect(api.logged.join()).not.toContain(shown.slice(6, 30));
  }
  expect((await get('main')).body.secret).toBeNull();
  expect((await api.get('/webhook-endpoints', tenant)).body.items[0].secret).toBeNull();
  expect((await put('main', { url })).body.secret).toBeNull();
});

test('every fault is named', async () => {
  const pointers = async (body: unknown) =>
    (await put('main', body)).body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
  expect(await pointers({})).toEqual(['/url']);
  expect(await pointers({ url: 7, types: ['none'], active: null, colour: 'red', id: 'other' })).toEqual([
    ...['/active', '/colour', '/id', '/types/0', '/url'],
  ]);
  expect(await pointers({ url, types: [] })).toEqual(['/types']);
  // Whoever brings a secret believes that it will be used.
  expect(await pointers({ url, secret: 'whsec_bWluZQ==' })).toEqual(['/secret']);
  for (const bad of [
    'http://cmms.example.com',
    'https://127.0.0.1',
    'https://me:pw@cmms.example.com',
    'https://cmms.internal',
  ]) {
    const answer = await put('main', { url: bad });
    expect([answer.status, answer.body.errors[0].pointer], bad).toEqual([422, '/url']);
  }
  expect((await get('main')).status).toBe(404);
});

test('a list is by id, page by page', async () => {
  for (const id of ['b', 'c', 'a']) await put(id, { url });
  const first = (await api.get('/webhook-endpoints?limit=2', tenant)).body;
  expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
  const second = (await api.get(`/webhook-endpoints?limit=2&after=${first.next}`, tenant)).body;
  expect([second.items.map(({ id }: { id: string }) => id), second.next]).toEqual([['c'], null]);
});

test('tenants know only their own, and may use the same id', async () => {
  const other = await createTenant(api.store);
  await put('main', { url });
  expect((await get('main', other)).status).toBe(404);
  expect((await rotate('main', other)).status).toBe(404);
  expect((await put('main', { url: `${url}/2` }, other)).status).toBe(201);
  expect((await get('main')).body.url).toBe(url);
  expect((await rotate('none')).status).toBe(404);
});

test('two PUTs of one new id at once: one creates, and only it shows a secret', async () => {
  const put4 = await Promise.all(Array.from({ length: 4 }, () => put('race', { url })));
  expect(put4.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  expect(put4.filter(({ body }) => body.secret !== null).map(({ status }) => status)).toEqual([201]);
});

test('a new endpoint begins at the present end of the feed', async () => {
  await api.put('/technicians/T-1', { name: 'Ana', phone: '+12025550142' }, tenant);
  await api.put('/work-orders/WO-1', { title: 'Seal', assignee: 'T-1' }, tenant);
  await api.store.tenant(tenant.tenantId, (tx) => tx.events.publish(10));
  const { next } = (await api.get('/events', tenant)).body;
  expect(Number(next)).toBeGreaterThan(0);
  expect((await put('main', { url })).body.deliveredUpTo).toBe(next);
});

test('a secret that a receiver may still have is never dropped: too many rotations a day are refused', async () => {
  const { body: created } = await put('main', { url });
  const kept = async () =>
    (await api.store.tenant(tenant.tenantId, (tx) => tx.webhookEndpoints.find('main')))!.secrets;
  const [first] = await kept();
  for (let n = 0; n < 4; n++) expect((await rotate('main')).status).toBe(200);
  const before = await kept();
  const refused = await rotate('main');
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:rbm:problem:conflict']);
  expect(refused.body.detail).toContain(before.at(-1)!.until!.toISOString());
  expect(await kept()).toEqual(before);
  expect(before.map(({ sealed }) => sealed)).toContain(first!.sealed);
  expect(created.secret).toMatch(secret);
});
