import twilio from 'twilio';
import type { ContentCreateRequest } from 'twilio/lib/rest/content/v1/content.js';
import type { QuickReplyDefinition } from '../store/quick-replies.ts';
import type { ListedAtProvider, Outcome, Provider } from './provider.ts';
import { type Timing, timing } from './timing.ts';
import { twilioAccount } from './twilio-account.ts';
import { meaningOf } from './twilio-errors.ts';
import { fetchMedia } from './twilio-media.ts';
import { twilioTemplates } from './twilio-templates.ts';

export type TwilioAccount = {
  accountSid: string;
  authToken: string;
  apiKeySid?: string | null;
  apiKeySecret?: string | null;
};

const pauseAfterRefusedCredentialsMs = 60_000;

/** Sends and lists through Twilio's REST API; `baseUrl` stands for its hosts. */
export const createTwilio = (
  account: TwilioAccount,
  baseUrl: string | null,
  { callTimeoutMs }: Pick<Timing, 'callTimeoutMs'> = timing,
): Provider => {
  const { accountSid, authToken, apiKeySid, apiKeySecret } = account;
  const user = apiKeySid ?? accountSid;
  const password = apiKeySid ? (apiKeySecret ?? '') : authToken;
  const connect = (user: string, password: string) => {
    const client = twilio(user, password, {
      accountSid,
      timeout: callTimeoutMs,
      autoRetry: false,
      // The client would read TWILIO_REGION and TWILIO_EDGE by itself and rewrite the host.
      env: {},
    });
    if (baseUrl) {
      client.api.baseUrl = baseUrl;
      client.content.baseUrl = baseUrl;
      client.messaging.baseUrl = baseUrl;
    }
    return client;
  };
  const client = connect(user, password);

  return {
    send: async (message) => {
      try {
        const { sid } = await client.messages.create({
          from: message.from,
          to: message.to,
          ...(message.content
            ? {
                contentSid: message.content.sid,
                contentVariables: JSON.stringify(message.content.variables),
              }
            : { body: message.text }),
          statusCallback: message.statusCallback,
          ...(message.messagingServiceSid ? { messagingServiceSid: message.messagingServiceSid } : {}),
        });
        return sid ? { kind: 'accepted', id: sid } : { kind: 'unclear', text: 'an answer without an id' };
      } catch (error) {
        return outcomeOf(error);
      }
    },

    // Not by date: a message that has not left yet has no date_sent, and that filter would miss it.
    listSentTo: async (to, since) =>
      (await list({ to }, since)).filter(({ direction }) => direction === 'out'),

    listReceived: async (ours, since) =>
      (await list({ to: ours }, since)).filter(({ direction }) => direction === 'in'),

    media: (url, stopping) =>
      fetchMedia(
        url,
        { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, baseUrl },
        stopping,
      ),
    createContent: async (name, definition) => {
      try {
        const { sid } = await client.content.v1.contents.create(contentOf(name, definition));
        return sid ? { sid } : { sid: null, code: 'an answer without an id' };
      } catch (error) {
        const { code, status } = error as { status?: number; code?: number | string };
        return { sid: null, code: String(code ?? status ?? 'unknown') };
      }
    },
    templates: twilioTemplates(client),
    account: twilioAccount(client, apiKeySid ? connect(accountSid, authToken) : null, accountSid),
  };

  /** Newest first at Twilio, so the reading ends where `since` is passed. */
  async function list(filter: { to: string }, since: Date): Promise<ListedAtProvider[]> {
    const found: ListedAtProvider[] = [];
    let page = await client.messages.page({ ...filter, pageSize: 200 });
    for (;;) {
      for (const { sid, direction, from, to, body, status, dateCreated } of page.instances) {
        found.push({
          id: sid,
          direction: direction.startsWith('outbound') ? 'out' : 'in',
          from: from || null,
          to,
          text: body ?? '',
          status,
          createdAt: dateCreated,
        });
      }
      const oldest = found.at(-1);
      const next = oldest && oldest.createdAt >= since ? await page.nextPage() : undefined;
      if (!next) break;
      page = next as typeof page;
    }
    return found.filter(({ createdAt }) => createdAt >= since);
  }
};

// The client's types have other names than what it sends as it gets it.
const contentOf = (name: string, { body, buttons, variableCount }: QuickReplyDefinition) =>
  ({
    friendly_name: name,
    // Only approval asks for the language, and this is never submitted for it.
    language: 'en',
    // Shown in the place of a variable that is missing; none ever is.
    variables: Object.fromEntries(Array.from({ length: variableCount }, (_, at) => [String(at + 1), '-'])),
    types: {
      'twilio/quick-reply': {
        body,
        actions: buttons.map(({ title, id }) => ({ type: 'QUICK_REPLY', title, id })),
      },
    },
  }) as unknown as ContentCreateRequest;

// A connection that was never made cannot have carried the message.
const neverConnected = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

const outcomeOf = (error: unknown): Outcome => {
  const { status, code } = error as { status?: number; code?: number | string };
  if (status === 429) {
    return { kind: 'refused', code: String(code ?? 20429), text: meaningOf('20429').text, next: 'retry' };
  }
  if (status !== undefined && status >= 400 && status < 500 && typeof code === 'number') {
    const { next, text } = meaningOf(String(code));
    // Bad credentials are nobody's message's fault: the channel waits until they are mended.
    return status === 401 || code === 20003
      ? { kind: 'refused', code: String(code), text, next: 'retry', pauseMs: pauseAfterRefusedCredentialsMs }
      : { kind: 'refused', code: String(code), text, next };
  }
  if (typeof code === 'string' && neverConnected.includes(code)) {
    return { kind: 'refused', code: null, text: 'Twilio could not be reached', next: 'retry' };
  }
  // The error itself holds credentials and the text: only its kind may leave here.
  return {
    kind: 'unclear',
    text: `no clear answer (${status ?? (typeof code === 'string' ? code : 'unknown')})`,
  };
};
