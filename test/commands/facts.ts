import type { AlertFacts, Call, Facts, OrderFacts } from '../../src/commands/command.ts';
import { type RecordedDecision, runCommand } from '../../src/commands/run.ts';
import type { Talk } from '../../src/commands/talk.ts';
import { type Heard, understand } from '../../src/commands/understand.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Person } from '../../src/domain/who-is-told.ts';
import { words } from '../../src/texts/texts.ts';

export const now = new Date('2026-12-22T09:00:00.000Z');

/** A moment that many seconds before `now`. */
export const secondsAgo = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

const pump = { id: 'asset-1', code: 'P-3', name: 'Pump 3', location: 'Hall B' };

/** An order of the technician's; assigned unless told otherwise. */
export const order = (number: string, fields: Partial<OrderFacts> = {}): OrderFacts => ({
  id: `id of ${number}`,
  number,
  title: `Repair for ${number}`,
  description: null,
  priority: 'medium',
  kind: 'corrective',
  asset: pump,
  assigneeId: 'ana',
  plannerId: null,
  due: null,
  scheduled: null,
  status: 'assigned',
  escalated: false,
  version: 1,
  assignmentNo: 1,
  assignedAt: secondsAgo(3600),
  acknowledgedAt: null,
  startedAt: null,
  completedAt: null,
  confirmedAt: null,
  closedAt: null,
  noticeAcceptedAt: null,
  ...fields,
});

/** An alert on the pump, open and told to the technician a minute ago unless told otherwise. */
export const alert = (
  externalId: string,
  {
    told = { at: secondsAgo(60), by: `page of ${externalId}` },
    responder,
    others,
    ...fields
  }: AlertFields = {},
): AlertFacts => ({
  alert: {
    ...{ id: `id of ${externalId}`, externalId, asset: pump, message: 'overheats', severity: 'critical' },
    ...{ recipients: [], state: 'open', raisedAt: secondsAgo(90), responderId: null, claimedAt: null },
    ...{ resolvedAt: null, expiresAt: null, version: 1 },
    ...fields,
  },
  told,
  responder: responder ?? null,
  others: others ?? [],
});

type AlertFields = Partial<Alert & Pick<AlertFacts, 'told' | 'responder' | 'others'>>;

/** One that somebody goes to, the technician unless told otherwise. */
export const claimed = (externalId: string, { by = 'ana', ...fields }: AlertFields & { by?: string } = {}) =>
  alert(externalId, {
    ...{ state: 'responding', responderId: by, claimedAt: secondsAgo(30) },
    ...{ responder: by[0]!.toUpperCase() + by.slice(1), ...fields },
  });

export const resolved = (externalId: string, fields: AlertFields = {}) =>
  alert(externalId, { state: 'resolved', resolvedAt: secondsAgo(10), ...fields });

export const person = (id: string, fields: Partial<Person> = {}): Person => ({
  id,
  externalId: `E-${id}`,
  name: `${id[0]!.toUpperCase()}${id.slice(1)}`,
  role: 'technician',
  reachable: true,
  ...fields,
});

/** An escalation of somebody else's order, unless told otherwise. */
export const call = (about: OrderFacts | null, fields: Partial<Call> = {}): Call => ({
  id: `call about ${about?.number}`,
  kind: 'work-order.escalated',
  order: about,
  caller: person('ben'),
  toldAt: secondsAgo(60),
  told: [],
  taken: null,
  ...fields,
});

export const facts = (
  orders: OrderFacts[],
  closed: OrderFacts[] = [],
  {
    paused = false,
    role = 'technician',
    ...fields
  }: Partial<Facts> & {
    paused?: boolean;
    role?: Facts['technician']['role'];
  } = {},
): Facts => ({
  technician: { id: 'ana', externalId: 'E-1', name: 'Ana', role, paused },
  way: 'whatsapp',
  optedOutSince: null,
  receivedAt: now,
  orders,
  closed,
  moved: [],
  quoted: [],
  quotedAlerts: [],
  lastOrderId: null,
  lastOrderAt: null,
  attachments: [],
  people: { all: [], supervisorId: null, onCall: [] },
  undoable: null,
  alerts: [],
  nextPeople: [],
  calls: [],
  calling: [],
  missed: [],
  list: null,
  ...fields,
});

/** A text, or whatever else a phone can send, on WhatsApp unless told otherwise. */
export const heard = (message: string | Partial<Heard>): Heard => ({
  way: 'whatsapp',
  text: typeof message === 'string' ? message : '',
  button: null,
  hasAttachments: false,
  other: null,
  thumbsUpFor: null,
  forwarded: false,
  ...(typeof message === 'string' ? {} : message),
});

/** What a message leads to: understood, and run if it is a request. */
export const decide = (message: string | Partial<Heard>, known: Facts, talk: Talk = {}): RecordedDecision => {
  const understood = understand({ ...heard(message), way: known.way }, talk, known.receivedAt, words);
  return understood.kind === 'request'
    ? runCommand(understood.request, known, now)
    : { ...understood.decision, changes: [] };
};

/** The conversation after a decision that was made `seconds` ago. */
export const talkAfter = ({ question, reply }: RecordedDecision, seconds = 60): Talk => ({
  ...(question ? { question: { ...question, askedAt: secondsAgo(seconds).toISOString() } } : {}),
  ...(reply.orders[0]
    ? { lastOrder: { id: reply.orders[0].id, at: secondsAgo(seconds).toISOString() } }
    : {}),
});

/** What a message does, in short: the answer's key, the orders it is about, and each step with its order. */
export const outcome = (message: string | Partial<Heard>, known: Facts, talk: Talk = {}) => {
  const { changes, reply } = decide(message, known, talk);
  return {
    answer: reply.key,
    about: reply.orders.map(({ number }) => number),
    steps: changes.map(({ orderId, event }) => `${numberOf(orderId, known)} ${event.type.split('.')[1]}`),
  };
};

const numberOf = (id: string | null, { orders, closed, calls, undoable }: Facts): string | undefined =>
  [
    ...orders,
    ...closed,
    ...calls.flatMap((each) => each.order ?? []),
    ...(undoable?.changes.flatMap((each) => each.order ?? []) ?? []),
  ].find((each) => each.id === id)?.number;
