import { isNewsOfAlert, messageExpiry } from '../domain/alert.ts';
import { dayOf, endOfDay } from '../domain/dates.ts';
import { expiry, isStillTrue, type Reason, type Way } from '../domain/message.ts';
import { isStillDue } from '../domain/reminder.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { OfTheFirstWay } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { holdsBack, whenDue } from './hold-back.ts';
import { readerOf } from './notify.ts';
import { findRoute } from './route.ts';
import { alertsStillTold, sayAgain } from './say-again.ts';

/** Why a message is not sent again: by what somebody chose or how they can be reached, or by what became of it. */
export type NotResent =
  | Reason
  | 'not-ours'
  | 'not-over'
  | 'arrived'
  | 'goes-on'
  | 'told-since'
  | 'nobody'
  | 'answer'
  | 'alert-news'
  | 'erased'
  | 'too-late';

export type Resent =
  | { kind: 'resent'; messageId: string; waitsUntil: Date | null; bells: Bell[] }
  /** It was sent again by that way before. */
  | { kind: 'was-resent'; messageId: string }
  | { kind: 'refused'; why: NotResent };

/** How a message ended that may be sent again. */
export const endedUnsent: readonly string[] = ['failed', 'expired', 'cancelled', 'unknown'];

/**
 * Sends a message again that ended without arriving, by that way and no other, once; only if what it says is still
 * so, as is checked of every message that is about to leave. Null if there is no such message. Ring the bells after
 * the commit.
 */
export const resend = async (tx: Tx, id: string, way: Way, facts: Facts): Promise<Resent | null> => {
  // One at a time: two that say the same are two rows, and may be sent again at the same moment.
  await tx.tenants.lock('resend');
  const seen = await tx.messages.get(id);
  if (!seen) return null;
  if (seen.direction === 'in') return { kind: 'refused', why: 'not-ours' };
  const { orders, isOver } = await lockAbout(tx, id, seen.workOrderId);
  const message = await tx.outbox.lockForNextWay(id);
  if (!message) return null;
  const before = message.tried.find((each) => each.resentOf === id && each.way === way);
  if (before) return { kind: 'was-resent', messageId: before.id };

  const person = message.technicianId ? await tx.technicians.get(message.technicianId) : null;
  const why = isOver ? 'order-moved-on' : whyNot(message, way, person);
  if (why) return { kind: 'refused', why };
  return sendAgain(tx, message, way, { person: person!, orders }, facts);
};

/** Orders, alerts and calls before messages, as everywhere: nobody changes them before it is in the outbox. */
const lockAbout = async (tx: Tx, id: string, workOrderId: string | null) => {
  const lines = await tx.reminders.ofDigests([id]);
  const orders = await tx.workOrders.lockMany([
    ...new Set([...(workOrderId ? [workOrderId] : []), ...lines.map((line) => line.workOrderId)]),
  ]);
  const alerts = await tx.alerts.ofMessages([id]);
  await tx.alerts.keep([...alerts.values()].flat());
  const over = await tx.calls.keepOver([id]);
  return { orders, isOver: over.size > 0 };
};

const whyNot = (message: OfTheFirstWay, way: Way, person: Technician | null): NotResent | null => {
  const { id, kind, status, waits, tried } = message;
  if (tried.some((each) => each.status === 'delivered' || each.status === 'read')) return 'arrived';
  if (!endedUnsent.includes(status) || waits) return 'not-over';
  const others = tried.filter((each) => each.id !== id);
  if (others.some((each) => ['queued', 'sending', 'accepted'].includes(each.status))) return 'goes-on';
  if (!person) return 'nobody';
  if (message.isErased) return 'erased';
  // It names who went, who may have changed twice since; whoever it concerns has been told each time.
  if (isNewsOfAlert(kind)) return 'alert-news';
  // By another way nobody has asked it.
  return kind === 'reply' && way !== message.way ? 'answer' : null;
};

