import { approvalResource, type Content, type Contents, contentResource, listContents } from './contents.ts';
import type { Conversations, StoredMessage } from './conversations.ts';
import type { Faults } from './faults.ts';
import { listMedia, type MediaStore, mediaResource } from './media.ts';
import {
  type ErrorBody,
  errorBody,
  isWhatsApp,
  listMessages,
  messageResource,
  notFound,
  readSendRequest,
} from './rest-api.ts';
import {
  accountResource,
  listSenders,
  listServiceSenders,
  serviceOf,
  serviceResource,
  whatsappSender,
} from './senders.ts';
import type { ToPhones } from './to-phones.ts';
import type { Account } from './webhooks.ts';

export type ApiRequest = {
  method: string;
  /** From the root of Twilio's host on, whichever of its hosts that is. */
  path: string;
  authorization: string | undefined;
  /** Of the form, or of the query when there is none. */
  params: URLSearchParams;
  /** Of a JSON body; undefined when there is none that can be read. */
  json?: unknown;
};

/** An answer to give, or what the caller lives through instead. */
export type ApiAnswer =
  /** Body null: none. */
  | { kind: 'answer'; status: number; body: unknown; location?: string }
  | { kind: 'silence' }
  | { kind: 'reset' };

/** One REST call; status 0 when the caller got no answer. */
export type RequestEntry = { at: Date; method: string; path: string; to: string | null; status: number };

