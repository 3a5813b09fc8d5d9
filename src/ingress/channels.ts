import { decrypt } from '../crypto.ts';
import type { Deps } from '../deps.ts';

export type KnownChannel = {
  tenantId: string;
  channelId: string;
  way: 'whatsapp' | 'sms';
  accountSid: string;
  /** Any of these may have signed: while a token is rotated the old one still does. */
  tokens: string[];
};

// No provider's is longer, and those of strangers are remembered too.
const maxAddressLength = 200;

export type ChannelDirectory = ReturnType<typeof createChannelDirectory>;

/**
 * The channels of all tenants in memory, by address, so that a webhook can be verified while Postgres is
 * away. Refreshed while Postgres answers; what is known never expires.
 */
export const createChannelDirectory = ({ store, secretKeys, log }: Deps) => {
  const known = new Map<string, KnownChannel>();
  const versions = new Map<string, number>();
  type Asked = { untilMs: number; answer: Promise<unknown> };
  const missing = new Map<string, Asked>();
  const askedAgain = new Map<string, Asked>();

  const learn = async (to: string | null) => {
    for (const { tenantId, channelId, updatedAt } of await store.gate.route(to)) {
      if (versions.get(channelId) === updatedAt.getTime()) continue;
      const channel = await store.tenant(tenantId, (tx) => tx.channels.get(channelId));
      // Nobody sends us webhooks about e-mail.
      if (!channel || channel.way === 'email') continue;
      try {
        const { authToken, authTokenSecondary } = JSON.parse(decrypt(channel.credentials, secretKeys));
        known.set(channel.address, {
          tenantId,
          channelId,
          way: channel.way,
          accountSid: channel.accountSid,
          tokens: [authToken, authTokenSecondary].filter((token) => typeof token === 'string'),
        });
        versions.set(channelId, updatedAt.getTime());
      } catch (error) {
        log.error({ event: 'channel.unreadable', channelId, reason: (error as Error).message });
      }
    }
  };

  /** Learns all channels. Rejects while Postgres is away. */
  const refresh = () => learn(null);

  /** The channel with that address. One just made is looked up; strangers' addresses at most once a minute. */
  const find = async (address: string, nowMs: number): Promise<KnownChannel | null> => {
    const found = known.get(address);
    if (found) return found;
    if (address.length > maxAddressLength) return null;
    let asked = missing.get(address);
    if (!asked || asked.untilMs <= nowMs) {
      if (missing.size > 10_000) missing.clear();
      const answer = learn(address).catch(() => void missing.delete(address));
      asked = { untilMs: nowMs + 60_000, answer };
      missing.set(address, asked);
    }
    // Those that come while it is asked wait for the same answer.
    await asked.answer;
    return known.get(address) ?? null;
  };

  /**
   * The channel again, if it may have changed since: asked for what its known tokens did not sign, ten times a second at most.
   * Null if nothing new is known of it.
   */
  const findAgain = async (address: string, nowMs: number): Promise<KnownChannel | null> => {
    const before = known.get(address);
    if (!before) return null;
    let asked = askedAgain.get(address);
    if (!asked || asked.untilMs <= nowMs) {
      // While Postgres is away what is known decides.
      asked = { untilMs: nowMs + 100, answer: learn(address).catch(() => {}) };
      askedAgain.set(address, asked);
    }
    await asked.answer;
    const now = known.get(address);
    return now && now !== before ? now : null;
  };

  return { refresh, find, findAgain, size: () => known.size };
};
