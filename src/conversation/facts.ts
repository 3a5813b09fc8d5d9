import { toTellAgain } from '../cmms/calls.ts';
import { helpersOf, peopleOfNextStep } from '../cmms/whom-to-tell.ts';
import type { AlertFacts, Call, Facts, Request, Undoable } from '../commands/command.ts';
import { alertToEscalate } from '../commands/resolve-alert.ts';
import { commands } from '../commands/table.ts';
import { lastOrderAt, lastOrderId, openList, type Talk } from '../commands/talk.ts';
import type { Alert, AlertBefore } from '../domain/alert.ts';
import { type Before, isOpen, type WorkOrder } from '../domain/work-order.ts';
import type { LastChanges } from '../store/events.ts';
import type { Unread } from '../store/inbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';

const dayMs = 24 * 60 * 60 * 1000;
const closedOrdersMs = 7 * dayMs;
const resolvedAlertsMs = dayMs / 2;

export type FactsAsked = {
  message: Unread;
  technician: Technician;
  paused: boolean;
  optedOutSince: Date | null;
  talk: Talk;
  quoted: string[];
  quotedAlerts: string[];
  attachments: Facts['attachments'];
  now: Date;
};

/** Locks the technician's orders, and those the message means, and reads what its command must know. */
export const loadFacts = async (
  tx: Tx,
  request: Request,
  asked: FactsAsked,
): Promise<{ facts: Facts; undoes: string | null }> => {
  const { message, technician, paused, optedOutSince, talk, attachments, now } = asked;
  const { quoted, quotedAlerts } = asked;
  const at = message.receivedAt;
  const needs = new Set(commands[request.action].needs);
  const last = needs.has('undoable')
    ? await tx.events.lastChanges(technician.id, technician.externalId, new Date(at.getTime() - dayMs))
    : null;
  const toldOf = needs.has('calls') ? await tx.calls.toldTo(technician.id, at, now) : [];

  const named = [...(request.orderId ? [request.orderId] : []), ...quoted];
  const orders = await tx.workOrders.lockOf(technician.id, new Date(now.getTime() - closedOrdersMs), [
    ...new Set([
      ...named,
      ...(toldOf.length > 0 ? await tx.calls.ordersOf(toldOf.map(({ id }) => id)) : []),
      ...(last?.changes.flatMap(({ workOrderId }) => workOrderId ?? []) ?? []),
    ]),
  ]);
  const alerts = await loadAlerts(tx, request, { ...asked, last });
  const byId = new Map(orders.map((order) => [order.id, order]));
  const mine = orders.filter(({ assigneeId }) => assigneeId === technician.id);
  // Calls before messages, as everywhere.
  if (last) await tx.calls.lockOfMessage(last.messageId);
  // Only an order that waits for its acknowledgement is told apart by its notice.
  const noticed = mine.some(({ status }) => status === 'assigned')
    ? await tx.messages.noticesAccepted(technician.id)
    : new Map<string, Date>();
  const asFacts = (order: WorkOrder) => ({ ...order, noticeAcceptedAt: noticed.get(order.id) ?? null });

  const facts: Facts = {
    technician: {
      ...{ id: technician.id, externalId: technician.externalId, name: technician.name },
      ...{ role: technician.role, paused },
    },
    way: message.way,
    optedOutSince,
    receivedAt: at,
    orders: mine.filter(isOpen).map(asFacts),
    closed: mine.filter((order) => !isOpen(order)).map(asFacts),
    moved: await readMoved(
      tx,
      named.flatMap((id) => byId.get(id) ?? []).filter(({ assigneeId }) => assigneeId !== technician.id),
    ),
    quoted,
    quotedAlerts,
    lastOrderId: lastOrderId(talk, at),
    lastOrderAt: lastOrderAt(talk, at),
    attachments,
    people: needs.has('people') ? await readPeople(tx, technician, mine) : nobody,
    undoable: last && (await readUndoable(tx, last, { orders: byId, alerts }, technician)),
    alerts,
    nextPeople: [],
    calls: toldOf.length > 0 ? await readCalls(tx, toldOf, byId, technician, now) : [],
    calling: needs.has('calling') ? await readCalling(tx, mine, technician) : [],
    missed:
      needs.has('missed') && (paused || optedOutSince) ? await readMissed(tx, technician, optedOutSince) : [],
    list: needs.has('list') ? await readList(tx, talk, at) : null,
  };
  const meant = request.action === 'ESCALATE' ? alertToEscalate(request, facts) : null;
  if (meant) facts.nextPeople = await readNextPeople(tx, meant.known.alert, technician);
  return { facts, undoes: last?.messageId ?? null };
};

