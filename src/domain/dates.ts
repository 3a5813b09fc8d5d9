import { DateTime } from 'luxon';

const dayMs = 24 * 60 * 60 * 1000;

/** Zones are slow to work with, and a day's scans ask for the same few days and hours again and again. */
const remembered = (find: (text: string, timeZone: string) => Date): typeof find => {
  const known = new Map<string, Date>();
  return (text, timeZone) => {
    const key = `${timeZone} ${text}`;
    const before = known.get(key);
    if (before) return before;
    if (known.size >= maxRemembered) known.clear();
    const found = find(text, timeZone);
    known.set(key, found);
    return found;
  };
};
const maxRemembered = 10_000;

import type { When } from './work-order.ts';

/** The calendar day (YYYY-MM-DD) of a moment in a zone. */
export const dayOf = (moment: Date, timeZone: string): string =>
  DateTime.fromJSDate(moment, { zone: timeZone }).toISODate()!;

/** The day something is due for a reader in that zone. */
export const dueDay = (due: When, timeZone: string): string =>
  'on' in due ? due.on : dayOf(due.at, timeZone);

/** Whole calendar days from now until it is due; negative once overdue. */
export const daysUntil = (due: When, timeZone: string, now: Date): number =>
  DateTime.fromISO(dueDay(due, timeZone), { zone: 'utc' }).diff(
    DateTime.fromISO(dayOf(now, timeZone), { zone: 'utc' }),
    'days',
  ).days;

/** The calendar day that many days after another; before it, if fewer than none. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);

/** The first instant of a day in a zone; not midnight where a clock change skips that. */
export const startOfDay = remembered((day, timeZone) =>
  DateTime.fromISO(day, { zone: timeZone }).startOf('day').toJSDate(),
);

/** The last instant of a day in a zone; on days of a clock change too. */
export const endOfDay = (day: string, timeZone: string): Date =>
  DateTime.fromISO(day, { zone: timeZone }).endOf('day').toJSDate();

/** The moment a day's wall clock shows hh:mm in a zone; skipped times are moved on, as the clock was. */
export const atTime = (day: string, time: string, timeZone: string): Date =>
  wallTime(`${day}T${time}`, timeZone);

const wallTime = remembered((wall, timeZone) => DateTime.fromISO(wall, { zone: timeZone }).toJSDate());

export const isTimeZone = (name: string): boolean => DateTime.local({ zone: name }).isValid;
