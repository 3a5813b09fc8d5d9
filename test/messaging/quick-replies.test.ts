import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto.ts';
import { type QuickReply, toQuickReply } from '../../src/messaging/quick-replies.ts';
import { seed } from '../support/seed.ts';

const buttons = [
  { title: 'Start', id: 'rbm1.a' },
  { title: 'Help', id: 'rbm1.b' },
];

/** As the provider puts it together for the phone. */
const fillIn = (body: string, variables: Record<string, string>) =>
  body.replace(/\{\{(\d+)\}\}/g, (_, number) => variables[number]!);

const textOf = (text: string) => toQuickReply(text, buttons)?.text;

test('each line that says something is one variable, the empty ones stay, the ids come last', () => {
  const reply = toQuickReply('🔧 *New*\nWO-1\n\nSeal leaks', buttons)!;
  expect(reply.text).toBe('🔧 *New*\nWO-1\n\nSeal leaks');
  expect(reply.definition).toEqual({
    body: '{{1}}\n{{2}}\n\n{{3}}',
    buttons: [
      { title: 'Start', id: '{{4}}' },
      { title: 'Help', id: '{{5}}' },
    ],
    variableCount: 5,
  });
  expect(reply.variables).toEqual({ 1: '🔧 *New*', 2: 'WO-1', 3: 'Seal leaks', 4: 'rbm1.a', 5: 'rbm1.b' });
  expect(reply.shape).toBe(sha256(JSON.stringify(reply.definition)).toString('hex'));
});

test('messages of one form share their content, and no others do', () => {
  const shape = (text: string, given = buttons) => toQuickReply(text, given)!.shape;
  const one = shape('a\nb\n\nc');
  expect(shape('WO-2\nPump\n \nDescription', [{ ...buttons[0]!, id: 'x' }, buttons[1]!])).toBe(one);
  for (const other of [
    shape('a\nb\nc'),
    shape('a\nb\n\nc\nd'),
    shape('a\n\nb\nc'),
    shape('a\nb\n\nc', [buttons[1]!, buttons[0]!]),
    shape('a\nb\n\nc', [buttons[0]!]),
    shape('a\nb\n\nc', [{ ...buttons[0]!, title: 'Iniciar' }, buttons[1]!]),
  ]) {
    expect(other).not.toBe(one);
  }
});

test.each([
  ["don't", 'don’t'],
  ['a\tb', 'a b'],
  ['a    b', 'a    b'],
  ['a     b', 'a    b'],
  ['a \t\t \t\t b', 'a    b'],
  ['a  \u0007  \u0007  b', 'a    b'],
  ['a\r\nb\rc', 'a\nb\nc'],
  ['a\u2028b\u2029c\u0085d\ve', 'a\nb\nc\nd\ne'],
  ['  a  \n b ', 'a\nb'],
  ['\n\na\n \n\t\n\u200b\nb\n\n', 'a\n\n\n\nb'],
  ['a\0b\u0007', 'ab'],
  ['a\ud800', 'a\ufffd'],
  ['👩‍🔧 "q" \\ {1}', '👩‍🔧 "q" \\ {1}'],
])('what Twilio refuses in a value is replaced: %j is shown as %j', (text, shown) => {
  expect(textOf(text)).toBe(shown);
});

describe('goes as plain text', () => {
  test.each([
    ['nothing', ''],
    ['only blanks', ' \n\t\n\u200b'],
    ['over 1,024 characters', 'x'.repeat(1025)],
    ['over 1,024 characters in many lines', 'xxxxxxxxxxxxxxx\n'.repeat(65)],
    ['more than 100 variables', 'x\n'.repeat(99)],
    ['what looks like a variable', 'Replace {{2}}'],
  ])('%s', (_, text) => {
    expect(toQuickReply(text, buttons)).toBeNull();
  });

  test('but what just fits does not', () => {
    expect(textOf('x'.repeat(1024))).toHaveLength(1024);
    expect(textOf(` ${'x'.repeat(1024)} \n`)).toHaveLength(1024);
    expect(toQuickReply('x\n'.repeat(98), buttons)!.definition.variableCount).toBe(100);
  });

  const [one, two] = [
    { title: '1', id: '1' },
    { title: '2', id: '2' },
  ];
  test.each([
    ['no button', []],
    ['more than three buttons', [one, two, { title: '3', id: '3' }, { title: '4', id: '4' }]],
    ['two of one title', [one, { ...two, title: '1' }]],
    ['a title that is too long', [{ title: 'x'.repeat(21), id: '1' }]],
    ['a title without anything to see', [{ title: ' ', id: '1' }]],
    ['a title of two lines', [{ title: 'a\nb', id: '1' }]],
    ['an id that is too long', [{ title: '1', id: 'x'.repeat(201) }]],
    ['an id that is empty', [{ title: '1', id: '' }]],
    ['an id that would be changed', [{ title: '1', id: "it's" }]],
    ['a title with a variable', [{ title: '{{1}}', id: '1' }]],
  ])('with %s', (_, given) => {
    expect(toQuickReply('Hello', given)).toBeNull();
  });

  test('three buttons with titles of 20 are fine', () => {
    const given = ['a', 'b', 'c'].map((letter) => ({ title: letter.repeat(20), id: letter.repeat(200) }));
    expect(toQuickReply('Hello', given)).not.toBeNull();
  });
});

test('whatever the text, the phone shows what is stored, and no value is one that Twilio refuses', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '\n',
      '\r\n',
      '\t',
      '     ',
      "'",
      '{{1}}',
      '{',
      '\u2028',
      '\u200b',
      '\u00a0',
      'WO-1',
      '💬',
      '"',
      '\\',
    ),
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const reply: QuickReply | null = toQuickReply(text, buttons);
      if (!reply) return;
      const { body, variableCount } = reply.definition;
      expect(fillIn(body, reply.variables)).toBe(reply.text);
      expect(Object.keys(reply.variables)).toHaveLength(variableCount);
      expect(body.replaceAll(/\{\{\d+\}\}/g, '').replaceAll('\n', '')).toBe('');
      for (const value of Object.values(reply.variables)) {
        expect(value).toMatch(/^\S(.*\S)?$/u);
        expect(value).not.toMatch(/[\p{Cc}\p{Cs}'\u2028\u2029]|\s{5}/u);
        expect(value).not.toMatch(/\{\{\d+\}\}/);
        expect(value.replace(/[\s\p{Cf}]/gu, '')).not.toBe('');
      }
      // Cleaning what is clean changes nothing: the next look at the provider compares the same.
      expect(toQuickReply(reply.text, buttons)).toEqual(reply);
    }),
    { numRuns: 3000, seed },
  );
});
