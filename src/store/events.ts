import type { AlertBefore } from '../domain/alert.ts';
import type { Before } from '../domain/work-order.ts';
import type { Queries } from './connections.ts';
import { isHidden } from './erasure.ts';

export type Actor = { kind: 'technician' | 'cmms' | 'admin' | 'system'; id: string | null };

export type NewEvent = {
  id: string;
  type: string;
  at: Date;
  actor: Actor;
  workOrderId: string | null;
  alertId?: string | null;
  messageId: string | null;
  data: Record<string, unknown>;
  /** Of a technician's change: what was there before, for UNDO. */
  before?: Before | AlertBefore | null;
  /** The event that this one takes back. */
  undoes?: string | null;
};

export type ListedEvent = Omit<NewEvent, 'workOrderId' | 'alertId' | 'before'> & {
  seq: number;
  feedNo: number | null;
  workOrder: string | null;
  alert: string | null;
  undoes: string | null;
};

export const events = (trx: Queries, tenantId: string) => {
  const rows = () =>
    trx('event as e')
      .leftJoin('work_order as w', (join) =>
        join.on('w.tenant_id', 'e.tenant_id').on('w.id', 'e.work_order_id'),
      )
      .leftJoin('alert as a', (join) => join.on('a.tenant_id', 'e.tenant_id').on('a.id', 'e.alert_id'))
      .where({ 'e.tenant_id': tenantId })
      .select('e.*', 'w.number as work_order', 'a.external_id as alert')
      .select(trx.raw(`${isHidden.event('e').replaceAll('?', '\\?')} AS is_hidden`));

  return {
    add: async (event: NewEvent): Promise<void> => {
      await trx('event').insert({
        tenant_id: tenantId,
        id: event.id,
        type: event.type,
        at: event.at,
        actor_kind: event.actor.kind,
        actor_id: event.actor.id,
        work_order_id: event.workOrderId,
        alert_id: event.alertId ?? null,
        message_id: event.messageId,
        data: JSON.stringify(event.data),
        before: event.before ? JSON.stringify(event.before) : null,
        undoes: event.undoes ?? null,
      });
    },

    /** The feed, oldest first, after that feed number. */
    feed: async (page: {
      after: number;
      limit: number;
      type?: string;
      types?: string[] | null;
      workOrderId?: string;
    }): Promise<ListedEvent[]> => {
      const query = rows().where('e.feed_no', '>', page.after).orderBy('e.feed_no').limit(page.limit);
      if (page.type) query.where({ 'e.type': page.type });
      if (page.workOrderId) query.where({ 'e.work_order_id': page.workOrderId });
      if (page.types) query.whereRaw('e.type = ANY(?)', [page.types]);
      return (await query).map(fromRow);
    },

    get: async (id: string): Promise<ListedEvent | null> => {
      const row = await rows().where({ 'e.id': id }).first();
      return row ? fromRow(row) : null;
    },

    /** What happened to an order or an alert, newest first, before that moment. */
    about: async (
      subject: { workOrderId: string } | { alertId: string },
      page: { before: Date | null; limit: number },
    ): Promise<ListedEvent[]> => {
      const query = rows().orderBy('e.seq', 'desc').limit(page.limit);
      if ('workOrderId' in subject) query.where({ 'e.work_order_id': subject.workOrderId });
      else query.where({ 'e.alert_id': subject.alertId });
      if (page.before) query.where('e.at', '<', page.before);
      return (await query).map(fromRow);
    },

    /** What was said with the last resolution of an alert; null if nothing was. */
    noteOnResolved: async (alertId: string): Promise<string | null> =>
      (
        await trx.rows<{ note: string | null }>(
          `SELECT data->>'note' AS note FROM event
           WHERE tenant_id = $1 AND alert_id = $2 AND type = 'alert.resolved' ORDER BY seq DESC LIMIT 1`,
          [tenantId, alertId],
        )
      )[0]?.note ?? null,

    /** The number of the feed's newest event; 0 while there is none. */
    end: async (): Promise<number> => {
      const [row] = await trx.rows<{ feed_no: number }>('SELECT feed_no FROM tenant WHERE id = $1', [
        tenantId,
      ]);
      return row?.feed_no ?? 0;
    },

    /** The feed's end, newest first. */
    newest: async (limit: number): Promise<ListedEvent[]> =>
      (await rows().whereNotNull('e.feed_no').orderBy('e.feed_no', 'desc').limit(limit)).map(fromRow),

    /**
     * What the newest message of a technician's did whose changes still stand, and whoever changed the same
     * orders or alerts since.
     */
    lastChanges: async (
      technicianId: string,
      externalId: string,
      since: Date,
    ): Promise<LastChanges | null> => {
      const standing = `(e.type LIKE 'work_order.%' AND e.type <> 'work_order.undone' OR e.type IN (
          'alert.claimed', 'alert.released', 'alert.escalated', 'alert.resolved')) AND e.undoes IS NULL AND NOT EXISTS (
        SELECT FROM event u WHERE u.tenant_id = e.tenant_id AND u.undoes = e.id)`;
      const { rows: found } = await trx.raw(
        `SELECT m.id, m.received_at FROM message m
         WHERE m.tenant_id = :tenantId AND m.technician_id = :technicianId AND m.direction = 'in'
           AND m.received_at > :since AND EXISTS (SELECT FROM event e
             WHERE e.tenant_id = m.tenant_id AND e.message_id = m.id AND e.actor_kind = 'technician'
               AND e.actor_id = :externalId AND ${standing})
         ORDER BY m.received_at DESC, m.seq DESC LIMIT 1`,
        { tenantId, technicianId, externalId, since },
      );
      const [message] = found;
      if (!message) return null;
      const { rows: own } = await trx.raw(
        `SELECT e.id, e.seq, e.type, e.work_order_id, e.alert_id, e.before, e.data FROM event e
         WHERE e.tenant_id = ? AND e.message_id = ? AND ${standing} ORDER BY e.seq`,
        [tenantId, message.id],
      );
      const newest = Math.max(...own.map((row: Row) => row.seq!));
      const laterOf = (isOne: string, ids: string[]) =>
        trx.raw(
          `SELECT e.work_order_id, e.alert_id, e.before, e.actor_kind, e.at,
             coalesce(t.name, CASE WHEN e.actor_kind IN ('technician', 'admin') THEN e.actor_id END) AS actor,
             e.undoes IS NOT NULL OR EXISTS (
               SELECT FROM event u WHERE u.tenant_id = e.tenant_id AND u.undoes = e.id) AS undone
           FROM event e
           LEFT JOIN technician t
             ON t.tenant_id = e.tenant_id AND e.actor_kind = 'technician' AND t.external_id = e.actor_id
           WHERE e.tenant_id = ? AND ${isOne} AND e.seq > ? ORDER BY e.seq`,
          [tenantId, ids, newest],
        );
      const [{ rows: later }, { rows: laterOfAlerts }] = await Promise.all([
        laterOf(
          'e.work_order_id = ANY(?)',
          own.flatMap((row: Row) => row.work_order_id ?? []),
        ),
        // A call for more people changes nothing of an alert, whoever's it is.
        laterOf(
          "e.alert_id = ANY(?) AND e.type IN ('alert.claimed', 'alert.released', 'alert.resolved')",
          own.flatMap((row: Row) => row.alert_id ?? []),
        ),
      ]);
      return {
        messageId: message.id,
        receivedAt: message.received_at,
        changes: own.map((row: Row) => ({
          eventId: row.id!,
          type: row.type!,
          step: stepOf(row.type!, row.data!),
          workOrderId: row.work_order_id!,
          alertId: row.alert_id!,
          before: row.before!,
          attachment: (row.data as { attachment?: string } | undefined)?.attachment ?? null,
        })),
        later: later.map((row: Row) => ({
          workOrderId: row.work_order_id!,
          by: row.actor!,
          at: row.at!,
          undone: row.undone!,
          counted: row.before !== null,
        })),
        laterOfAlerts: laterOfAlerts.map((row: Row) => ({
          alertId: row.alert_id!,
          by: row.actor!,
          at: row.at!,
          undone: row.undone!,
        })),
      };
    },

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

/** A message's changes and what became of their orders; `counted`: raised the version by one and kept what was before. */
export type LastChanges = {
  messageId: string;
  receivedAt: Date;
  changes: {
    eventId: string;
    type: string;
    /** What it was to the technician, where one type of event stands for two things. */
    step: string;
    workOrderId: string | null;
    alertId: string | null;
    before: Before | AlertBefore | null;
    attachment: string | null;
  }[];
  later: { workOrderId: string; by: string | null; at: Date; undone: boolean; counted: boolean }[];
  laterOfAlerts: { alertId: string; by: string | null; at: Date; undone: boolean }[];
};

const stepOf = (type: string, data: { need?: boolean; takenBy?: string }): string =>
  data.takenBy ? `${type}.taken` : data.need ? `${type}.need` : type;

type Row = Record<string, never>;

const fromRow = (row: Row): ListedEvent => ({
  id: row.id!,
  seq: row.seq!,
  feedNo: row.feed_no!,
  type: row.type!,
  at: row.at!,
  actor: { kind: row.actor_kind!, id: row.actor_id! },
  workOrder: row.work_order!,
  alert: row.alert!,
  messageId: row.message_id!,
  undoes: row.undoes!,
  data: row.is_hidden ? withoutWords(row.data!) : row.data!,
});

const withoutWords = ({ text, place, ...data }: Record<string, unknown>) => data;
