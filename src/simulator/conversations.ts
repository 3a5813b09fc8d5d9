import type { Rendered } from './contents.ts';
import { isAddress, type MessageRecord } from './rest-api.ts';
import type { Webhook } from './webhooks.ts';

export type Phone = { address: string; name: string; userId: string | null };

export type StoredMessage = MessageRecord & {
  /** Null when the number belongs to no phone here. */
  phone: Phone | null;
  statusCallback: string | null;
  quotedSid: string | null;
  /** What can be tapped under it. */
  choices: Pick<Rendered, 'buttons' | 'list'> | null;
  isApproved: boolean;
  webhook: Webhook | null;
  httpStatus: number | null;
  acknowledged: boolean;
};

type Tick = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

/** One bubble of a conversation as its phone shows it. */
export type ChatMessage = {
  sid: string;
  by: 'phone' | 'product';
  text: string;
  at: Date;
  /**
   * Of the product's messages how far they got. Of the phone's own: `sent` when Twilio has it, `delivered` when the
   * product acknowledged the webhook, `failed` when it did not.
   */
  tick: Tick;
  errorCode: number | null;
  errorMessage: string | null;
  /** The product's last answer to the webhook; 0 when there was none, null while it was never asked. */
  httpStatus: number | null;
  /** The message this one replies to. */
  quotedSid: string | null;
  attachments: number;
  /** The titles of the buttons under it. */
  buttons: string[];
  /** The list it opens. */
  list: { button: string; items: { title: string; description: string | null }[] } | null;
};

export type Change =
  | { kind: 'message'; address: string; message: ChatMessage }
  /** Anything else: a phone was added, a fault armed or used up, a setting changed. */
  | { kind: 'state' };

export type Conversations = ReturnType<typeof createConversations>;

/** The phones, and the account's log of every message from and to them. */
export const createConversations = (announce: (change: Change) => void) => {
  const phones = new Map<string, Phone>();
  const log: StoredMessage[] = [];
  const messages = new Map<string, StoredMessage>();

  const addPhone = ({ address, name, userId }: { address: string; name: string; userId?: string }) => {
    if (!isAddress(address)) throw new Error(`${address} is no WhatsApp address, like whatsapp:+12025550101`);
    const facts = { address, name, userId: userId ? withPrefix(userId) : null };
    const phone = Object.assign(phones.get(address) ?? facts, facts);
    phones.set(address, phone);
    announce({ kind: 'state' });
    return phone;
  };

  const phoneAt = (address: string) => {
    const phone = phones.get(address);
    if (!phone) throw new Error(`no phone has the address ${address}: add it with addPhone`);
    return phone;
  };

  const findPhone = (address: string) =>
    phones.get(address) ?? [...phones.values()].find(({ userId }) => userId === address) ?? null;

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

export const chatMessage = (message: StoredMessage): ChatMessage => ({
  sid: message.sid,
  by: message.direction === 'inbound' ? 'phone' : 'product',
  text: message.body,
  at: message.createdAt,
  tick: tick(message),
  errorCode: message.errorCode,
  errorMessage: message.errorMessage,
  httpStatus: message.httpStatus,
  quotedSid: message.quotedSid,
  attachments: message.numMedia,
  buttons: message.choices?.buttons.map(({ title }) => title) ?? [],
  list: message.choices?.list
    ? {
        button: message.choices.list.button,
        items: message.choices.list.items.map(({ item, description = null }) => ({
          title: item,
          description,
        })),
      }
    : null,
});

const tick = ({ status, acknowledged, httpStatus }: StoredMessage): Tick => {
  switch (status) {
    case 'received':
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
