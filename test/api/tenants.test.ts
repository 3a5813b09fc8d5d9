import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { decrypt } from '../../src/crypto.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { operatorKey, useApi } from '../support/api.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

const api = useApi();
const operator = { apiKey: operatorKey };

const newSlug = () => `plant-${randomBytes(4).toString('hex')}`;
const newSender = () => `+1415${randomInt(1_000_000, 9_999_999)}`;
const accountSid = `AC${'1'.repeat(32)}`;
const channelOf = (from: string) => ({ provider: 'twilio', from, accountSid, authToken: 'token-one' });

const put = (slug: string, body: unknown) => api.put(`/tenants/${slug}`, body, operator);
const tenantIdOf = async (slug: string) => (await api.store.gate.tenantIds(slug))[0]!;
const channelsOf = async (slug: string) =>
  api.store.tenant(await tenantIdOf(slug), (tx) => tx.channels.list());
const credentialsOf = async (slug: string) => {
  const current = (await channelsOf(slug)).find(({ retiredAt }) => !retiredAt)!;
  return JSON.parse(decrypt(current.credentials, [testSecretKey]));
};

describe('whose key', () => {
  const keys = () => ({
    none: undefined,
    wrong: 'wrong-key-0123456789-0123456789',
    tenant: api.tenant.apiKey,
    operator: operatorKey,
  });
  const statusWith = async (app: { request: typeof api.raw }, path: string, apiKey: string | undefined) => {
    const headers = {
      'content-type': 'application/json',
      ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
    };
    return (await app.request(path, { method: 'PUT', headers, body: '{}' })).status;
  };

  test('tenant routes take the operator’s only, all others a tenant’s only', async () => {
    const answers: Record<string, number[]> = {};
    for (const [who, apiKey] of Object.entries(keys())) {
      answers[who] = [
        await statusWith({ request: api.raw }, '/tenants/x', apiKey),
        await statusWith({ request: api.raw }, '/assets/x', apiKey),
      ];
    }
    expect(answers).toEqual({
      none: [401, 401],
      wrong: [401, 401],
      tenant: [403, 422],
      operator: [422, 403],
    });
  });

  test('without an operator’s key there are no tenant routes for anybody', async () => {
    const app = createApi(api.deps, api.files);
    const request: typeof api.raw = async (path, init) => app.request(path, init);
    for (const apiKey of Object.values(keys())) {
      for (const path of ['/tenants/x', '/tenants'])
        expect(await statusWith({ request }, path, apiKey)).toBe(404);
    }
  });
});

test('a new tenant gets a key, shown once, that works for it alone', async () => {
  const slug = newSlug();
  const from = newSender();
  const first = await put(slug, {
    ...{ name: 'North', timeZone: 'Europe/Berlin', locale: 'de', defaultCountry: 'DE' },
    channel: { ...channelOf(`whatsapp:${from}`), authTokenSecondary: 'token-two' },
  });
  expect(first).toMatchObject({ status: 201, body: { slug, name: 'North', timeZone: 'Europe/Berlin' } });
  expect(first.body.channel).toEqual({ provider: 'twilio', from, accountSid, messagingServiceSid: null });
  const { apiKey } = first.body;
  expect((await api.put('/assets/P-1', { name: 'Pump' }, { apiKey })).status).toBe(201);
  expect((await api.get('/assets/P-1')).status).toBe(404);

  const second = await put(slug, { ...first.body, apiKey: null, name: 'South' });
  expect(second).toMatchObject({ status: 200, body: { name: 'South', locale: 'de', apiKey: null } });
  expect(await credentialsOf(slug)).toMatchObject({
    authToken: 'token-one',
    authTokenSecondary: 'token-two',
  });
  expect(JSON.stringify([first.body, second.body, api.logged])).not.toMatch(/token-(one|two)/);
});

test('a new tenant needs a name only; what is left out of a channel stays, null clears', async () => {
  const slug = newSlug();
  const bare = await put(slug, { name: 'Bare' });
  expect(bare.body).toMatchObject({ timeZone: 'UTC', locale: 'en', defaultCountry: 'US', channel: null });
  const [from, another] = [newSender(), newSender()];
  const messagingServiceSid = `MG${'2'.repeat(32)}`;
  await put(slug, { channel: { ...channelOf(from), messagingServiceSid } });
  await put(slug, { channel: { authToken: 'token-three', authTokenSecondary: 'token-one' } });
  expect(await credentialsOf(slug)).toMatchObject({
    authToken: 'token-three',
    authTokenSecondary: 'token-one',
  });
  const cleared = await put(slug, { channel: { authTokenSecondary: null, messagingServiceSid: null } });
  expect(cleared.body.channel).toMatchObject({ from, messagingServiceSid: null });
  expect(await credentialsOf(slug)).toEqual({ authToken: 'token-three', authTokenSecondary: null });

  // Another sender of the same account: the one before still hears.
  const moved = await put(slug, { channel: { from: another } });
  expect(moved.body.channel).toMatchObject({ from: another, accountSid });
  expect(await credentialsOf(slug)).toMatchObject({ authToken: 'token-three' });
  const states = (await channelsOf(slug)).map(({ address, retiredAt }) => [address, retiredAt !== null]);
  expect(Object.fromEntries(states)).toEqual({ [`whatsapp:${from}`]: true, [`whatsapp:${another}`]: false });
  expect((await put(slug, { channel: null })).body.channel).toBeNull();

  const otherAccount = await put(slug, { channel: { from, accountSid: `AC${'9'.repeat(32)}` } });
  expect(otherAccount.status).toBe(422);
  expect(otherAccount.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    ...['/channel/provider', '/channel/authToken'],
  ]);
});

