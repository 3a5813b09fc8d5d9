import { expect, test } from 'vitest';
import { createTenant } from '../support/tenant.ts';
import { password, usePanel } from './panel.ts';

const panel = usePanel();

const linkIn = (text: string) =>
  /https:\/\/panel\.example\.com(\/admin\/invitation\/[\w-]+(\?tenant=\w+)?)/.exec(text)?.[1];

test('who is added gets a link that sets a password once, and then signs in with the role given', async () => {
  const browser = await panel.signedIn('administrator');
  const fields = { name: 'Ana <b>Souza</b>', email: 'Ana@Example.com', role: 'auditor' };
  const { status, text } = await browser.post('/admin/users', fields);
  expect(status).toBe(200);
  expect(text).toContain('Ana &lt;b&gt;Souza');
  const link = linkIn(text)!;
  expect(text).toMatch(/<code id="link-text">https:[^<]+<\/code>.*data-copy="link-text"/s);
  expect((await browser.get('/admin/users')).text).not.toContain('/admin/invitation/');
  expect((await browser.post('/admin/users', fields)).text).toContain(
    'Somebody has this e-mail address already',
  );

  const ana = panel.browser();
  expect((await ana.get(link)).text).toContain('Welcome, Ana');
  expect((await ana.post(link, { newPassword: 'short', again: 'short' })).status).toBe(422);
  const set = await ana.post(link, { newPassword: password, again: password });
  expect([set.status, set.location]).toEqual([303, '/admin/sign-in?notice=password']);
  expect((await ana.post(link, { newPassword: password, again: password })).status).toBe(404);
  expect((await ana.get(link)).status).toBe(404);
  expect((await ana.signIn('ana@example.com')).status).toBe(303);
  expect((await ana.get('/admin')).text).toContain('<h1>Overview</h1>');
  expect((await ana.get('/admin/users')).status).toBe(403);
});

test('a new link replaces the last one, and its use ends the sessions there were', async () => {
  const browser = await panel.signedIn('administrator');
  const somebody = await panel.signedIn('planner');
  const first = linkIn((await browser.post(`/admin/users/${somebody.user.id}/link`)).text)!;
  const second = linkIn((await browser.post(`/admin/users/${somebody.user.id}/link`)).text)!;
  expect((await panel.browser().get(first)).status).toBe(404);
  const other = 'another barn of other birds';
  await panel.browser().post(second, { newPassword: other, again: other });
  expect((await somebody.get('/admin/account')).status).toBe(303);
  expect((await panel.browser().signIn(somebody.user.email)).status).toBe(422);
  expect((await panel.browser().signIn(somebody.user.email, other)).status).toBe(303);
});

test('who is locked out signs in at once with the password that a link set', async () => {
  const browser = await panel.signedIn('administrator');
  const { id, email } = await panel.user('planner');
  const locked = panel.browser({ address: '203.0.113.40' });
  for (let index = 0; index < 5; index++) await locked.signIn(email, 'forgotten long ago');
  expect((await locked.signIn(email)).status).toBe(429);
  const link = linkIn((await browser.post(`/admin/users/${id}/link`)).text)!;
  const newPassword = 'another barn of other birds';
  await locked.post(link, { newPassword, again: newPassword });
  expect((await locked.signIn(email, newPassword)).status).toBe(303);
});

test("a disabled user's session is over with the next click, and nothing lets them in until enabled", async () => {
  const browser = await panel.signedIn('administrator');
  const somebody = await panel.signedIn('planner');
  const link = linkIn((await browser.post(`/admin/users/${somebody.user.id}/link`)).text)!;
  const { location } = await browser.post(`/admin/users/${somebody.user.id}/disable`);
  expect(location).toBe('/admin/users?done=disabled');
  expect((await somebody.get('/admin/account')).status).toBe(303);
  expect((await somebody.signIn(somebody.user.email)).status).toBe(422);
  expect((await panel.browser().get(link)).status).toBe(404);

  await browser.post(`/admin/users/${somebody.user.id}/enable`);
  expect((await somebody.signIn(somebody.user.email)).status).toBe(303);
});

