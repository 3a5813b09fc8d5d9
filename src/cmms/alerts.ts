import type { News } from '../commands/command.ts';
import {
  type Alert,
  type AlertBefore,
  type AlertChange,
  alertExpiry,
  messageExpiry,
} from '../domain/alert.ts';
import { type Chain, type Step, waitAfter } from '../domain/chain.ts';
import type { MessageKind } from '../domain/message.ts';
import type { NewEvent } from '../store/events.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Reader } from '../texts/language.ts';
import { writeReply } from '../texts/texts.ts';
import {
  addEvents,
  canBeTold,
  type Paged,
  page,
  pageUntold,
  startNextStep,
  subjectOf,
  type Turn,
  whileOffSeconds,
} from './chains.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { type Fields, readMoment, requireField } from './fields.ts';
import type { alertShape } from './notification-schemas.ts';
import { addNews, addText } from './notify.ts';
import type { NewAsset } from './save-asset.ts';
import { readSettings } from './settings.ts';
import { helpersOf, onCall } from './whom-to-tell.ts';

/** What the CMMS says of an alert; `expiresAt` only where a job says so. */
export type AlertFields = Fields<typeof alertShape> & { expiresAt?: string | null | undefined };

/** What came of a change: the messages that tell of it, and the doorbells to ring after the commit. */
type Done = { messageIds: string[]; bells: Bell[] };

const required = ['externalId', 'asset', 'message', 'severity'];

/** Everything that tells somebody of an alert which is not over. */
const whileOpen: MessageKind[] = [
  ...(['alert.raised', 'alert.taken', 'alert.released', 'alert.reopened'] as const),
  ...(['alert.escalated', 'alert.unanswered', 'alert.seen'] as const),
];

/**
 * Raises an alert and pages the first people. One whose external id is known is answered as it is, and nothing
 * changes. Throws Refused with every fault; then nothing of it may stay.
 */
export const raiseAlert = async (
  tx: Tx,
  fields: AlertFields,
  facts: Facts,
  faults: Faults,
): Promise<Done & { alert: Alert; isNew: boolean }> => {
  // Of what is no object at all nothing more need be said.
  if (!faults.has('')) for (const name of required) requireField(fields, name, faults);
  const { externalId, message, severity } = fields;
  const before =
    faults.all.length === 0 && externalId !== undefined ? await tx.alerts.find(externalId) : null;
  if (before) return asItIs(tx, before);

  const asset = fields.asset === undefined ? null : await tx.assets.find(fields.asset);
  if (fields.asset !== undefined && !asset) faults.add('/asset', 'names no asset we know');
  const recipients = await readRecipients(tx, fields.recipients ?? [], faults);
  refuseIfFaulty(faults);

  const { now, newId } = facts;
  const expiresAt = fields.expiresAt ? readMoment(fields.expiresAt) : alertExpiry(severity!, now);
  const id = newId();
  const isNew = await tx.alerts.add({
    ...{ id, externalId: externalId!, assetId: asset!.id, message: message!, severity: severity! },
    recipients: recipients.map((person) => person.id),
    ...{ raisedAt: fields.raisedAt ? readMoment(fields.raisedAt) : now, expiresAt },
  });
  // Raised by somebody else at the same moment.
  if (!isNew) return asItIs(tx, (await tx.alerts.find(externalId!))!);

  const alert = (await tx.alerts.getMany([id])).get(id)!;
  const paged = await startChain(tx, alert, recipients, facts);
  await addEvents(tx, [
    eventOf(alert, 'alert.raised', facts, null, {
      ...{ asset: asset!.code, message, severity },
      told: paged.told.map((person) => person.externalId),
    }),
    ...paged.events,
  ]);
  const bells: Bell[] = [
    ...paged.bells,
    { queue: 'chains', id: paged.chainId },
    { queue: 'cmms-events', id: tx.tenantId },
  ];
  return { alert, isNew, messageIds: [...new Set(paged.messageIds)], bells };
};

