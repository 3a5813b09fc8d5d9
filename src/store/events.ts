import type { Knex } from 'knex';

export type Actor = { kind: 'technician' | 'cmms' | 'admin' | 'system'; id: string | null };

export type NewEvent = {
  id: string;
  type: string;
  at: Date;
  actor: Actor;
  workOrderId: string | null;
  messageId: string | null;
  data: Record<string, unknown>;
};

export type ListedEvent = Omit<NewEvent, 'workOrderId'> & {
  seq: number;
  feedNo: number | null;
  workOrder: string | null;
  alert: null;
  undoes: string | null;
};

export const events = (trx: Knex.Transaction, tenantId: string) => {
  const rows = () =>
    trx('event as e')
      .leftJoin('work_order as w', (join) =>
        join.on('w.tenant_id', 'e.tenant_id').on('w.id', 'e.work_order_id'),
      )
      .where({ 'e.tenant_id': tenantId })
      .select('e.*', 'w.number as work_order');

  return {
    add: async (event: NewEvent): Promise<void> => {
      await insertEvent(trx, tenantId, event);
    },

    /** Oldest first, after that row number. */
    ofOrder: async (workOrderId: string, page: { after: number; limit: number }): Promise<ListedEvent[]> =>
      (
        await rows()
          .where({ 'e.work_order_id': workOrderId })
          .where('e.seq', '>', page.after)
          .orderBy('e.seq')
          .limit(page.limit)
      ).map(fromRow),

    /** The feed, oldest first, after that feed number. */
    feed: async (page: { after: number; limit: number; type?: string }): Promise<ListedEvent[]> => {
      const query = rows().where('e.feed_no', '>', page.after).orderBy('e.feed_no').limit(page.limit);
      if (page.type) query.where({ 'e.type': page.type });
      return (await query).map(fromRow);
    },

    /** The feed's end, newest first. */
    newest: async (limit: number): Promise<ListedEvent[]> =>
      (await rows().whereNotNull('e.feed_no').orderBy('e.feed_no', 'desc').limit(limit)).map(fromRow),

    /**
     * Gives committed events their feed numbers, in the order they were made. Numbers are given here, after
     * commit and by one publisher at a time: a number taken inside a slow transaction would be skipped by
     * whoever reads past it. Answers how many were numbered.
     */
    publish: async (limit: number): Promise<number> => {
      await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`${tenantId}:feed`]);
      const { rows: numbered } = await trx.raw(
        `WITH fresh AS (
           SELECT id, row_number() OVER (ORDER BY seq) AS n FROM event
           WHERE tenant_id = ? AND feed_no IS NULL ORDER BY seq LIMIT ?
         ), counted AS (
           UPDATE tenant SET feed_no = feed_no + (SELECT count(*) FROM fresh) WHERE id = ?
           RETURNING feed_no - (SELECT count(*) FROM fresh) AS before
         )
         UPDATE event e SET feed_no = c.before + f.n FROM fresh f, counted c
         WHERE e.tenant_id = ? AND e.id = f.id RETURNING e.id`,
        [tenantId, limit, tenantId, tenantId],
      );
      return numbered.length;
    },
  };
};

/** The statement that adds an event, to be run by itself or with the change it tells. */
export const insertEvent = (trx: Knex.Transaction, tenantId: string, event: NewEvent) =>
  trx('event').insert({
    tenant_id: tenantId,
    id: event.id,
    type: event.type,
    at: event.at,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    work_order_id: event.workOrderId,
    message_id: event.messageId,
    data: JSON.stringify(event.data),
  });

const fromRow = (row: Record<string, never>): ListedEvent => ({
  id: row.id!,
  seq: row.seq!,
  feedNo: row.feed_no!,
  type: row.type!,
  at: row.at!,
  actor: { kind: row.actor_kind!, id: row.actor_id! },
  workOrder: row.work_order!,
  alert: null,
  messageId: row.message_id!,
  undoes: row.undoes!,
  data: row.data!,
});
