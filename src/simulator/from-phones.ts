import type { Conversations } from './conversations.ts';
import type { Faults } from './faults.ts';
import type { PostForm } from './posting.ts';
import { type Account, type Form, fieldOf, incomingForm, signedWebhook, type Webhook } from './webhooks.ts';

export type Posted = { sid: string; httpStatus: number };

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

  const sendAgain = async (sid: string): Promise<Posted> => {
    const signed = conversations.message(sid)?.webhook;
    if (!signed) throw new Error(`no phone has sent a message ${sid}`);
    return post(signed);
  };

  return {
    says,
    webhook,
    post,
    sendAgain,
    receivesButNeverTells: (address: string, text: string, extraFields?: Form) => ({
      sid: webhook(address, text, extraFields).sid,
    }),
  };
};

const isSuccess = (httpStatus: number) => httpStatus >= 200 && httpStatus < 300;