test('another tenant’s sender is a conflict, however it is spelled, and nothing of it stays', async () => {
  const from = newSender();
  await put(newSlug(), { name: 'First', channel: channelOf(from) });
  const slug = newSlug();
  const spelled = `whatsapp:${from.slice(0, 5)} ${from.slice(5)}`;
  const taken = await put(slug, { name: 'Second', channel: channelOf(spelled) });
  expect(taken).toMatchObject({ status: 409, body: { errors: [{ pointer: '/channel/from' }] } });
  expect(await tenantIdOf(slug)).toBeUndefined();
  const faulty = await put(slug, { channel: channelOf(from) });
  expect(faulty).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/name' }, { pointer: '/channel/from' }] },
  });
});

test('every fault is named at once, and no secret in them', async () => {
  const { status, body } = await put(newSlug(), {
    ...{ name: '', timeZone: '+02:00', locale: 'x', defaultCountry: 'XX', slug: 'other', apiKey: 'mine' },
    channel: {
      ...{ provider: 'simulator', from: '12', accountSid: 'AC-secret', authToken: 'se cret', extra: 1 },
      messagingServiceSid: 'MG',
    },
  });
  expect(status).toBe(422);
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
    [
      ...['/name', '/timeZone', '/locale', '/defaultCountry', '/slug', '/apiKey'],
      ...['from', 'accountSid', 'authToken', 'messagingServiceSid', 'extra'].map(
        (each) => `/channel/${each}`,
      ),
    ].sort(),
  );
  expect(JSON.stringify(body)).not.toMatch(/se ?cret|mine/);
  const simulated = await put(newSlug(), {
    name: 'S',
    channel: { ...channelOf(newSender()), provider: 'simulator' },
  });
  expect(simulated).toMatchObject({ status: 422, body: { errors: [{ pointer: '/channel/provider' }] } });
  expect((await put('a%20b', { name: 'Space' })).body.errors).toMatchObject([{ pointer: '/slug' }]);
});

test('the environment’s tenant keeps its channel and country, and says so', async () => {
  const { tenantId } = await createTenant(api.store, { slug: 'default' });
  const renamed = await put('default', { name: 'Head office', timeZone: 'Asia/Tokyo', defaultCountry: 'us' });
  expect(renamed).toMatchObject({ status: 200, body: { name: 'Head office', timeZone: 'Asia/Tokyo' } });
  expect((await put('default', { ...renamed.body })).status).toBe(200);
  const refused = await put('default', { name: 'No', defaultCountry: 'DE', channel: channelOf(newSender()) });
  expect(refused.status).toBe(409);
  expect(refused.body.errors).toMatchObject([
    { pointer: '/defaultCountry', detail: expect.stringContaining('DEFAULT_COUNTRY') },
    { pointer: '/channel', detail: expect.stringContaining('environment') },
  ]);
  const token = await put('default', { channel: { authToken: 'another' } });
  expect(token.status).toBe(409);
  expect((await api.store.tenant(tenantId, (tx) => tx.tenants.get()))?.name).toBe('Head office');
});

test('where the environment names no sender, that of its tenant is set like any other’s', async () => {
  const app = createApi(api.deps, api.files, {
    ...{ operatorKey, simulates: false, messagesPerSecond: 80, defaultCountry: 'US' },
    ...{
      describesSender: false,
      webhooks: { allowPrivate: false },
      publicBaseUrl: 'https://rbm.example.com',
    },
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${operatorKey}` };
  const from = newSender();
  const body = JSON.stringify({ channel: channelOf(from) });
  const { status } = await app.request('/tenants/default', { method: 'PUT', headers, body });
  expect(status).toBe(200);
  expect((await channelsOf('default')).find(({ retiredAt }) => !retiredAt)?.address).toBe(`whatsapp:${from}`);
});

test('made by several requests at once, it is one tenant with one key', async () => {
  const slug = newSlug();
  const channel = channelOf(newSender());
  const answers = await Promise.all(Array.from({ length: 5 }, () => put(slug, { name: 'Once', channel })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
  expect(answers.filter(({ body }) => body.apiKey)).toHaveLength(1);
});

test('a channel that was changed twice within a millisecond is known as it is now', async () => {
  const slug = newSlug();
  const from = newSender();
  api.setNow(new Date('2026-03-01T10:00:00.000Z'));
  const directory = createChannelDirectory(api.deps);
  await put(slug, { name: 'Quick', channel: channelOf(from) });
  await directory.refresh();
  await put(slug, { channel: { authToken: 'token-two', authTokenSecondary: 'token-one' } });
  await directory.refresh();
  expect((await directory.find(`whatsapp:${from}`, 0))?.tokens).toEqual(['token-two', 'token-one']);
});
