import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shorten } from '../../src/texts/shorten.ts';
import { seed } from '../support/seed.ts';

test.each([
  ['pump', 4, 'pump'],
  ['pumps', 4, 'pum…'],
  ['pump 3', 6, 'pump 3'],
  ['pump 33', 6, 'pump…'],
  ['😀😀', 4, '😀😀'],
  ['😀😀x', 4, '😀…'],
  ['x😀😀', 4, 'x😀…'],
  ['', 4, ''],
])('%j in %i is %j', (text, length, short) => {
  expect(shorten(text, length)).toBe(short);
});

test('it is never longer, and never half a character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, length) => {
        const short = shorten(text, length);
        expect(short.length).toBeLessThanOrEqual(length);
        expect(short.isWellFormed()).toBe(true);
        if (text.length <= length) expect(short).toBe(text);
      },
    ),
    { seed },
  );
});
