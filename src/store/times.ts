import type { Way } from '../domain/message.ts';
import type { Grouping, Measure, Stretch } from '../domain/response-times.ts';
import type { Priority } from '../domain/work-order.ts';
import type { Queries } from './connections.ts';

/** When an alert had come how far, by whichever of its pages did first; null where it has not. */
export type AlertTimes = {
  raised: Date;
  sent: Date | null;
  delivered: Date | null;
  read: Date | null;
  /** By whoever goes, or went. */
  answered: Date | null;
  resolved: Date | null;
};

export type PageTimes = {
  seq: number;
  messageId: string;
  technician: string;
  step: number;
  /** By which it went, in this order. */
  ways: Way[];
  paged: Date;
  sent: Date | null;
  delivered: Date | null;
  read: Date | null;
  /** By him. */
  answered: Date | null;
};

/** Of those that took some time, in seconds. */
export type Figures = { count: number; p50: number; p90: number; p99: number };

export type ReportedGroup = {
  /** Null: people of no supervisor's. */
  group: string | null;
  alerts: number;
  answered: number;
  unanswered: number;
  figures: Partial<Record<Measure, Figures>>;
};

// A page has come as far as the first of its ways.
const pages = `
  SELECT p.*, least(m.sent_at, f.sent_at) AS sent_at, least(m.delivered_at, f.delivered_at) AS delivered_at,
    least(m.read_at, f.read_at) AS read_at, ARRAY[m.way] || f.ways AS ways
  FROM page p JOIN message m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
  CROSS JOIN LATERAL (
    SELECT min(f.sent_at) AS sent_at, min(f.delivered_at) AS delivered_at, min(f.read_at) AS read_at,
      array_agg(f.way ORDER BY f.seq) AS ways
    FROM message f WHERE f.tenant_id = m.tenant_id AND f.fallback_of = m.id) f`;

const pagesOfAlert = `
  SELECT p.seq, p.message_id AS "messageId", t.external_id AS technician, p.step, p.ways, p.at AS paged,
    p.sent_at AS sent, p.delivered_at AS delivered, p.read_at AS read,
    CASE WHEN a.responder_id = p.technician_id THEN a.claimed_at END AS answered
  FROM alert a JOIN chain c ON c.tenant_id = a.tenant_id AND c.alert_id = a.id
  JOIN (${pages}) p ON p.tenant_id = c.tenant_id AND p.chain_id = c.id
  JOIN technician t ON t.tenant_id = p.tenant_id AND t.id = p.technician_id
  WHERE a.tenant_id = $1 AND a.id = $2`;

const groupedBy: Record<Grouping, { key: string; from: string }> = {
  person: {
    key: 't.external_id',
    from: 'JOIN technician t ON t.tenant_id = $1 AND t.id = c.technician_id',
  },
  team: {
    key: 's.external_id',
    from: `JOIN technician t ON t.tenant_id = $1 AND t.id = c.technician_id
      LEFT JOIN technician s ON s.tenant_id = $1 AND s.id = t.supervisor_id`,
  },
  asset: { key: 'e.code', from: 'JOIN asset e ON e.tenant_id = $1 AND e.id = c.asset_id' },
  week: {
    key: `to_char(c.raised_at AT TIME ZONE n.time_zone, 'IYYY-"W"IW')`,
    from: 'JOIN tenant n ON n.id = $1',
  },
};

