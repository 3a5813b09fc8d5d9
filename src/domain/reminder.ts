import { atTime, dayAfter, dayOf, daysUntil, dueDay, endOfDay, startOfDay } from './dates.ts';
import { isOpen, type Priority, priorities, type WorkOrder } from './work-order.ts';

/** `days` before the due day, at a time of that day; below zero: every day from then on. */
export type ReminderRule = { id: string; days: number; at: string; priorities: Priority[] | null };

/** A reminder that is due, and every rule that asks for one on that day. */
export type DueReminder = { rules: string[]; dueOn: string; sentOn: string; expiresAt: Date };

/**
 * What is to be reminded of just now, in the technician's zone; null when no rule asks for it today, or not yet.
 * Of several rules for one day the earliest says when: one reminder is enough.
 */
export const reminderDue = (
  order: Pick<WorkOrder, 'due' | 'status' | 'assigneeId' | 'priority'>,
  rules: ReminderRule[],
  timeZone: string,
  now: Date,
): DueReminder | null => {
  if (!order.due || !order.assigneeId || !isOpen(order)) return null;
  const daysLeft = daysUntil(order.due, timeZone, now);
  const matching = rules.filter(
    (rule) =>
      (rule.days < 0 ? daysLeft <= rule.days : daysLeft === rule.days) &&
      (rule.priorities === null || rule.priorities.includes(order.priority)),
  );
  const today = dayOf(now, timeZone);
  if (!matching.some(({ at }) => now >= atTime(today, at, timeZone))) return null;
  return {
    rules: matching.map(({ id }) => id),
    dueOn: dueDay(order.due, timeZone),
    sentOn: today,
    expiresAt: endOfDay(today, timeZone),
  };
};

/** Which due days, and which moments, a rule whose hour has passed asks for on a day in a zone; `to` is left out. */
export type ReminderWindow = {
  zone: string;
  rule: string;
  priorities: Priority[] | null;
  sentOn: string;
  fromOn: string | null;
  toOn: string;
  fromAt: Date | null;
  toAt: Date;
};

/** What to look for just now among the orders of people in that zone. */
export const reminderWindows = (rules: ReminderRule[], timeZone: string, now: Date): ReminderWindow[] => {
  const today = dayOf(now, timeZone);
  return rules
    .filter(({ at }) => now >= atTime(today, at, timeZone))
    .map(({ id, days, priorities }) => {
      const first = dayAfter(today, days);
      const end = dayAfter(first, 1);
      const isFromThenOn = days < 0;
      return {
        ...{ zone: timeZone, rule: id, priorities, sentOn: today },
        ...{ fromOn: isFromThenOn ? null : first, toOn: end },
        ...{ fromAt: isFromThenOn ? null : startOfDay(first, timeZone), toAt: startOfDay(end, timeZone) },
      };
    });
};

/** Whether what was said to be due on that day still is, and is still that person's. */
export const isStillDue = (
  order: Pick<WorkOrder, 'due' | 'status' | 'assigneeId'>,
  claimed: { technicianId: string | null; dueDay: string | null },
  timeZone: string,
): boolean =>
  order.assigneeId === claimed.technicianId &&
  isOpen(order) &&
  (order.due && dueDay(order.due, timeZone)) === claimed.dueDay;

type Urgent = Pick<WorkOrder, 'due' | 'priority' | 'number'>;

/** What is due first comes first, then by priority. */
export const byUrgency =
  (timeZone: string) =>
  (a: Urgent, b: Urgent): number =>
    lastDay(a, timeZone).localeCompare(lastDay(b, timeZone)) ||
    priorities.indexOf(b.priority) - priorities.indexOf(a.priority) ||
    a.number.localeCompare(b.number, 'en', { numeric: true });

const lastDay = ({ due }: Urgent, timeZone: string) => (due ? dueDay(due, timeZone) : '9999-12-31');

/** How many reminders in a row may stay unread before no more are sent. */
export const unreadInARow = 3;

/** What became of somebody's last reminders that have left, as many as may stay unread, and whether he wrote since the first. */
export type LastReminders = { left: number; anyRead: boolean; wroteSince: boolean };

/** Whoever has switched off read receipts but writes, reads. */
export const isNotReading = ({ left, anyRead, wroteSince }: LastReminders): boolean =>
  left >= unreadInARow && !anyRead && !wroteSince;
