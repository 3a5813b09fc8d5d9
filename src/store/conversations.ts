import type { Queries } from './connections.ts';

export type Conversation = {
  id: string;
  channelId: string;
  technicianId: string | null;
  lastInboundAt: Date | null;
  strangerAnsweredAt: Date | null;
};

export const conversations = (trx: Queries, tenantId: string) => {
  const rows = () => trx('conversation').where({ tenant_id: tenantId });

  return {
    /** Locks the conversation, so that one drain at a time works on it; null if it is not this tenant's. */
    lock: async (id: string): Promise<Conversation | null> => {
      // Not FOR UPDATE: a message written beside would wait for its foreign key's sake.
      const [row] = await trx.rows<Record<string, never>>(
        'SELECT * FROM conversation WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE',
        [tenantId, id],
      );
      return row ? fromRow(row) : null;
    },

    /** The conversation with a technician on a channel, made if there is none, known by this address. */
    open: async (
      channelId: string,
      technicianId: string,
      address: string,
      newId: () => string,
    ): Promise<string> => {
      await trx('conversation')
        .insert({ tenant_id: tenantId, id: newId(), channel_id: channelId, technician_id: technicianId })
        .onConflict(['tenant_id', 'channel_id', 'technician_id'])
        .ignore();
      const row = await rows().where({ channel_id: channelId, technician_id: technicianId }).first('id');
      await trx('conversation_address')
        .insert({ tenant_id: tenantId, channel_id: channelId, address, conversation_id: row.id })
        .onConflict(['tenant_id', 'channel_id', 'address'])
        .ignore();
      return row.id;
    },

    /** Notes that a message came in: the service window is open from then on, and whose conversation it is. */
    heard: async (id: string, at: Date, technicianId: string | null): Promise<void> => {
      // Registered after writing for the first time: this is the technician's conversation unless one exists.
      await trx.rows(
        `UPDATE conversation c SET last_inbound_at = greatest(last_inbound_at, $3),
           technician_id = CASE WHEN c.technician_id IS NULL AND NOT EXISTS (SELECT FROM conversation o
             WHERE o.tenant_id = c.tenant_id AND o.channel_id = c.channel_id AND o.technician_id = $4)
             THEN $4::uuid ELSE c.technician_id END
         WHERE c.tenant_id = $1 AND c.id = $2`,
        [tenantId, id, at, technicianId],
      );
    },

    /**
     * Where to send to, as the provider writes it: a technician's phone if he has one here, else his user
     * id, else the address the conversation came from. Null when nothing is left.
     */
    addresses: async (ids: string[]): Promise<Map<string, string>> => {
      const { rows: found } = await trx.raw(
        `SELECT c.id, coalesce(
           (SELECT 'whatsapp:' || a.value FROM technician_address a
            WHERE a.tenant_id = c.tenant_id AND a.technician_id = c.technician_id AND a.active
              AND a.kind IN ('whatsapp', 'whatsapp-user-id') AND h.way = 'whatsapp'
            ORDER BY a.kind LIMIT 1),
           (SELECT a.value FROM technician_address a
            WHERE a.tenant_id = c.tenant_id AND a.technician_id = c.technician_id AND a.active
              AND a.kind = 'sms' AND h.way = 'sms' LIMIT 1),
           (SELECT a.address FROM conversation_address a
            WHERE a.tenant_id = c.tenant_id AND a.conversation_id = c.id AND c.technician_id IS NULL
            ORDER BY a.address LIMIT 1)) AS address
         FROM conversation c JOIN channel h ON h.tenant_id = c.tenant_id AND h.id = c.channel_id
         WHERE c.tenant_id = ? AND c.id = ANY(?)`,
        [tenantId, ids],
      );
      return new Map(
        found.flatMap((row: { id: string; address: string | null }) =>
          row.address ? [[row.id, row.address]] : [],
        ),
      );
    },

    strangerAnswered: async (id: string, at: Date): Promise<void> => {
      await rows().where({ id }).update({ stranger_answered_at: at });
    },

    /** Notes that the provider refused a message as outside the window; later inbound opens it again. */
    windowRefusedFor: async (messageId: string, sentAt: Date): Promise<void> => {
      await rows()
        .whereIn('id', trx('message').where({ tenant_id: tenantId, id: messageId }).select('conversation_id'))
        .update({ window_refused_at: trx.raw('greatest(window_refused_at, ?)', [sentAt]) });
    },
  };
};

const fromRow = (row: Record<string, never>): Conversation => ({
  id: row.id!,
  channelId: row.channel_id!,
  technicianId: row.technician_id!,
  lastInboundAt: row.last_inbound_at!,
  strangerAnsweredAt: row.stranger_answered_at!,
});
