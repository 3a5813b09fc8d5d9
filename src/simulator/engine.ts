import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createArrivals } from './arrivals.ts';
import { type CallbackLine, type CallbackOrder, openCallbackLine } from './callback-line.ts';
import { type ArmedFault, createFaults, type FaultKind, type FaultOptions } from './faults.ts';
import {
  breaksTemplatePolicy,
  type ErrorBody,
  errorBody,
  errorMessage,
  isAddress,
  listMessages,
  type MessageRecord,
  messageResource,
  notFound,
  readSendRequest,
  type SendRequest,
} from './rest-api.ts';
import { type Form, fieldOf, incomingForm, signedWebhook, statusForm, type Webhook } from './webhooks.ts';

export type SimulatorOptions = {
  accountSid: string;
  authToken: string;
  /** The one sender of the account, e.g. `whatsapp:+14155238886`. */
  from: string;
  /** Where incoming messages are posted; signed exactly like this, without a fragment. */
  incomingUrl: string;
  phones?: { address: string; name: string; userId?: string }[];
  /** Template texts by content id, with `{{1}}` for variables; an unknown id shows its variables only. */
  contents?: Record<string, string>;
  now?: () => Date;
  randomBytes?: (count: number) => Buffer;
  /** How long a message stays in each state before the next; a person can follow the defaults. */
  callbackDelaysMs?: { sent: number; delivered: number; read: number };
  /** `auto`: a phone reads what arrives after the delay; `manual`: when it is told to. */
  readReceipts?: ReadReceipts;
  /** `enforced`: free text more than 24 hours after the person's last message fails with 63016. */
  serviceWindow?: 'open' | 'enforced';
  fetch?: typeof fetch;
};

export type ReadReceipts = 'auto' | 'manual';
type Tick = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';
type Phone = { address: string; name: string; userId: string | null };

/** One bubble of a conversation as its phone shows it. */
type ChatMessage = {
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
};

type Change =
  | { kind: 'message'; address: string; message: ChatMessage }
  /** Anything else: a phone was added, a fault armed or used up, a setting changed. */
  | { kind: 'state' };

type ApiRequest = {
  method: string;
  path: string;
  authorization: string | undefined;
  accountSid: string;
  /** Of a single message; null for the collection. */
  messageSid: string | null;
  /** Of the form, or of the query when it is a GET. */
  params: URLSearchParams;
};

/** An answer to give, or what the caller lives through instead. */
export type ApiAnswer =
  | { kind: 'answer'; status: number; body: unknown }
  | { kind: 'silence' }
  | { kind: 'reset' };

/** One REST call; status 0 when the caller got no answer. */
type RequestEntry = { at: Date; method: string; path: string; to: string | null; status: number };

