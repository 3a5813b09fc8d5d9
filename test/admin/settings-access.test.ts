import { expect, test, vi } from 'vitest';
import { sha256 } from '../../src/crypto.ts';
import { createTenant } from '../support/tenant.ts';
import { panelSettings, usePanel } from './panel.ts';

const panel = usePanel({ tenantRules: { ...panelSettings.tenantRules, describesSender: false } });

const secretIn = (page: string) => /<p class="secret"><code[^>]*>([^<]+)</.exec(page)?.[1];

test('an API key is shown once, opens the tenant until it is revoked, and the last one stays', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'keys' });
  const browser = await panel.signedIn('administrator', tenant);
  expect((await browser.post('/admin/settings/api-keys', { label: ' ' })).text).toContain(
    'Who uses it must not be empty.',
  );
  const made = await browser.post('/admin/settings/api-keys', { label: 'CMMS' });
  const key = secretIn(made.text)!;
  expect(key).toMatch(/^rbm_/);
  expect(await store.gate.keyTenant(sha256(key))).toMatchObject({ tenantId: tenant.tenantId });
  const { text } = await browser.get('/admin/settings/api-keys');
  expect(text).toContain('CMMS');
  expect(text).not.toContain(key);

  const revoke = (label: string) =>
    new RegExp(
      `action="(/admin/settings/api-keys/[^"]+/revoke)"(?:(?!</form>).)*Yes, revoke it: ${label}`,
      's',
    ).exec(text)![1]!;
  const revoked = await browser.post(revoke('test key'));
  expect(revoked.location).toBe('/admin/settings/api-keys?done=revoked');
  const last = await browser.post(revoke('CMMS'));
  expect([last.status, last.text.includes('the last key that works')]).toEqual([422, true]);
  expect(await store.gate.keyTenant(sha256(key))).not.toBeNull();
  await browser.post('/admin/settings/api-keys', { label: 'Next' });
  await browser.post(revoke('CMMS'));
  expect(await store.gate.keyTenant(sha256(key))).toBeNull();
  expect((await browser.post('/admin/settings/api-keys/1/revoke')).status).toBe(404);

  const stranger = await panel.signedIn('administrator');
  expect((await stranger.post(revoke('CMMS'))).status).toBe(404);
});

test('a webhook endpoint is added, changed, given a new secret, switched off and on', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'hooks' });
  const browser = await panel.signedIn('administrator', tenant);
  const find = () => store.tenant(tenant.tenantId, (tx) => tx.webhookEndpoints.find('cmms/1'));
  const path = '/admin/settings/webhook-endpoints';
  const one = `${path}/${encodeURIComponent('cmms/1')}`;

  const wrong = await browser.post(path, { id: '', url: 'http://127.0.0.1', types: 'work_order.done' });
  expect(wrong.status).toBe(422);
  for (const fault of [
    'Name must not be empty.',
    'Address must begin with https://.',
    'Events: work_order.done ',
  ])
    expect(wrong.text).toContain(fault);

  const made = await browser.post(path, {
    id: 'cmms/1',
    url: 'https://cmms.example.com/a?token=t0p',
    types: '',
  });
  const first = secretIn(made.text)!;
  expect(first).toMatch(/^whsec_/);
  expect((await browser.get(one)).text).not.toContain(first);
  const again = await browser.post(path, { id: 'cmms/1', url: 'https://cmms.example.com/b' });
  expect(again.text).toContain('Name is there already: change that one.');
  expect(again.text).not.toContain('whsec_');

  await browser.post(one, { url: 'https://cmms.example.com/b', types: 'alert.raised\nalert.resolved' });
  expect(await find()).toMatchObject({
    url: 'https://cmms.example.com/b',
    types: ['alert.raised', 'alert.resolved'],
  });
  const rotated = await browser.post(`${one}/rotate`);
  expect(secretIn(rotated.text)).toMatch(/^whsec_/);
  expect(secretIn(rotated.text)).not.toBe(first);
  await browser.post(`${one}/active`, { active: 'no' });
  expect(await find()).toMatchObject({ active: false });
  expect((await browser.get(one)).text).toContain('switched off');
  const on = await browser.post(`${one}/active`, { active: 'yes' });
  expect((await browser.get(on.location!)).text).toContain('It goes on where it stopped.');
  expect(await find()).toMatchObject({ active: true });
  for (let more = 0; more < 4; more++) await browser.post(`${one}/rotate`);
  const tooMany = await browser.post(`${one}/rotate`);
  expect([tooMany.status, tooMany.text.includes('Five secrets sign already')]).toEqual([422, true]);

  const stranger = await panel.signedIn('administrator');
  expect((await stranger.get(one)).status).toBe(404);
  for (const what of ['', '/active', '/rotate']) expect((await stranger.post(one + what)).status).toBe(404);
});

