import { completed, orderKey } from '../domain/work-order.ts';
import {
  type AlertFacts,
  answer,
  type Command,
  change,
  type Decision,
  type Facts,
  type Request,
} from './command.ts';
import { onOrder } from './on-order.ts';
import { alertsNamed, alertsPointedAt, alertsWithId, canBeMeant, isMine, stateOf } from './resolve-alert.ts';
import { currentOrder, findByNumber, findNamed, type Rule } from './resolve-order.ts';
import { namesOf } from './responding.ts';
import { whichAlert } from './which-alert.ts';

const rule: Rule = {
  command: 'COMPLETE',
  fits: ({ status }) => status === 'in_progress' || status === 'delayed',
  prefer: (candidates, facts) => currentOrder(candidates.length > 0 ? candidates : facts.orders),
};

/** Completes an order, or resolves the alert that the technician goes to. */
export const complete: Command = (request, facts, now) =>
  onAlert(request, facts) ??
  onOrder(rule, request, facts, (order, others) =>
    rule.fits(order)
      ? change(order, [completed(order, now)], 'completed', { order, others })
      : answer('notStarted', { order }, [order]),
  );

/** What COMPLETE does to an alert; null: it means an order. */
const onAlert = (request: Request, facts: Facts): Decision | null => {
  const { rest, orderId, alertIds, all = false } = request;
  const pointedAt = alertsPointedAt(request, facts);
  if (alertIds) return ofSeveral(pointedAt!, all, facts);
  if (orderId) return null;
  if (orderKey(rest) !== '') return ofNamed(rest, facts);
  if (pointedAt) return ofSeveral(pointedAt, false, facts);
  return facts.quoted.length > 0 ? null : ofMine(facts);
};

/** Of several alerts those that the technician goes to; where there is none, who goes. */
const ofSeveral = (alerts: AlertFacts[], all: boolean, facts: Facts): Decision => {
  const mine = alerts.filter((each) => isMine(each, facts));
  if (mine.length === 0) return refuse(alerts, facts);
  return mine.length === 1 || all ? resolve(mine) : whichAlert('COMPLETE', { alerts: mine }, facts);
};

const ofNamed = (given: string, facts: Facts): Decision | null => {
  if (findByNumber(given, facts)) return null;
  const byId = alertsWithId(given, facts.alerts);
  if (byId.length > 0) return ofSeveral(byId, false, facts);
  if (findNamed(given, facts)) return null;
  const alerts = alertsNamed(given, facts.alerts);
  if (alerts.length > 0) return ofSeveral(alerts, false, facts);
  const mine = facts.alerts.filter((each) => isMine(each, facts));
  // Words that name nothing change nothing: without an order it is asked which alert is meant.
  return mine.length > 0
    ? whichAlert('COMPLETE', { alerts: mine, orders: facts.orders.filter(rule.fits), leftOver: given }, facts)
    : null;
};

/**
 * Nothing says which. The alert he goes to, if he has sent no command about an order since, or has none in hand;
 * else he is asked. One that he was told of since he wrote he can only be asked about.
 */
const ofMine = (facts: Facts): Decision | null => {
  const { alerts, lastOrderAt } = facts;
  const all = alerts.filter((each) => isMine(each, facts));
  const mine = all.filter(({ told }) => canBeMeant(told?.at, facts));
  const [only, ...more] = mine;
  if (!only && facts.orders.length > 0) return null;
  if (!only && all.length > 0) return whichAlert('COMPLETE', { alerts: all }, facts);
  if (!only) return alerts.length > 0 ? refuse(alerts, facts) : null;
  const orders = facts.orders.filter(rule.fits);
  const isLast = !lastOrderAt || only.alert.claimedAt! > lastOrderAt;
  if (more.length === 0 && (orders.length === 0 || isLast)) return resolve(mine);
  return whichAlert('COMPLETE', { alerts: mine, orders }, facts);
};

const resolve = (alerts: AlertFacts[]): Decision => ({
  ...answer(
    'alertResolved',
    { alerts: alerts.map(({ alert }) => alert), told: namesOf(alerts) },
    [],
    alerts.map(({ alert }) => alert),
  ),
  alerts: alerts.map(({ alert }) => ({ do: 'resolve', alertId: alert.id })),
});

const refuse = (alerts: AlertFacts[], facts: Facts): Decision => {
  const known = alerts.find(({ alert }) => alert.state !== 'resolved') ?? alerts[0];
  return known ? answer('alertNotResolved', stateOf(known, facts), [], [known.alert]) : answer('noAlert', {});
};