const asItIs = async (tx: Tx, alert: Alert) => {
  const [chain] = await tx.chains.ofAlerts([alert.id]);
  const pages = chain ? await tx.chains.pages(chain.id) : [];
  return { alert, isNew: false, messageIds: [...new Set(pages.map((each) => each.messageId))], bells: [] };
};

const readRecipients = async (tx: Tx, keys: string[], faults: Faults): Promise<Technician[]> => {
  if (keys.length === 0) return [];
  const found = await tx.technicians.findMany(keys.filter((key) => key !== undefined));
  const people: Technician[] = [];
  // Those that are wrong have left gaps, which forEach passes over.
  keys.forEach((key, place) => {
    const person = found.find((each) => each.externalId === key);
    if (!person) faults.add(`/recipients/${place}`, 'names nobody we know');
    else if (!people.includes(person)) people.push(person);
  });
  return people;
};

/** Pages the first people who can be told: those named, those responsible, who is on call, supervisors, planners. */
const startChain = async (
  tx: Tx,
  alert: Alert,
  recipients: Technician[],
  facts: Facts,
): Promise<Paged & { chainId: string }> => {
  const steps = (await readSettings(tx, facts.tenant)).escalation[alert.severity] ?? [];
  const lane = laneOf(alert);
  const chainId = facts.newId();
  const chain = {
    ...{ id: chainId, kind: 'alert.raised' as const, lane, alertId: alert.id, workOrderId: null },
    ...{ callerId: null, reason: null, causedBy: null, steps, expiresAt: alert.expiresAt },
  };
  if (!facts.enabled) {
    // Nobody can be told now: it begins once the service is switched on.
    await tx.chains.add(chain, whileOffSeconds, null);
    return { told: [], messageIds: [], events: [], bells: [], chainId };
  }
  await tx.chains.add(chain, steps[0]?.waitSeconds ?? null, steps.length > 0 ? null : 'no-steps');
  return { ...(await tellFirst(tx, { ...chain, step: 0, turn: 0 }, alert, recipients, facts)), chainId };
};

/** Pages the first people of an alert that was raised, or has told nobody yet, while the service was switched off. */
export const beginChain = async (tx: Tx, chain: Chain, alert: Alert, facts: Facts): Promise<Paged> => {
  const { steps } = chain;
  const found = await tx.technicians.getMany(alert.recipients);
  const recipients = alert.recipients.flatMap((id) => found.get(id) ?? []);
  const next = steps.length > 0 ? { waitSeconds: steps[0]!.waitSeconds } : { ended: 'no-steps' as const };
  await tx.chains.start(chain.id, 0, next, steps.length === 0);
  return tellFirst(tx, { ...chain, turn: chain.turn + 1 }, alert, recipients, facts);
};

const tellFirst = async (
  tx: Tx,
  chain: Turn,
  alert: Alert,
  recipients: Technician[],
  facts: Facts,
): Promise<Paged> => {
  const paged: Paged = { told: [], messageIds: [], events: [], bells: [] };
  const note = (more: Paged) => {
    paged.told.push(...more.told);
    paged.messageIds.push(...more.messageIds);
    paged.events.push(...more.events);
    paged.bells.push(...more.bells);
  };
  const tried = new Set<string>();
  for (const people of firstPeople(tx, alert, recipients)) {
    const untried = (await people()).filter(({ id }) => !tried.has(id));
    for (const { id } of untried) tried.add(id);
    note(await page(tx, chain, subjectOf(alert, facts.now), untried, { ways: null, askedBy: null }, facts));
    if (paged.told.length > 0) return paged;
  }
  const started = await tx.chains.lock(chain.id);
  if (chain.steps.length === 0) await tx.chains.end(chain.id, 'nobody');
  else note(await startNextStep(tx, started!, subjectOf(alert, facts.now), { by: 'time' }, facts));
  return paged;
};

const firstPeople = (tx: Tx, { asset }: Pick<Alert, 'asset'>, recipients: Technician[]) => [
  async () => recipients,
  () => tx.technicians.responsibleFor(asset.code),
  () => onCall(tx),
  () => tx.technicians.inRole('supervisor'),
  () => tx.technicians.inRole('planner'),
];