/** The alerts a command may be about, locked if it may change them; whoever changes one changes it after that. */
const loadAlerts = async (
  tx: Tx,
  request: Request,
  { technician, quotedAlerts, message, now, last }: FactsAsked & { last: LastChanges | null },
): Promise<AlertFacts[]> => {
  const named = [...(request.alertIds ?? []), ...quotedAlerts];
  const changed = last?.changes.flatMap(({ alertId }) => alertId ?? []) ?? [];
  const asksForAll = commands[request.action].needs?.includes('alerts') ?? false;
  if (!asksForAll && named.length === 0 && changed.length === 0) return [];
  const resolvedSince = new Date(message.receivedAt.getTime() - resolvedAlertsMs);
  const [told, mine] = await Promise.all([
    tx.alerts.toldTo(technician.id, { until: message.receivedAt, resolvedSince, now }),
    asksForAll ? tx.alerts.respondedBy(technician.id) : [],
  ]);
  const listed = asksForAll ? [...told.map(({ id }) => id), ...mine] : [];
  const ids = [...new Set([...listed, ...named, ...changed])];
  if (ids.length === 0) return [];
  // COMPLETE changes none but his: those that others go to, or nobody does, need not wait for it.
  const toLock = request.action === 'COMPLETE' ? [...new Set([...mine, ...named])] : ids;
  const locked = changesAlerts.includes(request.action) ? await tx.alerts.lock(toLock) : null;
  const rest = ids.filter((id) => !locked?.has(id));
  const found = new Map([...(locked ?? []), ...(rest.length > 0 ? await tx.alerts.getMany(rest) : [])]);
  const alerts = ids.flatMap((id) => found.get(id) ?? []);
  const paged = await tx.alerts.peopleTold(alerts.map(({ id }) => id));
  const names = await tx.technicians.names([
    ...new Set([...alerts.flatMap(({ responderId }) => responderId ?? []), ...[...paged.values()].flat()]),
  ]);
  return alerts.map((alert) => {
    const lastTold = told.find(({ id }) => id === alert.id);
    return {
      alert,
      told: lastTold ? { at: lastTold.at, by: lastTold.by } : null,
      responder: alert.responderId && (names.get(alert.responderId) ?? null),
      others: (paged.get(alert.id) ?? [])
        .filter((id) => id !== technician.id)
        .flatMap((id) => names.get(id) ?? []),
    };
  });
};

const changesAlerts: Request['action'][] = ['RESPONDING', 'ESCALATE', 'COMPLETE', 'UNDO'];

/** The names of those whom ESCALATE tells. The alert must be locked. */
export const readNextPeople = async (tx: Tx, alert: Alert, technician: Technician): Promise<string[]> => {
  const isTaken = alert.state === 'responding' && alert.responderId !== technician.id;
  const chain = (await tx.chains.lockOfAlert(alert.id))!;
  const people = isTaken
    ? await helpersOf(tx, [technician.id, alert.responderId!], chain.lane)
    : await peopleOfNextStep(tx, chain, alert, [technician.id]);
  return people.filter(({ id }) => id !== technician.id).map(({ name }) => name);
};

const nobody = { all: [], supervisorId: null, onCall: [] };

const readMoved = async (tx: Tx, orders: WorkOrder[]): Promise<Facts['moved']> => {
  if (orders.length === 0) return [];
  const moves = await tx.workOrders.lastMoves(orders.map(({ id }) => id));
  const holders = await tx.technicians.names(orders.flatMap(({ assigneeId }) => assigneeId ?? []));
  return orders.map((order) => {
    // Whoever has it may be the first who ever had it: then nobody has moved it.
    const move = order.assignmentNo > 1 || !order.assigneeId ? moves.get(order.id) : undefined;
    const holder = order.assigneeId ? (holders.get(order.assigneeId) ?? null) : null;
    return { order, holder, by: move?.by ?? null, at: move?.at ?? null };
  });
};

const readPeople = async (tx: Tx, technician: Technician, orders: WorkOrder[]): Promise<Facts['people']> => {
  const { supervisorId } = technician;
  const planners = orders.flatMap(({ plannerId }) => plannerId ?? []);
  const onCall = await tx.settings.onCall();
  const all = await tx.technicians.toTell(technician.id, [
    ...new Set([...planners, ...(supervisorId ? [supervisorId] : []), ...onCall]),
  ]);
  return { all, supervisorId, onCall };
};

const readUndoable = async (
  tx: Tx,
  last: LastChanges,
  { orders, alerts }: { orders: Map<string, WorkOrder>; alerts: AlertFacts[] },
  technician: Technician,
): Promise<Undoable> => ({
  receivedAt: last.receivedAt,
  changes: last.changes.map(({ workOrderId, alertId, before, ...change }) => {
    const facts = alerts.find(({ alert }) => alert.id === alertId);
    return {
      ...change,
      order: workOrderId ? (orders.get(workOrderId) ?? null) : null,
      before: alertId ? null : (before as Before | null),
      ...(facts ? { alert: { facts, before: before as AlertBefore | null } } : {}),
    };
  }),
  changedSince: findChange(last, orders),
  alertChangedSince: findAlertChange(last, alerts),
  told: await readTold(tx, last.messageId, technician),
});

