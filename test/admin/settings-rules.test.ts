import { expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { readSettings } from '../../src/cmms/settings.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();

/** Everything that a form of the page would send. */
const fieldsOf = (page: string): Record<string, string> => ({
  ...Object.fromEntries(
    [...page.matchAll(/<input [^>]*?name="([^"]+)"[^>]*>/g)].flatMap(([input, name]) => {
      if (/type="checkbox"/.test(input)) return / checked/.test(input) ? [[name, 'yes']] : [];
      return [[name, /value="([^"]*)"/.exec(input)?.[1] ?? '']];
    }),
  ),
  onCall: /name="onCall"[^>]*>([^<]*)</.exec(page)?.[1] ?? '',
});

const settingsOf = ({ tenantId }: TestTenant) =>
  panel.deps.store.tenant(tenantId, async (tx) => readSettings(tx, (await tx.tenants.get())!));

const somebody = (tenant: TestTenant, externalId: string) =>
  panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    await saveTechnician(tx, externalId, { name: externalId }, facts, collectFaults());
  });

test('every rule is changed in one form, all faults are named at their fields, and nothing is half saved', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'rules' });
  await somebody(tenant, 'ana');
  const browser = await panel.signedIn('administrator', tenant);
  const page = fieldsOf((await browser.get('/admin/settings/rules')).text);
  const before = await settingsOf(tenant);

  const untouched = await browser.post('/admin/settings/rules', page);
  expect(untouched.location).toBe('/admin/settings/rules?done=same');
  expect(await settingsOf(tenant)).toEqual(before);

  const wrong = await browser.post('/admin/settings/rules', {
    ...page,
    ...{ timeZone: 'Mars/Olympus', locale: 'xx-nothing-at-all', quietFrom: '25:00', quietTo: '06:00' },
    ...{ onCall: 'ana\nnobody', fallbackSeconds: 'soon' },
    ...{ 'reminder-0-at': '8 o’clock', 'reminder-5-id': 'two-days-before', 'reminder-5-days': '3' },
    ...{ 'high-0-notify': 'supervisor, ghost', 'critical-1-wait': '-5' },
  });
  expect(wrong.status).toBe(422);
  for (const fault of [
    'Time zone must be a time zone like Europe/Berlin.',
    'Language must be a language',
    'Quiet hours must be a time of day like 22:00.',
    'On call, entry 2 (nobody) names nobody we know.',
    'Reminder 1: at must be a time of day like 22:00.',
    'Reminder 6: id is there twice.',
    'Reminder 6: at must be a time of day like 22:00.',
    'Escalation of high, step 1: ghost names nobody we know.',
    'Escalation of critical, step 2: seconds ',
    'Seconds until the next way ',
  ])
    expect(wrong.text).toContain(fault);
  for (const name of ['timeZone', 'quietFrom', 'onCall', 'reminder-5-id', 'high-0-notify', 'critical-1-wait'])
    expect(wrong.text).toMatch(new RegExp(`id="${name}"[^>]*aria-invalid="true"`));
  expect(wrong.text).toContain('value="Mars/Olympus"');
  expect(wrong.text).toContain('value="8 o’clock"');
  expect(await settingsOf(tenant)).toEqual(before);

  const saved = await browser.post('/admin/settings/rules', {
    ...page,
    ...{ timeZone: 'Europe/Madrid', locale: 'es', quietFrom: '22:00', quietTo: '06:00', onCall: 'ana' },
    ...{ fallbackSeconds: '120', 'reminder-1-id': '', 'reminder-1-days': '', 'reminder-1-at': '' },
    ...{ 'reminder-0-high': 'yes', 'low-0-wait': '600', 'low-0-notify': 'responsible, ana' },
    ...{ 'low-0-sms': '' },
  });
  expect(saved.location).toBe('/admin/settings/rules?done=saved');
  expect(await settingsOf(tenant)).toEqual({
    ...before,
    ...{ timeZone: 'Europe/Madrid', locale: 'es', quietHours: { from: '22:00', to: '06:00' } },
    ...{ onCall: ['ana'], fallbackSeconds: 120 },
    reminders: [
      { id: 'two-days-before', days: 2, at: '08:00', priorities: ['high'] },
      ...before.reminders.slice(2),
    ],
    escalation: {
      ...before.escalation,
      low: [{ waitSeconds: 600, notify: ['responsible', 'ana'], ways: ['whatsapp'] }],
    },
  });
  const audit = await browser.get('/admin/audit');
  expect(audit.text).toContain('Time zone UTC → Europe/Madrid');

  // The page was read before that.
  const late = await browser.post('/admin/settings/rules', { ...page, timeZone: 'Asia/Tokyo' });
  expect(late.status).toBe(422);
  expect(late.text).toContain('Somebody has changed the rules since');
  expect((await settingsOf(tenant)).timeZone).toBe('Europe/Madrid');
});

test('a planner and an auditor read the rules and cannot type in them', async () => {
  for (const role of ['planner', 'auditor'] as const) {
    const browser = await panel.signedIn(role);
    const { status, text } = await browser.get('/admin/settings/rules');
    expect([role, status]).toEqual([role, 200]);
    expect(text).toContain('two-days-before');
    expect(text).toMatch(/<fieldset disabled/);
    expect(text).not.toContain('Save the rules');
    expect((await browser.get('/admin/settings')).text).not.toContain('/admin/settings/channel');
  }
});