const firstGroups = ['named', 'responsible', 'on-call', 'supervisors', 'planners'] as const;

/** Who would be told first if an alert were raised now, and the steps that would follow; nothing is done. */
export type WouldPage = {
  /** By what they are found; null: there is nobody who can be told. */
  as: (typeof firstGroups)[number] | null;
  people: Technician[];
  /** Of those found first who cannot be told, or do not want to be. */
  left: Technician[];
  steps: Step[];
};

/** Throws Refused with every fault of the alert, as raising it would. `newAsset`: is made with it, if it is not there. */
export const whomToPage = async (
  tx: Tx,
  fields: AlertFields,
  newAsset: NewAsset,
  facts: Facts,
  faults: Faults,
): Promise<WouldPage> => {
  for (const name of required) requireField(fields, name, faults);
  const found = fields.asset === undefined ? null : await tx.assets.find(fields.asset);
  // Nobody is responsible for what is not there yet.
  const asset = found ?? (newAsset && { id: '', code: newAsset.code, name: newAsset.name, location: null });
  if (fields.asset !== undefined && !asset) faults.add('/asset', 'names no asset we know');
  const named = fields.recipients ?? [];
  const recipients = await readRecipients(tx, named, faults);
  refuseIfFaulty(faults);
  const severity = fields.severity!;
  const lane = laneOf({ severity });
  const steps = (await readSettings(tx, facts.tenant)).escalation[severity] ?? [];
  const expiresAt = messageExpiry({ expiresAt: alertExpiry(severity, facts.now) }, facts.now);
  const left: Technician[] = [];
  for (const [place, group] of firstPeople(tx, { asset: asset! }, recipients).entries()) {
    const people: Technician[] = [];
    for (const person of await group()) {
      if (left.some(({ id }) => id === person.id)) continue;
      const message = { kind: 'alert.raised' as const, lane, expiresAt };
      if (await canBeTold(tx, person, message, facts)) people.push(person);
      else left.push(person);
    }
    if (people.length > 0) return { as: firstGroups[place]!, people, left, steps };
  }
  return { as: null, people: [], left, steps };
};

/**
 * Ends an alert: nobody is told of it any more, but that it is over, once, whoever may have been told of it. Nothing
 * follows for one that is resolved already. The alert must be locked.
 */
export const resolveAlert = async (
  tx: Tx,
  alert: Alert,
  by: { technicianId: string | null; messageId: string | null; note: string | null },
  facts: Facts,
): Promise<Done> => {
  if (alert.state === 'resolved') return { messageIds: [], bells: [] };
  const chain = await tx.chains.lockOfAlert(alert.id);
  await tx.alerts.resolve(alert.id);
  if (chain) await tx.chains.end(chain.id, 'resolved');
  await tx.alerts.withdraw(alert.id, whileOpen, 'order-moved-on');
  const note = by.note?.trim() || null;
  await addEvents(tx, [
    eventOf(alert, 'alert.resolved', facts, by.messageId, note === null ? {} : { note }, beforeOf(alert)),
  ]);
  const resolver = by.technicianId ? await tx.technicians.get(by.technicianId) : null;
  const told = await tx.alerts.toldOf(alert.id, whileOpen);
  const news = {
    key: 'alert.resolved',
    values: { alert, by: resolver?.name ?? null, note },
    orderId: null,
  } as const;
  return tell(tx, alert, without(told, by.technicianId), news, by.messageId, facts);
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
  if (alert.state !== 'open') return { isDone: false, ...nothing };
  const { bells } = await claim({ tx, alert, chain, by: { technician, messageId: null }, facts }, null);
  return { isDone: true, bells };
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
  if (alert.state !== 'open') return { isDone: false, told: [], ...nothing };
  const { told, bells } = await escalate({ tx, alert, chain, by: null, facts }, reason);
  return { isDone: true, told, bells: [...bells, { queue: 'cmms-events', id: tx.tenantId }] };
};

/**
 * Does what a technician says of an alert. Nothing follows where it is not as he thinks any more. `isUnheard`: he called
 * for help, and nobody can be told.
 */
