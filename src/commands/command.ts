import type { Asset, Change, WorkOrder } from '../domain/work-order.ts';

/** An order as a technician's command sees it. */
export type OrderFacts = WorkOrder & {
  /** When the provider accepted the notice of this assignment. */
  noticeAcceptedAt: Date | null;
};

/** Everything a command may know. `orders` are the technician's open ones, `closed` those closed in the last 7 days. */
export type Facts = {
  technician: { id: string; externalId: string; name: string };
  orders: OrderFacts[];
  closed: OrderFacts[];
  receivedAt: Date;
};

export type OrderLine = Pick<WorkOrder, 'number' | 'title' | 'status' | 'priority' | 'due'> & {
  asset: Asset | null;
};

/** What can be answered, with what each answer needs to know. One function per key in every language. */
export type ReplyValues = {
  acknowledged: { order: OrderLine; others: number };
  alreadyAcknowledged: { order: OrderLine };
  started: { order: OrderLine; resumed: boolean; others: number };
  alreadyStarted: { order: OrderLine };
  completed: { order: OrderLine; others: number };
  alreadyClosed: { order: OrderLine };
  notStarted: { order: OrderLine };
  noted: { order: OrderLine; text: string };
  noteNeedsText: Record<string, never>;
  myWork: { orders: OrderLine[] };
  help: { name: string };
  nothingToDo: { command: ChangingWord };
  noSuchOrder: { given: string };
  whichOrder: { command: ChangingWord; orders: OrderLine[]; leftOver: string | null };
  notUnderstood: { given: string };
  textOnly: Record<string, never>;
  tooLate: { given: string };
  notDone: Record<string, never>;
};

export type ChangingWord = 'ACK' | 'START' | 'COMPLETE' | 'NOTE';

export type Reply = {
  [Key in keyof ReplyValues]: { key: Key; values: ReplyValues[Key]; orders: WorkOrder[] };
}[keyof ReplyValues];

export type Decision = { changes: Change[]; reply: Reply };

/** One command: what follows its words, and what to do with it. `rest` is kept as sent. */
export type Command = (rest: string, facts: Facts, now: Date) => Decision;

/** A decision that changes nothing. */
export const answer = <Key extends keyof ReplyValues>(
  key: Key,
  values: ReplyValues[Key],
  orders: WorkOrder[] = [],
): Decision => ({ changes: [], reply: { key, values, orders } as Reply });

/** A decision that changes one order. */
export const change = <Key extends keyof ReplyValues>(
  order: WorkOrder,
  changes: Change[],
  key: Key,
  values: ReplyValues[Key],
): Decision => ({ changes, reply: { key, values, orders: [order] } as Reply });
