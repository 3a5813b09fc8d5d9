import { addNews, readerOf } from '../cmms/notify.ts';
import { readPreferences } from '../cmms/preferences.ts';
import { answer, type Decision, type Facts, type Reply, type Request } from '../commands/command.ts';
import { type RecordedDecision, runCommand } from '../commands/run.ts';
import { confusion, countMessage, isYounger, nextTalk, type Talk, timesConfused } from '../commands/talk.ts';
import { understand } from '../commands/understand.ts';
import type { Deps } from '../deps.ts';
import { expiry } from '../domain/message.ts';
import type { Content } from '../messaging/twilio-forms.ts';
import type { DoorbellQueue } from '../queues.ts';
import type { Unread } from '../store/inbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import { words, writeReply } from '../texts/texts.ts';
import { loadFacts } from './facts.ts';
import { hear } from './hear.ts';

/** One message of a registered technician, and everything around it. */
export type Turn = {
  tx: Tx;
  deps: Deps;
  message: Unread;
  content: Content;
  technician: Technician;
  tenant: Tenant;
  talk: Talk;
  /** Notes whose doorbell to ring once it is committed. */
  ring: (queue: DoorbellQueue, id: string) => void;
};

/** What a message came to: the message that answers it, and what the conversation is in the middle of then. */
export type Outcome = { answeredBy: string | null; talk: Talk };

// Photos that are sent together come one after the other; this long their common answer waits for the next.
const albumMs = 4000;
// As long as the question lives that asks for their order.
const unassignedMs = 10 * 60 * 1000;
const lateCommandMs = 15 * 60 * 1000;

/** Understands one message, does what it asks for and answers it. */
export const takeTurn = async (turn: Turn): Promise<Outcome> => {
  const { tx, deps, message, content, technician } = turn;
  const at = { received: message.receivedAt, now: deps.now() };
  const counted = countMessage(turn.talk, at.received);
  if (counted.tooMany) return skip(turn, counted.talk);

  if (message.source === 'catch-up' && (await isTooLate(turn, at.now))) {
    return say(turn, counted.talk, null, answer('tooLate', { given: content.text }), null);
  }

  const { heard, quoted, attachments } = await hear(tx, deps, message, content, turn);
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
      return { answeredBy: answerId, talk };
    }
    return say(
      turn,
      counted.talk,
      null,
      how === 'answer' ? decision : lastWarning(decision, content),
      confused,
    );
  }

  const { request } = understood;
  const { facts, undoes } = await loadFacts(tx, request, {
    message,
    technician,
    paused: readPreferences(technician.preferences).paused,
    talk: counted.talk,
    quoted,
    attachments:
      request.action === 'ATTACH' && request.by === 'answer'
        ? await tx.attachments.unassigned(technician.id, new Date(at.received.getTime() - unassignedMs))
        : attachments,
    now: at.now,
  });
  const decision = runCommand(request, facts, at.now);
  const [outcome] = await Promise.all([
    say(turn, counted.talk, request, decision, null),
    carryOut(turn, decision, undoes),
  ]);
  return outcome;
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
  const events = await tx.workOrders.apply(decision.changes, {
    actor,
    messageId: message.id,
    at: now,
    newId: deps.newId,
  });
  if (decision.attach) await tx.attachments.assign(decision.attach.ids, decision.attach.orderId);
  if (decision.reply.key === 'undone' && undoes) await tx.outbox.withdrawCausedBy(undoes);

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
  for (const { to, news } of decision.tell) {
    const person = (await tx.technicians.get(to.id))!;
    const { channelId } = await addNews(tx, person, news, message.id, {
      now,
      newId: deps.newId,
      tenant,
      enabled: deps.enabled && tenant.enabled,
    });
    if (channelId) turn.ring('outbound', channelId);
  }
  if (events.length > 0) turn.ring('cmms-events', tx.tenantId);
};

