import { describe, expect, test } from 'vitest';
import {
  byUrgency,
  isNotReading,
  type ReminderRule,
  reminderDue,
  reminderWindows,
} from '../../src/domain/reminder.ts';
import { orderStatuses, type Priority, type When } from '../../src/domain/work-order.ts';

const rule = (
  id: string,
  days: number,
  at = '08:00',
  priorities: Priority[] | null = null,
): ReminderRule => ({
  ...{ id, days, at, priorities },
});
const dayBefore = rule('one-day-before', 1);

const order = {
  due: { on: '2026-12-23' },
  status: 'assigned',
  assigneeId: 'ana',
  priority: 'high',
} as const;
const due = (timeZone: string, now: string, changed: Partial<Parameters<typeof reminderDue>[0]> = {}) =>
  reminderDue({ ...order, ...changed }, [dayBefore], timeZone, new Date(now));

test('the day before at eight, the reminder is due until the end of that day', () => {
  expect(due('Europe/Berlin', '2026-12-22T07:00:00Z')).toEqual({
    rules: ['one-day-before'],
    dueOn: '2026-12-23',
    sentOn: '2026-12-22',
    expiresAt: new Date('2026-12-22T22:59:59.999Z'),
  });
});

describe('in each zone at its own hour', () => {
  test.each([
    ['UTC', '2026-12-22T08:00:00Z', '2026-12-22T23:59:59.999Z'],
    ['Europe/Berlin', '2026-12-22T07:00:00Z', '2026-12-22T22:59:59.999Z'],
    ['America/Los_Angeles', '2026-12-22T16:00:00Z', '2026-12-23T07:59:59.999Z'],
    ['Pacific/Auckland', '2026-12-21T19:00:00Z', '2026-12-22T10:59:59.999Z'],
    ['Asia/Kolkata', '2026-12-22T02:30:00Z', '2026-12-22T18:29:59.999Z'],
  ])('%s: not before %s, not after %s', (timeZone, first, last) => {
    const shifted = (moment: string, ms: number) => new Date(Date.parse(moment) + ms).toISOString();
    expect(due(timeZone, shifted(first, -1))).toBeNull();
    expect(due(timeZone, first)).not.toBeNull();
    expect(due(timeZone, last)).not.toBeNull();
    expect(due(timeZone, shifted(last, 1))).toBeNull();
  });
});

describe('on no other day', () => {
  test.each(['2026-12-21T12:00:00Z', '2026-12-23T12:00:00Z', '2026-12-24T12:00:00Z', '2026-11-22T12:00:00Z'])(
    '%s',
    (now) => {
      expect(due('UTC', now)).toBeNull();
    },
  );
});

test('a moment is due on the day it is for the reader', () => {
  const atNight = { due: { at: new Date('2026-12-23T23:30:00Z') } };
  expect(due('UTC', '2026-12-22T12:00:00Z', atNight)).toMatchObject({ dueOn: '2026-12-23' });
  expect(due('Europe/Berlin', '2026-12-22T12:00:00Z', atNight)).toBeNull();
  expect(due('Europe/Berlin', '2026-12-23T12:00:00Z', atNight)).toMatchObject({ dueOn: '2026-12-24' });
});

test.each(orderStatuses)('a closed order is not reminded of: %s', (status) => {
  const isClosed = status === 'completed' || status === 'cancelled';
  expect(due('UTC', '2026-12-22T12:00:00Z', { status }) === null).toBe(isClosed);
});

test('without a due date or a technician there is nothing to remind of', () => {
  expect(due('UTC', '2026-12-22T12:00:00Z', { due: null })).toBeNull();
  expect(due('UTC', '2026-12-22T12:00:00Z', { assigneeId: null })).toBeNull();
});

const usual = [rule('two', 2), rule('one', 1), rule('zero', 0), rule('overdue', -1)];

