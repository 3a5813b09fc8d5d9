import { describe, expect, test } from 'vitest';
import { dayBefore, reminderDue } from '../../src/domain/reminder.ts';
import { orderStatuses } from '../../src/domain/work-order.ts';

const order = { due: { on: '2026-12-23' }, status: 'assigned', assigneeId: 'ana' } as const;
const due = (timeZone: string, now: string, changed: Partial<Parameters<typeof reminderDue>[0]> = {}) =>
  reminderDue({ ...order, ...changed }, dayBefore, timeZone, new Date(now));

test('the day before at eight, the reminder is due until the end of that day', () => {
  expect(due('Europe/Berlin', '2026-12-22T07:00:00Z')).toEqual({
    rule: 'one-day-before',
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
