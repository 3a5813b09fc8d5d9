import { callForHelp, endCalls, takeBackCalls, takeCalls } from '../cmms/calls.ts';
import { changeAlerts } from '../cmms/change-alert.ts';
import type { Facts as CmmsFacts } from '../cmms/facts.ts';
import { addNews, readerOf } from '../cmms/notify.ts';
import { readPreferences } from '../cmms/preferences.ts';
import {
  type AttachmentKind,
  answer,
  type Decision,
  type Facts,
  type Reply,
  type Request,
} from '../commands/command.ts';
import { type RecordedDecision, runCommand } from '../commands/run.ts';
import {
  confusion,
  countMessage,
  isYounger,
  nextTalk,
  type Talk,
  timesConfused,
  waitingAttachments,
} from '../commands/talk.ts';
import { understand } from '../commands/understand.ts';
import type { Deps } from '../deps.ts';
import { expiry } from '../domain/message.ts';
import { alarmFor } from '../messaging/alarms.ts';
import type { Content } from '../messaging/twilio-forms.ts';
import type { DoorbellQueue } from '../queues.ts';
import type { Unread } from '../store/inbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import { oneLine } from '../texts/shorten.ts';
import { words, writeReply } from '../texts/texts.ts';
import { loadFacts } from './facts.ts';
import { hear } from './hear.ts';
import { answerElsewhere, answerToCutOff, noteCutOff, noteOptIn } from './opt-words.ts';

/** One message of a registered technician, and everything around it. */
export type Turn = {
  tx: Tx;
  deps: Deps;
  message: Unread;
  content: Content;
  technician: Technician;
  tenant: Tenant;
  talk: Talk;
  /** False: the phone is his, the WhatsApp identity somebody else's. He is answered, and nothing is done. */
  mayAct: boolean;
  /** Notes whose doorbell to ring once it is committed. */
  ring: (queue: DoorbellQueue, id: string) => void;
};

/** Where its answer goes, if not where it came from. */
type Answered = Turn & { answerAt: Where | null };

/** What a message came to: the message that answers it, and what the conversation is in the middle of then. */
export type Outcome = { answeredBy: string | null; talk: Talk; workOrderIds: string[] };

// Photos that are sent together come one after the other; this long their common answer waits for the next.
const albumMs = 4000;
const lateCommandMs = 15 * 60 * 1000;

/** Understands one message, does what it asks for and answers it. */
export const takeTurn = async (given: Turn): Promise<Outcome> => {
  const turn: Answered = { ...given, answerAt: await answerToCutOff(given) };
  const { tx, deps, message, content, technician } = turn;
  const at = { received: message.receivedAt, now: deps.now() };
  const counted = countMessage(turn.talk, at.received);
  if (counted.tooMany) return skip(turn, counted.talk);
  if (!turn.mayAct) return say(turn, counted.talk, { request: null, decision: answer('notSureWho', {}) });

  if (message.source === 'catch-up' && (await isTooLate(turn, at.now))) {
    return say(turn, counted.talk, { request: null, decision: answer('tooLate', { given: content.text }) });
  }

  const { heard, quoted, quotedAlerts, attachments } = await hear(tx, deps, message, content, turn);
  for (const attachment of attachments) await tx.attachments.add(attachment);
  if (attachments.some(({ sourceUrl }) => sourceUrl !== null)) turn.ring('attachments', message.channelId);

  const understood = understand(heard, counted.talk, at.received, words);
  if (understood.kind === 'answer') {
    const confused = understood.confused ? timesConfused(counted.talk, at.received) : null;
    const how = confused === null ? 'answer' : confusion(confused);
    const { decision } = understood;
    if (how === 'silence') {
      const { answerId } = counted.talk.confused!;
      const talk = nextTalk(
        counted.talk,
        { request: null, decision: { ...decision, question: null }, confused, answerId, shown: null },
        at,
      );
      return { answeredBy: answerId, talk, workOrderIds: [] };
    }
    const said = how === 'answer' ? decision : lastWarning(decision, content);
    return say(turn, counted.talk, { request: null, decision: said, confused });
  }

  const { request } = understood;
  const optedOutSince = request.by === 'opt-in' ? await noteOptIn(turn) : null;
  const { facts, undoes } = await loadFacts(tx, request, {
    message,
    technician,
    paused: readPreferences(technician.preferences).paused,
    optedOutSince,
    talk: counted.talk,
    quoted,
    quotedAlerts,
    attachments: [...(await waitingFor(turn, request)), ...attachments],
    now: at.now,
  });
  const decision = withEarlier(runCommand(request, facts, at.now), request, counted.talk, at.received);
  if (request.by === 'opt-out') {
    await carryOut(turn, decision, undoes);
    for (const { queue, id } of await noteCutOff(turn)) turn.ring(queue, id);
    const where = await answerElsewhere(turn);
    return where
      ? say(turn, counted.talk, { request, decision, where })
      : { answeredBy: null, talk: counted.talk, workOrderIds: [] };
  }
  const kinds = request.action === 'ATTACH' ? facts.attachments.map(({ kind }) => kind) : [];
  const [outcome] = await Promise.all([
    say(turn, counted.talk, { request, decision, kinds }),
    carryOut(turn, decision, undoes),
  ]);
  const workOrderIds = ordersMeant(decision);
  for (const alertId of alertsMeant(decision)) await tx.alerts.addToMessage(message.id, alertId);
  return { ...outcome, workOrderIds };
};

