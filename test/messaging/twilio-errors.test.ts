import { describe, expect, test } from 'vitest';
import type { Then } from '../../src/messaging/provider.ts';
import { againAfterMs, isContentFault, meaningOf } from '../../src/messaging/twilio-errors.ts';

// What Twilio's error dictionary says should follow, for each code that can come in an answer or a callback.
const codes: Record<Then, number[]> = {
  retry: [20429, 21611, 30001, 30003, 30008, 63009, 63010, 63012, 63017, 63018, 63019, 63023, 63029, 63038],
  template: [63016],
  'other-way': [63003, 63014, 63024, 63032, 63033],
  stop: [21211, 21610, 21612, 21614, 30004, 30005, 30006, 63015],
  fix: [
    20003, 20404, 21212, 21408, 21602, 21603, 21604, 21606, 21607, 21608, 21609, 21617, 21619, 21620, 21623,
    21654, 21655, 21656, 21658, 21703, 21705, 30002, 30007, 30034, 30036, 30410, 30450, 30610, 30640, 35115,
    63001, 63002, 63005, 63006, 63007, 63008, 63011, 63013, 63020, 63021, 63022, 63025, 63026, 63027, 63028,
    63030, 63031, 63034, 63049, 63051, 63112, 92002, 92007, 92009,
  ],
};

describe.each(Object.entries(codes) as [Then, number[]][])('%s', (next, all) => {
  test.each(all)('%i', (code) => {
    const meaning = meaningOf(String(code));
    expect(meaning.next).toBe(next);
    // In plain words: what it is, not just its number.
    expect(meaning.text).toMatch(/^\S+ \S+ /);
    expect(meaning.text).not.toContain(String(code));
  });
});

const minute = 60_000;
test.each([21611, 30001, 30003, 63017, 63018, 63038])('%i is tried again until it passes', (code) => {
  expect([0, 1, 2, 3, 4, 5, 30].map((times) => againAfterMs(String(code), times))).toEqual([
    10_000,
    minute,
    5 * minute,
    15 * minute,
    60 * minute,
    60 * minute,
    60 * minute,
  ]);
});

test.each([30008, 63009, 63010, 63012, 63019, 63023, 63029])('%i is tried once more', (code) => {
  expect([0, 1].map((times) => againAfterMs(String(code), times))).toEqual([10_000, null]);
});

test.each(['63999', '63048', '99999', 'unknown', 'constructor', ''])(
  'the unknown code %j is not tried again',
  (code) => {
    expect(meaningOf(code)).toEqual({ next: 'fix', text: `Twilio's error ${code}` });
  },
);

test.each(['20404', '21655', '21656', '63013', '63021', '63028', '92007', '99999', null])(
  'content may be to blame for %s',
  (code) => {
    expect(isContentFault(code)).toBe(true);
  },
);

test.each(['20003', '20429', '21211', '21610', '63003', '63007', '63016', '63018', '63024', '63029'])(
  'plain text would do no better after %s',
  (code) => {
    expect(isContentFault(code)).toBe(false);
  },
);