test('a template is set, its faults named, its approval shown to everybody, and taken away', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'templates' });
  const browser = await panel.signedIn('administrator', tenant);
  const path = '/admin/settings/templates';
  const contentSid = `HX${'a'.repeat(32)}`;
  const wrong = await browser.post(path, {
    ...{ kind: 'alert.raised', locale: '?', contentSid: 'HX1', variables: 'message seal' },
  });
  expect(wrong.status).toBe(422);
  for (const fault of [
    'Language must be a language tag',
    'Content SID must be HX and 32 hexadecimal digits.',
  ])
    expect(wrong.text).toContain(fault);
  const field = await browser.post(path, {
    ...{ kind: 'alert.raised', locale: 'en', contentSid, variables: 'message seal' },
  });
  expect(field.text).toContain('Variables: seal must be one of externalId');

  const set = await browser.post(path, {
    kind: 'alert.raised',
    locale: 'EN',
    contentSid,
    variables: 'message asset',
  });
  expect(set.location).toBe(`${path}?done=saved`);
  const approval = { category: null, rejectionReason: 'too loud', checkedAt: new Date() };
  await store.tenant(tenant.tenantId, async (tx) => {
    const template = (await tx.templates.get('alert.raised', 'en'))!;
    expect(template).toMatchObject({ contentSid, variables: ['message', 'asset'] });
    await tx.templates.asked(template, { ...approval, status: 'rejected' }, null);
  });
  const auditor = await panel.signedIn('auditor', tenant);
  const seen = await auditor.get(path);
  expect(seen.text).toContain('too loud');
  expect(seen.text).not.toContain('Take away');
  const change = await browser.get(`${path}?kind=alert.raised&locale=en`);
  expect(change.text).toMatch(new RegExp(`id="contentSid"[^>]*value="${contentSid}"`));

  const removed = await browser.post(`${path}/remove`, { kind: 'alert.raised', locale: 'en' });
  expect(removed.location).toBe(`${path}?done=removed`);
  expect(await store.tenant(tenant.tenantId, (tx) => tx.templates.list())).toEqual([]);
});

test('no token, key, hash or secret is in any page, log line or audit entry after it was shown once', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'secret', channel: false });
  const browser = await panel.signedIn('administrator', tenant);
  const apiKeySid = `SK${'4'.repeat(32)}`;
  const typed = {
    ...{
      authToken: 'token-alpha-123456',
      authTokenSecondary: 'token-beta-123456',
      apiKeySecret: 'key-gamma-123456',
    },
  };
  const sender = { provider: 'twilio', from: '+14155550177', accountSid: `AC${'4'.repeat(32)}` };
  // Refused once, so that a page with faults is among those looked at.
  const pages = [
    await browser.post('/admin/settings/channel', { ...sender, ...typed, apiKeySid, from: '1' }),
    await browser.post('/admin/settings/channel', { ...sender, ...typed, apiKeySid }),
  ];
  expect(pages.map(({ status }) => status)).toEqual([422, 303]);
  const key = secretIn((await browser.post('/admin/settings/api-keys', { label: 'CMMS' })).text)!;
  const hooks = '/admin/settings/webhook-endpoints';
  const first = secretIn((await browser.post(hooks, { id: 'cmms', url: 'https://cmms.example.com' })).text)!;
  const second = secretIn((await browser.post(`${hooks}/cmms/rotate`)).text)!;
  await browser.post('/admin/settings/check');
  await vi.waitFor(
    async () => expect((await browser.get('/admin/settings/check')).text).toMatch(/problem(s|<)/),
    { timeout: 30_000 },
  );

  const paths = ['', '/channel', '/check', '/rules', '/templates', '/test-message', '/api-keys'];
  for (const path of [
    ...paths.map((path) => `/admin/settings${path}`),
    hooks,
    `${hooks}/cmms`,
    '/admin/audit',
  ])
    pages.push(await browser.get(path));
  const stored = await store.tenant(tenant.tenantId, async (tx) => ({
    audit: await tx.audit.list({}, { before: null, limit: 100 }),
    sealed: (await tx.channels.list()).map(({ credentials }) => credentials),
    sealedSecrets: (await tx.webhookEndpoints.find('cmms'))!.secrets.map(({ sealed }) => sealed),
  }));
  const told = [...pages.map(({ text }) => text), ...panel.logged, JSON.stringify(stored.audit)];
  const secrets = [
    ...Object.values(typed),
    ...[key, first, second, first.replace('whsec_', ''), second.replace('whsec_', '')],
    ...[sha256(key).toString('hex'), sha256(key).toString('base64'), sha256(key).toString('base64url')],
    ...[...stored.sealed, ...stored.sealedSecrets, panel.deps.secretKeys[0]!],
  ];
  expect(secrets.every((secret) => secret.length > 10)).toBe(true);
  for (const secret of secrets) expect(told.filter((text) => text.includes(secret))).toEqual([]);
  expect(stored.audit.length).toBeGreaterThanOrEqual(5);
});
