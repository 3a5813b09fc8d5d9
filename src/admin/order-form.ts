import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import type { Faults } from '../cmms/faults.ts';
import { assetShape, orderNumber, readFields, type WorkOrderFields, workOrderShape } from '../cmms/fields.ts';
import type { NewAsset } from '../cmms/save-asset.ts';
import { isTimeZone } from '../domain/dates.ts';
import type { When } from '../domain/work-order.ts';
import type { Fault } from '../store/notifications.ts';
import type { ListedOrder } from '../store/work-orders.ts';
import type { Visit } from './route.ts';

const names = [
  ...(['title', 'description', 'priority', 'kind', 'asset', 'assetName', 'assignee', 'planner'] as const),
  ...(['dueOn', 'dueTime', 'scheduledOn', 'scheduledTime'] as const),
] as const;

/** The fields of a work order's form, as they are typed. */
export type TypedOrder = Record<(typeof names)[number], string>;

export const emptyOrder: TypedOrder = {
  ...(Object.fromEntries(names.map((name) => [name, ''])) as TypedOrder),
  ...{ priority: 'medium', kind: 'corrective' },
};

/** An order as its form shows it, moments in that zone. */
export const typedOf = (order: ListedOrder, zone: string): TypedOrder => ({
  title: asTyped(order.title),
  description: asTyped(order.description ?? ''),
  priority: order.priority,
  kind: order.kind,
  asset: order.asset?.code ?? '',
  assetName: '',
  assignee: order.assignee ?? '',
  planner: order.planner ?? '',
  dueOn: dayIn(order.due, zone),
  dueTime: timeIn(order.due, zone),
  scheduledOn: dayIn(order.scheduled, zone),
  scheduledTime: timeIn(order.scheduled, zone),
});

// Browsers send the ends of lines as CR LF, whatever they were. What the CMMS wrote is read alike, or it would differ.
const asTyped = (text: string): string => text.replace(/\r\n?/g, '\n').trim();

const dayIn = (when: When | null, zone: string): string => {
  if (!when) return '';
  return 'on' in when ? when.on : DateTime.fromJSDate(when.at, { zone }).toISODate()!;
};
const timeIn = (when: When | null, zone: string): string =>
  when && 'at' in when ? DateTime.fromJSDate(when.at, { zone }).toFormat('HH:mm') : '';

export type OrderForm = {
  typed: TypedOrder;
  /** What the form showed when it was made; of a new order, nothing. */
  was: TypedOrder;
  /** In which its times are typed: the reader's when it was made. */
  zone: string;
};

export const readOrderForm = (visit: Visit): OrderForm => {
  const typed = Object.fromEntries(names.map((name) => [name, asTyped(visit.form(name))])) as TypedOrder;
  const zone = visit.form('zone');
  return {
    typed,
    was: readWas(visit),
    zone: IANAZone.isValidZone(zone) && isTimeZone(zone) ? zone : visit.zone,
  };
};

const shownBefore = z.partialRecord(z.enum(names), z.string());

const readWas = (visit: Visit): TypedOrder => {
  const nothing = Object.fromEntries(names.map((name) => [name, ''])) as TypedOrder;
  try {
    return { ...nothing, ...shownBefore.parse(JSON.parse(visit.form('was'))) } as TypedOrder;
  } catch {
    return nothing;
  }
};

