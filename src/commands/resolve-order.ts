import { orderKey } from '../domain/work-order.ts';
import type { CommandName, Facts, MovedOrder, OrderFacts, Request } from './command.ts';

/** Which order a command means: one of mine, one of mine that is closed, or what to ask or say instead. */
export type Resolution =
  | { kind: 'order'; order: OrderFacts; others: number }
  | { kind: 'closed'; order: OrderFacts }
  | { kind: 'moved'; moved: MovedOrder }
  | { kind: 'not-mine'; given: string }
  | { kind: 'ask'; orders: OrderFacts[]; leftOver: string | null }
  | { kind: 'none' };

/** How a command narrows down the orders it could mean when nothing names one. */
export type Rule = {
  command: CommandName | 'ATTACH';
  /** Orders it can act on. */
  fits: (order: OrderFacts) => boolean;
  /** Which of several is meant; null to ask. */
  prefer: (candidates: OrderFacts[], facts: Facts) => OrderFacts | null;
};

type Meant = Pick<Request, 'orderId'> & {
  /** The words that should name the order. */
  named: string;
};

/**
 * The order that the words name, else a button or an answer, else the quoted message, else the only one the
 * command fits, else the one its rule prefers, else a question.
 */
export const resolveOrder = (rule: Rule, { named, orderId }: Meant, facts: Facts): Resolution => {
  // Only an emoji or punctuation names nothing.
  if (orderKey(named) !== '') {
    const found = findNamed(named, facts);
    if (found) return found;
    // What was meant as a number is said to be none of mine; other words left over change nothing.
    return looksLikeNumber(named)
      ? { kind: 'not-mine', given: named }
      : { kind: 'ask', orders: fitting(rule, facts.orders), leftOver: named };
  }
  if (orderId) return findById(orderId, facts);
  return fromQuote(rule, facts) ?? fromRule(rule, facts);
};

/**
 * The order a free text begins with, which counts as a whole number or as `#001` only, and the text without it.
 * Once the order is chosen the text is taken as it comes: "12 bolts" is not for order 12 then.
 */
export const splitOrder = (
  { rest, orderId }: Pick<Request, 'rest' | 'orderId'>,
  facts: Facts,
): { named: string; text: string } => {
  if (orderId) return { named: '', text: rest.trim() };
  const [first = ''] = rest.split(/\s/u);
  const found = findByNumber(first, facts) ?? (first.startsWith('#') ? findByFragment(first, facts) : null);
  return found ? { named: first, text: rest.slice(first.length).trim() } : { named: '', text: rest.trim() };
};

/** An order whose whole number this is, open or just closed. */
export const findByNumber = (given: string, facts: Facts): Resolution | null => {
  const key = orderKey(given);
  if (key === '') return null;
  const open = facts.orders.find((order) => orderKey(order.number) === key);
  if (open) return { kind: 'order', order: open, others: 0 };
  const closed = facts.closed.find((order) => orderKey(order.number) === key);
  return closed ? { kind: 'closed', order: closed } : null;
};

export const findNamed = (named: string, facts: Facts): Resolution | null =>
  findByNumber(named, facts) ?? findByFragment(named, facts);

/** The open orders whose number ends like this: the only one, or which of them to ask about. */
const findByFragment = (given: string, facts: Facts): Resolution | null => {
  const fits = endingLike(given, facts.orders);
  if (fits.length === 0) return null;
  return fits.length === 1
    ? { kind: 'order', order: fits[0]!, others: 0 }
    : { kind: 'ask', orders: fits, leftOver: null };
};

/** Those whose number ends like a fragment with a digit in it; leading zeros don't count. */
export const endingLike = <T extends { number: string }>(given: string, orders: T[]): T[] => {
  const key = orderKey(given);
  if (!/\d/.test(key) || /\s/u.test(given.trim())) return [];
  const same = orders.filter(({ number }) => isNumbered(number, key));
  // The number itself comes before those that merely end with the same digits.
  return same.length > 0 ? same : orders.filter(({ number }) => orderKey(number).endsWith(key));
};

/** Whether the number's last digits are these, apart from leading zeros. */
export const isNumbered = (number: string, key: string): boolean =>
  [lastNumber(number), withoutZeros(orderKey(number))].includes(withoutZeros(key));

