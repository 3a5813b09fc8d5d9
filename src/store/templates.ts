import type { Queries } from './connections.ts';

export type Template = { kind: string; locale: string; contentSid: string; variables: string[] };

export const templates = (trx: Queries, tenantId: string) => ({
  get: async (kind: string, locale: string): Promise<Template | null> => {
    const row = await trx('template').where({ tenant_id: tenantId, kind, locale }).first();
    return row
      ? { kind: row.kind, locale: row.locale, contentSid: row.content_sid, variables: row.variables }
      : null;
  },

  save: async (template: Template): Promise<void> => {
    await trx('template')
      .insert({
        tenant_id: tenantId,
        kind: template.kind,
        locale: template.locale,
        content_sid: template.contentSid,
        variables: JSON.stringify(template.variables),
      })
      .onConflict(['tenant_id', 'kind', 'locale'])
      .merge();
  },
});
