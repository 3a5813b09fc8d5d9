import { createArrivals } from './arrivals.ts';
import { type CallbackLine, type CallbackOrder, openCallbackLine } from './callback-line.ts';
import { breaksLimits, type Rendered, render } from './contents.ts';
import {
  type ChatMessage,
  type Conversations,
  chatMessage,
  newMessage,
  type Phone,
  type StoredMessage,
} from './conversations.ts';
import type { ArmedFault, Faults } from './faults.ts';
import { type Keyword, keywordAnswers } from './opt-out.ts';
import type { PostForm } from './posting.ts';
import { breaksTemplatePolicy, errorMessage, isWhatsApp, type SendRequest } from './rest-api.ts';
import type { UnderWay } from './under-way.ts';
import { type Account, signedWebhook, statusForm } from './webhooks.ts';

export type ReadReceipts = 'auto' | 'manual';
type Refusal = { code: number; as: 'failed' | 'undelivered' };

const serviceWindowMs = 24 * 3_600_000;

export type ToPhones = ReturnType<typeof createToPhones>;

/** What the product sends: on its way to the phones, each step told by a callback. */
export const createToPhones = ({
  account,
  delaysMs,
  settings,
  serviceWindow,
  heldMs,
  conversations,
  faults,
  underWay,
  postForm,
  now,
  newSid,
  randomBytes,
}: {
  account: Account;
  delaysMs: { sent: number; delivered: number; read: number };
  settings: { callbackOrder: CallbackOrder; readReceipts: ReadReceipts };
  serviceWindow: 'open' | 'enforced';
  /** How long a callback that comes late is held back. */
  heldMs: number;
  conversations: Conversations;
  faults: Faults;
  underWay: UnderWay;
  postForm: PostForm;
  now: () => Date;
  newSid: (prefix: string) => string;
  randomBytes: (count: number) => Buffer;
}) => {
  const callbackLines = new Map<string, CallbackLine>();
  const arrivals = createArrivals<StoredMessage>(underWay.closed);

  const accept = (sending: SendRequest) => {
    const { content } = sending;
    const acceptedAt = now();
    const rendered = content && render(content.content, content.variables);
    const choices = rendered && (rendered.buttons.length > 0 || rendered.list) ? rendered : null;
    const message = newMessage({
      sid: newSid(sending.numMedia > 0 || choices ? 'MM' : 'SM'),
      direction: 'outbound-api',
      from: sending.from,
      to: sending.to,
      body: rendered ? rendered.text : sending.body,
      numMedia: sending.numMedia,
      messagingServiceSid: sending.messagingServiceSid,
      status: sending.messagingServiceSid ? 'accepted' : 'queued',
      createdAt: acceptedAt,
      phone: conversations.findPhone(sending.to),
      statusCallback: sending.statusCallback,
      choices,
      isApproved: content?.content.approval.state === 'approved',
    });
    const refusal = refusalOf(sending, rendered, message);
    conversations.keep(message);
    void underWay.track(() => travel(message, refusal));
    return message;
  };

  /** What only comes to light after Twilio took it. */
  const refusalOf = (
    { to, content }: SendRequest,
    rendered: Rendered | null,
    { phone, isApproved, createdAt }: StoredMessage,
  ): Refusal | null => {
    const fault = faults.take('refuse', phone?.address ?? to, ({ by }) => by === 'callback');
    if (fault) return { code: fault.code!, as: fault.as! };
    if (!isWhatsApp(to)) {
      if (phone?.isOptedOutOfSms) return { code: 21610, as: 'failed' };
      return !phone || phone.noTextMessages ? { code: 30005, as: 'undelivered' } : null;
    }
    if (!phone) return { code: 63003, as: 'undelivered' };
    if (phone.isOptedOut) return { code: 21610, as: 'failed' };
    if (phone.notOnWhatsApp) return { code: 63024, as: 'failed' };
    if (phone.blocksSender) return { code: 63014, as: 'failed' };
    if (content && breaksTemplatePolicy(content.variables)) return { code: 63013, as: 'undelivered' };
    if (content && !rendered) return { code: 63028, as: 'failed' };
    if (rendered && breaksLimits(rendered, isApproved)) return { code: 63021, as: 'failed' };
    if (!isApproved && !isWindowOpen(phone, createdAt)) return { code: 63016, as: 'failed' };
    return null;
  };

  const isWindowOpen = (phone: Phone, at: Date) => {
    if (phone.windowClosed) return false;
    const last = conversations.log.findLast(
      (message) => message.phone === phone && message.direction === 'inbound' && isWhatsApp(message.to),
    );
    return last ? at.getTime() - last.createdAt.getTime() < serviceWindowMs : serviceWindow === 'open';
  };

  /** Twilio answers a keyword by itself; to somebody who is opted out it says nothing. */
  const answerKeyword = (
    phone: Phone,
    address: string,
    keyword: Keyword,
    from: string,
    messagingServiceSid: string | null,
  ) => {
    const list = isWhatsApp(address) ? 'isOptedOut' : 'isOptedOutOfSms';
    const wasOptedOut = phone[list];
    if (keyword !== 'HELP') phone[list] = keyword === 'STOP';
    if (wasOptedOut && keyword !== 'START') return;
    const message = newMessage({
      sid: newSid('SM'),
      direction: 'outbound-reply',
      from,
      to: address,
      body: keywordAnswers[keyword],
      messagingServiceSid,
      status: 'queued',
      createdAt: now(),
      phone,
    });
    conversations.keep(message);
    void underWay.track(() => travel(message, null));
  };

  const travel = async (message: StoredMessage, refusal: Refusal | null) => {
    const order = message.phone?.reorders ? 'reversed' : settings.callbackOrder;
    const line = openCallbackLine(order, underWay.track, randomBytes);
    callbackLines.set(message.sid, line);

    if (!(await underWay.wait(delaysMs.sent))) return;
    if (refusal?.as === 'failed') return fail(message, refusal, line);
    message.sentAt = now();
    advance(message, 'sent');

    if (!(await underWay.wait(delaysMs.delivered))) return;
    if (refusal) return fail(message, refusal, line);
    advance(message, 'delivered');
    arrivals.add(message);

    if (settings.readReceipts === 'auto' && (await underWay.wait(delaysMs.read))) markRead(message);
    line.release();
  };

  const advance = (message: StoredMessage, status: 'sent' | 'delivered' | 'read' | Refusal['as']) => {
    message.status = status;
    message.updatedAt = now();
    if (message.statusCallback)
      callbackLines.get(message.sid)?.add(callback(message, message.statusCallback, status));
    conversations.changed(message);
  };

  const fail = (message: StoredMessage, { code, as }: Refusal, line: CallbackLine) => {
    message.errorCode = code;
    message.errorMessage = errorMessage(code);
    advance(message, as);
    line.release();
  };

  const markRead = (message: StoredMessage) => {
    // Nobody tells of a text message that it was read.
    if (message.status === 'delivered' && isWhatsApp(message.to)) advance(message, 'read');
  };

  const callback = (message: StoredMessage, url: string, status: string) => {
    const userId = message.phone?.userId ?? null;
    const form = statusForm(account, { ...message, status, from: message.from!, userId });
    const signed = signedWebhook(account, message.sid, url, form, newSid(''));
    const address = message.phone?.address ?? message.to;
    const fits = (fault: ArmedFault) => fault.status === undefined || fault.status === status;

    return async () => {
      if (message.phone?.delays) await underWay.wait(heldMs);
      if (faults.take('lost-callback', address, fits)) return;
      const copies = faults.take('duplicate-callback', address, fits) ? 2 : 1;
      await Promise.all(Array.from({ length: copies }, () => postForm(signed)));
    };
  };

  return {
    accept,
    answerKeyword,
    reads: (address: string) => {
      for (const message of arrivals.at(conversations.phoneAt(address))) markRead(message);
    },
    /** At a bare number: the text messages only. */
    sentTo: (address: string) =>
      arrivals
        .at(conversations.phoneAt(address))
        .filter(({ to }) => isWhatsApp(address) || !isWhatsApp(to))
        .map(chatMessage),
    waitForText: async (
      address: string,
      matcher: string | RegExp,
      { timeoutMs = 20_000 }: { timeoutMs?: number } = {},
    ): Promise<ChatMessage> =>
      chatMessage(await arrivals.waitFor(conversations.phoneAt(address), matcher, timeoutMs)),
  };
};
