import type { Queries } from './connections.ts';

export const settings = (trx: Queries, tenantId: string) => ({
  /** What was set; the rest has its default. */
  get: async (): Promise<Record<string, unknown>> =>
    (await trx('settings').where({ tenant_id: tenantId }).first('data'))?.data ?? {},

  save: async (data: Record<string, unknown>): Promise<void> => {
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
});
