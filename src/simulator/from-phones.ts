import type { Conversations, StoredMessage } from './conversations.ts';
import type { Faults } from './faults.ts';
import type { PostForm } from './posting.ts';
import { type Account, type Form, fieldOf, incomingForm, signedWebhook, type Webhook } from './webhooks.ts';

export type Posted = { sid: string; httpStatus: number };

const rememberedMs = 7 * 24 * 3_600_000;

/** What people write: kept in the account's log, then told to the product. */
export const createFromPhones = ({
  account,
  from,
  incomingUrl,
  conversations,
  faults,
  postForm,
  now,
  newSid,
}: {
  account: Account;
  from: string;
  incomingUrl: string;
  conversations: Conversations;
  faults: Faults;
  postForm: PostForm;
  now: () => Date;
  newSid: (prefix: string) => string;
}) => {
  const says = async (address: string, text: string, extraFields?: Form): Promise<Posted> => {
    const signed = webhook(address, text, extraFields);
    return faults.take('lost-webhook', address) ? { sid: signed.sid, httpStatus: 0 } : post(signed);
  };

  const webhook = (address: string, text: string, extraFields: Form = {}): Webhook => {
    const phone = conversations.phoneAt(address);
    const sid = newSid(extraFields.MediaUrl0 ? 'MM' : 'SM');
    const form = incomingForm(account, { sid, ...phone, to: from, text, extraFields });
    const token = newSid('');
    const signed = signedWebhook(account, sid, incomingUrl, form, token);
    const receivedAt = now();

    conversations.keep({
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
      choices: null,
      isApproved: false,
      webhook: signed,
      httpStatus: null,
      acknowledged: false,
    });
    return signed;
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

  const taps = async (address: string, title: string, sid?: string) => {
    const { message, fields } = findChoice(address, title, sid);
    return says(address, title, { ...fields, ...quoting(message) });
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

  const quotes = async (address: string, sid: string, text: string) => {
    const phone = conversations.phoneAt(address);
    const quoted = conversations.message(sid);
    if (quoted?.phone !== phone) throw new Error(`${phone.name} has no message ${sid}`);
    return says(address, text, quoting(quoted));
  };

  /** Twilio forgets what a message replies to after seven days. */
  const quoting = ({ sid, from: sender, createdAt }: StoredMessage): Form =>
    now().getTime() - createdAt.getTime() > rememberedMs
      ? {}
      : { OriginalRepliedMessageSid: sid, OriginalRepliedMessageSender: sender ?? from };

  const sendAgain = async (sid: string): Promise<Posted> => {
    const signed = conversations.message(sid)?.webhook;
    if (!signed) throw new Error(`no phone has sent a message ${sid}`);
    return post(signed);
  };

  return {
    says,
    webhook,
    post,
    taps,
    quotes,
    sendAgain,
    receivesButNeverTells: (address: string, text: string, extraFields?: Form) => ({
      sid: webhook(address, text, extraFields).sid,
    }),
  };
};

const isSuccess = (httpStatus: number) => httpStatus >= 200 && httpStatus < 300;
