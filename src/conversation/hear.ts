import { readButton } from '../buttons.ts';
import { parseCommand } from '../commands/parse.ts';
import type { Heard } from '../commands/understand.ts';
import type { Deps } from '../deps.ts';
import { type Content, kindOfMedia } from '../messaging/twilio-forms.ts';
import type { NewAttachment } from '../store/attachments.ts';
import type { Unread } from '../store/inbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import { words } from '../texts/texts.ts';

/** What a phone sent, the orders and alerts of the message it quotes, and what came with it to be kept. */
export type Listened = {
  heard: Heard;
  quoted: string[];
  quotedAlerts: string[];
  attachments: NewAttachment[];
};

/** Looks up what a message refers to: the quoted message, the button's meaning. Changes nothing. */
export const hear = async (
  tx: Tx,
  deps: Deps,
  message: Unread,
  content: Content,
  { technician, tenant }: { technician: Technician; tenant: Tenant },
): Promise<Listened> => {
  const { quotedId, buttonPayload, messageType, forwarded } = content;
  const text = wordBehind(buttonPayload) ?? content.text;
  const quoted = quotedId ? await tx.messages.byProviderId(message.channelId, quotedId) : null;
  const quotedAlerts = quoted ? ((await tx.alerts.ofMessages([quoted.id])).get(quoted.id) ?? []) : [];
  const attachments = readAttachments(deps, message, content, technician);

  const isThumb = thumbsUp.test(text);
  const isReaction = messageType === 'reaction' || (quotedId !== null && isThumb);
  const acknowledges =
    isReaction &&
    isThumb &&
    tenant.thumbsUpAcknowledges &&
    (quoted?.kind === 'work-order.assigned' || quoted?.kind === 'maintenance.scheduled');

  return {
    heard: {
      way: message.way,
      text,
      button: buttonPayload ? readMeaning(deps, tenant, buttonPayload) : null,
      hasAttachments: attachments.length > 0,
      other: isReaction
        ? 'reaction'
        : attachments.length === 0 && content.media.length > 0
          ? 'sticker'
          : attachments.length === 0 && text.trim() === ''
            ? 'unknown'
            : null,
      thumbsUpFor: acknowledges ? (quoted?.workOrderIds[0] ?? null) : null,
      thumbsUpForAlerts: isReaction && isThumb && quoted?.kind !== 'reply' ? quotedAlerts : [],
      forwarded,
    },
    quoted: quoted?.workOrderIds ?? [],
    quotedAlerts,
    attachments,
  };
};

// In any skin colour.
const thumbsUp = /^\s*👍[\u{1F3FB}-\u{1F3FF}]?\uFE0F?\s*$/u;

/**
 * A button that somebody made at the provider may carry a command as it is typed: then the tap says that, with the
 * message it is under, whatever its title.
 */
const wordBehind = (payload: string | null): string | null =>
  payload !== null && parseCommand(payload, [...words.commands.keys()]) ? payload : null;

const readMeaning = (deps: Deps, tenant: Tenant, payload: string): Heard['button'] => {
  const button = readButton(payload, tenant.id, deps.secretKeys, deps.now());
  if (button.kind === 'foreign') return null;
  if (button.kind !== 'valid') return { useless: button.kind };
  const { action } = button;
  return 'alertId' in button
    ? { action, alertIds: [button.alertId] }
    : { action, orderId: button.orderId, assignmentNo: button.assignmentNo };
};

const readAttachments = (
  deps: Deps,
  message: Unread,
  { media, place, messageType, text }: Content,
  technician: Technician,
): NewAttachment[] => {
  const common = {
    messageId: message.id,
    channelId: message.channelId,
    technicianId: technician.id,
    workOrderId: null,
    caption: text.trim() || null,
    receivedAt: message.receivedAt,
  };
  const files = media.flatMap(({ url, type }) => {
    const kind = kindOfMedia(type, messageType);
    if (kind === 'sticker') return [];
    return [{ ...common, id: deps.newId(), kind, sourceUrl: url, declaredType: type, place: null }];
  });
  const places = place
    ? [{ ...common, id: deps.newId(), kind: 'location' as const, sourceUrl: null, declaredType: null, place }]
    : [];
  return [...files, ...places];
};
