import { isPossiblePhoneNumber } from 'libphonenumber-js';
import type { Content } from './contents.ts';

/** A message as the account's log keeps it. */
export type MessageRecord = {
  sid: string;
  direction: 'inbound' | 'outbound-api' | 'outbound-reply';
  from: string | null;
  to: string;
  body: string;
  numMedia: number;
  messagingServiceSid: string | null;
  status: 'accepted' | 'queued' | 'sent' | 'delivered' | 'read' | 'undelivered' | 'failed' | 'received';
  errorCode: number | null;
  errorMessage: string | null;
  createdAt: Date;
  sentAt: Date | null;
  updatedAt: Date;
};

/** What Twilio says of a code, where the product can meet it. */
export const errorMessage = (code: number) => errorMessages[code] ?? `Error ${code}`;

const errorMessages: Record<number, string> = {
  20001: 'Invalid parameter',
  20003: 'Authenticate',
  20429: 'Too Many Requests',
  20500: 'Internal Server Error',
  21211: "Invalid 'To' Phone Number",
  21212: "Invalid 'From' Phone Number",
  21602: 'Message body is required.',
  21603: "A 'From' phone number is required.",
  21604: "A 'To' phone number is required.",
  21609: "The 'StatusCallback' URL is not a valid URL.",
  21610: 'Attempt to send to unsubscribed recipient',
  21617: 'The concatenated message body exceeds the 1600 character limit.',
  21619: 'A text message body or media urls must be specified.',
  21654: 'A ContentSid must be specified if ContentVariables are provided in the request.',
  21655: 'The ContentSid is Invalid',
  21656: 'The Content Variables parameter is invalid.',
  21658: 'Parameter exceeded character limit',
  21910: "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel.",
  63003: 'Channel could not find To address',
  63007: 'Twilio could not find a Channel with the specified From address',
  63013: "This message send failed because it violates Channel provider's policy.",
  63014: 'Message delivery failed because it was blocked by a user action.',
  63016:
    'Failed to send freeform message because you are outside the allowed window. Please use a Message Template.',
  63018: 'Rate limit exceeded for Channel',
  63021: 'Channel invalid content error',
  63024: 'Invalid message recipient',
  63028: 'Number of parameters provided does not match the expected number of parameters',
  92002: 'Content variables must not hold more than 100 pairs',
  92009: 'This content has already been submitted for approval',
};

const errorStatuses: Record<number, number> = { 20003: 401, 20404: 404, 20429: 429, 20500: 500 };

export type ErrorBody = { code: number; message: string; more_info: string; status: number };

/** The body of a refused request, in the form the 2010 API has. */
export const errorBody = (code: number, message = errorMessage(code)): ErrorBody => ({
  code,
  message,
  more_info: `https://www.twilio.com/docs/errors/${code}`,
  status: errorStatuses[code] ?? 400,
});

export const notFound = (path: string) => errorBody(20404, `The requested resource ${path} was not found`);

/** A request to send that Twilio takes; everything in it is as the caller wrote it. */
export type SendRequest = {
  to: string;
  from: string | null;
  messagingServiceSid: string | null;
  body: string;
  content: { content: Content; variables: Record<string, string> } | null;
  numMedia: number;
  statusCallback: string | null;
};

/** Checks a request to create a message: the request, or the error Twilio answers. */
export const readSendRequest = (
  params: URLSearchParams,
  senderFor: (address: string) => string | null,
  findContent: (sid: string) => Content | null,
): SendRequest | ErrorBody => {
  const to = params.get('To');
  const from = params.get('From') || null;
  const messagingServiceSid = params.get('MessagingServiceSid') || null;
  const body = params.get('Body');
  const contentSid = params.get('ContentSid') || null;
  const contentVariables = params.get('ContentVariables') || null;
  const statusCallback = params.get('StatusCallback') || null;
  const numMedia = params.getAll('MediaUrl').length;

  if (!to) return errorBody(21604);
  if (!from && !messagingServiceSid) return errorBody(21603);
  if (from && from !== senderFor(from)) return errorBody(isWhatsApp(from) ? 63007 : 21212);
  if (!isAddress(to)) return errorBody(21211, `Invalid 'To' Phone Number: ${to}`);
  // A service picks its sender by the channel of To.
  const sender = senderFor(to);
  if (!sender || (from && from !== sender)) return errorBody(21910);

  if (contentVariables && !contentSid) return errorBody(21654);
  const content = contentSid === null ? null : readContent(contentSid, contentVariables, findContent);
  if (content && 'code' in content) return content;
  if (!content && numMedia === 0 && !body) return errorBody(body === null ? 21619 : 21602);
  if (body && body.length > 1600) return errorBody(21617);
  if (statusCallback && !isHttpUrl(statusCallback)) return errorBody(21609);

  return { to, from, messagingServiceSid, body: body ?? '', content, numMedia, statusCallback };
};

