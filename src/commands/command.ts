import type { Alert, AlertBefore, AlertChange, AlertLine } from '../domain/alert.ts';
import type { CallKind } from '../domain/chain.ts';
import type { Way } from '../domain/message.ts';
import type { NotReachedWhy } from '../domain/not-reached.ts';
import type { People, Person } from '../domain/who-is-told.ts';
import type { Asset, Before, Change, OrderStatus, WorkOrder } from '../domain/work-order.ts';

/** Every command, by its English word. */
export const commandNames = [
  'MY WORK',
  'PENDING',
  'STATUS',
  'ACK',
  'START',
  'COMPLETE',
  'NOTE',
  'DELAY',
  'ESCALATE',
  'RESPONDING',
  'CONFIRM',
  'HELP',
  'NEED',
  'UNDO',
  'MORE',
  'STOP',
] as const;

export type CommandName = (typeof commandNames)[number];

/** What can be asked of us: a command, or to keep what came with no command at all. */
export type Action = CommandName | 'ATTACH';

/**
 * What somebody wants, once his message is understood. By `opt-in` and `opt-out` came a text message to which
 * Twilio has done something already; `rest` is then its word, where that is not the command's own.
 */
export type Request = {
  action: Action;
  /** What follows the command's words, as sent. */
  rest: string;
  /** The order that a button or the answer to a question names. */
  orderId: string | null;
  /** The assignment that a button was under, by its number. */
  assignmentNo?: number;
  /** The alerts that a button, an answer or a reaction names. */
  alertIds?: string[];
  /** RESPONDING ALL. */
  all?: boolean;
  by: 'words' | 'button' | 'answer' | 'reaction' | 'opt-in' | 'opt-out';
  /** Attachments that waited for this answer. */
  attachments?: string[];
};

/** An order as a technician's command sees it. */
export type OrderFacts = WorkOrder & {
  /** When the provider accepted the notice of this assignment. */
  noticeAcceptedAt: Date | null;
};

/** An order that was meant but is not the technician's: who has it, and who moved it when. Null: nobody; the CMMS. */
export type MovedOrder = { order: WorkOrder; holder: string | null; by: string | null; at: Date | null };

/** An alert as a technician's command sees it. */
export type AlertFacts = {
  alert: Alert;
  /**
   * When the technician was last told of it by what had left before his message came, and by which message; else when
   * he was since then. Null: never.
   */
  told: { at: Date; by: string } | null;
  /** The name of whoever goes, or went. */
  responder: string | null;
  /** The names of the others who were paged for it, and so hear what becomes of it. */
  others: string[];
};

/** The newest of the technician's messages whose changes still stand. */
export type Undoable = {
  receivedAt: Date;
  changes: {
    eventId: string;
    type: string;
    /** What it was to the technician, where that is not the type: a note may be a need. */
    step?: string;
    order: WorkOrder | null;
    before: Before | null;
    /** The attachment that was put on the order. */
    attachment: string | null;
    /** Of a change of an alert; nothing was there before a call for more people. */
    alert?: { facts: AlertFacts; before: AlertBefore | null };
  }[];
  /** The first who changed one of these orders since. `by` null: the CMMS. */
  changedSince: { order: WorkOrder; by: string | null; at: Date | null } | null;
  /** The same of these alerts. */
  alertChangedSince?: { alert: Alert; by: string | null; at: Date } | null | undefined;
  /** Who was told of it. */
  told: Person[];
};

/** A technician's call for help that another one was told of. */
export type Call = {
  id: string;
  kind: CallKind;
  /** Null: whoever called named none. */
  order: WorkOrder | null;
  caller: Person | null;
  /** When the technician was last told of it before his message came, else when he was since then. */
  toldAt: Date;
  /** Who else may have been told of it. */
  told: Person[];
  /** Null: nobody has taken it yet. */
  taken: { by: string; at: Date } | null;
};

/** What becomes of calls for help. */
export type CallChange =
  | { do: 'call'; kind: CallKind; order: WorkOrder | null; reason: string | null; people: Person[] }
  | { do: 'take'; ids: string[] };

/** What came besides words. */
export type AttachmentKind = 'image' | 'audio' | 'video' | 'document' | 'contact' | 'location';

