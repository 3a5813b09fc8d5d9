import { expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();

/** As the CMMS would have put it. */
const put = (externalId: string, fields: TechnicianFields, of: TestTenant = panel.tenant) =>
  panel.deps.store.tenant(of.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    await saveTechnician(tx, externalId, fields, facts, collectFaults());
    return (await tx.technicians.find(externalId))!;
  });

const stored = (externalId: string, of: TestTenant = panel.tenant) =>
  panel.deps.store.tenant(of.tenantId, (tx) => tx.technicians.detail(externalId));

const told = {
  'kind-work-order.assigned': 'yes',
  'kind-work-order.reminder': 'yes',
  'way-whatsapp': 'yes',
  'way-email': 'yes',
};

test('a planner adds a technician, hears of every fault at once, and keeps what was typed', async () => {
  const other = await createTenant(panel.deps.store, { slug: 'elsewhere' });
  await put('theirs', { name: 'Hidden Person', phone: '+1 202 555 0150' }, other);
  await put('boss', { name: 'Eva Mora', phone: '+1 202 555 0142', role: 'supervisor' });
  const browser = await panel.signedIn('planner');
  await browser.get('/admin/technicians/-/new');
  const faulty = {
    ...{ externalId: 'ana/1', name: '', phone: '12', email: 'nobody', role: 'technician', locale: 'x' },
    ...{ timeZone: 'Mars/Base', supervisor: 'nobody-known', quietFrom: '22', quietTo: '06:00' },
    'address-0-kind': 'sms',
    'address-0-value': 'abc',
    'address-3-kind': 'whatsapp',
    'address-3-value': '(202) 555-0142',
  };
  const refused = await browser.post('/admin/technicians/-/new', faulty);
  expect(refused.status).toBe(422);
  for (const said of [
    'Name must not be empty.',
    'Phone is not a possible phone number.',
    'E-mail address must be an e-mail address.',
    'Language must be a language tag like en or pt-BR.',
    'Time zone must be a time zone like Europe/Berlin.',
    'Supervisor names nobody we know.',
    'Address 1 is not a possible phone number.',
    'Address 4 is another technician&#39;s: Eva Mora (boss). Take it from them first.',
    'Quiet hours, from, must be a time of day like 22:00.',
  ]) {
    expect(refused.text).toContain(said);
  }
  for (const typed of ['ana/1', 'nobody', 'Mars/Base', 'nobody-known', 'abc', '(202) 555-0142']) {
    expect(refused.text).toContain(`value="${typed}"`);
  }
  expect(await stored('ana/1')).toBeNull();

  // The same phone in another tenant is nobody's business here.
  const added = await browser.post('/admin/technicians/-/new', {
    ...told,
    ...{ externalId: 'ana/1', name: 'Ana Souza', phone: '(202) 555-0150', role: 'technician', locale: 'ES' },
    ...{ supervisor: 'boss', quietFrom: '22:00', quietTo: '06:00' },
    'address-0-kind': 'whatsapp-user-id',
    'address-0-value': 'US.4711',
    'address-0-active': 'yes',
    'address-1-kind': 'whatsapp',
    'address-1-value': '+44 20 7946 0018',
  });
  expect([added.status, added.location]).toEqual([303, '/admin/technicians/ana%2F1?done=added']);
  expect(await stored('ana/1')).toMatchObject({
    ...{ name: 'Ana Souza', phone: '+12025550150', locale: 'es', supervisor: 'boss', active: true },
    preferences: {
      paused: false,
      kinds: { 'message.send': false, 'alert.raised': false },
      ways: { whatsapp: true, sms: false, email: true },
      quietHours: { from: '22:00', to: '06:00' },
    },
    addresses: [
      { kind: 'sms', value: '+12025550150', active: true },
      { kind: 'whatsapp', value: '+12025550150', active: true },
      { kind: 'whatsapp', value: '+442079460018', active: false },
      { kind: 'whatsapp-user-id', value: 'US.4711', active: true },
    ],
  });
  expect((await browser.post('/admin/technicians/-/new', { ...faulty, ...told })).text).toContain(
    'External id is another technician&#39;s.',
  );

  // What its page shows, sent back, changes nothing but what was changed.
  const page = await browser.get('/admin/technicians/ana%2F1');
  expect(page.text).toContain('<h1>Ana Souza</h1>');
  const before = await stored('ana/1');
  const saved = await browser.post('/admin/technicians/ana%2F1', {
    ...fieldsOf(page.text),
    email: 'a@b.example',
  });
  expect(saved.location).toBe('/admin/technicians/ana%2F1?done=saved');
  expect(await stored('ana/1')).toEqual({ ...before, email: 'a@b.example' });
  expect((await (await panel.signedIn('auditor')).get('/admin/audit')).text).toMatch(
    /Changed a technician: ana\/1[\s\S]*Added a technician: ana\/1/,
  );
});

