import { decrypt } from '../crypto.ts';
import type { StoredChannel } from '../store/channels.ts';
import { noAccount, noTemplates, type Provider } from './provider.ts';
import { createSmtp } from './smtp.ts';
import type { Timing } from './timing.ts';
import { createTwilio } from './twilio.ts';

/** The provider of a channel. Kept per channel until its credentials change. */
export type ProviderOf = (channel: StoredChannel) => Provider;

/**
 * `baseUrls`: where each provider's API stands, if not at its own hosts. The simulator has none: null where it
 * does not run.
 */
export const createProviders = (
  secretKeys: string[],
  baseUrls: { twilio: string | null; simulator: string | null },
  timing?: Pick<Timing, 'callTimeoutMs'>,
): ProviderOf => {
  const made = new Map<string, { credentials: string; provider: Provider }>();
  const read = ({ credentials }: StoredChannel, isMade: boolean): string | null => {
    try {
      return decrypt(credentials, secretKeys);
    } catch (error) {
      // A process with a newer key has encrypted it anew, while this one is about to be replaced.
      if (isMade) return null;
      throw error;
    }
  };
  const open = (channel: StoredChannel, credentials: Record<string, string | undefined>): Provider => {
    if (channel.provider === 'smtp') return createSmtp(credentials.smtpUrl!, timing);
    const { authToken, apiKeySid, apiKeySecret } = credentials;
    return createTwilio(
      {
        accountSid: channel.accountSid,
        authToken: authToken!,
        apiKeySid: apiKeySid ?? null,
        apiKeySecret: apiKeySecret ?? null,
      },
      baseUrls[channel.provider],
      timing,
    );
  };
  return (channel) => {
    if (channel.provider === 'simulator' && baseUrls.simulator === null) return noSimulator;
    const before = made.get(channel.id);
    if (before?.credentials === channel.credentials) return before.provider;
    const credentials = read(channel, before !== undefined);
    if (credentials === null) return before!.provider;
    const provider = open(channel, JSON.parse(credentials));
    made.set(channel.id, { credentials: channel.credentials, provider });
    return provider;
  };
};

/** In its place: its invented credentials are no business of the real Twilio. */
const noSimulator: Provider = {
  send: async () => ({ kind: 'refused', code: null, text: 'the simulator does not run here', next: 'stop' }),
  listSentTo: async () => [],
  listReceived: async () => [],
  media: async () => ({ kind: 'refused', problem: 'the simulator does not run here' }),
  createContent: async () => ({ sid: null, code: 'no simulator' }),
  templates: noTemplates('no simulator'),
  account: noAccount('no simulator'),
};
