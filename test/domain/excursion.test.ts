import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { follow, type Limits, nameExcursion, untilBack, type Watched } from '../../src/domain/excursion.ts';
import { seed } from '../support/seed.ts';

const start: Watched = { lastAt: null, excursion: null };
const minute = (n: number) => new Date(Date.UTC(2026, 10, 22, 14, n));

/** One letter for each reading: out past the high limit, past the low one, or neither. */
const sides = (limits: Partial<Limits>, ...values: number[]): string => {
  let watched = start;
  return values
    .map((value, n) => {
      watched = follow({ high: null, low: null, clear: null, ...limits }, watched, [
        { value, at: minute(n) },
      ]).watched;
      return watched.excursion === null ? '-' : { high: 'H', low: 'L' }[watched.excursion.side];
    })
    .join('');
};

describe('a metric is out from past its limit until it is back', () => {
  test.each<[string, Partial<Limits>, number[], string]>([
    ['at the high limit nothing is out yet', { high: 80 }, [79, 80, 80.1, 80.01, 80, 81], '--HH-H'],
    ['at the low limit nothing is out yet', { low: 10 }, [11, 10, 9.9, 9.99, 10, 9], '--LL-L'],
    ['with clear: back at or below it', { high: 80, clear: 75 }, [81, 80, 75.1, 75, 80, 81], 'HHH--H'],
    ['with clear: back at or above it', { low: 10, clear: 12 }, [9, 10, 11.9, 12, 10, 9], 'LLL--L'],
    ['both limits', { high: 80, low: 10 }, [45, 81, 45, 9, 45], '-H-L-'],
    ['from one limit past the other', { high: 80, low: 10 }, [81, 9, 81, 45], 'HLH-'],
    ['both, clear near the high one', { high: 80, low: 10, clear: 75 }, [81, 76, 75, 9, 14.9, 15], 'HH-LL-'],
    ['both, clear near the low one', { high: 80, low: 10, clear: 15 }, [81, 75.1, 75, 9, 14.9, 15], 'HH-LL-'],
    ['both, clear in the middle', { high: 80, low: 10, clear: 45 }, [81, 46, 45, 9, 44, 45], 'HH-LL-'],
    ['both, clear at a limit', { high: 80, low: 10, clear: 80 }, [81, 80, 9, 10], 'H-L-'],
    ['distances are decimal', { high: 0.8, low: 0.1, clear: 0.6 }, [0.05, 0.3], 'L-'],
    ['a limit of nothing', { high: 0, clear: -1 }, [1, 0, -1, 0], 'HH--'],
    ['limits below nothing', { high: -10, low: -80, clear: -15 }, [-9, -14, -15, -81, -76, -75], 'HH-LL-'],
  ])('%s', (_says, limits, values, expected) => {
    expect(sides(limits, ...values)).toBe(expected);
  });
});

test('an excursion begins with the value and the limit it passed, and ends with the moment it was back', () => {
  const limits = { high: 80, low: null, clear: 75 };
  const readings = [70, 93, 95, 74].map((value, n) => ({ value, at: minute(n) }));
  expect(follow(limits, start, readings)).toEqual({
    watched: { lastAt: minute(3), excursion: null },
    turns: [
      { kind: 'began', at: minute(1), side: 'high', value: 93, limit: 80 },
      { kind: 'ended', at: minute(3) },
    ],
  });
});

