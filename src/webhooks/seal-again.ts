import { decrypt } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import type { StoredSecret } from '../store/webhook-endpoints.ts';
import { seal } from './secrets.ts';

/** Encrypts webhook secrets under the current key that an earlier one encrypted, so that SECRET_KEY_PREVIOUS can go. */
export const sealWebhookSecretsAgain = async ({ store, secretKeys, log }: Deps): Promise<void> => {
  if (secretKeys.length < 2) return;
  for (const tenantId of await store.gate.tenantIds()) {
    await store.tenant(tenantId, async (tx) => {
      for (const { key } of await tx.webhookEndpoints.list({ after: null, limit: 10_000 })) {
        const endpoint = (await tx.webhookEndpoints.lock(key))!;
        try {
          const secrets = endpoint.secrets.map((secret) => sealedAgain(secret, secretKeys));
          if (secrets.some(({ sealed }, index) => sealed !== endpoint.secrets[index]!.sealed))
            await tx.webhookEndpoints.update({ ...endpoint, secrets });
        } catch (error) {
          const reason = (error as Error).message;
          log.error({ event: 'webhook.unsigned', alarm: true, endpointId: endpoint.id, reason });
        }
      }
    });
  }
};

const sealedAgain = (secret: StoredSecret, secretKeys: string[]): StoredSecret => {
  try {
    decrypt(secret.sealed, secretKeys.slice(0, 1));
    return secret;
  } catch {
    // Encrypted under an earlier key, or one that nobody has.
    return { ...secret, sealed: seal(decrypt(secret.sealed, secretKeys), secretKeys) };
  }
};
