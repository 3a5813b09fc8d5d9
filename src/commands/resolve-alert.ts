import type { Alert } from '../domain/alert.ts';
import { orderKey } from '../domain/work-order.ts';
import {
  type AlertFacts,
  type AlertNow,
  answer,
  type Decision,
  type Facts,
  type Request,
} from './command.ts';
import { endingLike, findByNumber, splitOrder } from './resolve-order.ts';

const helpMs = 12 * 60 * 60 * 1000;

export const isMine = ({ alert }: AlertFacts, { technician }: Pick<Facts, 'technician'>): boolean =>
  alert.state === 'responding' && alert.responderId === technician.id;

/** Nobody can mean, by words that name nothing, what he was told of only after they came. */
export const canBeMeant = (toldAt: Date | undefined, { receivedAt }: Pick<Facts, 'receivedAt'>): boolean =>
  toldAt === undefined || toldAt <= receivedAt;

export const isOpenAlert = ({ alert }: AlertFacts): boolean => alert.state === 'open';

/** How an alert stands for whoever asks. */
export const stateOf = (known: AlertFacts, facts: Pick<Facts, 'technician'>): AlertNow => {
  const { alert, responder } = known;
  if (alert.state === 'resolved') return { alert, state: 'resolved', by: responder, at: alert.resolvedAt };
  if (alert.state === 'open') return { alert, state: 'open', by: null, at: null };
  return { alert, state: isMine(known, facts) ? 'mine' : 'taken', by: responder, at: alert.claimedAt };
};

/** The alerts that a button or an answer names, else those of the quoted message; null where neither is about one. */
export const alertsPointedAt = (
  { alertIds, orderId }: Pick<Request, 'alertIds' | 'orderId'>,
  facts: Facts,
): AlertFacts[] | null => {
  if (alertIds) return byIds(alertIds, facts);
  if (orderId || facts.quoted.length > 0 || facts.quotedAlerts.length === 0) return null;
  return byIds(facts.quotedAlerts, facts);
};

const byIds = (ids: string[], { alerts }: Facts): AlertFacts[] =>
  ids.flatMap((id) => alerts.find(({ alert }) => alert.id === id) ?? []);

/** The alerts whose external id is given; else those whose asset's code or name is, or which end like it. */
export const alertsNamed = (given: string, alerts: AlertFacts[]): AlertFacts[] => {
  const key = orderKey(given);
  if (key === '') return [];
  const withKey = (keyOf: (alert: Alert) => string) =>
    alerts.filter((each) => orderKey(keyOf(each.alert)) === key);
  const endingWith = (keyOf: (alert: Alert) => string) =>
    endingLike(
      given,
      alerts.map((each) => ({ number: keyOf(each.alert), each })),
    ).map(({ each }) => each);
  const ways = [
    () => alertsWithId(given, alerts),
    () => withKey(({ asset }) => asset.code),
    () => withKey(({ asset }) => asset.name),
    () => endingWith(({ externalId }) => externalId),
    () => endingWith(({ asset }) => asset.code),
  ];
  for (const find of ways) {
    const found = find();
    if (found.length > 0) return found;
  }
  return [];
};

/** Those whose whole external id it is, whatever the case. */
export const alertsWithId = (given: string, alerts: AlertFacts[]): AlertFacts[] => {
  const key = orderKey(given);
  return key === '' ? [] : alerts.filter(({ alert }) => orderKey(alert.externalId) === key);
};

/** The alert that ESCALATE means, and what it goes on with; null: it means an order, or none. Never asks. */
export const alertToEscalate = (
  request: Request,
  facts: Facts,
): { known: AlertFacts; text: string } | null => {
  const text = request.rest.trim();
  const pointedAt = alertsPointedAt(request, facts);
  if (!request.alertIds && (request.orderId || splitOrder(request, facts).named !== '')) return null;
  const named = request.alertIds ? null : namedFirst(request.rest, facts);
  if (named) return named;
  if (pointedAt && pointedAt.length > 0) return { known: mostPressing(pointedAt, facts)!, text };
  if (facts.quoted.length > 0) return null;
  const since = facts.receivedAt.getTime() - helpMs;
  const known = mostPressing(
    facts.alerts.filter((each) => {
      if (each.alert.state === 'resolved' || !canBeMeant(each.told?.at, facts)) return false;
      // Whoever goes may have forgotten to say that it is done: for how long others' calls are about it has an end.
      return each.alert.state === 'open' || isMine(each, facts) || (each.told?.at.getTime() ?? 0) > since;
    }),
    facts,
  );
  return known && { known, text };
};

/** An alert that a free text begins with, by its whole external id or its asset's code. */
const namedFirst = (rest: string, facts: Facts): { known: AlertFacts; text: string } | null => {
  const [first = ''] = rest.trim().split(/\s/u);
  const key = orderKey(first);
  if (key === '') return null;
  const unresolved = facts.alerts.filter(({ alert }) => alert.state !== 'resolved');
  const byId = alertsWithId(first, facts.alerts);
  const named = byId.length > 0 ? byId : unresolved.filter(({ alert }) => orderKey(alert.asset.code) === key);
  const known = mostPressing(named, facts);
  return known && { known, text: rest.trim().slice(first.length).trim() };
};

/** The one claimed last of those the technician goes to; else the first open one, else the first somebody goes to. */
const mostPressing = (alerts: AlertFacts[], facts: Facts): AlertFacts | null =>
  claimedLast(alerts.filter((each) => isMine(each, facts))) ??
  alerts.find(isOpenAlert) ??
  alerts.find(({ alert }) => alert.state === 'responding') ??
  alerts[0] ??
  null;

const claimedLast = (alerts: AlertFacts[]): AlertFacts | null =>
  alerts.toSorted((a, b) => b.alert.claimedAt!.getTime() - a.alert.claimedAt!.getTime())[0] ?? null;

/** The alert whose whole id is in the words that could name an order, unless an order has it as its number. */
export const alertInWords = (named: string, facts: Facts): AlertFacts[] =>
  findByNumber(named, facts) ? [] : alertsWithId(named, facts.alerts);

/** What an alert is told that is for orders only: a command in reply to its message. Null: it is about an order. */
export const notForAlerts = (request: Request, facts: Facts): Decision | null => {
  if (!forOrders.includes(request.action)) return null;
  const alerts = alertsPointedAt(request, facts);
  if (!alerts || alerts.length === 0) return null;
  const isFreeText = ['NOTE', 'DELAY', 'NEED', 'ATTACH'].includes(request.action);
  const named = isFreeText ? splitOrder(request, facts).named : request.rest;
  // Words that name something are for the command to judge.
  if (orderKey(named) !== '') return null;
  return alertTakes(alerts, request.action, facts);
};

const forOrders: Request['action'][] = ['ACK', 'START', 'CONFIRM', 'NOTE', 'DELAY', 'NEED', 'ATTACH'];

export const alertTakes = (alerts: AlertFacts[], command: Request['action'] | null, facts: Facts): Decision =>
  answer(
    'alertTakes',
    { alerts: alerts.map((each) => stateOf(each, facts)), command },
    [],
    alerts.map(({ alert }) => alert),
  );
