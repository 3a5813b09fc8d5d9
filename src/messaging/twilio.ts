import twilio from 'twilio';
import type { ListedAtProvider, Outcome, Provider } from './provider.ts';
import { type Timing, timing } from './timing.ts';
import { meaningOf } from './twilio-errors.ts';

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
  const client = twilio(apiKeySid ?? accountSid, apiKeySid ? (apiKeySecret ?? '') : authToken, {
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

  return {
    send: async (message) => {
      try {
        const { sid } = await client.messages.create({
          from: message.from,
          to: message.to,
          body: message.text,
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
