import type { ListedEvent } from '../store/events.ts';

/** What happened, in words, and what was said with it. `nameOf`: of an external id. */
export const sayEvent = (
  { type, data, undoes }: Pick<ListedEvent, 'type' | 'data' | 'undoes'>,
  nameOf: (key: string) => string,
): { what: string; quote: string | null } => {
  const quote = textOf(data.text) ?? textOf(data.note);
  const what = (says[type] ?? (() => type))(data, nameOf);
  return { what: undoes && type !== 'work_order.undone' ? `${what} (taken back)` : what, quote };
};

const textOf = (given: unknown): string | null => (typeof given === 'string' && given !== '' ? given : null);

type Say = (data: Record<string, unknown>, nameOf: (key: string) => string) => string;

const named = (key: unknown, nameOf: (key: string) => string): string | null =>
  typeof key === 'string' ? nameOf(key) : null;

const somebody = ({ technician }: Record<string, unknown>, nameOf: (key: string) => string): string =>
  named(technician, nameOf) ?? 'Somebody';

const toldTo = (told: unknown, nameOf: (key: string) => string): string =>
  Array.isArray(told) && told.length > 0 ? `: told ${told.map((key) => nameOf(String(key))).join(', ')}` : '';

const takenBy = (what: string, data: Record<string, unknown>, nameOf: (key: string) => string) =>
  data.takenBy ? `${what} taken by ${named(data.takenBy, nameOf)}` : null;

const says: Record<string, Say> = {
  'work_order.assigned': ({ assignee }, nameOf) =>
    assignee ? `Assigned to ${named(assignee, nameOf)}` : 'Assigned to nobody',
  'work_order.acknowledged': () => 'Acknowledged',
  'work_order.started': () => 'Started',
  'work_order.completed': () => 'Completed',
  'work_order.delayed': () => 'Delayed',
  'work_order.resumed': () => 'Resumed',
  'work_order.noted': (data, nameOf) =>
    takenBy('Request', data, nameOf) ?? (data.need ? 'Something is needed' : 'Note'),
  'work_order.escalated': (data, nameOf) =>
    takenBy('Escalation', data, nameOf) ?? `Escalated${toldTo(data.told, nameOf)}`,
  'work_order.confirmed': () => 'Confirmed',
  'work_order.cancelled': () => 'Cancelled',
  'work_order.attachment': ({ kind }) => `Sent ${typeof kind === 'string' ? `a file (${kind})` : 'a file'}`,
  'work_order.undone': () => 'Took a change back',
  'alert.raised': ({ told }, nameOf) => `Raised${toldTo(told, nameOf)}`,
  'alert.paged': ({ technician, step, overrode }, nameOf) =>
    `${somebody({ technician }, nameOf)} is told${step ? `, step ${step}` : ''}${
      Array.isArray(overrode) && overrode.length > 0 ? ', as it is critical, in spite of their settings' : ''
    }`,
  'alert.claimed': ({ technician }, nameOf) =>
    technician ? `Claimed for ${named(technician, nameOf)}, who is going` : 'Claimed: is going',
  'alert.released': () => 'Released: is not going any more',
  'alert.escalated': ({ told }, nameOf) => `Escalated${toldTo(told, nameOf)}`,
  'alert.resolved': () => 'Resolved',
  'message.failed': () => 'A message has failed',
  'technician.paused': (data, nameOf) => `${somebody(data, nameOf)} gets no notifications any more`,
  'technician.resumed': (data, nameOf) => `${somebody(data, nameOf)} gets notifications again`,
  'technician.unreachable': (data, nameOf) =>
    data.reason === 'opted-out'
      ? `${somebody(data, nameOf)} has opted out`
      : data.reason === 'not-read'
        ? `${somebody(data, nameOf)} reads nothing and is not reminded any more`
        : `${somebody(data, nameOf)} was reached by no way`,
  'technician.identity_changed': (data, nameOf) =>
    `${somebody(data, nameOf)} has another identity at WhatsApp: see Conflicts`,
};

const statuses: Record<string, string> = { unknown: 'outcome unknown', queued: 'waits' };

export const sayStatus = (status: string): string => statuses[status] ?? status;