export const changeAlert = async (
  tx: Tx,
  change: AlertChange,
  by: { technician: Technician; messageId: string },
  facts: Facts,
): Promise<CarriedOut> => {
  const alert = (await tx.alerts.lock([change.alertId])).get(change.alertId);
  if (!alert) return { bells: [] };
  const chain = (await tx.chains.lockOfAlert(alert.id))!;
  const asHim = { ...facts, actor: { kind: 'technician' as const, id: by.technician.externalId } };
  const at: At = { tx, alert, chain, by, facts: asHim };
  const { bells, isUnheard = false } = await carryOut(at, change);
  const rings = bells.some(({ queue }) => queue === 'cmms-events');
  return { bells: rings ? bells : [...bells, { queue: 'cmms-events', id: tx.tenantId }], isUnheard };
};

type CarriedOut = { bells: Bell[]; isUnheard?: boolean };

type At = {
  tx: Tx;
  alert: Alert;
  chain: Chain;
  /** The message that says so; null: nobody has written. */
  by: { technician: Technician; messageId: string | null };
  facts: Facts;
};

const carryOut = async (at: At, change: AlertChange): Promise<CarriedOut> => {
  const { alert, by, tx, facts } = at;
  const isResponder = alert.responderId === by.technician.id;
  switch (change.do) {
    case 'claim':
      return alert.state === 'open' ? claim(at, null) : nothing;
    case 'release':
      return alert.state === 'responding' && isResponder ? release(at, change.reason) : nothing;
    case 'escalate':
      return alert.state === 'open' ? escalate(at, change.reason) : nothing;
    case 'help':
      return alert.state === 'responding' ? callHelp(at, change.reason) : nothing;
    case 'resolve': {
      const { technician, messageId } = by;
      return resolveAlert(tx, alert, { technicianId: technician.id, messageId, note: null }, facts);
    }
    case 'take-back':
      return takeBack(at, change);
  }
};

const nothing = { bells: [] as Bell[] };

/** Somebody goes: nobody further is told that somebody must, and those who may have been told hear who it is. */
const claim = async ({ tx, alert, chain, by, facts }: At, undoes: string | null) => {
  const { technician, messageId } = by;
  await tx.alerts.claim(alert.id, technician.id);
  await tx.chains.end(chain.id, 'claimed');
  await tx.alerts.withdraw(alert.id, ['alert.raised', 'alert.unanswered', 'alert.released'], 'alert-claimed');
  const isHimself = facts.actor.kind === 'technician';
  const data = isHimself ? {} : { technician: technician.externalId };
  await addEvents(tx, [eventOf(alert, 'alert.claimed', facts, messageId, data, beforeOf(alert), undoes)]);
  const told = without(
    await tx.alerts.toldOf(alert.id, ['alert.raised', 'alert.unanswered', 'alert.released']),
    technician.id,
  );
  const news: News = {
    key: 'alert.taken',
    values: { alert, by: technician.name },
    orderId: null,
  };
  const done = await tell(tx, alert, told, news, messageId, facts);
  if (isHimself) return done;
  return { ...done, bells: [...done.bells, ...(await tellResponder(tx, alert, technician, facts))] };
};

/** He hears what he would have been answered, had he written himself. */
const tellResponder = async (tx: Tx, alert: Alert, technician: Technician, facts: Facts): Promise<Bell[]> => {
  const values = { alerts: [alert], missed: [], told: [], others: 0 };
  const told = { kind: 'alert.taken' as const, lane: laneOf(alert), alerts: [alert] };
  const text = (reader: Reader) => writeReply({ key: 'alertTaken', values, orders: [] }, reader).text;
  return (await addText(tx, technician, { ...told, text }, facts)).bells;
};

const laneOf = ({ severity }: Pick<Alert, 'severity'>) =>
  severity === 'critical' ? ('critical' as const) : ('notification' as const);

