import { decrypt } from '../crypto.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Provider } from './provider.ts';
import type { Timing } from './timing.ts';
import { createTwilio } from './twilio.ts';

/** The provider of a channel. Kept per channel until its credentials change. */
export type ProviderOf = (channel: StoredChannel) => Provider;

/** `baseUrls`: where each provider's API stands, if not at its own hosts. */
export const createProviders = (
  secretKeys: string[],
  baseUrls: { twilio: string | null; simulator: string | null },
  timing?: Pick<Timing, 'callTimeoutMs'>,
): ProviderOf => {
  const made = new Map<string, { credentials: string; provider: Provider }>();
  return (channel) => {
    const before = made.get(channel.id);
    if (before?.credentials === channel.credentials) return before.provider;
    const { authToken, apiKeySid, apiKeySecret } = JSON.parse(decrypt(channel.credentials, secretKeys));
    const provider = createTwilio(
      { accountSid: channel.accountSid, authToken, apiKeySid, apiKeySecret },
      baseUrls[channel.provider],
      timing,
    );
    made.set(channel.id, { credentials: channel.credentials, provider });
    return provider;
  };
};