export type Simulator = {
  readonly accountSid: string;
  readonly from: string;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** The order in which callbacks of messages created from now on are posted. */
  callbackOrder: CallbackOrder;
  readReceipts: ReadReceipts;

  /** Adds a phone, or gives the one with this address another name and user id. */
  addPhone: (phone: { address: string; name: string; userId?: string }) => Phone;
  phones: () => Phone[];
  /** The conversation of a phone in both directions, oldest first. */
  chat: (address: string) => ChatMessage[];

  /** The person sends a message; resolves with the product's answer, status 0 when there was none. */
  says: (address: string, text: string, extraFields?: Form) => Promise<{ sid: string; httpStatus: number }>;
  /** Twilio receives a message; the webhook for it is signed and returned, not sent. */
  webhook: (address: string, text: string, extraFields?: Form) => Webhook;
  /** Posts a webhook once more, or for the first time. */
  post: (webhook: Webhook) => Promise<{ sid: string; httpStatus: number }>;
  /** Posts the webhook of a message that the person sent before: same sid, same form. */
  sendAgain: (sid: string) => Promise<{ sid: string; httpStatus: number }>;
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

type StoredMessage = MessageRecord & {
  /** Null when the number belongs to no phone here. */
  phone: Phone | null;
  statusCallback: string | null;
  quotedSid: string | null;
  webhook: Webhook | null;
  httpStatus: number | null;
  acknowledged: boolean;
};

type Refusal = { code: number; as: 'failed' | 'undelivered' };

const serviceWindowMs = 24 * 3_600_000;
// What Twilio waits for a webhook's answer, connecting included.
const webhookTimeoutMs = 15_000;

/** A Twilio account with one WhatsApp sender and the phones of the people who talk to it. */
export const createSimulator = (options: SimulatorOptions): Simulator => {
  const account = { accountSid: options.accountSid, authToken: options.authToken };
  const now = options.now ?? (() => new Date());
  const randomBytes = options.randomBytes ?? cryptoRandomBytes;
  const delaysMs = options.callbackDelaysMs ?? { sent: 400, delivered: 700, read: 2500 };
  const request = options.fetch ?? fetch;
  const contents = options.contents ?? {};

  const phones = new Map<string, Phone>();
  const log: StoredMessage[] = [];
  const messages = new Map<string, StoredMessage>();
  const callbackLines = new Map<string, CallbackLine>();
  const requests: RequestEntry[] = [];
  const listeners = new Set<(change: Change) => void>();
  const idleWaits = new Set<() => void>();
  const closing = new AbortController();
  // Everybody who waits for something listens to it.
  setMaxListeners(0, closing.signal);
  const arrivals = createArrivals<StoredMessage>(closing.signal);
  let underWay = 0;
  let callbackOrder: CallbackOrder = 'in-order';
  let readReceipts: ReadReceipts = options.readReceipts ?? 'auto';

  const announce = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  const announceState = () => announce({ kind: 'state' });
  const faults = createFaults(announceState);

  const newSid = (prefix: string) => prefix + randomBytes(16).toString('hex');

  const track = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
      if (underWay === 0) {
        const waiting = [...idleWaits];
        idleWaits.clear();
        for (const resolve of waiting) resolve();
      }
    }
  };

  const settled = async () => {
    while (underWay > 0) await new Promise<void>((resolve) => idleWaits.add(resolve));
  };

  const addPhone: Simulator['addPhone'] = ({ address, name, userId }) => {
    if (!isAddress(address)) throw new Error(`${address} is no WhatsApp address, like whatsapp:+12025550101`);
    const facts = { address, name, userId: userId ? withPrefix(userId) : null };
    const phone = Object.assign(phones.get(address) ?? facts, facts);
    phones.set(address, phone);
    announceState();
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
    announceMessage(message);
  };

  const announceMessage = (message: StoredMessage) => {
    if (!message.phone) return;
    announce({ kind: 'message', address: message.phone.address, message: chatMessage(message) });
  };

  const webhook: Simulator['webhook'] = (address, text, extraFields = {}) => {
    const phone = phoneAt(address);
    const sid = newSid(extraFields.MediaUrl0 ? 'MM' : 'SM');
    const form = incomingForm(account, { sid, ...phone, to: options.from, text, extraFields });
    const token = newSid('');
    const signed = signedWebhook(account, sid, options.incomingUrl, form, token);
    const receivedAt = now();

    keep({
      sid,
      direction: 'inbound',
      from: form.From!,
      to: form.To!,
      body: form.Body!,
      numMedia: Number(form.NumMedia),
      messagingServiceSid: fieldOf(form, 'MessagingServiceSid'),
      status: 'received',
      errorCode: null,
      errorMessage: null,
      createdAt: receivedAt,
      sentAt: receivedAt,
      updatedAt: receivedAt,
      phone,
      statusCallback: null,
      quotedSid: fieldOf(form, 'OriginalRepliedMessageSid'),
      webhook: signed,
      httpStatus: null,
      acknowledged: false,
    });
    return signed;
  };

  const post: Simulator['post'] = async (signed) => {
    const message = messages.get(signed.sid);
    const address = message?.phone?.address ?? '';
    const copies = faults.take('duplicate-webhook', address) ? 2 : 1;

    const [httpStatus] = await Promise.all(Array.from({ length: copies }, () => postForm(signed)));
    if (message) {
      message.httpStatus = httpStatus!;
      message.acknowledged ||= isSuccess(httpStatus!);
      announceMessage(message);
    }
    return { sid: signed.sid, httpStatus: httpStatus! };
  };

  const postForm = ({ url, headers, body }: Pick<Webhook, 'url' | 'headers' | 'body'>) =>
    track(async () => {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(webhookTimeoutMs)]);
      try {
        const response = await request(url, { method: 'POST', headers, body, redirect: 'manual', signal });
        await response.arrayBuffer();
        return response.status;
      } catch {
        // Refused, reset or too slow: to Twilio one and the same, and it goes on.
        return 0;
      }
    });

  const says: Simulator['says'] = async (address, text, extraFields) => {
    const signed = webhook(address, text, extraFields);
    return faults.take('lost-webhook', address) ? { sid: signed.sid, httpStatus: 0 } : post(signed);
  };

  const sendAgain: Simulator['sendAgain'] = async (sid) => {
    const signed = messages.get(sid)?.webhook;
    if (!signed) throw new Error(`no phone has sent a message ${sid}`);
    return post(signed);
  };

  const api = (call: ApiRequest): ApiAnswer => {
    const answer = answerCall(call);
    const status = answer.kind === 'answer' ? answer.status : 0;
    requests.push({ at: now(), method: call.method, path: call.path, to: call.params.get('To'), status });
    return answer;
  };

  const answerCall = ({
    method,
    path,
    authorization,
    accountSid,
    messageSid,
    params,
  }: ApiRequest): ApiAnswer => {
    const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
    if (authorization !== `Basic ${credentials}`) return refused(errorBody(20003));
    if (accountSid !== account.accountSid) return refused(notFound(path));

    if (messageSid === null && method === 'POST') return create(params);
    if (method !== 'GET') return refused(notFound(path));
    if (messageSid === null) return answered(200, listMessages(accountSid, log, params));

    const message = messages.get(messageSid);
    return message ? answered(200, messageResource(accountSid, message)) : refused(notFound(path));
  };

  const create = (params: URLSearchParams): ApiAnswer => {
    const address = findPhone(params.get('To') ?? '')?.address ?? params.get('To') ?? '';
    if (faults.take('too-many-requests', address)) return refused(errorBody(20429));

    const sending = readSendRequest(params, options.from);
    if ('code' in sending) return refused(sending);
    const refusal = faults.take('refuse', address, ({ by }) => by === 'post');
    if (refusal) return refused(errorBody(refusal.code!));

    const message = accept(sending);
    const resource = messageResource(account.accountSid, message);
    // The service picks its sender only after the answer.
    message.from = options.from;

    if (faults.take('error-after-accepting', address)) return refused(errorBody(20500));
    if (faults.take('timeout-after-accepting', address)) return { kind: 'silence' };
    if (faults.take('connection-reset-after-accepting', address)) return { kind: 'reset' };
    return answered(201, resource);
  };

  const accept = (sending: SendRequest) => {
    const acceptedAt = now();
    const phone = findPhone(sending.to);
    const message: StoredMessage = {
      sid: newSid(sending.numMedia > 0 ? 'MM' : 'SM'),
      direction: 'outbound-api',
      from: sending.from,
      to: sending.to,
      body: sending.content ? rendered(sending.content) : sending.body,
      numMedia: sending.numMedia,
      messagingServiceSid: sending.messagingServiceSid,
      status: sending.messagingServiceSid ? 'accepted' : 'queued',
      errorCode: null,
      errorMessage: null,
      createdAt: acceptedAt,
      sentAt: null,
      updatedAt: acceptedAt,
      phone,
      statusCallback: sending.statusCallback,
      quotedSid: null,
      webhook: null,
      httpStatus: null,
      acknowledged: false,
    };
    const refusal = refusalOf(sending, message);
    keep(message);
    void track(() => travel(message, refusal));
    return message;
  };

  const rendered = ({ sid, variables }: NonNullable<SendRequest['content']>) =>
    contents[sid]?.replace(/\{\{(\w+)\}\}/g, (blank, name: string) => variables[name] ?? blank) ??
    Object.values(variables).join('\n');

  const refusalOf = ({ to, content }: SendRequest, { phone, createdAt }: StoredMessage): Refusal | null => {
    const fault = faults.take('refuse', phone?.address ?? to, ({ by }) => by === 'callback');
    if (fault) return { code: fault.code!, as: fault.as! };
    if (!phone) return { code: 63003, as: 'undelivered' };
    if (content && breaksTemplatePolicy(content.variables)) return { code: 63013, as: 'undelivered' };
    if (options.serviceWindow === 'enforced' && !content && !isWindowOpen(phone, createdAt))
      return { code: 63016, as: 'undelivered' };
    return null;
  };

  const isWindowOpen = (phone: Phone, at: Date) => {
    const last = log.findLast((message) => message.phone === phone && message.direction === 'inbound');
    return last !== undefined && at.getTime() - last.createdAt.getTime() < serviceWindowMs;
  };

  const travel = async (message: StoredMessage, refusal: Refusal | null) => {
    const line = openCallbackLine(callbackOrder, track, randomBytes);
    callbackLines.set(message.sid, line);

    if (!(await wait(delaysMs.sent))) return;
    if (refusal?.as === 'failed') return fail(message, refusal, line);
    message.sentAt = now();
    advance(message, 'sent');

    if (!(await wait(delaysMs.delivered))) return;
    if (refusal) return fail(message, refusal, line);
    advance(message, 'delivered');
    arrivals.add(message);

    if (readReceipts === 'auto' && (await wait(delaysMs.read))) markRead(message);
    line.release();
  };

  // False once the simulator is closed.
  const wait = (ms: number) => {
    const signal = closing.signal;
    const passed = ms > 0 ? sleep(ms, true, { signal }) : setImmediate(true, { signal });
    return passed.catch(() => false);
  };

  const advance = (message: StoredMessage, status: 'sent' | 'delivered' | 'read' | Refusal['as']) => {
    message.status = status;
    message.updatedAt = now();
    if (message.statusCallback)
      callbackLines.get(message.sid)?.add(callback(message, message.statusCallback, status));
    announceMessage(message);
  };

  const fail = (message: StoredMessage, { code, as }: Refusal, line: CallbackLine) => {
    message.errorCode = code;
    message.errorMessage = errorMessage(code);
    advance(message, as);
    line.release();
  };

  const markRead = (message: StoredMessage) => {
    if (message.status === 'delivered') advance(message, 'read');
  };

  const reads = (address: string) => {
    for (const message of arrivals.at(phoneAt(address))) markRead(message);
  };

  const callback = (message: StoredMessage, url: string, status: string) => {
    const userId = message.phone?.userId ?? null;
    const form = statusForm(account, { ...message, status, from: message.from!, userId });
    const signed = signedWebhook(account, message.sid, url, form, newSid(''));
    const address = message.phone?.address ?? message.to;
    const fits = (fault: ArmedFault) => fault.status === undefined || fault.status === status;

    return async () => {
      if (faults.take('lost-callback', address, fits)) return;
      const copies = faults.take('duplicate-callback', address, fits) ? 2 : 1;
      await Promise.all(Array.from({ length: copies }, () => postForm(signed)));
    };
  };

  const chat: Simulator['chat'] = (address) => {
    const phone = phoneAt(address);
    return log.filter((message) => message.phone === phone).map(chatMessage);
  };

  const sentTo: Simulator['sentTo'] = (address) => arrivals.at(phoneAt(address)).map(chatMessage);

  const waitForText: Simulator['waitForText'] = async (address, matcher, { timeoutMs = 5000 } = {}) =>
    chatMessage(await arrivals.waitFor(phoneAt(address), matcher, timeoutMs));

  const close = async () => {
    closing.abort();
    listeners.clear();
    await settled();
  };

  for (const phone of options.phones ?? []) addPhone(phone);

  return {
    accountSid: options.accountSid,
    from: options.from,
    closed: closing.signal,
    get callbackOrder() {
      return callbackOrder;
    },
    set callbackOrder(order) {
      callbackOrder = order;
      announceState();
    },
    get readReceipts() {
      return readReceipts;
    },
    set readReceipts(mode) {
      readReceipts = mode;
      announceState();
    },
    addPhone,
    phones: () => [...phones.values()],
    chat,
    says,
    webhook,
    post,
    sendAgain,
    receivesButNeverTells: (address, text, extraFields) => ({ sid: webhook(address, text, extraFields).sid }),
    reads,
    sentTo,
    waitForText,
    fault: faults.arm,
    faults: faults.list,
    clearFaults: faults.clear,
    api,
    requests: () => requests.map((entry) => ({ ...entry })),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled,
    close,
  };
};

const withPrefix = (userId: string) => (userId.startsWith('whatsapp:') ? userId : `whatsapp:${userId}`);

const isSuccess = (httpStatus: number) => httpStatus >= 200 && httpStatus < 300;

const answered = (status: number, body: unknown): ApiAnswer => ({ kind: 'answer', status, body });
const refused = (error: ErrorBody): ApiAnswer => answered(error.status, error);

const chatMessage = (message: StoredMessage): ChatMessage => ({
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