/** Everything a command may know. `orders` are the technician's open ones, `closed` those closed in the last 7 days. */
export type Facts = {
  technician: { id: string; externalId: string; name: string; role: Person['role']; paused: boolean };
  way: 'whatsapp' | 'sms';
  /** Since when Twilio had kept our text messages from the phone, which this message has ended. */
  optedOutSince: Date | null;
  receivedAt: Date;
  orders: OrderFacts[];
  closed: OrderFacts[];
  /** Orders that a button, an answer or the quoted message names and that are in neither list. */
  moved: MovedOrder[];
  /** The orders the quoted message was about; empty when none was quoted. */
  quoted: string[];
  /** The alerts the quoted message was about. */
  quotedAlerts: string[];
  /** The order of the technician's last command, not older than 12 hours, and when that was. */
  lastOrderId: string | null;
  lastOrderAt: Date | null;
  /** What came with this message, or waits for an order of its own. */
  attachments: { id: string; kind: AttachmentKind; caption: string | null; place: object | null }[];

  // Only for the commands that ask for them: see `needs` in table.ts.
  people: People;
  undoable: Undoable | null;
  /**
   * The alerts the technician was told of that are not resolved, or were in the last 12 hours, the last told first;
   * those he goes to; and, whatever their state, those that a button, an answer or the quoted message names.
   */
  alerts: AlertFacts[];
  /** The names of those whom ESCALATE tells of the alert it means. */
  nextPeople: string[];
  /** Calls for help that the technician was told of, the last told first. */
  calls: Call[];
  /** Calls of the technician's own that nobody has taken yet, and whom calling once more tells. */
  calling: { kind: CallKind; orderId: string | null; again: Person[] }[];
  /** Orders whose notices were held back while the technician had paused. */
  missed: OrderLine[];
  /** What MORE continues, with all its orders as they are now, in the list's order. */
  list: { list: List; orders: WorkOrder[] } | null;
};

export type OrderLine = Pick<WorkOrder, 'number' | 'title' | 'status' | 'priority' | 'due'> & {
  asset: Asset | null;
};

/** An alert and how it stands for whoever reads of it; `by` null: nobody goes. */
export type AlertNow = {
  alert: AlertLine;
  state: 'open' | 'mine' | 'taken' | 'resolved';
  by: string | null;
  /** Since when somebody goes, or it is resolved. */
  at: Date | null;
};

