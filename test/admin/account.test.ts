import { createHmac } from 'node:crypto';
import { symmetricDecrypt } from 'better-auth/crypto';
import { expect, test } from 'vitest';
import { sealingKeys } from '../../src/admin/seal.ts';
import { sealAgain } from '../../src/seal-again.ts';
import { testSecretKey } from '../support/tenant.ts';
import { password, usePanel } from './panel.ts';

const panel = usePanel();
const newPassword = 'seven lamps above the harbour';

/** What an authenticator app shows for the key on the page. */
const codeOf = (text: string, at = Date.now()): string => {
  const [, key] = /secret=([A-Z2-7]+)/.exec(text)!;
  const bits = [...key!].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const secret = Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)!
      .map((byte) => Number.parseInt(byte, 2)),
  );
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', secret).update(step).digest();
  const number = hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
};

const auditOf = (action: string) =>
  panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    tx.audit.list({ action }, { before: null, limit: 10 }),
  );

test('a changed password ends every other session, and only the new one signs in', async () => {
  const browser = await panel.signedIn('planner');
  const phone = panel.browser();
  await phone.signIn(browser.user.email);
  expect((await phone.get('/admin/account')).status).toBe(200);

  const fields = { currentPassword: password, newPassword, again: newPassword };
  const { status, location } = await browser.post('/admin/account/password', fields);
  expect([status, location]).toEqual([303, '/admin/account?done=password']);
  expect((await browser.get(location!)).text).toContain('Your password is changed');
  expect((await phone.get('/admin/account')).status).toBe(303);
  expect((await phone.signIn(browser.user.email)).status).toBe(422);
  expect((await phone.signIn(browser.user.email, newPassword)).status).toBe(303);
  expect(await auditOf('password.changed')).toMatchObject([
    { userId: browser.user.id, userName: 'Some planner', address: '203.0.113.7' },
  ]);
});

test.each([
  ['short', 'at least 12 characters'],
  ['aaaaaaaaaaaaaaaa', 'five different characters'],
  ['password1234', 'everybody tries first'],
])('%s will not do as a password', async (chosen, why) => {
  const browser = await panel.signedIn('planner');
  const fields = { currentPassword: password, newPassword: chosen, again: chosen };
  const { status, text } = await browser.post('/admin/account/password', fields);
  expect(status).toBe(422);
  expect(text).toContain(why);
});

test('the current password must be right, and the new one be typed twice the same', async () => {
  const browser = await panel.signedIn('planner');
  const fields = { currentPassword: 'something else here', newPassword, again: newPassword };
  expect((await browser.post('/admin/account/password', fields)).text).toContain('The password is wrong');
  const typo = { currentPassword: password, newPassword, again: `${newPassword}x` };
  expect((await browser.post('/admin/account/password', typo)).text).toContain('repetition differ');
  expect((await panel.browser().signIn(browser.user.email)).status).toBe(303);
});

test('a session does not let one guess its password: five tries on all forms together, each in the audit', async () => {
  const browser = await panel.signedIn('auditor');
  const { email, id } = browser.user;
  const guess = 'guessing and guessing';
  const forms: [string, Record<string, string>][] = [
    ['password', { currentPassword: guess, newPassword, again: newPassword }],
    ['second-factor/begin', { password: guess }],
    ['second-factor/end', { password: guess }],
    ['second-factor/end', { password: guess }],
    ['second-factor/begin', { password: guess }],
  ];
  for (const [form, fields] of forms) {
    expect((await browser.post(`/admin/account/${form}`, fields)).text).toContain('The password is wrong');
  }
  const right = { currentPassword: password, newPassword, again: newPassword };
  expect((await browser.post('/admin/account/password', right)).text).toContain('Too many tries');
  const refused = (await auditOf('password.refused')).filter(({ userId }) => userId === id);
  expect(refused).toHaveLength(5);
  // They are tries to sign in from there, too.
  expect((await panel.browser().signIn(email)).status).toBe(429);
});

test('with the second factor a password is half the way, each backup code works once, and off is off', async () => {
  const browser = await panel.signedIn('administrator');
  const { email } = browser.user;
  expect((await browser.post('/admin/account/second-factor/begin', { password: 'wrong' })).status).toBe(422);
  const begun = await browser.post('/admin/account/second-factor/begin', { password });
  expect(begun.text).toContain('<svg');
  expect((await panel.browser().signIn(email)).location).toBe('/admin');
  const wrong = await browser.post('/admin/account/second-factor/confirm', { code: '000000' });
  expect(wrong.status).toBe(422);
  const on = await browser.post('/admin/account/second-factor/confirm', { code: codeOf(begun.text) });
  expect(on.status).toBe(303);
  expect(await auditOf('second-factor.on')).toHaveLength(1);
  expect((await browser.get('/admin/account')).text).toContain('On: signing in asks');

  const phone = panel.browser();
  const half = await phone.signIn(email);
  expect(half.location).toBe('/admin/sign-in/second-factor');
  expect((await phone.get('/admin/account')).status).toBe(303);
  expect((await phone.post(half.location!, { code: '12 34 56' })).text).toContain('The code is wrong');
  const whole = await phone.post(half.location!, { code: codeOf(begun.text) });
  expect([whole.status, whole.location]).toEqual([303, '/admin']);
  expect((await phone.get('/admin/account')).status).toBe(200);

  const [backup] = /[A-Za-z0-9]{5}-[A-Za-z0-9]{5}(?=<\/code>)/.exec(begun.text)!;
  for (const status of [303, 422]) {
    const lost = panel.browser();
    await lost.signIn(email);
    expect((await lost.post(half.location!, { code: backup })).status).toBe(status);
  }

  await browser.get('/admin/account/second-factor');
  expect((await browser.post('/admin/account/second-factor/end', { password })).status).toBe(303);
  expect((await panel.browser().signIn(email)).location).toBe('/admin');
});

