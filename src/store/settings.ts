import type { Queries } from './connections.ts';

export const settings = (trx: Queries, tenantId: string) => {
  const read = async (): Promise<Record<string, unknown>> =>
    (await trx('settings').where({ tenant_id: tenantId }).first('data'))?.data ?? {};
  // Asked for wherever somebody is told of something, often within one transaction.
  let known: ReturnType<typeof read> | null = null;

  return {
    /** What was set; the rest has its default. As the transaction saw it when it first asked. */
    get: (): Promise<Readonly<Record<string, unknown>>> => {
      known ??= read();
      return known;
    },

    save: async (data: Record<string, unknown>): Promise<void> => {
      known = null;
      await trx('settings')
        .insert({ tenant_id: tenantId, data: JSON.stringify(data) })
        .onConflict('tenant_id')
        .merge();
    },

    /** The ids of who is on call, in the order they are to be called. */
    onCall: async (): Promise<string[]> => {
      const { rows } = await trx.raw(
        `SELECT t.id FROM settings s, jsonb_array_elements_text(s.data->'onCall') WITH ORDINALITY AS o(external_id, place)
       JOIN technician t ON t.tenant_id = :tenantId AND t.external_id = o.external_id
       WHERE s.tenant_id = :tenantId ORDER BY o.place`,
        { tenantId },
      );
      return rows.map((row: { id: string }) => row.id);
    },
  };
};
