import { whileOffSeconds } from '../cmms/chains.ts';
import { addresseeOf, quietHoursOfAll } from '../cmms/hold-back.ts';
import { tellNotReached } from '../cmms/not-reached.ts';
import { readPreferences } from '../cmms/preferences.ts';
import { findRoute } from '../cmms/route.ts';
import type { Deps } from '../deps.ts';
import { holdBack } from '../domain/hold-back.ts';
import { isStillTrue, type MessageKind, type Reason } from '../domain/message.ts';
import { type DueMessage, possibleDuplicate } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { chooseContent, type WithButtons } from './content.ts';
import { bringUpToDate, readDigests } from './digest.ts';
import { followFailed } from './next-way.ts';
import { bringPageUpToDate, readAlerts, withTheirAlerts } from './pages.ts';
import type { Outgoing } from './provider.ts';
import { failMessage, type Rings } from './record.ts';
import { type AsTemplate, chooseTemplates } from './templates.ts';
import type { Timing } from './timing.ts';

/** A message that may be sent now, as one recorded attempt. */
export type Taken = {
  attemptId: string;
  messageId: string;
  to: string;
  /** The order it is about, if any. */
  orderNumber: string | null;
  /** As the phone shows it. */
  text: string;
  content: Outgoing['content'];
  /** It has buttons, but nobody has made content to show them with. */
  lacksContent: boolean;
  /** How many attempts were made before. */
  tries: number;
};

/**
 * Takes up to `limit` due messages of a channel: checks under lock that each is still wanted and true,
 * records an attempt for each, ends those that are not to be sent, and puts off what comes in quiet hours.
 * What cannot leave by its way or its channel goes on elsewhere. Answers how many rows it dealt with.
 */