test('a role changes with the next page, one cannot change oneself, and the last administrator stays', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'roles' });
  const browser = await panel.signedIn('administrator', tenant);
  const other = await panel.signedIn('administrator', tenant);
  const own = await browser.post(`/admin/users/${browser.user.id}/role`, { role: 'auditor' });
  expect(own.text).toContain('another administrator can');
  expect((await browser.post(`/admin/users/${browser.user.id}/disable`)).status).toBe(422);

  // Each takes it from the other, at once.
  const [one, two] = await Promise.all([
    browser.post(`/admin/users/${other.user.id}/role`, { role: 'auditor' }),
    other.post(`/admin/users/${browser.user.id}/role`, { role: 'auditor' }),
  ]);
  const [done, refused] = [one, two].toSorted((a, b) => a.status - b.status);
  expect(done!.status).toBe(303);
  // What it is told depends on how far the other had come.
  expect(refused!.text).toMatch(/Nobody else could administer this panel|Not for your role/);
  const loser = one.status === 303 ? other : browser;
  expect((await loser.get('/admin/users')).status).toBe(403);
  expect((await loser.get('/admin/audit')).text).toContain('role administrator → auditor');
});

test('an administrator gets around their own password and second factor in no way', async () => {
  const browser = await panel.signedIn('administrator');
  const { id } = browser.user;
  await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    tx.authRecords.update('user', [{ field: 'id', value: id }], { twoFactorEnabled: true }),
  );
  for (const what of ['link', 'remove-second-factor']) {
    // The identifier in capitals is the same user.
    for (const spelled of [id, id.toUpperCase()]) {
      const { status, text } = await browser.post(`/admin/users/${spelled}/${what}`);
      expect([what, status]).toEqual([what, 422]);
      expect(text).toContain('another administrator can');
      expect(linkIn(text)).toBeUndefined();
    }
  }
  const user = await panel.deps.store.tenant(panel.tenant.tenantId, (tx) => tx.panelUsers.get(id));
  expect(user!.hasSecondFactor).toBe(true);
});

test('an address that cannot be stored is no fault in the list', async () => {
  const browser = await panel.signedIn('administrator');
  expect((await browser.get('/admin/users?after=%00')).status).toBe(200);
});

test('somebody without their phone gets in again once the second factor is removed', async () => {
  const browser = await panel.signedIn('administrator');
  const { id, email } = await panel.user('planner');
  await panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => {
    await tx.authRecords.create('twoFactor', {
      id: panel.deps.newId(),
      userId: id,
      secret: 'x',
      backupCodes: 'x',
    });
    await tx.authRecords.update('user', [{ field: 'id', value: id }], { twoFactorEnabled: true });
  });
  expect((await panel.browser().signIn(email)).location).toBe('/admin/sign-in/second-factor');
  await browser.post(`/admin/users/${id}/remove-second-factor`);
  expect((await panel.browser().signIn(email)).location).toBe('/admin');
});

test('what is done here is in the audit, filtered by what, who and day', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'audited' });
  const browser = await panel.signedIn('administrator', tenant);
  await browser.post('/admin/users', { name: 'First', email: 'first@example.com', role: 'planner' });
  await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const one = {
      userId: null,
      userName: 'Nobody',
      action: 'user.link',
      subject: 'n',
      details: {},
      address: '::1',
    };
    for (let index = 0; index < 50; index++) await tx.audit.add({ id: panel.deps.newId(), ...one });
  });
  const all = await browser.get('/admin/audit');
  expect(all.text.match(/set a password: n/g)).toHaveLength(50);
  const [, older] = /href="([^"]+)"[^>]*>Older/.exec(all.text)!;
  const rest = await browser.get(older!.replaceAll('&amp;', '&'));
  expect(rest.text).toMatch(/Some administrator[\s\S]*Added a user: first@example\.com[\s\S]*role planner/);

  const today = new Date().toISOString().slice(0, 10);
  const found = async (query: string) =>
    !(await browser.get(`/admin/audit?${query}`)).text.includes('Nothing that fits');
  expect(await found('action=user.added')).toBe(true);
  expect(await found('action=sign-out')).toBe(false);
  expect(await found(`user=${browser.user.id}&action=user.added`)).toBe(true);
  expect(await found(`user=${panel.deps.newId()}`)).toBe(false);
  expect(await found(`to=${today}`)).toBe(true);
  expect(await found('to=2026-01-01')).toBe(false);
  expect(await found('from=2999-01-01&user=x&action=%00&before=-1')).toBe(false);
});

test('a word in the address that nothing came of says nothing', async () => {
  const browser = await panel.signedIn('administrator');
  const { text } = await browser.get('/admin/users?done=constructor');
  expect(text).not.toContain('native code');
  expect(text).toBe((await browser.get('/admin/users')).text);
});
