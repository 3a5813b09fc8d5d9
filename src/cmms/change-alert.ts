import type { News } from '../commands/command.ts';
import { type Alert, type AlertBefore, type AlertChange, laneOf } from '../domain/alert.ts';
import { type Chain, waitAfter } from '../domain/chain.ts';
import type { MessageKind } from '../domain/message.ts';
import type { NewEvent } from '../store/events.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Reader } from '../texts/language.ts';
import { writeReply } from '../texts/texts.ts';
import { type AlertNewsKind, alertNews } from './alert-news.ts';
import { addEvents, type Paged, pageUntold, startNextStep, subjectOf } from './chains.ts';
import type { Bell, Facts } from './facts.ts';
import { addNews, addText } from './notify.ts';
import { helpersOf } from './whom-to-tell.ts';

/** What came of a change: the messages that tell of it, and the doorbells to ring after the commit. */
export type Done = { messageIds: string[]; bells: Bell[] };

/** Everything that tells somebody of an alert which is not over. */
const whileOpen: MessageKind[] = [
  ...(['alert.raised', 'alert.taken', 'alert.released', 'alert.reopened'] as const),
  ...(['alert.escalated', 'alert.unanswered', 'alert.seen'] as const),
];

/**
 * Ends an alert: nobody is told of it any more, but that it is over, once, whoever may have been told of it. Nothing
 * follows for one that is resolved already. The alert must be locked.
 */
export const resolveAlert = async (
  tx: Tx,
  alert: Alert,
  given: { note: string | null },
  facts: Facts,
): Promise<Done> => {
  if (alert.state === 'resolved') return { messageIds: [], bells: [] };
  const note = given.note?.trim() || null;
  const chain = await tx.chains.lockOfAlert(alert.id);
  const to = await resolve({ tx, alert, chain, facts }, null, note);
  const news: News = { key: 'alert.resolved', values: { alerts: [alert], by: null, note }, orderId: null };
  return tell(tx, [{ alert, to }], () => news, null, facts);
};

/** Answers the ids of those who may have been told of it. */
const resolve = async (
  { tx, alert, chain, facts }: Pick<At, 'tx' | 'alert' | 'facts'> & { chain: Chain | null },
  messageId: string | null,
  note: string | null,
): Promise<string[]> => {
  await tx.alerts.resolve(alert.id);
  if (chain) await tx.chains.end(chain.id, 'resolved');
  await tx.alerts.withdraw(alert.id, whileOpen, 'order-moved-on');
  await addEvents(tx, [
    eventOf(alert, 'alert.resolved', facts, messageId, note === null ? {} : { note }, beforeOf(alert)),
  ]);
  return tx.alerts.toldOf(alert.id, whileOpen);
};

/**
 * Somebody has said in another way that he goes: the same as his own RESPONDING, and he hears of it too. False if the
 * alert is not open any more. Ring the bells after the commit.
 */
export const respondFor = async (
  tx: Tx,
  alertId: string,
  technician: Technician,
  facts: Facts,
): Promise<{ isDone: boolean; bells: Bell[] }> => {
  const alert = (await tx.alerts.lock([alertId])).get(alertId)!;
  const chain = (await tx.chains.lockOfAlert(alertId))!;
  if (alert.state !== 'open') return { isDone: false, bells: [] };
  const by = { technician, messageId: null };
  const { heard } = await claim({ tx, alert, chain, by, facts }, null);
  const bells = await tellTogether(tx, heard, by, facts);
  return { isDone: true, bells: [...bells, ...(await tellResponder(tx, alert, technician, facts))] };
};

/** He hears what he would have been answered, had he written himself. */
const tellResponder = async (tx: Tx, alert: Alert, technician: Technician, facts: Facts): Promise<Bell[]> => {
  const values = { alerts: [alert], missed: [], told: [], others: 0 };
  const told = { kind: 'alert.taken' as const, lane: laneOf(alert), alerts: [alert] };
  const text = (reader: Reader) => writeReply({ key: 'alertTaken', values, orders: [] }, reader).text;
  return (await addText(tx, technician, { ...told, text }, facts)).bells;
};

/** The next people are told before their time, though nobody who was told asks for it. As `respondFor`. `told`: by external ids. */
export const escalateAlert = async (
  tx: Tx,
  alertId: string,
  reason: string | null,
  facts: Facts,
): Promise<{ isDone: boolean; told: string[]; bells: Bell[] }> => {
  const alert = (await tx.alerts.lock([alertId])).get(alertId)!;
  const chain = (await tx.chains.lockOfAlert(alertId))!;
  if (alert.state !== 'open') return { isDone: false, told: [], bells: [] };
  const { told, bells } = await escalate({ tx, alert, chain, by: null, facts }, reason);
  return { isDone: true, told, bells: [...bells, { queue: 'cmms-events', id: tx.tenantId }] };
};

