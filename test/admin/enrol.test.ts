import { beforeEach, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { codeMinutes, newCode, readCode, writeCode } from '../../src/domain/enrolment-code.ts';
import { phoneAt } from '../support/phone.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();
const minuteMs = 60 * 1000;

let people = 0;
let number = 0;
const put = (externalId: string, fields: TechnicianFields, of: TestTenant = panel.tenant) =>
  panel.deps.store.tenant(of.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    await saveTechnician(tx, externalId, fields, facts, collectFaults());
  });
const somebody = async (fields: TechnicianFields = {}, of: TestTenant = panel.tenant) => {
  const externalId = `tech-${++people}`;
  await put(externalId, { name: `Technician ${people}`, ...fields }, of);
  return externalId;
};
const newPhone = () => `+1202555${String(2000 + number++)}`;
const phone = (value: string, userId?: string, of: TestTenant = panel.tenant) =>
  phoneAt(panel.deps, of, userId && !value ? userId : `whatsapp:${value}`, userId);
const addressesOf = async (externalId: string, of: TestTenant = panel.tenant) =>
  (await panel.deps.store.tenant(of.tenantId, (tx) => tx.technicians.detail(externalId)))!.addresses
    .filter(({ active }) => active)
    .map(({ kind, value }) => `${kind} ${value}`);

let browser: Awaited<ReturnType<typeof panel.signedIn>>;
beforeEach(async () => {
  panel.setNow(new Date('2026-11-23T10:00:00Z'));
  browser = await panel.signedIn('administrator');
});

const enrol = (externalId: string) => `/admin/technicians/${externalId}/enrol`;
/** Makes a code and answers it as the page shows it. */
const codeFor = async (externalId: string, by = browser) => {
  const { status, text } = await by.post(enrol(externalId));
  expect(status).toBe(200);
  return /<code>(\w{4}-\w{4})<\/code>/.exec(text)![1]!;
};

/** The answer to a message, and where it goes. */
const answerTo = (id: string) =>
  panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => {
    const answeredBy = (await tx.messages.get(id))!.answeredBy!;
    const { conversationId, message } = (await tx.messages.detail(answeredBy))!;
    const addresses = await tx.conversations.addresses([conversationId!]);
    return { text: message.text, to: addresses.get(conversationId!)!.reply };
  });

const stranger = /registered technicians/;

test('a code is read however it is written, and nothing else is one', () => {
  const code = newCode((below) => below - 1);
  expect(code).toBe('99999999');
  expect(readCode(` ${writeCode('ACDE34FG')}. `)).toBe('ACDE34FG');
  for (const text of ['acde34fg', '“ACDE-34FG”', 'a c d e 3 4 f g', 'ＡＣＤＥ３４ＦＧ', '*ACDE–34FG*']) {
    expect(readCode(text)).toBe('ACDE34FG');
  }
  for (const text of ['', 'ACDE34F', 'ACDE34FGH', 'ACDE34F0', 'MY WORK', 'ACDE34FG please', 'A'.repeat(50)]) {
    expect(readCode(text)).toBeNull();
  }
});

test('whoever sends the code from a phone is known by it from then on, and the page says so', async () => {
  const ana = await somebody({ name: 'Ana Souza', locale: 'es' });
  const value = newPhone();
  expect((await browser.get(enrol(ana))).text).toContain('No code was made');
  const { text: page } = await browser.post(enrol(ana));
  const code = /<code>(\w{4}-\w{4})<\/code>/.exec(page)![1]!;
  expect(page).toMatch(new RegExp(`https://wa\\.me/1415\\d{7}\\?text=${code}`));
  // Shown only once.
  expect((await browser.get(enrol(ana))).text).not.toContain(code);
  expect((await browser.get(enrol(ana))).text).toContain('Waiting for the code');

  // A stranger has had the answer for today; the code is the exception.
  const hers = phone(value, 'whatsapp:US.100200');
  expect(await hers.says('hello')).toMatch(stranger);
  expect(await hers.says(` ${code.toLowerCase().replace('-', ' ')} `)).toContain(
    'Este teléfono quedó registrado para Ana Souza',
  );
  expect(await addressesOf(ana)).toEqual([`whatsapp ${value}`, 'whatsapp-user-id US.100200']);
  const { text } = await browser.get(enrol(ana));
  expect(text).toContain(`Enrolled: WhatsApp number ${value}`);
  expect((await browser.get('/admin/audit')).text).toContain(`Enrolled a phone by its code: ${ana}`);
  expect(await hers.says('my work')).toMatch(/no tiene|órdenes/i);
  // Used up: for her it is a word like any other, for others nothing at all.
  expect(await hers.says(code)).not.toContain('registrado');
  expect(await phone(newPhone()).says(code)).toMatch(stranger);
  const kept = await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    tx.audit.list({}, { before: null, limit: 50 }),
  );
  expect(JSON.stringify(kept)).not.toMatch(/Ana|\+1202/);
});

test('a person whose phone WhatsApp hides is enrolled by the user id', async () => {
  const ana = await somebody();
  const code = await codeFor(ana);
  expect(await phone('', 'whatsapp:US.555').says(code)).toContain('This phone is registered');
  expect(await addressesOf(ana)).toEqual(['whatsapp-user-id US.555']);
});