describe('each day has the rules that ask for it', () => {
  test.each<[string, ReminderRule[], string, string[] | null]>([
    ['three days before', usual, '2026-12-20T08:00:00Z', null],
    ['two days before', usual, '2026-12-21T08:00:00Z', ['two']],
    ['one day before', usual, '2026-12-22T08:00:00Z', ['one']],
    ['on the day', usual, '2026-12-23T08:00:00Z', ['zero']],
    ['the day after', usual, '2026-12-24T08:00:00Z', ['overdue']],
    ['a year after', usual, '2027-12-24T08:00:00Z', ['overdue']],
    ['before the hour', usual, '2026-12-24T07:59:59Z', null],
    ['overdue for two days, from the third on', [rule('late', -3)], '2026-12-25T08:00:00Z', null],
    ['overdue for three days', [rule('late', -3)], '2026-12-26T08:00:00Z', ['late']],
    ['overdue for four days', [rule('late', -3)], '2026-12-27T08:00:00Z', ['late']],
    ['several at once', [...usual, rule('late', -3)], '2026-12-26T08:00:00Z', ['overdue', 'late']],
    [
      'several at different hours, at the first of them',
      [rule('noon', 0, '12:00'), rule('early', 0, '06:00')],
      '2026-12-23T06:00:00Z',
      ['noon', 'early'],
    ],
    ['for its priority', [rule('high', 0, '08:00', ['high'])], '2026-12-23T08:00:00Z', ['high']],
    ['for another priority', [rule('low', 0, '08:00', ['low', 'medium'])], '2026-12-23T08:00:00Z', null],
    ['without rules', [], '2026-12-23T08:00:00Z', null],
  ])('%s', (_, rules, now, expected) => {
    expect(reminderDue(order, rules, 'UTC', new Date(now))?.rules ?? null).toEqual(expected);
  });
});

describe('what is looked for holds every order that is due, and no other day', () => {
  const zones = [
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Australia/Sydney',
    'Asia/Kathmandu',
    'America/Santiago',
  ];
  test.each(zones)('%s', (zone) => {
    // Over both changes of the clock, by hours, so that every edge of a day is met.
    for (const from of ['2026-03-06', '2026-04-03', '2026-09-04', '2026-10-02', '2026-10-23', '2026-10-30']) {
      for (let hour = 0; hour < 96; hour += 3) {
        const now = new Date(Date.parse(`${from}T00:15:00Z`) + hour * 3_600_000);
        const windows = reminderWindows(usual, zone, now);
        for (let distance = -3; distance <= 3; distance++) {
          const at = new Date(now.getTime() + distance * 86_400_000 + ((hour * 7) % 24) * 3_600_000);
          const dues: When[] = [{ at }, { on: at.toISOString().slice(0, 10) }];
          for (const due of dues) {
            const found = windows
              .filter((window) =>
                'at' in due
                  ? (!window.fromAt || due.at >= window.fromAt) && due.at < window.toAt
                  : (!window.fromOn || due.on >= window.fromOn) && due.on < window.toOn,
              )
              .map((window) => window.rule);
            expect(found).toEqual(reminderDue({ ...order, due }, usual, zone, now)?.rules ?? []);
          }
        }
      }
    }
  });
});

test('the most urgent is the one that is due first, then the one of higher priority', () => {
  const orders = [
    { number: 'WO-10', priority: 'low', due: { on: '2026-12-22' } },
    { number: 'WO-9', priority: 'low', due: { on: '2026-12-22' } },
    { number: 'WO-1', priority: 'critical', due: { at: new Date('2026-12-22T23:30:00Z') } },
    { number: 'WO-2', priority: 'high', due: { on: '2026-12-22' } },
    { number: 'WO-3', priority: 'low', due: { on: '2026-12-20' } },
  ] as const;
  const sorted = (zone: string) => [...orders].sort(byUrgency(zone)).map(({ number }) => number);
  expect(sorted('UTC')).toEqual(['WO-3', 'WO-1', 'WO-2', 'WO-9', 'WO-10']);
  expect(sorted('Europe/Berlin')).toEqual(['WO-3', 'WO-2', 'WO-9', 'WO-10', 'WO-1']);
});

test.each([
  [{ left: 3, anyRead: false, wroteSince: false }, true],
  [{ left: 2, anyRead: false, wroteSince: false }, false],
  [{ left: 3, anyRead: true, wroteSince: false }, false],
  [{ left: 3, anyRead: false, wroteSince: true }, false],
])('somebody whose last reminders are %j is not reading: %s', (last, expected) => {
  expect(isNotReading(last)).toBe(expected);
});
