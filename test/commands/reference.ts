import type { OrderFacts } from '../../src/commands/command.ts';
import { orderKey, type WorkOrder } from '../../src/domain/work-order.ts';

// Which order a message means, read from the design sentence by sentence and with no eye on the code it checks.

export type Situation = {
  text: string;
  button: { action: string; orderId: string } | { action: string; alertId: string } | null;
  /** What the pending question lets choose; null when nothing is asked. */
  question: { action: string; rest: string; orderIds: string[] } | null;
  /** Ids of the orders in the quoted message, or of the alerts. */
  quoted: string[];
  quotedAlerts: string[];
  /** The last told first. */
  alerts: RefAlert[];
  mine: OrderFacts[];
  closed: OrderFacts[];
  /** Orders of somebody else. */
  theirs: WorkOrder[];
  lastOrderId: string | null;
  lastOrderAgo: number | null;
  receivedAt: Date;
};

/** Times in seconds before the message was received. */
export type RefAlert = {
  id: string;
  externalId: string;
  asset: { code: string; name: string };
  state: 'open' | 'mine' | 'taken' | 'resolved';
  /** Null: he was never told of it. */
  toldAgo: number | null;
  /** The message that told it. */
  page: string;
  claimedAgo: number;
};

export type Meaning =
  | { order: string; steps: string[] }
  /** No order is meant, and none is needed. */
  | { noOrder: string[] }
  | { which: string[] }
  | { moved: string }
  | { alerts: string[]; does: 'claim' | 'resolve' | 'release' | 'escalate' | 'help' }
  | { whichAlert: string[] }
  /** Nothing changes, and the answer says how these alerts are. */
  | { ofAlerts: string[] }
  /** Nothing changes, and the answer says why. */
  | { nothing: 'not an order' | 'nothing to do' | 'text wanted' | 'off the list' | 'not understood' };

export const orderCommands = ['ACK', 'START', 'COMPLETE', 'CONFIRM'];
export const alertCommands = ['RESPONDING', 'ESCALATE', 'COMPLETE'];
export const textCommands = ['NOTE', 'DELAY', 'ESCALATE', 'NEED'];

export const meaning = (situation: Situation): Meaning => {
  const { text, button, question } = situation;
  if (button && 'alertId' in button) {
    const tapped = situation.alerts.filter(({ id }) => id === button.alertId);
    return onAlerts(button.action, tapped);
  }
  if (button) return byId(situation, button.action, button.orderId, '');

  const words = text.split(/\s+/);
  const place = words.findIndex((word) => bare(word) !== '');
  const command = bare(words[place] ?? '');
  const rest = words
    .slice(place + 1)
    .join(' ')
    .trim();

  if (command === 'RESPONDING') return responding(situation, rest);
  const meant = alertMeant(situation, command, rest);
  if (meant) return meant;

  if (orderCommands.includes(command)) {
    return bare(rest) === '' ? otherwise(situation, command, '') : orderInText(situation, command, rest);
  }
  if (textCommands.includes(command)) return freeText(situation, command, rest);

  if (question) {
    // The number of a line, or the number of an order on one.
    const listed = question.orderIds.map((id) => everyOrder(situation).find((order) => order.id === id)!);
    const line = /^\d+$/.test(orderKey(text)) ? Number(orderKey(text)) : 0;
    const named = listed.filter(({ number }) => orderKey(number) === orderKey(text));
    const key = orderKey(text);
    // A single digit is a line of the list, unless an order has it as its number.
    const fitting = fragmentFits(listed, text).filter(
      ({ number }) =>
        key.length > 1 || [/\d+$/.exec(number)?.[0].replace(/^0+(?=\d)/, ''), orderKey(number)].includes(key),
    );
    const [like, ...more] = named.length > 0 ? named : fitting;
    const meant = more.length === 0 ? like : undefined;
    const written = /#|^\D*0/.test(text);
    const chosen = (written ? meant : undefined) ?? listed[line - 1] ?? meant;
    if (chosen) return byId(situation, question.action, chosen.id, question.rest);
    return { nothing: line > 0 || text.trim() === '0' ? 'off the list' : 'not understood' };
  }
  return { nothing: 'not understood' };
};

const bare = (word: string) => word.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();

const everyOrder = ({ mine, closed, theirs }: Situation): WorkOrder[] => [...mine, ...closed, ...theirs];

/** "valid while the action is allowed and the order mine, else who moved it" */
const byId = (situation: Situation, action: string, id: string, text: string): Meaning => {
  const own = [...situation.mine, ...situation.closed].find((order) => order.id === id);
  if (own) return about(action, own, text);
  if (action === 'ESCALATE') return calledForHelp;
  return { moved: situation.theirs.find((order) => order.id === id)!.number };
};

