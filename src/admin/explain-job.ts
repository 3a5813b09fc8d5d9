import type { FailedJob } from '../queue-backend.ts';
import type { QueueName } from '../queues.ts';
import type { Fault } from '../store/notifications.ts';

/** What a queue is for, in the reader's words. */
export const queuePurposes: Record<QueueName, string> = {
  inbound: 'What technicians write: run the command, store the answer',
  outbound: 'Messages on their way to the provider',
  'delivery-status': 'Ticks and failures that the provider reports',
  attachments: 'Photos and files that technicians send',
  chains: 'Who is told next while nobody answers an alert or a call for help',
  'cmms-events': 'Changes on their way into the event feed',
  webhooks: "Events on their way to the CMMS's webhook endpoints",
  notifications: 'What the CMMS asks us to tell people',
  schedules: 'What runs by the clock: reminders, templates, catching up',
  spill: 'Webhooks kept while the database was away',
};

/** What is known besides the job itself. */
export type Known = {
  /** Of the people of the reader's own tenant, by the CMMS's key. */
  person: (tenant: string | null, externalId: string) => string | null;
  tenantName: (id: string) => string | null;
};

export type Explanation = {
  what: string;
  /** What is wrong with the job itself, by where; none if it was not the job. */
  faults: Fault[];
  why: string;
  ifRetried: string;
  /** Null: it cannot be. */
  ifDiscarded: string | null;
};

/** Why a job failed and what can be done, for somebody who does not know how the service works. */
export const explainJob = ({ queue, name, data, reason }: FailedJob, known: Known): Explanation => {
  const fields = asObject(data);
  if (queue === 'notifications') {
    const faults = faultsIn(reason);
    return {
      what: whatWasAsked(name, fields, known),
      faults,
      why:
        faults.length > 0 ? 'The CMMS sent a job that is wrong:' : `Not known to us: ${withoutData(reason)}`,
      ifRetried:
        'It is read again as it is. That helps once what it names is there, a missing technician for instance; a ' +
        'wrong field stays wrong, and the CMMS must send the job again.',
      ifDiscarded: 'Nobody is told what it asked for, unless the CMMS sends it again.',
    };
  }
  const why = `A fault of ours, or of what we work with: ${withoutData(reason)}`;
  if (queue === 'spill') {
    const rows = Array.isArray(fields.rows) ? fields.rows.length : 0;
    return {
      what: `${rows === 1 ? 'One webhook' : `${rows} webhooks`} from the provider, kept while the database was away`,
      faults: [],
      why,
      ifRetried: 'All of them are brought to the database again; what is there already is recognised.',
      ifDiscarded: 'What the database did not take is lost here. The provider was told that we have it.',
    };
  }
  if (queue === 'schedules') {
    const tenant = known.tenantName(text(fields.tenantId));
    return {
      what: `${scheduleNames[name] ?? `Schedule ${cut(name)}`}${tenant ? ` of ${tenant}` : ''}`,
      faults: [],
      why,
      ifRetried:
        'It runs now. Each thing it does is done once, so nobody is told twice. If not, it runs again by itself at its ' +
        'next time; this note goes after a day.',
      ifDiscarded: null,
    };
  }
  return {
    what: queuePurposes[queue],
    faults: [],
    why,
    ifRetried: 'It looks for what is waiting and does it.',
    ifDiscarded: 'Nothing is lost: what waits is in the database, and is found again within half a minute.',
  };
};

const scheduleNames: Record<string, string> = {
  reminders: 'Reminders and digests',
  templates: 'Asking the provider which templates are approved',
  'catch-up': 'Looking for messages that never reached us',
};

const whatWasAsked = (name: string, fields: Record<string, unknown>, known: Known): string => {
  const tenant = text(fields.tenant) || null;
  const ofTenant = tenant && tenant !== 'default' ? ` (tenant ${tenant})` : '';
  return `${asked(name, fields, (externalId) => {
    const person = known.person(tenant, externalId);
    if (!externalId) return 'nobody named';
    return person ? `${person} (${externalId})` : externalId;
  })}${ofTenant}`;
};

