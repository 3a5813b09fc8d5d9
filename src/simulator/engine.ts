import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import { type ApiAnswer, type ApiRequest, createApi, type RequestEntry } from './api.ts';
import type { CallbackOrder } from './callback-line.ts';
import { type ApprovalState, type Content, createContents } from './contents.ts';
import {
  type Change,
  type ChatMessage,
  createConversations,
  type Phone,
  type PhoneSwitches,
  type StoredMessage,
} from './conversations.ts';
import { type ArmedFault, createFaults, type FaultKind, type FaultOptions } from './faults.ts';
import { createFromPhones, type Place, type Posted } from './from-phones.ts';
import { type Attachment, createMediaStore, type Media } from './media.ts';
import { createPosting } from './posting.ts';
import { isWhatsApp } from './rest-api.ts';
import { serviceOf } from './senders.ts';
import { createToPhones, type ReadReceipts } from './to-phones.ts';
import { createUnderWay } from './under-way.ts';
import type { Form, Webhook } from './webhooks.ts';

export type SimulatorOptions = {
  accountSid: string;
  authToken: string;
  /** The one WhatsApp sender of the account, e.g. `whatsapp:+14155238886`. */
  from: string;
  /** Its number for text messages (SMS), e.g. `+14155550100`; without one it sends and takes none. */
  smsFrom?: string;
  /** Where incoming messages are posted; signed exactly like this, without a fragment. */
  incomingUrl: string;
  phones?: { address: string; name: string; userId?: string }[];
  /** Approved templates: their texts by content id, with `{{1}}` for variables. */
  contents?: Record<string, string>;
  /** What is submitted is approved at once, instead of waiting for a decision. */
  approves?: boolean;
  /** Where the product reaches this API: what links in it, and to media, begin with. */
  apiBaseUrl?: string;
  now?: () => Date;
  randomBytes?: (count: number) => Buffer;
  /** How long a message stays in each state before the next; a person can follow the defaults. */
  callbackDelaysMs?: { sent: number; delivered: number; read: number };
  /** `auto`: a phone reads what arrives after the delay; `manual`: when it is told to. */
  readReceipts?: ReadReceipts;
  /**
   * Outside the 24 hours after a person's last message, all but approved content fails with 63016. Somebody who never
   * wrote is inside (`open`), so that a demonstration can begin with a notice; `enforced`: outside, as at Twilio.
   */
  serviceWindow?: 'open' | 'enforced';
  /** How long what comes late is held back: webhooks and callbacks of a phone that delays or reorders. */
  heldMs?: number;
  /** The sender is in a messaging service that answers STOP, START and HELP by itself, before the product. */
  advancedOptOut?: boolean;
  fetch?: typeof fetch;
};

export type Simulator = {
  readonly accountSid: string;
  readonly from: string;
  readonly smsFrom: string | null;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** The order in which callbacks of messages created from now on are posted. */
  callbackOrder: CallbackOrder;
  readReceipts: ReadReceipts;
  apiBaseUrl: string;

  /** Adds a phone, or gives the one with this address another name and user id. */
  addPhone: (phone: { address: string; name: string; userId?: string }) => Phone;
  /** Turns something about a phone on or off. */
  turn: (address: string, switches: Partial<PhoneSwitches>) => void;
  phones: () => Phone[];
  /** The conversation of a phone in both directions, oldest first. */
  chat: (address: string) => ChatMessage[];

  /** The person sends a message, by text message (SMS) from a bare number; resolves with the product's answer, status 0 when there was none. */
  says: (address: string, text: string, extraFields?: Form) => Promise<Posted>;
  /** The person sends a file. */
  sends: (address: string, attachment: Attachment, extraFields?: Form) => Promise<Posted>;
  /** The person shares a place. */
  shares: (address: string, place: Place) => Promise<Posted>;
  /** The person taps a button or an entry of a list: under the latest message that has it, unless told which. */
  taps: (address: string, title: string, sid?: string) => Promise<Posted>;
  /** The person answers a certain message. */
  quotes: (address: string, sid: string, text: string) => Promise<Posted>;
  /** The person reacts to a message; without an emoji, takes the reaction back. */
  reacts: (address: string, sid: string, emoji: string) => Promise<Posted>;
  forwards: (address: string, text: string) => Promise<Posted>;
  /** The person edits a message, or does anything else that Twilio has no fields for. */
  edits: (address: string) => Promise<Posted>;
  /** Twilio receives a message; the webhook for it is signed and returned, not sent. */
  webhook: (address: string, text: string, extraFields?: Form) => Webhook;
  /** Posts a webhook once more, or for the first time. */
  post: (webhook: Webhook) => Promise<Posted>;
  /** Posts the webhook of a message that the person sent before: same sid, same form. */
  sendAgain: (sid: string) => Promise<Posted>;
  /** Twilio receives a message and its webhook is lost; only the message list shows it. */
  receivesButNeverTells: (address: string, text: string, extraFields?: Form) => { sid: string };
  /** The person opens the conversation: everything that arrived is read. */
  reads: (address: string) => void;

  /** What reached the phone, in the order of arrival. */
  sentTo: (address: string) => ChatMessage[];
  /**
   * The first message, arrived or still to arrive, that holds the text or matches the pattern. Each message answers
   * one wait only, so that the same words expected twice must arrive twice.
   */
  waitForText: (
    address: string,
    matcher: string | RegExp,
    options?: { timeoutMs?: number },
  ) => Promise<ChatMessage>;

  /** What a signed link to a file leads to. */
  follow: (mediaSid: string, signature: string) => Media | null;
  media: (sid: string) => Media | null;
  /** The messages after which the product showed that it is typing, in that order. */
  typedAfter: () => string[];
  contents: () => Content[];
  /** WhatsApp decides about a content. */
  decide: (contentSid: string, state: ApprovalState, rejectionReason?: string) => void;

  fault: (kind: FaultKind, options?: FaultOptions) => void;
  faults: () => ArmedFault[];
  clearFaults: () => void;

  /** Answers one REST call of the product. */
  api: (request: ApiRequest) => ApiAnswer;
  /** Every REST call so far, oldest first. */
  requests: () => RequestEntry[];
  /** Calls back on every change until the returned function is called. */
  onChange: (listener: (change: Change) => void) => () => void;
  /** Resolves once no message is on its way and no webhook or callback is waiting for its answer. */
  settled: () => Promise<void>;
  /** Stops everything under way; later requests are still answered, nothing is posted any more. */
  close: () => Promise<void>;
};

