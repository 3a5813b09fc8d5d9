import { type Conversations, newMessage, type Phone, type StoredMessage } from './conversations.ts';
import type { Faults } from './faults.ts';
import type { Attachment, MediaStore } from './media.ts';
import { keywordIn } from './opt-out.ts';
import type { PostForm } from './posting.ts';
import { isWhatsApp } from './rest-api.ts';
import type { ToPhones } from './to-phones.ts';
import type { UnderWay } from './under-way.ts';
import {
  type Account,
  type Form,
  fieldOf,
  incomingForm,
  incomingTextForm,
  signedWebhook,
  type Webhook,
} from './webhooks.ts';

export type Posted = { sid: string; httpStatus: number };

export type Place = { latitude: number; longitude: number; label?: string; address?: string };

const rememberedMs = 7 * 24 * 3_600_000;

/** What people write: kept in the account's log, then told to the product. */
export const createFromPhones = ({
  account,
  senderFor,
  incomingUrl,
  heldMs,
  optOutService,
  conversations,
  media,
  toPhones,
  faults,
  underWay,
  postForm,
  now,
  newSid,
}: {
  account: Account;
  senderFor: (address: string) => string | null;
  incomingUrl: string;
  /** How long a webhook that comes late is held back. */
  heldMs: number;
  /** The messaging service whose Advanced Opt-Out answers some words by itself. */
  optOutService: string | null;
  conversations: Conversations;
  media: MediaStore;
  toPhones: ToPhones;
  faults: Faults;
  underWay: UnderWay;
  postForm: PostForm;
  now: () => Date;
  newSid: (prefix: string) => string;
}) => {
  const heldBack = new Map<Phone, () => void>();

  const says = (address: string, text: string, extraFields?: Form) => tell(address, text, extraFields);

  const sends = (address: string, attachment: Attachment, extraFields?: Form) =>
    tell(address, attachment.caption ?? '', extraFields, attachment);

  const shares = (address: string, { latitude, longitude, label, address: street }: Place) =>
    tell(address, '', {
      Latitude: String(latitude),
      Longitude: String(longitude),
      ...(street ? { Address: street } : {}),
      ...(label ? { Label: label } : {}),
    });

  const taps = async (address: string, title: string, sid?: string) => {
    const { message, fields } = findChoice(address, title, sid);
    return tell(address, title, { ...fields, ...quoting(message) });
  };

  const quotes = async (address: string, sid: string, text: string) =>
    tell(address, text, quoting(messageAt(address, sid)));

  const reacts = async (address: string, sid: string, emoji: string) =>
    tell(address, emoji, { MessageType: 'reaction', ...quoting(messageAt(address, sid)) });

  const forwards = (address: string, text: string) =>
    tell(address, text, { Forwarded: 'true', FrequentlyForwarded: 'false' });

  const edits = (address: string) => tell(address, '', { MessageType: 'unsupported' });

  const messageAt = (address: string, sid: string) => {
    const phone = conversations.phoneAt(address);
    const message = conversations.message(sid);
    if (message?.phone !== phone) throw new Error(`${phone.name} has no message ${sid}`);
    return message;
  };

  /** The latest message that offers it, unless told which. */
  const findChoice = (address: string, title: string, sid: string | undefined) => {
    const phone = conversations.phoneAt(address);
    const offering = conversations.log.filter(
      (message) => message.phone === phone && message.choices && (sid === undefined || message.sid === sid),
    );
    for (const message of offering.reverse()) {
      const { buttons, list } = message.choices!;
      const button = buttons.find((each) => each.title === title);
      const type = message.isApproved ? { MessageType: 'button' } : {};
      if (button) return { message, fields: { ...type, ButtonText: title, ButtonPayload: button.id } };
      const item = list?.items.find((each) => each.item === title);
      if (item) return { message, fields: { ListId: item.id, ListTitle: title } };
    }
    throw new Error(`${phone.name} has nothing to tap that says ${title}`);
  };

  /** Twilio forgets what a message replies to after seven days. */
  const quoting = ({ sid, from: sender, createdAt }: StoredMessage): Form =>
    now().getTime() - createdAt.getTime() > rememberedMs
      ? {}
      : { OriginalRepliedMessageSid: sid, OriginalRepliedMessageSender: sender ?? '' };

  const tell = async (address: string, text: string, fields?: Form, attachment?: Attachment) => {
    return hand(receive(address, text, fields, attachment), address);
  };

  const hand = async (signed: Webhook, address: string) => {
    if (faults.take('lost-webhook', address)) return { sid: signed.sid, httpStatus: 0 };
    return underWay.track(() => deliver(signed, conversations.phoneAt(address)));
  };

  /** Twilio has it: it is in the log, and its webhook is signed. */
  const receive = (address: string, text: string, fields: Form = {}, attachment?: Attachment): Webhook => {
    const phone = conversations.phoneAt(address);
    const sid = newSid(attachment || fields.MediaUrl0 ? 'MM' : 'SM');
    const file = attachment ? media.keep(sid, attachment) : null;
    const to = senderFor(address);
    if (!to) throw new Error(`the account takes no text messages, so ${phone.name} cannot write one`);
    // A long code acts on its words by itself; a WhatsApp sender does in a service with Advanced Opt-Out.
    const keyword = optOutService || !isWhatsApp(address) ? keywordIn(text) : null;
    const writeForm = isWhatsApp(address) ? incomingForm : incomingTextForm;
    const form = writeForm(account, {
      sid,
      address: phone.hidesNumber && phone.userId && isWhatsApp(address) ? phone.userId : address,
      name: phone.name,
      userId: phone.userId,
      to,
      text,
      extraFields: {
        ...(file
          ? { MediaUrl0: media.url(file), MediaContentType0: file.contentType, MessageType: file.kind }
          : {}),
        ...(optOutService ? { MessagingServiceSid: optOutService } : {}),
        ...(keyword && optOutService ? { OptOutType: keyword } : {}),
        ...fields,
      },
    });
    const signed = keep(phone, sid, form, file);
    if (phone.windowClosed && isWhatsApp(address)) conversations.turn(address, { windowClosed: false });
    if (keyword) toPhones.answerKeyword(phone, address, keyword, to, optOutService);
    return signed;
  };

  const keep = (phone: Phone, sid: string, form: Form, file: StoredMessage['media']): Webhook => {
    const signed = signedWebhook(account, sid, incomingUrl, form, newSid(''));
    const receivedAt = now();
    conversations.keep(
      newMessage({
        sid,
        direction: 'inbound',
        from: form.From!,
        to: form.To!,
        body: form.Body!,
        numMedia: Number(form.NumMedia),
        messagingServiceSid: fieldOf(form, 'MessagingServiceSid'),
        status: 'received',
        createdAt: receivedAt,
        sentAt: receivedAt,
        phone,
        quotedSid: fieldOf(form, 'OriginalRepliedMessageSid'),
        media: file,
        form,
        webhook: signed,
      }),
    );
    return signed;
  };

  const deliver = async (signed: Webhook, phone: Phone): Promise<Posted> => {
    if (phone.delays) await underWay.wait(heldMs);
    if (!phone.reorders) return post(signed);

    const letGo = heldBack.get(phone);
    if (!letGo) {
      const overtaken = new Promise<void>((resolve) => heldBack.set(phone, resolve));
      await Promise.race([overtaken, underWay.wait(heldMs)]);
      heldBack.delete(phone);
      return post(signed);
    }
    const posted = await post(signed);
    letGo();
    return posted;
  };

  const post = async (signed: Webhook): Promise<Posted> => {
    const message = conversations.message(signed.sid);
    const address = message?.phone?.address ?? '';
    const copies = faults.take('duplicate-webhook', address) ? 2 : 1;

    const [httpStatus] = await Promise.all(Array.from({ length: copies }, () => postForm(signed)));
    if (message) {
      message.httpStatus = httpStatus!;
      message.acknowledged ||= isSuccess(httpStatus!);
      conversations.changed(message);
    }
    return { sid: signed.sid, httpStatus: httpStatus! };
  };

  const sendAgain = async (sid: string): Promise<Posted> => {
    const signed = conversations.message(sid)?.webhook;
    if (!signed) throw new Error(`no phone has sent a message ${sid}`);
    return post(signed);
  };

  const webhook = (address: string, text: string, extraFields?: Form) => receive(address, text, extraFields);

  return {
    says,
    sends,
    shares,
    taps,
    quotes,
    reacts,
    forwards,
    edits,
    webhook,
    post,
    sendAgain,
    receivesButNeverTells: (address: string, text: string, extraFields?: Form) => ({
      sid: webhook(address, text, extraFields).sid,
    }),
  };
};

const isSuccess = (httpStatus: number) => httpStatus >= 200 && httpStatus < 300;