const idsOf = (alerts: RefAlert[]) => alerts.map(({ externalId }) => externalId).sort();

const quotedAlertsOf = ({ alerts, quotedAlerts }: Situation) =>
  quotedAlerts.map((id) => alerts.find((each) => each.id === id)!);

/** What a command does to one of these alerts: claimed if open, resolved by whoever goes, else the truth is told. */
const onAlerts = (action: string, alerts: RefAlert[]): Meaning => {
  if (action === 'ESCALATE') return callAbout(alerts) ?? calledForHelp;
  const state = action === 'RESPONDING' ? 'open' : 'mine';
  const fit = alerts.filter((each) => each.state === state);
  if (fit.length > 1) return { whichAlert: idsOf(fit) };
  if (fit.length === 1) return { alerts: idsOf(fit), does: action === 'RESPONDING' ? 'claim' : 'resolve' };
  const unresolved = alerts.find((each) => each.state !== 'resolved');
  const told = (action === 'COMPLETE' ? unresolved : undefined) ?? alerts[0];
  return told ? { ofAlerts: [told.externalId] } : { nothing: 'nothing to do' };
};

/** "ESCALATE never asks": the alert he goes to, else an open one, else one that somebody else goes to. */
const callAbout = (alerts: RefAlert[]): Meaning | null => {
  const first = (state: RefAlert['state']) => alerts.find((each) => each.state === state);
  const [mine] = alerts
    .filter(({ state }) => state === 'mine')
    .toSorted((a, b) => a.claimedAgo - b.claimedAgo);
  if (mine) return { alerts: [mine.externalId], does: 'release' };
  const open = first('open');
  if (open) return { alerts: [open.externalId], does: 'escalate' };
  const taken = first('taken');
  return taken ? { alerts: [taken.externalId], does: 'help' } : null;
};

/** "an asset's name or code or the alert's external id", whole, or the end of an id or code */
const alertsCalled = (given: string, alerts: RefAlert[]): RefAlert[] => {
  const key = orderKey(given);
  if (key === '') return [];
  const whole = (nameOf: (alert: RefAlert) => string) =>
    alerts.filter((each) => orderKey(nameOf(each)) === key);
  const ending = (nameOf: (alert: RefAlert) => string) => {
    const like = fragmentFits(
      alerts.map((each) => ({ number: nameOf(each), each })),
      given,
    );
    return like.map(({ each }) => each);
  };
  const found = [
    whole(({ externalId }) => externalId),
    whole(({ asset }) => asset.code),
    whole(({ asset }) => asset.name),
    ending(({ externalId }) => externalId),
    ending(({ asset }) => asset.code),
  ];
  return found.find((those) => those.length > 0) ?? [];
};

/** "quoted message → the alert paged to me last; several in the last or quoted message: ask; ALL takes all" */
const responding = (situation: Situation, rest: string): Meaning => {
  const { alerts, quoted } = situation;
  const open = alerts.filter(({ state, toldAgo }) => state === 'open' && toldAgo !== null);
  const all = bare(rest) === 'ALL';
  const last = alerts.find(({ state }) => state !== 'open');
  const asTheyAre: Meaning = last ? { ofAlerts: [last.externalId] } : { nothing: 'nothing to do' };
  if (rest !== '' && !all) {
    const called = alertsCalled(rest, alerts);
    if (called.length > 0) return onAlerts('RESPONDING', called);
    return open.length > 0 ? { whichAlert: idsOf(open) } : asTheyAre;
  }
  const quotedOnes = quotedAlertsOf(situation);
  const those = quotedOnes.length > 0 ? quotedOnes.filter(({ state }) => state === 'open') : open;
  if (quoted.length === 1) return open.length > 0 ? { whichAlert: idsOf(open) } : asTheyAre;
  if (all && those.length > 0) return { alerts: idsOf(those), does: 'claim' };
  if (quotedOnes.length > 0) return onAlerts('RESPONDING', quotedOnes);
  const [newest] = open;
  return newest
    ? onAlerts(
        'RESPONDING',
        open.filter(({ page }) => page === newest.page),
      )
    : asTheyAre;
};

