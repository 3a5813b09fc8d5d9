export const priorities = ['low', 'medium', 'high', 'critical'] as const;
export const orderKinds = ['corrective', 'preventive'] as const;
export const orderStatuses = [
  'open',
  'assigned',
  'acknowledged',
  'in_progress',
  'delayed',
  'completed',
  'cancelled',
] as const;

export type Priority = (typeof priorities)[number];
type OrderKind = (typeof orderKinds)[number];
export type OrderStatus = (typeof orderStatuses)[number];

/** A moment, or a day (YYYY-MM-DD) that ends when the reader's day ends. */
export type When = { at: Date } | { on: string };

export type Asset = { id: string; code: string; name: string; location: string | null };

export type WorkOrder = {
  id: string;
  number: string;
  title: string;
  description: string | null;
  priority: Priority;
  kind: OrderKind;
  asset: Asset | null;
  assigneeId: string | null;
  plannerId: string | null;
  due: When | null;
  scheduled: When | null;
  status: OrderStatus;
  escalated: boolean;
  version: number;
  assignmentNo: number;
  assignedAt: Date | null;
  acknowledgedAt: Date | null;
  startedAt: Date | null;
  completedAt: Date | null;
  confirmedAt: Date | null;
  closedAt: Date | null;
};

type EventType =
  | 'work_order.assigned'
  | 'work_order.acknowledged'
  | 'work_order.started'
  | 'work_order.completed'
  | 'work_order.resumed'
  | 'work_order.noted'
  | 'work_order.cancelled'
  | 'message.failed';

export type OrderState = Pick<
  WorkOrder,
  | 'status'
  | 'assigneeId'
  | 'assignmentNo'
  | 'escalated'
  | 'assignedAt'
  | 'acknowledgedAt'
  | 'startedAt'
  | 'completedAt'
  | 'confirmedAt'
  | 'closedAt'
>;

/** One step of a work order: what it becomes and the event that says so. Each raises the version by one. */
export type Change = {
  orderId: string;
  set: Partial<OrderState>;
  event: { type: EventType; data?: Record<string, unknown> };
};

export const isOpen = (order: Pick<WorkOrder, 'status'>): boolean =>
  order.status !== 'completed' && order.status !== 'cancelled';

export const acknowledged = (order: WorkOrder, now: Date): Change => ({
  orderId: order.id,
  set: { status: 'acknowledged', acknowledgedAt: now },
  event: { type: 'work_order.acknowledged' },
});

export const started = (order: WorkOrder, now: Date): Change =>
  order.status === 'delayed'
    ? { orderId: order.id, set: { status: 'in_progress' }, event: { type: 'work_order.resumed' } }
    : {
        orderId: order.id,
        set: { status: 'in_progress', startedAt: now },
        event: { type: 'work_order.started' },
      };

export const completed = (order: WorkOrder, now: Date): Change => ({
  orderId: order.id,
  set: { status: 'completed', completedAt: now, closedAt: now },
  event: { type: 'work_order.completed' },
});

export const noted = (order: WorkOrder, text: string): Change => ({
  orderId: order.id,
  set: {},
  event: { type: 'work_order.noted', data: { text } },
});

export const cancelled = (order: WorkOrder, now: Date): Change => ({
  orderId: order.id,
  set: { status: 'cancelled', closedAt: now },
  event: { type: 'work_order.cancelled' },
});

/** A new assignment starts over: whoever had it before had acknowledged for himself only. */
export const assigned = (
  order: Pick<WorkOrder, 'id' | 'assignmentNo'>,
  assignee: { id: string; externalId: string },
  now: Date,
): Change => ({
  orderId: order.id,
  set: {
    status: 'assigned',
    assigneeId: assignee.id,
    assignmentNo: order.assignmentNo + 1,
    escalated: false,
    assignedAt: now,
    acknowledgedAt: null,
    startedAt: null,
    confirmedAt: null,
    completedAt: null,
    closedAt: null,
  },
  event: { type: 'work_order.assigned', data: { assignee: assignee.externalId } },
});

export const unassigned = (order: Pick<WorkOrder, 'id'>): Change => ({
  orderId: order.id,
  set: {
    status: 'open',
    assigneeId: null,
    escalated: false,
    assignedAt: null,
    acknowledgedAt: null,
    startedAt: null,
    confirmedAt: null,
    completedAt: null,
    closedAt: null,
  },
  event: { type: 'work_order.assigned', data: { assignee: null } },
});

/** Letters and digits of an order number, upper case, digits of any script as 0-9: `WO-7`, `wo 7` and `wo-٧` are one order. */
export const orderKey = (number: string): string =>
  number
    .normalize('NFKC')
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)))
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

// Unicode keeps the ten decimal digits of a script together, in order.
const digitValue = (digit: string): number => {
  let value = 0;
  const code = digit.codePointAt(0)!;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return value;
};
