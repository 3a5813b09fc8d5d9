import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, sha256 } from './crypto.ts';
import type { Deps } from './deps.ts';
import type { StoredChannel } from './store/channels.ts';
import type { Tx } from './store/store.ts';

/** The sender the environment describes; credentials in the clear. */
export type DescribedChannel = Pick<
  StoredChannel,
  'provider' | 'address' | 'accountSid' | 'messagingServiceSid' | 'messagesPerSecond'
> & {
  credentials: {
    authToken: string;
    authTokenSecondary?: string | null;
    apiKeySid?: string | null;
    apiKeySecret?: string | null;
  };
};

/**
 * Makes what the environment describes real: tenant `default`, its channel and its API key. Writes only
 * what differs, so that any number of processes may start at once. Answers a key that was generated now.
 */
export const ensureDefaultTenant = async (
  deps: Deps,
  described: {
    channel: DescribedChannel | null;
    apiKey: string | null;
    /** Make a key if the tenant has none. */
    generateKey: boolean;
    defaultCountry: string;
  },
  also: (tx: Tx) => Promise<void> = async () => {},
): Promise<{ tenantId: string; generatedKey: string | null }> => {
  const { store, newId } = deps;
  let made: { tenantId: string; generatedKey: string | null } | null = null;
  while (!made) {
    const held = await store.gate.withLock('rbm default tenant', async () => {
      const [existing] = await store.gate.tenantIds('default');
      const tenantId = existing ?? newId();
      made = await store.tenant(tenantId, async (tx) => {
        if (!existing) {
          await tx.tenants.create({
            id: tenantId,
            slug: 'default',
            name: 'Default',
            timeZone: 'UTC',
            locale: 'en',
            defaultCountry: described.defaultCountry,
            enabled: true,
          });
        } else if ((await tx.tenants.get())?.defaultCountry !== described.defaultCountry) {
          await tx.tenants.setDefaultCountry(described.defaultCountry);
        }
        if (described.channel) await saveChannel(tx, deps, described.channel);
        await retireOthers(tx, deps, described.channel);
        const generatedKey =
          described.generateKey && !described.apiKey && !(await tx.apiKeys.any())
            ? `rbm_${randomBytes(24).toString('base64url')}`
            : null;
        const key = described.apiKey ?? generatedKey;
        if (key) await tx.apiKeys.add({ id: newId(), label: 'environment', hash: sha256(key) });
        await also(tx);
        return { tenantId, generatedKey };
      });
    });
    // Another process is at it.
    if (!held) await new Promise((done) => setTimeout(done, 100));
  }
  return made;
};

const saveChannel = async (tx: Tx, { secretKeys, now, newId }: Deps, described: DescribedChannel) => {
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
      way: wayOf(described.address),
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

/** What the environment named before. Without any sender named now, only a simulated one is known to be gone. */
const retireOthers = async (tx: Tx, { now }: Deps, described: DescribedChannel | null) => {
  for (const { id, address, way, provider, retiredAt } of await tx.channels.list()) {
    const isGone = described
      ? way === wayOf(described.address) && address !== described.address
      : provider === 'simulator';
    if (isGone && !retiredAt) await tx.channels.retire(id, now());
  }
};

const wayOf = (address: string) => (address.startsWith('whatsapp:') ? 'whatsapp' : 'sms');

/** Under the current key only: what an older one encrypted is written anew. */
const decryptsTo = (sealed: string, plain: string, [current]: string[]): boolean => {
  try {
    return decrypt(sealed, [current!]) === plain;
  } catch {
    return false;
  }
};