/** A Twilio account with a WhatsApp sender, perhaps one for text messages, and the phones of the people who talk to it. */
export const createSimulator = (options: SimulatorOptions): Simulator => {
  const { accountSid, from, smsFrom = null } = options;
  const account = { accountSid, authToken: options.authToken };
  const now = options.now ?? (() => new Date());
  const randomBytes = options.randomBytes ?? cryptoRandomBytes;
  const newSid = (prefix: string) => prefix + randomBytes(16).toString('hex');

  const listeners = new Set<(change: Change) => void>();
  const announce = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  const announceState = () => announce({ kind: 'state' });

  const settings: { callbackOrder: CallbackOrder; readReceipts: ReadReceipts } = {
    callbackOrder: 'in-order',
    readReceipts: options.readReceipts ?? 'auto',
  };
  const underWay = createUnderWay();
  const postForm = createPosting(underWay, options.fetch ?? fetch);
  const conversations = createConversations(announce);
  const faults = createFaults(announceState);
  const contents = createContents(now, newSid, announceState, options.approves ? 'approved' : 'pending');
  const senderFor = (address: string) => (isWhatsApp(address) ? from : smsFrom);
  const common = { account, senderFor, conversations, faults, underWay, postForm, now, newSid, randomBytes };

  let apiBaseUrl = options.apiBaseUrl ?? 'https://api.twilio.com';
  const baseUrl = () => apiBaseUrl;
  const heldMs = options.heldMs ?? 3000;

  const toPhones = createToPhones({
    ...common,
    delaysMs: options.callbackDelaysMs ?? { sent: 400, delivered: 700, read: 2500 },
    settings,
    serviceWindow: options.serviceWindow ?? 'open',
    heldMs,
  });
  const media = createMediaStore({ ...common, baseUrl });
  const fromPhones = createFromPhones({
    ...common,
    incomingUrl: options.incomingUrl,
    heldMs,
    optOutService: options.advancedOptOut ? serviceOf(accountSid) : null,
    media,
    toPhones,
  });
  const typedAfter: string[] = [];
  const onTyping = (message: StoredMessage) => {
    typedAfter.push(message.sid);
    // At WhatsApp the two go together.
    message.isSeen = true;
    conversations.changed(message);
    if (message.phone) announce({ kind: 'typing', address: message.phone.address });
  };
  const api = createApi({
    ...common,
    ...{ baseUrl, contents, media, accept: toPhones.accept, onTyping },
    incomingUrl: options.incomingUrl,
  });

  for (const [sid, body] of Object.entries(options.contents ?? {})) {
    contents.keep({
      sid,
      friendlyName: null,
      language: 'en',
      variables: {},
      types: { 'twilio/text': { body } },
    });
    contents.decide(sid, 'approved');
  }

  for (const phone of options.phones ?? []) conversations.addPhone(phone);

  return {
    accountSid,
    from,
    smsFrom,
    closed: underWay.closed,
    get callbackOrder() {
      return settings.callbackOrder;
    },
    set callbackOrder(order) {
      settings.callbackOrder = order;
      announceState();
    },
    get readReceipts() {
      return settings.readReceipts;
    },
    set readReceipts(mode) {
      settings.readReceipts = mode;
      announceState();
    },
    get apiBaseUrl() {
      return apiBaseUrl;
    },
    set apiBaseUrl(url) {
      apiBaseUrl = url;
    },
    addPhone: conversations.addPhone,
    turn: conversations.turn,
    phones: conversations.phones,
    chat: conversations.chat,
    ...fromPhones,
    reads: toPhones.reads,
    sentTo: toPhones.sentTo,
    waitForText: toPhones.waitForText,
    follow: media.follow,
    media: media.get,
    typedAfter: () => [...typedAfter],
    contents: contents.all,
    decide: contents.decide,
    fault: faults.arm,
    faults: faults.list,
    clearFaults: faults.clear,
    api: api.answer,
    requests: api.requests,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: underWay.settled,
    close: async () => {
      listeners.clear();
      await underWay.close();
    },
  };
};