/** What can be answered, with what each answer needs to know. One function per key in every language. */
export type ReplyValues = {
  acknowledged: { order: OrderLine; others: number; toConfirm: boolean };
  alreadyAcknowledged: { order: OrderLine };
  started: { order: OrderLine; resumed: boolean; others: number; paused: boolean };
  alreadyStarted: { order: OrderLine };
  completed: { order: OrderLine; others: number };
  alreadyClosed: { order: OrderLine };
  notStarted: { order: OrderLine };
  confirmed: { order: WorkOrder; others: number };
  alreadyConfirmed: { order: WorkOrder };
  notScheduled: { order: OrderLine };
  noted: { order: OrderLine; text: string };
  delayed: { order: OrderLine; reason: string; told: string[] };
  alreadyDelayed: { order: OrderLine };
  notAcknowledged: { order: OrderLine };
  escalated: { order: OrderLine | null; told: string[] };
  needed: { order: OrderLine; what: string; told: string[] };
  /** Asks what the note, the reason or the need is. */
  needsText: { command: 'NOTE' | 'DELAY' | 'NEED'; order: OrderLine | null };
  whatDoYouNeed: { order: OrderLine };
  noAlert: Record<string, never>;
  /** `others`: how many more alerts are open. `missed`: those of a list that somebody else has taken meanwhile. */
  alertTaken: { alerts: AlertLine[]; missed: AlertNow[]; told: string[]; others: number };
  /** RESPONDING to what is taken or over. */
  alertNotTaken: AlertNow;
  alertResolved: { alerts: AlertLine[]; told: string[] };
  /** COMPLETE by somebody who does not go to it. */
  alertNotResolved: AlertNow;
  /** `released`: whoever escalates was going. */
  alertEscalated: { alert: AlertLine; told: string[]; released: boolean };
  /** While somebody else goes. */
  alertHelpCalled: { alert: AlertLine; by: string; at: Date; told: string[] };
  /** What does nothing to an alert: a command for orders, a thumbs-up (null), something to keep. */
  alertTakes: { alerts: AlertNow[]; command: Action | null };
  whichAlert: {
    action: Action;
    alerts: AlertNow[];
    orders: OrderLine[];
    all: boolean;
    leftOver: string | null;
  };
  alertDetail: AlertNow & { told: string[] };
  alertUndone: { alerts: AlertNow[]; types: string[]; told: string[] };
  alertChangedSince: { alert: AlertLine; by: string | null; at: Date };
  /** UNDO of ESCALATE: who was called stays called. */
  alertStaysEscalated: AlertNow;
  callTaken: { order: OrderLine | null; of: CallKind[]; technician: string | null };
  callTakenBefore: { order: OrderLine | null; by: string; at: Date };
  undone: { order: OrderLine | null; types: string[]; told: string[] };
  nothingToUndo: Record<string, never>;
  tooLateToUndo: { order: OrderLine | null; alert?: AlertLine | null; at: Date };
  changedSince: { order: OrderLine; by: string | null; at: Date | null };
  /** `alerts`: those that wait for him, or that he goes to. */
  myWork: { orders: OrderLine[]; alerts?: AlertNow[]; from: number };
  pending: { orders: OrderLine[]; alerts?: AlertNow[]; from: number };
  counts: { counts: Partial<Record<OrderStatus, number>> };
  /** `readOnly`: it is somebody else's. */
  orderDetail: { order: WorkOrder; from: number; readOnly?: boolean };
  noMore: Record<string, never>;
  help: { name: string };
  paused: { already: boolean };
  resumed: { missed: OrderLine[] };
  /** Said on WhatsApp: nothing reaches the phone by text message. `given` is what did that. */
  cutOff: { given: string; paused: boolean };
  nothingToDo: { command: CommandName };
  noSuchOrder: { given: string };
  orderMoved: { order: OrderLine; holder: string | null; by: string | null; at: Date | null };
  whichOrder: { action: Action; rest: string; orders: OrderLine[]; from: number; leftOver: string | null };
  didYouMean: { given: string; options: string[]; forwarded: boolean };
  notUnderstood: { given: string; last: boolean };
  tooMany: { skipped: string[]; more: number };
  listClosed: Record<string, never>;
  notOnList: { given: string; count: number };
  unreadable: { kind: 'sticker' | 'reaction' | 'unknown' };
  buttonUseless: { expired: boolean };
  /** A tap that would accept what its notice says, which is not so any more. */
  buttonOutdated: { order: WorkOrder };
  attached: { order: OrderLine; kinds: AttachmentKind[] };
  attachedNowhere: { kinds: AttachmentKind[] };
  tooLate: { given: string };
  notDone: Record<string, never>;
  /** The phone is his, the WhatsApp identity somebody else's. */
  notSureWho: Record<string, never>;
  /** The phone is theirs from now on, by a code from the panel's screen. */
  enrolled: { name: string };
  /** It was somebody else's already. */
  enrolledElsewhere: Record<string, never>;
};

export type Reply = {
  [Key in keyof ReplyValues]: {
    key: Key;
    values: ReplyValues[Key];
    orders: WorkOrder[];
    alerts?: Alert[];
    /** What came with the command and was kept: on its order, or on none. */
    kept?: { kinds: AttachmentKind[]; onOrder: boolean };
  };
}[keyof ReplyValues];

