import { expect, test } from 'vitest';
import { ensureDefaultTenant } from '../../src/default-tenant.ts';
import { operatorKey, useApi } from '../support/api.ts';
import { createTenant } from '../support/tenant.ts';

const api = useApi();
const statusWith = async (apiKey: string) => (await api.get('/assets', { apiKey })).status;

test('a key is shown once, works for its tenant, and opens nothing once revoked', async () => {
  const tenant = await createTenant(api.store);
  const made = await api.call('POST', '/api-keys', { label: 'new CMMS' }, tenant);
  expect(made).toMatchObject({ status: 201, body: { label: 'new CMMS', revokedAt: null } });
  const { key, ...rest } = made.body;
  expect(await statusWith(key)).toBe(200);
  const listed = await api.get('/api-keys', { apiKey: key });
  expect(listed.body.items).toHaveLength(2);
  expect(listed.body.items).toContainEqual(rest);
  expect(JSON.stringify([listed.body, api.logged])).not.toContain(key);

  const old = listed.body.items.find(({ id }: { id: string }) => id !== rest.id);
  const revoked = await api.call('POST', `/api-keys/${old.id}/revoke`, undefined, { apiKey: key });
  expect(revoked).toMatchObject({ status: 200, body: { id: old.id, revokedAt: expect.any(String) } });
  expect(await statusWith(tenant.apiKey)).toBe(401);
  const again = await api.call('POST', `/api-keys/${old.id}/revoke`, undefined, { apiKey: key });
  expect(again.body).toEqual(revoked.body);

  const last = await api.call('POST', `/api-keys/${rest.id}/revoke`, undefined, { apiKey: key });
  expect(last).toMatchObject({ status: 409, body: { detail: expect.stringContaining('last key') } });
  expect(await statusWith(key)).toBe(200);
});

test('two keys that revoke each other at once leave one', async () => {
  const tenant = await createTenant(api.store);
  const { key, id } = (await api.call('POST', '/api-keys', { label: 'second' }, tenant)).body;
  const ids = (await api.get('/api-keys', tenant)).body.items.map((each: { id: string }) => each.id);
  const first = ids.find((each: string) => each !== id);
  await Promise.all([
    api.call('POST', `/api-keys/${id}/revoke`, undefined, tenant),
    api.call('POST', `/api-keys/${first}/revoke`, undefined, { apiKey: key }),
  ]);
  expect([await statusWith(key), await statusWith(tenant.apiKey)].sort()).toEqual([200, 401]);
});

test('the operator makes a key for a tenant that has lost its own, once for each Idempotency-Key', async () => {
  const lost = await createTenant(api.store);
  const make = (slug: string, label: unknown = 'again') =>
    api.post(`/tenants/${slug}/api-keys`, { label }, { apiKey: operatorKey }, { 'idempotency-key': 'k' });
  const made = await make(lost.slug);
  expect(made).toMatchObject({ status: 201, body: { label: 'again', revokedAt: null } });
  expect((await make(lost.slug)).body).toEqual(made.body);
  expect(await statusWith(made.body.key)).toBe(200);
  const { items } = (await api.get('/api-keys', { apiKey: made.body.key })).body;
  expect(items.map(({ label }: { label: string }) => label).sort()).toEqual(['again', 'test key']);
  expect((await make('nobody')).status).toBe(404);
});

test('another tenant’s key and one that is none are not there; a label is needed', async () => {
  const other = await createTenant(api.store);
  const { id } = (await api.get('/api-keys', other)).body.items[0];
  for (const each of [id, 'nonsense']) {
    expect((await api.call('POST', `/api-keys/${each}/revoke`)).status).toBe(404);
  }
  expect(await statusWith(other.apiKey)).toBe(200);
  const faulty = await api.call('POST', '/api-keys', { name: 'x' });
  expect(faulty.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/name', '/label']);
});

test('a changed CMMS_API_KEY is added; the one before works until it is revoked, and stays revoked', async () => {
  const start = (apiKey: string) =>
    ensureDefaultTenant(api.deps, {
      channels: [],
      apiKey,
      admin: null,
      generate: false,
      defaultCountry: 'US',
    });
  const [before, after] = ['environment-key-one', 'environment-key-two'];
  await start(before);
  await start(after);
  expect([await statusWith(before), await statusWith(after)]).toEqual([200, 200]);
  for (const { id } of (await api.get('/api-keys', { apiKey: after })).body.items) {
    await api.call('POST', `/api-keys/${id}/revoke`, undefined, { apiKey: after });
  }
  const works = [await statusWith(before), await statusWith(after)];
  expect(works.filter((status) => status === 200)).toHaveLength(1);
  await start(before);
  await start(after);
  expect([await statusWith(before), await statusWith(after)]).toEqual(works);
});
