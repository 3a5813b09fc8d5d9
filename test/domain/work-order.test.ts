import { describe, expect, test } from 'vitest';
import { assigned, isOpen, orderKey, orderStatuses, unassigned } from '../../src/domain/work-order.ts';

describe('orderKey', () => {
  test.each([
    ['WO-1042', 'WO1042'],
    ['wo 1042', 'WO1042'],
    [' wo/10-42. ', 'WO1042'],
    ['ＷＯ－１０４２', 'WO1042'],
    ['WO-١٠٤٢', 'WO1042'],
    ['wo-۱۰۴۲', 'WO1042'],
    ['WO-१०४२', 'WO1042'],
    ['WO-𝟏𝟎𝟒𝟐', 'WO1042'],
    ['WO-①', 'WO1'],
    ['1️⃣', '1'],
    ['заказ-٠٩', 'ЗАКАЗ09'],
    ['工单-7', '工单7'],
    ['straße 5', 'STRASSE5'],
    ['001', '001'],
    ['#-/. 👍', ''],
    ['', ''],
  ])('%j is %j', (number, key) => {
    expect(orderKey(number)).toBe(key);
  });
});

test('completed and cancelled orders are closed, all others open', () => {
  expect(orderStatuses.filter((status) => isOpen({ status }))).toEqual([
    'open',
    'assigned',
    'acknowledged',
    'in_progress',
    'delayed',
  ]);
});

test('a new assignment forgets what the one before had come to', () => {
  const now = new Date('2026-12-22T09:00:00Z');
  const { set, event } = assigned({ id: 'o', assignmentNo: 4 }, { id: 'ana', externalId: 'E-1' }, now);
  expect(set).toEqual({
    status: 'assigned',
    assigneeId: 'ana',
    assignmentNo: 5,
    escalated: false,
    assignedAt: now,
    acknowledgedAt: null,
    startedAt: null,
    confirmedAt: null,
    completedAt: null,
    closedAt: null,
  });
  expect(event).toEqual({ type: 'work_order.assigned', data: { assignee: 'E-1' } });
  expect(unassigned({ id: 'o' })).toMatchObject({
    set: { status: 'open', assigneeId: null, acknowledgedAt: null },
    event: { type: 'work_order.assigned', data: { assignee: null } },
  });
});
