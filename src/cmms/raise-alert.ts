import { type Alert, alertExpiry, laneOf, messageExpiry } from '../domain/alert.ts';
import type { Chain, Step } from '../domain/chain.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import {
  addEvents,
  canBeTold,
  type Paged,
  page,
  startNextStep,
  subjectOf,
  type Turn,
  whileOffSeconds,
} from './chains.ts';
import { type Done, eventOf } from './change-alert.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { type Fields, readMoment, requireField } from './fields.ts';
import type { alertShape } from './notification-schemas.ts';
import type { NewAsset } from './save-asset.ts';
import { readSettings } from './settings.ts';
import { onCall } from './whom-to-tell.ts';

/** What the CMMS says of an alert; `expiresAt` only where a job says so. */
export type AlertFields = Fields<typeof alertShape> & { expiresAt?: string | null | undefined };

const required = ['externalId', 'asset', 'message', 'severity'];

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
