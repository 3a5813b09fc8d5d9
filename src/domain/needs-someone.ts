import { endOfDay } from './dates.ts';
import type { DeliveryStatus } from './delivery-status.ts';
import type { Reason, Way } from './message.ts';
import { isOpen, type OrderStatus, type Priority, priorities, type WorkOrder } from './work-order.ts';

/**
 * What somebody has to see to, the most urgent first. What is wrong with one thing in several ways is said once, in the
 * first that fits: who reassigns an order that reached nobody has no use for reading that it is late as well.
 */
const problemKinds = [
  // Somebody wants it so, and may have forgotten.
  'switched-off',
  // Nothing leaves, so that everything else may follow from it.
  'channel',
  'alert',
  'call',
  'unreached',
  'late',
  'unacknowledged',
  'unread',
  'unanswered',
  'failed',
  'template',
  'webhook',
] as const;

export type ProblemKind = (typeof problemKinds)[number];

/** Something wrong; `about` is the same for what is one thing to whoever sees to it. */
export type Problem = {
  kind: ProblemKind;
  about: string;
  urgency: number;
  /** Null: not known. */
  since: Date | null;
};

/** Longer than this nobody need wait before somebody looks, in minutes. */
export const patience = {
  unread: { critical: 10, high: 30, medium: 120, low: 24 * 60 },
  unacknowledged: { critical: 15, high: 60, medium: 240, low: 24 * 60 },
  /** Planned work is told of days before. */
  planned: 24 * 60,
  /** A critical alert, before anybody has gone. */
  critical: 3,
  /** An alert of which everybody there is has been told; a critical one is shown at once. */
  exhausted: { critical: 0, high: 10, medium: 60, low: 60 },
  /** A call for help, before anybody has taken it. */
  call: 10,
  /** What somebody wrote, before it is dealt with. */
  command: 2,
  /** A message of which it is unclear whether it has left: the provider's list is searched for it. */
  unclear: 10,
  /** A channel that is tried and takes nothing. */
  channel: 2,
} satisfies Record<string, number | Record<Priority, number>>;

/** What failed longer ago is left to the log, in days. */
export const rememberedDays = { failed: 3, notice: 30, command: 7, expired: 1, call: 7 };

const minuteMs = 60_000;

export const minutesBefore = (now: Date, minutes: number): Date =>
  new Date(now.getTime() - minutes * minuteMs);

/** One way by which an assignment was told, or is to be. */
export type Notice = {
  id: string;
  way: Way;
  status: DeliveryStatus;
  reason: Reason | null;
  createdAt: Date;
  sentAt: Date | null;
  readAt: Date | null;
  /** When its status became what it is; null: it began so. */
  statusAt: Date | null;
};

type OrderFacts = Pick<WorkOrder, 'priority' | 'kind' | 'due'> & {
  status: OrderStatus;
  /** Of the present assignment. */
  notices: Notice[];
  /** When its assignee wrote last. */
  heardAt: Date | null;
};

type OrderProblem = { kind: 'unreached' | 'late' | 'unread' | 'unacknowledged'; since: Date };

/**
 * What is wrong with an order; null if nothing is. `timeZone`: its assignee's, in which a due day ends. `enabled`:
 * whether the service sends anything.
 */
export const orderProblem = (
  order: OrderFacts,
  timeZone: string,
  { enabled, now }: { enabled: boolean; now: Date },
): OrderProblem | null => {
  if (!isOpen(order)) return null;
  const told = howTold(order.notices, enabled);
  if (order.status === 'assigned' && told.state === 'unreached')
    return { kind: 'unreached', since: told.since };
  const lateSince = order.due && ('at' in order.due ? order.due.at : endOfDay(order.due.on, timeZone));
  if (lateSince && lateSince < now) return { kind: 'late', since: lateSince };
  if (order.status !== 'assigned' || told.state !== 'arrived') return null;
  // Whoever has written since had the phone in hand, with or without read receipts.
  const isRead = told.isRead || (order.heardAt !== null && order.heardAt > told.since);
  const kind = isRead ? 'unacknowledged' : 'unread';
  const minutes = Math.max(
    patience[kind][order.priority],
    order.kind === 'preventive' ? patience.planned : 0,
  );
  return told.since < minutesBefore(now, minutes) ? { kind, since: told.since } : null;
};

