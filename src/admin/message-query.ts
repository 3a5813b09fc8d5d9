import { DateTime } from 'luxon';
import { type Way, ways } from '../domain/message.ts';
import { readPhone } from '../domain/phone.ts';
import type { MessageSearch } from '../store/message-search.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { statusWords } from './plain-words.ts';
import type { Visit } from './route.ts';

/** What the form of the messages page asks for, as it was typed. */
export type AskedMessages = Record<(typeof fields)[number], string>;

const fields = [
  ...(['text', 'person', 'order', 'alert', 'status', 'error', 'direction', 'way', 'from', 'to'] as const),
  'before',
] as const;

const longest = 200;

export const readAsked = ({ c }: Pick<Visit, 'c'>): AskedMessages => {
  // Postgres takes no NUL in a text.
  const one = (name: string) => (c.req.query(name) ?? '').replaceAll('\0', '').trim().slice(0, longest);
  return Object.fromEntries(fields.map((name) => [name, one(name)])) as AskedMessages;
};

/** The address of the same search, with that changed. */
export const addressOf = (
  path: string,
  asked: AskedMessages,
  changed: Partial<AskedMessages> = {},
): string => {
  const given = Object.entries({ ...asked, ...changed }).filter(([, value]) => value);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
};

export type ReadSearch = {
  search: MessageSearch;
  before: number | null;
  /** Why it cannot be looked for. */
  faults: string[];
  /** Several people whom the words given fit: one is to be chosen. */
  people: { externalId: string; name: string }[];
  /** What was looked for, for the audit. It is kept for ever: without words and names. */
  noted: Record<string, string | true>;
};

/** What to look for; people, orders and alerts by what they are known as. */
export const readSearch = async (tx: Tx, asked: AskedMessages, visit: Visit): Promise<ReadSearch> => {
  const faults: string[] = [];
  const { people, technicianId, externalId } = asked.person
    ? await findPerson(tx, asked.person, visit)
    : nobodyAsked;
  if (asked.person && people.length === 0 && !technicianId)
    faults.push(`Nobody is known as "${asked.person}". Give an id, a phone or a part of the name.`);
  const order = asked.order ? await tx.workOrders.find(asked.order) : null;
  if (asked.order && !order) faults.push(`There is no work order "${asked.order}".`);
  const alert = asked.alert ? await tx.alerts.find(asked.alert) : null;
  if (asked.alert && !alert) faults.push(`There is no alert "${asked.alert}".`);

  const since = readMoment(asked.from, visit.zone);
  const until = readMoment(asked.to, visit.zone, 'end');
  for (const [label, typed, moment] of [
    ['From', asked.from, since],
    ['To', asked.to, until],
  ] as const)
    if (typed && !moment) faults.push(`${label}: "${typed}" is not a day, or a day and time.`);
  if (since && until && since >= until) faults.push('From must be before To.');

  const status = statusWords.find(([word]) => word === asked.status)?.[0];
  const direction = (['in', 'out'] as const).find((word) => word === asked.direction);
  const way: Way | undefined = ways.find((word) => word === asked.way);
  const words = asked.text.split(/\s+/).filter(Boolean).slice(0, 8);
  return {
    search: {
      ...(technicianId ? { technicianId } : {}),
      ...(order ? { workOrderId: order.id } : {}),
      ...(alert ? { alertId: alert.id } : {}),
      ...(words.length > 0 ? { words } : {}),
      ...(status ? { status } : {}),
      ...(asked.error ? { errorCode: asked.error } : {}),
      ...(direction ? { direction } : {}),
      ...(way ? { way } : {}),
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
    },
    before: /^\d{1,15}$/.test(asked.before) ? Number(asked.before) : null,
    faults,
    people,
    noted: given({
      ...{ text: words.length > 0, person: externalId, order: order?.number, alert: alert?.externalId },
      ...{ status, error: asked.error, direction, way, from: asked.from, to: asked.to },
    }),
  };
};

const given = (fields: Record<string, string | boolean | null | undefined>) =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string | true] => Boolean(entry[1])),
  );

type FoundPerson = Pick<ReadSearch, 'people'> & { technicianId: string | null; externalId: string | null };

const nobodyAsked: FoundPerson = { people: [], technicianId: null, externalId: null };
const mostPeople = 20;

const findPerson = async (tx: Tx, asked: string, { tenant }: Visit): Promise<FoundPerson> => {
  const known = await tx.technicians.find(asked);
  if (known) return found(known);
  const phone = readPhone(asked, tenant.defaultCountry);
  const [owner] = phone ? await tx.technicians.phoneOwners([phone]) : [];
  if (owner) return found((await tx.technicians.get(owner))!);
  const people = await tx.technicians.named(asked, mostPeople);
  if (people.length !== 1) return { ...nobodyAsked, people };
  return found((await tx.technicians.find(people[0]!.externalId))!);
};

const found = ({ id, externalId }: Pick<Technician, 'id' | 'externalId'>): FoundPerson => ({
  ...{ people: [], technicianId: id, externalId },
});

/** A day, or a day and time, where the reader is; `end`: when that day or minute is over. */
const readMoment = (typed: string, zone: string, edge: 'begin' | 'end' = 'begin'): Date | undefined => {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d)?$/.exec(typed) ?? [];
  if (!day) return undefined;
  const begins = DateTime.fromISO(`${day}${time ?? ''}`, { zone });
  if (!begins.isValid) return undefined;
  return (edge === 'begin' ? begins : begins.plus(time ? { minutes: 1 } : { days: 1 })).toJSDate();
};
