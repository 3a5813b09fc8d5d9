import { describe, expect, test } from 'vitest';
import { confirmationDue } from '../../src/domain/maintenance.ts';
import type { OrderStatus } from '../../src/domain/work-order.ts';

const order = {
  kind: 'preventive',
  status: 'assigned' as OrderStatus,
  scheduled: { on: '2026-12-23' },
  confirmedAt: null,
  assigneeId: 'ana',
  assignedAt: new Date('2026-12-01T12:00:00Z'),
} as const;

/** `R` when he is reminded, `P` when the planner is told, in that order of mornings from the 18th on. */
const story = (changed: object, timeZone = 'UTC', hour = '08:00') => {
  const asked: { remindedOn: string | null; reportedOn: string | null } = {
    remindedOn: null,
    reportedOn: null,
  };
  const happened: string[] = [];
  const from = Date.parse('2026-12-17T00:00:00Z');
  for (let quarter = 0; quarter < 12 * 96; quarter++) {
    const now = new Date(from + quarter * 900_000);
    const due = confirmationDue({ ...order, ...changed }, asked, hour, timeZone, now);
    if (due?.remind) asked.remindedOn = due.today;
    if (due?.report) asked.reportedOn = due.today;
    const what = `${due?.remind ? 'R' : ''}${due?.report ? 'P' : ''}`;
    if (what) happened.push(`${what} ${now.toISOString().slice(0, 16)}`);
  }
  return happened;
};

describe('an unconfirmed date is asked about once more, then reported', () => {
  test.each<[string, object, string[]]>([
    ['told long ago', {}, ['R 2026-12-21T08:00', 'P 2026-12-22T08:00']],
    ['told nobody knows when', { assignedAt: null }, ['R 2026-12-21T08:00', 'P 2026-12-22T08:00']],
    [
      'told three days before',
      { assignedAt: new Date('2026-12-20T23:00:00Z') },
      ['R 2026-12-21T08:00', 'P 2026-12-22T08:00'],
    ],
    [
      'told two days before, early',
      { assignedAt: new Date('2026-12-21T01:00:00Z') },
      ['R 2026-12-22T08:00', 'P 2026-12-23T08:00'],
    ],
    ['told the day before', { assignedAt: new Date('2026-12-22T18:00:00Z') }, ['RP 2026-12-23T08:00']],
    ['told on the day', { assignedAt: new Date('2026-12-23T01:00:00Z') }, []],
    ['told afterwards', { assignedAt: new Date('2026-12-24T01:00:00Z') }, []],
    [
      'scheduled for a moment',
      { scheduled: { at: new Date('2026-12-23T23:30:00Z') } },
      ['R 2026-12-21T08:00', 'P 2026-12-22T08:00'],
    ],
  ])('%s', (_, changed, expected) => {
    expect(story(changed)).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin', ['R 2026-12-21T07:00', 'P 2026-12-22T07:00']],
    ['America/Los_Angeles', ['R 2026-12-21T16:00', 'P 2026-12-22T16:00']],
    ['Asia/Kathmandu', ['R 2026-12-21T02:15', 'P 2026-12-22T02:15']],
    ['Pacific/Auckland', ['R 2026-12-20T19:00', 'P 2026-12-21T19:00']],
  ])('in the morning of %s', (timeZone, expected) => {
    expect(story({}, timeZone)).toEqual(expected);
  });

  test('a moment counts on the day it is for the reader', () => {
    expect(story({ scheduled: { at: new Date('2026-12-23T23:30:00Z') } }, 'Europe/Berlin')).toEqual([
      'R 2026-12-22T07:00',
      'P 2026-12-23T07:00',
    ]);
  });

  test('at the hour that is set', () => {
    expect(story({}, 'UTC', '06:30')).toEqual(['R 2026-12-21T06:30', 'P 2026-12-22T06:30']);
  });

  test('and the planner hears at the latest on the day, however late the reminder was', () => {
    const at = (moment: string, remindedOn: string | null, reportedOn: string | null = null) =>
      confirmationDue(order, { remindedOn, reportedOn }, '08:00', 'UTC', new Date(moment));
    expect(at('2026-12-22T15:00:00Z', null)).toMatchObject({ remind: true, report: false });
    expect(at('2026-12-23T15:00:00Z', null)).toMatchObject({ remind: true, report: true });
    expect(at('2026-12-23T08:00:00Z', '2026-12-22')).toMatchObject({ remind: false, report: true });
    expect(at('2026-12-23T08:00:00Z', '2026-12-21', '2026-12-22')).toBeNull();
    expect(at('2026-12-24T08:00:00Z', null)).toBeNull();
  });
});

describe('nobody is asked', () => {
  test.each<[string, object]>([
    ['once it is confirmed', { confirmedAt: new Date('2026-12-02T12:00:00Z'), status: 'acknowledged' }],
    ['once it is acknowledged', { status: 'acknowledged' }],
    ['once it is started', { status: 'in_progress' }],
    ['once it is closed', { status: 'cancelled' }],
    ['about a repair', { kind: 'corrective' }],
    ['about what has no date', { scheduled: null }],
    ['if nobody has it', { assigneeId: null, status: 'open' }],
  ])('%s', (_, changed) => {
    expect(story(changed)).toEqual([]);
  });
});
