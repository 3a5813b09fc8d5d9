import type { AttachmentKind, List, Option, Question } from './command.ts';

/** What a conversation is in the middle of, as stored with it: moments are text. */
export type Talk = {
  question?: Question & { askedAt: string; open: boolean };
  list?: List & { at: string };
  /** The order of the last command that had one. */
  lastOrder?: { id: string; at: string };
  /** Messages in a row that were not understood, since the first of them. */
  confused?: { count: number; since: string; answerId: string };
  /** Messages in the minute that began then; `answerId`: what says that the rest was not done. */
  minute?: { since: string; count: number; answerId: string | null; skipped: string[] };
  /** Attachments that came together share the answer that waits until then. */
  album?: { until: string; answerId: string; orderId: string | null; kinds: AttachmentKind[] };
};

const questionMs = 10 * 60 * 1000;
const listMs = 30 * 60 * 1000;
const lastOrderMs = 12 * 60 * 60 * 1000;

/** The question that a message received then may answer: it must have been asked before, and not be closed or too old. */
export const openQuestion = ({ question }: Talk, at: Date): Question | null =>
  question?.open &&
  isYounger(question.askedAt, at, questionMs) &&
  Date.parse(question.askedAt) <= at.getTime()
    ? question
    : null;

/** Whether there was a list whose numbers no longer count. */
export const hadQuestion = ({ question }: Talk): boolean =>
  question !== undefined && question.options.length > 0;

export const openList = ({ list }: Talk, at: Date): List | null =>
  list && isYounger(list.at, at, listMs) ? list : null;

export const lastOrderId = ({ lastOrder }: Talk, at: Date): string | null =>
  lastOrder && isYounger(lastOrder.at, at, lastOrderMs) ? lastOrder.id : null;

export const isYounger = (since: string, at: Date, ms: number): boolean =>
  at.getTime() - Date.parse(since) <= ms;

/** The options as they were listed: the first is 1. */
export const optionAt = ({ options }: Question, given: number): Option | null => options[given - 1] ?? null;