/** Orders told before these moments are unread, or unacknowledged, too long by now. */
export const toldBefore = (now: Date) => {
  const before = (minutes: Record<Priority, number>) =>
    Object.fromEntries(
      priorities.map((priority) => [priority, minutesBefore(now, minutes[priority])]),
    ) as Record<Priority, Date>;
  return {
    unread: before(patience.unread),
    unacknowledged: before(patience.unacknowledged),
    planned: minutesBefore(now, patience.planned),
  };
};

type Told =
  | { state: 'untold' | 'waiting' }
  | { state: 'unreached'; since: Date }
  | { state: 'arrived'; since: Date; isRead: boolean };

/** What was chosen is nobody's problem; but who has paused does not know of the order. */
const endedByChoice: (Reason | null)[] = ['preference', 'order-moved-on', 'alert-claimed'];

const howTold = (notices: Notice[], enabled: boolean): Told => {
  const left = notices.filter(({ status }) => hasLeft.includes(status));
  if (left.length > 0) {
    const times = left.map(({ sentAt, statusAt, createdAt }) => (sentAt ?? statusAt ?? createdAt).getTime());
    // Of what is read by SMS and e-mail nobody tells us.
    const isRead = left.some(({ status, way, readAt }) => status === 'read' || readAt || way !== 'whatsapp');
    return { state: 'arrived', since: new Date(Math.min(...times)), isRead };
  }
  if (notices.some(({ status }) => status === 'queued' || status === 'sending')) return { state: 'waiting' };
  // As long as it is switched off, nobody is to be told.
  const ended = notices.filter(
    ({ reason }) => !endedByChoice.includes(reason) && (enabled || reason !== 'disabled'),
  );
  if (ended.length === 0) return { state: 'untold' };
  const times = ended.map(({ statusAt, createdAt }) => (statusAt ?? createdAt).getTime());
  return { state: 'unreached', since: new Date(Math.max(...times)) };
};

// It may have, if that is unknown.
const hasLeft: DeliveryStatus[] = ['unknown', 'accepted', 'sent', 'delivered', 'read'];

/** Since when an open alert needs somebody; null if it does not, or not yet. */
export const alertProblem = (
  alert: { severity: Priority; raisedAt: Date; exhausted: boolean; expiredAt: Date | null },
  now: Date,
): { since: Date } | null => {
  const { severity, raisedAt, exhausted, expiredAt } = alert;
  // Nobody is told of it any more, so it is for whoever reads this.
  if (expiredAt) return { since: expiredAt };
  const minutes = [
    ...(severity === 'critical' ? [patience.critical] : []),
    ...(exhausted ? [patience.exhausted[severity]] : []),
  ];
  return minutes.some((each) => raisedAt <= minutesBefore(now, each)) ? { since: raisedAt } : null;
};

/** Why nothing leaves by a channel; null if it does, or nothing is to. */
export const channelProblem = (
  channel: {
    /** Since when the provider has refused our credentials. */
    refusingSince: Date | null;
    /** Since when nothing was taken. */
    failingSince: Date | null;
    /** Whether anything is to leave. */
    waits: boolean;
    /** Since when something has waited longer than it should. */
    stuckSince: Date | null;
  },
  now: Date,
): { why: 'refused' | 'failing' | 'stuck'; since: Date } | null => {
  const { refusingSince, failingSince, waits, stuckSince } = channel;
  if (refusingSince) return { why: 'refused', since: refusingSince };
  if (waits && failingSince && failingSince <= minutesBefore(now, patience.channel))
    return { why: 'failing', since: failingSince };
  return stuckSince ? { why: 'stuck', since: stuckSince } : null;
};

export const urgencyOf = (priority: Priority): number => priorities.indexOf(priority);

/**
 * What was found by kind, each thing once, and of a kind no more than so many: the urgent first, then what has just
 * come up, since what is old was seen before. `more`: there are others.
 */
export const byUrgency = <Found extends Problem>(
  found: Found[],
  most: number,
): { kind: ProblemKind; problems: Found[]; more: boolean }[] => {
  const said = new Set<string>();
  return problemKinds.flatMap((kind) => {
    const problems = found
      .filter((problem) => problem.kind === kind)
      .toSorted((a, b) => b.urgency - a.urgency || (b.since?.getTime() ?? 0) - (a.since?.getTime() ?? 0))
      .filter(({ about }) => !said.has(about) && said.add(about));
    return problems.length === 0
      ? []
      : [{ kind, problems: problems.slice(0, most), more: problems.length > most }];
  });
};
