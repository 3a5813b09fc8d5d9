import { createHmac } from 'node:crypto';

/** One signed request, ready to be posted any number of times. */
export type Webhook = { sid: string; url: string; headers: Record<string, string>; body: string };

export type Form = Record<string, string>;

export type Account = { accountSid: string; authToken: string };

/** Signs a form for the given address the way Twilio does, and leaves out the address's fragment. */
export const signedWebhook = (
  { authToken }: Account,
  sid: string,
  address: string,
  form: Form,
  idempotencyToken: string,
): Webhook => {
  // The fragment holds connection settings for Twilio itself: neither sent nor signed.
  const url = address.split('#', 1)[0]!;
  const signed = Object.keys(form)
    .sort((a, b) => (a < b ? -1 : 1))
    .reduce((text, name) => text + name + form[name], url);

  return {
    sid,
    url,
    headers: {
      Accept: '*/*',
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'I-Twilio-Idempotency-Token': idempotencyToken,
      'User-Agent': 'TwilioProxy/1.1',
      'X-Twilio-Signature': createHmac('sha1', authToken).update(signed, 'utf8').digest('base64'),
    },
    body: new URLSearchParams(form).toString(),
  };
};

type Incoming = {
  sid: string;
  address: string;
  name: string;
  userId: string | null;
  to: string;
  text: string;
  extraFields: Form;
};

/** The fields Twilio sends for one WhatsApp message from a person; extra fields add and replace. */
export const incomingForm = ({ accountSid }: Account, message: Incoming): Form => {
  const { sid, address, name, userId, to, text, extraFields } = message;
  const waId = phoneDigits(address);
  const known: Form = { ProfileName: name, ...(waId ? { WaId: waId } : {}) };
  const externalUserId = waId ? userId : address;
  const tapped = pick(extraFields, ['ButtonText', 'ButtonPayload', 'ListId', 'ListTitle']);

  return {
    SmsMessageSid: sid,
    NumMedia: extraFields.MediaUrl0 ? '1' : '0',
    ...known,
    ...(externalUserId ? { ExternalUserId: externalUserId } : {}),
    MessageType: messageType(extraFields),
    SmsSid: sid,
    SmsStatus: 'received',
    Body: text,
    To: to,
    NumSegments: '1',
    ReferralNumMedia: '0',
    MessageSid: sid,
    AccountSid: accountSid,
    From: address,
    ApiVersion: '2010-04-01',
    ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context: { ...tapped, ...known } } }),
    ...extraFields,
  };
};

/** The fields Twilio sends for one text message: none of those that are WhatsApp's. */
export const incomingTextForm = ({ accountSid }: Account, message: Incoming): Form => ({
  ToCountry: 'US',
  SmsMessageSid: message.sid,
  NumMedia: message.extraFields.MediaUrl0 ? '1' : '0',
  SmsSid: message.sid,
  SmsStatus: 'received',
  Body: message.text,
  FromCountry: 'US',
  To: message.to,
  NumSegments: String(Math.max(1, Math.ceil(message.text.length / 153))),
  MessageSid: message.sid,
  AccountSid: accountSid,
  From: message.address,
  ApiVersion: '2010-04-01',
  ...message.extraFields,
});

const phoneDigits = (address: string) => /^whatsapp:\+(\d+)$/.exec(address)?.[1];

const pick = (fields: Form, names: string[]): Form =>
  Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));

const messageType = (fields: Form) => {
  if ('ButtonPayload' in fields || 'ListId' in fields) return 'interactive';
  if ('Latitude' in fields) return 'location';
  if (!('MediaUrl0' in fields)) return 'text';

  const [kind = ''] = (fieldOf(fields, 'MediaContentType0') ?? '').split('/', 1);
  return ['image', 'audio', 'video'].includes(kind) ? kind : 'document';
};

export const fieldOf = (form: Partial<Form>, name: string) => form[name] ?? null;

type StatusReport = {
  sid: string;
  status: string;
  from: string;
  to: string;
  userId: string | null;
  messagingServiceSid: string | null;
  errorCode: number | null;
  errorMessage: string | null;
};

/** The fields of one status callback, for a WhatsApp message or an SMS. */
export const statusForm = ({ accountSid }: Account, report: StatusReport): Form => {
  const { sid, status, from, to, userId, messagingServiceSid, errorCode, errorMessage } = report;
  const afterSending = status !== 'sent';
  const failed = errorCode !== null;
  const ofWhatsApp = {
    ...(afterSending ? { EventType: status.toUpperCase() } : { StructuredMessage: 'false' }),
    ChannelToAddress: `${to.replace(/^whatsapp:/, '').slice(0, -4)}XXXX`,
    ChannelPrefix: 'whatsapp',
    ChannelInstallSid: `XE${accountSid.slice(2)}`,
  };

  return {
    ...(to.startsWith('whatsapp:') ? ofWhatsApp : {}),
    SmsSid: sid,
    SmsStatus: status,
    MessageStatus: status,
    To: to,
    MessageSid: sid,
    AccountSid: accountSid,
    From: from,
    ApiVersion: '2010-04-01',
    ...(messagingServiceSid ? { MessagingServiceSid: messagingServiceSid } : {}),
    ...(userId && afterSending && !failed ? { ExternalUserId: userId } : {}),
    ...(failed ? { ErrorCode: String(errorCode) } : {}),
    ...(failed && errorMessage ? { ErrorMessage: errorMessage, ChannelStatusMessage: errorMessage } : {}),
  };
};
