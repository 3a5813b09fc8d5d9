import { escalationTaken, type WorkOrder } from '../domain/work-order.ts';
import { type AlertFacts, answer, type Command, change, type Decision, type Facts } from './command.ts';
import { whichOrder } from './on-order.ts';
import {
  alertsNamed,
  alertsPointedAt,
  alertsWithId,
  alertTakes,
  isOpenAlert,
  stateOf,
} from './resolve-alert.ts';
import { endingLike } from './resolve-order.ts';
import { tell } from './tell.ts';
import { whichAlert } from './which-alert.ts';

type Escalation = Facts['escalations'][number];

/**
 * Goes to an alert, or takes an escalation: the one that is named, tapped or quoted, else whichever the person was
 * told of last. Of several in one message it asks, and takes all of them where that is said.
 */
export const responding: Command = (request, facts) => {
  const { rest, orderId, by, all = false } = request;
  const pointedAt = alertsPointedAt(request, facts);
  if (by === 'reaction') return reacted(pointedAt ?? [], facts);
  if (request.alertIds) return ofSeveral(pointedAt!, all, facts);
  if (rest !== '') return ofNamed(rest, facts);
  if (pointedAt) return ofSeveral(pointedAt, all, facts);
  if (orderId) return ofEscalation(orderId, facts);
  if (facts.quoted.length === 1) return ofEscalation(facts.quoted[0]!, facts);
  return ofLast(all, facts);
};

/** Of several alerts those that can be taken; where none can, why. */
const ofSeveral = (alerts: AlertFacts[], all: boolean, facts: Facts): Decision => {
  const open = alerts.filter(isOpenAlert);
  if (open.length === 0) return notTaken(alerts, facts);
  if (all) return take(alerts, facts);
  return open.length === 1 ? take(open, facts) : whichAlert('RESPONDING', { alerts: open }, facts);
};

/** Nothing says which: what the person was told of last. */
const ofLast = (all: boolean, facts: Facts): Decision => {
  const open = openFor(facts);
  if (all && open.length > 0) return take(open, facts);
  const [alert] = open;
  const [escalation, ...more] = facts.escalations;
  if (alert && (!escalation || alert.told!.at >= escalation.toldAt)) {
    // Told by one message: only he knows which of them he goes to.
    const together = open.filter(({ told }) => told!.by === alert.told!.by);
    return ofSeveral(together, false, facts);
  }
  if (escalation) return all && more.length > 0 ? ask(facts) : takeEscalation(escalation, facts);
  return notTaken(facts.alerts, facts);
};

const openFor = ({ alerts }: Facts): AlertFacts[] => alerts.filter((each) => isOpenAlert(each) && each.told);

const take = (alerts: AlertFacts[], facts: Facts): Decision => {
  const open = alerts.filter(isOpenAlert);
  const others = openFor(facts).filter((each) => !alerts.includes(each));
  return {
    ...answer(
      'alertTaken',
      {
        alerts: open.map(({ alert }) => alert),
        missed: alerts.filter((each) => !isOpenAlert(each)).map((each) => stateOf(each, facts)),
        told: namesOf(open),
        others: others.length,
      },
      [],
      open.map(({ alert }) => alert),
    ),
    alerts: open.map(({ alert }) => ({ do: 'claim', alertId: alert.id })),
  };
};

/** Those who were told of any of them, each once. */
export const namesOf = (alerts: AlertFacts[]): string[] => [
  ...new Set(alerts.flatMap(({ others }) => others)),
];

const notTaken = (alerts: AlertFacts[], facts: Facts): Decision => {
  const last = alerts.find((each) => !isOpenAlert(each));
  return last ? answer('alertNotTaken', stateOf(last, facts), [], [last.alert]) : answer('noAlert', {});
};

/** A thumbs-up takes nothing: whoever goes says so. */
const reacted = (alerts: AlertFacts[], facts: Facts): Decision => {
  const open = alerts.filter(isOpenAlert);
  return open.length > 0 ? alertTakes(open, null, facts) : notTaken(alerts, facts);
};

const ofNamed = (given: string, facts: Facts): Decision => {
  const alerts = alertsNamed(given, facts.alerts);
  const isWhole = alertsWithId(given, alerts).length > 0;
  const orders = isWhole
    ? []
    : endingLike(
        given,
        facts.escalations.map(({ order }) => order),
      );
  if (orders.length === 0) return alerts.length > 0 ? ofSeveral(alerts, false, facts) : ask(facts, given);
  const open = alerts.filter(isOpenAlert);
  const [order, ...more] = orders;
  return open.length > 0 || more.length > 0
    ? whichOf(open, orders, null, facts)
    : ofEscalation(order!.id, facts);
};

const ofEscalation = (orderId: string, facts: Facts): Decision => {
  const escalation = facts.escalations.find(({ order }) => order.id === orderId);
  return escalation ? takeEscalation(escalation, facts) : ask(facts);
};

/** What names none is asked about. */
const ask = (facts: Facts, leftOver: string | null = null): Decision => {
  const orders = facts.escalations.map(({ order }) => order);
  return whichOf(openFor(facts), orders, leftOver, facts);
};

const whichOf = (
  alerts: AlertFacts[],
  orders: WorkOrder[],
  leftOver: string | null,
  facts: Facts,
): Decision => {
  if (alerts.length > 0) return whichAlert('RESPONDING', { alerts, orders, leftOver }, facts);
  if (orders.length === 0) return notTaken(facts.alerts, facts);
  return {
    ...answer('whichOrder', { action: 'RESPONDING', rest: '', orders, from: 0, leftOver }, orders),
    question: whichOrder('RESPONDING', '', orders),
  };
};

const takeEscalation = ({ order, assignee }: Escalation, { technician }: Facts): Decision => ({
  ...change(order, [escalationTaken(order, technician.externalId)], 'escalationTaken', {
    order,
    technician: assignee?.name ?? null,
  }),
  tell: tell(assignee ? [assignee] : [], {
    key: 'work-order.taken',
    values: { order, by: technician.name },
    orderId: order.id,
  }),
});