describe('limits that change during an excursion count from the next reading on', () => {
  const out: Watched = { lastAt: minute(0), excursion: { side: 'high', since: minute(0) } };
  const after = (limits: Partial<Limits>, value: number) =>
    follow({ high: null, low: null, clear: null, ...limits }, out, [{ value, at: minute(1) }]);

  test.each<[string, Partial<Limits>, number, string[]]>([
    ['wider: it is back', { high: 100 }, 90, ['ended']],
    ['narrower: it is the same one', { high: 60 }, 70, []],
    ['without that limit: it is over', { low: 10 }, 90, ['ended']],
    ['the other limit instead: another one begins', { low: 95 }, 90, ['ended', 'began']],
  ])('%s', (_says, limits, value, kinds) => {
    expect(after(limits, value).turns.map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('readings are dealt with until the metric is back', () => {
  const of = { high: 8, low: 4, clear: null };
  const out: Watched = { lastAt: minute(0), excursion: { side: 'high', since: minute(0) } };
  test.each<[string, Watched, number[], number]>([
    ['all, while nothing happens', start, [5, 6, 7], 3],
    ['all, where it stays out', start, [5, 9, 9], 3],
    ['all, where it only comes back', out, [9, 5, 5], 3],
    ['the first time it was out', start, [5, 9, 9, 5, 9, 5], 4],
    ['the first time it was out after it was back', out, [5, 9, 5, 9, 5], 3],
    ['not between the limits on two sides', start, [9, 3, 9, 5, 9], 4],
  ])('%s', (_says, watched, values, count) => {
    const readings = values.map((value, n) => ({ value, at: minute(n + 1) }));
    expect(untilBack(of, watched, readings)).toHaveLength(count);
    expect(untilBack(of, watched, readings.toReversed())).toHaveLength(count);
  });
});

/** Values around the limits, at moments that are seldom apart. */
const reading = fc.record({
  value: fc.integer({ min: 0, max: 12 }),
  minute: fc.integer({ min: 0, max: 30 }),
});
const limits = fc.constantFrom<Limits>(
  { high: 8, low: null, clear: 6 },
  { high: 8, low: null, clear: null },
  { high: null, low: 4, clear: 5 },
  { high: 8, low: 4, clear: 7 },
);

/** Plainly, one reading after the other, with where it is back written out. */
const reference = (of: Limits, all: { value: number; minute: number }[]): string[] => {
  const highBack = of.clear ?? of.high;
  const lowBack = of.high === null ? (of.clear ?? of.low) : of.low! + (of.high - (of.clear ?? of.high));
  const began: string[] = [];
  let out: string | null = null;
  let last = -1;
  for (const { value, minute: at } of all) {
    if (at <= last) continue;
    last = at;
    if (out === 'high' && value <= highBack!) out = null;
    if (out === 'low' && value >= lowBack!) out = null;
    if (out !== null) continue;
    if (of.high !== null && value > of.high) out = 'high';
    else if (of.low !== null && value < of.low) out = 'low';
    if (out !== null) began.push(`${out} ${at}`);
  }
  return began;
};

test('any readings, sent in any batches, twice and out of order: one beginning for each excursion', () => {
  fc.assert(
    fc.property(limits, fc.array(fc.array(reading, { maxLength: 8 }), { maxLength: 8 }), (of, drawn) => {
      // One sensor has one value at a time.
      const valueAt = new Map<number, number>();
      for (const each of drawn.flat()) if (!valueAt.has(each.minute)) valueAt.set(each.minute, each.value);
      const batches = drawn.map((batch) =>
        batch.map((each) => ({ ...each, value: valueAt.get(each.minute)! })),
      );

      let watched = start;
      const began: string[] = [];
      let isOut = false;
      for (const batch of batches) {
        const readings = batch.map(({ value, minute: at }) => ({ value, at: minute(at) }));
        const { watched: next, turns } = follow(of, watched, readings);
        for (const turn of turns) {
          expect(turn.kind).toBe(isOut ? 'ended' : 'began');
          isOut = !isOut;
          if (turn.kind === 'began') began.push(`${turn.side} ${turn.at.getUTCMinutes()}`);
        }
        // The same once more, turned round: nothing.
        expect(follow(of, next, [...readings].reverse())).toEqual({ watched: next, turns: [] });
        watched = next;
      }
      expect(isOut).toBe(watched.excursion !== null);
      const inOrder = batches.flatMap((batch) => [...batch].sort((one, other) => one.minute - other.minute));
      expect(began).toEqual(reference(of, inOrder));
    }),
    { seed },
  );
});

describe('the alert of an excursion is called', () => {
  const at = new Date('2026-11-22T14:30:00Z');

  test('after asset, metric and moment', () => {
    expect(nameExcursion('pump-7', 'temperature', at)).toBe('pump-7:temperature:2026-11-22T14:30:00Z');
    expect(nameExcursion('pump-7', 'temperature', new Date(at.getTime() + 5))).toBe(
      'pump-7:temperature:2026-11-22T14:30:00.005Z',
    );
  });

  test('by at most 64 characters, whole ones, and still its own', () => {
    const long = 'P'.repeat(63);
    const names = [
      ...[nameExcursion(`${long}1`, 'temperature', at), nameExcursion(`${long}2`, 'temperature', at)],
      ...[nameExcursion('a:b', 'c', at), nameExcursion('a', 'b:c', at)],
      ...[nameExcursion('😀'.repeat(64), '𝜗'.repeat(64), at), nameExcursion('P', '𝜗'.repeat(64), at)],
      nameExcursion(long, 'temperature', new Date(at.getTime() + 5)),
    ];
    for (const name of names) {
      expect([...name].length).toBeLessThanOrEqual(64);
      expect(name.isWellFormed()).toBe(true);
      expect(name).toContain('2026-11-22T14:30:00');
    }
    expect(names[0]).toMatch(/^P+:temperature:2026-11-22T14:30:00Z:[0-9a-f]{10}$/);
    expect(new Set(names).size).toBe(names.length);
  });
});