/** What somebody else is told of a technician's change. The keys are kinds of message. */
export type NewsValues = {
  'work-order.delayed': { order: OrderLine; by: string; reason: string };
  'work-order.escalated': { order: OrderLine | null; by: string; reason: string | null };
  'work-order.needed': { order: OrderLine; by: string; what: string };
  /** `caller` null: it is the reader's own call. */
  'work-order.taken': { order: OrderLine | null; of: CallKind[]; by: string; caller: string | null };
  'work-order.undone': { order: OrderLine | null; by: string; types: string[] };
  /** Somebody goes. */
  'alert.taken': { alerts: AlertLine[]; by: string };
  /** Nobody goes any more. */
  'alert.released': { alerts: AlertLine[]; by: string };
  /** A resolution was taken back. */
  'alert.reopened': { alerts: AlertLine[]; by: string };
  /** Whoever was told of it needs a supervisor, while somebody else goes. */
  'alert.escalated': { alert: AlertLine; by: string; reason: string | null; responder: string };
  /** Everybody there is was told, and nobody has answered. */
  'alert.unanswered': { alert: AlertLine; told: string[] };
  /** Somebody has read the call of whoever is told. */
  'alert.seen': { alert: AlertLine; by: string };
  /** `by` null: the CMMS. */
  'alert.resolved': { alerts: AlertLine[]; by: string | null; note: string | null };
  /** Somebody has read the reader's call for help. */
  'call.seen': { order: OrderLine | null; of: CallKind[]; name: string };
  /** Everybody who was to hear of the reader's call for help was told, and nobody has taken it. */
  'call.unanswered': { order: OrderLine | null; of: CallKind[] };
  'technician.opted-out': { name: string; way: 'whatsapp' | 'sms' };
  'technician.identity-changed': { name: string };
  'technician.not-reached': {
    name: string;
    /** What it was about, if either. */
    order: OrderLine | null;
    alert: AlertLine | null;
    /** `way` null: why there is none at all. */
    ways: { way: Way | null; why: NotReachedWhy }[];
  };
  /** Has not read the last reminders, from that moment on. */
  'technician.not-reading': { name: string; since: Date };
  /** Scheduled maintenance that somebody has not confirmed. */
  'maintenance.unconfirmed': { order: WorkOrder; by: string };
};

export type News = {
  [Key in keyof NewsValues]: { key: Key; values: NewsValues[Key]; orderId: string | null };
}[keyof NewsValues];

/**
 * One thing that can be chosen with a digit. `label` is the order's number, the alert's external id, or the command as
 * it would be typed.
 */
export type Option = {
  action: Action;
  rest: string;
  orderId: string | null;
  label: string;
  alertIds?: string[];
  /** Everything on the list. */
  all?: boolean;
};

/** What the next message may answer: a number of the list, or the text itself. */
export type Question = {
  options: Option[];
  freeText: { action: Action; orderId: string | null } | null;
  /** What the chosen command goes on with, where the option says nothing of its own. */
  rest?: string;
  /** Attachments that wait for the answer, by their ids. */
  attachments?: string[];
};

/** What MORE continues: orders of a list, or one long order. `of` is the reply it was. */
export type List = {
  of: 'myWork' | 'pending' | 'whichOrder' | 'orderDetail';
  orderIds: string[];
  /** How many orders, or characters of the description, were shown. */
  shown: number;
  /** Of a question: what the chosen order is for. */
  action: Action | null;
  rest: string;
};

export type Decision = {
  changes: Change[];
  alerts: AlertChange[];
  reply: Reply;
  question: Question | null;
  tell: { to: Person; news: News }[];
  call: CallChange | null;
  /** Whether notifications to the technician are paused from now on; null: as before. */
  paused: boolean | null;
  /** Attachments and the order they belong to; null takes them off. */
  attach: { ids: string[]; orderId: string | null } | null;
};

/** One command: what is wanted, what is known, what follows from it. */
export type Command = (request: Request, facts: Facts, now: Date) => Decision;

const nothing = { changes: [], alerts: [], question: null, tell: [], call: null, paused: null, attach: null };

/** A decision that changes nothing. */
export const answer = <Key extends keyof ReplyValues>(
  key: Key,
  values: ReplyValues[Key],
  orders: WorkOrder[] = [],
  alerts: Alert[] = [],
): Decision => ({
  ...nothing,
  reply: { key, values, orders, ...(alerts.length > 0 ? { alerts } : {}) } as Reply,
});

/** A decision that changes one order. */
export const change = <Key extends keyof ReplyValues>(
  order: WorkOrder,
  changes: Change[],
  key: Key,
  values: ReplyValues[Key],
): Decision => ({ ...nothing, changes, reply: { key, values, orders: [order] } as Reply });
