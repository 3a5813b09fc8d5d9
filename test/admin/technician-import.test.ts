import { beforeAll, describe, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { planImport } from '../../src/cmms/import-technicians.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { readTechnicianCsv } from '../../src/cmms/technician-csv.ts';
import { phoneAt } from '../support/phone.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

describe('reading a file', () => {
  const read = (text: string) => {
    const { people, faults } = readTechnicianCsv(text);
    return {
      people: people.map(({ line, externalId, fields }) => [line, externalId, fields]),
      faults: [
        ...faults.map(({ line, column, detail }) => `${line} ${column}: ${detail}`),
        ...people.flatMap(({ line, faults: own }) =>
          own.all.map(({ pointer, detail }) => `${line} ${pointer.slice(1)}: ${detail}`),
        ),
      ],
    };
  };
  const ana = { name: 'Ana', phone: '+12025550101' };

  test.each([
    ['commas', 'externalId,name,phone\na,Ana,+12025550101\n'],
    ['semicolons and CRLF', 'externalId;name;phone\r\na;Ana;+12025550101\r\n'],
    ['tabs', 'externalId\tname\tphone\na\tAna\t+12025550101'],
    ['a byte order mark and quotes', '\uFEFF"externalId","name","phone"\n"a","Ana","+12025550101"'],
    ["Excel's own first line", 'sep=;\r\nexternalId;name;phone\r\na;Ana;+12025550101'],
    ['names in another order and case', 'PHONE,External ID,Name\n+12025550101,a,Ana'],
    ['what keeps a number a text', 'externalId,name,phone\na,Ana,"=""+12025550101"""'],
    ['an apostrophe for the same', "externalId,name,phone\na,Ana,'+12025550101"],
    ['empty columns and lines', 'externalId,name,phone,,\na,Ana,+12025550101,,\n,,,,\n\n'],
    [
      'a comma in the name of a column of a file with semicolons',
      '"externalId";"name";"phone"\na;Ana;+12025550101',
    ],
    ['spaces around', ' externalId , name , phone\n a , Ana , +12025550101 '],
  ])('%s', (_, text) => {
    const { people, faults } = read(text);
    expect(faults).toEqual([]);
    expect(people.map(([, ...person]) => person)).toEqual([['a', ana]]);
  });

  test('quoted cells may hold what separates, quotes and lines; lines are counted as in the file', () => {
    expect(read('externalId,name\na,"Ana ""A"", Souza"\nb,"two\nlines"\nc,Cy')).toEqual({
      people: [
        [2, 'a', { name: 'Ana "A", Souza' }],
        [3, 'b', { name: 'two\nlines' }],
        [5, 'c', { name: 'Cy' }],
      ],
      faults: [],
    });
  });

  test('an empty cell says nothing, a hyphen clears, and words are words in any case', () => {
    const text = 'externalId,name,phone,email,role,active\na,,-,,PLANNER,No\nb,-,,,,Sí';
    expect(read(text).people).toEqual([
      [2, 'a', { phone: null, role: 'planner', active: false }],
      [3, 'b', { name: '-', active: true }],
    ]);
  });

  test.each([
    ['', ['1 null: is missing: the first line names the columns']],
    ['name\nAna', ['1 externalId: is missing']],
    ['externalId,name', ['1 null: holds nobody below the column names']],
    [
      'externalId,colour,name,Name\na,red,Ana,Ana',
      [
        '1 colour: is not a known column: externalId, name, phone, email, role, locale, timeZone, supervisor, active',
        '1 Name: is there twice',
      ],
    ],
    [
      'externalId,phone,email,role,locale,timeZone,active\n,1.5005E+10,x,boss,x y,Mars,perhaps\n..,,,,,,',
      [
        '2 phone: was shortened by the spreadsheet: format the column as text and export it again',
        '2 active: must be yes or no',
        '2 email: must be an e-mail address',
        '2 role: Invalid option: expected one of "technician"|"supervisor"|"planner"',
        '2 locale: must be a language tag like en or pt-BR',
        '2 timeZone: must be a time zone like Europe/Berlin',
        '2 externalId: is required',
        '3 externalId: must be more than dots',
      ],
    ],
    [
      'externalId,name\na,Ana\nb,Ben,more\na,Ana',
      ['3 null: has more cells than there are columns', '4 externalId: is in line 2 too'],
    ],
    [
      'externalId,name\na,A"na\nb,"Be"n\nc,Cy\nd,"Di\n',
      [2, 3, 5].map((line) => `${line} null: has a quotation mark in the wrong place`),
    ],
    [
      `externalId,name\n${'a,Ana\n'.repeat(5001)}`,
      ['5002 null: is one too many: at most 5000 lines at once'],
    ],
  ])('%# says what is wrong, and where', (text, expected) => {
    expect(read(text).faults.toSorted()).toEqual(expected.toSorted());
  });
});

describe('the page', () => {
  const panel = usePanel();
  let tenant: TestTenant;
  let browser: Awaited<ReturnType<typeof panel.signedIn>>;
  beforeAll(async () => {
    tenant = await createTenant(panel.deps.store, { slug: 'imports' });
    browser = await panel.signedIn('planner', tenant);
    await put('boss', { name: 'Eva Mora', role: 'supervisor', phone: '+12025550199' });
  });
  const put = (externalId: string, fields: TechnicianFields) =>
    panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
      await saveTechnician(tx, externalId, fields, facts, collectFaults());
    });
  const everybody = () =>
    panel.deps.store.tenant(tenant.tenantId, (tx) => tx.technicians.list({ after: null, limit: 10_000 }));
  const path = '/admin/technicians/-/import';
  const preview = (csv: string) => browser.post(path, { csv, what: 'preview' });
  const seenIn = (text: string) => /name="seen" value="(\w+)"/.exec(text)![1]!;
  const textOf = (page: string) =>
    page
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .replaceAll('&#39;', "'");

  test('every fault is named, also what only the others of the file and of the tenant show', async () => {
    const before = await everybody();
    const csv = [
      'External Id;Name;Mobile;Supervisor;Active',
      'a;Ana;(202) 555-0101;boss;yes',
      'b;;+1 202 555 0101;nobody;yes',
      'c;Cy;202-555-0199;c;perhaps',
    ].join('\n');
    const { status, text } = await preview(csv);
    expect(status).toBe(422);
    for (const said of [
      '5 faults: nothing is imported',
      '3 Name is required',
      "3 Mobile is another technician's",
      '3 Supervisor names nobody we know',
      "4 Mobile is another technician's",
      '4 Active must be yes or no',
    ]) {
      expect(textOf(text)).toContain(said);
    }
    expect(text).toContain('(202) 555-0101');
    expect((await browser.post(path, { csv, what: 'import', seen: '' })).status).toBe(422);
    expect(await everybody()).toEqual(before);
  });

  test('what the preview said is done, once it is agreed to, and only if it is still so', async () => {
    const csv = [
      'externalId,name,phone,supervisor,role,active',
      'x-1,"Xavi <b>","+1 202 555 0111",x-3,,',
      'x-2,Xenia,,,,',
      'x-3,Xerxes,2025550112,boss,supervisor,yes',
      'boss,Eva Mora,,,,',
    ].join('\r\n');
    // Who wrote before is known by what they wrote from.
    const phone = phoneAt(panel.deps, tenant, 'whatsapp:+12025550111');
    expect(await phone.says('hello')).toContain('registered technicians');
    await put('x-2', { name: 'Old name' });

    const first = await preview(csv);
    expect(first.status).toBe(200);
    expect(textOf(first.text)).toContain('2 created, 1 changed, 1 unchanged.');
    expect(textOf(first.text)).toContain('Line 3: x-2 , Xenia: name');
    expect(first.text).toContain('Xavi &lt;b&gt;');
    await put('x-2', { name: 'Xenia' });
    const changed = await browser.post(path, { csv, what: 'import', seen: seenIn(first.text) });
    expect(changed.status).toBe(422);
    expect(textOf(changed.text)).toContain('something changed since the preview');
    expect(textOf(changed.text)).toContain('2 created, 0 changed, 2 unchanged.');
    expect((await everybody()).map(({ externalId }) => externalId)).toEqual(['boss', 'x-2']);

    const done = await browser.post(path, { csv, what: 'import', seen: seenIn(changed.text) });
    expect([done.status, done.location]).toEqual([303, '/admin/technicians?done=imported']);
    expect(await everybody()).toMatchObject([
      { externalId: 'boss', supervisor: null },
      { externalId: 'x-1', name: 'Xavi <b>', phone: '+12025550111', supervisor: 'x-3', addresses: [{}, {}] },
      { externalId: 'x-2', name: 'Xenia' },
      { externalId: 'x-3', supervisor: 'boss', role: 'supervisor' },
    ]);
    expect(await phone.says('help')).toContain('MY WORK');
    const again = await preview(csv);
    expect(textOf(again.text)).toContain('There is nothing to import');
    expect((await (await panel.signedIn('auditor', tenant)).get('/admin/audit')).text).toMatch(
      /Imported technicians[\s\S]*created x-1, x-3/,
    );

    // Somebody who left by the file is locked like anybody who left.
    const leaves = await preview('externalId,active\nx-1,no');
    await browser.post(path, { csv: 'externalId,active\nx-1,no', what: 'import', seen: seenIn(leaves.text) });
    // A stranger's second message of the day.
    expect(await phone.says('help')).toBeNull();
  });

  test('a phone goes from somebody who was there before to somebody new, in one file', async () => {
    const phone = '+12025550143';
    await put('h-1', { name: 'Ben', phone });
    const csv = `externalId,name,phone\nh-1,Ben,-\nh-2,Carl,${phone}\nh-3,Dora,+12025550144`;
    const { status, text } = await preview(csv);
    expect(status).toBe(200);
    expect((await browser.post(path, { csv, what: 'import', seen: seenIn(text) })).status).toBe(303);
    const people = (await everybody()).filter(({ externalId }) => externalId.startsWith('h-'));
    expect(people).toMatchObject([
      { externalId: 'h-1', phone: null, addresses: [] },
      { externalId: 'h-2', phone, addresses: [{ value: phone }, { value: phone }] },
      { externalId: 'h-3', phone: '+12025550144', addresses: [{}, {}] },
    ]);
    // By two lines in turn nobody can swap: the first one asks for what is the other's still.
    const swap = await preview(`externalId,phone\nh-2,+12025550144\nh-3,${phone}`);
    expect(textOf(swap.text)).toContain("2 phone is another technician's");
  });

  test('an import under way holds up nobody whom its file does not name', async () => {
    await put('l-1', { name: 'Lena' });
    await put('l-2', { name: 'Luis', phone: '+12025550155' });
    await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
      await planImport(tx, 'externalId,name\nl-1,Lena Roth', facts, { isForGood: true });
      expect(await phoneAt(panel.deps, tenant, 'whatsapp:+12025550155').says('help')).toContain('MY WORK');
    });
  });

  test('5,000 lines at once are previewed and imported', async () => {
    const line = (index: number) =>
      `n-${index};Person number ${index};+1 650 ${String(2_530_000 + index).replace(/^(...)/, '$1 ')};person.${index}@example.com`;
    const csv = [
      'externalId;name;phone;email',
      ...Array.from({ length: 5000 }, (_, index) => line(index)),
    ].join('\n');
    const { status, text } = await preview(csv);
    expect(status).toBe(200);
    expect(textOf(text)).toContain('5000 created, 0 changed, 0 unchanged.');
    const done = await browser.post(path, { csv, what: 'import', seen: seenIn(text) });
    expect(done.status).toBe(303);
    const { technicians } = await panel.deps.store.tenant(tenant.tenantId, (tx) =>
      tx.technicians.everybody({ lock: [] }),
    );
    expect(technicians.filter(({ externalId }) => externalId.startsWith('n-'))).toHaveLength(5000);
    expect((await browser.post('/admin/technicians/-/new', { name: csv })).status).toBe(413);
  }, 30_000);
});