/** Whoever goes cannot: the next people are told at once, and those who relied on him hear of it. */
const release = async ({ tx, alert, chain, by, facts }: At, reason: string | null) => {
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
  const heard = [technician, ...paged.told, ...again.told];
  const told = await tellReleased(tx, alert, technician, heard, messageId, facts);
  return { bells: [...told.bells, ...paged.bells, ...again.bells, ringChain(chain)] };
};

/** Those who relied on him hear that he does not go, but for those who hear more than that. */
const tellReleased = async (
  tx: Tx,
  alert: Alert,
  by: Technician,
  except: Technician[],
  messageId: string | null,
  facts: Facts,
) => {
  const relied = await tx.alerts.toldOf(alert.id, ['alert.taken']);
  const told = relied.filter((id) => !except.some((person) => person.id === id));
  const news = { key: 'alert.released', values: { alert, by: by.name }, orderId: null } as const;
  return tell(tx, alert, told, news, messageId, facts);
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
 * Somebody will not answer any more: what he goes to is open again, and the next people are told at once. Ring the
 * bells after the commit.
 */
export const releaseAll = async (tx: Tx, technician: Technician, facts: Facts): Promise<Bell[]> => {
  const alerts = await tx.alerts.lock(await tx.alerts.respondedBy(technician.id));
  const bells: Bell[] = [];
  for (const alert of alerts.values()) {
    if (alert.state !== 'responding' || alert.responderId !== technician.id) continue;
    const chain = (await tx.chains.lockOfAlert(alert.id))!;
    const released = await release({ tx, alert, chain, by: { technician, messageId: null }, facts }, null);
    bells.push(...released.bells);
  }
  return bells;
};

/** Somebody else goes, and whoever calls needs a supervisor all the same. */
const callHelp = async ({ tx, alert, chain, by, facts }: At, reason: string | null) => {
  const { technician, messageId } = by;
  const responder = await tx.technicians.get(alert.responderId!);
  const lane = laneOf(alert);
  const helpers = (await helpersOf(tx, [technician.id, alert.responderId!], lane)).map(({ id }) => id);
  const news = {
    key: 'alert.escalated',
    values: { alert, by: technician.name, reason, responder: responder?.name ?? '' },
    orderId: null,
  } as const;
  const told = await tell(tx, alert, helpers, news, messageId, facts);
  await addEvents(tx, [
    eventOf(alert, 'alert.escalated', facts, messageId, {
      ...{ step: chain.step, told: told.people, ...textOf(reason) },
    }),
  ]);
  return { ...told, isUnheard: told.people.length === 0 };
};

/** UNDO: the alert is what it was before, and those who were told of the change hear that it is not so. */
const takeBack = async (at: At, change: Extract<AlertChange, { do: 'take-back' }>) => {
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
    const told = await tellReleased(tx, alert, technician, [technician, ...paged.told], messageId, facts);
    return { bells: [...told.bells, ...paged.bells, ringChain(chain)] };
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
  const news = { key: 'alert.reopened', values: { alert, by: technician.name }, orderId: null } as const;
  const done = await tell(tx, alert, without(told, technician.id), news, messageId, facts);
  return { bells: [...done.bells, ...(paged?.bells ?? []), ringChain(chain)] };
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

/** Tells people one by one what became of an alert, in its lane. `people`: the external ids of whom it is on its way to. */
const tell = async (
  tx: Tx,
  alert: Alert,
  ids: string[],
  news: News,
  messageId: string | null,
  facts: Facts,
): Promise<Done & { people: string[] }> => {
  const lane = laneOf(alert);
  const done: Done & { people: string[] } = {
    messageIds: [],
    bells: [{ queue: 'cmms-events', id: tx.tenantId }],
    people: [],
  };
  const people = await tx.technicians.getMany(ids);
  for (const id of ids) {
    const person = people.get(id);
    if (!person?.active) continue;
    const added = await addNews(tx, person, news, messageId, facts, { lane, alerts: [alert] });
    done.messageIds.push(added.messageId);
    done.bells.push(...added.bells);
    if (added.heldBack !== null) continue;
    done.people.push(person.externalId);
  }
  return done;
};

const eventOf = (
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
const without = (ids: string[], one: string | null) => ids.filter((id) => id !== one);