/**
 * Does what a technician says of alerts by one message. Nothing follows where one is not as he thinks any more. Whoever
 * must hear of several hears of them together. `unheard`: the ids of those he called for help with, and nobody can be told.
 */
export const changeAlerts = async (
  tx: Tx,
  changes: AlertChange[],
  by: { technician: Technician; messageId: string },
  facts: Facts,
): Promise<{ bells: Bell[]; unheard: string[] }> => {
  const asHim = { ...facts, actor: { kind: 'technician' as const, id: by.technician.externalId } };
  const bells: Bell[] = [];
  const heard: Heard[] = [];
  const unheard: string[] = [];
  for (const change of changes) {
    const alert = (await tx.alerts.lock([change.alertId])).get(change.alertId);
    if (!alert) continue;
    const chain = (await tx.chains.lockOfAlert(alert.id))!;
    const done = await carryOut({ tx, alert, chain, by, facts: asHim }, change);
    bells.push(...done.bells);
    heard.push(...done.heard);
    if (done.isUnheard) unheard.push(alert.id);
  }
  bells.push(...(await tellTogether(tx, heard, by, asHim)));
  return { bells, unheard };
};

/** What somebody did to an alert, and the ids of those who are to hear of it. */
type Heard = { kind: AlertNewsKind; alert: Alert; to: string[] };

type Changed = { bells: Bell[]; heard: Heard[]; isUnheard?: boolean };

type At = {
  tx: Tx;
  alert: Alert;
  chain: Chain;
  /** The message that says so; null: nobody has written. */
  by: { technician: Technician; messageId: string | null };
  facts: Facts;
};

const carryOut = async (at: At, change: AlertChange): Promise<Changed> => {
  const { alert, by } = at;
  const isResponder = alert.responderId === by.technician.id;
  switch (change.do) {
    case 'claim':
      return alert.state === 'open' ? claim(at, null) : nothing;
    case 'release':
      return alert.state === 'responding' && isResponder ? release(at, change.reason) : nothing;
    case 'escalate':
      return alert.state === 'open' ? { ...(await escalate(at, change.reason)), heard: [] } : nothing;
    case 'help':
      return alert.state === 'responding' ? callHelp(at, change.reason) : nothing;
    case 'resolve': {
      if (alert.state === 'resolved') return nothing;
      const told = await resolve(at, by.messageId, null);
      return { bells: [], heard: [{ kind: 'alert.resolved', alert, to: without(told, by.technician.id) }] };
    }
    case 'take-back':
      return takeBack(at, change);
  }
};

const nothing: Changed = { bells: [], heard: [] };

/** Somebody goes: nobody further is told that somebody must, and those who may have been told hear who it is. */
const claim = async ({ tx, alert, chain, by, facts }: At, undoes: string | null): Promise<Changed> => {
  const { technician, messageId } = by;
  await tx.alerts.claim(alert.id, technician.id);
  await tx.chains.end(chain.id, 'claimed');
  await tx.alerts.withdraw(alert.id, ['alert.raised', 'alert.unanswered', 'alert.released'], 'alert-claimed');
  const isHimself = facts.actor.kind === 'technician';
  const data = isHimself ? {} : { technician: technician.externalId };
  await addEvents(tx, [eventOf(alert, 'alert.claimed', facts, messageId, data, beforeOf(alert), undoes)]);
  const told = await tx.alerts.toldOf(alert.id, ['alert.raised', 'alert.unanswered', 'alert.released']);
  return { bells: [], heard: [{ kind: 'alert.taken', alert, to: without(told, technician.id) }] };
};

/** Whoever goes cannot: the next people are told at once, and those who relied on him hear of it. */
const release = async ({ tx, alert, chain, by, facts }: At, reason: string | null): Promise<Changed> => {
  const { technician, messageId } = by;
  await tx.alerts.release(alert.id);
  await tx.alerts.withdraw(alert.id, ['alert.taken', 'alert.escalated'], 'order-moved-on');
  const open: Alert = { ...alert, state: 'open', responderId: null, claimedAt: null };
  await addEvents(tx, [eventOf(alert, 'alert.released', facts, messageId, textOf(reason), beforeOf(alert))]);
  const subject = subjectOf(open, facts.now);
  const why = { by: 'call' as const, technicianId: technician.active ? technician.id : null };
  const paged = await startNextStep(tx, chain, subject, why, facts);
  const again = await pageUntold(
    tx,
    chain.id,
    subject,
    { except: technician.id, askedBy: why.technicianId, isStarted: true },
    facts,
  );
  await addEvents(tx, [...paged.events, ...again.events]);
  const heard = await released(tx, alert, [technician, ...paged.told, ...again.told]);
  return { bells: [...paged.bells, ...again.bells, ringChain(chain)], heard };
};