/** Adds the answer; one that only says that more of the same was kept joins the answer before it. */
const say = async (
  turn: Turn,
  talk: Talk,
  request: Request | null,
  decision: Decision,
  confused: number | null,
): Promise<Outcome> => {
  const { message, deps } = turn;
  const at = { received: message.receivedAt, now: deps.now() };
  const kinds = kindsKept(decision.reply);
  const album =
    request?.action === 'ATTACH' && kinds ? await joinAlbum(turn, talk, decision.reply, kinds) : null;
  if (album) {
    const next = nextTalk(talk, { request, decision, confused, answerId: album.answerId, shown: null }, at);
    return { answeredBy: album.answerId, talk: { ...next, album } };
  }

  const dueAt = new Date(at.now.getTime() + (kinds ? albumMs : 0));
  const { id: answerId, shown } = await addAnswer(turn, decision.reply, dueAt);
  const next = nextTalk(talk, { request, decision, confused, answerId, shown }, at);
  if (!kinds) return { answeredBy: answerId, talk: next };
  const orderId = decision.reply.orders[0]?.id ?? null;
  return {
    answeredBy: answerId,
    talk: { ...next, album: { until: dueAt.toISOString(), answerId, orderId, kinds } },
  };
};

const kindsKept = (reply: Reply): Facts['attachments'][number]['kind'][] | null =>
  reply.key === 'attached' || reply.key === 'attachedNowhere' ? reply.values.kinds : null;

const joinAlbum = async (
  turn: Turn,
  { album }: Talk,
  reply: Reply,
  kinds: NonNullable<ReturnType<typeof kindsKept>>,
): Promise<Talk['album'] | null> => {
  if (!album || album.orderId !== (reply.orders[0]?.id ?? null)) return null;
  const all = [...album.kinds, ...kinds];
  const { text } = writeReply({ ...reply, values: { ...reply.values, kinds: all } } as Reply, reader(turn));
  // Too late if it has left already.
  return (await turn.tx.outbox.rewriteReply(album.answerId, text)) ? { ...album, kinds: all } : null;
};

/** More than we can take within a minute: nothing is done, and one answer at the end of it says what was not. */
const skip = async (turn: Turn, talk: Talk): Promise<Outcome> => {
  const { tx, deps, content } = turn;
  const { minute } = talk;
  const skipped = [...minute!.skipped, content.text].slice(0, 200);
  const reply: Reply = { key: 'tooMany', values: { skipped }, orders: [] };
  const { text } = writeReply(reply, reader(turn));
  const before = minute!.answerId;
  const joined = before !== null && (await tx.outbox.rewriteReply(before, text));
  const answerId = joined
    ? before
    : (await addAnswer(turn, reply, new Date(deps.now().getTime() + restOf(minute!.since, deps.now())))).id;
  return { answeredBy: answerId, talk: { ...talk, minute: { ...minute!, answerId, skipped } } };
};

const restOf = (since: string, now: Date): number =>
  isYounger(since, now, 60_000) ? Date.parse(since) + 60_000 - now.getTime() : 0;

/** Adds an answer to the outbox, about those of its orders that it shows. */
export const addAnswer = async (
  turn: Pick<Turn, 'tx' | 'deps' | 'message' | 'technician' | 'tenant' | 'ring'>,
  reply: Reply,
  dueAt: Date,
): Promise<{ id: string; shown: number | null }> => {
  const { tx, deps, message, technician } = turn;
  const id = deps.newId();
  const { text, shown } = writeReply(reply, reader(turn));
  const from = 'from' in reply.values ? reply.values.from : 0;
  const about =
    shown === null || reply.key === 'orderDetail' ? reply.orders : reply.orders.slice(from, shown);
  await tx.outbox.add({
    id,
    technicianId: technician.id,
    way: message.way,
    channelId: message.channelId,
    conversationId: message.conversationId,
    kind: 'reply',
    lane: 'reply',
    text,
    inReplyTo: message.id,
    workOrderIds: about.map(({ id: orderId }) => orderId),
    about: null,
    dueAt,
    expiresAt: expiry('reply', dueAt),
    heldBack: null,
  });
  turn.ring('outbound', message.channelId);
  return { id, shown };
};

const reader = ({ deps, technician, tenant }: Pick<Turn, 'deps' | 'technician' | 'tenant'>) =>
  readerOf(technician, tenant, deps.now());