const asked = (
  name: string,
  fields: Record<string, unknown>,
  person: (externalId: string) => string,
): string => {
  const order = asObject(fields.workOrder);
  const title = text(order.title);
  const named = `work order ${text(order.number) || 'without a number'}${title ? `, “${title}”` : ''}`;
  const alert = asObject(fields.alert);
  switch (name) {
    case 'work-order.assigned':
      return `Tell ${person(text(fields.assignee))} of ${named}`;
    case 'maintenance.scheduled':
      return `Tell ${person(text(fields.assignee))} of planned maintenance: ${named}`;
    case 'work-order.reminder':
      return `Remind of work order ${text(fields.number) || 'without a number'}`;
    case 'alert.raised':
      return `Raise alert ${text(alert.externalId) || 'without a key'} on ${text(alert.asset) || 'no asset'}`;
    case 'alert.resolved':
      return `Say that alert ${text(fields.externalId) || 'without a key'} is over`;
    case 'message.send':
      return `Send a text to ${person(text(fields.to))}`;
    default:
      return 'Something that has no name we know';
  }
};

/** As the job that refused them wrote them down. */
const faultsIn = (reason: string): Fault[] => {
  if (!reason.startsWith('invalid: ')) return [];
  return reason
    .slice('invalid: '.length)
    .split(/; (?=\/|\(the job\) |and \d+ more$)/)
    .map((fault) => {
      const [, pointer = '', detail = fault] = /^(\/\S*|\(the job\)) (.*)$/s.exec(fault) ?? [];
      return { pointer: pointer === '(the job)' ? '' : pointer, detail };
    });
};

/** A message that something threw, without what it quotes: that may be somebody's text or phone. */
export const withoutData = (message: string, most = 200): string =>
  cut(
    (message.split('\n', 1)[0] ?? '')
      .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '“…”')
      .replace(/\S+@\S+/g, '…')
      .replace(/\+?\d(?:[\s().-]?\d){6,}/g, '…'),
    most,
  ) || 'no reason is known';

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

const cut = (value: string, most = 80): string =>
  value.length > most ? `${value.slice(0, most - 1)}…` : value;

const text = (value: unknown): string => (typeof value === 'string' ? cut(value) : '');

const jobNames: Record<string, string> = {
  'work-order.assigned': 'Work order assigned',
  'maintenance.scheduled': 'Maintenance scheduled',
  'work-order.reminder': 'Work order reminder',
  'alert.raised': 'Alert raised',
  'alert.resolved': 'Alert resolved',
  'message.send': 'Text to somebody',
};

export const jobTitle = (name: string): string => jobNames[name] ?? 'A name nothing is known by';

/** A producer may call its job anything: what nothing is known by is not repeated. */
export const knownJobName = (queue: QueueName, name: string): string =>
  queue !== 'notifications' || name in jobNames ? name.slice(0, 60) : 'unknown';

// What says which job it is. Of everything else only that it is there.
const shownFields: Partial<Record<QueueName, string[]>> = {
  notifications: [
    ...[
      'schemaVersion',
      'tenant',
      'idempotencyKey',
      'expiresAt',
      'number',
      'version',
      'assignee',
      'to',
      'externalId',
    ],
    ...['priority', 'severity', 'code', 'dueAt', 'scheduledFor'],
  ],
  spill: ['kind', 'tenantId', 'channelId', 'id', 'source', 'status', 'way', 'receivedAt'],
};

/** A job's data without its texts, names, phones and webhooks. */
export const shownData = (queue: QueueName, data: unknown, depth = 0): unknown => {
  const shown = shownFields[queue] ?? ['tenantId', 'id'];
  if (depth > 5) return '…';
  if (Array.isArray(data)) return data.slice(0, 20).map((each) => shownData(queue, each, depth + 1));
  if (typeof data === 'object' && data !== null) {
    return Object.fromEntries(
      Object.entries(data)
        .slice(0, 50)
        .map(([key, value]) =>
          typeof value === 'object' && value !== null
            ? [cut(key, 40), shownData(queue, value, depth + 1)]
            : [cut(key, 40), shown.includes(key) ? shownValue(value) : hidden(value)],
        ),
    );
  }
  return hidden(data);
};

const shownValue = (value: unknown): unknown => (typeof value === 'string' ? cut(value, 200) : value);

const hidden = (value: unknown): unknown => {
  if (typeof value === 'string') return `(${value.length} characters)`;
  return value === null || typeof value === 'boolean' ? value : '(hidden)';
};
