import { maintenanceMarks } from '../domain/maintenance.ts';
import type { ReminderWindow, unreadInARow } from '../domain/reminder.ts';
import type { Queries } from './connections.ts';

/** That a rule has asked for an order on a day. `zone`: where its technician lives. */
export type ReminderMark = { workOrderId: string; rule: string; dueOn: string; sentOn: string; zone: string };

/** Days and moments of scheduled dates to look for in a zone; `to` is left out. */
export type MaintenanceWindow = { zone: string; fromOn: string; toOn: string; fromAt: Date; toAt: Date };

export const reminders = (trx: Queries, tenantId: string) => ({
  /** The zones that people live in; null for those who have none of their own. */
  zones: async (): Promise<(string | null)[]> =>
    (
      await trx.rows<{ zone: string | null }>(
        'SELECT DISTINCT time_zone AS zone FROM technician WHERE tenant_id = $1 ORDER BY zone',
        [tenantId],
      )
    ).map(({ zone }) => zone),

  /** Who has orders that a window asks for and that are not marked yet, by id, and which. */
  peopleToRemind: async (
    windows: ReminderWindow[],
    usualZone: string,
  ): Promise<{ technicianId: string; orderIds: string[] }[]> =>
    trx.rows(
      `SELECT assignee_id AS "technicianId", array_agg(DISTINCT id) AS "orderIds" FROM (${candidates}) c
       WHERE ${isUnmarked} GROUP BY assignee_id ORDER BY assignee_id`,
      [tenantId, JSON.stringify(windows), usualZone, ...endsOf(windows)],
    ),

  /** Maintenance for a day of the windows that its technician was told of before today and has not confirmed, by id. */
  unconfirmed: async (windows: MaintenanceWindow[], usualZone: string): Promise<string[]> =>
    (
      await trx.rows<{ id: string }>(
        `SELECT o.id FROM work_order o
         JOIN technician t ON t.tenant_id = o.tenant_id AND t.id = o.assignee_id
         JOIN jsonb_to_recordset($2::jsonb) AS r(zone text, "fromOn" date, "toOn" date, "fromAt" timestamptz,
           "toAt" timestamptz) ON r.zone = coalesce(t.time_zone, $3)
         WHERE o.tenant_id = $1 AND o.status = 'assigned' AND o.kind = 'preventive' AND o.confirmed_at IS NULL
           AND o.assignee_id IS NOT NULL AND (o.assigned_at IS NULL OR o.assigned_at < r."fromAt")
           AND ((o.scheduled_on >= r."fromOn" AND o.scheduled_on < r."toOn")
             OR (o.scheduled_at >= r."fromAt" AND o.scheduled_at < r."toAt"))
           -- Dealt with today, or reported since it was assigned: in some zone that may be a day later already.
           AND NOT EXISTS (SELECT FROM reminder_mark k WHERE k.tenant_id = o.tenant_id AND k.work_order_id = o.id
             AND k.rule IN ($4, $5) AND k.due_at IS NOT DISTINCT FROM o.scheduled_at
             AND (o.scheduled_on IS NULL OR k.due_on = o.scheduled_on)
             AND (k.sent_on = r."fromOn" OR (k.rule = $5
               AND (o.assigned_at IS NULL OR k.sent_on > (o.assigned_at AT TIME ZONE 'UTC')::date + 1))))
         ORDER BY o.id`,
        [tenantId, JSON.stringify(windows), usualZone, maintenanceMarks.reminded, maintenanceMarks.reported],
      )
    ).map(({ id }) => id),

  /**
   * Marks reminders as decided, of orders that are locked; answers those that were not marked before. Those that were
   * are about the moment and the zone that the order has now, so that the next scan need not look at them again.
   */
  mark: async (marks: ReminderMark[]): Promise<ReminderMark[]> =>
    trx.rows(
      `WITH m AS (
         SELECT o.id, m.rule, m.due_on, m.sent_on, m.zone,
           CASE WHEN m.rule IN ($7, $8) THEN o.scheduled_at ELSE o.due_at END AS due_at
         FROM unnest($2::uuid[], $3::text[], $4::date[], $5::date[], $6::text[]) AS m(id, rule, due_on, sent_on, zone)
         JOIN work_order o ON o.tenant_id = $1 AND o.id = m.id
       ), moved AS (
         UPDATE reminder_mark k SET due_at = m.due_at, zone = m.zone FROM m
         WHERE k.tenant_id = $1 AND k.work_order_id = m.id AND k.rule = m.rule AND k.due_on = m.due_on
           AND k.sent_on = m.sent_on AND (k.due_at, k.zone) IS DISTINCT FROM (m.due_at, m.zone)
       )
       INSERT INTO reminder_mark (tenant_id, work_order_id, rule, due_on, sent_on, due_at, zone)
       SELECT $1, id, rule, due_on, sent_on, due_at, zone FROM m
       ON CONFLICT (tenant_id, work_order_id, rule, due_on, sent_on) DO NOTHING
       RETURNING work_order_id AS "workOrderId", rule, due_on AS "dueOn", sent_on AS "sentOn", zone`,
      [
        tenantId,
        marks.map(({ workOrderId }) => workOrderId),
        marks.map(({ rule }) => rule),
        marks.map(({ dueOn }) => dueOn),
        marks.map(({ sentOn }) => sentOn),
        marks.map(({ zone }) => zone),
        ...[maintenanceMarks.reminded, maintenanceMarks.reported],
      ],
    ),

  /** When these orders were marked by these rules, whatever for. */
  marksOf: async (workOrderIds: string[], rules: string[]): Promise<ReminderMark[]> =>
    trx.rows(
      `SELECT work_order_id AS "workOrderId", rule, due_on AS "dueOn", sent_on AS "sentOn", zone FROM reminder_mark
       WHERE tenant_id = $1 AND work_order_id = ANY($2) AND rule = ANY($3)`,
      [tenantId, workOrderIds, rules],
    ),

  /** What became of people's last reminders on WhatsApp that have left, as many as `count`, and when the first left. */
  last: async (
    technicianIds: string[],
    count: typeof unreadInARow,
  ): Promise<Map<string, { left: number; anyRead: boolean; wroteSince: boolean; since: Date }>> => {
    const found = await trx.rows<Record<string, never>>(
      `SELECT p.id, l.*,
         (SELECT coalesce(min(a.sending_at), l.added_at) FROM attempt a
          WHERE a.tenant_id = $1 AND a.message_id = l.first_id AND a.status <> 'failed') AS since,
         EXISTS (SELECT FROM message i WHERE i.tenant_id = $1 AND i.technician_id = p.id AND i.direction = 'in'
           AND i.seq > l.first_seq) AS wrote_since
       FROM unnest($2::uuid[]) AS p(id)
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS "left", bool_or(r.status = 'read') AS any_read, min(r.seq) AS first_seq,
           min(r.created_at) AS added_at, (array_agg(r.id ORDER BY r.seq))[1] AS first_id
         FROM (
           SELECT m.id, m.status, m.seq, m.created_at FROM message m
           WHERE m.tenant_id = $1 AND m.technician_id = p.id AND m.direction = 'out'
             AND m.kind IN ('work-order.reminder', 'work-order.digest') AND m.way = 'whatsapp'
             AND m.status IN ('accepted', 'sent', 'delivered', 'read')
           ORDER BY m.seq DESC LIMIT $3) r) l
       WHERE l."left" > 0`,
      [tenantId, technicianIds, count],
    );
    return new Map(
      found.map((row) => [
        row.id!,
        { left: row.left!, anyRead: row.any_read!, wroteSince: row.wrote_since!, since: row.since! },
      ]),
    );
  },

  /** Notes that somebody's reminders are kept back from now on; false if they were before. */
  stopFor: async (technicianId: string, at: Date): Promise<boolean> =>
    (
      await trx.rows(
        `UPDATE technician SET reminders_stopped_at = $3
         WHERE tenant_id = $1 AND id = $2 AND reminders_stopped_at IS NULL RETURNING id`,
        [tenantId, technicianId, at],
      )
    ).length > 0,

  /** Notes that these people are reminded again. */
  goOnFor: async (technicianIds: string[]): Promise<void> => {
    await trx.rows(
      `UPDATE technician SET reminders_stopped_at = NULL
       WHERE tenant_id = $1 AND id = ANY($2) AND reminders_stopped_at IS NOT NULL`,
      [tenantId, technicianIds],
    );
  },

  /** The orders of digests, in the order they stand there, and the day each is said to be due. */
  ofDigests: async (
    messageIds: string[],
  ): Promise<{ messageId: string; workOrderId: string; dueDay: string | null }[]> =>
    trx.rows(
      `SELECT message_id AS "messageId", work_order_id AS "workOrderId", due_day AS "dueDay" FROM message_work_order
       WHERE tenant_id = $1 AND message_id = ANY($2) ORDER BY message_id, position`,
      [tenantId, messageIds],
    ),

  /** Says a reminder or digest, which must be locked, in other words, and takes orders out of it. */
  rewrite: async (messageId: string, dropped: string[], text: string): Promise<void> => {
    await trx.rows(
      `WITH gone AS (
         DELETE FROM message_work_order WHERE tenant_id = $1 AND message_id = $2 AND work_order_id = ANY($3)
       ) UPDATE message SET text = $4 WHERE tenant_id = $1 AND id = $2`,
      [tenantId, messageId, dropped, text],
    );
  },
});

