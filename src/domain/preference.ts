import type { MessageKind } from './message.ts';

/** What the CMMS can ask us to tell people; also what a person can switch off. */
export const notificationNames = [
  'work-order.assigned',
  'maintenance.scheduled',
  'work-order.reminder',
  'alert.raised',
  'alert.resolved',
  'message.send',
] as const;

export type NotificationName = (typeof notificationNames)[number];

/** By which of them a person switches a kind of message off; null for what cannot be switched off. */
export const preferenceOf = (kind: MessageKind): NotificationName | null => {
  if (kind === 'work-order.unassigned' || kind === 'work-order.cancelled') return 'work-order.assigned';
  return notificationNames.find((name) => name === kind) ?? null;
};
