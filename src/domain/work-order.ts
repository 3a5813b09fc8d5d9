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
  | 'work_order.delayed'
  | 'work_order.resumed'
  | 'work_order.noted'
  | 'work_order.escalated'
  | 'work_order.confirmed'
  | 'work_order.attachment'
  | 'work_order.cancelled'
  | 'work_order.undone'
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

/** What was there before a change, as stored: moments as text. */
export type Before = { version: number } & { [Key in keyof OrderState]?: unknown };

/** One step of a work order: what it becomes and the event that says so. Each raises the version by one. */
export type Change = {
  /** Null: an event about no order, an escalation for instance. */
  orderId: string | null;
  set: Partial<OrderState>;
  event: { type: EventType; data?: Record<string, unknown>; undoes?: string };
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
  // Whoever was asked to help need not come any more.
  set: {
    status: 'completed',
    completedAt: now,
    closedAt: now,
    ...(order.escalated ? { escalated: false } : {}),
  },
  event: { type: 'work_order.completed' },
});

export const noted = (order: WorkOrder, text: string): Change => ({
  orderId: order.id,
  set: {},
  event: { type: 'work_order.noted', data: { text } },
});

/** What the supervisor was asked for, kept with the order as a note. */
export const needed = (order: WorkOrder, what: string): Change => ({
  orderId: order.id,
  set: {},
  event: { type: 'work_order.noted', data: { text: what, need: true } },
});

export const delayed = (order: WorkOrder, reason: string): Change => ({
  orderId: order.id,
  set: { status: 'delayed' },
  event: { type: 'work_order.delayed', data: { text: reason } },
});

/** `told`: the external ids of those who are told. */
export const escalated = (order: WorkOrder | null, reason: string | null, told: string[]): Change => ({
  orderId: order?.id ?? null,
  set: order ? { escalated: true } : {},
  event: { type: 'work_order.escalated', data: { text: reason, told } },
});

/** Somebody who was told takes the escalation on himself. */
export const escalationTaken = (order: WorkOrder | null, by: string): Change => ({
  orderId: order?.id ?? null,
  set: order ? { escalated: false } : {},
  event: { type: 'work_order.escalated', data: { text: null, takenBy: by } },
});

/** The same of what is needed. */
export const needTaken = (order: WorkOrder, by: string): Change => ({
  orderId: order.id,
  set: {},
  event: { type: 'work_order.noted', data: { text: null, need: true, takenBy: by } },
});

export const confirmed = (order: WorkOrder, now: Date): Change => ({
  orderId: order.id,
  set: {
    status: order.status === 'assigned' ? 'acknowledged' : order.status,
    acknowledgedAt: order.acknowledgedAt ?? now,
    confirmedAt: now,
  },
  event: { type: 'work_order.confirmed' },
});

export const attached = (order: WorkOrder, attachment: Record<string, unknown>): Change => ({
  orderId: order.id,
  set: {},
  event: { type: 'work_order.attachment', data: attachment },
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

/** Maintenance that its assignee may confirm: a notice offers it also before the date is known. */
export const canBeConfirmed = (order: WorkOrder): boolean =>
  order.kind === 'preventive' &&
  order.confirmedAt === null &&
  (order.status === 'assigned' || order.status === 'acknowledged');

/** Scheduled maintenance that its assignee has not confirmed yet. */
export const awaitsConfirmation = (order: WorkOrder): boolean =>
  canBeConfirmed(order) && order.scheduled !== null;

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