/** The orders a message was about: those it changed, or the one it was answered about. */
const ordersMeant = ({ changes, reply }: Decision): string[] => {
  const changed = [...new Set(changes.flatMap(({ orderId }) => orderId ?? []))];
  return changed.length > 0 || reply.orders.length !== 1 ? changed : [reply.orders[0]!.id];
};

/** The same of alerts. */
const alertsMeant = ({ alerts, reply }: Decision): string[] => {
  const changed = [...new Set(alerts.map(({ alertId }) => alertId))];
  const [only, ...more] = reply.alerts ?? [];
  return changed.length > 0 || !only || more.length > 0 ? changed : [only.id];
};

/** What waited for this answer; what has found its order meanwhile is left there. */
const waitingFor = async ({ tx }: Turn, { attachments }: Request): Promise<Facts['attachments']> =>
  attachments
    ? (await tx.attachments.getMany(attachments)).filter(({ workOrderId }) => workOrderId === null)
    : [];

/** One more photo for the same question: its answer is for the ones before as well. */
const withEarlier = <D extends Decision>(decision: D, request: Request, talk: Talk, at: Date): D => {
  const earlier = waitingAttachments(talk, at);
  const { question } = decision;
  if (!question || request.action !== 'ATTACH' || request.by !== 'words' || earlier.length === 0)
    return decision;
  return {
    ...decision,
    question: { ...question, attachments: [...earlier, ...(question.attachments ?? [])] },
  };
};

/** A command that the catch-up found may no longer be what the technician wants. */
const isTooLate = async ({ tx, message }: Turn, now: Date): Promise<boolean> =>
  now.getTime() - message.receivedAt.getTime() > lateCommandMs ||
  (await tx.inbox.laterWasProcessed(message.conversationId, message.receivedAt));

const lastWarning = (decision: Decision, { text }: Content): Decision => ({
  ...decision,
  reply: { key: 'notUnderstood', values: { given: text, last: true }, orders: [] },
  question: null,
});

