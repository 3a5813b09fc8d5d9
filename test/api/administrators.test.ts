import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createAdmin } from '../../src/admin/app.tsx';
import type { PanelParts } from '../../src/admin/settings.ts';
import { panelSettings } from '../admin/panel.ts';
import { operatorKey, useApi } from '../support/api.ts';
import { createTenant } from '../support/tenant.ts';

const api = useApi();
const origin = 'https://panel.example.com';
const password = 'a barn full of quiet swallows';

const invite = (slug: string, body: unknown, key = 'k') =>
  api.post(`/tenants/${slug}/administrators`, body, { apiKey: operatorKey }, { 'idempotency-key': key });

test('the operator makes the first administrator of a tenant, who sets a password and signs in', async () => {
  const north = await createTenant(api.store, { slug: 'north' });
  const panel = new Hono().route(
    '/admin',
    createAdmin(api.deps, { ...panelSettings, publicBaseUrl: origin }, {
      stopping: new AbortController().signal,
    } as PanelParts),
  );
  const post = (path: string, fields: Record<string, string>) =>
    panel.request(`${origin}${path}`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });

  const made = await invite('north', { email: 'Ana@Example.com', name: 'Ana' });
  expect(made).toMatchObject({
    status: 201,
    body: { email: 'ana@example.com', name: 'Ana', role: 'administrator' },
  });
  expect(made.body.link).toMatch(
    /^https:\/\/panel\.example\.com\/admin\/invitation\/[\w-]{32}\?tenant=north$/,
  );
  expect((await invite('north', { email: 'Ana@Example.com', name: 'Ana' })).body).toEqual(made.body);
  expect(api.logged.join('')).not.toMatch(/ana@example|invitation\//i);

  const first = made.body.link.slice(origin.length);
  const { body: again, status } = await invite('north', { email: 'ana@example.com' }, 'k2');
  expect([status, again.name]).toEqual([200, 'Ana']);
  expect((await post(first, { newPassword: password, again: password })).status).toBe(404);
  const second = again.link.slice(origin.length);
  expect((await post(second, { newPassword: password, again: password })).status).toBe(303);
  expect((await post('/admin/sign-in?tenant=north', { email: 'ana@example.com', password })).status).toBe(
    303,
  );

  const { users, audit } = await api.store.tenant(north.tenantId, async (tx) => ({
    users: await tx.panelUsers.list({ after: null, limit: 10 }),
    audit: await tx.audit.list({}, { before: null, limit: 10 }),
  }));
  expect(users).toMatchObject([{ email: 'ana@example.com', role: 'administrator', disabled: false }]);
  expect(audit.map(({ userName, action }) => [userName, action])).toEqual([
    ['Ana', 'sign-in'],
    ['Ana', 'password.set-by-link'],
    ['The operator', 'user.link'],
    ['The operator', 'user.added'],
  ]);
});

test('somebody who was disabled or had another role administers again', async () => {
  const south = await createTenant(api.store, { slug: 'south' });
  const id = api.deps.newId();
  await api.store.tenant(south.tenantId, async (tx) => {
    await tx.panelUsers.add({ id, email: 'lea@example.com', name: 'Lea', role: 'auditor' });
    await tx.panelUsers.setDisabled(id, true);
  });
  expect((await invite('south', { email: 'lea@example.com' })).status).toBe(200);
  const user = await api.store.tenant(south.tenantId, (tx) => tx.panelUsers.get(id));
  expect(user).toMatchObject({ name: 'Lea', role: 'administrator', disabled: false });
});

test('an unknown tenant is not there, and every fault is named', async () => {
  expect((await invite('nobody', { email: 'ana@example.com' })).status).toBe(404);
  const pointersOf = async (body: unknown) => {
    const { status, body: answer } = await invite(api.tenant.slug, body, JSON.stringify(body));
    return [status, ...answer.errors.map(({ pointer }: { pointer: string }) => pointer)];
  };
  expect(await pointersOf({})).toEqual([422, '/email']);
  const faulty = await pointersOf({ email: 'x', name: '', role: 'auditor' });
  expect(faulty).toEqual([422, '/email', '/name', '/role']);
});
