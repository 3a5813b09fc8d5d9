import { expect, test } from 'vitest';
import { ensureDefaultTenant } from '../../src/default-tenant.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { createTenant } from '../support/tenant.ts';
import { panelSettings, usePanel } from './panel.ts';

const tenantRules = { ...panelSettings.tenantRules, describesSender: false };
const panel = usePanel({ tenantRules });

const account = `AC${'7'.repeat(32)}`;
const token = 'auth-token-of-the-plant';
const second = 'second-token-of-the-plant';
const fields = {
  ...{ provider: 'twilio', from: '+1 (415) 555-0101', accountSid: account, authToken: token },
  ...{ messagesPerSecond: '0.33' },
};

const sendersOf = (tenantId: string) =>
  panel.deps.store.tenant(tenantId, async (tx) =>
    (await tx.channels.list()).map(({ address, retiredAt, messagesPerSecond, accountSid }) => ({
      ...{ address, messagesPerSecond, accountSid, inUse: retiredAt === null },
    })),
  );

test('a sender is set up, its token kept when left empty, replaced, and never shown again', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'north', channel: false });
  const browser = await panel.signedIn('administrator', tenant);
  const empty = await browser.get('/admin/settings/channel');
  expect(empty.text).toContain('There is no sender yet');
  expect(empty.text).toContain('https://panel.example.com/api/whatsappwebhook/incoming#rc=2');
  expect(empty.text).toContain('https://panel.example.com/api/whatsappwebhook/status');

  const wrong = await browser.post('/admin/settings/channel', {
    ...{ provider: 'simulator', from: '12', accountSid: 'AC1', authToken: 'with space' },
    ...{ messagingServiceSid: 'x', apiKeySid: `SK${'1'.repeat(32)}`, messagesPerSecond: 'fast' },
  });
  expect(wrong.status).toBe(422);
  for (const fault of [
    'Provider must be twilio: the simulator does not run here.',
    'Sender must be an international number, for example +14155238886.',
    'Account SID must be AC and 32 hexadecimal digits.',
    'Auth token must hold no spaces.',
    'API key secret is required with an API key.',
    'Messaging service SID must be MG and 32 hexadecimal digits.',
    'Messages per second must be a number, for example 80.',
  ])
    expect(wrong.text).toContain(fault);
  expect(wrong.text).toContain('value="12"');
  expect(wrong.text).not.toContain('with space');
  expect(wrong.text).toMatch(/id="from"[^>]*aria-invalid="true"[^>]*aria-describedby="from-fault/);
  expect(await sendersOf(tenant.tenantId)).toEqual([]);

  const made = await browser.post('/admin/settings/channel', fields);
  expect([made.status, made.location]).toEqual([303, '/admin/settings/channel?done=saved']);
  const kept = await browser.post('/admin/settings/channel', {
    ...{ ...fields, authToken: '', authTokenSecondary: second, messagesPerSecond: '20' },
  });
  expect(kept.status).toBe(303);
  expect(await sendersOf(tenant.tenantId)).toEqual([
    { address: 'whatsapp:+14155550101', accountSid: account, messagesPerSecond: 20, inUse: true },
  ]);
  const directory = createChannelDirectory(panel.deps);
  expect((await directory.find('whatsapp:+14155550101', 0))?.tokens).toEqual([token, second]);

  const forgotten = await browser.post('/admin/settings/channel', { ...fields, forgetSecondary: 'yes' });
  expect(forgotten.status).toBe(303);
  await directory.refresh();
  expect((await directory.find('whatsapp:+14155550101', 0))?.tokens).toEqual([token]);

  // Another account's token is no use to this one.
  const other = { ...fields, accountSid: `AC${'8'.repeat(32)}`, authToken: '' };
  expect((await browser.post('/admin/settings/channel', other)).text).toContain('Auth token is required');

  const audit = await browser.get('/admin/audit');
  expect(audit.text).toContain('Saved the sender: +14155550101');
  expect(audit.text).toContain('Second auth token entered anew');
  const page = await browser.get('/admin/settings/channel');
  expect(page.text).toContain('Set. Leave it empty to keep it');
  for (const text of [page.text, audit.text, forgotten.text, panel.logged.join('')]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(second);
  }
});

test("another tenant's sender is refused, and its own stays", async () => {
  const taken = (await sendersOf(panel.tenant.tenantId))[0]!;
  const tenant = await createTenant(panel.deps.store, { slug: 'south' });
  const before = await sendersOf(tenant.tenantId);
  const browser = await panel.signedIn('administrator', tenant);
  const from = taken.address.replace('whatsapp:', '');
  const refused = await browser.post('/admin/settings/channel', { ...fields, from });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('another tenant&#39;s sender');
  expect(await sendersOf(tenant.tenantId)).toEqual(before);
});

test('tenant default may set its sender up where the environment names none', async () => {
  const browser = await panel.signedIn('administrator');
  const saved = await browser.post('/admin/settings/channel', { ...fields, from: '+14155550102' });
  expect(saved.status).toBe(303);
  const { text } = await browser.get('/admin/settings/channel');
  expect(text).toContain('stays when the service starts again');
  expect((await sendersOf(panel.tenant.tenantId)).filter(({ inUse }) => inUse)).toMatchObject([
    { address: 'whatsapp:+14155550102' },
  ]);
  // As a start does that is told of no sender.
  const nothing = { channels: [], apiKey: null, admin: null, generate: false, defaultCountry: 'US' };
  await ensureDefaultTenant(panel.deps, nothing);
  expect((await sendersOf(panel.tenant.tenantId)).filter(({ inUse }) => inUse)).toMatchObject([
    { address: 'whatsapp:+14155550102', messagesPerSecond: 0.33 },
  ]);
});

test('what the environment describes is shown with its variables, and no form changes it', async () => {
  tenantRules.describesSender = true;
  const before = await sendersOf(panel.tenant.tenantId);
  const browser = await panel.signedIn('administrator');
  const { text } = await browser.get('/admin/settings/channel');
  expect(text).toContain('TWILIO_AUTH_TOKEN_SECONDARY');
  expect(text).not.toContain('name="authToken"');
  const refused = await browser.post('/admin/settings/channel', { ...fields, from: '+14155550103' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('described by the environment');
  expect(await sendersOf(panel.tenant.tenantId)).toEqual(before);
  tenantRules.describesSender = false;
});

test('switched off, the service stays off until it is switched on, and both are audited', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'west' });
  const browser = await panel.signedIn('administrator', tenant);
  await browser.get('/admin/settings/channel');
  const off = await browser.post('/admin/settings/enabled', { enabled: 'no' });
  expect((await browser.get(off.location!)).text).toContain('Switched off. What comes in is kept');
  const isEnabled = () =>
    panel.deps.store.tenant(tenant.tenantId, async (tx) => (await tx.tenants.get())!.enabled);
  expect(await isEnabled()).toBe(false);
  await browser.post('/admin/settings/enabled', { enabled: 'yes' });
  expect(await isEnabled()).toBe(true);
  const audit = await browser.get('/admin/audit');
  expect(audit.text).toContain('Switched the service off');
  expect(audit.text).toContain('Switched the service on');
});
