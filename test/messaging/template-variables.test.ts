import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanValue, fillIn, fitInto } from '../../src/messaging/template-variables.ts';
import { seed } from '../support/seed.ts';

describe('a value', () => {
  test.each([
    ['', '-'],
    ['  \n\t ', '-'],
    ['\u200b', '-'],
    ['Replace seal', 'Replace seal'],
    ['first line\nsecond line', 'first line · second line'],
    ['first\r\n\r\n\r\nsecond', 'first · second'],
    ['a\tb', 'a b'],
    ['a          b', 'a b'],
    ["it's", 'it’s'],
    ['{{1}}', '{ {1}}'],
    ['\u0000a\u0007b', 'ab'],
    ['\ud83d', '�'],
  ])('%j is sent as %j', (text, sent) => {
    expect(cleanValue(text)).toBe(sent);
  });

  test('is never what Twilio refuses or would fill in, whatever was written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom('', '\n', '\t', '     ', "'", '{{'),
        (text, more) => {
          const value = cleanValue(text + more + text);
          expect(value).not.toMatch(/[\n\r\t\v\f']| {5}|\{\{|^\s*$/);
          expect(cleanValue(value)).toBe(value);
          expect(value.isWellFormed()).toBe(true);
        },
      ),
      { seed },
    );
  });
});

describe('values in a body', () => {
  test('that fit are left as they are', () => {
    expect(fitInto('A {{1}} b {{2}} c', ['x', 'y'])).toEqual({ 1: 'x', 2: 'y' });
  });

  test('are shortened, the longest first, until they fit; what nobody reads is not', () => {
    const body = 'Title {{1}}, asset {{2}}.';
    const id = 'b'.repeat(150);
    const variables = fitInto(body, ['t'.repeat(3000), 'Pump 7', id], new Set([2]));
    expect(fillIn(body, variables)).toHaveLength(1024);
    expect(variables).toMatchObject({ 1: expect.stringMatching(/^t+…$/), 2: 'Pump 7', 3: id });
  });

  test('always fit, however long and however often they are used', () => {
    const words = fc.string({ maxLength: 2500 });
    fc.assert(
      fc.property(words, words, (one, two) => {
        const body = 'A {{1}} b {{2}} c {{ 1 }} d';
        const shown = fillIn(body, fitInto(body, [cleanValue(one), cleanValue(two)]));
        expect(shown.length).toBeLessThanOrEqual(1024);
      }),
      { numRuns: 50, seed },
    );
  });

  test('leave room for a body that nobody has told yet', () => {
    expect(fitInto(null, ['x'.repeat(2000)])[1]!.length).toBe(600);
  });
});
