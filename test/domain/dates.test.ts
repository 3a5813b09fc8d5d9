import { describe, expect, test } from 'vitest';
import { atTime, dayOf, daysUntil, dueDay, endOfDay, isTimeZone } from '../../src/domain/dates.ts';

const berlin = 'Europe/Berlin';
const at = (moment: string) => ({ at: new Date(moment) });

describe('a moment is another day elsewhere', () => {
  test.each([
    ['UTC', '2026-12-22'],
    ['America/New_York', '2026-12-22'],
    [berlin, '2026-12-23'],
    ['Asia/Tokyo', '2026-12-23'],
    ['Pacific/Kiritimati', '2026-12-23'],
    ['Pacific/Pago_Pago', '2026-12-22'],
  ])('%s', (timeZone, day) => {
    expect(dayOf(new Date('2026-12-22T23:30:00Z'), timeZone)).toBe(day);
    expect(dueDay(at('2026-12-22T23:30:00Z'), timeZone)).toBe(day);
    expect(dueDay({ on: '2026-12-22' }, timeZone)).toBe('2026-12-22');
  });
});

describe('daysUntil counts calendar days in the zone', () => {
  test.each([
    { due: { on: '2026-12-22' }, now: '2026-12-22T00:00:00Z', timeZone: 'UTC', days: 0 },
    { due: { on: '2026-12-22' }, now: '2026-12-22T23:59:59.999Z', timeZone: 'UTC', days: 0 },
    { due: { on: '2026-12-23' }, now: '2026-12-22T23:59:59.999Z', timeZone: 'UTC', days: 1 },
    { due: { on: '2026-12-21' }, now: '2026-12-22T00:00:00Z', timeZone: 'UTC', days: -1 },
    { due: { on: '2026-12-22' }, now: '2026-12-22T23:30:00Z', timeZone: berlin, days: -1 },
    { due: at('2026-12-22T23:30:00Z'), now: '2026-12-22T09:00:00Z', timeZone: berlin, days: 1 },
    { due: at('2026-12-22T23:30:00Z'), now: '2026-12-22T09:00:00Z', timeZone: 'UTC', days: 0 },
    { due: { on: '2027-01-01' }, now: '2026-12-25T12:00:00Z', timeZone: 'UTC', days: 7 },
    { due: { on: '2028-03-01' }, now: '2028-02-28T12:00:00Z', timeZone: 'UTC', days: 2 },
    // Over the nights in which Berlin's clocks change: the days have 23 and 25 hours.
    { due: { on: '2026-03-30' }, now: '2026-03-28T22:30:00Z', timeZone: berlin, days: 2 },
    { due: { on: '2026-03-29' }, now: '2026-03-28T23:30:00Z', timeZone: berlin, days: 0 },
    { due: { on: '2026-10-26' }, now: '2026-10-24T22:30:00Z', timeZone: berlin, days: 1 },
    { due: { on: '2026-10-26' }, now: '2026-10-25T22:59:00Z', timeZone: berlin, days: 1 },
    { due: { on: '2026-10-26' }, now: '2026-10-25T23:00:00Z', timeZone: berlin, days: 0 },
  ])('$due, $now in $timeZone: $days', ({ due, now, timeZone, days }) => {
    expect(daysUntil(due, timeZone, new Date(now))).toBe(days);
  });
});

describe('a time of day', () => {
  test.each([
    ['2026-03-28', '08:00', berlin, '2026-03-28T07:00:00.000Z'],
    ['2026-03-29', '08:00', berlin, '2026-03-29T06:00:00.000Z'],
    ['2026-10-25', '08:00', berlin, '2026-10-25T07:00:00.000Z'],
    ['2026-12-22', '08:00', 'America/New_York', '2026-12-22T13:00:00.000Z'],
    ['2026-12-22', '08:00', 'Asia/Kolkata', '2026-12-22T02:30:00.000Z'],
    // 02:30 did not exist: the clock went from 02:00 to 03:00.
    ['2026-03-29', '02:30', berlin, '2026-03-29T01:30:00.000Z'],
    ['2026-03-08', '02:30', 'America/New_York', '2026-03-08T07:30:00.000Z'],
  ])('%s %s in %s', (day, time, timeZone, moment) => {
    expect(atTime(day, time, timeZone).toISOString()).toBe(moment);
  });

  test('one that comes twice is one of the two', () => {
    expect(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']).toContain(
      atTime('2026-10-25', '02:30', berlin).toISOString(),
    );
  });
});

describe('the end of a day is its last millisecond', () => {
  test.each([
    ['2026-12-22', 'UTC', '2026-12-22T23:59:59.999Z'],
    ['2026-03-29', berlin, '2026-03-29T21:59:59.999Z'],
    ['2026-10-25', berlin, '2026-10-25T22:59:59.999Z'],
    // Beirut's clocks change at midnight, so that this day begins at 01:00.
    ['2026-03-29', 'Asia/Beirut', '2026-03-29T20:59:59.999Z'],
  ])('%s in %s', (day, timeZone, moment) => {
    expect(endOfDay(day, timeZone).toISOString()).toBe(moment);
  });
});

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['', false],
])('isTimeZone(%j) is %s', (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});
