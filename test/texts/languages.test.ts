import { describe, expect, test } from 'vitest';
import { type CommandName, commandNames, type News, type Reply } from '../../src/commands/command.ts';
import { parseCommand } from '../../src/commands/parse.ts';
import { en } from '../../src/texts/en.ts';
import { es } from '../../src/texts/es.ts';
import type { Language, Reader } from '../../src/texts/language.ts';
import { joinLanguages } from '../../src/texts/languages.ts';
import { order, reader } from './orders.ts';
import { digestOrders, fillings, newsCases, noticeKinds, noticeOrders, replyCases } from './values.ts';

/** A language as somebody would add it, all words marked, so that none of another language goes unseen. */
const pretend = {
  ...(mark(en) as Language),
  vocabulary: {
    words: Object.fromEntries(
      commandNames.map((name) => [name, [`QX${name.replace(' ', '')}`]]),
    ) as Language['vocabulary']['words'],
    hints: {},
    number: '{qxnumber}',
    all: ['QXALL'],
  },
};

function mark(value: unknown): unknown {
  if (typeof value === 'string') return `qx ${value.toLowerCase()}`;
  if (typeof value === 'function') return (...given: unknown[]) => mark(value(...given));
  if (Array.isArray(value)) return value.map(mark);
  return Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, mark(each)]));
}

const all = joinLanguages({ en, es, qx: pretend });
const english = joinLanguages({ en });

type Written = { what: string; text: string; order: boolean };

/** Every text there is, in that language and with those values. */
const everyText = (locale: string, filling: string): Written[] => {
  const to: Reader = { ...reader, locale };
  const values = fillings[filling]!;
  const hasOrder = (each: object) => 'order' in each && each.order !== null;
  return [
    ...Object.entries(replyCases(values)).flatMap(([key, cases]) =>
      (cases as object[]).map((each) => ({
        what: key,
        text: all.writeReply({ key, values: each, orders: [] } as unknown as Reply, to).text,
        order: hasOrder(each),
      })),
    ),
    ...Object.entries(newsCases(values)).flatMap(([key, cases]) =>
      (cases as object[]).map((each) => ({
        what: key,
        text: all.writeNews({ key, values: each, orderId: null } as unknown as News, to),
        order: hasOrder(each),
      })),
    ),
    ...noticeKinds.flatMap((kind) =>
      noticeOrders(values).map((each) => ({
        what: kind,
        text: all.writeNotice(kind, each, to),
        order: true,
      })),
    ),
    { what: 'digest', text: all.writeDigest(digestOrders(values), to), order: true },
    ...(['high', 'low'] as const).map((side) => ({
      what: `excursion, ${side}`,
      text: all.textsFor(locale).excursion({ metric: values.text, side, value: 1.5, limit: 1 }, locale),
      order: false,
    })),
    { what: 'stranger', text: all.textsFor(locale).stranger, order: false },
  ];
};

const inEvery = ['en', 'es', 'qx'].flatMap((locale) =>
  Object.keys(fillings).map((filling) => ({ locale, filling })),
);

