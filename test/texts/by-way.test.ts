import { describe, expect, test } from 'vitest';
import { type CommandName, commandNames, type News, type Reply } from '../../src/commands/command.ts';
import { parseCommand } from '../../src/commands/parse.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Way } from '../../src/domain/message.ts';
import { en } from '../../src/texts/en.ts';
import { es } from '../../src/texts/es.ts';
import type { Language, Reader } from '../../src/texts/language.ts';
import { textsFor, words, writeNews, writeNotice, writeReply, writeSubject } from '../../src/texts/texts.ts';
import { asset, order, reader } from './orders.ts';
import { fillings, newsCases, noticeKinds, noticeOrders, replyCases } from './values.ts';

type Written = { what: string; text: string; about: string | null };

const numberOf = (each: object): string | null => {
  if ('order' in each && each.order !== null) return (each.order as { number: string }).number;
  if ('orders' in each) return null;
  const { alert, alerts = [] } = each as { alert?: Alert; alerts?: (Alert | { alert: Alert })[] };
  const [only, ...more] = alert ? [alert] : alerts;
  return only && more.length === 0 ? ('alert' in only ? only.alert : only).externalId : null;
};

const to = (locale: string, way: Way): Reader => ({ ...reader, locale, way });

const repliesIn = (locale: string, filling: string): Written[] =>
  Object.entries(replyCases(fillings[filling]!)).flatMap(([key, cases]) =>
    (cases as object[]).map((values) => ({
      what: key,
      text: writeReply({ key, values, orders: [] } as unknown as Reply, to(locale, 'sms')).text,
      about: numberOf(values),
    })),
  );

const newsIn = (locale: string, way: Way, filling: string): Written[] =>
  Object.entries(newsCases(fillings[filling]!)).flatMap(([key, cases]) =>
    (cases as object[]).map((values) => ({
      what: key,
      text: writeNews({ key, values, orderId: null } as unknown as News, to(locale, way)),
      about: numberOf(values),
    })),
  );

const noticesIn = (locale: string, way: Way, filling: string): Written[] =>
  noticeKinds.flatMap((kind) =>
    noticeOrders(fillings[filling]!).map((each) => ({
      what: kind,
      text: writeNotice(kind, each, to(locale, way)),
      about: each.number,
    })),
  );

const languages: Record<string, Language> = { en, es };

// Those that need the number of an order behind them; what is said of HELP, STATUS and RESPONDING may be about none.
const aboutAnOrder: CommandName[] = ['ACK', 'START', 'COMPLETE', 'NOTE', 'DELAY', 'CONFIRM', 'NEED'];

// Twilio's own on text messages: they do something else there, whoever they are meant for.
const twilios = /\b(STOP|STOPALL|UNSUBSCRIBE|END|QUIT|CANCEL|REVOKE|OPTOUT|UNSTOP|YES|HELP|INFO)\b/;

const capitals = /(?<![\p{L}\p{N}])\p{Lu}{2,}(?![\p{L}])/gu;

/** What is offered and lacks the number of its order: that order's own, or of several any. */
const withoutNumber = (text: string, about: string | null, { vocabulary }: Language): string[] =>
  [...text.matchAll(capitals)].flatMap(({ 0: word, index }) => {
    const command = words.commands.get(word);
    if (!command || !aboutAnOrder.includes(command)) return [];
    const numbers = about ? [about] : ['WO-1042', vocabulary.number, vocabulary.number.replace('ú', 'u')];
    const behind = text.slice(index + word.length);
    return numbers.some((number) => behind.startsWith(` ${number}`)) ? [] : [`${word}${behind.slice(0, 12)}`];
  });

// There a word of START's, alone, is offered to turn notifications on again.
const onResuming = ['paused', 'resumed', 'started', 'help'];

/** One segment carries 153 of these; another character would make all of them 67. */
const gsm7 = /^[@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\n^{}\\[~\]|€]*$/;