/** Who was told of it and can be told that it is taken back. */
const readTold = async (tx: Tx, messageId: string, technician: Technician): Promise<Undoable['told']> => {
  const told = await tx.outbox.lockCausedBy(messageId);
  const people = await tx.technicians.toTell(technician.id, told);
  return people.filter(({ id, reachable }) => reachable && told.includes(id));
};

/** The first change of somebody else's since; one that left no event shows in the order's version. */
const findChange = (last: LastChanges, orders: Map<string, WorkOrder>): Undoable['changedSince'] => {
  for (const order of orders.values()) {
    const own = last.changes.filter(({ workOrderId }) => workOrderId === order.id);
    if (own.length === 0) continue;
    const later = last.later.filter(({ workOrderId }) => workOrderId === order.id);
    const other = later.find(({ undone }) => !undone);
    if (other) return { order, by: other.by, at: other.at };
    const before = own.at(-1)!.before?.version ?? Number.NaN;
    const expected = before + 1 + later.filter(({ counted }) => counted).length;
    if (order.version !== expected) return { order, by: null, at: null };
  }
  return null;
};

const findAlertChange = (last: LastChanges, alerts: AlertFacts[]): Undoable['alertChangedSince'] => {
  const other = last.laterOfAlerts.find(({ undone }) => !undone);
  const known = other && alerts.find(({ alert }) => alert.id === other.alertId);
  return known ? { alert: known.alert, by: other.by, at: other.at } : null;
};

/** Those that still call, and those that somebody else has taken within a day. */
const readCalls = async (
  tx: Tx,
  toldOf: { id: string; toldAt: Date }[],
  orders: Map<string, WorkOrder>,
  technician: Technician,
  now: Date,
): Promise<Call[]> => {
  const ids = toldOf.map(({ id }) => id);
  const stored = new Map((await tx.calls.lock(ids)).map((call) => [call.id, call]));
  const told = await tx.calls.lockTold(ids);
  const people = await tx.technicians.toTell(nil, [
    ...[...stored.values()].map(({ callerId }) => callerId),
    ...[...told.values()].flat(),
  ]);
  const takers = await tx.technicians.names([...stored.values()].flatMap(({ takenBy }) => takenBy ?? []));
  const find = (wanted: string) => people.find(({ id }) => id === wanted);
  return toldOf.flatMap(({ id, toldAt }) => {
    const call = stored.get(id);
    const order = call?.workOrderId ? orders.get(call.workOrderId) : null;
    // What was taken back while we waited for its lock calls for nobody.
    if (!call || order === undefined || call.ended === 'withdrawn') return [];
    const { kind, takenBy, takenAt } = call;
    const stillCalls = !order || (kind === 'work-order.escalated' ? order.escalated : isOpen(order));
    const isOver = takenAt
      ? takenBy === technician.id || now.getTime() - takenAt.getTime() > dayMs
      : !stillCalls;
    if (isOver) return [];
    return {
      ...{ id, kind, order, caller: find(call.callerId) ?? null, toldAt },
      told: (told.get(id) ?? []).flatMap((each) => (each === technician.id ? [] : (find(each) ?? []))),
      taken: takenAt ? { by: takers.get(takenBy!) ?? '', at: takenAt } : null,
    };
  });
};

/** The technician's own calls that nobody has taken yet. */
const readCalling = async (tx: Tx, mine: WorkOrder[], technician: Technician): Promise<Facts['calling']> => {
  const orders = mine.filter(isOpen);
  const open = await tx.calls.lockOpen(
    orders.map(({ id }) => id),
    technician.id,
  );
  const calling: Facts['calling'] = [];
  for (const { id, kind, workOrderId: orderId, ended } of open) {
    const order = orders.find((each) => each.id === orderId) ?? null;
    if (ended === 'expired') continue;
    calling.push({ kind, orderId, again: await toTellAgain(tx, id, { caller: technician, order }) });
  }
  return calling;
};

const nil = '00000000-0000-0000-0000-000000000000';

const readMissed = async (
  tx: Tx,
  technician: Technician,
  optedOutSince: Date | null,
): Promise<Facts['missed']> => {
  const ids = await tx.messages.missed(technician.id, technician.externalId, optedOutSince);
  const orders = new Map((await tx.workOrders.getMany(ids)).map((order) => [order.id, order]));
  return ids
    .flatMap((id) => orders.get(id) ?? [])
    .filter((order) => isOpen(order) && order.assigneeId === technician.id);
};

const readList = async (tx: Tx, talk: Talk, at: Date): Promise<Facts['list']> => {
  const list = openList(talk, at);
  if (!list) return null;
  const orders = new Map((await tx.workOrders.getMany(list.orderIds)).map((order) => [order.id, order]));
  return { list, orders: list.orderIds.flatMap((id) => orders.get(id) ?? []) };
};
