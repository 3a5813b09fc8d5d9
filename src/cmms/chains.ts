import { type Alert, gatherSeconds, gatherWithinSeconds, messageExpiry } from '../domain/alert.ts';
import { type Chain, nextStep, waitAfter } from '../domain/chain.ts';
import { holdBack } from '../domain/hold-back.ts';
import type { Lane, MessageKind, Reason, Way } from '../domain/message.ts';
import type { Asset } from '../domain/work-order.ts';
import type { NewPage } from '../store/chains.ts';
import type { NewEvent } from '../store/events.ts';
import type { QuickReplyButton } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Reader } from '../texts/language.ts';
import { textsFor, writePage } from '../texts/texts.ts';
import type { Bell, Facts } from './facts.ts';
import { addresseeOf, holdsBack, quietHoursOfAll } from './hold-back.ts';
import { withMailFooter } from './mail-footer.ts';
import { tellIfUnreachable } from './not-reached.ts';
import { addNews, howToTell, readerOf } from './notify.ts';
import { readPreferences } from './preferences.ts';
import { canBeReached } from './route.ts';
import { distinct, helpersOf, inOrder, peopleNamed, plannersOf, toldSoFar, without } from './whom-to-tell.ts';

/** What a chain tells people of: an alert, or a technician's call for help. */
export type Subject = {
  kind: MessageKind;
  alert: Alert | null;
  orderId: string | null;
  /** Whose responsible people a step may name. */
  asset: Asset | null;
  expiresAt: Date;
  write: (reader: Reader) => string;
  buttons: (reader: Reader) => QuickReplyButton[] | null;
};

/** What came of telling people. Add the events after those of what led to it, and ring the bells after the commit. */
export type Paged = { told: Technician[]; messageIds: string[]; events: NewEvent[]; bells: Bell[] };

const nobodyPaged = (): Paged => ({ told: [], messageIds: [], events: [], bells: [] });

export const subjectOf = (alert: Alert, now: Date): Subject => ({
  kind: 'alert.raised',
  alert,
  orderId: null,
  asset: alert.asset,
  expiresAt: messageExpiry(alert, now),
  write: (reader) => writePage([alert], reader),
  buttons: alertButtons,
});

/** The commands a page offers at one tap, in the reader's words. */
export const alertButtons = ({ locale }: Reader): QuickReplyButton[] =>
  (['RESPONDING', 'ESCALATE'] as const).map((action) => ({
    title: textsFor(locale).buttons[action],
    action,
  }));

/** A chain as it is about to tell somebody. */
export type Turn = Pick<Chain, 'id' | 'lane' | 'causedBy' | 'steps' | 'step' | 'turn'>;

/**
 * Tells people at one turn of a chain: each by a message of his own, or by one that waits for him already and tells of
 * more than one alert then. Left out of `told` is whoever cannot be told, or does not want to be.
 */
