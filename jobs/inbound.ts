import { useEnrolment } from '../src/cmms/enrol.ts';
import type { Bell } from '../src/cmms/facts.ts';
import { noteOptOut } from '../src/cmms/opt-out.ts';
import { tellAbout } from '../src/cmms/tell-people.ts';
import type { Talk } from '../src/commands/talk.ts';
import { twilioWordIn } from '../src/commands/twilio-words.ts';
import { addAnswer, takeTurn } from '../src/conversation/turn.ts';
import type { Deps } from '../src/deps.ts';
import { countTry, mayTryCode, readCode } from '../src/domain/enrolment-code.ts';
import { expiry } from '../src/domain/message.ts';
import { conversationAddress, readAddress } from '../src/domain/phone.ts';
import { identify, type Sender } from '../src/identity.ts';
import { type Content, readContent } from '../src/messaging/twilio-forms.ts';
import type { Doorbell, DoorbellQueue } from '../src/queues.ts';
import type { Conversation } from '../src/store/conversations.ts';
import type { Unread } from '../src/store/inbox.ts';
import { isPassing, type Tx } from '../src/store/store.ts';
import type { Technician } from '../src/store/technicians.ts';
import type { Tenant } from '../src/store/tenants.ts';
import { textsFor } from '../src/texts/texts.ts';

export type InboundDeps = Deps & {
  /** Whether webhooks wait outside Postgres that may be older than what is in it. */
  mustWaitForSpill: () => Promise<boolean>;
};

const maxPerRun = 20;
const dayMs = 24 * 60 * 60 * 1000;
const maxFailures = 3;

/** Works off one conversation's unread messages, in the order they were received. */
export const inbound = (deps: InboundDeps) => async (bell: Doorbell) => {
  const { ring } = deps;
  const { tenantId, id: conversationId } = bell;
  const run: Run = { upTo: null };
  for (let count = 0; count < maxPerRun; count++) {
    const step = await workOnNext(deps, tenantId, conversationId, run);
    if (step === 'try-later') return ring('inbound', tenantId, conversationId, 1000);
    if (step === 'spilled') return ring('inbound', tenantId, conversationId, 500);
    // Whatever was stored since it began has rung for itself.
    if (step === 'none') return;
  }
  ring('inbound', tenantId, conversationId);
};

/** Up to which row nothing older can still be on its way from the spill; null until that was asked. */
type Run = { upTo: number | null };

const workOnNext = async (
  deps: InboundDeps,
  tenantId: string,
  conversationId: string,
  run: Run,
): Promise<'more' | 'none' | 'try-later' | 'spilled'> => {
  const { store, log } = deps;
  let current: Unread | null = null;
  let isSpilled = false;
  const bells = createBells();
  try {
    await store.tenant(tenantId, async (tx) => {
      bells.clear();
      // Locked first: two drains may overlap after a lost job lock.
      const locked = tx.conversations.lock(conversationId);
      if (run.upTo === null) {
        // First what is there, then whether older ones are on their way: the other way round one could slip between.
        const [, newest] = await Promise.all([locked, tx.inbox.newestUnread(conversationId)]);
        if (newest === 0) return;
        isSpilled = await deps.mustWaitForSpill();
        if (isSpilled) return;
        run.upTo = newest;
      }
      const [conversation, next, tenant] = await Promise.all([
        locked,
        tx.inbox.takeNext(conversationId),
        tx.tenants.get(),
      ]);
      if (!conversation) return;
      // Stored since then: what came from the spill may be older than it, so that is asked anew.
      if (next && next.seq > run.upTo) {
        bells.add('inbound', conversationId);
        return;
      }
      current = next;
      if (current) await workOn(tx, deps, { message: current, conversation, tenant: tenant! }, bells.add);
    });
  } catch (error) {
    if (!current || isPassing(error)) {
      log.warn({
        event: 'inbound.interrupted',
        conversationId,
        reason: (error as { code?: string }).code,
      });
      return 'try-later';
    }
    return countFailure(deps, tenantId, current, error);
  }
  if (isSpilled) return 'spilled';
  bells.ring(deps, tenantId);
  if (!current) return 'none';
  return (current as Unread).isLast ? 'none' : 'more';
};

/** Whose doorbells to ring once the transaction is committed, each once. */
const createBells = () => {
  const bells = new Map<string, [queue: DoorbellQueue, id: string]>();
  return {
    add: (queue: DoorbellQueue, id: string) => void bells.set(`${queue} ${id}`, [queue, id]),
    clear: () => bells.clear(),
    ring: ({ ring }: Deps, tenantId: string) => {
      for (const [queue, id] of bells.values()) ring(queue, tenantId, id);
    },
  };
};

type AddBell = ReturnType<typeof createBells>['add'];

/**
 * One message: what it changes, its events, its answer and "processed" commit together. Statements that need
 * nothing of each other are sent together; Postgres takes them in that order.
 */
