import { describe, expect, test } from 'vitest';
import {
  alertProblem,
  byUrgency,
  channelProblem,
  type Notice,
  orderProblem,
} from '../../src/domain/needs-someone.ts';

const now = new Date('2026-11-23T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

const notice = (fields: Partial<Notice>): Notice => ({
  ...{ id: 'N', way: 'whatsapp', status: 'delivered', reason: null, createdAt: ago(100), sentAt: ago(90) },
  ...{ readAt: null, statusAt: ago(80), ...fields },
});
const read = notice({ status: 'read', readAt: ago(70) });
const failed = notice({ status: 'failed', sentAt: null });
const order = {
  ...{ priority: 'high', kind: 'corrective', due: null, status: 'assigned', heardAt: null },
  notices: [notice({})],
} as const satisfies Parameters<typeof orderProblem>[0];

describe('an order', () => {
  type Order = Parameters<typeof orderProblem>[0];
  test.each<[string, Partial<Order>, ReturnType<typeof orderProblem>]>([
    ['whose notice nobody has read is unread', {}, { kind: 'unread', since: ago(90) }],
    ['has some time to be read', { notices: [notice({ sentAt: ago(29) })] }, null],
    ['of a low priority has a day', { priority: 'low' }, null],
    ['that is planned has a day', { kind: 'preventive' }, null],
    ['that was read is unacknowledged', { notices: [read] }, { kind: 'unacknowledged', since: ago(90) }],
    ['that was read lately is not yet', { priority: 'medium', notices: [read] }, null],
    [
      'counts as read once its assignee writes',
      { heardAt: ago(1) },
      { kind: 'unacknowledged', since: ago(90) },
    ],
    ['does not by what he wrote before', { heardAt: ago(95) }, { kind: 'unread', since: ago(90) }],
    [
      'told by SMS is never known to be read',
      { notices: [notice({ way: 'sms', status: 'sent' })] },
      { kind: 'unacknowledged', since: ago(90) },
    ],
    ['that failed by every way reached nobody', { notices: [failed] }, { kind: 'unreached', since: ago(80) }],
    ['that goes on by the next way may yet', { notices: [failed, notice({ status: 'queued' })] }, null],
    [
      'that arrived by the next way did',
      { notices: [failed, notice({ way: 'sms', status: 'sent', sentAt: ago(85) })] },
      { kind: 'unacknowledged', since: ago(85) },
    ],
    [
      'kept back from who has paused reached nobody',
      { notices: [notice({ status: 'cancelled', reason: 'paused', statusAt: null })] },
      { kind: 'unreached', since: ago(100) },
    ],
    [
      'kept back by choice is as it was wanted',
      { notices: [notice({ status: 'cancelled', reason: 'preference' })] },
      null,
    ],
    ['that nobody was to be told of is not', { notices: [] }, null],
    ['that is acknowledged need not have been read', { status: 'acknowledged', notices: [failed] }, null],
    [
      'that is over its time is late',
      { status: 'in_progress', due: { at: ago(1) } },
      { kind: 'late', since: ago(1) },
    ],
    ['that is due later is not', { status: 'in_progress', due: { at: ago(-1) } }, null],
    [
      'due on a day is late when that has ended for its assignee',
      { status: 'open', due: { on: '2026-11-22' } },
      { kind: 'late', since: new Date('2026-11-23T10:59:59.999Z') },
    ],
    ['is not while the day lasts there', { status: 'open', due: { on: '2026-11-23' } }, null],
    ['that is done is not late', { status: 'completed', due: { at: ago(1) } }, null],
    [
      'that reached nobody and is late reached nobody',
      { notices: [failed], due: { at: ago(1) } },
      { kind: 'unreached', since: ago(80) },
    ],
    ['that is unread and late is late', { due: { at: ago(1) } }, { kind: 'late', since: ago(1) }],
  ])('%s', (_, fields, expected) => {
    // Eleven hours behind.
    expect(orderProblem({ ...order, ...fields }, 'Pacific/Niue', { enabled: true, now })).toEqual(expected);
  });

  test('told while the service was off reached nobody once it is on', () => {
    const notice = { ...failed, status: 'cancelled', reason: 'disabled' } as const;
    const problem = (enabled: boolean) =>
      orderProblem({ ...order, notices: [notice] }, 'UTC', { enabled, now })?.kind;
    expect([problem(true), problem(false)]).toEqual(['unreached', undefined]);
  });
});

test.each([
  ['critical', 2, false, false],
  ['critical', 3, false, true],
  ['critical', 0, true, true],
  ['high', 600, false, false],
  ['high', 9, true, false],
  ['high', 10, true, true],
  ['low', 59, true, false],
  ['low', 60, true, true],
] as const)(
  'a %s alert, open for %i minutes, all told: %s, needs somebody: %s',
  (severity, minutes, exhausted, needs) => {
    const problem = alertProblem({ severity, raisedAt: ago(minutes), exhausted, expiredAt: null }, now);
    expect(problem).toEqual(needs ? { since: ago(minutes) } : null);
  },
);

test.each([
  [{}, null],
  [
    { refusingSince: ago(5), failingSince: ago(9), waits: true },
    { why: 'refused', since: ago(5) },
  ],
  [
    { failingSince: ago(9), waits: true },
    { why: 'failing', since: ago(9) },
  ],
  [{ failingSince: ago(1), waits: true }, null],
  [{ failingSince: ago(9) }, null],
  [
    { waits: true, stuckSince: ago(40) },
    { why: 'stuck', since: ago(40) },
  ],
])('a channel of which is known %j: %j', (known, expected) => {
  const quiet = { refusingSince: null, failingSince: null, waits: false, stuckSince: null };
  expect(channelProblem({ ...quiet, ...known }, now)).toEqual(expected);
});

test('each thing is said once, in the most urgent of its lists', () => {
  const found = [
    { kind: 'failed', about: 'order:1', urgency: 3, since: ago(1) },
    { kind: 'failed', about: 'person:2', urgency: 0, since: ago(9) },
    { kind: 'failed', about: 'person:2', urgency: 0, since: ago(5) },
    { kind: 'failed', about: 'person:3', urgency: 0, since: ago(7) },
    { kind: 'late', about: 'order:1', urgency: 1, since: ago(60) },
    { kind: 'late', about: 'order:2', urgency: 2, since: ago(600) },
  ] as const;
  expect(byUrgency([...found], 2)).toEqual([
    { kind: 'late', problems: [found[5], found[4]], more: false },
    { kind: 'failed', problems: [found[2], found[3]], more: false },
  ]);
  expect(byUrgency([...found], 1).map(({ problems, more }) => [problems.length, more])).toEqual([
    [1, true],
    [1, true],
  ]);
});
