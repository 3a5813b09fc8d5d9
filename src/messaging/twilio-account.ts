import type { Twilio } from 'twilio';
import type { AccountAtProvider } from './provider.ts';
import { telling } from './twilio-templates.ts';

// An account has 50 senders at most.
const mostSenders = 100;

/**
 * The account, its WhatsApp senders and its messaging services, through Twilio's REST API. `owner`: with the auth
 * token, where `client` sends with an API key; a standard key may not read the account.
 */
export const twilioAccount = (
  client: Twilio,
  owner: Twilio | null,
  accountSid: string,
): AccountAtProvider => ({
  account: () =>
    telling(async () => {
      // It holds the auth token as well: only these two may leave here.
      const { status, type } = await (owner ?? client).api.v2010.accounts(accountSid).fetch();
      return { kind: 'found', status: String(status), isTrial: type === 'Trial' };
    }),

  sendingKey: async () =>
    owner === null
      ? null
      : telling(async () => {
          await client.messages.page({ pageSize: 1 });
          return { kind: 'found' };
        }),

  sender: (address) =>
    telling(async () => {
      const senders = await client.messaging.v2.channelsSenders.list({
        ...{ channel: 'whatsapp', pageSize: mostSenders, limit: mostSenders },
      });
      const found = senders.find(({ senderId }) => senderId === address);
      if (!found) {
        const others = senders.map(({ senderId }) => senderId.replace(/^whatsapp:/, ''));
        return { kind: 'not-among', others };
      }
      return {
        ...{ kind: 'found', status: String(found.status) },
        reasons: (found.offlineReasons ?? []).flatMap(({ message }) => message ?? []),
        inboundUrl: found.webhook?.callbackUrl || null,
      };
    }),

  messagingService: (sid, address) =>
    telling(async () => {
      const service = client.messaging.v1.services(sid);
      const { inboundRequestUrl, useInboundWebhookOnNumber } = await service.fetch();
      const senders = await service.channelSenders.list({ pageSize: mostSenders, limit: mostSenders });
      return {
        kind: 'found',
        holdsSender: senders.some(({ sender }) => sender === address),
        inboundUrl: useInboundWebhookOnNumber ? null : inboundRequestUrl || null,
      };
    }),
});