export const takeDue = async (
  tx: Tx,
  deps: Deps,
  channelId: string,
  limit: number,
  timing: Timing,
): Promise<{ taken: Taken[]; seen: number; rings: Rings[] }> => {
  const due = await tx.outbox.due(channelId, limit);
  if (due.length === 0) return { taken: [], seen: 0, rings: [] };

  const digests = await readDigests(tx, due);
  // Orders and alerts before messages, as everywhere: a reassignment locks its order, then withdraws the notice.
  const orders = await tx.workOrders.lockMany([
    ...new Set([
      ...due.flatMap(({ workOrderId }) => workOrderId ?? []),
      ...digests.map(({ workOrderId }) => workOrderId),
    ]),
  ]);
  const about = await readAlerts(tx, due);
  const calls = due.filter(({ kind }) => isCall(kind)).map(({ id }) => id);
  const callsOver = calls.length > 0 ? await tx.calls.keepOver(calls) : new Set<string>();
  const locked = await tx.outbox.lockDue(due.map(({ id }) => id));
  const { messages, alertsOf } = await withTheirAlerts(tx, locked, about);
  const addresses = await tx.conversations.addresses([
    ...new Set(messages.map(({ conversationId }) => conversationId)),
  ]);
  // Read under lock: who changes them has what waits decided anew, and waits for us before.
  const [channel, tenant, quietHours, people, otherwise] = await Promise.all([
    tx.channels.get(channelId),
    tx.tenants.get(),
    quietHoursOfAll(tx),
    tx.technicians.whenTold(messages.flatMap(({ technicianId }) => technicianId ?? [])),
    tx.outbox.saidOtherwise(messages.map(({ id }) => id)),
  ]);
  const now = deps.now();
  const enabled = deps.enabled && tenant?.enabled !== false;

  const rings: Rings[] = [];
  const wanted: { message: DueMessage; to: string }[] = [];
  const waiting: { id: string; forMs: number }[] = [];
  const disabled: string[] = [];
  for (const stored of messages) {
    const paged = await bringPageUpToDate(tx, stored, alertsOf.get(stored.id) ?? [], tenant, now);
    const upToDate =
      'message' in paged ? await bringUpToDate(tx, paged.message, digests, orders, tenant, now) : null;
    const message = upToDate ?? stored;
    const order = message.workOrderId ? (orders.get(message.workOrderId) ?? null) : null;
    const { reply = null, notice = null } = addresses.get(message.conversationId) ?? {};
    const to = message.kind === 'reply' ? reply : notice;
    const person = people.get(message.technicianId ?? '');
    const timeZone = person?.timeZone ?? tenant?.timeZone ?? 'UTC';
    const choice = holdBack(message, person ? addresseeOf(person, { timeZone }, quietHours) : null, {
      enabled,
      now,
    });
    const reasons: (Reason | false)[] = [
      !enabled && 'disabled',
      message.expiresAt <= now && 'expired',
      'untrue' in paged && paged.untrue,
      (upToDate === null || !isStillTrue(message, order, timeZone)) && 'order-moved-on',
      callsOver.has(message.id) && 'order-moved-on',
      'cancel' in choice && choice.cancel,
    ];
    const held = reasons.find((reason) => reason !== false);
    const { hasArrived, goesOn } = otherwise.get(message.id) ?? {};
    if (held) {
      await endUnsent(tx, message, held);
      if (held === 'disabled' && message.kind === 'alert.raised') disabled.push(message.id);
    }
    // What is tried again would be said twice.
    else if (hasArrived || (goesOn && message.tries > 0)) await stopUnsent(tx, message, saidOtherwise);
    else if (person && isSwitchedOff(message, person))
      rings.push(await goOnOtherwise(tx, deps, message, 'preference'));
    // Whoever wrote to it is answered from it; what may have left is found by its callbacks and its list.
    else if (channel?.retiredAt && message.kind !== 'reply' && !(await mayHaveLeft(tx, message)))
      rings.push(await leaveRetired(tx, deps, message));
    else if (!to) rings.push(await goOnOtherwise(tx, deps, message, reply ? 'opted-out' : 'no-address'));
    else if ('wait' in choice) waiting.push({ id: message.id, forMs: choice.wait.getTime() - now.getTime() });
    else wanted.push({ message, to });
  }
  if (waiting.length > 0) await tx.outbox.waitForQuietEnd(waiting);
  // Others are told anew by their next step.
  if (disabled.length > 0) await tx.chains.beginAgain(disabled, whileOffSeconds);

  const wantedMessages = wanted.map(({ message }) => message);
  const asTemplates = await chooseTemplates(tx, deps, wantedMessages, orders, tenant);
  const sendable: typeof wanted = [];
  for (const each of wanted) {
    const template = asTemplates.get(each.message.id);
    if (template?.kind !== 'unusable') sendable.push(each);
    else rings.push(await failUnsent(tx, deps, each.message, template.text));
  }

  const withButtons = await chooseContent(tx, deps, channelId, wantedMessages, orders);
  const tries = sendable.map(({ message, to }) => ({
    id: deps.newId(),
    messageId: message.id,
    orderNumber: orders.get(message.workOrderId ?? '')?.number ?? null,
    channelId,
    reason: message.attemptReason,
    address: to,
    ...shownAs(message, asTemplates.get(message.id), withButtons.get(message.id)),
    tries: message.tries,
    conversationId: message.conversationId,
  }));
  if (tries.length === 0) return { taken: [], seen: locked.length, rings };
  const begun = await tx.attempts.begin(tries, timing.lookAfterMs[0]);
  const byContent = tries.flatMap(({ id, content, template }) =>
    content && !template ? { id, contentSid: content.sid } : [],
  );
  if (byContent.length > 0) await tx.attempts.withContent(byContent);
  const byTemplate = tries.flatMap(({ id, template }) => (template ? { id, template } : []));
  if (byTemplate.length > 0) await tx.attempts.asTemplate(byTemplate);
  await tx.outbox.sending(tries.map(({ messageId, conversationId }) => ({ id: messageId, conversationId })));
  return {
    // One whose reason was tried before was asked for twice: it is not sent again.
    taken: tries
      .filter(({ id }) => begun.has(id))
      .map((each) => ({
        attemptId: each.id,
        messageId: each.messageId,
        to: each.address,
        orderNumber: each.orderNumber,
        text: each.text,
        content: each.content,
        lacksContent: each.lacksContent,
        tries: each.tries,
      })),
    seen: locked.length,
    rings,
  };
};

