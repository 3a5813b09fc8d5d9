import type { Queries } from './connections.ts';

export type StoredApiKey = { id: string; label: string; createdAt: Date; revokedAt: Date | null };

export const apiKeys = (trx: Queries, tenantId: string) => {
  const rows = () => trx('api_key').where({ tenant_id: tenantId });

  return {
    /** Stores a key by its SHA-256; one that is there already, revoked or not, stays as it is. */
    add: async (key: { id: string; label: string; hash: Buffer }): Promise<void> => {
      await trx('api_key')
        .insert({ tenant_id: tenantId, id: key.id, label: key.label, hash: key.hash })
        .onConflict('hash')
        .ignore();
    },

    any: async (): Promise<boolean> => (await trx('api_key').first('id')) !== undefined,

    label: async (id: string): Promise<string | null> =>
      (await rows().where({ id }).first('label'))?.label ?? null,

    get: async (id: string): Promise<StoredApiKey | null> => {
      const row = await rows().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** By id, after the one given. */
    list: async (page: { after: string | null; limit: number }): Promise<StoredApiKey[]> => {
      const query = rows().orderBy('id').limit(page.limit);
      if (page.after !== null) query.where('id', '>', page.after);
      return (await query).map(fromRow);
    },

    /** Whether somebody could still come in without that key. */
    anyUsableBut: async (id: string): Promise<boolean> =>
      (await rows().whereNull('revoked_at').whereNot({ id }).first('id')) !== undefined,

    revoke: async (id: string, now: Date): Promise<boolean> =>
      (await rows().where({ id }).whereNull('revoked_at').update({ revoked_at: now })) > 0,
  };
};

const fromRow = (row: Record<string, never>): StoredApiKey => ({
  id: row.id!,
  label: row.label!,
  createdAt: row.created_at!,
  revokedAt: row.revoked_at!,
});