/** Open orders of people in a window's zone that the window asks for. No window goes beyond $4 and $5, or is of a day before $6. */
const candidates = (() => {
  const ofColumn = (column: string, from: string, to: string, end: string) => `
    SELECT o.id, o.assignee_id, o.due_on, o.due_at, r.rule, r."sentOn" AS sent_on, r.zone FROM work_order o
    JOIN technician t ON t.tenant_id = o.tenant_id AND t.id = o.assignee_id
    JOIN jsonb_to_recordset($2::jsonb) AS r(zone text, rule text, priorities text[], "sentOn" date, "fromOn" date,
      "toOn" date, "fromAt" timestamptz, "toAt" timestamptz) ON r.zone = coalesce(t.time_zone, $3)
    WHERE o.tenant_id = $1 AND o.status NOT IN ('completed', 'cancelled') AND o.assignee_id IS NOT NULL
      AND o.${column} IS NOT NULL AND o.${column} < ${end} AND o.${column} < r."${to}"
      AND (r."${from}" IS NULL OR o.${column} >= r."${from}")
      AND (r.priorities IS NULL OR o.priority = ANY(r.priorities))`;
  return `${ofColumn('due_on', 'fromOn', 'toOn', '$4::date')} UNION ALL
    ${ofColumn('due_at', 'fromAt', 'toAt', '$5::timestamptz')}`;
})();

// A mark is about the date the order has now if the day is the same; of a moment, if it is the same where its
// technician lives now: elsewhere it may be another day.
const isUnmarked = `NOT EXISTS (SELECT FROM reminder_mark k WHERE k.tenant_id = $1 AND k.work_order_id = c.id
  AND k.rule = c.rule AND k.sent_on = c.sent_on AND k.sent_on >= $6 AND k.due_at IS NOT DISTINCT FROM c.due_at
  AND (CASE WHEN c.due_on IS NULL THEN k.zone = c.zone ELSE k.due_on = c.due_on END))`;

const endsOf = (windows: ReminderWindow[]): [string, Date, string] => [
  windows.map(({ toOn }) => toOn).reduce((a, b) => (a > b ? a : b), '0001-01-01'),
  new Date(Math.max(0, ...windows.map(({ toAt }) => toAt.getTime()))),
  windows.map(({ sentOn }) => sentOn).reduce((a, b) => (a < b ? a : b), '9999-12-31'),
];