test('of two phones that send one code at once the first is enrolled, the other is nobody', async () => {
  const ana = await somebody();
  const values = [newPhone(), newPhone()];
  const code = await codeFor(ana);
  const sent = await Promise.all(values.map((value) => phone(value).sends(code)));
  await Promise.all(sent.map(({ work }) => work()));
  expect(await addressesOf(ana)).toHaveLength(1);
  const answers = await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    Promise.all(
      sent.map(async ({ id }) => (await tx.messages.get((await tx.messages.get(id))!.answeredBy!))!.text!),
    ),
  );
  expect(answers.filter((text) => stranger.test(text))).toHaveLength(1);
  expect(answers.filter((text) => text.includes('This phone is registered for'))).toHaveLength(1);
});

test("an expired code, a replaced one, one of somebody who left and another tenant's are no codes", async () => {
  const other = await createTenant(panel.deps.store, { slug: 'neighbours' });
  const ana = await somebody();
  const replaced = await codeFor(ana);
  const expired = await codeFor(ana);
  expect(await phone(newPhone()).says(replaced)).toMatch(stranger);
  panel.setNow(new Date(Date.parse('2026-11-23T10:00:00Z') + codeMinutes * minuteMs));
  expect(await phone(newPhone()).says(expired)).toMatch(stranger);
  expect((await browser.get(enrol(ana))).text).toContain('expired');
  expect(await addressesOf(ana)).toEqual([]);

  const good = await codeFor(ana);
  const value = newPhone();
  expect(await phone(value, undefined, other).says(good)).toMatch(stranger);
  expect(await addressesOf(ana)).toEqual([]);
  await put(ana, { active: false });
  expect(await phone(newPhone()).says(good)).toMatch(stranger);
  expect((await browser.post(enrol(ana))).text).toContain('left: take them back first');
});

test('somebody unknown may try five codes an hour, and a good one after that is none', async () => {
  const ana = await somebody();
  const code = await codeFor(ana);
  const guesser = phone(newPhone());
  expect(await guesser.says('ACDE-34FG')).toMatch(stranger);
  for (let index = 0; index < 4; index++) expect(await guesser.says(`ACDE-34F${'HJKM'[index]}`)).toBeNull();
  expect(await guesser.says(code)).toBeNull();
  expect(await addressesOf(ana)).toEqual([]);
  panel.setNow(new Date(Date.parse('2026-11-23T10:00:00Z') + 61 * minuteMs));
  expect(await guesser.says(await codeFor(ana))).toContain('This phone is registered');
});

test("another's phone is not moved by a code, a leaver's is, and its owner's own is confirmed", async () => {
  const value = newPhone();
  const ben = await somebody({ name: 'Ben Ortiz', phone: value });
  const ana = await somebody({ name: 'Ana Souza' });
  expect(await phone(value).says(await codeFor(ana))).toContain('registered for another person');
  expect(await addressesOf(ana)).toEqual([]);
  const { text } = await browser.get(enrol(ana));
  expect(text).toContain('another technician has already');

  expect(await phone(value).says(await codeFor(ben))).toContain('This phone is registered for Ben Ortiz');
  await put(ben, { active: false });
  expect(await phone(value).says(await codeFor(ana))).toContain('This phone is registered for Ana Souza');
  expect(await addressesOf(ana)).toEqual([`whatsapp ${value}`]);
  // Taken back he has no phone any more, rather than hers.
  await put(ben, { active: true });
  expect(await addressesOf(ben)).toEqual([]);
});

test("whoever enrols a leaver's phone is answered there, also what came behind the code", async () => {
  const value = newPhone();
  const [bens, anas] = [newPhone(), newPhone()];
  const ben = await somebody({ phone: value, addresses: [{ kind: 'whatsapp', value: bens }] });
  const ana = await somebody({ name: 'Ana Souza', phone: anas });
  await phone(value).says('help');
  await phone(anas).says('help');
  await put(ben, { active: false });

  const code = await codeFor(ana);
  const sent = [await phone(value).sends(code), await phone(value).sends('my work')];
  const others = await phone(bens).sends('help');
  await sent[0]!.work();
  await (await phone(value).sends('help')).work();
  const [enrolled, behind] = await Promise.all(sent.map(({ id }) => answerTo(id)));
  expect(enrolled).toEqual({ text: expect.stringContaining('Ana Souza'), to: `whatsapp:${value}` });
  expect(behind).toEqual({ text: expect.stringContaining('No open work orders'), to: `whatsapp:${value}` });
  // What comes from another phone of the leaver's is no concern of hers.
  await others.work();
  expect((await answerTo(others.id)).text).toMatch(stranger);
});

test("what was left unread when the phone changed hands is answered in its new owner's conversation", async () => {
  const value = newPhone();
  const ben = await somebody({ phone: value });
  await phone(value).says('help');
  const late = await phone(value).sends('help');
  await put(ben, { phone: null });
  await put(await somebody({ name: 'Carl Diaz' }), { phone: value });
  await late.work();
  await (await phone(value).sends('my work')).work();
  expect((await answerTo(late.id)).to).toBe(`whatsapp:${value}`);
});
