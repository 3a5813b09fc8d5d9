import { randomBytes } from 'node:crypto';
import { newApiKey } from './api-key.ts';
import { sha256 } from './crypto.ts';
import type { Deps } from './deps.ts';
import { type DescribedChannel, retireOthers, saveChannel } from './sender.ts';
import type { StoredChannel } from './store/channels.ts';
import type { Tx } from './store/store.ts';

type Administrator = { email: string; password: string };
type MadeTenant = {
  tenantId: string;
  generatedKey: string | null;
  generatedAdmin: Administrator | null;
};

/**
 * Makes what the environment describes real: tenant `default`, its channels and its API key and its first
 * administrator. Writes only what differs, so that any number of processes may start at once. Answers what was
 * generated now.
 */
export const ensureDefaultTenant = async (
  deps: Deps,
  described: {
    channels: DescribedChannel[];
    apiKey: string | null;
    /** Who may administer its panel; somebody of that address stays as they are. */
    admin: Administrator | null;
    /** Make a key, and an administrator, if the tenant has none. */
    generate: boolean;
    defaultCountry: string;
  },
  also: (tx: Tx) => Promise<void> = async () => {},
): Promise<MadeTenant> => {
  const { store, newId } = deps;
  let made: MadeTenant | null = null;
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
          described.generate && !described.apiKey && !(await tx.apiKeys.any()) ? newApiKey() : null;
        const key = described.apiKey ?? generatedKey;
        if (key) await tx.apiKeys.add({ id: newId(), label: 'environment', hash: sha256(key) });
        const generatedAdmin =
          described.generate && !described.admin && !(await tx.panelUsers.any())
            ? { email: 'admin@example.com', password: randomBytes(15).toString('base64url') }
            : null;
        await addAdministrator(tx, deps, described.admin ?? generatedAdmin);
        await also(tx);
        return { tenantId, generatedKey, generatedAdmin };
      });
    });
    // Another process is at it.
    if (!held) await new Promise((done) => setTimeout(done, 100));
  }
  return made;
};

const addAdministrator = async (tx: Tx, deps: Deps, administrator: Administrator | null) => {
  // Whoever is there may have another password by now, or another role.
  if (!administrator || (await tx.panelUsers.byEmail(administrator.email))) return;
  const { addUser } = await import('./admin/users.ts');
  const name = administrator.email.split('@', 1)[0]!;
  const id = await addUser(tx, deps, { ...administrator, name, role: 'administrator' });
  await tx.audit.add({
    ...{ id: deps.newId(), userId: id, userName: 'The start', action: 'user.added' },
    ...{ subject: administrator.email, details: { role: 'administrator' }, address: 'the environment' },
  });
};
