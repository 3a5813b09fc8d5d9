import { createHash } from 'node:crypto';
import type { Rendered } from './contents.ts';
import type { Media } from './media.ts';
import { isAddress, type MessageRecord } from './rest-api.ts';
import { type Form, fieldOf, type Webhook } from './webhooks.ts';

/** How a phone, or the way to it, is other than usual. */
export const phoneSwitches = {
  /** The person has a username and hides the number: Twilio tells, and lists, the user id in its place. */
  hidesNumber: false,
  /** Sends are taken and fail with 63024. */
  notOnWhatsApp: false,
  /** Text messages (SMS) are taken and fail with 30005. */
  noTextMessages: false,
  /** The person blocked the sender: sends are taken and fail with 63014. */
  blocksSender: false,
  /** The 24 hours are over, until the person writes again. */
  windowClosed: false,
  /** Webhooks and callbacks come late. */
  delays: false,
  /** A webhook is overtaken by the next one, and a message's callbacks come in reverse. */
  reorders: false,
};
export type PhoneSwitches = typeof phoneSwitches;

export type Phone = PhoneSwitches & {
  address: string;
  name: string;
  /** WhatsApp's id of the person for this business; null where the address already is one. */
  userId: string | null;
  /** Opted out at Twilio, where that keeps the list. */
  isOptedOut: boolean;
  /** Of text messages, which Twilio keeps apart. */
  isOptedOutOfSms: boolean;
};

export type StoredMessage = MessageRecord & {
  /** Null when the number belongs to no phone here. */
  phone: Phone | null;
  statusCallback: string | null;
  quotedSid: string | null;
  /** What can be tapped under it. */
  choices: Pick<Rendered, 'buttons' | 'list'> | null;
  isApproved: boolean;
  media: Media | null;
  /** What Twilio told the product, and how it answered last. */
  form: Form | null;
  webhook: Webhook | null;
  httpStatus: number | null;
  acknowledged: boolean;
  isSeen: boolean;
};

type Tick = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

/** One bubble of a conversation as its phone shows it. */
export type ChatMessage = {
  sid: string;
  by: 'phone' | 'product';
  way: 'whatsapp' | 'sms';
  /** `text`, or of the phone's own messages the type Twilio names. */
  type: string;
  text: string;
  at: Date;
  /**
   * Of the product's messages how far they got. Of the phone's own: `sent` when Twilio has it, `delivered` when the
   * product acknowledged the webhook, `failed` when it did not, `read` when the product shows that it is typing.
   */
  tick: Tick;
  errorCode: number | null;
  errorMessage: string | null;
  /** The product's last answer to the webhook; 0 when there was none, null while it was never asked. */
  httpStatus: number | null;
  /** The message this one replies or reacts to. */
  quotedSid: string | null;
  /** The titles of the buttons under it. */
  buttons: string[];
  /** The list it opens. */
  list: { button: string; items: { title: string; description: string | null }[] } | null;
  /** Of the product's messages only how many files there are; the phone cannot open them. */
  attachments: number;
  media: { sid: string; kind: string; contentType: string } | null;
  location: { latitude: string; longitude: string; name: string | null } | null;
  isForwarded: boolean;
};

export type Change =
  | { kind: 'message'; address: string; message: ChatMessage }
  /** The product shows that it is working on an answer. */
  | { kind: 'typing'; address: string }
  /** Anything else: a phone was added, a fault armed or used up, a setting changed. */
  | { kind: 'state' };

export type Conversations = ReturnType<typeof createConversations>;