/** The last group of digits: `1` of WO-2026-001; empty when the number does not end in digits. */
const lastNumber = (number: string): string =>
  withoutZeros(orderKey(/\p{Nd}+(?=[^\p{L}\p{N}]*$)/u.exec(number)?.[0] ?? ''));

const withoutZeros = (key: string): string => key.replace(/(?<!\d)0+(?=\d)/g, '');

/** One word with a digit in it, or a prefix and its number: `WO 1042`. */
const looksLikeNumber = (named: string): boolean =>
  // Two looks, since one pattern for both takes minutes over a long row of digits.
  (!/\s/u.test(named) && /\p{Nd}/u.test(named)) || /^\P{L}*\p{L}{1,5}[\s\p{P}]+\p{Nd}\S*$/u.test(named);

const findById = (id: string, facts: Facts): Resolution => {
  const open = facts.orders.find((order) => order.id === id);
  if (open) return { kind: 'order', order: open, others: 0 };
  const closed = facts.closed.find((order) => order.id === id);
  if (closed) return { kind: 'closed', order: closed };
  const moved = facts.moved.find(({ order }) => order.id === id);
  return moved ? { kind: 'moved', moved } : { kind: 'none' };
};

/** A list that is quoted is chosen from; a message about one order means that one, whatever became of it. */
const fromQuote = (rule: Rule, facts: Facts): Resolution | null => {
  const [only, ...more] = facts.quoted;
  if (only === undefined) return null;
  if (more.length === 0) return findById(only, facts);
  const mine = facts.orders.filter(({ id }) => facts.quoted.includes(id));
  if (mine.length === 0) return findById(only, facts);
  const candidates = fitting(rule, mine);
  return candidates.length === 1
    ? { kind: 'order', order: candidates[0]!, others: 0 }
    : { kind: 'ask', orders: candidates, leftOver: null };
};

const fromRule = (rule: Rule, facts: Facts): Resolution => {
  const candidates = facts.orders.filter(rule.fits);
  const chosen = candidates.length === 1 ? candidates[0]! : rule.prefer(candidates, facts);
  if (chosen) return { kind: 'order', order: chosen, others: candidates.filter((c) => c !== chosen).length };
  if (candidates.length > 0) return { kind: 'ask', orders: candidates, leftOver: null };
  return facts.orders.length === 1
    ? { kind: 'order', order: facts.orders[0]!, others: 0 }
    : facts.orders.length === 0
      ? { kind: 'none' }
      : { kind: 'ask', orders: facts.orders, leftOver: null };
};

/** The orders the command can act on; all of them if it can on none, so that the answer can say why. */
const fitting = (rule: Rule, orders: OrderFacts[]): OrderFacts[] => {
  const candidates = orders.filter(rule.fits);
  return candidates.length > 0 ? candidates : orders;
};

/** The assigned order whose own notice the provider accepted last, if it could have been read before the command was sent. */
export const lastNoticed = (candidates: OrderFacts[], { receivedAt }: Facts): OrderFacts | null => {
  const noticed = candidates.filter(
    ({ status, noticeAcceptedAt }) =>
      status === 'assigned' && noticeAcceptedAt && receivedAt.getTime() - noticeAcceptedAt.getTime() >= 5000,
  );
  return latest(noticed, (order) => order.noticeAcceptedAt);
};

/** Null when two are equally late: neither of them is the last. */
export const latest = (orders: OrderFacts[], at: (order: OrderFacts) => Date | null): OrderFacts | null => {
  const time = (order: OrderFacts) => at(order)?.getTime() ?? 0;
  const last = Math.max(...orders.map(time));
  const [only, ...more] = orders.filter((order) => time(order) === last);
  return only && more.length === 0 ? only : null;
};

/** The order at hand: the only one in progress, else the only delayed, else the only acknowledged. */
export const currentOrder = (candidates: OrderFacts[]): OrderFacts | null => {
  for (const status of ['in_progress', 'delayed', 'acknowledged'] as const) {
    const those = candidates.filter((order) => order.status === status);
    if (those.length > 0) return those.length === 1 ? those[0]! : null;
  }
  return null;
};