test('technicians are found by any part of name and key, by a phone in any spelling, role and state', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'searched', defaultCountry: 'MX' });
  for (let index = 0; index < 55; index++) {
    await put(`T-${String(index).padStart(3, '0')}`, { name: `Person ${index}` }, tenant);
  }
  await put('M-7', { name: 'José <i>Núñez', phone: '55 1234 5678', preferences: { paused: true } }, tenant);
  await put('M-8', { name: 'Gone Soon', role: 'planner' }, tenant);
  await put('M-8', { active: false }, tenant);
  await panel.deps.store.tenant(tenant.tenantId, (tx) =>
    tx.technicians.optedOut('whatsapp', '+525512345678', new Date()),
  );
  const browser = await panel.signedIn('auditor', tenant);
  const found = async (query: string) => {
    const { text, status } = await browser.get(`/admin/technicians?${query}`);
    expect(status).toBe(200);
    return [...text.matchAll(/<td><a href="\/admin\/technicians\/([^"]+)"/g)].map(([, id]) => id);
  };
  for (const q of [
    'NúÑEZ',
    'm-7',
    '+52 1 55 1234 5678',
    '01 55 1234 5678',
    '5512345678',
    '1234 5678',
    '45-67',
  ]) {
    expect([q, await found(new URLSearchParams({ q }).toString())]).toEqual([q, ['M-7']]);
  }
  expect(await found('q=%25')).toEqual([]);
  expect(await found('q=%00')).toHaveLength(50);
  expect(await found('state=left')).toEqual(['M-8']);
  expect(await found('state=all&role=planner')).toEqual(['M-8']);
  expect(await found('role=nonsense&q=soon')).toEqual([]);
  const first = await browser.get('/admin/technicians?q=person');
  expect(await found('q=person')).toHaveLength(50);
  const [, more] = /href="\/admin\/technicians\?([^"]+)">More/.exec(first.text)!;
  expect(await found(more!.replaceAll('&amp;', '&'))).toHaveLength(5);

  const { text } = await browser.get('/admin/technicians?q=jos');
  expect(text).toContain('José &lt;i&gt;Núñez');
  expect(text).toMatch(/paused<\/span>[\s\S]*opted out<\/span>/);
  // Who only reads is offered nothing to change.
  expect(text + (await browser.get('/admin/technicians/M-7')).text).not.toMatch(/Add a technician|>Save</);
  expect((await browser.get('/admin/technicians/none')).status).toBe(404);
  expect((await browser.get(`/admin/technicians/${'x'.repeat(65)}`)).status).toBe(404);
});

test('the list and a page say until when somebody may be written to freely, and when they were last seen', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'seen' });
  const wrote = async (externalId: string, hoursAgo: number) => {
    const { id } = await put(externalId, { name: externalId }, tenant);
    const at = new Date(Date.now() - hoursAgo * 3_600_000);
    await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      const address = `whatsapp:${externalId}`;
      const conversationId = await tx.conversations.open(tenant.channelId!, id, address, panel.deps.newId);
      await tx.conversations.heard(conversationId, at, { technicianId: id, heard: null, talk: null });
      await tx.technicians.seen(id, at);
    });
    return at;
  };
  const lately = await wrote('lately', 1);
  await wrote('long-ago', 25);
  await put('never', { name: 'never' }, tenant);
  const browser = await panel.signedIn('auditor', tenant);
  const closesAt = new Date(lately.getTime() + (24 * 60 - 10) * 60_000);
  const open = `open until <time datetime="${closesAt.toISOString()}">`;
  const { text } = await browser.get('/admin/technicians');
  const rowOf = (externalId: string) =>
    text.slice(text.indexOf(`/technicians/${externalId}"`)).split('</tr>')[0]!;
  for (const part of [rowOf('lately'), (await browser.get('/admin/technicians/lately')).text]) {
    expect(part).toContain(open);
    expect(part).toContain(`<time datetime="${lately.toISOString()}">`);
  }
  expect(rowOf('long-ago')).toMatch(/window:">closed<.*last seen:"><time /s);
  expect(rowOf('never')).toMatch(/window:">closed<.*last seen:">never</s);
});

/** What a browser would send of the page's form. */
const fieldsOf = (page: string): Record<string, string> => {
  const form = /<form method="post" action="\/admin\/technicians\/[^"]*" class="fields">(.*?)<\/form>/s.exec(
    page,
  )![1]!;
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]+)"/.exec(tag)![1]!;
    if (/type="checkbox"/.test(tag) && !/ checked/.test(tag)) continue;
    fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
  }
  for (const [, name, options] of form.matchAll(/<select[^>]*name="([^"]+)"[^>]*>(.*?)<\/select>/gs)) {
    fields[name!] = (/value="([^"]*)" selected/.exec(options!) ?? /value="([^"]*)"/.exec(options!))![1]!;
  }
  return fields;
};

test('who kept an address of before finds what stands elsewhere now', async () => {
  const browser = await panel.signedIn('planner');
  for (const [list, page] of [
    ['technicians', 'new'],
    ['technicians', 'import'],
    ['technicians', 'conflicts'],
    ['work-orders', 'new'],
    ['alerts', 'new'],
  ]) {
    const { status, location } = await browser.get(`/admin/${list}/${page}`);
    expect([status, location]).toEqual([303, `/admin/${list}/-/${page}`]);
    expect((await browser.get(location!)).status).toBe(200);
  }
  expect((await browser.get('/admin/alerts/import')).status).toBe(404);
});

test('where nobody is registered yet, the list says what helps to whoever may do it', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'nobody-yet' });
  const [planner, auditor] = [
    await panel.signedIn('planner', tenant),
    await panel.signedIn('auditor', tenant),
  ];
  const helps = 'Nobody is registered yet. Add somebody, or import a list.';
  expect((await planner.get('/admin/technicians')).text).toContain(helps);
  expect((await auditor.get('/admin/technicians')).text).toContain('Nobody is registered yet.</p>');
  await put('gone', { name: 'Long Gone', active: false }, tenant);
  expect((await planner.get('/admin/technicians')).text).toContain('Nobody fits.');
});
