import type { NotificationName } from './preferences.ts';

const ofOrder = [
  ...['number', 'title', 'description', 'priority', 'kind', 'asset', 'assignee', 'planner', 'dueAt'],
  ...['scheduledFor', 'status', 'technician'],
];
const ofAlert = ['externalId', 'asset', 'message', 'severity', 'raisedAt', 'technician'];

/** What stands for a quick reply's id, before the command that a tap on it sends. */
const button = 'button:';
const orderButtons = ['ACK', 'START', 'COMPLETE', 'CONFIRM', 'STATUS', 'HELP'].map((each) => button + each);
const alertButtons = ['RESPONDING', 'ESCALATE'].map((each) => button + each);

/** What a template's variable can take: the fields of what is told, the reader's name, and buttons. */
export const templateFields: Record<NotificationName, string[]> = {
  'work-order.assigned': [...ofOrder, ...orderButtons],
  'maintenance.scheduled': [...ofOrder, ...orderButtons],
  'work-order.reminder': [...ofOrder, 'dueIn', ...orderButtons],
  'alert.raised': [...ofAlert, ...alertButtons],
  'alert.resolved': [...ofAlert, 'note', ...alertButtons],
  'message.send': ['text', 'technician', ...orderButtons],
};

/** The command of a field that stands for a button; null for any other. */
export const buttonOf = (field: string): string | null =>
  field.startsWith(button) ? field.slice(button.length) : null;
