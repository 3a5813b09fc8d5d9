import {
  assigned,
  cancelled,
  completed,
  isOpen,
  type OrderState,
  type OrderStatus,
  unassigned,
  type WorkOrder,
} from '../domain/work-order.ts';

type Person = { id: string; externalId: string };
type Step = { set: Partial<OrderState>; event: { type: string; data?: Record<string, unknown> } };

/** What the CMMS wants of an order's state. `assignee` undefined: said nothing about it. */
export type Wanted = {
  assignee: Person | null | undefined;
  status: OrderStatus | undefined;
  /** Who has it now. */
  current: Person | null;
  /** The order is new, or the CMMS has shown that it knows its present version. */
  informed: boolean;
};

export type Moved = { order: WorkOrder; events: Step['event'][] } | { fault: string };

/** Where an order goes when the CMMS sets its assignee, its status or both; or what is wrong with the status. */
export const moveOrder = (before: WorkOrder, wanted: Wanted, now: Date): Moved => {
  let order = before;
  const events: Step['event'][] = [];
  const take = ({ set, event }: Step) => {
    order = { ...order, ...set };
    events.push(event);
  };

  if (wanted.assignee !== undefined && (wanted.assignee?.id ?? null) !== order.assigneeId) {
    take(wanted.assignee ? assigned(order, wanted.assignee, now) : unassigned(order));
  }
  const { status } = wanted;
  // A body that was read, changed and sent back says the status it found. Without a version, though, a CMMS may
  // cancel what it does not know to be cancelled.
  const isAsRead = status === before.status && (wanted.informed || status !== 'cancelled');
  // For a CMMS, "open" often means "not closed": whoever has the order keeps it.
  if (
    status === undefined ||
    isAsRead ||
    status === order.status ||
    (status === 'open' && wanted.assignee && isOpen(order))
  ) {
    return { order, events };
  }
  if (!wanted.informed && status !== 'cancelled' && status !== 'open') {
    return { fault: "needs the order's present version; without it only cancelled and open are accepted" };
  }
  if (needsAssignee.includes(status) && order.assigneeId === null) return { fault: 'needs an assignee' };
  const holder = wanted.assignee ?? wanted.current;

  if (status === 'open') take(wanted.assignee ? assigned(order, wanted.assignee, now) : unassigned(order));
  if (status === 'assigned') take(assigned(order, holder!, now));
  if (status === 'acknowledged') take(setAcknowledged(order, now));
  if (status === 'in_progress') {
    if (!order.acknowledgedAt) take(setAcknowledged(order, now));
    take(order.startedAt ? setResumed : setStarted(now));
  }
  if (status === 'delayed') take(setDelayed);
  if (status === 'completed') take(ended(completed(order, now)));
  if (status === 'cancelled') take(ended(cancelled(order, now)));
  return { order, events };
};

const needsAssignee: OrderStatus[] = ['assigned', 'acknowledged', 'in_progress', 'delayed'];

// Unlike a technician's, these steps may lead back: what had not happened by then is cleared.
const reopened = { completedAt: null, closedAt: null } as const;

const setAcknowledged = (order: WorkOrder, now: Date): Step => ({
  set: { ...reopened, status: 'acknowledged', acknowledgedAt: order.acknowledgedAt ?? now, startedAt: null },
  event: { type: 'work_order.acknowledged' },
});

const setStarted = (now: Date): Step => ({
  set: { ...reopened, status: 'in_progress', startedAt: now },
  event: { type: 'work_order.started' },
});

const setResumed: Step = {
  set: { ...reopened, status: 'in_progress' },
  event: { type: 'work_order.resumed' },
};

const setDelayed: Step = {
  set: { ...reopened, status: 'delayed' },
  event: { type: 'work_order.delayed' },
};

const ended = (step: Step): Step => ({ ...step, set: { ...step.set, escalated: false } });
