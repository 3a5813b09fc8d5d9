import { type Bell, readFacts } from '../cmms/facts.ts';
import { holdsBack, whenDue } from '../cmms/hold-back.ts';
import { type NotReached, needNotKnow } from '../cmms/not-reached.ts';
import { readerOf, waitForNext } from '../cmms/notify.ts';
import { findRoute } from '../cmms/route.ts';
import { alertsStillTold, sayAgain } from '../cmms/say-again.ts';
import type { Deps } from '../deps.ts';
import { isStillTrue, type Way } from '../domain/message.ts';
import { whyNotReached } from '../domain/not-reached.ts';
import type { OfTheFirstWay } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';

/** By which way it goes on, null if by none; and whom nobody is left to reach by. Ring the bells after the commit. */
type Followed = { nextWay: Way | null; bells: Bell[]; notReached: NotReached | null };

/** Says a message that failed for good, or cannot leave, by the person's next way. When there is none left: see `tellNotReached`. */
export const followFailed = async (tx: Tx, deps: Deps, messageId: string): Promise<Followed> => {
  const message = await tx.outbox.lockForNextWay(messageId);
  const followed = message && (await follow(tx, deps, message));
  if (!followed) return { nextWay: null, bells: [], notReached: null };
  return followed.kind === 'goes-on'
    ? { nextWay: followed.nextWay, bells: followed.bells, notReached: null }
    : { nextWay: null, bells: [], notReached: followed.notReached };
};

type Following =
  | { kind: 'goes-on'; nextWay: Way | null; bells: Bell[] }
  | { kind: 'no-way-left'; notReached: NotReached };

/** The next row, if the person is still to be told and has not been reached; null if there is nothing to tell. */
export const follow = async (tx: Tx, deps: Deps, message: OfTheFirstWay): Promise<Following | null> => {
  const { id, kind, lane, technicianId, tried } = message;
  // An answer belongs to the question: by another way nobody has asked it.
  if (kind === 'reply' || !technicianId) return null;
  const later = tried[tried.findIndex((each) => each.id === id) + 1];
  if (later) return { kind: 'goes-on', nextWay: later.way, bells: [] };
  if (tried.some(({ status }) => status === 'delivered' || status === 'read')) return null;
  if (message.isErased) return null;

  const facts = await readFacts(tx, deps, { kind: 'system', id: null });
  const person = (await tx.technicians.get(technicianId))!;
  const order = message.workOrderId ? await tx.workOrders.get(message.workOrderId) : null;
  if (needNotKnow(person, kind)) return null;
  const timeZone = person.timeZone ?? facts.tenant.timeZone;
  if (message.expiresAt <= facts.now || !isStillTrue(message, order, timeZone)) return null;
  const alerts = await alertsStillTold(tx, message);
  if (alerts?.length === 0) return null;
  if (await tx.calls.isOver(message.firstId)) return null;
  // Whoever has written since has the phone in hand, unless nothing of ours can have been on it.
  const ids = tried.map((each) => each.id);
  if (await tx.outbox.answeredSince(technicianId, ids)) return null;

  const route = await findRoute(tx, person, facts.newId, {
    ...(message.byWays ? { ways: message.byWays } : {}),
    after: message.way,
    evenSwitchedOff: lane === 'critical',
  });
  if ('not' in route) {
    const ways = tried.map((each) => ({ way: each.way, why: whyNotReached(each) }));
    return { kind: 'no-way-left', notReached: { message, person, order, reason: 'failed', ways, facts } };
  }

  const held = await holdsBack(tx, person, message, facts);
  const heldBack = 'cancel' in held ? held.cancel : null;
  const reader = readerOf(person, facts.tenant, facts.now, route.way);
  const added = await tx.outbox.add({
    id: facts.newId(),
    fallbackOf: message.firstId,
    technicianId,
    way: route.way,
    channelId: route.channelId,
    conversationId: route.conversationId,
    kind,
    lane,
    ...(await sayAgain(tx, message, { order, alerts }, reader, person)),
    fallbackSeconds: await waitForNext(tx, route, facts),
    inReplyTo: null,
    causedBy: message.causedBy,
    workOrderIds: message.workOrderIds,
    dueDays: message.dueDays,
    alertIds: alerts?.map(({ id: alertId }) => alertId) ?? [],
    byWays: message.byWays,
    about: message.workOrderId
      ? { workOrderId: message.workOrderId, assignmentNo: message.assignmentNo, dueDay: message.dueDay }
      : null,
    ...whenDue(held, facts.now),
    expiresAt: message.expiresAt,
    heldBack,
  });
  if (heldBack !== null) await tx.outbox.freeAssignment(id);
  const bells: Bell[] = added && heldBack === null ? [{ queue: 'outbound', id: route.channelId }] : [];
  return { kind: 'goes-on', nextWay: heldBack === null ? route.way : null, bells };
};
