import { derive } from '../crypto.ts';
import type { Kind } from '../seal-again.ts';
import type { Tx } from '../store/store.ts';

/** Signs cookies and encrypts second factors. What an earlier SECRET_KEY encrypted can be read under its own number. */
export const panelSecrets = (secretKeys: string[]) =>
  secretKeys.map((secretKey) => ({
    version: Number.parseInt(derive(secretKey, 'admin panel number').slice(0, 8), 16),
    value: derive(secretKey, 'admin panel'),
  }));

/** The keys as better-auth's own encryption takes them. */
export const sealingKeys = (secretKeys: string[]) => {
  const secrets = panelSecrets(secretKeys);
  return {
    currentVersion: secrets[0]!.version,
    keys: new Map(secrets.map(({ version, value }) => [version, value])),
  };
};

/** Encrypts second factors under the current key that are under the one before. */
export const resealFactors = async (tx: Tx, secretKeys: string[]): Promise<Kind[]> => {
  const kinds: Kind[] = [];
  const key = sealingKeys(secretKeys);
  for (const was of await tx.panelUsers.sealedSecrets()) {
    if ([was.secret, was.backupCodes].every((sealed) => sealed.startsWith(`$ba$${key.currentVersion}$`))) {
      kinds.push('current');
      continue;
    }
    // Only now: it takes a moment to load, and most have nothing to seal.
    const { symmetricDecrypt, symmetricEncrypt } = await import('better-auth/crypto');
    const anew = async (data: string) =>
      symmetricEncrypt({ key, data: await symmetricDecrypt({ key, data }) });
    try {
      const [secret, backupCodes] = [await anew(was.secret), await anew(was.backupCodes)];
      await tx.panelUsers.reseal(was, { secret, backupCodes });
      kinds.push('again');
    } catch {
      // No key of ours opens it.
      kinds.push('unreadable');
    }
  }
  return kinds;
};
