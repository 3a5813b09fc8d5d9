import { expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { phoneAt } from '../support/phone.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();
const path = '/admin/technicians/-/conflicts';

const setUp = async (slug: string) => {
  const tenant = await createTenant(panel.deps.store, { slug });
  const browser = await panel.signedIn('planner', tenant);
  return {
    tenant,
    browser,
    put: (externalId: string, fields: TechnicianFields) =>
      panel.deps.store.tenant(tenant.tenantId, async (tx) => {
        const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
        await saveTechnician(tx, externalId, fields, facts, collectFaults());
      }),
    phone: (value: string, userId?: string) =>
      phoneAt(panel.deps, tenant as TestTenant, `whatsapp:${value}`, userId),
    active: async (externalId: string) =>
      (await panel.deps.store.tenant(tenant.tenantId, (tx) =>
        tx.technicians.detail(externalId),
      ))!.addresses.flatMap(({ kind, value, active }) => (active ? `${kind} ${value}` : [])),
    conflicts: async () => (await browser.get(path)).text,
    settle: async (decision: 'accept' | 'refuse') => {
      const { text } = await browser.get(path);
      const [, what] = /name="what" value="(\w+)"/.exec(text)!;
      const [, id] = /name="id" value="([^"]+)"/.exec(text)!;
      const { location } = await browser.post(path, { what: what!, id: id!, decision });
      expect(location).toBe(`${path}?done=settled`);
      expect((await browser.post(path, { what: what!, id: id!, decision })).location).toBe(
        `${path}?done=gone`,
      );
    },
  };
};
const stranger = /registered technicians/;
const value = '+12025550160';

test('an identity that changed is accepted, or its phone is locked', async () => {
  const { put, phone, active, conflicts, settle, browser } = await setUp('replaced');
  await put('ana', { name: 'Ana Souza', phone: value });
  await phone(value, 'whatsapp:US.1').says('help');
  expect(await conflicts()).toContain('No phone or identity is in doubt');
  await phone(value, 'whatsapp:US.2').says('help');
  const page = await conflicts();
  expect(page).toContain('Another WhatsApp identity on Ana Souza&#39;s phone');
  expect(page).toContain('than US.1');
  expect((await browser.get('/admin/technicians')).text).toContain('conflict</span>');
  await settle('accept');
  expect(await active('ana')).toEqual([`sms ${value}`, `whatsapp ${value}`, 'whatsapp-user-id US.2']);
  expect((await browser.get('/admin/technicians')).text).not.toContain('conflict</span>');

  await phone(value, 'whatsapp:US.3').says('help');
  await settle('refuse');
  expect(await active('ana')).toEqual([]);
  expect(await phone(value, 'whatsapp:US.3').says('help')).toMatch(stranger);
  expect(await conflicts()).toContain('No phone or identity is in doubt');
  expect((await (await panel.signedIn('auditor')).get(path)).text).not.toContain('Ana');
});

test("one's identity on another's phone stays, with the phone locked, or moves", async () => {
  const { put, phone, active, conflicts, settle } = await setUp('disputed');
  const other = '+12025550161';
  await put('ana', { name: 'Ana Souza', phone: value });
  await put('ben', { name: 'Ben Ortiz', phone: other });
  await phone(value, 'whatsapp:US.7').says('help');
  expect(await phone(other, 'whatsapp:US.7').says('help')).toContain('two different people');
  expect(await conflicts()).toContain('Ana Souza&#39;s WhatsApp identity on Ben Ortiz&#39;s phone');
  await settle('accept');
  expect(await active('ben')).toEqual([`sms ${other}`, `whatsapp ${other}`, 'whatsapp-user-id US.7']);
  expect(await phone(other, 'whatsapp:US.7').says('help')).toContain('MY WORK');

  await phone(value, 'whatsapp:US.7').says('help');
  expect(await conflicts()).toContain('Ben Ortiz&#39;s WhatsApp identity on Ana Souza&#39;s phone');
  await settle('refuse');
  expect(await active('ana')).toEqual([]);
  expect(await active('ben')).toContain('whatsapp-user-id US.7');
});

test('a phone that two want stays with its owner, or is given away with all that belongs to it', async () => {
  const { put, phone, active, conflicts, settle, browser } = await setUp('wanted');
  await put('ana', { name: 'Ana Souza' });
  await put('ben', { name: 'Ben Ortiz', phone: value });
  const enrol = async () => {
    const { text } = await browser.post('/admin/technicians/ana/enrol');
    await phone(value, 'whatsapp:US.9').says(/<code>(\w{4}-\w{4})<\/code>/.exec(text)![1]!);
  };
  await enrol();
  expect(await conflicts()).toContain('Ana Souza and Ben Ortiz want one phone');
  await settle('refuse');
  expect(await active('ana')).toEqual([]);
  await enrol();
  await settle('accept');
  expect(await active('ben')).toEqual([]);
  expect(await active('ana')).toEqual([`whatsapp ${value}`]);
  expect(await phone(value, 'whatsapp:US.9').says('help')).toContain('Ana');
  expect((await browser.post(path, { what: 'identity', id: 'x', decision: 'perhaps' })).status).toBe(422);
});

test("a phone that is a third one's by now, or that a leaver wanted, is given to nobody", async () => {
  const { put, phone, active, conflicts, browser } = await setUp('third');
  await put('ana', { name: 'Ana Souza' });
  await put('ben', { name: 'Ben Ortiz', phone: value });
  const enrol = async () => {
    const { text } = await browser.post('/admin/technicians/ana/enrol');
    await phone(value).says(/<code>(\w{4}-\w{4})<\/code>/.exec(text)![1]!);
  };
  const enrolmentOf = (page: string) => /name="id" value="([^"]+)"/.exec(page)![1]!;
  const accept = (id: string) => browser.post(path, { what: 'enrolment', id, decision: 'accept' });
  await enrol();
  await put('ben', { phone: null });
  await put('carl', { name: 'Carl Diaz', phone: value });
  expect((await accept(enrolmentOf(await conflicts()))).location).toBe(`${path}?done=gone`);
  expect(await active('carl')).toEqual([`sms ${value}`, `whatsapp ${value}`]);
  expect(await active('ana')).toEqual([]);
  expect((await browser.get(`${path}?done=gone`)).text).toContain('Nothing was changed');
  expect(await conflicts()).toContain('No phone or identity is in doubt');
  expect((await browser.get('/admin/technicians/ana/enrol')).text).toContain('was not given to Ana');

  for (const leaver of ['ana', 'carl']) {
    await enrol();
    const id = enrolmentOf(await conflicts());
    await put(leaver, { active: false });
    expect(await conflicts()).toContain('No phone or identity is in doubt');
    expect((await accept(id)).location).toBe(`${path}?done=gone`);
    await put(leaver, { active: true });
    expect(await active('ana')).toEqual([]);
  }
});
