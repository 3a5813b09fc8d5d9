import { describe, expect, test } from 'vitest';
import { moveOrder, type Wanted } from '../../src/cmms/move-order.ts';
import { type OrderStatus, orderStatuses, type WorkOrder } from '../../src/domain/work-order.ts';

const now = new Date('2026-11-22T12:00:00.000Z');
const earlier = new Date('2026-11-22T08:00:00.000Z');
const a = { id: 'a', externalId: 'A' };
const b = { id: 'b', externalId: 'B' };

const order = (status: OrderStatus, change: Partial<WorkOrder> = {}): WorkOrder => ({
  id: 'o',
  number: 'WO-1',
  title: 'Seal',
  description: null,
  priority: 'medium',
  kind: 'corrective',
  asset: null,
  assigneeId: status === 'open' ? null : 'a',
  plannerId: null,
  due: null,
  scheduled: null,
  status,
  escalated: false,
  version: 3,
  assignmentNo: status === 'open' ? 0 : 1,
  assignedAt: status === 'open' ? null : earlier,
  acknowledgedAt: ['acknowledged', 'in_progress', 'delayed', 'completed'].includes(status) ? earlier : null,
  startedAt: ['in_progress', 'delayed', 'completed'].includes(status) ? earlier : null,
  completedAt: status === 'completed' ? earlier : null,
  confirmedAt: null,
  closedAt: ['completed', 'cancelled'].includes(status) ? earlier : null,
  ...change,
});

const move = (from: WorkOrder, wanted: Partial<Wanted>) =>
  moveOrder(
    from,
    {
      assignee: undefined,
      status: undefined,
      current: from.assigneeId ? a : null,
      informed: true,
      ...wanted,
    },
    now,
  );
const summary = (moved: ReturnType<typeof moveOrder>) =>
  'fault' in moved
    ? `fault: ${moved.fault}`
    : [moved.order.status, moved.order.assigneeId, ...moved.events.map((e) => e.type.split('.')[1])].join(
        ' ',
      );

describe('the assignee', () => {
  test.each<[OrderStatus, Wanted['assignee'], string]>([
    ['open', a, 'assigned a assigned'],
    ['open', null, 'open '],
    ['assigned', a, 'assigned a'],
    ['assigned', b, 'assigned b assigned'],
    ['in_progress', a, 'in_progress a'],
    ['in_progress', b, 'assigned b assigned'],
    ['completed', a, 'completed a'],
    ['completed', b, 'assigned b assigned'],
    ['delayed', null, 'open  assigned'],
    ['cancelled', undefined, 'cancelled a'],
  ])('of an order that is %s becomes %j', (status, assignee, expected) => {
    expect(summary(move(order(status), { assignee, informed: false }))).toBe(expected);
  });

  test('a new one starts over', () => {
    const moved = move(order('completed', { escalated: true }), { assignee: b });
    expect(moved).toMatchObject({
      order: {
        assignmentNo: 2,
        assignedAt: now,
        acknowledgedAt: null,
        startedAt: null,
        completedAt: null,
        closedAt: null,
        escalated: false,
      },
    });
  });
});

describe('the status', () => {
  test.each(orderStatuses)('%s can be set from any other by who knows the present version', (status) => {
    for (const from of orderStatuses) {
      const moved = move(order(from), { status });
      const impossible =
        from === 'open' && ['assigned', 'acknowledged', 'in_progress', 'delayed'].includes(status);
      if (impossible) expect(moved).toEqual({ fault: 'needs an assignee' });
      else expect(moved).toMatchObject({ order: { status } });
    }
  });

  test.each<[from: OrderStatus, to: OrderStatus, expected: string]>([
    ['assigned', 'cancelled', 'cancelled a cancelled'],
    ['completed', 'open', 'open  assigned'],
    ['assigned', 'assigned', 'assigned a'],
  ])('without the version %s may become %s', (from, status, expected) => {
    expect(summary(move(order(from), { status, informed: false }))).toBe(expected);
  });

  test.each(['assigned', 'acknowledged', 'in_progress', 'delayed', 'completed'] as const)(
    'without the version it cannot become %s',
    (status) => {
      const from = status === 'assigned' ? 'in_progress' : 'assigned';
      const moved = move(order(from), { status, informed: false });
      expect(summary(moved)).toMatch(/^fault: needs the order's present version/);
    },
  );

  test('work begun from "assigned" is acknowledged on the way', () => {
    const moved = move(order('assigned'), { status: 'in_progress' });
    expect(summary(moved)).toBe('in_progress a acknowledged started');
    expect(moved).toMatchObject({ order: { acknowledgedAt: now, startedAt: now } });
  });

  test('going back clears what had not happened by then, and only that', () => {
    expect(move(order('completed'), { status: 'in_progress' })).toMatchObject({
      order: { startedAt: earlier, completedAt: null, closedAt: null },
      events: [{ type: 'work_order.resumed' }],
    });
    expect(move(order('completed'), { status: 'acknowledged' })).toMatchObject({
      order: { acknowledgedAt: earlier, startedAt: null, completedAt: null, closedAt: null },
    });
  });

  test('that comes back as it was read says nothing: the new assignee begins anew, and without one it is open', () => {
    for (const status of ['assigned', 'acknowledged', 'in_progress', 'delayed', 'completed'] as const) {
      expect(summary(move(order(status), { status, assignee: b }))).toBe('assigned b assigned');
      expect(summary(move(order(status), { status, assignee: null }))).toBe('open  assigned');
      expect(summary(move(order(status), { status, assignee: b, informed: false }))).toBe(
        'assigned b assigned',
      );
    }
  });

  test('"cancelled" from who shows no version is wanted, not read', () => {
    const cancel = (informed: boolean) =>
      move(order('cancelled'), { status: 'cancelled', assignee: b, informed });
    expect(cancel(false)).toMatchObject({ order: { status: 'cancelled', assigneeId: 'b' } });
    expect(cancel(true)).toMatchObject({ order: { status: 'assigned', assigneeId: 'b' } });
  });

  test('an order that ends is no longer escalated', () => {
    for (const status of ['completed', 'cancelled'] as const) {
      expect(move(order('in_progress', { escalated: true }), { status })).toMatchObject({
        order: { escalated: false, closedAt: now },
      });
    }
  });

  test('"open" with who has it keeps work as it is, and reopens what was closed', () => {
    const open = (from: OrderStatus) =>
      summary(move(order(from), { status: 'open', assignee: a, informed: false }));
    expect(open('in_progress')).toBe('in_progress a');
    expect(open('cancelled')).toBe('assigned a assigned');
    expect(summary(move(order('open'), { status: 'open', assignee: a, informed: false }))).toBe(
      'assigned a assigned',
    );
  });
});