describe.each(inEvery)('every text in $locale with $filling values', ({ locale, filling }) => {
  const texts = everyText(locale, filling);
  const sample = fillings[filling]!.order('assigned');

  test('can be sent', () => {
    for (const { what, text } of texts) {
      expect(text.length, what).toBeLessThanOrEqual(1600);
      expect(text.trim().length, what).toBeGreaterThan(0);
      expect(text.isWellFormed(), what).toBe(true);
      // Cut by its parts, not at its end.
      expect(text.endsWith('…') && text.length > 1500, what).toBe(false);
    }
  });

  test('holds nothing that was not meant to be read', () => {
    for (const { what, text } of texts) {
      expect(text, what).not.toMatch(/undefined|\[object|=>|NaN|Invalid|null/);
      expect(text, what).not.toMatch(/\n{3}/);
    }
  });

  test('names the order, and the asset', () => {
    for (const { what, text, order: named } of texts) {
      if (!named) continue;
      // Short enough to be whole in every text.
      expect(text, what).toContain([...sample.number].slice(0, 10).join(''));
      if (what === 'work-order.reminder') continue;
      const asset =
        sample.asset?.name ?? all.textsFor(locale).notices['work-order.unassigned'](sample, reader);
      if (sample.asset) expect(text, what).toContain([...asset].slice(0, 10).join(''));
    }
  });
});

describe.each(['en', 'es', 'qx'])('every text in %s', (locale) => {
  const keys = (written: Written[]) => written.map(({ what }) => what);

  test('is there', () => {
    expect(new Set(keys(everyText(locale, 'ordinary')))).toEqual(new Set(keys(everyText('en', 'ordinary'))));
  });

  test('says that an order has no asset', () => {
    const { noAsset } = { en, es, qx: pretend }[locale]!;
    for (const { what, text, order: named } of everyText(locale, 'empty')) {
      if (named && what !== 'work-order.reminder') expect(text, what).toContain(noAsset);
    }
  });
});

// What stands in capitals and is no command: labels, the sample's own words, abbreviations.
const noCommands = ['WO', 'OT', 'P'];
const capitals = /(?<![\p{L}\p{N}])\p{Lu}{2,}(?: (?:TRABAJOS|WORK))?(?![\p{L}])/gu;

const understoodAs = (text: string): CommandName | null => {
  const parsed = parseCommand(text, [...all.words.commands.keys()]);
  return parsed && parsed.rest === '' ? all.words.commands.get(parsed.word)! : null;
};

describe.each([
  ['en', en],
  ['es', es],
] as const)('the commands that are offered in %s', (locale, { vocabulary }) => {
  const offered = everyText(locale, 'ordinary').flatMap(({ what, text }) =>
    [...text.matchAll(capitals)]
      .map(([word]) => ({ what, word }))
      .filter(({ word }) => !noCommands.includes(word)),
  );

  test('are understood, and are words of that language', () => {
    for (const { what, word } of offered) {
      const command = understoodAs(word);
      expect(command, `${what}: ${word}`).not.toBeNull();
      expect(vocabulary.words[command!], `${what}: ${word}`).toContain(word);
    }
  });

  test('are all of them', () => {
    expect(new Set(offered.map(({ word }) => understoodAs(word)))).toEqual(new Set(commandNames));
  });
});

test('the same commands are offered in Spanish as in English', () => {
  const commandsIn = (locale: string) =>
    everyText(locale, 'ordinary').map(({ what, text }) => ({
      what,
      commands: [
        ...new Set(
          [...text.matchAll(capitals)].flatMap(([word]) =>
            noCommands.includes(word) ? [] : understoodAs(word),
          ),
        ),
      ].sort(),
    }));
  expect(commandsIn('es')).toEqual(commandsIn('en'));
});

test('the help tells every command but itself and MORE, which are offered where they are of use', () => {
  for (const [locale, { vocabulary }] of Object.entries({ en, es })) {
    const { text } = all.writeReply(
      { key: 'help', values: { name: 'Ana' }, orders: [] },
      { ...reader, locale },
    );
    for (const name of commandNames) {
      if (name !== 'HELP' && name !== 'MORE') expect(text).toContain(`*${vocabulary.words[name][0]}*`);
    }
  }
});

describe('buttons', () => {
  test.each(['en', 'es', 'qx'])('in %s have a title of their own that fits', (locale) => {
    const titles = Object.values(all.textsFor(locale).buttons);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title.length).toBeLessThanOrEqual(20);
  });

  test.each(Object.entries({ en, es }))(
    'in %s, but for the longer title of ACK, are the command',
    (_, language) => {
      for (const [action, title] of Object.entries(language.buttons)) {
        if (action !== 'ACK') expect(understoodAs(title)).toBe(action);
      }
    },
  );
});

describe('the language', () => {
  const stranger = (locale: string) => all.textsFor(locale).stranger;

  test.each(['es', 'es-MX', 'ES-ar', 'es-419'])('of %s is Spanish', (locale) => {
    expect(stranger(locale)).toBe(es.stranger);
  });

  test.each(['en', 'en-GB', 'pt', 'pt-BR', 'xx', 'est'])('of %s is English', (locale) => {
    expect(stranger(locale)).toBe(en.stranger);
  });

  test.each([
    ['es', 'en', 'es'],
    ['en', 'es', 'en'],
    ['es-MX', 'qx', 'es-MX'],
    [null, 'es-MX', 'es-MX'],
    [null, 'pt', 'pt'],
    ['pt', 'es-MX', 'es-MX'],
    ['pt', 'en', 'pt'],
    ['pt', 'xx', 'pt'],
  ])("of a person with %s in a tenant with %s is read as %s's", (own, tenant, locale) => {
    expect(all.localeFor(own, tenant)).toBe(locale);
  });
});

