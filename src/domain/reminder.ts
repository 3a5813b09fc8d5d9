import { atTime, dayOf, daysUntil, dueDay, endOfDay } from './dates.ts';
import { isOpen, type WorkOrder } from './work-order.ts';

export type ReminderRule = { id: string; days: number; at: string };

/** One day before the due day, at eight in the morning of whoever has the order. */
export const dayBefore: ReminderRule = { id: 'one-day-before', days: 1, at: '08:00' };

export type DueReminder = { rule: string; dueOn: string; sentOn: string; expiresAt: Date };

/** The reminder a rule asks for just now, in the technician's zone; null when it is not the day, or not yet the hour. */
export const reminderDue = (
  order: Pick<WorkOrder, 'due' | 'status' | 'assigneeId'>,
  rule: ReminderRule,
  timeZone: string,
  now: Date,
): DueReminder | null => {
  if (!order.due || !order.assigneeId || !isOpen(order)) return null;
  if (daysUntil(order.due, timeZone, now) !== rule.days) return null;
  const today = dayOf(now, timeZone);
  if (now < atTime(today, rule.at, timeZone)) return null;
  return {
    rule: rule.id,
    dueOn: dueDay(order.due, timeZone),
    sentOn: today,
    expiresAt: endOfDay(today, timeZone),
  };
};