const carryOut = async (turn: Turn, decision: RecordedDecision, undoes: string | null) => {
  const { tx, deps, message, technician, tenant } = turn;
  const actor = { kind: 'technician', id: technician.externalId } as const;
  const now = deps.now();
  const facts = { now, newId: deps.newId, tenant, actor, enabled: deps.enabled && tenant.enabled };
  const events = await tx.workOrders.apply(decision.changes, {
    actor,
    messageId: message.id,
    at: now,
    newId: deps.newId,
  });
  if (decision.attach) await tx.attachments.assign(decision.attach.ids, decision.attach.orderId);
  if (decision.reply.key === 'undone' && undoes) {
    for (const { queue, id } of await takeBackCalls(tx, undoes, message.id)) turn.ring(queue, id);
    await tx.outbox.withdrawCausedBy(undoes);
  }
  await carryOutCalls(turn, decision, facts);

  if (decision.paused !== null && decision.paused !== readPreferences(technician.preferences).paused) {
    await tx.technicians.setPaused(technician.id, decision.paused);
    if (decision.paused) await tx.outbox.holdBack(technician.id);
    const id = deps.newId();
    await tx.events.add({
      id,
      type: decision.paused ? 'technician.paused' : 'technician.resumed',
      at: now,
      actor,
      workOrderId: null,
      messageId: message.id,
      data: {},
    });
    events.push(id);
  }
  if (decision.alerts.length > 0) {
    const by = { technician, messageId: message.id };
    const { bells, unheard } = await changeAlerts(tx, decision.alerts, by, facts);
    for (const { queue, id } of bells) turn.ring(queue, id);
    for (const alertId of unheard) {
      const { tenantId } = tx;
      const alarm = alarmFor([tenantId, 'alert.help-unheard', alertId], now);
      deps.log.error({ event: 'alert.help-unheard', ...alarm, tenantId, alertId });
    }
  }
  for (const { to, news } of decision.tell) {
    const person = (await tx.technicians.get(to.id))!;
    const { bells } = await addNews(tx, person, news, message.id, {
      now,
      newId: deps.newId,
      tenant,
      enabled: deps.enabled && tenant.enabled,
    });
    for (const { queue, id } of bells) turn.ring(queue, id);
  }
  if (events.length > 0) turn.ring('cmms-events', tx.tenantId);
};

/** Calls for help that begin or are taken, and those about an order that is closed now. */
const carryOutCalls = async (
  { tx, message, technician, ring }: Turn,
  { call, changes }: RecordedDecision,
  facts: CmmsFacts,
): Promise<void> => {
  if (call?.do === 'take') await takeCalls(tx, call.ids, technician.id, message.id);
  if (call?.do === 'call') {
    const bells = await callForHelp(tx, call, { caller: technician, messageId: message.id }, facts);
    for (const { queue, id } of bells) ring(queue, id);
  }
  for (const { orderId, set } of changes)
    if (orderId && set.status === 'completed') await endCalls(tx, orderId, message.id);
};

type Said = {
  request: Request | null;
  decision: Decision;
  confused?: number | null;
  /** What came with nothing but attachments. */
  kinds?: AttachmentKind[];
  /** If not where the message came from. */
  where?: Where;
};

type Where = Pick<Unread, 'way' | 'channelId' | 'conversationId'>;

/** Adds the answer; one that only says that more of the same came joins the answer before it. */
const say = async (
  turn: Answered,
  talk: Talk,
  { request, decision, confused = null, kinds = [], where = turn.answerAt ?? turn.message }: Said,
): Promise<Outcome> => {
  const at = { received: turn.message.receivedAt, now: turn.deps.now() };
  // A choice from the list is no album.
  const about = request?.by === 'answer' ? null : aboutAttachments(decision.reply);
  const joined = about ? await joinAlbum(turn, talk, decision.reply, about, kinds) : null;
  const dueAt = new Date(at.now.getTime() + (about ? albumMs : 0));
  const { id: answerId, shown } = joined ?? (await addAnswer(turn, decision.reply, dueAt, where));
  const next = nextTalk(talk, { request, decision, confused, answerId, shown }, at);
  if (about) next.album = { answerId, about, kinds: joined?.kinds ?? kinds };
  else delete next.album;
  return { answeredBy: answerId, talk: next, workOrderIds: [] };
};