export const page = async (
  tx: Tx,
  chain: Turn,
  subject: Subject,
  people: Technician[],
  how: { ways: Way[] | null; askedBy: string | null },
  facts: Facts,
): Promise<Paged> => {
  const paged = nobodyPaged();
  const { lane, step, turn } = chain;
  const reachable = distinct(people).filter(({ active }) => active);
  const ids = reachable.map(({ id }) => id);
  const canJoin = subject.alert !== null && ids.length > 0;
  // In one order, whoever pages the same people at the same time.
  const [waiting, lately] = canJoin
    ? await Promise.all([
        tx.alerts.lockPagesToJoin(ids, lane, how.ways),
        tx.alerts.pagesLately(ids, gatherWithinSeconds),
      ])
    : [new Map<string, string>(), new Map<string, number>()];
  // In a storm everybody's page waits already: together, that takes as long as one.
  const joined = await Promise.all(
    reachable.map((person) => {
      const joins = waiting.get(person.id);
      return joins ? join(tx, joins, person, subject, facts) : null;
    }),
  );
  let before: Promise<Set<string>> | null = null;
  const toldBefore = () => {
    before ??= tx.chains
      .pages(chain.id)
      .then((pages) => new Set(pages.flatMap((each) => (each.turn < turn ? each.technicianId : []))));
    return before;
  };
  const pages: NewPage[] = [];
  for (const [place, person] of reachable.entries()) {
    const added =
      joined[place] ??
      (await addPage(tx, chain, subject, person, how.ways, lately.get(person.id) ?? 0, facts));
    pages.push({
      ...{ id: facts.newId(), chainId: chain.id, technicianId: person.id, step, turn },
      ...{ messageId: added.messageId, askedBy: how.askedBy },
    });
    paged.messageIds.push(added.messageId);
    if (!added.isTold) {
      const { messageId: id, heldBack } = added;
      const message = { id, kind: subject.kind, heldBack };
      // Once for each chain, however often its last step is repeated.
      if (!(await toldBefore()).has(person.id))
        paged.bells.push(...(await tellIfUnreachable(tx, message, person, subject.orderId, facts)));
      continue;
    }
    paged.told.push(person);
    if (added.channelId) paged.bells.push({ queue: 'outbound', id: added.channelId });
    if (subject.alert) paged.events.push(pagedEvent(subject.alert, person, added, chain, how.ways, facts));
  }
  await Promise.all(pages.map(tx.chains.addPage));
  return paged;
};

type AddedPage = {
  messageId: string;
  channelId: string | null;
  isTold: boolean;
  heldBack: Reason | null;
  overrode: string[];
};

const addPage = async (
  tx: Tx,
  { lane, causedBy }: Turn,
  subject: Subject,
  person: Technician,
  byWays: Way[] | null,
  sentLately: number,
  facts: Facts,
): Promise<AddedPage> => {
  const { kind, alert, orderId, expiresAt, write, buttons } = subject;
  const to = await howToTell(tx, person, { kind, lane, expiresAt }, facts, byWays);
  const { way, channelId, conversationId, next, heldBack, due } = to;
  const reader = readerOf(person, facts.tenant, facts.now, way);
  const gatheredInMs = gatherSeconds(sentLately) * 1000;
  const messageId = facts.newId();
  await tx.outbox.add({
    id: messageId,
    technicianId: person.id,
    way,
    channelId,
    conversationId,
    kind,
    lane,
    text: await withMailFooter(tx, write(reader), reader, person),
    otherTexts: alert
      ? null
      : Object.fromEntries(next.map((each) => [each, write({ ...reader, way: each })])),
    buttons: buttons(reader),
    fallbackSeconds: to.fallbackSeconds,
    inReplyTo: null,
    causedBy,
    workOrderIds: orderId ? [orderId] : [],
    about: orderId ? { workOrderId: orderId, assignmentNo: null, dueDay: null } : null,
    alertIds: alert ? [alert.id] : [],
    byWays,
    ...due,
    dueAt: { inMs: Math.max(due.dueAt.inMs, gatheredInMs) },
    expiresAt,
    heldBack,
  });
  return {
    messageId,
    channelId: heldBack === null ? channelId : null,
    isTold: heldBack === null,
    heldBack,
    overrode: await overridden(tx, person, { kind, lane, expiresAt }, way, facts),
  };
};

/** The alert becomes one of those that a message tells of which did not leave yet. */
const join = async (
  tx: Tx,
  messageId: string,
  person: Technician,
  { kind, alert, expiresAt }: Subject,
  facts: Facts,
): Promise<AddedPage> => {
  const [message] = await Promise.all([
    tx.outbox.get(messageId),
    tx.alerts.addToMessage(messageId, alert!.id),
    tx.alerts.expireLater(messageId, expiresAt),
  ]);
  const { lane, way } = message!;
  const overrode = await overridden(tx, person, { kind, lane, expiresAt }, way, facts);
  return { messageId, channelId: null, isTold: true, heldBack: null, overrode };
};

