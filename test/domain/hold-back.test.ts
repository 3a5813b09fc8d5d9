import { describe, expect, test } from 'vitest';
import { type Addressee, holdBack } from '../../src/domain/hold-back.ts';
import type { Lane, MessageKind } from '../../src/domain/message.ts';
import { quietUntil } from '../../src/domain/quiet-hours.ts';

const night = { from: '22:00', to: '06:00' };

describe('quiet hours end', () => {
  test.each<[zone: string, from: string, to: string, now: string, until: string | null]>([
    ['UTC', '22:00', '06:00', '2026-11-22T21:59:59.999Z', null],
    ['UTC', '22:00', '06:00', '2026-11-22T22:00:00.000Z', '2026-11-23T06:00:00.000Z'],
    ['UTC', '22:00', '06:00', '2026-11-23T03:00:00.000Z', '2026-11-23T06:00:00.000Z'],
    ['UTC', '22:00', '06:00', '2026-11-23T05:59:59.999Z', '2026-11-23T06:00:00.000Z'],
    ['UTC', '22:00', '06:00', '2026-11-23T06:00:00.000Z', null],
    // Within one day, up to midnight, all day but an hour.
    ['UTC', '12:00', '13:00', '2026-11-22T12:30:00.000Z', '2026-11-22T13:00:00.000Z'],
    ['UTC', '12:00', '13:00', '2026-11-22T13:00:00.000Z', null],
    ['UTC', '20:00', '00:00', '2026-11-22T23:30:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['UTC', '20:00', '00:00', '2026-11-23T00:00:00.000Z', null],
    ['UTC', '00:00', '06:00', '2026-11-22T23:59:00.000Z', null],
    ['UTC', '08:00', '07:00', '2026-11-22T07:30:00.000Z', null],
    ['UTC', '08:00', '07:00', '2026-11-22T08:00:00.000Z', '2026-11-23T07:00:00.000Z'],
    // The reader's clock, west and east of the tenant's and off the hour.
    ['America/Los_Angeles', '22:00', '06:00', '2026-11-22T07:00:00.000Z', '2026-11-22T14:00:00.000Z'],
    ['Asia/Kolkata', '22:00', '06:00', '2026-11-22T16:29:00.000Z', null],
    ['Asia/Kolkata', '22:00', '06:00', '2026-11-22T16:30:00.000Z', '2026-11-23T00:30:00.000Z'],
    // The night is an hour shorter, and an hour longer.
    ['Europe/Berlin', '22:00', '06:00', '2026-03-28T21:00:00.000Z', '2026-03-29T04:00:00.000Z'],
    ['Europe/Berlin', '22:00', '06:00', '2026-10-24T20:00:00.000Z', '2026-10-25T05:00:00.000Z'],
    ['America/New_York', '22:00', '06:00', '2026-03-08T03:30:00.000Z', '2026-03-08T10:00:00.000Z'],
    ['America/New_York', '22:00', '06:00', '2026-11-01T02:30:00.000Z', '2026-11-01T11:00:00.000Z'],
    // 02:30 is skipped: 02:00 in winter time is 03:00 in summer time.
    ['Europe/Berlin', '22:00', '02:30', '2026-03-29T00:59:00.000Z', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '22:00', '02:30', '2026-03-29T01:00:00.000Z', null],
    ['Europe/Berlin', '02:30', '06:00', '2026-03-29T00:59:00.000Z', null],
    ['Europe/Berlin', '02:30', '06:00', '2026-03-29T01:00:00.000Z', '2026-03-29T04:00:00.000Z'],
    ['Europe/Berlin', '02:10', '02:50', '2026-03-29T01:00:00.000Z', null],
    // 02:30 is shown twice: quiet from the first, until the second.
    ['Europe/Berlin', '22:00', '02:30', '2026-10-25T00:45:00.000Z', '2026-10-25T01:30:00.000Z'],
    ['Europe/Berlin', '22:00', '02:30', '2026-10-25T01:30:00.000Z', null],
    ['Europe/Berlin', '02:30', '06:00', '2026-10-25T00:29:00.000Z', null],
    ['Europe/Berlin', '02:30', '06:00', '2026-10-25T01:10:00.000Z', '2026-10-25T05:00:00.000Z'],
    // Half an hour at Lord Howe; midnight itself is skipped in Santiago, and shown twice.
    ['Australia/Lord_Howe', '22:00', '02:15', '2026-10-03T15:29:00.000Z', '2026-10-03T15:30:00.000Z'],
    ['Australia/Lord_Howe', '22:00', '02:15', '2026-10-03T15:30:00.000Z', null],
    ['America/Santiago', '20:00', '00:00', '2026-09-06T03:59:00.000Z', '2026-09-06T04:00:00.000Z'],
    ['America/Santiago', '20:00', '23:30', '2026-04-05T02:45:00.000Z', '2026-04-05T03:30:00.000Z'],
  ])('in %s from %s to %s at %s: %s', (zone, from, to, now, until) => {
    expect(quietUntil({ from, to }, zone, new Date(now))?.toISOString() ?? null).toBe(until);
  });

  const quietZones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Santiago'];
  test.each(quietZones)('in %s at no moment of a year while the clock shows one of them', (zone) => {
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' });
    const from = Date.parse('2026-01-01T00:00:00Z');
    const hours = { from: '23:30', to: '02:15' };
    for (let at = from; at < from + 365 * 86_400_000; at += 15 * 60_000) {
      const now = new Date(at);
      const shows = clock.format(now);
      if (shows < '23:30' && shows >= '02:15') continue;
      const until = quietUntil(hours, zone, now);
      expect(until, now.toISOString()).not.toBeNull();
      expect(clock.format(until!) >= '02:15' && clock.format(until!) < '23:30', now.toISOString()).toBe(true);
    }
  });
});

const now = new Date('2026-11-22T23:00:00.000Z');
const person = (change: Partial<Addressee> = {}): Addressee => ({
  active: true,
  paused: false,
  kinds: {},
  quietHours: null,
  timeZone: 'UTC',
  ...change,
});
const message = (kind: MessageKind, lane: Lane = 'notification', expiresAt = '2026-11-29T23:00:00.000Z') => ({
  kind,
  lane,
  expiresAt: new Date(expiresAt),
});
const decide = (told: ReturnType<typeof message>, to: Partial<Addressee> | null, enabled = true) =>
  holdBack(told, to && person(to), { enabled, now });

const everything: Partial<Addressee> = {
  paused: true,
  kinds: {
    'work-order.assigned': false,
    'maintenance.scheduled': false,
    'work-order.reminder': false,
    'alert.raised': false,
    'alert.resolved': false,
    'message.send': false,
  },
  quietHours: night,
};
const morning = { wait: new Date('2026-11-23T06:00:00.000Z') };

test.each<[MessageKind, Lane]>([
  ['work-order.reminder', 'critical'],
  ['message.send', 'critical'],
  ['reply', 'reply'],
])('%s in the lane %s goes whatever the person has chosen', (kind, lane) => {
  expect(decide(message(kind, lane), everything)).toEqual({ send: true });
});

test.each<Lane>(['critical', 'reply', 'notification', 'digest'])(
  'nothing goes in the lane %s while it is switched off',
  (lane) => {
    expect(decide(message('work-order.reminder', lane), {}, false)).toEqual({ cancel: 'disabled' });
  },
);

test('who has left is told nothing, not even what is critical', () => {
  expect(decide(message('work-order.reminder', 'critical'), { active: false })).toEqual({
    cancel: 'no-address',
  });
});

test('somebody we do not know has chosen nothing', () => {
  expect(decide(message('reply', 'reply'), null)).toEqual({ send: true });
});

test.each<[MessageKind, Lane]>([
  ['work-order.assigned', 'notification'],
  ['work-order.escalated', 'reply'],
  ['technician.opted-out', 'notification'],
  ['work-order.reminder', 'digest'],
])('%s in the lane %s is held back by a pause', (kind, lane) => {
  expect(decide(message(kind, lane), { paused: true })).toEqual({ cancel: 'paused' });
});

test.each<[MessageKind, keyof Addressee['kinds'] | null]>([
  ['work-order.assigned', 'work-order.assigned'],
  ['work-order.unassigned', 'work-order.assigned'],
  ['work-order.cancelled', 'work-order.assigned'],
  ['maintenance.scheduled', 'maintenance.scheduled'],
  ['work-order.reminder', 'work-order.reminder'],
  ['message.send', 'message.send'],
  ['work-order.delayed', null],
  ['work-order.escalated', null],
  ['work-order.needed', null],
  ['work-order.taken', null],
  ['work-order.undone', null],
  ['technician.opted-out', null],
  ['technician.identity-changed', null],
])('%s is switched off by %s, and by no other', (kind, name) => {
  for (const each of Object.keys(everything.kinds!) as (keyof Addressee['kinds'])[]) {
    const held = decide(message(kind), { kinds: { [each]: false } });
    expect(held, each).toEqual(each === name ? { cancel: 'preference' } : { send: true });
    expect(decide(message(kind), { kinds: { [each]: true } })).toEqual({ send: true });
  }
});

test.each<[MessageKind, Lane, ReturnType<typeof holdBack>]>([
  ['work-order.assigned', 'notification', morning],
  ['work-order.reminder', 'digest', morning],
  ['technician.opted-out', 'notification', morning],
  ['work-order.escalated', 'reply', { send: true }],
  ['work-order.needed', 'reply', { send: true }],
])('%s in the lane %s meets quiet hours', (kind, lane, expected) => {
  expect(decide(message(kind, lane), { quietHours: night })).toEqual(expected);
});

test('what would expire before they end is not sent at all', () => {
  const until = (expiresAt: string) =>
    decide(message('work-order.reminder', 'notification', expiresAt), { quietHours: night });
  expect(until('2026-11-22T23:59:59.999Z')).toEqual({ cancel: 'quiet-hours' });
  expect(until('2026-11-23T06:00:00.000Z')).toEqual({ cancel: 'quiet-hours' });
  expect(until('2026-11-23T06:00:00.001Z')).toEqual(morning);
});