const sendAgain = async (
  tx: Tx,
  message: OfTheFirstWay,
  way: Way,
  { person, orders }: { person: Technician; orders: Map<string, WorkOrder> },
  facts: Facts,
): Promise<Resent> => {
  const { kind, lane } = message;
  const refused = (why: NotResent) => ({ kind: 'refused', why }) as const;
  const timeZone = person.timeZone ?? facts.tenant.timeZone;
  const order = orders.get(message.workOrderId ?? '') ?? null;
  const told = await assignmentOf(tx, message, order);
  if (!isStillTrue({ ...message, assignmentNo: told.assignmentNo }, order, timeZone))
    return refused('order-moved-on');
  if (told.isToldSince) return refused('told-since');
  const lines = message.workOrderIds.map((id, at) => ({ id, dueDay: message.dueDays[at] ?? null }));
  const left =
    kind === 'work-order.digest'
      ? lines.filter(({ id, dueDay }) => {
          const each = orders.get(id);
          return each && isStillDue(each, { technicianId: person.id, dueDay }, timeZone);
        })
      : lines;
  if (lines.length > 0 && left.length === 0) return refused('order-moved-on');
  const alerts = await alertsStillTold(tx, message);
  if (alerts?.length === 0) return refused('alert-claimed');
  const until = alerts && alerts.length > 0 ? messageExpiry(alerts[0]!, facts.now) : null;
  if (isTooLate(message, facts.now)) return refused('too-late');
  const expiresAt = expiresAtOf(message, until, timeZone, facts.now);
  if (expiresAt <= facts.now) return refused('too-late');

  const held = await holdsBack(tx, person, { kind, lane, expiresAt }, facts);
  if ('cancel' in held) return refused(held.cancel);
  const options = { only: way, evenSwitchedOff: lane === 'critical' || kind === 'reply' };
  const route = await findRoute(tx, person, facts.newId, options);
  if ('not' in route) return refused(route.not);

  const said = { ...message, workOrderIds: left.map(({ id }) => id) };
  const reader = readerOf(person, facts.tenant, facts.now, way);
  const messageId = facts.newId();
  const added = await tx.outbox.add({
    id: messageId,
    fallbackOf: message.firstId,
    resent: {
      of: message.id,
      possibleDuplicate: message.status === 'unknown',
      tellsAssignment: told.isUntold,
    },
    technicianId: person.id,
    way,
    channelId: route.channelId,
    conversationId: route.conversationId,
    kind,
    lane,
    ...(await sayAgain(tx, said, { order, alerts }, reader, person)),
    inReplyTo: null,
    causedBy: message.causedBy,
    workOrderIds: said.workOrderIds,
    dueDays: left.map(({ dueDay }) => dueDay),
    alertIds: alerts?.map(({ id }) => id) ?? [],
    // Whoever chose the way sees whether it arrives.
    byWays: [way],
    about: message.workOrderId
      ? { workOrderId: message.workOrderId, assignmentNo: told.assignmentNo, dueDay: message.dueDay }
      : null,
    ...whenDue(held, facts.now),
    expiresAt,
    heldBack: null,
  });
  if (!added) return refused('told-since');
  return {
    kind: 'resent',
    messageId,
    waitsUntil: 'wait' in held ? held.wait : null,
    bells: [{ queue: 'outbound', id: route.channelId }],
  };
};

/** The assignment that it tells, and whether another message has told it, or none: what was held back has told nobody. */
const assignmentOf = async (
  tx: Tx,
  { kind, assignmentNo, tried }: OfTheFirstWay,
  order: WorkOrder | null,
): Promise<{ assignmentNo: number | null; isUntold: boolean; isToldSince: boolean }> => {
  const tells = kind === 'work-order.assigned' || kind === 'maintenance.scheduled';
  if (!tells || !order) return { assignmentNo, isUntold: false, isToldSince: false };
  const told = await tx.messages.ofAssignment(order.id, order.assignmentNo);
  return {
    assignmentNo: assignmentNo ?? order.assignmentNo,
    isUntold: told === null,
    isToldSince: told !== null && !tried.some(({ id }) => id === told),
  };
};

/** Answers are true of the moment they were asked for, and only whoever wrote a text knows whether it still holds. */
export const isTooLate = (
  { kind, expiresAt }: { kind: string | null; expiresAt: Date | null },
  now: Date,
): boolean => (kind === 'reply' || kind === 'message.send') && expiresAt !== null && expiresAt <= now;

const ofTheDay = ['work-order.reminder', 'work-order.digest', 'maintenance.reminder'];

/** As long as it was to be of use, or as a new one of its kind would be. */
const expiresAtOf = (
  { kind, expiresAt }: OfTheFirstWay,
  ofAlert: Date | null,
  timeZone: string,
  now: Date,
): Date => {
  if (expiresAt > now) return expiresAt;
  if (ofAlert) return ofAlert;
  return ofTheDay.includes(kind) ? endOfDay(dayOf(now, timeZone), timeZone) : expiry(kind, now);
};
