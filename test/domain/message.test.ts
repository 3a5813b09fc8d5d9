import { describe, expect, test } from 'vitest';
import { type Claim, expiry, isStillTrue } from '../../src/domain/message.ts';
import { orderStatuses, type WorkOrder } from '../../src/domain/work-order.ts';
import { order } from '../commands/facts.ts';

const claim = (fields: Partial<Claim>): Claim => ({
  kind: 'work-order.assigned',
  technicianId: 'ana',
  assignmentNo: 1,
  dueDay: null,
  ...fields,
});
const holds = (claimed: Partial<Claim>, now: Partial<WorkOrder>, timeZone = 'UTC') =>
  isStillTrue(claim(claimed), order('WO-1', now), timeZone);

describe.each(['work-order.assigned', 'maintenance.scheduled'] as const)('%s', (kind) => {
  test.each(orderStatuses)('is true only while the order is just assigned: %s', (status) => {
    expect(holds({ kind }, { status })).toBe(status === 'assigned');
  });
  test('ends when somebody else gets the order, or nobody', () => {
    expect(holds({ kind }, { assigneeId: 'ben' })).toBe(false);
    expect(holds({ kind }, { assigneeId: null, status: 'open' })).toBe(false);
  });
  test('ends when the same technician gets it anew', () => {
    expect(holds({ kind }, { assignmentNo: 2 })).toBe(false);
  });
});

describe('work-order.reminder', () => {
  const reminder = { kind: 'work-order.reminder', assignmentNo: null, dueDay: '2026-12-23' } as const;

  test.each(orderStatuses)('is true until the order is closed: %s', (status) => {
    expect(holds(reminder, { status, due: { on: '2026-12-23' } })).toBe(
      status !== 'completed' && status !== 'cancelled',
    );
  });
  test.each([{ due: { on: '2026-12-24' } }, { due: null }, { due: { on: '2026-12-23' }, assigneeId: 'ben' }])(
    'ends with %j',
    (changed) => {
      expect(holds(reminder, changed)).toBe(false);
    },
  );
  test("the day is the reader's", () => {
    const due = { at: new Date('2026-12-23T23:30:00Z') };
    expect(holds(reminder, { due }, 'UTC')).toBe(true);
    expect(holds(reminder, { due }, 'Europe/Berlin')).toBe(false);
  });
});

describe('maintenance.reminder', () => {
  const reminder = { kind: 'maintenance.reminder', assignmentNo: null, dueDay: '2026-12-23' } as const;
  const waiting = { kind: 'preventive', status: 'assigned', scheduled: { on: '2026-12-23' } } as const;

  test('is true while the date waits for its confirmation', () => {
    expect(holds(reminder, waiting)).toBe(true);
  });
  test.each<Partial<WorkOrder>>([
    { status: 'acknowledged', confirmedAt: new Date() },
    { status: 'in_progress' },
    { status: 'cancelled' },
    { assigneeId: 'ben' },
    { scheduled: { on: '2026-12-24' } },
    { scheduled: null },
  ])('ends with %j', (changed) => {
    expect(holds(reminder, { ...waiting, ...changed })).toBe(false);
  });
  test('that nobody has confirmed is true for the planner as long', () => {
    const report = { kind: 'maintenance.unconfirmed', technicianId: 'paula' } as const;
    expect(holds(report, waiting)).toBe(true);
    expect(holds(report, { ...waiting, status: 'acknowledged' })).toBe(false);
  });
});

test('that an order is gone is true until the same technician has it again', () => {
  const gone = { kind: 'work-order.unassigned' } as const;
  expect(holds(gone, { assigneeId: 'ben' })).toBe(true);
  expect(holds(gone, { assigneeId: null, status: 'open' })).toBe(true);
  expect(holds(gone, { assigneeId: 'ana', assignmentNo: 3 })).toBe(false);
});

test('that an order is cancelled is true until it is open again', () => {
  const cancelled = { kind: 'work-order.cancelled' } as const;
  expect(holds(cancelled, { status: 'cancelled' })).toBe(true);
  expect(holds(cancelled, { status: 'cancelled', assigneeId: 'ben' })).toBe(true);
  expect(holds(cancelled, { status: 'assigned' })).toBe(false);
});

test('an answer stays true, and so does what is about no order', () => {
  expect(holds({ kind: 'reply' }, { status: 'cancelled', assigneeId: null })).toBe(true);
  expect(isStillTrue(claim({}), null, 'UTC')).toBe(true);
});

test('an answer is worth sending for two hours, a notice for seven days', () => {
  const now = new Date('2026-12-22T09:00:00Z');
  expect(expiry('reply', now)).toEqual(new Date('2026-12-22T11:00:00Z'));
  expect(expiry('work-order.assigned', now)).toEqual(new Date('2026-12-29T09:00:00Z'));
  expect(expiry('maintenance.scheduled', now)).toEqual(new Date('2026-12-29T09:00:00Z'));
});
