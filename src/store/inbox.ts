import type { Queries } from './connections.ts';

export type Unread = {
  id: string;
  seq: number;
  channelId: string;
  conversationId: string;
  way: 'whatsapp' | 'sms';
  raw: Buffer;
  source: 'webhook' | 'spill' | 'catch-up';
  receivedAt: Date;
  failures: number;
  /** Whether no other was unread when it was taken. */
  isLast: boolean;
};

export const inbox = (trx: Queries, tenantId: string) => {
  // Written out, not parameters: those would keep a prepared statement from the index of unread messages.
  const unread = "tenant_id = $1 AND conversation_id = $2 AND direction = 'in' AND status = 'received'";

  return {
    /** The row number of the newest unread message; 0 if all are read. */
    newestUnread: async (conversationId: string): Promise<number> => {
      const [row] = await trx.rows<{ seq: number | null }>(
        `SELECT max(seq) AS seq FROM message WHERE ${unread}`,
        [tenantId, conversationId],
      );
      return row?.seq ?? 0;
    },

    /** The first unread message, in the order they were received. */
    takeNext: async (conversationId: string): Promise<Unread | null> => {
      const [row, following] = await trx.rows<Record<string, never>>(
        `SELECT * FROM message WHERE ${unread} ORDER BY received_at, seq LIMIT 2`,
        [tenantId, conversationId],
      );
      return row
        ? {
            id: row.id!,
            seq: row.seq!,
            channelId: row.channel_id!,
            conversationId: row.conversation_id!,
            way: row.way!,
            raw: row.raw!,
            source: row.source!,
            receivedAt: row.received_at!,
            failures: row.failures!,
            isLast: following === undefined,
          }
        : null;
    },

    /** All that is unread, in the order they were received. */
    unread: (conversationId: string): Promise<{ id: string; raw: Buffer }[]> =>
      trx.rows(`SELECT id, raw FROM message WHERE ${unread} ORDER BY received_at, seq`, [
        tenantId,
        conversationId,
      ]),

    /** Those of them that are unread belong to another conversation. */
    move: async (ids: string[], conversationId: string): Promise<void> => {
      await trx('message')
        .where({ tenant_id: tenantId, direction: 'in', status: 'received' })
        .whereIn('id', ids)
        .update({ conversation_id: conversationId });
    },

    /** Marks a message as dealt with, and says what it was. */
    finish: async (
      id: string,
      outcome: {
        status: 'processed' | 'failed' | 'disabled';
        technicianId: string | null;
        text: string | null;
        answeredBy: string | null;
        /** The orders it was about. */
        workOrderIds: string[];
      },
    ): Promise<void> => {
      await trx.rows(
        `WITH finished AS (
           UPDATE message SET status = $3, technician_id = $4, kind = 'command', text = $5, answered_by = $6
           WHERE tenant_id = $1 AND id = $2 RETURNING id
         )
         INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
         SELECT $1, finished.id, o.id, o.position - 1
         FROM finished, unnest($7::uuid[]) WITH ORDINALITY AS o(id, position)`,
        [
          ...[tenantId, id, outcome.status, outcome.technicianId, outcome.text, outcome.answeredBy],
          outcome.workOrderIds,
        ],
      );
    },

    /** Counts a failure of ours; answers how often it has failed. */
    failed: async (id: string): Promise<number> => {
      const [row] = await trx('message')
        .where({ tenant_id: tenantId, id })
        .update({ failures: trx.raw('failures + 1') })
        .returning('failures');
      return row?.failures ?? 0;
    },

    /** Whether a later message of the conversation has been dealt with already. */
    laterWasProcessed: async (conversationId: string, receivedAt: Date): Promise<boolean> =>
      (await trx('message')
        .where({ tenant_id: tenantId, conversation_id: conversationId, direction: 'in', status: 'processed' })
        .where('received_at', '>', receivedAt)
        .first('id')) !== undefined,

    /** Which of these provider ids were never stored on the channel. */
    unknownKeys: async (channelId: string, keys: Buffer[]): Promise<Buffer[]> => {
      const known = await trx('inbound_key')
        .where({ tenant_id: tenantId, channel_id: channelId })
        .whereIn('key', keys)
        .select('key');
      const seen = new Set(known.map((row) => row.key.toString('hex')));
      return keys.filter((key) => !seen.has(key.toString('hex')));
    },
  };
};