/** Answers the REST calls of the product, and notes each. */
export const createApi = ({
  account,
  senderFor,
  baseUrl,
  conversations,
  contents,
  media,
  faults,
  accept,
  onTyping,
  incomingUrl,
  now,
}: {
  account: Account;
  senderFor: (address: string) => string | null;
  baseUrl: () => string;
  conversations: Conversations;
  contents: Contents;
  media: MediaStore;
  faults: Faults;
  accept: ToPhones['accept'];
  onTyping: (message: StoredMessage) => void;
  /** Where the sender posts what comes in. */
  incomingUrl: string;
  now: () => Date;
}) => {
  const { accountSid } = account;
  const requests: RequestEntry[] = [];
  const senderResource = () => whatsappSender(baseUrl(), senderFor('whatsapp:')!, incomingUrl);

  const answer = (call: ApiRequest): ApiAnswer => {
    const given = answerCall(call);
    const status = given.kind === 'answer' ? given.status : 0;
    requests.push({ at: now(), method: call.method, path: call.path, to: call.params.get('To'), status });
    return given;
  };

  const answerCall = (call: ApiRequest): ApiAnswer => {
    const credentials = Buffer.from(`${accountSid}:${account.authToken}`).toString('base64');
    if (call.authorization !== `Basic ${credentials}`) return refused(errorBody(20003));

    for (const { method, pattern, handler } of routes) {
      const ids = call.method === method && pattern.exec(call.path)?.slice(1);
      if (ids) return handler(call, ...ids) ?? refused(notFound(call.path));
    }
    return refused(notFound(call.path));
  };

  const create = ({ params }: ApiRequest): ApiAnswer => {
    const to = params.get('To') ?? '';
    const address = conversations.findPhone(to)?.address ?? to;
    if (faults.take('too-many-requests', address)) return refused(errorBody(20429));

    const sending = readSendRequest(params, senderFor, contents.find);
    if ('code' in sending) return refused(sending);
    // A long code knows at once; a messaging service only once it has taken the message.
    if (!isWhatsApp(to) && conversations.findPhone(to)?.isOptedOutOfSms) return refused(errorBody(21610));
    const refusal = faults.take('refuse', address, ({ by }) => by === 'post');
    if (refusal) return refused(errorBody(refusal.code!));

    const message = accept(sending);
    const resource = messageResource(accountSid, message);
    // The service picks its sender only after the answer.
    message.from = senderFor(to);

    if (faults.take('error-after-accepting', address)) return refused(errorBody(20500));
    if (faults.take('timeout-after-accepting', address)) return { kind: 'silence' };
    if (faults.take('connection-reset-after-accepting', address)) return { kind: 'reset' };
    return answered(201, resource);
  };

  const fetchMedia: Handler = (_, messageSid = '', sid = '') => {
    const file = media.find(messageSid, sid);
    const location = file && media.link(file);
    return location ? { kind: 'answer', status: 307, body: null, location } : null;
  };

  const showTyping = ({ params }: ApiRequest) => {
    const message = conversations.message(params.get('messageId') ?? '');
    if (message?.direction !== 'inbound') return null;
    onTyping(message);
    return answered(200, { success: true });
  };

  const createContent = ({ json }: ApiRequest) => {
    const content = contents.create(json);
    return 'code' in content ? refused(content) : answered(201, describe(content));
  };

  const describe = (content: Content) => contentResource(accountSid, baseUrl(), content);

  const ofContent =
    (answerFor: (content: Content, call: ApiRequest) => ApiAnswer): Handler =>
    (call, sid = '') => {
      const content = contents.find(sid);
      return content && answerFor(content, call);
    };

  const submit = (content: Content, { json }: ApiRequest) => {
    const fault = contents.submit(content, json);
    return fault ? refused(fault) : answered(201, approvalResource(content, 'received'));
  };

  const approvals = (content: Content) =>
    answered(200, {
      sid: content.sid,
      account_sid: accountSid,
      url: `${baseUrl()}/v1/Content/${content.sid}/ApprovalRequests`,
      whatsapp: { type: 'whatsapp', ...approvalResource(content) },
    });

  const ofService =
    (answerFor: (sid: string) => ApiAnswer): Handler =>
    (_, sid = '') =>
      sid === serviceOf(accountSid) ? answerFor(sid) : null;

  const messages = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const routes = [
    route('POST', `${messages}.json`, create),
    route('GET', `${messages}.json`, ({ params }) =>
      answered(200, listMessages(accountSid, conversations.log, params)),
    ),
    route('GET', `${messages}/:sid.json`, (_, sid = '') => {
      const message = conversations.message(sid);
      return message && answered(200, messageResource(accountSid, message));
    }),
    route('GET', `${messages}/:sid/Media.json`, (_, sid = '') =>
      conversations.message(sid) ? answered(200, listMedia(accountSid, sid, media.of(sid))) : null,
    ),
    route('GET', `${messages}/:sid/Media/:sid`, fetchMedia),
    route('GET', `${messages}/:sid/Media/:sid.json`, (_, messageSid = '', sid = '') => {
      const file = media.find(messageSid, sid);
      return file && answered(200, mediaResource(accountSid, file));
    }),
    route('DELETE', `${messages}/:sid/Media/:sid.json`, (_, messageSid = '', sid = '') =>
      media.remove(messageSid, sid) ? answered(204, null) : null,
    ),
    route('GET', `/2010-04-01/Accounts/${accountSid}.json`, () => answered(200, accountResource(account))),
    route('GET', '/v2/Channels/Senders', ({ params }) =>
      params.get('Channel') === 'whatsapp'
        ? answered(200, listSenders(baseUrl(), senderResource()))
        : refused(errorBody(20001)),
    ),
    route(
      'GET',
      '/v1/Services/:sid',
      ofService((sid) => answered(200, serviceResource(accountSid, baseUrl(), sid))),
    ),
    route(
      'GET',
      '/v1/Services/:sid/ChannelSenders',
      ofService((sid) =>
        answered(200, listServiceSenders(accountSid, baseUrl(), sid, senderFor('whatsapp:')!)),
      ),
    ),
    route('POST', '/v2/Indicators/Typing.json', showTyping),
    route('POST', '/v1/Content', createContent),
    route('GET', '/v1/Content', ({ params }) =>
      answered(200, listContents(accountSid, baseUrl(), contents.all(), params)),
    ),
    route(
      'GET',
      '/v1/Content/:sid',
      ofContent((content) => answered(200, describe(content))),
    ),
    route('DELETE', '/v1/Content/:sid', (_, sid = '') => (contents.remove(sid) ? answered(204, null) : null)),
    route('POST', '/v1/Content/:sid/ApprovalRequests/whatsapp', ofContent(submit)),
    route('GET', '/v1/Content/:sid/ApprovalRequests', ofContent(approvals)),
  ];

  return { answer, requests: () => requests.map((entry) => ({ ...entry })) };
};

/** Nothing: what the path names is not there. */
type Handler = (call: ApiRequest, ...ids: string[]) => ApiAnswer | null | undefined;

const route = (method: string, path: string, handler: Handler) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:sid/g, '([A-Z]{2}[0-9a-fA-F]{32})')}$`),
  handler,
});

const answered = (status: number, body: unknown): ApiAnswer => ({ kind: 'answer', status, body });
const refused = (error: ErrorBody): ApiAnswer => answered(error.status, error);