const markup = /[*`]|(?<!\w)_|_(?!\w)/;

describe.each(Object.keys(languages))('every text message in %s', (locale) => {
  const language = languages[locale]!;
  const stranger = { what: 'stranger', text: textsFor(locale, 'sms').stranger, about: null };
  const kept = (['image', 'audio'] as const).map((kind) => ({
    what: 'kept',
    text: textsFor(locale, 'sms').kept({ kinds: [kind], onOrder: true }),
    about: null,
  }));
  const all = (filling: string) => [
    ...repliesIn(locale, filling),
    ...newsIn(locale, 'sms', filling),
    ...noticesIn(locale, 'sms', filling),
  ];
  const ordinary = [...all('ordinary'), stranger, ...kept];

  test('is plain: no emoji, no markup, and nothing that doubles its price', () => {
    for (const { what, text } of ordinary) {
      expect(text, what).toMatch(gsm7);
      expect(text, what).not.toMatch(markup);
    }
  });

  test("offers no word that is Twilio's there", () => {
    for (const { what, text } of ordinary) {
      expect(text, what).not.toMatch(twilios);
      expect(text.replace(/\bSTART (WO-\d+|\{number\})/g, ''), what).not.toMatch(/\bSTART\b/);
    }
  });

  test("carries the order's number in every instruction", () => {
    for (const { what, text, about } of ordinary) {
      const bare = withoutNumber(text, about, language);
      const [resumes = ''] = language.vocabulary.words.START.filter((word) => word !== 'START');
      const allowed = onResuming.includes(what) && bare.length === 1 && bare[0]!.startsWith(resumes);
      expect(allowed ? [] : bare, `${what}: ${text}`).toEqual([]);
    }
  });

  test('is short', () => {
    for (const filling of Object.keys(fillings)) {
      for (const { what, text } of repliesIn(locale, filling))
        expect(text.length, what).toBeLessThanOrEqual(1000);
      for (const { what, text } of newsIn(locale, 'sms', filling))
        expect(text.length, what).toBeLessThanOrEqual(800);
    }
    const long = { description: 'Seal leaks when warm. '.repeat(400), asset, title: 'x'.repeat(200) };
    for (const kind of noticeKinds) {
      expect(writeNotice(kind, order(long), to(locale, 'sms')).length, kind).toBeLessThanOrEqual(600);
    }
    for (const { what, text } of noticesIn(locale, 'sms', 'monstrous'))
      expect(text.length, what).toBeLessThanOrEqual(1000);
  });

  test('that offers a command offers one we understand, in its language', () => {
    for (const { what, text } of ordinary) {
      for (const [word] of text.matchAll(capitals)) {
        if (['WO', 'OT'].includes(word)) continue;
        const known = [...words.commands.keys()].some((each) => each.split(' ').includes(word));
        expect(known, `${what}: ${word}`).toBe(true);
      }
    }
  });
});

test('a text message that is cut short says how to read on', () => {
  const { text, shown } = writeReply(
    {
      key: 'orderDetail',
      values: { order: order({ description: 'Leaks. '.repeat(500) }), from: 0 },
      orders: [],
    },
    to('en', 'sms'),
  );
  expect(text).toContain('send MORE to read on');
  expect(shown).toBeLessThan(1000);
});

test('the assignment as a text message has its heading, labels and reply options', () => {
  expect(writeNotice('work-order.assigned', order(), to('en', 'sms'))).toBe(
    [
      'New Work Order Assigned',
      'WO#: WO-1042',
      'Title: Replace the shaft seal',
      'Asset: Feed Pump 3 (Hall B)',
      'Priority: High',
      'Due: Dec 25, 2024',
      '',
      'Leaks when warm.',
      'Seal is on shelf 4.',
      '',
      'Reply with:',
      'ACK WO-1042 - Acknowledge receipt',
      'START WO-1042 - Start work',
      'MENU WO-1042 - Request assistance',
    ].join('\n'),
  );
});

test('what the CMMS wrote keeps its words in a text message, at the lower price', () => {
  const text = writeNotice(
    'work-order.assigned',
    order({ title: 'Válvula “B” – 3 × ½…', description: null }),
    to('es', 'sms'),
  );
  expect(text).toContain('Titulo: Valvula "B" - 3 × ½...');
});

test('every command has a word that can be offered on text messages', () => {
  for (const language of Object.values(languages)) {
    for (const name of commandNames) {
      expect(
        language.vocabulary.words[name].filter((word) => !twilios.test(word) && word !== 'START'),
      ).not.toEqual([]);
    }
  }
});

describe.each(Object.keys(languages))('every mail in %s', (locale) => {
  const { answerWith } = languages[locale]!.mail;
  const all = [...newsIn(locale, 'email', 'ordinary'), ...noticesIn(locale, 'email', 'ordinary')];

  test('is plain', () => {
    for (const { what, text } of all) {
      expect(text, what).not.toMatch(/\p{Extended_Pictographic}|\*/u);
      expect(text, what).not.toMatch(/\n{3}/);
    }
  });

  test('says where to answer, with words that work there and the number', () => {
    for (const { what, text, about } of all) {
      expect(text, what).not.toMatch(twilios);
      expect(withoutNumber(text, about, languages[locale]!), what).toEqual([]);
    }
    const text = writeNotice('work-order.assigned', order(), to(locale, 'email'));
    const [, behind] = text.split(`\n\n${answerWith}\n`);
    const [first] = behind!.split('\n');
    expect(parseCommand(first!, [...words.commands.keys()])?.rest).toMatch(/^WO-1042 - /);
  });

  test('has a subject of one line, with the number', () => {
    for (const kind of [...noticeKinds, ...(Object.keys(newsCases(fillings.ordinary!)) as News['key'][])]) {
      const subject = writeSubject(kind, order(), to(locale, 'email'));
      expect(subject).toMatch(/^\p{Lu}[^\n*]+: WO-1042$/u);
      expect(subject).not.toMatch(/\p{Extended_Pictographic}/u);
    }
    expect(writeSubject('message.send', null, to(locale, 'email'))).toMatch(/^\p{Lu}[^\n:]+$/u);
  });
});

test('a mail shows a long description whole', () => {
  const description = 'Leaks when warm. '.repeat(500).trim();
  expect(writeNotice('work-order.assigned', order({ description }), to('en', 'email'))).toContain(
    description,
  );
});