/** The groups of alerts raised in a stretch of time: see `times.report`. */
export const reportQuery = (by: Grouping): string => `
  WITH raised AS (
    -- What it is about is long, and would be carried through every step.
    SELECT id, asset_id, responder_id, raised_at, claimed_at, resolved_at FROM alert
    WHERE tenant_id = $1 AND raised_at >= $2 AND raised_at < $3 AND ($4::text IS NULL OR severity = $4)
  ), told AS (
    SELECT r.id AS alert_id, p.technician_id, min(p.at) AS paged_at, min(p.sent_at) AS sent_at,
      min(p.delivered_at) AS delivered_at, min(p.read_at) AS read_at
    FROM raised r JOIN chain c ON c.tenant_id = $1 AND c.alert_id = r.id
    JOIN (${pages}) p ON p.tenant_id = $1 AND p.chain_id = c.id
    GROUP BY r.id, p.technician_id
  ), concerned AS (
    SELECT r.*, o.technician_id, o.paged_at, o.sent_at, o.delivered_at, o.read_at,
      CASE WHEN r.responder_id = o.technician_id THEN r.claimed_at END AS answered_at
    FROM raised r LEFT JOIN (
      SELECT * FROM told
      -- Somebody may go without having been told himself.
      UNION ALL SELECT a.id, a.responder_id, NULL, NULL, NULL, NULL FROM raised a
      WHERE a.responder_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM told t WHERE t.alert_id = a.id AND t.technician_id = a.responder_id)
    ) o ON o.alert_id = r.id
  ), grouped AS (
    SELECT ${groupedBy[by].key} AS key, c.* FROM concerned c ${groupedBy[by].from}
  ), of_alert AS (
    SELECT key, id, raised_at, claimed_at, resolved_at, min(sent_at) AS sent_at, min(delivered_at) AS delivered_at,
      min(read_at) AS read_at, min(answered_at) AS answered_at
    FROM grouped GROUP BY key, id, raised_at, claimed_at, resolved_at
  ), shown AS (
    SELECT key, count(*)::int AS alerts, count(answered_at)::int AS answered,
      (count(*) - count(claimed_at))::int AS unanswered
    FROM of_alert WHERE $5::text IS NULL OR key > $5 OR key IS NULL
    GROUP BY key ORDER BY key NULLS LAST LIMIT $6
  ), took AS (
    SELECT key, measure, time FROM of_alert, LATERAL (VALUES
      ('raisedToSent', sent_at - raised_at), ('sentToDelivered', delivered_at - sent_at),
      ('deliveredToRead', read_at - delivered_at), ('raisedToAnswered', answered_at - raised_at),
      ('answeredToResolved', resolved_at - answered_at)) AS v(measure, time)
    UNION ALL
    SELECT key, measure, time FROM grouped, LATERAL (VALUES
      ('pagedToRead', read_at - paged_at), ('pagedToAnswered', answered_at - paged_at)) AS v(measure, time)
  ), figures AS (
    SELECT key, measure, count(*) AS count,
      -- The CMMS says when it was raised, and its clock may be ahead of ours.
      percentile_cont('{0.5,0.9,0.99}'::float8[]) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM time), 0)::float8)
        AS percentiles
    FROM took WHERE time IS NOT NULL GROUP BY key, measure
  )
  SELECT p.*, coalesce(jsonb_object_agg(f.measure, jsonb_build_object('count', f.count, 'p50', f.percentiles[1],
    'p90', f.percentiles[2], 'p99', f.percentiles[3])) FILTER (WHERE f.measure IS NOT NULL), '{}') AS figures
  FROM shown p LEFT JOIN figures f ON f.key IS NOT DISTINCT FROM p.key
  GROUP BY p.key, p.alerts, p.answered, p.unanswered ORDER BY p.key NULLS LAST`;

export const times = (trx: Queries, tenantId: string) => ({
  ofAlerts: async (alertIds: string[]): Promise<Map<string, AlertTimes>> => {
    const rows = await trx.rows<AlertTimes & { id: string }>(
      `SELECT a.id, a.raised_at AS raised, p.*, a.claimed_at AS answered, a.resolved_at AS resolved
       FROM alert a CROSS JOIN LATERAL (
         SELECT min(p.sent_at) AS sent, min(p.delivered_at) AS delivered, min(p.read_at) AS read
         FROM chain c CROSS JOIN LATERAL (${pages} WHERE p.tenant_id = c.tenant_id AND p.chain_id = c.id) p
         WHERE c.tenant_id = a.tenant_id AND c.alert_id = a.id) p
       WHERE a.tenant_id = $1 AND a.id = ANY($2)`,
      [tenantId, alertIds],
    );
    return new Map(rows.map(({ id, ...times }) => [id, times]));
  },

  /** An alert's pages after that row number, in the order people were told. */
  ofPages: (alertId: string, page: { after: number; limit: number }): Promise<PageTimes[]> =>
    trx.rows<PageTimes>(`${pagesOfAlert} AND p.seq > $3 ORDER BY p.seq LIMIT $4`, [
      tenantId,
      alertId,
      page.after,
      page.limit,
    ]),

  /** An alert's last pages, the newest first. */
  newestPages: (alertId: string, limit: number): Promise<PageTimes[]> =>
    trx.rows<PageTimes>(`${pagesOfAlert} ORDER BY p.seq DESC LIMIT $3`, [tenantId, alertId, limit]),

  /**
   * The alerts raised in a stretch of time by whom they were told to or answered by, by asset, or by week in the
   * tenant's zone; groups after that one. Of people and teams counts only what they were told and answered
   * themselves, but for `unanswered`: by nobody.
   */
  report: async (
    { from, to }: Stretch,
    options: { by: Grouping; severity: Priority | null; after: string | null; limit: number },
  ): Promise<ReportedGroup[]> => {
    const { by, severity, after, limit } = options;
    const [, rows] = await Promise.all([
      // A year's alerts are sorted several times: not on disk.
      trx.rows("SELECT set_config('work_mem', '32MB', true)", []),
      trx.rows<Omit<ReportedGroup, 'group'> & { key: string | null }>(reportQuery(by), [
        ...[tenantId, from, to, severity, after, limit],
      ]),
    ]);
    return rows.map(({ key, ...figures }) => ({ group: key, ...figures }));
  },
});
