import type { Deps } from '../deps.ts';
import { windowOpenUntil } from '../domain/service-window.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { Attempt } from '../store/attempts.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { DueMessage } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import { aboutEach, payloadFor } from './about.ts';
import type { Outgoing, Provider } from './provider.ts';
import { type QuickReply, toQuickReply } from './quick-replies.ts';

/** How a message goes that has buttons: by content, or as plain text until its content is made. */
export type WithButtons =
  | { kind: 'content'; text: string; content: NonNullable<Outgoing['content']> }
  | { kind: 'not-made' };

/**
 * Those of the messages that may be shown with buttons: in the window, about an order or alerts, and not
 * refused with buttons before. What has no content yet is noted, so that somebody makes it; no message waits for that.
 */
export const chooseContent = async (
  tx: Tx,
  deps: Deps,
  channelId: string,
  messages: DueMessage[],
  orders: Map<string, WorkOrder>,
): Promise<Map<string, WithButtons>> => {
  const having = messages.filter(({ buttons }) => buttons);
  if (having.length === 0) return new Map();
  const about = await aboutEach(tx, having, orders);
  const withButtons = having.filter(({ id }) => {
    const { order, alerts } = about.get(id)!;
    return order !== null || alerts.length > 0;
  });
  if (withButtons.length === 0) return new Map();

  const now = deps.now();
  const windows = await tx.conversations.windows(withButtons.map(({ conversationId }) => conversationId));
  const wanted = new Map<string, QuickReply>();
  for (const message of withButtons) {
    const window = windows.get(message.conversationId);
    if (!window || !windowOpenUntil(window, now) || (await hasFailed(tx, message))) continue;
    const buttons = message.buttons!.map(({ title, action }) => ({
      title,
      id: payloadFor(tx, deps, about.get(message.id)!, action),
    }));
    const quickReply = toQuickReply(message.text, buttons);
    if (quickReply) wanted.set(message.id, quickReply);
  }
  if (wanted.size === 0) return new Map();

  const quickReplies = [...wanted.values()];
  const known = await tx.quickReplies.find(channelId, [...new Set(quickReplies.map(({ shape }) => shape))]);
  const unknown = quickReplies.filter(({ shape }) => !known.has(shape));
  if (unknown.length > 0) await tx.quickReplies.want(channelId, unknown);
  return new Map(
    [...wanted].map(([messageId, { text, shape, variables }]) => {
      const sid = known.get(shape);
      return [
        messageId,
        sid ? { kind: 'content', text, content: { sid, variables } } : { kind: 'not-made' },
      ] as const;
    }),
  );
};

/** A try that failed, not just for now: buttons are tried once. */
const hasFailed = async (tx: Tx, { id, attemptReason, tries }: DueMessage): Promise<boolean> =>
  attemptReason.startsWith('failed:') ||
  (tries > 0 && (await tx.attempts.ofMessage(id)).some(({ reason }) => reason.startsWith('failed:')));

/** After a refusal or failure that content may be to blame for: the same words at once as plain text, and new content later. */
export const sendAsText = async (
  tx: Tx,
  { log }: Deps,
  attempt: Attempt & { contentSid: string },
  code: string | null,
): Promise<void> => {
  log.warn({ event: 'content.refused', attemptId: attempt.id, code });
  await tx.quickReplies.refused(attempt.channelId, attempt.contentSid);
  await tx.outbox.sendAgain(attempt.messageId, 0, `failed:${code}`);
};

/**
 * Makes the content that is wanted and due. A worker that dies between the provider's answer and ours leaves
 * content behind that nobody uses; another is made.
 */
export const makeContent = async (
  { store, log, stopping }: Deps & { stopping: AbortSignal },
  tenantId: string,
  channel: StoredChannel,
  provider: Provider,
): Promise<void> => {
  while (!stopping.aborted) {
    const wanted = await store.tenant(tenantId, (tx) => tx.quickReplies.takeNext(channel.id));
    if (!wanted) return;
    const shape = wanted.shape.slice(0, 12);
    const made = await provider.createContent(`rbm quick reply ${shape}`, wanted.definition);
    if (made.sid === null) {
      // What else is wanted would most likely fail too, and comes up with the next message that wants it.
      return log.warn({ event: 'content.not-made', shape, code: made.code });
    }
    const { sid } = made;
    await store.tenant(tenantId, (tx) => tx.quickReplies.made(wanted, sid));
    log.info({ event: 'content.made', shape, contentSid: sid });
  }
};