/** The phones, and the account's log of every message from and to them. */
export const createConversations = (announce: (change: Change) => void) => {
  const phones = new Map<string, Phone>();
  const log: StoredMessage[] = [];
  const messages = new Map<string, StoredMessage>();

  const addPhone = ({ address, name, userId }: { address: string; name: string; userId?: string }) => {
    if (!isAddress(address))
      throw new Error(`${address} is no address, like whatsapp:+12025550101 or +12025550101`);
    const known = phones.get(address);
    const phone = Object.assign(
      known ?? { address, isOptedOut: false, isOptedOutOfSms: false, ...phoneSwitches },
      {
        name,
        userId: userId ? withPrefix(userId) : known ? known.userId : inventedUserId(address),
      },
    );
    phones.set(address, phone);
    announce({ kind: 'state' });
    return phone;
  };

  const turn = (address: string, switches: Partial<PhoneSwitches>) => {
    Object.assign(phoneAt(address), switches);
    announce({ kind: 'state' });
  };

  const phoneAt = (address: string) => {
    const phone = phones.get(address) ?? phones.get(`whatsapp:${address}`);
    if (!phone) throw new Error(`no phone has the address ${address}: add it with addPhone`);
    return phone;
  };

  const findPhone = (address: string) =>
    phones.get(address) ??
    phones.get(`whatsapp:${address}`) ??
    [...phones.values()].find(({ userId }) => userId === address) ??
    null;

  const keep = (message: StoredMessage) => {
    log.push(message);
    messages.set(message.sid, message);
    changed(message);
  };

  const changed = (message: StoredMessage) => {
    if (!message.phone) return;
    announce({ kind: 'message', address: message.phone.address, message: chatMessage(message) });
  };

  return {
    addPhone,
    turn,
    phones: () => [...phones.values()],
    phoneAt,
    findPhone,
    keep,
    changed,
    message: (sid: string) => messages.get(sid),
    log: log as readonly StoredMessage[],
    chat: (address: string) => {
      const phone = phoneAt(address);
      return log.filter((message) => message.phone === phone).map(chatMessage);
    },
  };
};

const withPrefix = (userId: string) => (userId.startsWith('whatsapp:') ? userId : `whatsapp:${userId}`);

/** Always the same for one phone, and not its number. */
const inventedUserId = (address: string) => {
  if (!address.startsWith('whatsapp:+')) return null;
  const digits = BigInt(`0x${createHash('sha256').update(address).digest('hex').slice(0, 16)}`);
  return `whatsapp:US.${String(digits).padStart(20, '1')}`;
};

/** A message with nothing special about it but the given fields. */
export const newMessage = (
  fields: Pick<
    StoredMessage,
    'sid' | 'direction' | 'from' | 'to' | 'body' | 'status' | 'createdAt' | 'phone'
  > &
    Partial<StoredMessage>,
): StoredMessage => ({
  numMedia: 0,
  messagingServiceSid: null,
  errorCode: null,
  errorMessage: null,
  sentAt: null,
  updatedAt: fields.createdAt,
  statusCallback: null,
  quotedSid: null,
  choices: null,
  isApproved: false,
  media: null,
  form: null,
  webhook: null,
  httpStatus: null,
  acknowledged: false,
  isSeen: false,
  ...fields,
});

export const chatMessage = (message: StoredMessage): ChatMessage => {
  const { choices, form, media } = message;
  return {
    sid: message.sid,
    by: message.direction === 'inbound' ? 'phone' : 'product',
    way: message.to.startsWith('whatsapp:') ? 'whatsapp' : 'sms',
    type: form?.MessageType ?? 'text',
    text: message.body,
    at: message.createdAt,
    tick: tick(message),
    errorCode: message.errorCode,
    errorMessage: message.errorMessage,
    httpStatus: message.httpStatus,
    quotedSid: message.quotedSid,
    buttons: choices?.buttons.map(({ title }) => title) ?? [],
    list: choices?.list
      ? {
          button: choices.list.button,
          items: choices.list.items.map(({ item, description = null }) => ({ title: item, description })),
        }
      : null,
    attachments: message.numMedia,
    media: media && { sid: media.sid, kind: media.kind, contentType: media.contentType },
    location: form?.Latitude
      ? {
          latitude: form.Latitude,
          longitude: form.Longitude!,
          name: fieldOf(form, 'Label') ?? fieldOf(form, 'Address'),
        }
      : null,
    isForwarded: form?.Forwarded === 'true',
  };
};

const tick = ({ status, acknowledged, httpStatus, isSeen }: StoredMessage): Tick => {
  switch (status) {
    case 'received':
      if (isSeen) return 'read';
      if (acknowledged) return 'delivered';
      return httpStatus === null ? 'sent' : 'failed';
    case 'accepted':
    case 'queued':
      return 'queued';
    case 'undelivered':
    case 'failed':
      return 'failed';
    default:
      return status;
  }
};
