import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { usePanel } from './panel.ts';

const clientId = 'rbm';
const port = await findFreePort();
const issuer = `http://127.0.0.1:${port}`;
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const panel = usePanel({ openId: { issuer, clientId, clientSecret: 'openid-secret' } });

/** Whoever signs in at the provider next. */
let claims: Record<string, unknown> = {};
let nonce = '';
let isUp = false;
let close = () => {};

const idToken = () => {
  const now = Math.floor(Date.now() / 1000);
  const body = { iss: issuer, aud: clientId, iat: now, exp: now + 60, nonce, ...claims };
  const text = [{ alg: 'RS256', kid: 'k1' }, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(keys.privateKey, 'base64url')}`;
};

beforeAll(async () => {
  const provider = new Hono();
  provider.use(async (c, next) => (isUp ? next() : c.text('down', 503)));
  provider.get('/.well-known/openid-configuration', (c) =>
    c.json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
    }),
  );
  provider.get('/keys', (c) =>
    c.json({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] }),
  );
  provider.post('/token', (c) =>
    c.json({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken() }),
  );
  const server = serve({ fetch: provider.fetch, hostname: '127.0.0.1', port });
  close = () => server.close();
});
afterAll(() => close());

/** All the way there and back. Answers with where the browser ends, signed in or not. */
const comeBy = async (who: Record<string, unknown>) => {
  claims = { sub: randomUUID(), ...who };
  const browser = panel.browser();
  const begun = await browser.get('/admin/sign-in/openid?next=/admin/account');
  const there = new URL(begun.location!, 'https://panel.example.com');
  if (there.origin !== issuer) return { browser, there, back: begun };
  nonce = there.searchParams.get('nonce') ?? '';
  const query = new URLSearchParams({ code: 'c', state: there.searchParams.get('state')! });
  return { browser, there, back: await browser.get(`/admin/auth/callback/openid?${query}`) };
};

test('while the provider is away the page says so, and passwords go on', async () => {
  const { back } = await comeBy({});
  expect(back.location).toBe('/admin/sign-in?notice=openid');
  const { email } = await panel.user('planner');
  expect((await panel.browser().signIn(email)).status).toBe(303);
  isUp = true;
});

test('who has a user of that verified address is signed in by the provider, as that user', async () => {
  const { email } = await panel.user('auditor');
  expect((await panel.browser().get('/admin/sign-in')).text).toContain('Sign in with your organization');
  const { browser, there, back } = await comeBy({ email: email.toUpperCase(), email_verified: true });
  expect(there.searchParams.get('code_challenge_method')).toBe('S256');
  expect(there.searchParams.get('redirect_uri')).toBe('https://panel.example.com/admin/auth/callback/openid');
  expect(back.location).toMatch(/\/admin\/account$/);
  const page = await browser.get('/admin/account');
  expect(page.status).toBe(200);
  expect(page.text).toContain(email);
  expect((await browser.get('/admin/audit')).text).toContain('by OpenID');

  const kept = await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    tx.authRecords.find('account', [{ field: 'providerId', value: 'openid' }], { limit: 10 }),
  );
  expect(kept).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain('eyJ');
});

test.each([
  'nobody here has the address',
  'the address is not verified',
  'the user is disabled',
  'the token is for somebody else',
])('nobody is let in when %s', async (why) => {
  const { id, email } = await panel.user('auditor');
  if (why === 'the user is disabled')
    await panel.deps.store.tenant(panel.tenant.tenantId, (tx) => tx.panelUsers.setDisabled(id, true));
  const { browser, back } = await comeBy({
    email: why === 'nobody here has the address' ? 'nobody@example.com' : email,
    email_verified: why !== 'the address is not verified',
    ...(why === 'the token is for somebody else' ? { aud: 'another' } : {}),
  });
  expect(back.location).toMatch(/^\/admin\/sign-in\?notice=openid/);
  expect((await browser.get('/admin/account')).status).toBe(303);
});

test('an answer of the provider that was not asked for in this browser is refused', async () => {
  const { email } = await panel.user('auditor');
  claims = { sub: randomUUID(), email, email_verified: true };
  const begun = await panel.browser().get('/admin/sign-in/openid');
  const state = new URL(begun.location!).searchParams.get('state')!;
  const victim = panel.browser();
  const { location } = await victim.get(`/admin/auth/callback/openid?code=c&state=${state}`);
  expect(location).toMatch(/^\/admin\/sign-in\?notice=openid/);
  expect((await victim.get('/admin/account')).status).toBe(303);
});

test("a new link ends what the provider's account of before could do, and its visits are counted", async () => {
  const administrator = await panel.signedIn('administrator');
  const { id, email } = await panel.user('auditor');
  const sub = randomUUID();
  const comesIn = async (as: string) => {
    const { back } = await comeBy({ sub, email: as, email_verified: true });
    return !back.location!.includes('notice');
  };
  expect(await comesIn(email)).toBe(true);
  // The provider has given the account another address.
  expect(await comesIn('former@example.com')).toBe(true);
  expect((await administrator.post(`/admin/users/${id}/link`)).status).toBe(200);
  expect(await comesIn('former@example.com')).toBe(false);
  expect(await comesIn(email)).toBe(true);

  const browser = panel.browser({ address: '203.0.113.50' });
  for (let index = 0; index < 30; index++) await browser.get('/admin/sign-in/openid');
  expect((await browser.get('/admin/sign-in/openid')).location).toBe('/admin/sign-in?notice=tries');
  expect((await browser.get('/admin/sign-in?notice=tries')).text).toContain('Too many tries from here');
  expect((await browser.signIn(email)).status).toBe(303);
});
