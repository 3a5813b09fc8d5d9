import { newApiKey } from './api-key.ts';
import { sha256 } from './crypto.ts';
import type { Deps } from './deps.ts';
import { type DescribedChannel, retireOthers, saveChannel } from './sender.ts';
import type { StoredChannel } from './store/channels.ts';
import type { Tx } from './store/store.ts';

/**
 * Makes what the environment describes real: tenant `default`, its channels and its API key. Writes only
 * what differs, so that any number of processes may start at once. Answers a key that was generated now.
 */
export const ensureDefaultTenant = async (
  deps: Deps,
  described: {
    channels: DescribedChannel[];
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
        for (const channel of described.channels) await saveChannel(tx, deps, channel);
        // Without a WhatsApp sender named now, only a simulated one is known to be gone.
        const isGone = ({ way, provider }: StoredChannel) => way !== 'whatsapp' || provider === 'simulator';
        await retireOthers(tx, deps, described.channels, isGone);
        const generatedKey =
          described.generateKey && !described.apiKey && !(await tx.apiKeys.any()) ? newApiKey() : null;
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