describe('a third language is one object', () => {
  test('whose words are understood beside the others', () => {
    for (const name of commandNames) expect(understoodAs(`QX${name.replace(' ', '')}`)).toBe(name);
    for (const [word, name] of english.words.commands) expect(understoodAs(word)).toBe(name);
  });

  test('whose texts are its own, in the same form', () => {
    const text = all.writeNotice('work-order.assigned', order(), { ...reader, locale: 'qx' });
    expect(text).toMatch(/^🔧 \*qx new work order assigned\*\n📋 \*qx wo#:\* WO-1042\n/u);
    expect(english.writeNotice('work-order.assigned', order(), { ...reader, locale: 'qx' })).toMatch(
      /New Work/,
    );
  });

  test('and which names a command by its own word', () => {
    const { text } = all.writeReply(
      { key: 'nothingToDo', values: { command: 'START' }, orders: [] },
      { ...reader, locale: 'qx' },
    );
    expect(text.toLowerCase()).toContain('nothing to qxstart');
  });
});

describe('in Spanish', () => {
  const to = { ...reader, locale: 'es' };
  const write = <Key extends Reply['key']>(key: Key, values: Extract<Reply, { key: Key }>['values']) =>
    all.writeReply({ key, values, orders: [] } as unknown as Reply, to).text;

  test('the assignment has its form', () => {
    expect(all.writeNotice('work-order.assigned', order(), to)).toBe(
      [
        '🔧 *Nueva orden de trabajo asignada*',
        '📋 *OT#:* WO-1042',
        '📝 *Título:* Replace the shaft seal',
        '🏭 *Equipo:* Feed Pump 3 (Hall B)',
        '⚡ *Prioridad:* Alta',
        '📅 *Vence:* 25 dic 2024',
        '',
        'Leaks when warm.',
        'Seal is on shelf 4.',
        '',
        '💬 *Responda con:*',
        '✅ ACEPTAR - Acusar recibo',
        '▶️ INICIAR - Comenzar el trabajo',
        '❓ AYUDA - Pedir ayuda',
      ].join('\n'),
    );
  });

  test.each([
    ['2024-12-24', 'Vence en 2 días'],
    ['2024-12-23', 'Vence en 1 día'],
    ['2024-12-22', 'Vence hoy'],
    ['2024-12-21', 'Vencida hace 1 día'],
    ['2024-12-12', 'Vencida hace 10 días'],
  ])('the reminder counts days: %s, %s', (on, counted) => {
    expect(all.writeNotice('work-order.reminder', order({ due: { on } }), to)).toContain(`\n⏳ ${counted}\n`);
  });

  test.each([
    ['es', '25 dic 2024', '14:30 25 dic'],
    ['es-MX', '25 dic 2024', '14:30 25 dic'],
    ['es-AR', '25 de dic de 2024', '14:30 25 dic'],
  ])('dates are those of %s', (locale, day, moment) => {
    const write = (scheduled: NonNullable<ReturnType<typeof order>['scheduled']>) =>
      all.writeNotice('maintenance.scheduled', order({ scheduled }), { ...to, locale });
    expect(write({ on: '2024-12-25' })).toContain(`*Fecha programada:* ${day}\n`);
    expect(write({ at: new Date('2024-12-25T14:30:00Z') })).toContain(`*Fecha programada:* ${moment}\n`);
  });

  test('numbers have their plurals', () => {
    expect(write('counts', { counts: { in_progress: 1, delayed: 1, acknowledged: 2, assigned: 2 } })).toMatch(
      /\(6\).*\n1 en curso\n1 retrasada\n2 aceptadas\n2 sin aceptar\n/,
    );
    const done = (others: number) => write('completed', { order: order(), others });
    expect(done(1)).toContain('1 otra orden espera: MIS TRABAJOS');
    expect(done(2)).toContain('2 otras órdenes esperan: MIS TRABAJOS');
  });

  test('an action is named by its Spanish word', () => {
    expect(write('nothingToDo', { command: 'START' })).toContain('ninguna para INICIAR');
    expect(
      write('whichOrder', { action: 'COMPLETE', rest: '', orders: [order()], from: 0, leftOver: null }),
    ).toContain('en esta lista para TERMINAR.');
  });

  test('what was asked for with a digit is told in the words of who reads it', () => {
    const news = (locale: string, what: string) =>
      all.writeNews(
        { key: 'work-order.needed', values: { order: order(), by: 'Ana', what }, orderId: null },
        { ...reader, locale },
      );
    expect(news('es', 'part')).toContain('“un repuesto”');
    expect(news('en', 'part')).toContain('“part”');
    expect(news('es', 'part 7')).toContain('“part 7”');
    expect(news('es', 'constructor')).toContain('“constructor”');
  });
});
