import { decrypt, encrypt } from './crypto.ts';
import type { Deps } from './deps.ts';
import type { StoredChannel } from './store/channels.ts';
import type { Tx } from './store/store.ts';

/** A sender as the environment or the operator describes it; credentials in the clear. */
export type DescribedChannel = Pick<
  StoredChannel,
  'way' | 'provider' | 'address' | 'accountSid' | 'messagingServiceSid' | 'messagesPerSecond'
> & { credentials: Credentials };

/** What a channel keeps encrypted: of Twilio, or of a mail server. */
type Credentials = TwilioTokens | { smtpUrl: string };

export type TwilioTokens = {
  authToken: string;
  authTokenSecondary?: string | null;
  apiKeySid?: string | null;
  apiKeySecret?: string | null;
};

/** Makes it a channel of the tenant's; writes only what differs. */
export const saveChannel = async (tx: Tx, { secretKeys, now, newId }: Deps, described: DescribedChannel) => {
  const plain = JSON.stringify(described.credentials);
  const there = (await tx.channels.list()).find(({ address }) => address === described.address);
  const same =
    there &&
    there.retiredAt === null &&
    there.accountSid === described.accountSid &&
    there.provider === described.provider &&
    there.messagingServiceSid === described.messagingServiceSid &&
    there.messagesPerSecond === described.messagesPerSecond &&
    decryptsTo(there.credentials, plain, secretKeys);
  if (same) return;
  await tx.channels.save(
    {
      id: newId(),
      way: described.way,
      provider: described.provider,
      address: described.address,
      accountSid: described.accountSid,
      credentials: encrypt(plain, secretKeys[0]!),
      messagingServiceSid: described.messagingServiceSid,
      messagesPerSecond: described.messagesPerSecond,
    },
    now(),
  );
};

/** Retires what those described replace, way by way; of a way without one, those that are known to be gone. */
export const retireOthers = async (
  tx: Tx,
  { now }: Deps,
  described: DescribedChannel[],
  isGoneWithout: (channel: StoredChannel) => boolean,
) => {
  for (const channel of await tx.channels.list()) {
    const successor = described.find(({ way }) => way === channel.way);
    const isGone = successor ? successor.address !== channel.address : isGoneWithout(channel);
    if (isGone && !channel.retiredAt) await tx.channels.retire(channel.id, now());
  }
};

/** Under the current key only: what an older one encrypted is written anew. */
const decryptsTo = (sealed: string, plain: string, [current]: string[]): boolean => {
  try {
    return decrypt(sealed, [current!]) === plain;
  } catch {
    return false;
  }
};