/** Those who relied on him hear that he does not go, but for those who hear more than that. */
const released = async (tx: Tx, alert: Alert, except: Technician[]): Promise<Heard[]> => {
  const relied = await tx.alerts.toldOf(alert.id, ['alert.taken']);
  const to = relied.filter((id) => !except.some((person) => person.id === id));
  return [{ kind: 'alert.released', alert, to }];
};

/** Nobody goes yet, and the next people are told before their time. */
const escalate = async (
  { tx, alert, chain, by, facts }: Omit<At, 'by'> & { by: At['by'] | null },
  reason: string | null,
) => {
  const why = { by: 'call' as const, technicianId: by?.technician.id ?? null };
  const messageId = by?.messageId ?? null;
  const paged = await startNextStep(tx, chain, subjectOf(alert, facts.now), why, facts);
  const told = paged.told.map(({ externalId }) => externalId);
  await addEvents(tx, [
    eventOf(alert, 'alert.escalated', facts, messageId, { step: paged.step, told, ...textOf(reason) }),
    ...paged.events,
  ]);
  return { told, bells: [...paged.bells, ringChain(chain)] };
};

/**
 * Somebody will not answer any more: what he goes to is open again, and the next people are told at once. Whoever relied
 * on him for several hears of them together. Ring the bells after the commit.
 */
export const releaseAll = async (tx: Tx, technician: Technician, facts: Facts): Promise<Bell[]> => {
  const alerts = await tx.alerts.lock(await tx.alerts.respondedBy(technician.id));
  const by = { technician, messageId: null };
  const bells: Bell[] = [];
  const heard: Heard[] = [];
  for (const alert of alerts.values()) {
    if (alert.state !== 'responding' || alert.responderId !== technician.id) continue;
    const chain = (await tx.chains.lockOfAlert(alert.id))!;
    const done = await release({ tx, alert, chain, by, facts }, null);
    bells.push(...done.bells);
    heard.push(...done.heard);
  }
  return heard.length > 0 ? [...bells, ...(await tellTogether(tx, heard, by, facts))] : bells;
};

/** Somebody else goes, and whoever calls needs a supervisor all the same. */
const callHelp = async ({ tx, alert, chain, by, facts }: At, reason: string | null): Promise<Changed> => {
  const { technician, messageId } = by;
  const responder = await tx.technicians.get(alert.responderId!);
  const lane = laneOf(alert);
  const helpers = (await helpersOf(tx, [technician.id, alert.responderId!], lane)).map(({ id }) => id);
  const news = {
    key: 'alert.escalated',
    values: { alert, by: technician.name, reason, responder: responder?.name ?? '' },
    orderId: null,
  } as const;
  const told = await tell(tx, [{ alert, to: helpers }], () => news, messageId, facts);
  await addEvents(tx, [
    eventOf(alert, 'alert.escalated', facts, messageId, {
      ...{ step: chain.step, told: told.people, ...textOf(reason) },
    }),
  ]);
  return { bells: told.bells, heard: [], isUnheard: told.people.length === 0 };
};

