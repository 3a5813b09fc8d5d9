import { DateTime } from 'luxon';
import { z } from 'zod';
import {
  type OrderStatus,
  orderKey,
  orderKinds,
  orderStatuses,
  priorities,
  type When,
} from '../domain/work-order.ts';
import { technicianRoles } from '../store/technicians.ts';
import { type Faults, pointerTo } from './faults.ts';
import { preferencesChange } from './preferences.ts';

/** Text that Postgres can keep. Its length counts characters, as JSON Schema does. */
export const text = (minLength: number, maxLength: number) =>
  z
    .string()
    .superRefine((value, context) => {
      const fault = (message: string) => context.addIssue({ code: 'custom', message });
      if (/\0|\p{Cs}/u.test(value)) fault('must hold no NUL and no half of a surrogate pair');
      const length = [...value].length;
      if (length > maxLength) fault(`must be at most ${maxLength} characters`);
      if (minLength > 0 && value.trim() === '') fault('must not be empty');
    })
    .meta({ minLength, maxLength });

/** `.` and `..` cannot be part of an address: what goes by them could not be asked for. */
const isMoreThanDots = [
  (value: string) => value !== '.' && value !== '..',
  'must be more than dots',
] as const;

/** A key of the CMMS's own. */
export const key = text(1, 64)
  .refine((value) => !/\p{Cc}/u.test(value), 'must hold no control characters')
  .refine(...isMoreThanDots)
  .meta({ minLength: 1, maxLength: 64 });

/** What a job is done once under. */
export const idempotencyKey = text(1, 200)
  .refine(...isMoreThanDots)
  .meta({ minLength: 1, maxLength: 200, description: 'The same key and content is done once, for ever' });

export const orderNumber = key
  .refine((value) => orderKey(value) !== '', 'must hold a letter or a digit')
  .meta({
    minLength: 1,
    maxLength: 64,
    description: 'The same whatever the case and whatever stands between letters and digits',
  });

