import { newApiKey } from '../api-key.ts';
import { sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import type { StoredApiKey } from '../store/api-keys.ts';
import type { Tx } from '../store/store.ts';
import { text } from './fields.ts';

export const apiKeyShape = {
  label: text(1, 100).meta({ description: 'Who uses it; named as the actor of its changes' }),
};

/** Makes a key, answered in the clear this once. `by`: who asked for it. */
export const makeApiKey = async (
  tx: Tx,
  { newId, log }: Pick<Deps, 'newId' | 'log'>,
  label: string,
  by: string,
): Promise<{ made: StoredApiKey; key: string }> => {
  const key = newApiKey();
  const id = newId();
  await tx.apiKeys.add({ id, label, hash: sha256(key) });
  log.info({ event: 'api-key.made', keyId: id, by });
  return { made: (await tx.apiKeys.get(id))!, key };
};

/** Revokes a key for good; null if there is none, and `last` if nobody could come in without it. */
export const revokeApiKey = async (
  tx: Tx,
  { now, log }: Pick<Deps, 'now' | 'log'>,
  id: string,
  by: string | null,
): Promise<StoredApiKey | 'last' | null> => {
  // One at a time, so that two keys cannot revoke each other.
  await tx.tenants.lock('api keys');
  const found = await tx.apiKeys.get(id);
  if (!found || found.revokedAt) return found;
  if (!(await tx.apiKeys.anyUsableBut(id))) return 'last';
  await tx.apiKeys.revoke(id, now());
  log.info({ event: 'api-key.revoked', keyId: id, by });
  return tx.apiKeys.get(id);
};