const workOn = async (
  tx: Tx,
  deps: Deps,
  { message: taken, conversation, tenant }: { message: Unread; conversation: Conversation; tenant: Tenant },
  addBell: AddBell,
) => {
  let message = taken;
  const content = readContent(message.raw);
  const sender = senderOf(message, content);
  let who = await identify(tx, sender, deps);
  const finish = (
    status: 'processed' | 'disabled',
    answeredBy: string | null,
    workOrderIds: string[] = [],
  ) => {
    const technicianId = who.technician?.id ?? null;
    return tx.inbox.finish(message.id, {
      status,
      technicianId,
      text: content.text,
      answeredBy,
      workOrderIds,
    });
  };
  // Erased as this came in: it is a stranger's, and not to be found beside what is left of them.
  const before = who.technician ? null : conversation.technicianId;
  if (before && (await tx.erasure.isErased(before))) {
    const own = await moveToOwn(tx, deps, message, content, null);
    addBell('inbound', own.conversationId);
    return;
  }
  if (!deps.enabled || !tenant.enabled) return finish('disabled', null);

  const { receivedAt } = message;
  const processed = (answeredBy: string | null, talk: Talk | null = null, workOrderIds: string[] = []) => {
    const { technician, heard } = who;
    return Promise.all([
      tx.conversations.heard(message.conversationId, receivedAt, {
        ...{ technicianId: technician?.id ?? null, heard, talk },
      }),
      technician && isNews(technician.lastSeenAt, receivedAt)
        ? tx.technicians.seen(technician.id, receivedAt)
        : null,
      finish('processed', answeredBy, workOrderIds),
    ]);
  };
  const facts = { now: deps.now(), newId: deps.newId, tenant, enabled: true };
  const addBells = (bells: Bell[]) => {
    for (const { queue, id } of bells) addBell(queue, id);
  };
  const isStranger = !who.technician;
  const enrolled = await enrol(tx, deps, { message, content, sender, conversation, isStranger }, facts);
  if (enrolled) {
    addBells(enrolled.bells);
    // By the address that is theirs now.
    if (!enrolled.isConflict) who = await identify(tx, sender, deps);
  }
  const { technician, mayAct, changed } = who;
  if (technician && changed) {
    addBell('cmms-events', tx.tenantId);
    const { name } = technician;
    const news = { key: 'technician.identity-changed', values: { name }, orderId: null } as const;
    addBells(await tellAbout(tx, technician, 'supervisors', news, facts));
  }
  // Here an answer would go to whoever had the phone before.
  if (technician && conversation.technicianId && conversation.technicianId !== technician.id) {
    message = await moveToOwn(tx, deps, message, content, technician);
    addBell('inbound', message.conversationId);
    // A code is used up by now; anything else is worked off there, in the middle of what that one is.
    if (!enrolled) return;
  }
  // Twilio matched an opt-out word and has answered by itself (`OptOutType`).
  if (content.answeredTo) {
    addBells(await noteOptWord(tx, content, message, facts));
    return processed(null);
  }
  // What Twilio has cut off hears nothing of ours, and Twilio has said so.
  const isCutOff = message.way === 'sms' && twilioWordIn(content.text) === 'stop';
  if (!technician && isCutOff) return processed(null);
  if (enrolled && technician) {
    const { name } = technician;
    const reply = enrolled.isConflict
      ? ({ key: 'enrolledElsewhere', values: {}, orders: [] } as const)
      : ({ key: 'enrolled', values: { name }, orders: [] } as const);
    const turn = { tx, deps, message, technician, tenant, ring: addBell };
    return processed((await addAnswer(turn, { ...reply, orders: [] }, deps.now())).id);
  }
  if (!technician) {
    return processed(await answerStranger(tx, deps, conversation, message, tenant, addBell));
  }
  const turn = { technician, tenant, mayAct, talk: conversation.talk };
  const { answeredBy, talk, workOrderIds } = await takeTurn({
    tx,
    deps,
    message,
    content,
    ...turn,
    ring: addBell,
  });
  return processed(answeredBy, talk, workOrderIds);
};

/** What came of a message that is a good code from the panel's screen; null for any other. */
const enrol = async (
  tx: Tx,
  deps: Deps,
  {
    message,
    content,
    sender,
    conversation,
    isStranger,
  }: {
    message: Unread;
    content: Content;
    sender: Sender;
    conversation: Conversation;
    isStranger: boolean;
  },
  facts: Parameters<typeof useEnrolment>[2],
) => {
  const code = content.answeredTo ? null : readCode(content.text);
  if (!code || (isStranger && !mayTryCode(conversation.codeTries, facts.now))) return null;
  const { receivedAt } = message;
  const enrolled = await useEnrolment(tx, { code, sender, receivedAt }, facts, deps.secretKeys);
  if (!enrolled && isStranger) {
    await tx.conversations.codeTried(conversation.id, countTry(conversation.codeTries, facts.now));
  }
  return enrolled;
};

