import { DateTime } from 'luxon';
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

/** The last instant of a day in a zone; on days of a clock change too. */
export const endOfDay = (day: string, timeZone: string): Date =>
  DateTime.fromISO(day, { zone: timeZone }).endOf('day').toJSDate();

/** The moment a day's wall clock shows hh:mm in a zone; skipped times are moved on, as the clock was. */
export const atTime = (day: string, time: string, timeZone: string): Date =>
  DateTime.fromISO(`${day}T${time}`, { zone: timeZone }).toJSDate();

export const isTimeZone = (name: string): boolean => DateTime.local({ zone: name }).isValid;