/** Whether a page to somebody would be on its way to him: not if he is not here, or does not want it. */
export const canBeTold = async (
  tx: Tx,
  person: Technician,
  message: { kind: MessageKind; lane: Lane; expiresAt: Date },
  facts: Facts,
): Promise<boolean> =>
  person.active &&
  !('cancel' in (await holdsBack(tx, person, message, { ...facts, enabled: true }))) &&
  (await canBeReached(tx, person, { evenSwitchedOff: message.lane === 'critical' }));

/** What somebody has chosen that a critical page passes over. */
const overridden = async (
  tx: Tx,
  person: Technician,
  message: { kind: MessageKind; lane: Lane; expiresAt: Date },
  way: Way,
  { tenant, now }: Facts,
): Promise<string[]> => {
  if (message.lane !== 'critical') return [];
  const addressee = addresseeOf(person, tenant, await quietHoursOfAll(tx));
  const wouldBe = (choices: Partial<typeof addressee>) =>
    holdBack(
      { ...message, lane: 'notification' },
      { ...addressee, paused: false, kinds: {}, quietHours: null, ...choices },
      { enabled: true, now },
    );
  const { paused, kinds, quietHours } = addressee;
  const isSwitchedOff = !readPreferences(person.preferences).ways[way] || !('send' in wouldBe({ kinds }));
  return [
    'send' in wouldBe({ quietHours }) ? [] : 'quiet-hours',
    paused ? 'paused' : [],
    isSwitchedOff ? 'preference' : [],
  ].flat();
};

const pagedEvent = (
  alert: Alert,
  { externalId }: Technician,
  { messageId, overrode }: AddedPage,
  { step }: Turn,
  ways: Way[] | null,
  { newId, now }: Facts,
): NewEvent => ({
  id: newId(),
  type: 'alert.paged',
  at: now,
  actor: { kind: 'system', id: null },
  workOrderId: null,
  alertId: alert.id,
  messageId,
  data: { technician: externalId, step, ways, overrode },
});

export const addEvents = async (tx: Tx, events: NewEvent[]): Promise<void> => {
  await Promise.all(events.map(tx.events.add));
};

/** How long a chain waits before it looks again whether the service is switched on. */
export const whileOffSeconds = 60;

/**
 * Starts a chain's next step: its people are told, the last step's again. A step that can tell nobody is passed over;
 * when the last one cannot, everybody told so far is told once more. The alert or the order, and the chain, must be
 * locked. `why`: the time has come; or somebody asks for it, who is left out himself. While the service is switched
 * off no step starts, and the chain waits.
 */
export const startNextStep = async (
  tx: Tx,
  chain: Chain,
  subject: Subject,
  why: { by: 'time' } | { by: 'call'; technicianId: string | null },
  facts: Facts,
): Promise<Paged & { step: number }> => {
  // Whoever called for help has asked for all of it.
  const askedBy = why.by === 'call' ? why.technicianId : chain.callerId;
  const except = askedBy === null ? [] : [askedBy];
  if (!facts.enabled) {
    await tx.chains.goOn(chain.id, whileOffSeconds);
    return { ...nobodyPaged(), step: chain.step };
  }
  const wasLast = chain.steps.length > 0 && chain.step === chain.steps.length;
  const isExhausted = chain.exhausted || (why.by === 'time' && wasLast);
  const all = nobodyPaged();
  const noteUnanswered = async () => {
    if (!chain.exhausted && subject.alert)
      all.bells.push(...(await tellUnanswered(tx, chain, subject.alert, facts)));
  };
  if (isExhausted) await noteUnanswered();
  let at: Chain = chain;
  for (;;) {
    const next = nextStep(at);
    if (next === null) return { ...all, ...(await withoutSteps(tx, at, subject, askedBy, facts)) };
    const { notify, ways } = at.steps[next - 1]!;
    const turn = { ...at, step: next, turn: at.turn + 1 };
    const isLast = next === at.steps.length;
    const tell = (people: Technician[]) =>
      page(tx, turn, subject, without(people, except), { ways, askedBy }, facts);
    let paged = await tell(await peopleNamed(tx, at, subject, notify));
    gather(all, paged);
    if (paged.told.length === 0 && isLast) {
      const told = await toldSoFar(tx, at.id);
      const names = new Set((await peopleNamed(tx, at, subject, notify)).map(({ id }) => id));
      paged = await tell(told.filter(({ id }) => !names.has(id)));
      gather(all, paged);
    }
    const isForNobody = paged.told.length === 0 && isLast;
    // Whoever asks for more people is still there himself.
    const isOver = isForNobody && why.by === 'time';
    const isAllTold = isExhausted || isOver || (isForNobody && subject.alert !== null);
    if (isAllTold && !isExhausted) await noteUnanswered();
    await tx.chains.start(
      at.id,
      next,
      isOver ? { ended: 'nobody' } : { waitSeconds: waitAfter(turn)! },
      isAllTold,
    );
    at = turn;
    if (paged.told.length > 0 || isForNobody) return { ...all, step: next };
  }
};