/** What an answer about attachments alone is about; null for any other. */
const aboutAttachments = ({ key, values, orders }: Reply): string | null => {
  if (key === 'attached' || key === 'attachedNowhere') return orders[0]?.id ?? 'no order';
  return key === 'whichOrder' && values.action === 'ATTACH' && values.from === 0
    ? `one of ${orders.length}: ${orders[0]?.id}`
    : null;
};

const joinAlbum = async (
  turn: Turn,
  { album }: Talk,
  reply: Reply,
  about: string,
  kinds: AttachmentKind[],
): Promise<{ id: string; shown: number | null; kinds: AttachmentKind[] } | null> => {
  if (album?.about !== about) return null;
  const all = [...album.kinds, ...kinds];
  const values = 'kinds' in reply.values ? { ...reply.values, kinds: all } : reply.values;
  const { text, shown } = writeReply({ ...reply, values } as Reply, reader(turn));
  // Too late if it has left already.
  const waits = await turn.tx.outbox.rewriteReply(album.answerId, text);
  return waits ? { id: album.answerId, shown, kinds: all } : null;
};

// More of them are only counted: they are somebody's machine, or a thumb on a button.
const maxListed = 10;

/** More than we can take within a minute: nothing is done, and one answer at the end of it says what was not. */
const skip = async (turn: Answered, talk: Talk): Promise<Outcome> => {
  const { tx, deps, content } = turn;
  const minute = talk.minute!;
  const listed = minute.skipped.length < maxListed;
  const skipped = listed ? [...minute.skipped, oneLine(content.text, 100) || '📎'] : minute.skipped;
  const more = minute.more + (listed ? 0 : 1);
  const reply: Reply = { key: 'tooMany', values: { skipped, more }, orders: [] };
  const { text } = writeReply(reply, reader(turn));
  const before = minute.answerId;
  const joined = before !== null && (await tx.outbox.rewriteReply(before, text));
  const dueAt = new Date(deps.now().getTime() + restOf(minute.since, deps.now()));
  const answerId = joined ? before : (await addAnswer(turn, reply, dueAt, turn.answerAt ?? turn.message)).id;
  return {
    answeredBy: answerId,
    talk: { ...talk, minute: { ...minute, answerId, skipped, more } },
    workOrderIds: [],
  };
};

const restOf = (since: string, now: Date): number =>
  isYounger(since, now, 60_000) ? Date.parse(since) + 60_000 - now.getTime() : 0;

/** Adds an answer to the outbox, about those of its orders that it shows. */
export const addAnswer = async (
  turn: Pick<Turn, 'tx' | 'deps' | 'message' | 'technician' | 'tenant' | 'ring'>,
  reply: Reply,
  dueAt: Date,
  { way, channelId, conversationId }: Where = turn.message,
): Promise<{ id: string; shown: number | null }> => {
  const { tx, deps, message, technician, tenant } = turn;
  const id = deps.newId();
  const { text, shown } = writeReply(reply, readerOf(technician, tenant, deps.now(), way));
  const from = 'from' in reply.values ? reply.values.from : 0;
  const about =
    shown === null || reply.key === 'orderDetail' ? reply.orders : reply.orders.slice(from, shown);
  await tx.outbox.add({
    id,
    technicianId: technician.id,
    way,
    channelId,
    conversationId,
    kind: 'reply',
    lane: 'reply',
    text,
    inReplyTo: message.id,
    workOrderIds: about.map(({ id: orderId }) => orderId),
    alertIds: (reply.alerts ?? []).map((alert) => alert.id),
    about: null,
    dueAt: { inMs: dueAt.getTime() - deps.now().getTime() },
    expiresAt: expiry('reply', dueAt),
    heldBack: null,
  });
  turn.ring('outbound', channelId);
  return { id, shown };
};

const reader = ({
  deps,
  message,
  technician,
  tenant,
}: Pick<Turn, 'deps' | 'message' | 'technician' | 'tenant'>) =>
  readerOf(technician, tenant, deps.now(), message.way);
