import type { Queries } from './connections.ts';

export type Callback = {
  id: string;
  channelId: string;
  attemptId: string | null;
  /** Null while no attempt of ours is known to have it. */
  messageId: string | null;
  providerId: string;
  raw: Buffer;
  receivedAt: Date;
};

export const callbacks = (trx: Queries, tenantId: string) => ({
  /** The channel's callbacks that wait to be applied, in the order they came. */
  next: async (channelId: string, limit: number): Promise<Callback[]> => {
    const rows = await trx.rows<Record<string, never>>(
      `SELECT s.*, coalesce(
         (SELECT a.message_id FROM attempt a WHERE a.tenant_id = $1 AND a.id = s.attempt_id AND a.channel_id = $2),
         (SELECT a.message_id FROM attempt a WHERE a.tenant_id = $1 AND a.channel_id = $2
            AND a.provider_id = s.provider_id)) AS message_id
       FROM (SELECT * FROM status_callback WHERE tenant_id = $1 AND channel_id = $2 AND match_at IS NOT NULL
         AND match_at <= clock_timestamp() ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED) AS s ORDER BY s.seq`,
      [tenantId, channelId, limit],
    );
    return rows.map((row) => ({
      id: row.id!,
      channelId: row.channel_id!,
      attemptId: row.attempt_id!,
      messageId: row.message_id!,
      providerId: row.provider_id!,
      raw: row.raw!,
      receivedAt: row.received_at!,
    }));
  },

  /** `withoutForm`: what it brought besides is not kept. */
  applied: async (
    id: string,
    attemptId: string,
    status: string | null,
    withoutForm: boolean,
  ): Promise<void> => {
    await trx('status_callback')
      .where({ tenant_id: tenantId, id })
      .update({
        ...{ match_at: null, applied_to: attemptId, status },
        ...(withoutForm ? { raw: Buffer.alloc(0) } : {}),
      });
  },

  /** Kept, but its attempt is not known: tried again at that moment, or never. */
  park: async (id: string, matchAt: Date | null): Promise<void> => {
    await trx('status_callback').where({ tenant_id: tenantId, id }).update({ match_at: matchAt });
  },

  /**
   * Ids became known: what was parked for them is due now. Answers whether there was any. One that is being
   * applied just now is left alone: who applies it waits for the attempt that we hold.
   */
  wake: async (channelId: string, ...providerIds: string[]): Promise<boolean> => {
    const parked = trx('status_callback')
      .where({ tenant_id: tenantId, channel_id: channelId })
      .whereIn('provider_id', providerIds)
      .whereNotNull('match_at')
      .forUpdate()
      .skipLocked()
      .select('id');
    const woken = await trx('status_callback')
      .where({ tenant_id: tenantId })
      .whereIn('id', parked)
      .update({ match_at: trx.raw('clock_timestamp()') })
      .returning('id');
    return woken.length > 0;
  },
});
