import { decrypt, encrypt } from './crypto.ts';
import type { Deps } from './deps.ts';

/**
 * Encrypts under the current key whatever the one before had encrypted, so that SECRET_KEY_PREVIOUS can go
 * after this start. One transaction per tenant; any number of processes may do it at once.
 */
export const sealAgain = async (deps: Deps): Promise<void> => {
  const { store, secretKeys, log } = deps;
  if (secretKeys.length < 2) return;
  let sealed = 0;
  let unreadable = 0;
  for (const tenantId of await store.gate.tenantIds()) {
    const counts = await store.tenant(tenantId, async (tx) => {
      const channels = await tx.channels.list();
      const answers = await Promise.all(
        channels.map(async ({ id, credentials }) => {
          const again = encryptAnew(credentials, secretKeys);
          if (again.kind === 'again') await tx.channels.reseal(id, credentials, again.sealed);
          return again.kind;
        }),
      );
      return {
        again: answers.filter((kind) => kind === 'again').length,
        unreadable: answers.filter((kind) => kind === 'unreadable').length,
      };
    });
    sealed += counts.again;
    unreadable += counts.unreadable;
  }
  if (sealed > 0) log.info({ event: 'secrets.sealed-again', count: sealed });
  if (unreadable > 0) log.error({ event: 'secrets.unreadable', count: unreadable, alarm: true });
};

/** The same under the current key, if an older one encrypted it. */
const encryptAnew = (
  sealed: string,
  secretKeys: string[],
): { kind: 'current' | 'unreadable' } | { kind: 'again'; sealed: string } => {
  const [current] = secretKeys as [string];
  if (opens(sealed, [current])) return { kind: 'current' };
  if (!opens(sealed, secretKeys)) return { kind: 'unreadable' };
  return { kind: 'again', sealed: encrypt(decrypt(sealed, secretKeys), current) };
};

const opens = (sealed: string, secretKeys: string[]): boolean => {
  try {
    decrypt(sealed, secretKeys);
    return true;
  } catch {
    return false;
  }
};