const readContent = (
  sid: string,
  variables: string | null,
  findContent: (sid: string) => Content | null,
): SendRequest['content'] | ErrorBody => {
  // A mistyped content id is answered as if there were no text at all.
  if (!/^HX[0-9a-f]{32}$/i.test(sid)) return errorBody(21619);
  const content = findContent(sid);
  if (!content) return errorBody(21655);
  if (!variables) return { content, variables: {} };

  const values = parseJson(variables);
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return errorBody(21656);
  const texts = Object.entries(values);
  if (texts.length > 100 || texts.some(([, value]) => typeof value !== 'string' || value === ''))
    return errorBody(21656);
  if (texts.some(([, value]) => value.length > 1600)) return errorBody(21658);
  return { content, variables: Object.fromEntries(texts) };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Whether a template variable holds what WhatsApp refuses after Twilio has taken the message. */
export const breaksTemplatePolicy = (variables: Record<string, string>) =>
  Object.values(variables).some((value) => /[\n\r\t]| {5}/.test(value));

export const isWhatsApp = (address: string) => address.startsWith('whatsapp:');
const isPhone = (address: string) => /^\+[1-9]\d{6,14}$/.test(address) && isPossiblePhoneNumber(address);
const isUserId = (id: string) => /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(id);

/** Whether this can be somebody's address: a phone number, or on WhatsApp a business-scoped user id. */
export const isAddress = (address: string) => {
  const id = address.replace(/^whatsapp:/, '');
  return isPhone(id) || (isWhatsApp(address) && isUserId(id));
};

const isHttpUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** The JSON of one message. */
export const messageResource = (accountSid: string, message: MessageRecord) => {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt && rfc2822(message.sentAt),
    date_updated: rfc2822(message.updatedAt),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: message.errorMessage,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(message.numMedia),
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    tags: null,
    to: message.to,
    uri: `${uri}.json`,
  };
};

export const rfc2822 = (moment: Date) => moment.toUTCString().replace('GMT', '+0000');

/** One page of the log, newest first; a page token names the message before the page, so new ones shift nothing. */
export const listMessages = (accountSid: string, log: readonly MessageRecord[], query: URLSearchParams) => {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const pageSize = Math.min(1000, Math.max(1, Number(query.get('PageSize')) || 50));
  const page = Math.max(0, Number(query.get('Page')) || 0);
  const token = query.get('PageToken');

  const matching = log.filter((message) => fitsQuery(message, query)).reverse();
  const start = token ? matching.findIndex(({ sid }) => `PA${sid}` === token) + 1 : page * pageSize;
  const messages = matching.slice(start, start + pageSize);
  const last = messages.at(-1);
  const hasMore = start + messages.length < matching.length;

  const pageUri = (number: number, after: string | null) => {
    const filters = [...query].filter(([name]) => !['Page', 'PageSize', 'PageToken'].includes(name));
    const paging = [
      ['PageSize', String(pageSize)],
      ['Page', String(number)],
      ...(after ? [['PageToken', `PA${after}`]] : []),
    ];
    return `${path}?${new URLSearchParams([...filters, ...paging] as [string, string][])}`;
  };

  return {
    first_page_uri: pageUri(0, null),
    previous_page_uri: page > 0 ? pageUri(page - 1, matching[start - pageSize - 1]?.sid ?? null) : null,
    next_page_uri: hasMore && last ? pageUri(page + 1, last.sid) : null,
    uri: `${path}${query.size ? `?${query}` : ''}`,
    page,
    page_size: pageSize,
    start: page * pageSize,
    end: page * pageSize + Math.max(0, messages.length - 1),
    messages: messages.map((message) => messageResource(accountSid, message)),
  };
};

const fitsQuery = (message: MessageRecord, query: URLSearchParams) => {
  const wanted = (name: string) => query.get(name) || null;
  const to = wanted('To');
  const from = wanted('From');
  if (to && message.to !== to) return false;
  if (from && message.from !== from) return false;

  return [
    { value: wanted('DateSent'), fits: (order: number) => order === 0 },
    { value: wanted('DateSent<'), fits: (order: number) => order <= 0 },
    { value: wanted('DateSent>'), fits: (order: number) => order >= 0 },
  ].every(
    ({ value, fits }) => !value || (message.sentAt !== null && fits(compareMoment(message.sentAt, value))),
  );
};

// A date stands for its whole day. Twilio keeps seconds, so the milliseconds of either side don't count.
const compareMoment = (moment: Date, value: string) => {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const unitMs = isDay ? 86_400_000 : 1000;
  return Math.floor(moment.getTime() / unitMs) - Math.floor(Date.parse(value) / unitMs);
};