const isCall = (kind: MessageKind) => kind === 'work-order.escalated' || kind === 'work-order.needed';

const shownAs = (message: DueMessage, as: AsTemplate | undefined, how: WithButtons | undefined) =>
  as?.kind === 'template'
    ? { text: as.text, content: as.content, template: as.template, lacksContent: false }
    : how?.kind === 'content'
      ? { text: how.text, content: how.content, template: null, lacksContent: false }
      : { text: message.text, content: null, template: null, lacksContent: how !== undefined };

// What somebody chose may be chosen otherwise: then it may be told when it is asked for again.
const chosen: Reason[] = ['paused', 'preference', 'quiet-hours', 'disabled'];

/** A message that is not sent after all. */
const endUnsent = async (tx: Tx, message: DueMessage, reason: Reason) => {
  if ((await stopUnsent(tx, message, { reason })) && chosen.includes(reason))
    await tx.outbox.freeAssignment(message.id);
};

/** Whether a message would go by a way that its reader does not want. Safety and answers pass. */
const isSwitchedOff = (
  { kind, lane, way }: DueMessage,
  { preferences }: Pick<Technician, 'preferences'>,
): boolean => kind !== 'reply' && lane !== 'critical' && !readPreferences(preferences).ways[way];

/**
 * A message that cannot go by its way goes on by the person's next one. If there is none, the planner hears of it,
 * unless the person wants it so.
 */
const goOnOtherwise = async (tx: Tx, deps: Deps, message: DueMessage, reason: Reason): Promise<Rings> => {
  if (!(await stopUnsent(tx, message, { reason }))) return {};
  const { bells, notReached } = await followFailed(tx, deps, message.id);
  if (!notReached) return { bells };
  await tx.outbox.freeAssignment(message.id);
  if (reason === 'preference') return {};
  return { bells: await tellNotReached(tx, notReached) };
};

// None of the reasons says it: nothing was wrong with it.
const saidOtherwise = { reason: null, error: { code: null, text: 'it was said by another way' } };

/** What waits on a channel that is not in use any more moves to the one that is, or goes on by the next way. */
const leaveRetired = async (tx: Tx, deps: Deps, message: DueMessage): Promise<Rings> => {
  const person = message.technicianId ? await tx.technicians.get(message.technicianId) : null;
  // Whether the way is wanted has been asked.
  const route =
    person && (await findRoute(tx, person, deps.newId, { only: message.way, evenSwitchedOff: true }));
  if (!route || 'not' in route)
    return goOnOtherwise(tx, deps, message, route?.not === 'opted-out' ? 'opted-out' : 'no-address');
  await tx.outbox.useChannel(message.id, route);
  return { bells: [{ queue: 'outbound', id: route.channelId }] };
};

/** False for one that may have left already: it only stops being tried. */
const stopUnsent = async (
  tx: Tx,
  message: DueMessage,
  end: { reason: Reason | null; error?: { code: null; text: string } },
): Promise<boolean> => {
  const isOpen = await mayHaveLeft(tx, message);
  await tx.outbox.stop(message.id, isOpen ? {} : end);
  if (!isOpen) await tx.messages.moveTo(message.id, end.reason === 'expired' ? 'expired' : 'cancelled');
  return !isOpen;
};

const mayHaveLeft = async (tx: Tx, { id, attemptReason }: DueMessage): Promise<boolean> =>
  attemptReason === possibleDuplicate || tx.attempts.anyOpen(id);

/** A message that nothing may be sent of: it has failed. One that may have left already only stops being tried. */
const failUnsent = async (tx: Tx, deps: Deps, message: DueMessage, text: string): Promise<Rings> => {
  if (!(await mayHaveLeft(tx, message)))
    return failMessage(tx, deps, message.id, { code: null, text, next: 'template' });
  await tx.outbox.stop(message.id, {});
  return {};
};