/** The alert that a command means which may also mean an order; null: it means an order. */
const alertMeant = (situation: Situation, command: string, rest: string): Meaning | null => {
  const { alerts, quoted, mine, closed } = situation;
  const quotedOnes = quotedAlertsOf(situation);
  const orderCalled = (words: string) =>
    [...mine, ...closed].some(({ number }) => orderKey(number) === orderKey(words) && orderKey(words) !== '');
  const [first = ''] = rest.split(/\s+/);
  const isOrderFirst = orderCalled(first) || (first.startsWith('#') && fragmentFits(mine, first).length > 0);

  if (command === 'ESCALATE') {
    if (isOrderFirst) return null;
    const key = orderKey(first);
    const byId = alerts.filter(({ externalId }) => key !== '' && orderKey(externalId) === key);
    const byCode = alerts.filter(
      ({ asset, state }) => key !== '' && orderKey(asset.code) === key && state !== 'resolved',
    );
    const called = byId.length > 0 ? byId : byCode;
    if (called.length > 0) return callAbout(called) ?? calledForHelp;
    if (quotedOnes.length > 0) return callAbout(quotedOnes) ?? calledForHelp;
    if (quoted.length > 0) return null;
    const lately = ({ state, toldAgo }: RefAlert) =>
      state !== 'taken' || (toldAgo !== null && toldAgo < 12 * 60 * 60);
    return callAbout(alerts.filter(lately));
  }

  if (command === 'COMPLETE') {
    const mineOnes = alerts.filter(({ state }) => state === 'mine');
    const inHand = mine.filter(({ status }) => status === 'in_progress' || status === 'delayed');
    if (bare(rest) !== '') {
      if (orderCalled(rest)) return null;
      const whole = alerts.filter(({ externalId }) => orderKey(externalId) === orderKey(rest));
      if (whole.length > 0) return onAlerts(command, whole);
      if (fragmentFits(mine, rest).length > 0) return null;
      const called = alertsCalled(rest, alerts);
      if (called.length > 0) return onAlerts(command, called);
      return mineOnes.length > 0 ? { whichAlert: idsOf(mineOnes) } : null;
    }
    if (quotedOnes.length > 0) return onAlerts(command, quotedOnes);
    if (quoted.length > 0) return null;
    if (mineOnes.length === 0) {
      return mine.length === 0 && alerts.length > 0 ? onAlerts(command, alerts) : null;
    }
    const { lastOrderAgo } = situation;
    const isLast = lastOrderAgo === null || mineOnes[0]!.claimedAgo < lastOrderAgo;
    return mineOnes.length === 1 && (inHand.length === 0 || isLast)
      ? { alerts: idsOf(mineOnes), does: 'resolve' }
      : { whichAlert: idsOf(mineOnes) };
  }

  const isText = textCommands.includes(command);
  if (quotedOnes.length === 0 || !(isText || orderCommands.includes(command))) return null;
  if (isText ? isOrderFirst : bare(rest) !== '') return null;
  return { ofAlerts: idsOf(quotedOnes) };
};

const orderInText = (situation: Situation, action: string, words: string): Meaning => {
  const key = orderKey(words);
  // "A whole number always counts", and one that was mine and is closed gets the true refusal.
  for (const order of [...situation.mine, ...situation.closed]) {
    if (orderKey(order.number) === key) return about(action, order, '');
  }
  // "A fragment has a digit, stands at the end of the number, 1 = 001, and fits exactly one of my open orders."
  const fitting = fragmentFits(situation.mine, words);
  if (fitting.length === 1) return about(action, fitting[0]!, '');
  if (fitting.length > 1) return { which: numbers(fitting) };
  return { nothing: 'not an order' };
};

const fragmentFits = <T extends { number: string }>(orders: T[], words: string): T[] => {
  const key = orderKey(words);
  if (!/\d/.test(key) || /\s/.test(words.trim())) return [];
  // `1` is first of all WO-1 and WO-001; only if there is none, WO-11 and WO-021.
  const same = orders.filter(({ number }) => {
    const lastDigits = /\d+$/.exec(number)?.[0];
    const asNumber = /^\d+$/.test(key) && lastDigits !== undefined && Number(lastDigits) === Number(key);
    return asNumber || withoutZeros(orderKey(number)) === withoutZeros(key);
  });
  return same.length > 0 ? same : orders.filter(({ number }) => orderKey(number).endsWith(key));
};

/** Every group of digits as the number it stands for. */
const withoutZeros = (key: string) => key.replace(/\d+/g, (digits) => String(Number(digits)));

/** "only the first word counts, and only as a whole number or #001" */
const freeText = (situation: Situation, action: string, rest: string): Meaning => {
  const [first = '', ...words] = rest.split(/\s+/);
  const own = [...situation.mine, ...situation.closed].find(
    ({ number }) => orderKey(first) !== '' && orderKey(number) === orderKey(first),
  );
  if (own) return about(action, own, words.join(' '));

  if (first.startsWith('#') && /\d/.test(first)) {
    const fitting = fragmentFits(situation.mine, first);
    if (fitting.length === 1) return about(action, fitting[0]!, words.join(' '));
    // "ESCALATE never asks"
    if (action !== 'ESCALATE') {
      return fitting.length > 1 ? { which: numbers(fitting) } : { nothing: 'not an order' };
    }
  }
  return otherwise(situation, action, rest);
};