/**
 * Tells people whom nothing has told of an alert yet, because somebody went before it left, or for one of the `reasons`. Returns nothing told where
 * there is nobody. The alert and the chain must be locked, and the alert be open again.
 */
export const pageUntold = async (
  tx: Tx,
  chainId: string,
  subject: Subject,
  // `isStarted`: the chain's turn has just started, and they belong to it.
  how: { except: string | null; askedBy: string | null; isStarted: boolean; reasons?: Reason[] },
  facts: Facts,
): Promise<Paged> => {
  const { except, askedBy, isStarted, reasons = ['alert-claimed', 'order-moved-on'] } = how;
  if (!facts.enabled) return nobodyPaged();
  const chain = (await tx.chains.lock(chainId))!;
  const ofTurn = (await tx.chains.pages(chainId)).filter(({ turn }) => isStarted && turn === chain.turn);
  const skip = [except, ...ofTurn.map(({ technicianId }) => technicianId)];
  const ids = (await tx.chains.untold(chainId, reasons)).filter((id) => !skip.includes(id));
  const people = (await inOrder(tx, ids)).filter(({ active }) => active);
  if (people.length === 0) return nobodyPaged();
  const turn = isStarted ? chain : { ...chain, turn: chain.turn + 1 };
  const ways = chain.steps[chain.step - 1]?.ways ?? null;
  const paged = await page(tx, turn, subject, people, { ways, askedBy }, facts);
  const wait = waitAfter(chain);
  const next = wait === null ? { ended: 'no-steps' as const } : { waitSeconds: wait };
  if (!isStarted) await tx.chains.start(chainId, chain.step, next, chain.exhausted || wait === null);
  return paged;
};

/** Where the settings have no steps, whoever calls for more people is given his supervisor, or whoever there is. */
const withoutSteps = async (tx: Tx, chain: Chain, subject: Subject, askedBy: string | null, facts: Facts) => {
  const turn = { ...chain, turn: chain.turn + 1 };
  const people = await helpersOf(tx, askedBy === null ? [] : [askedBy], chain.lane);
  const paged = await page(tx, turn, subject, people, { ways: null, askedBy }, facts);
  const ended = paged.told.length > 0 ? 'no-steps' : 'nobody';
  await tx.chains.start(chain.id, chain.step, { ended }, true);
  return { ...paged, step: chain.step };
};

const gather = (all: Paged, more: Paged) => {
  for (const part of ['told', 'messageIds', 'events', 'bells'] as const) {
    (all[part] as unknown[]).push(...more[part]);
  }
};

/** Nobody further can be told, and nobody has answered: the planners hear of it. */
const tellUnanswered = async (tx: Tx, chain: Chain, alert: Alert, facts: Facts): Promise<Bell[]> => {
  const told = (await toldSoFar(tx, chain.id)).map(({ name }) => name);
  const news = { key: 'alert.unanswered', values: { alert, told }, orderId: null } as const;
  const bells: Bell[] = [];
  for (const person of await plannersOf(tx)) {
    const about = { lane: chain.lane, alerts: [alert] };
    bells.push(...(await addNews(tx, person, news, null, facts, about)).bells);
  }
  return bells;
};
