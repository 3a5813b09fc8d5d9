import type { WorkOrder } from '../domain/work-order.ts';
import { type AlertFacts, answer, type Command, type Decision, type Facts } from './command.ts';
import { whichOrder } from './on-order.ts';
import {
  alertsNamed,
  alertsPointedAt,
  alertsWithId,
  alertTakes,
  canBeMeant,
  isOpenAlert,
  stateOf,
} from './resolve-alert.ts';
import { endingLike } from './resolve-order.ts';
import { callsAbout, openCalls, ordersOf, takeCalls, takenBefore, togetherWith } from './take-call.ts';
import { whichAlert } from './which-alert.ts';

/**
 * Goes to an alert, or takes a call for help: the one that is named, tapped or quoted, else whichever the person was
 * told of last. Of several in one message it asks, and takes all of them where that is said.
 */
export const responding: Command = (request, facts) => {
  const { rest, orderId, by, all = false } = request;
  const pointedAt = alertsPointedAt(request, facts);
  if (by === 'reaction') return reacted(pointedAt ?? [], facts);
  if (request.alertIds) return ofSeveral(pointedAt!, all, facts);
  if (rest !== '') return ofNamed(rest, facts);
  if (pointedAt) return ofSeveral(pointedAt, all, facts);
  if (orderId) return ofOrder(orderId, facts);
  if (facts.quoted.length === 1) return ofOrder(facts.quoted[0]!, facts);
  return ofLast(all, facts);
};

/** Of several alerts those that can be taken; where none can, why. */
const ofSeveral = (alerts: AlertFacts[], all: boolean, facts: Facts): Decision => {
  const open = alerts.filter(isOpenAlert);
  if (open.length === 0) return notTaken(alerts, facts);
  if (all) return take(alerts, facts);
  return open.length === 1 ? take(open, facts) : whichAlert('RESPONDING', { alerts: open }, facts);
};

/** Nothing says which: what the person was told of last. Of what he was told since he wrote, it is asked. */
const ofLast = (all: boolean, facts: Facts): Decision => {
  const open = openFor(facts).filter(({ told }) => canBeMeant(told!.at, facts));
  if (all && open.length > 0) return take(open, facts);
  const [alert] = open;
  const calls = openCalls(facts).filter(({ toldAt }) => canBeMeant(toldAt, facts));
  const [call] = calls;
  if (alert && (!call || alert.told!.at >= call.toldAt)) {
    // Told by one message: only he knows which of them he goes to.
    const together = open.filter(({ told }) => told!.by === alert.told!.by);
    return ofSeveral(together, false, facts);
  }
  if (call)
    return all && ordersOf(calls).length > 1 ? ask(facts) : takeCalls(togetherWith(call, calls), facts);
  return ask(facts);
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
  const orders = isWhole ? [] : endingLike(given, ordersOf(openCalls(facts)));
  if (orders.length === 0) {
    if (alerts.length > 0) return ofSeveral(alerts, false, facts);
    const [before, ...others] = endingLike(given, ordersOf(facts.calls));
    return before && others.length === 0 ? ofOrder(before.id, facts) : ask(facts, given);
  }
  const open = alerts.filter(isOpenAlert);
  const [order, ...more] = orders;
  return open.length > 0 || more.length > 0 ? whichOf(open, orders, null, facts) : ofOrder(order!.id, facts);
};

const ofOrder = (orderId: string, facts: Facts): Decision => {
  const calls = callsAbout(orderId, openCalls(facts));
  if (calls.length > 0) return takeCalls(calls, facts);
  return takenBefore(callsAbout(orderId, facts.calls)) ?? ask(facts);
};

/** What names none is asked about. */
const ask = (facts: Facts, leftOver: string | null = null): Decision =>
  whichOf(openFor(facts), ordersOf(openCalls(facts)), leftOver, facts);

const whichOf = (
  alerts: AlertFacts[],
  orders: WorkOrder[],
  leftOver: string | null,
  facts: Facts,
): Decision => {
  if (alerts.length > 0) return whichAlert('RESPONDING', { alerts, orders, leftOver }, facts);
  if (orders.length === 0) return nothingOpen(facts);
  return {
    ...answer('whichOrder', { action: 'RESPONDING', rest: '', orders, from: 0, leftOver }, orders),
    question: whichOrder('RESPONDING', '', orders),
  };
};

/** Nothing waits for anybody: who goes, or has taken what was called for, whichever was told of last. */
const nothingOpen = (facts: Facts): Decision => {
  const alert = facts.alerts.find((each) => !isOpenAlert(each));
  const call = facts.calls.find(({ taken }) => taken !== null);
  const isCall = call && !(alert?.told && alert.told.at >= call.toldAt);
  return (isCall ? takenBefore([call]) : null) ?? notTaken(facts.alerts, facts);
};