/** UNDO: the alert is what it was before, and those who were told of the change hear that it is not so. */
const takeBack = async (at: At, change: Extract<AlertChange, { do: 'take-back' }>): Promise<Changed> => {
  const { tx, alert, chain, by, facts } = at;
  const { technician, messageId } = by;
  const { type, eventId, before } = change;
  if (type === 'alert.claimed') {
    if (alert.state !== 'responding' || alert.responderId !== technician.id) return nothing;
    await tx.alerts.release(alert.id);
    await tx.alerts.withdraw(alert.id, ['alert.taken', 'alert.escalated'], 'order-moved-on');
    const paged = await goOn(at);
    await addEvents(tx, [
      eventOf(alert, 'alert.released', facts, messageId, {}, beforeOf(alert), eventId),
      ...paged.events,
    ]);
    const heard = await released(tx, alert, [technician, ...paged.told]);
    return { bells: [...paged.bells, ringChain(chain)], heard };
  }
  // Claimed anew: what was sent meanwhile was sent before somebody went.
  if (type === 'alert.released') return alert.state === 'open' ? claim(at, eventId) : nothing;
  if (type !== 'alert.resolved' || alert.state !== 'resolved') return nothing;
  await tx.alerts.restore(alert.id, before);
  await tx.alerts.withdraw(alert.id, ['alert.resolved'], 'order-moved-on');
  const paged = before.state === 'open' ? await goOn(at) : null;
  if (!paged) await tx.chains.end(chain.id, 'claimed');
  await addEvents(tx, [
    eventOf(alert, 'alert.claimed', facts, messageId, {}, beforeOf(alert), eventId),
    ...(paged?.events ?? []),
  ]);
  const told = await tx.alerts.toldOf(alert.id, ['alert.resolved']);
  const heard: Heard = { kind: 'alert.reopened', alert, to: without(told, technician.id) };
  return { bells: [...(paged?.bells ?? []), ringChain(chain)], heard: [heard] };
};

/** The chain runs again from its step on, and those are told whose page was withdrawn before it left. */
const goOn = async ({ tx, alert, chain, by, facts }: At): Promise<Paged> => {
  const wait = waitAfter(chain);
  if (wait === null) await tx.chains.end(chain.id, 'no-steps');
  else await tx.chains.goOn(chain.id, wait);
  return pageUntold(
    tx,
    chain.id,
    subjectOf(alert, facts.now),
    { except: by.technician.id, askedBy: null, isStarted: false },
    facts,
  );
};

/** Everybody hears once of each kind of thing that somebody did, of all the alerts that concern him. */
const tellTogether = async (
  tx: Tx,
  heard: Heard[],
  { technician, messageId }: At['by'],
  facts: Facts,
): Promise<Bell[]> => {
  const bells: Bell[] = [{ queue: 'cmms-events', id: tx.tenantId }];
  for (const kind of new Set(heard.map((each) => each.kind))) {
    const news = (alerts: Alert[]) => alertNews(kind, alerts, technician.name);
    const ofKind = heard.filter((each) => each.kind === kind);
    bells.push(...(await tell(tx, ofKind, news, messageId, facts)).bells);
  }
  return bells;
};

/**
 * Tells each person by one message of all the alerts that concern him, by one for each lane. `people`: the external ids
 * of whom it is on its way to.
 */
const tell = async (
  tx: Tx,
  heard: Pick<Heard, 'alert' | 'to'>[],
  news: (alerts: Alert[]) => News,
  messageId: string | null,
  facts: Facts,
): Promise<Done & { people: string[] }> => {
  const done: Done & { people: string[] } = {
    messageIds: [],
    bells: [{ queue: 'cmms-events', id: tx.tenantId }],
    people: [],
  };
  const inOrder = heard.toSorted((a, b) => a.alert.raisedAt.getTime() - b.alert.raisedAt.getTime());
  for (const lane of new Set(inOrder.map(({ alert }) => laneOf(alert)))) {
    const ofLane = inOrder.filter(({ alert }) => laneOf(alert) === lane);
    const ids = new Set(ofLane.flatMap(({ to }) => to));
    const people = await tx.technicians.getMany([...ids]);
    for (const id of ids) {
      const person = people.get(id);
      if (!person?.active) continue;
      const alerts = ofLane.flatMap(({ alert, to }) => (to.includes(id) ? alert : []));
      const added = await addNews(tx, person, news(alerts), messageId, facts, { lane, alerts });
      done.messageIds.push(added.messageId);
      done.bells.push(...added.bells);
      if (added.heldBack !== null) continue;
      done.people.push(person.externalId);
    }
  }
  return done;
};

export const eventOf = (
  alert: Alert,
  type: string,
  { newId, now, actor }: Facts,
  messageId: string | null,
  data: Record<string, unknown>,
  before: AlertBefore | null = null,
  undoes: string | null = null,
): NewEvent => ({
  ...{ id: newId(), type, at: now, actor, workOrderId: null, alertId: alert.id, messageId, data },
  ...{ before, undoes },
});

const beforeOf = ({ version, state, responderId, claimedAt }: Alert): AlertBefore => ({
  ...{ version, state, responderId, claimedAt: claimedAt?.toISOString() ?? null },
});

const textOf = (reason: string | null) => (reason === null || reason === '' ? {} : { text: reason });
const ringChain = ({ id }: Chain): Bell => ({ queue: 'chains', id });
const without = (ids: string[], one: string) => ids.filter((id) => id !== one);
