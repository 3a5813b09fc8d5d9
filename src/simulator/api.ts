import type { Conversations } from './conversations.ts';
import type { Faults } from './faults.ts';
import {
  type ErrorBody,
  errorBody,
  listMessages,
  messageResource,
  notFound,
  readSendRequest,
} from './rest-api.ts';
import type { ToPhones } from './to-phones.ts';
import type { Account } from './webhooks.ts';

export type ApiRequest = {
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
export type RequestEntry = { at: Date; method: string; path: string; to: string | null; status: number };

/** Answers the REST calls of the product, and notes each. */
export const createApi = ({
  account,
  from,
  conversations,
  faults,
  accept,
  now,
}: {
  account: Account;
  from: string;
  conversations: Conversations;
  faults: Faults;
  accept: ToPhones['accept'];
  now: () => Date;
}) => {
  const requests: RequestEntry[] = [];

  const answer = (call: ApiRequest): ApiAnswer => {
    const given = answerCall(call);
    const status = given.kind === 'answer' ? given.status : 0;
    requests.push({ at: now(), method: call.method, path: call.path, to: call.params.get('To'), status });
    return given;
  };

  const answerCall = (call: ApiRequest): ApiAnswer => {
    const { method, path, authorization, accountSid, messageSid, params } = call;
    const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
    if (authorization !== `Basic ${credentials}`) return refused(errorBody(20003));
    if (accountSid !== account.accountSid) return refused(notFound(path));

    if (messageSid === null && method === 'POST') return create(params);
    if (method !== 'GET') return refused(notFound(path));
    if (messageSid === null) return answered(200, listMessages(accountSid, conversations.log, params));

    const message = conversations.message(messageSid);
    return message ? answered(200, messageResource(accountSid, message)) : refused(notFound(path));
  };

  const create = (params: URLSearchParams): ApiAnswer => {
    const to = params.get('To') ?? '';
    const address = conversations.findPhone(to)?.address ?? to;
    if (faults.take('too-many-requests', address)) return refused(errorBody(20429));

    const sending = readSendRequest(params, from);
    if ('code' in sending) return refused(sending);
    const refusal = faults.take('refuse', address, ({ by }) => by === 'post');
    if (refusal) return refused(errorBody(refusal.code!));

    const message = accept(sending);
    const resource = messageResource(account.accountSid, message);
    // The service picks its sender only after the answer.
    message.from = from;

    if (faults.take('error-after-accepting', address)) return refused(errorBody(20500));
    if (faults.take('timeout-after-accepting', address)) return { kind: 'silence' };
    if (faults.take('connection-reset-after-accepting', address)) return { kind: 'reset' };
    return answered(201, resource);
  };

  return { answer, requests: () => requests.map((entry) => ({ ...entry })) };
};

const answered = (status: number, body: unknown): ApiAnswer => ({ kind: 'answer', status, body });
const refused = (error: ErrorBody): ApiAnswer => answered(error.status, error);
