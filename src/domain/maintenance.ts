import { isDeepStrictEqual } from 'node:util';
import { atTime, dayAfter, dayOf, dueDay, endOfDay } from './dates.ts';
import type { WorkOrder } from './work-order.ts';

/**
 * Under what is marked, among the rules of reminders, that somebody was asked again and that the planner heard. No rule
 * can have such an id: a key holds no control characters.
 */
export const maintenanceMarks = { reminded: 'confirm\t', reported: 'unconfirmed\t' } as const;

/** Whether a change leaves somebody with maintenance on another date than the one he may have accepted. */
export const hasMoved = (before: WorkOrder, after: WorkOrder): boolean =>
  after.kind === 'preventive' &&
  after.assigneeId !== null &&
  after.assignmentNo === before.assignmentNo &&
  after.status === before.status &&
  (after.status === 'assigned' || after.status === 'acknowledged') &&
  !isDeepStrictEqual(after.scheduled, before.scheduled);

/** Days before the date on which somebody who has not confirmed is reminded. */
export const remindDaysBefore = 2;

/** What was done about an unconfirmed date for its present assignee: the day of it, in his zone; null: nothing yet. */
export type Asked = { remindedOn: string | null; reportedOn: string | null };

export type DueConfirmation = {
  remind: boolean;
  report: boolean;
  scheduledOn: string;
  today: string;
  expiresAt: Date;
};

/** Whether maintenance that somebody has been told of waits for his confirmation. */
export const isUnconfirmed = (
  order: Pick<WorkOrder, 'kind' | 'status' | 'scheduled' | 'confirmedAt' | 'assigneeId'>,
): boolean =>
  order.kind === 'preventive' &&
  order.status === 'assigned' &&
  order.scheduled !== null &&
  order.confirmedAt === null &&
  order.assigneeId !== null;

/**
 * What is to be done just now about maintenance that nobody has confirmed. Its technician is reminded on the
 * morning two days before, or the morning after he was told, whichever is later; the planner hears the next
 * morning, at the latest on the day itself. Told on the day or later, there was no morning to ask again.
 */
export const confirmationDue = (
  order: Pick<WorkOrder, 'kind' | 'status' | 'scheduled' | 'confirmedAt' | 'assigneeId' | 'assignedAt'>,
  asked: Asked,
  hour: string,
  timeZone: string,
  now: Date,
): DueConfirmation | null => {
  if (!isUnconfirmed(order)) return null;
  const today = dayOf(now, timeZone);
  if (now < atTime(today, hour, timeZone)) return null;
  const scheduledOn = dueDay(order.scheduled!, timeZone);
  const remindFrom = laterOf(dayAfter(scheduledOn, -remindDaysBefore), dayAfterToldIn(order, timeZone));
  if (today < remindFrom || today > scheduledOn) return null;

  const remindedOn = asked.remindedOn ?? today;
  const reportFrom = earlierOf(dayAfter(remindedOn, 1), scheduledOn);
  const remind = asked.remindedOn === null;
  const report = asked.reportedOn === null && today >= reportFrom;
  return remind || report
    ? { remind, report, scheduledOn, today, expiresAt: endOfDay(today, timeZone) }
    : null;
};

/** The day he was told of it; null: long ago. */
export const toldOn = ({ assignedAt }: Pick<WorkOrder, 'assignedAt'>, timeZone: string): string | null =>
  assignedAt && dayOf(assignedAt, timeZone);

const dayAfterToldIn = (order: Pick<WorkOrder, 'assignedAt'>, timeZone: string): string => {
  const told = toldOn(order, timeZone);
  return told === null ? '' : dayAfter(told, 1);
};

// Days as YYYY-MM-DD sort like their text.
const laterOf = (a: string, b: string): string => (a > b ? a : b);
const earlierOf = (a: string, b: string): string => (a < b ? a : b);
