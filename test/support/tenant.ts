import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { encrypt, sha256 } from '../../src/crypto.ts';
import type { Store } from '../../src/store/store.ts';

export const testSecretKey = 's'.repeat(32);

export type TestTenant = {
  tenantId: string;
  slug: string;
  apiKey: string;
  /** Its WhatsApp sender; null if it was made without one. */
  channelId: string | null;
};

/** A tenant with an API key and, unless told otherwise, a WhatsApp channel of its own. */
export const createTenant = async (
  store: Store,
  options: { slug?: string; defaultCountry?: string; timeZone?: string; channel?: boolean } = {},
): Promise<TestTenant> => {
  const tenantId = randomUUID();
  const slug = options.slug ?? `tenant-${randomBytes(4).toString('hex')}`;
  const apiKey = `rbm_${randomBytes(16).toString('hex')}`;
  const channelId = options.channel === false ? null : randomUUID();
  await store.tenant(tenantId, async (tx) => {
    await tx.tenants.create({
      id: tenantId,
      slug,
      name: slug,
      timeZone: options.timeZone ?? 'UTC',
      locale: 'en',
      defaultCountry: options.defaultCountry ?? 'US',
      enabled: true,
    });
    await tx.apiKeys.add({ id: randomUUID(), label: 'test key', hash: sha256(apiKey) });
    if (!channelId) return;
    await tx.channels.save(
      {
        id: channelId,
        way: 'whatsapp',
        provider: 'simulator',
        address: `whatsapp:+1415${randomInt(1_000_000, 9_999_999)}`,
        accountSid: `AC${randomBytes(16).toString('hex')}`,
        credentials: encrypt(JSON.stringify({ authToken: 'test-token' }), testSecretKey),
        messagingServiceSid: null,
        messagesPerSecond: 80,
      },
      new Date(),
    );
  });
  return { tenantId, slug, apiKey, channelId };
};