/** What is to be saved: the fields in which the form differs from what it showed. Their faults go to `faults`. */
export const fieldsOf = (
  { typed, was, zone }: OrderForm,
  faults: Faults,
): { fields: WorkOrderFields; asset: NewAsset } => {
  const isChanged = (...of: (keyof TypedOrder)[]) => of.some((name) => typed[name] !== was[name]);
  const given: Record<string, unknown> = {};
  for (const name of ['title', 'priority', 'kind'] as const) if (isChanged(name)) given[name] = typed[name];
  for (const name of ['description', 'asset', 'assignee', 'planner'] as const) {
    if (isChanged(name)) given[name] = typed[name] || null;
  }
  const readDay = (name: 'dueAt' | 'scheduledFor', day: string, time: string) => {
    const when = whenOf(day, time, zone);
    if (when === undefined)
      faults.add(`/${name}`, 'needs a day like 2026-12-25, and with it perhaps a time like 14:30');
    else given[name] = when;
  };
  if (isChanged('dueOn', 'dueTime')) readDay('dueAt', typed.dueOn, typed.dueTime);
  if (isChanged('scheduledOn', 'scheduledTime'))
    readDay('scheduledFor', typed.scheduledOn, typed.scheduledTime);
  const fields = readFields(workOrderShape, given, faults);
  return { fields, asset: readNewAsset(typed.asset, typed.assetName, faults) };
};

/** An asset that is to be made, if it is not there. */
export const readNewAsset = (code: string, name: string, faults: Faults): NewAsset => {
  if (!code || !name) return null;
  const read = readFields({ assetName: assetShape.name }, { assetName: name }, faults);
  return read.assetName === undefined ? null : { code, name: read.assetName };
};

/** As the API takes it; undefined: it is none. */
const whenOf = (day: string, time: string, zone: string): string | null | undefined => {
  if (!day && !time) return null;
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !DateTime.fromISO(day).isValid || day < '1900') return undefined;
  if (!time) return day;
  const moment = /^\d\d:\d\d(:\d\d)?$/.test(time) ? DateTime.fromISO(`${day}T${time}`, { zone }) : null;
  return moment?.isValid ? moment.toUTC().toISO()! : undefined;
};

/** A number that was typed; null: one is to be made. */
export const readNumber = (typed: string, faults: Faults): string | null =>
  typed === '' ? null : (readFields({ number: orderNumber }, { number: typed }, faults).number ?? typed);

export const labels: Record<keyof TypedOrder, string> = {
  title: 'Title',
  description: 'Description',
  priority: 'Priority',
  kind: 'Kind',
  asset: 'Asset',
  assetName: 'Name of the new asset',
  assignee: 'Assignee',
  planner: 'Planner',
  dueOn: 'Due on',
  dueTime: 'Due at',
  scheduledOn: 'Scheduled for',
  scheduledTime: 'Scheduled at',
};

const pointers: Record<string, string> = {
  ...Object.fromEntries(Object.entries(labels).map(([name, label]) => [`/${name}`, label])),
  ...{ '/number': 'Number', '/dueAt': 'Due', '/scheduledFor': 'Scheduled', '/name': labels.assetName },
};

/** Every fault by the name of its field. */
export const sayFaults = (faults: Fault[], more: Record<string, string> = {}): string[] => [
  ...new Set(
    faults.map(({ pointer, detail }) => {
      const field = /^\/[^/]*/.exec(pointer)?.[0] ?? '';
      const said =
        detail === 'is no asset we know' || detail === 'names no asset we know' ? unknownAsset : detail;
      return `${more[field] ?? pointers[field] ?? 'The form'} ${said}.`;
    }),
  ),
];

/** The names of fields, as a line. */
export const sayFields = (fields: object): string =>
  Object.keys(fields)
    .map((name) => pointers[`/${name}`]?.toLowerCase() ?? name)
    .join(', ');

const unknownAsset = 'is not among the assets: give its name as well, and it is added';

/** Fields that are not any more what the form showed, with what was typed where that differs too. */
export const changesSince = (
  { typed, was }: OrderForm,
  now: TypedOrder,
): { name: keyof TypedOrder; was: string; now: string; yours: string | null }[] =>
  names
    .filter((name) => was[name] !== now[name])
    .map((name) => ({
      ...{ name, was: was[name], now: now[name] },
      yours: typed[name] === was[name] ? null : typed[name],
    }));

/** What was typed, over what the order is now. */
export const typedOver = ({ typed, was }: OrderForm, now: TypedOrder): TypedOrder =>
  Object.fromEntries(
    names.map((name) => [name, typed[name] === was[name] ? now[name] : typed[name]]),
  ) as TypedOrder;
