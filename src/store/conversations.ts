import type { Talk } from '../commands/talk.ts';
import type { CodeTries } from '../domain/enrolment-code.ts';
import type { Window } from '../domain/service-window.ts';
import type { Queries } from './connections.ts';

export type Conversation = {
  id: string;
  channelId: string;
  technicianId: string | null;
  lastInboundAt: Date | null;
  strangerAnsweredAt: Date | null;
  /** Wrong codes from somebody unknown. */
  codeTries: CodeTries;
  talk: Talk;
};

/** Where a message came from. */
export type Heard = {
  /** The technician's address it stands for. */
  on: string | null;
  /** As the provider wrote it; null when the phone was hidden behind a user id. */
  as: string | null;
};

/** For answers to what somebody wrote, and for what we tell of ourselves. */
export type SendTo = { reply: string | null; notice: string | null };

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

    /** The conversation with whoever writes from an address, which is not that one; made if there is none. */
    openAnew: async (
      channelId: string,
      address: string,
      butNot: string,
      newId: () => string,
    ): Promise<string> => {
      const known = await trx('conversation_address')
        .where({ tenant_id: tenantId, channel_id: channelId, address })
        .whereNot({ conversation_id: butNot })
        .first('conversation_id');
      if (known) return known.conversation_id;
      const id = newId();
      await trx('conversation').insert({ tenant_id: tenantId, id, channel_id: channelId });
      await trx('conversation_address')
        .insert({ tenant_id: tenantId, channel_id: channelId, address, conversation_id: id })
        .onConflict(['tenant_id', 'channel_id', 'address'])
        .ignore();
      return id;
    },

    /** What comes from an address that is known is this conversation's from now on. */
    lead: async (channelId: string, address: string, id: string): Promise<void> => {
      await trx('conversation_address')
        .where({ tenant_id: tenantId, channel_id: channelId, address })
        .update({ conversation_id: id });
    },

    /**
     * Notes that a message came in: the service window is open from then on, whose conversation it is, and
     * what it is in the middle of now (null where that stays), and where the person writes from.
     */
    heard: async (
      id: string,
      at: Date,
      { technicianId, heard, talk }: { technicianId: string | null; heard: Heard | null; talk: Talk | null },
    ): Promise<void> => {
      const isNewest = '$6 AND (c.last_inbound_at IS NULL OR c.last_inbound_at <= $3)';
      // Registered after writing for the first time: this is the technician's conversation unless one exists.
      await trx.rows(
        `UPDATE conversation c SET last_inbound_at = greatest(last_inbound_at, $3),
           technician_id = CASE WHEN c.technician_id IS NULL AND NOT EXISTS (SELECT FROM conversation o
             WHERE o.tenant_id = c.tenant_id AND o.channel_id = c.channel_id AND o.technician_id = $4)
             THEN $4::uuid ELSE c.technician_id END,
           talk = coalesce($5::jsonb, c.talk),
           heard_on = CASE WHEN ${isNewest} THEN $7 ELSE c.heard_on END,
           heard_from = CASE WHEN NOT (${isNewest}) THEN c.heard_from WHEN $8::text IS NOT NULL THEN $8
             WHEN c.heard_on = $7 THEN c.heard_from END
         WHERE c.tenant_id = $1 AND c.id = $2`,
        [
          ...[tenantId, id, at, technicianId, talk && JSON.stringify(talk)],
          ...[heard !== null, heard?.on ?? null, heard?.as ?? null],
        ],
      );
    },

    /**
     * Where to send to, as the provider writes it. A technician is answered where he last wrote from, in the
     * spelling it came in, else at a phone if he has one here, else at a user id; notices pass by what he has
     * opted out at. Somebody unknown is answered where the conversation came from. Null when nothing is left.
     */
    addresses: async (ids: string[]): Promise<Map<string, SendTo>> => {
      const { rows: found } = await trx.raw(
        `SELECT c.id,
           coalesce(own.all_of_them[1], CASE WHEN h.way = 'email' THEN t.email END, CASE WHEN c.technician_id IS NULL THEN coalesce(c.heard_from,
             (SELECT a.address FROM conversation_address a
              WHERE a.tenant_id = c.tenant_id AND a.conversation_id = c.id ORDER BY a.address LIMIT 1)) END) AS reply,
           coalesce(own.not_opted_out[1], CASE WHEN h.way = 'email' THEN t.email END) AS notice
         FROM conversation c
         JOIN channel h ON h.tenant_id = c.tenant_id AND h.id = c.channel_id
         LEFT JOIN technician t ON t.tenant_id = c.tenant_id AND t.id = c.technician_id
         CROSS JOIN LATERAL (
           SELECT array_agg(way.address ORDER BY way.rank) AS all_of_them,
             array_agg(way.address ORDER BY way.rank) FILTER (WHERE way.opted_out_at IS NULL) AS not_opted_out
           FROM (
             SELECT a.opted_out_at, CASE WHEN a.value = c.heard_on AND c.heard_from IS NOT NULL THEN c.heard_from
                 WHEN a.kind = 'sms' THEN a.value ELSE 'whatsapp:' || a.value END AS address,
               row_number() OVER (ORDER BY a.value IS NOT DISTINCT FROM c.heard_on DESC, a.kind,
                 a.value IS NOT DISTINCT FROM t.phone DESC, a.learned_at DESC NULLS LAST, a.value) AS rank
             FROM technician_address a
             WHERE a.tenant_id = c.tenant_id AND a.technician_id = c.technician_id AND a.active
               AND CASE WHEN a.kind = 'sms' THEN 'sms' ELSE 'whatsapp' END = h.way
               AND (a.learned_under IS NULL OR a.learned_under = h.account_sid)
           ) way
         ) own
         WHERE c.tenant_id = ? AND c.id = ANY(?)`,
        [tenantId, ids],
      );
      return new Map(found.map(({ id, reply, notice }: SendTo & { id: string }) => [id, { reply, notice }]));
    },

    strangerAnswered: async (id: string, at: Date): Promise<void> => {
      await rows().where({ id }).update({ stranger_answered_at: at });
    },

    codeTried: async (id: string, { count, since }: CodeTries): Promise<void> => {
      await rows().where({ id }).update({ code_tries: count, code_tries_since: since });
    },

    /** A technician is in the middle of nothing any more: questions, lists and what could be undone are forgotten. */
    end: async (technicianId: string): Promise<void> => {
      await rows().where({ technician_id: technicianId }).update({ talk: '{}' });
    },

    windows: async (ids: string[]): Promise<Map<string, Window>> =>
      new Map(
        (await rows().whereIn('id', ids)).map((row) => [
          row.id,
          { lastInboundAt: row.last_inbound_at, windowRefusedAt: row.window_refused_at },
        ]),
      ),

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
  codeTries: { count: row.code_tries!, since: row.code_tries_since! },
  talk: row.talk!,
});