test('wrong codes are counted: after five the password is asked for again, after ten nobody gets further', async () => {
  const browser = await panel.signedIn('planner');
  const begun = await browser.post('/admin/account/second-factor/begin', { password });
  await browser.post('/admin/account/second-factor/confirm', { code: codeOf(begun.text) });
  for (const _round of [1, 2]) {
    const guesser = panel.browser();
    const { location } = await guesser.signIn(browser.user.email);
    for (let guess = 0; guess < 5; guess++) {
      expect((await guesser.post(location!, { code: '000000' })).text).toContain('The code is wrong');
    }
    expect((await guesser.post(location!, { code: codeOf(begun.text) })).text).toContain('Sign in again');
  }
  const owner = panel.browser();
  const { location } = await owner.signIn(browser.user.email);
  expect((await owner.post(location!, { code: codeOf(begun.text) })).status).toBe(422);
});

test('a wrong code is in the audit, and a code beside a session signs in without touching that session', async () => {
  const browser = await panel.signedIn('planner');
  const { id, email } = browser.user;
  const begun = await browser.post('/admin/account/second-factor/begin', { password });
  // Signing in is no way to switch it on.
  await browser.post('/admin/sign-in/second-factor', { code: codeOf(begun.text) });
  expect((await browser.get('/admin/account')).text).toContain('Off: your password alone');
  await browser.post('/admin/account/second-factor/confirm', { code: codeOf(begun.text) });
  const over = await browser.post('/admin/sign-in/second-factor', { code: codeOf(begun.text) });
  expect(over.text).toContain('Sign in again');
  expect((await auditOf('sign-in')).filter(({ userId }) => userId === id)).toEqual([]);

  const thief = panel.browser({ address: '198.51.100.66' });
  const { location } = await thief.signIn(email);
  await thief.post(location!, { code: '000000' });
  await thief.post(location!, { code: 'aaaaa-bbbbb' });
  const refused = (await auditOf('sign-in.refused')).filter(({ subject }) => subject === email);
  const entry = { userName: 'Nobody', address: '198.51.100.66', details: { by: 'second factor' } };
  expect(refused).toMatchObject([entry, entry]);
});

test('second factors are encrypted, and follow SECRET_KEY', async () => {
  const browser = await panel.signedIn('planner');
  const begun = await browser.post('/admin/account/second-factor/begin', { password });
  const [, key] = /secret=([A-Z2-7]+)/.exec(begun.text)!;
  const stored = () => panel.deps.store.tenant(panel.tenant.tenantId, (tx) => tx.panelUsers.sealedSecrets());
  const before = (await stored()).map(({ secret }) => secret);
  expect(before.join()).not.toContain(key!);

  const next = 'n'.repeat(32);
  await sealAgain({ ...panel.deps, secretKeys: [next, testSecretKey] });
  for (const { secret, backupCodes } of await stored()) {
    expect(before).not.toContain(secret);
    for (const data of [secret, backupCodes]) {
      expect(await symmetricDecrypt({ key: sealingKeys([next]), data })).not.toBe('');
    }
  }
  await sealAgain({ ...panel.deps, secretKeys: [testSecretKey, next] });
});

test('one sees where one is signed in and ends what one does not know', async () => {
  const browser = await panel.signedIn('auditor');
  const phone = panel.browser({ address: '198.51.100.77' });
  await phone.signIn(browser.user.email);
  const { text } = await browser.get('/admin/account');
  expect(text).toContain('Chrome on Linux');
  const [, id] = /sessions\/([0-9a-f-]{36})\/end/.exec(text)!;

  const other = await panel.signedIn('auditor');
  await other.post(`/admin/account/sessions/${id}/end`);
  expect((await phone.get('/admin/account')).status).toBe(200);
  await browser.post(`/admin/account/sessions/${id}/end`);
  expect((await phone.get('/admin/account')).status).toBe(303);
  await phone.signIn(browser.user.email);
  expect((await browser.post('/admin/account/sessions/end-others')).status).toBe(303);
  expect((await phone.get('/admin/account')).status).toBe(303);
  expect((await browser.get('/admin/account')).status).toBe(200);
});

test("times are in the reader's zone, else in the tenant's", async () => {
  const browser = await panel.signedIn('auditor');
  expect((await browser.get('/admin/account')).text).toContain('Times in UTC');
  browser.cookies.set('rbm.zone', encodeURIComponent('America/Sao_Paulo'));
  expect((await browser.get('/admin/account')).text).toContain('Times in America/Sao_Paulo');
  browser.cookies.set('rbm.zone', 'Nowhere');
  expect((await browser.get('/admin/account')).text).toContain('Times in UTC');
});
