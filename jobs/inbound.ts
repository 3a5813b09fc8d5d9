import { answer, type Decision, type Reply } from '../src/commands/command.ts';
import { runCommand } from '../src/commands/run.ts';
import type { Deps } from '../src/deps.ts';
import { expiry } from '../src/domain/message.ts';
import { readAddress } from '../src/domain/phone.ts';
import { isOpen } from '../src/domain/work-order.ts';
import { readContent } from '../src/messaging/twilio-forms.ts';
import type { Doorbell } from '../src/queues.ts';
import type { Conversation } from '../src/store/conversations.ts';
import type { Unread } from '../src/store/inbox.ts';
import type { NewMessage } from '../src/store/outbox.ts';
import { isPassing, type Tx } from '../src/store/store.ts';
import type { Technician } from '../src/store/technicians.ts';
import type { Tenant } from '../src/store/tenants.ts';
import type { Reader } from '../src/texts/language.ts';
import { textsFor, writeReply } from '../src/texts/texts.ts';

export type InboundDeps = Deps & {
  /** Whether webhooks wait outside Postgres that may be older than what is in it. */
  mustWaitForSpill: () => Promise<boolean>;
};

const maxPerRun = 20;
const dayMs = 24 * 60 * 60 * 1000;
const closedOrdersMs = 7 * dayMs;
const maxFailures = 3;
// Older than this, a command found by the catch-up may no longer be what the technician wants.
const lateCommandMs = 15 * 60 * 1000;

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
  const rings = new Set<string>();
  try {
    await store.tenant(tenantId, async (tx) => {
      rings.clear();
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
        rings.add('inbound');
        return;
      }
      current = next;
      if (current) await workOn(tx, deps, { message: current, conversation, tenant: tenant! }, rings);
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
  if (rings.has('inbound')) deps.ring('inbound', tenantId, conversationId);
  if (!current) return 'none';
  const { channelId } = current as Unread;
  if (rings.has('outbound')) deps.ring('outbound', tenantId, channelId);
  if (rings.has('cmms-events')) deps.ring('cmms-events', tenantId, tenantId);
  return (current as Unread).isLast ? 'none' : 'more';
};

/**
 * One message: what it changes, its events, its answer and "processed" commit together. Statements that need
 * nothing of each other are sent together; Postgres takes them in that order.
 */
const workOn = async (
  tx: Tx,
  deps: Deps,
  { message, conversation, tenant }: { message: Unread; conversation: Conversation; tenant: Tenant },
  rings: Set<string>,
) => {
  const now = deps.now();
  const { text, from, userId, answered } = readContent(message.raw);
  const technician = await tx.technicians.byAddress(
    [from, userId].flatMap((address) => (address ? (readAddress(address) ?? []) : [])),
  );
  const finish = (status: 'processed' | 'disabled', answeredBy: string | null) =>
    tx.inbox.finish(message.id, { status, technicianId: technician?.id ?? null, text, answeredBy });

  if (!deps.enabled || !tenant.enabled) return finish('disabled', null);

  const heard = () => noteHeard(tx, message, technician);
  // Twilio matched an opt-out word and has answered by itself (`OptOutType`).
  if (answered) return Promise.all([heard(), finish('processed', null)]);
  if (!technician) {
    const answeredBy = mayAnswerStranger(conversation, now) ? deps.newId() : null;
    if (answeredBy) rings.add('outbound');
    return Promise.all([
      heard(),
      answeredBy && answerStranger(tx, message, tenant, answeredBy, now),
      finish('processed', answeredBy),
    ]);
  }

  const [decision] = await Promise.all([decide(tx, message, technician, text, now), heard()]);
  if (decision.changes.length > 0) rings.add('cmms-events');
  rings.add('outbound');
  const answeredBy = deps.newId();
  return Promise.all([
    tx.workOrders.apply(decision.changes, {
      actor: { kind: 'technician', id: technician.externalId },
      messageId: message.id,
      at: now,
      newId: deps.newId,
    }),
    reply(tx, message, technician, tenant, decision.reply, answeredBy, now),
    finish('processed', answeredBy),
  ]);
};

/** The service window is open from now on, and the technician was seen. */
const noteHeard = (tx: Tx, message: Unread, technician: Technician | null) =>
  Promise.all([
    tx.conversations.heard(message.conversationId, message.receivedAt, technician?.id ?? null),
    technician && isNews(technician.lastSeenAt, message.receivedAt)
      ? tx.technicians.seen(technician.id, message.receivedAt)
      : null,
  ]);

/** "Last seen" is told to the minute: a burst of messages is one sighting. */
const isNews = (lastSeenAt: Date | null, at: Date): boolean =>
  !lastSeenAt || at.getTime() - lastSeenAt.getTime() > 60_000;

const decide = async (
  tx: Tx,
  message: Unread,
  technician: Technician,
  text: string,
  now: Date,
): Promise<Decision> => {
  if (message.source === 'catch-up' && (await isTooLate(tx, message, now))) {
    return answer('tooLate', { given: text });
  }
  const orders = await tx.workOrders.lockOf(technician.id, new Date(now.getTime() - closedOrdersMs));
  // Only an order that waits for its acknowledgement is told apart by its notice.
  const noticed = orders.some(({ status }) => status === 'assigned')
    ? await tx.messages.noticesAccepted(technician.id)
    : new Map<string, Date>();
  const facts = orders.map((order) => ({ ...order, noticeAcceptedAt: noticed.get(order.id) ?? null }));
  return runCommand(
    text,
    {
      technician,
      orders: facts.filter(isOpen),
      closed: facts.filter((order) => !isOpen(order)),
      receivedAt: message.receivedAt,
    },
    now,
  );
};

const isTooLate = async (tx: Tx, message: Unread, now: Date): Promise<boolean> =>
  now.getTime() - message.receivedAt.getTime() > lateCommandMs ||
  (await tx.inbox.laterWasProcessed(message.conversationId, message.receivedAt));

const reply = (
  tx: Tx,
  message: Unread,
  technician: Technician,
  tenant: Tenant,
  said: Reply,
  id: string,
  now: Date,
) => {
  const reader: Reader = {
    locale: technician.locale ?? tenant.locale,
    timeZone: technician.timeZone ?? tenant.timeZone,
    now,
  };
  return addReply(tx, message, {
    id,
    technicianId: technician.id,
    text: writeReply(said, reader),
    workOrderIds: said.orders.map((order) => order.id),
    now,
  });
};

const addReply = (
  tx: Tx,
  message: Unread,
  { now, ...answer }: Pick<NewMessage, 'id' | 'technicianId' | 'text' | 'workOrderIds'> & { now: Date },
) =>
  tx.outbox.add({
    ...answer,
    way: message.way,
    channelId: message.channelId,
    conversationId: message.conversationId,
    kind: 'reply',
    lane: 'reply',
    inReplyTo: message.id,
    about: null,
    dueAt: now,
    expiresAt: expiry('reply', now),
    heldBack: null,
  });

/** Somebody we do not know gets one short answer a day, and learns nothing. */
const mayAnswerStranger = ({ strangerAnsweredAt }: Conversation, now: Date): boolean =>
  !strangerAnsweredAt || now.getTime() - strangerAnsweredAt.getTime() >= dayMs;

const answerStranger = (tx: Tx, message: Unread, tenant: Tenant, id: string, now: Date) =>
  Promise.all([
    tx.conversations.strangerAnswered(message.conversationId, now),
    addReply(tx, message, {
      id,
      technicianId: null,
      text: textsFor(tenant.locale).stranger,
      workOrderIds: [],
      now,
    }),
  ]);

/** A message that keeps failing by our fault is set aside and answered, so that the conversation goes on. */
const countFailure = async (
  deps: Deps,
  tenantId: string,
  message: Unread,
  error: unknown,
): Promise<'more' | 'try-later'> => {
  const { store, log, ring } = deps;
  const setAside = await store.tenant(tenantId, async (tx) => {
    await tx.conversations.lock(message.conversationId);
    const failures = await tx.inbox.failed(message.id);
    if (failures < maxFailures) return false;
    const { text, from, userId } = readContent(message.raw);
    const tenant = (await tx.tenants.get())!;
    const technician = await tx.technicians.byAddress(
      [from, userId].flatMap((address) => (address ? (readAddress(address) ?? []) : [])),
    );
    const answeredBy = technician ? deps.newId() : null;
    if (technician && answeredBy) {
      const said: Reply = { key: 'notDone', values: {}, orders: [] };
      await reply(tx, message, technician, tenant, said, answeredBy, deps.now());
    }
    await tx.inbox.finish(message.id, {
      status: 'failed',
      technicianId: technician?.id ?? null,
      text,
      answeredBy,
    });
    return true;
  });
  log.error({
    event: setAside ? 'inbound.set-aside' : 'inbound.failed',
    alarm: setAside,
    messageId: message.id,
    error: (error as Error).stack,
  });
  if (!setAside) return 'try-later';
  ring('outbound', tenantId, message.channelId);
  return 'more';
};
