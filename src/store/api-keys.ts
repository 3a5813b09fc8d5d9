import type { Queries } from './connections.ts';

export const apiKeys = (trx: Queries, tenantId: string) => ({
  /** Stores a key by its SHA-256; one that is there already, revoked or not, stays as it is. */
  add: async (key: { id: string; label: string; hash: Buffer }): Promise<void> => {
    await trx('api_key')
      .insert({ tenant_id: tenantId, id: key.id, label: key.label, hash: key.hash })
      .onConflict('hash')
      .ignore();
  },

  any: async (): Promise<boolean> => (await trx('api_key').first('id')) !== undefined,

  label: async (id: string): Promise<string | null> =>
    (await trx('api_key').where({ tenant_id: tenantId, id }).first('label'))?.label ?? null,

  revoke: async (id: string, now: Date): Promise<boolean> =>
    (await trx('api_key')
      .where({ tenant_id: tenantId, id })
      .whereNull('revoked_at')
      .update({ revoked_at: now })) > 0,
});