const otherwise = (situation: Situation, action: string, text: string): Meaning => {
  const { mine, quoted } = situation;

  const [only, ...more] = quoted;
  if (only !== undefined && more.length === 0) return byId(situation, action, only, text);
  if (only !== undefined && action !== 'ESCALATE') {
    // "several orders in it: choose among them": those that the command can be for.
    const among = candidates(action, mine).filter(({ id }) => quoted.includes(id));
    if (among.length === 1) return about(action, among[0]!, text);
    if (among.length > 1) return { which: numbers(among) };
    return { nothing: 'nothing to do' };
  }

  const possible = candidates(action, mine);
  if (possible.length === 1) return about(action, possible[0]!, text);

  if (action === 'ESCALATE') {
    // "ESCALATE never asks"
    const chosen = currentOrder(mine) ?? mine.find(({ id }) => id === situation.lastOrderId);
    return chosen ? about(action, chosen, text) : calledForHelp;
  }

  if (possible.length === 0) return { nothing: 'nothing to do' };
  const chosen = rule(action, possible, situation);
  return chosen ? about(action, chosen, text) : { which: numbers(possible) };
};

const rule = (action: string, possible: OrderFacts[], { receivedAt }: Situation) => {
  const noticed = (orders: OrderFacts[]) =>
    latest(
      orders.filter(({ noticeAcceptedAt: at }) => at !== null && receivedAt.getTime() - at.getTime() >= 5000),
      (order) => order.noticeAcceptedAt!,
    );
  if (action === 'ACK' || action === 'CONFIRM') return noticed(withStatus(possible, 'assigned'));
  if (action === 'START') {
    const acknowledged = withStatus(possible, 'acknowledged');
    if (acknowledged.length > 0) return latest(acknowledged, (order) => order.acknowledgedAt!);
    const delayed = withStatus(possible, 'delayed');
    return delayed.length === 1 ? delayed[0] : noticed(withStatus(possible, 'assigned'));
  }
  return currentOrder(possible);
};

/** "the only one in progress, else the only delayed, else the only acknowledged; several or none: ask" */
const currentOrder = (mine: OrderFacts[]): OrderFacts | undefined => {
  for (const status of ['in_progress', 'delayed', 'acknowledged']) {
    const orders = withStatus(mine, status);
    if (orders.length > 0) return orders.length === 1 ? orders[0] : undefined;
  }
  return undefined;
};

const withStatus = (orders: OrderFacts[], status: string) =>
  orders.filter((order) => order.status === status);

/** Undefined when two are equally late. */
const latest = (orders: OrderFacts[], at: (order: OrderFacts) => Date): OrderFacts | undefined => {
  const [first, second] = orders.toSorted((a, b) => at(b).getTime() - at(a).getTime());
  return first && second && at(first).getTime() === at(second).getTime() ? undefined : first;
};

/** The orders that the command could change. */
const candidates = (action: string, mine: OrderFacts[]) =>
  mine.filter((order) => stepsOf(action, order).length > 0);

/** "ESCALATE never asks" and is never lost: what cannot be escalated itself is left out. */
const calledForHelp: Meaning = { noOrder: ['escalated'] };

const about = (action: string, order: OrderFacts, text: string): Meaning => {
  if (action === 'ESCALATE' && stepsOf(action, order).length === 0) return calledForHelp;
  return wantsText(action, text) && stepsOf(action, order).length > 0
    ? { nothing: 'text wanted' }
    : { order: order.number, steps: stepsOf(action, order) };
};

const wantsText = (action: string, text: string) =>
  ['NOTE', 'DELAY', 'NEED'].includes(action) && bare(text) === '';

const stepsOf = (action: string, order: OrderFacts): string[] => {
  const { status } = order;
  if (status === 'completed' || status === 'cancelled') return [];
  if (action === 'ACK') return status === 'assigned' ? ['acknowledged'] : [];
  if (action === 'START') {
    if (status === 'assigned') return ['acknowledged', 'started'];
    if (status === 'acknowledged') return ['started'];
    return status === 'delayed' ? ['resumed'] : [];
  }
  if (action === 'COMPLETE') return status === 'in_progress' || status === 'delayed' ? ['completed'] : [];
  if (action === 'DELAY') return status === 'in_progress' || status === 'acknowledged' ? ['delayed'] : [];
  if (action === 'CONFIRM') {
    const early = status === 'assigned' || status === 'acknowledged';
    return order.kind === 'preventive' && !order.confirmedAt && early ? ['confirmed'] : [];
  }
  if (action === 'ESCALATE') return ['escalated'];
  return ['noted'];
};

const numbers = (orders: WorkOrder[]) => orders.map(({ number }) => number).sort();