const rfc3339 =
  /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d(?:\.\d+)?|60(?:\.\d+)?)(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Of RFC 3339. A leap second, which only the last of a UTC day can be, is the last millisecond before it. */
const readInstant = (value: string): DateTime | null => {
  const [, upToMinute, second, offset] = rfc3339.exec(value) ?? [];
  if (!second) return null;
  const isLeap = second.startsWith('60');
  const moment = DateTime.fromISO(`${upToMinute}${isLeap ? '59.999' : second}${offset}`, { zone: 'utc' });
  return isLeap && moment.toFormat('HH:mm:ss') !== '23:59:59' ? null : moment;
};

/** A moment with its offset, or a day. Null for anything else. */
export const readWhen = (value: string | null): When | null => {
  if (value === null) return null;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(value);
  const moment = isDay ? DateTime.fromISO(value, { zone: 'utc' }) : readInstant(value.toUpperCase());
  if (!moment?.isValid || moment.year < 1900 || moment.year > 9999) return null;
  return isDay ? { on: value } : { at: moment.toJSDate() };
};

/** Of a text that `moment` has taken. */
export const readMoment = (text: string): Date => (readWhen(text) as { at: Date }).at;

export const writeWhen = (when: When | null): string | null =>
  when === null ? null : 'on' in when ? when.on : when.at.toISOString();

const momentDetail = 'must be a moment with its offset, like 2026-12-25T09:00:00.000Z';

export const moment = z
  .string()
  .refine((value) => 'at' in (readWhen(value) ?? {}), momentDetail)
  .meta({ format: 'date-time' });

export const momentOrDay = z
  .string()
  .refine((value) => readWhen(value) !== null, `${momentDetail}, or a day like 2026-12-25`)
  .meta({ examples: ['2026-12-25T09:00:00.000Z', '2026-12-25'] });

export const languageTag = z
  .string()
  .max(35)
  .refine((value) => isLanguageTag(value), 'must be a language tag like en or pt-BR')
  .meta({ examples: ['en', 'pt-BR'] });

/** Of a tenant: a tag of a language that there is. */
export const language = languageTag
  .refine((value) => !isLanguageTag(value) || isLanguage(value), 'must be a language, like en or pt-BR')
  .meta({
    examples: ['en', 'pt-BR'],
    description: 'Texts come in English (en) and Spanish (es); with another language, in English',
  });

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const isLanguage = (tag: string): boolean => languageNames.of(new Intl.Locale(tag).language) !== undefined;

const isLanguageTag = (value: string): boolean => {
  try {
    return Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
};

export const timeZone = z
  .string()
  .max(64)
  .refine((value) => isTimeZoneName(value), 'must be a time zone like Europe/Berlin')
  .meta({ examples: ['Europe/Berlin'] });

// Offsets are refused: they would be wrong for half of the year.
const isTimeZoneName = (value: string): boolean => {
  try {
    return /^[A-Za-z]/.test(value) && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
};

const address = z.strictObject({
  kind: z.enum(['whatsapp', 'whatsapp-user-id', 'sms']),
  value: text(1, 140),
  active: z.boolean().optional(),
});

/** What a PUT may say about each resource. Every field may be left out; those that can be cleared take null. */
export const technicianShape = {
  name: text(1, 200),
  phone: text(1, 64).nullable().meta({ description: 'Any spelling; stored as E.164' }),
  email: z.email('must be an e-mail address').max(254).nullable(),
  addresses: z.array(address).max(20).nullable(),
  role: z.enum(technicianRoles),
  locale: languageTag.nullable(),
  timeZone: timeZone.nullable(),
  supervisor: key.nullable(),
  active: z.boolean(),
  preferences: preferencesChange.nullable(),
};

export const assetShape = {
  name: text(1, 200),
  location: text(0, 200).nullable(),
  responsible: z.array(key).max(50).nullable(),
};

export const workOrderShape = {
  title: text(1, 200),
  description: text(0, 10_000).nullable(),
  priority: z.enum(priorities),
  kind: z.enum(orderKinds),
  asset: key.nullable(),
  assignee: key.nullable(),
  planner: key.nullable(),
  dueAt: momentOrDay.nullable(),
  scheduledFor: momentOrDay.nullable(),
  status: z.enum(orderStatuses as unknown as [OrderStatus, ...OrderStatus[]]),
  version: z.int().min(0).max(2_147_483_647).nullable(),
};

type Shape = Record<string, z.ZodType>;
export type Fields<S extends Shape> = { [Name in keyof S]?: z.output<S[Name]> };
export type TechnicianFields = Fields<typeof technicianShape>;
export type AssetFields = Fields<typeof assetShape>;
export type WorkOrderFields = Fields<typeof workOrderShape>;

/** The fields that are as they should be, by themselves; what is wrong with the others goes to `faults`. */
export const readFields = <S extends Shape>(shape: S, value: unknown, faults: Faults): Fields<S> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.add('', 'must be a JSON object');
    return {};
  }
  const fields: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (!schema) {
      faults.add(pointerTo([name]), 'is not a known field');
      continue;
    }
    const read = schema.safeParse(given);
    if (read.success) fields[name] = read.data;
    else {
      addIssues(read.error, name, faults);
      if (lookedUpInParts.has(name)) fields[name] = withoutFaulty(given, read.error);
    }
  }
  return fields as Fields<S>;
};

// Each of their elements is looked up by itself, so one that is wrong must not hide what is wrong with the others.
const lookedUpInParts = new Set([
  ...['addresses', 'escalation', 'metrics', 'onCall', 'recipients', 'responsible'],
]);

/**
 * What of a field can be looked into further; undefined if nothing can. Elements keep their places: those that are
 * wrong leave gaps, and objects lack what is wrong in them. It is never saved, as the faults are known.
 */
const withoutFaulty = (given: unknown, { issues }: z.ZodError): unknown => {
  const whole = { field: structuredClone(given) };
  for (const issue of issues) {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : null;
    for (const path of unknown?.map((name) => [...issue.path, name]) ?? [issue.path]) {
      const steps = ['field', ...path];
      const last = steps.pop()!;
      const parent = steps.reduce<unknown>((inner, step) => Object(inner)[step], whole);
      delete Object(parent)[last];
    }
  }
  return whole.field;
};

const addIssues = (error: z.ZodError, name: string, faults: Faults) => {
  for (const issue of error.issues) {
    const path = [name, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const unknown of issue.keys) faults.add(pointerTo([...path, unknown]), 'is not a known field');
    } else {
      faults.add(pointerTo(path), issue.message);
    }
  }
};

/** Says so when something new lacks what it cannot be without. */
export const requireField = (fields: Record<string, unknown>, name: string, faults: Faults): void => {
  if (fields[name] === undefined && !faults.hasWithin(`/${name}`)) faults.add(`/${name}`, 'is required');
};

/** The fields that say something; null says that nothing is there. */
export const withoutUndefined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