/**
 * What somebody wrote, and has written since from there, is in his own conversation from now on; a stranger's in one that
 * was nobody else's.
 */
const moveToOwn = async (
  tx: Tx,
  { newId }: Deps,
  message: Unread,
  { from }: Content,
  technician: Technician | null,
): Promise<Unread> => {
  const { channelId, conversationId } = message;
  const address = conversationAddress(from);
  const own = technician
    ? await tx.conversations.open(channelId, technician.id, address, newId)
    : await tx.conversations.openAnew(channelId, address, conversationId, newId);
  await tx.conversations.lead(channelId, address, own);
  const unread = await tx.inbox.unread(conversationId);
  const theirs = unread.filter(({ raw }) => conversationAddress(readContent(raw).from) === address);
  await tx.inbox.move(
    theirs.map(({ id }) => id),
    own,
  );
  return { ...message, conversationId: own };
};

const noteOptWord = async (
  tx: Tx,
  { answeredTo, from }: Content,
  { id, receivedAt }: Unread,
  facts: Parameters<typeof noteOptOut>[2],
): Promise<Bell[]> => {
  if (answeredTo === 'stop') return noteOptOut(tx, { address: from, at: receivedAt, messageId: id }, facts);
  const address = readAddress(from);
  if (answeredTo === 'start' && address) {
    await tx.technicians.optedIn(address.kind, address.value, receivedAt);
  }
  return [];
};

const senderOf = ({ id, channelId }: Unread, { from, userId }: Content) => ({
  ...{ from, userId, channelId },
  messageId: id,
});

/** "Last seen" is told to the minute: a burst of messages is one sighting. */
const isNews = (lastSeenAt: Date | null, at: Date): boolean =>
  !lastSeenAt || at.getTime() - lastSeenAt.getTime() > 60_000;

/** Somebody we do not know gets one short answer a day, and learns nothing. */
const answerStranger = async (
  tx: Tx,
  deps: Deps,
  { strangerAnsweredAt }: Conversation,
  message: Unread,
  tenant: Tenant,
  addBell: AddBell,
): Promise<string | null> => {
  const now = deps.now();
  if (strangerAnsweredAt && now.getTime() - strangerAnsweredAt.getTime() < dayMs) return null;
  await tx.conversations.strangerAnswered(message.conversationId, now);
  const id = deps.newId();
  await tx.outbox.add({
    id,
    technicianId: null,
    way: message.way,
    channelId: message.channelId,
    conversationId: message.conversationId,
    kind: 'reply',
    lane: 'reply',
    text: textsFor(tenant.locale, message.way).stranger,
    inReplyTo: message.id,
    workOrderIds: [],
    about: null,
    dueAt: { inMs: 0 },
    expiresAt: expiry('reply', now),
    heldBack: null,
  });
  addBell('outbound', message.channelId);
  return id;
};

/** A message that keeps failing by our fault is set aside and answered, so that the conversation goes on. */
const countFailure = async (
  deps: Deps,
  tenantId: string,
  message: Unread,
  error: unknown,
): Promise<'more' | 'try-later'> => {
  const failures = await deps.store.tenant(tenantId, (tx) => tx.inbox.failed(message.id));
  const isSetAside = failures >= maxFailures;
  deps.log.error({
    event: isSetAside ? 'inbound.set-aside' : 'inbound.failed',
    alarm: isSetAside,
    messageId: message.id,
    error: (error as Error).stack,
  });
  if (!isSetAside) return 'try-later';
  try {
    await setAside(deps, tenantId, message);
  } catch (again) {
    if (isPassing(again)) return 'try-later';
    // What breaks us may be the person's own data: then not even this can be said to him.
    const nothing = { technicianId: null, text: null, answeredBy: null, workOrderIds: [] };
    await deps.store.tenant(tenantId, (tx) => tx.inbox.finish(message.id, { status: 'failed', ...nothing }));
  }
  return 'more';
};

const setAside = async (deps: Deps, tenantId: string, message: Unread) => {
  const bells = createBells();
  await deps.store.tenant(tenantId, async (tx) => {
    bells.clear();
    const conversation = (await tx.conversations.lock(message.conversationId))!;
    const content = readContent(message.raw);
    const tenant = (await tx.tenants.get())!;
    const { technician } = await identify(tx, senderOf(message, content), deps);
    const turn = { tx, deps, message, tenant, ring: bells.add };
    const answeredBy = technician
      ? (await addAnswer({ ...turn, technician }, { key: 'notDone', values: {}, orders: [] }, deps.now())).id
      : await answerStranger(tx, deps, conversation, message, tenant, bells.add);
    await tx.inbox.finish(message.id, {
      status: 'failed',
      technicianId: technician?.id ?? null,
      text: content.text,
      answeredBy,
      workOrderIds: [],
    });
  });
  bells.ring(deps, tenantId);
};
