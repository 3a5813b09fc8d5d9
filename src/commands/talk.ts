import type { AttachmentKind, Decision, List, Option, Question, Request } from './command.ts';

/** What a conversation is in the middle of, as stored with it: moments are text. */
export type Talk = {
  question?: Question & { askedAt: string };
  /** There was a list whose numbers no longer count. */
  hadList?: boolean;
  list?: List & { at: string };
  /** The order of the last command that had one. */
  lastOrder?: { id: string; at: string };
  /** Messages in a row that were not understood, since the first of them. */
  confused?: { count: number; since: string; answerId: string };
  /** Messages in the minute that began then; `answerId`: what says that the rest was not done. */
  minute?: { since: string; count: number; answerId: string | null; skipped: string[]; more: number };
  /** Attachments that came together share the answer that still waits; `about` is its order, or what was asked. */
  album?: { answerId: string; about: string; kinds: AttachmentKind[] };
};

const questionMs = 10 * 60 * 1000;
const listMs = 30 * 60 * 1000;
const lastOrderMs = 12 * 60 * 60 * 1000;

/** The question that a message received then may answer: it must have been asked before, and not be closed or too old. */
export const openQuestion = ({ question }: Talk, at: Date): Question | null =>
  question && isYounger(question.askedAt, at, questionMs) && Date.parse(question.askedAt) <= at.getTime()
    ? question
    : null;

/** What waits for the question's answer; photos sent together all came before it was asked. */
export const waitingAttachments = ({ question }: Talk, at: Date): string[] =>
  question && isYounger(question.askedAt, at, questionMs) ? (question.attachments ?? []) : [];

/** Whether there was a list whose numbers no longer count. */
export const hadQuestion = ({ question, hadList = false }: Talk): boolean =>
  hadList || (question !== undefined && question.options.length > 0);

export const openList = ({ list }: Talk, at: Date): List | null =>
  list && isYounger(list.at, at, listMs) ? list : null;

export const lastOrderId = ({ lastOrder }: Talk, at: Date): string | null =>
  lastOrder && isYounger(lastOrder.at, at, lastOrderMs) ? lastOrder.id : null;

export const lastOrderAt = ({ lastOrder }: Talk, at: Date): Date | null =>
  lastOrder && isYounger(lastOrder.at, at, lastOrderMs) ? new Date(lastOrder.at) : null;

const minuteMs = 60 * 1000;
const maxPerMinute = 30;
const confusedMs = 10 * 60 * 1000;
const maxConfused = 5;

/** Counts a message. Past thirty a minute nothing is done: two machines that answer each other must end. */
export const countMessage = (talk: Talk, at: Date): { talk: Talk; tooMany: boolean } => {
  const minute =
    talk.minute && isYounger(talk.minute.since, at, minuteMs)
      ? { ...talk.minute, count: talk.minute.count + 1 }
      : { since: at.toISOString(), count: 1, answerId: null, skipped: [], more: 0 };
  return { talk: { ...talk, minute }, tooMany: minute.count > maxPerMinute };
};

/**
 * How often in a row nothing was understood, this message included: within ten minutes, but once that was
 * often enough for silence, for however long nothing is.
 */
export const timesConfused = ({ confused }: Talk, at: Date): number =>
  confused && (confused.count >= maxConfused || isYounger(confused.since, at, confusedMs))
    ? confused.count + 1
    : 1;

/** After the fifth in a row, which says so, nothing is answered until one is understood. */
export const confusion = (times: number): 'answer' | 'answer-last' | 'silence' =>
  times < maxConfused ? 'answer' : times === maxConfused ? 'answer-last' : 'silence';

/** What the conversation is in the middle of once a message is answered. */
export const nextTalk = (
  talk: Talk,
  turn: {
    /** Null when nothing was asked for. */
    request: Request | null;
    decision: Decision;
    /** How many times in a row nothing was understood; null when this was. */
    confused: number | null;
    answerId: string;
    /** Where MORE goes on, if the answer is a list. */
    shown: number | null;
  },
  at: { received: Date; now: Date },
): Talk => {
  const { request, decision, confused, answerId, shown } = turn;
  const now = at.now.toISOString();
  const next: Talk = { ...talk };

  if (decision.question) {
    next.question = { ...decision.question, askedAt: now };
    next.hadList = false;
  }
  // A new command beats a pending question; a photo or a word that was not understood leaves it open.
  else if (talk.question && request && (request.action !== 'ATTACH' || request.by === 'answer')) {
    // What was in it may be long, and is of no use any more.
    delete next.question;
    next.hadList = talk.question.options.length > 0;
  }
  if (talk.list && !openList(talk, at.now)) delete next.list;

  const list = shown === null ? null : listOf(decision, shown);
  if (list) next.list = { ...list, at: now };

  const [order, ...more] = decision.reply.orders;
  if (request && order && more.length === 0) next.lastOrder = { id: order.id, at: now };

  if (confused === null) delete next.confused;
  else {
    next.confused = {
      count: confused,
      since: confused === 1 || !talk.confused ? at.received.toISOString() : talk.confused.since,
      answerId,
    };
  }
  return next;
};

const listOf = ({ reply }: Decision, shown: number): List | null => {
  const orderIds = reply.orders.map(({ id }) => id);
  switch (reply.key) {
    case 'myWork':
    case 'pending':
    case 'orderDetail':
      return { of: reply.key, orderIds, shown, action: null, rest: '' };
    case 'whichOrder':
      return { of: reply.key, orderIds, shown, action: reply.values.action, rest: reply.values.rest };
    default:
      return null;
  }
};

export const isYounger = (since: string, at: Date, ms: number): boolean =>
  at.getTime() - Date.parse(since) <= ms;

/** The options as they were listed: the first is 1. */
export const optionAt = ({ options }: Question, given: number): Option | null => options[given - 1] ?? null;
