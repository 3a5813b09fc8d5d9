import type { Queries } from './connections.ts';

export type Fault = { pointer: string; detail: string };

export type Notification = {
  id: string;
  idempotencyKey: string;
  contentHash: Buffer;
  name: string;
  state: 'accepted' | 'done' | 'invalid';
  faults: Fault[];
  messageIds: string[];
};

export type RefusedNotification = Pick<Notification, 'id' | 'idempotencyKey' | 'name' | 'faults'> & {
  refusedAt: Date;
};

export const notifications = (trx: Queries, tenantId: string) => ({
  /** The notification asked for under a key; whoever asks for the same key waits until this transaction ends. */
  lock: async (idempotencyKey: string): Promise<Notification | null> => {
    await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
      `${tenantId}:notification:${idempotencyKey}`,
    ]);
    const row = await trx('notification')
      .where({ tenant_id: tenantId, idempotency_key: idempotencyKey })
      .first();
    return row ? fromRow(row) : null;
  },

  get: async (idempotencyKey: string): Promise<Notification | null> => {
    const row = await trx('notification')
      .where({ tenant_id: tenantId, idempotency_key: idempotencyKey })
      .first();
    return row ? fromRow(row) : null;
  },

  /** What was refused and has not come again in order since; newest first. */
  refused: async (page: {
    before: { at: Date; id: string } | null;
    limit: number;
  }): Promise<RefusedNotification[]> =>
    (
      await trx.rows<Record<string, never>>(
        `SELECT id, idempotency_key, name, faults, changed_at FROM notification
         WHERE tenant_id = $1 AND state = 'invalid' ${page.before ? 'AND (changed_at, id) < ($3, $4::uuid)' : ''}
         ORDER BY changed_at DESC, id DESC LIMIT $2`,
        [tenantId, page.limit, ...(page.before ? [page.before.at, page.before.id] : [])],
      )
    ).map((row) => ({
      id: row.id!,
      idempotencyKey: row.idempotency_key!,
      name: row.name!,
      faults: row.faults!,
      refusedAt: row.changed_at!,
    })),

  /** Under a key that is known it keeps its id. */
  save: async (notification: Notification): Promise<void> => {
    const values = {
      content_hash: notification.contentHash,
      name: notification.name,
      state: notification.state,
      faults: JSON.stringify(notification.faults),
      message_ids: notification.messageIds,
      changed_at: trx.raw('clock_timestamp()'),
    };
    await trx('notification')
      .insert({
        tenant_id: tenantId,
        idempotency_key: notification.idempotencyKey,
        id: notification.id,
        ...values,
      })
      .onConflict(['tenant_id', 'idempotency_key'])
      .merge(values);
  },
});

const fromRow = (row: Record<string, never>): Notification => ({
  id: row.id!,
  idempotencyKey: row.idempotency_key!,
  contentHash: row.content_hash!,
  name: row.name!,
  state: row.state!,
  faults: row.faults!,
  messageIds: row.message_ids!,
});
