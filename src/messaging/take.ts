import type { Deps } from '../deps.ts';
import { isStillTrue, type Lane, type Reason } from '../domain/message.ts';
import { type DueMessage, possibleDuplicate } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import { chooseContent, type WithButtons } from './content.ts';
import type { Outgoing } from './provider.ts';
import type { Timing } from './timing.ts';

/** A message that may be sent now, as one recorded attempt. */
export type Taken = {
  attemptId: string;
  messageId: string;
  to: string;
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
 * records an attempt for each, and ends those that are not to be sent. Answers how many rows it dealt with.
 */
export const takeDue = async (
  tx: Tx,
  deps: Deps,
  channelId: string,
  limit: number,
  timing: Timing,
): Promise<{ taken: Taken[]; seen: number }> => {
  const due = await tx.outbox.due(channelId, limit);
  if (due.length === 0) return { taken: [], seen: 0 };

  // Orders before messages, as everywhere: a reassignment locks its order, then withdraws the notice.
  const orders = await tx.workOrders.lockMany([
    ...new Set(due.flatMap(({ workOrderId }) => workOrderId ?? [])),
  ]);
  const messages = await tx.outbox.lockDue(due.map(({ id }) => id));
  const addresses = await tx.conversations.addresses([
    ...new Set(messages.map(({ conversationId }) => conversationId)),
  ]);
  const tenant = await tx.tenants.get();
  const people = await tx.technicians.whenTold(messages.flatMap(({ technicianId }) => technicianId ?? []));
  const now = deps.now();

  const wanted: { message: DueMessage; to: string }[] = [];
  for (const message of messages) {
    const order = message.workOrderId ? (orders.get(message.workOrderId) ?? null) : null;
    const { reply = null, notice = null } = addresses.get(message.conversationId) ?? {};
    const to = message.kind === 'reply' ? reply : notice;
    const person = people.get(message.technicianId ?? '');
    const timeZone = person?.timeZone ?? tenant?.timeZone ?? 'UTC';
    const held: Reason | null =
      !deps.enabled || tenant?.enabled === false
        ? 'disabled'
        : message.expiresAt <= now
          ? 'expired'
          : !isStillTrue(message, order, timeZone)
            ? 'order-moved-on'
            : person?.paused && pausable.includes(message.lane)
              ? 'paused'
              : to
                ? null
                : reply
                  ? 'opted-out'
                  : 'no-address';
    if (held || !to) await endUnsent(tx, message, held ?? 'no-address');
    else wanted.push({ message, to });
  }

  const withButtons = await chooseContent(
    tx,
    deps,
    channelId,
    wanted.map(({ message }) => message),
    orders,
  );
  const tries = wanted.map(({ message, to }) => ({
    id: deps.newId(),
    messageId: message.id,
    channelId,
    reason: message.attemptReason,
    address: to,
    ...shownAs(message, withButtons.get(message.id)),
    tries: message.tries,
    conversationId: message.conversationId,
  }));
  if (tries.length === 0) return { taken: [], seen: messages.length };
  const begun = await tx.attempts.begin(tries, timing.lookAfterMs[0]);
  const byContent = tries.flatMap(({ id, content }) => (content ? { id, contentSid: content.sid } : []));
  if (byContent.length > 0) await tx.attempts.withContent(byContent);
  await tx.outbox.sending(tries.map(({ messageId, conversationId }) => ({ id: messageId, conversationId })));
  return {
    // One whose reason was tried before was asked for twice: it is not sent again.
    taken: tries
      .filter(({ id }) => begun.has(id))
      .map((each) => ({
        attemptId: each.id,
        messageId: each.messageId,
        to: each.address,
        text: each.text,
        content: each.content,
        lacksContent: each.lacksContent,
        tries: each.tries,
      })),
    seen: messages.length,
  };
};

// Answers and critical alerts reach somebody who has paused all the same.
const pausable: Lane[] = ['notification', 'digest'];

const shownAs = (message: DueMessage, how: WithButtons | undefined) =>
  how?.kind === 'content'
    ? { text: how.text, content: how.content, lacksContent: false }
    : { text: message.text, content: null, lacksContent: how !== undefined };

/** A message that is not sent after all. One that may have left already only stops being tried. */
const endUnsent = async (tx: Tx, message: DueMessage, reason: Reason) => {
  const mayHaveLeft = message.attemptReason === possibleDuplicate || (await tx.attempts.anyOpen(message.id));
  await tx.outbox.stop(message.id, mayHaveLeft ? {} : { reason });
  if (!mayHaveLeft) await tx.messages.moveTo(message.id, reason === 'expired' ? 'expired' : 'cancelled');
};
