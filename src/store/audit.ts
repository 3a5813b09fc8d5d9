import type { Queries } from './connections.ts';

export type NewAuditEntry = {
  id: string;
  /** Null: nobody who was signed in. */
  userId: string | null;
  userName: string;
  action: string;
  subject: string | null;
  details: Record<string, unknown>;
  address: string;
};
export type AuditEntry = NewAuditEntry & { seq: number; at: Date };

export type AuditFilter = {
  action?: string | undefined;
  userId?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
};

/** What was changed in the panel. Written in the transaction of the change; nothing changes or deletes it. */
export const audit = (trx: Queries, tenantId: string) => ({
  add: async (entry: NewAuditEntry): Promise<void> => {
    await trx('audit').insert({
      ...{ tenant_id: tenantId, id: entry.id, user_id: entry.userId, user_name: entry.userName },
      ...{ action: entry.action, subject: entry.subject, details: JSON.stringify(entry.details) },
      address: entry.address,
    });
  },

  /** When that was done last; null if never. */
  last: async (action: string): Promise<AuditEntry | null> => {
    const row = await trx('audit').where({ tenant_id: tenantId, action }).orderBy('seq', 'desc').first();
    return row ? fromRow(row) : null;
  },

  /** What was done to one thing by these actions, newest first, before that moment. */
  about: async (
    subject: string,
    actions: string[],
    page: { before: Date | null; limit: number },
  ): Promise<AuditEntry[]> => {
    const query = trx('audit')
      .where({ tenant_id: tenantId, subject })
      .whereIn('action', actions)
      .orderBy('seq', 'desc')
      .limit(page.limit);
    if (page.before) query.where('at', '<', page.before);
    return (await query).map(fromRow);
  },

  /** Newest first, before the number given. */
  list: async (
    filter: AuditFilter,
    page: { before: number | null; limit: number },
  ): Promise<AuditEntry[]> => {
    const query = trx('audit').where({ tenant_id: tenantId }).orderBy('seq', 'desc').limit(page.limit);
    if (filter.action) query.where({ action: filter.action });
    if (filter.userId) query.where({ user_id: filter.userId });
    if (filter.since) query.where('at', '>=', filter.since);
    if (filter.until) query.where('at', '<', filter.until);
    if (page.before !== null) query.where('seq', '<', page.before);
    return (await query).map(fromRow);
  },
});

const fromRow = (row: Record<string, never>): AuditEntry => ({
  ...{ id: row.id!, seq: row.seq!, at: row.at!, userId: row.user_id!, userName: row.user_name! },
  ...{ action: row.action!, subject: row.subject!, details: row.details!, address: row.address! },
});
