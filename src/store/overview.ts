import type { CallKind } from '../domain/chain.ts';
import type { MessageKind, Reason, Way } from '../domain/message.ts';
import type { Notice } from '../domain/needs-someone.ts';
import { type OrderStatus, type Priority, priorities, type WorkOrder } from '../domain/work-order.ts';
import type { Queries } from './connections.ts';
import { isHidden } from './erasure.ts';
import { firstWayOf } from './first-way.ts';

/** A message as it is said in plain words, with whom it was for. */
export type FailedMessage = {
  id: string;
  status: string;
  reason: Reason | null;
  error: { code: string | null; text: string | null } | null;
  way: Way;
  possibleDuplicate: boolean;
  kind: MessageKind;
  technician: Named | null;
  order: { id: string; number: string } | null;
  alert: { id: string; externalId: string } | null;
  at: Date;
  expiresAt: Date | null;
  /** Those by which it was tried, in whatever row of the log. */
  tried: Way[];
  /** Somebody had it sent again already. */
  isResent: boolean;
  /** By which the person could be told now. */
  ways: Way[];
};

type Named = { externalId: string; name: string };

export type OrderToSee = Pick<
  WorkOrder,
  'id' | 'number' | 'version' | 'title' | 'priority' | 'kind' | 'due' | 'assignedAt'
> & {
  status: OrderStatus;
  asset: string | null;
  assignee: (Named & { timeZone: string | null; heardAt: Date | null; ways: Way[] }) | null;
  notices: (Notice & { error: { code: string | null; text: string | null }; possibleDuplicate: boolean })[];
};

export type OpenAlert = {
  id: string;
  externalId: string;
  message: string;
  severity: Priority;
  asset: string;
  raisedAt: Date;
  exhausted: boolean;
  /** When it was no longer worth telling; null: not yet. */
  expiredAt: Date | null;
  /** How many people were paged, and how many of them certainly have it. */
  told: number;
  reached: number;
};

/** A technician's call for help that nobody has taken. */
export type UntakenCall = {
  id: string;
  kind: CallKind;
  caller: string | null;
  order: { id: string; number: string; title: string; priority: Priority } | null;
  reason: string | null;
  /** By which it was called. */
  messageId: string | null;
  at: Date;
  /** Everybody there is has been told, or nobody is told any more. */
  isOver: boolean;
};

export type Unanswered = {
  id: string;
  technician: Named | null;
  setAside: boolean;
  text: string | null;
  at: Date;
};

export type ChannelState = {
  id: string;
  way: Way;
  address: string;
  refusingSince: Date | null;
  failingSince: Date | null;
  waits: boolean;
  stuckSince: Date | null;
};

export type TodaysFigures = {
  sent: number;
  delivered: number;
  read: number;
  failed: number;
  heard: number;
  answered: number;
  /** Of those answered, from their arrival on. */
  seconds: { p50: number; p90: number } | null;
  /** There was more today than is counted. */
  isPartial: boolean;
};

// Limits and states are written out: as parameters they would keep a prepared statement from the indexes.
const ofEach = 25;
const most = 60;
const mostCounted = 20_000;

// Each is a loop over its rows with a limit of its own, so that no plan reads a whole table instead.
const ofPriority = (condition: string, newest: string, join = '') => `
  SELECT one.id FROM unnest(ARRAY['critical', 'high', 'medium', 'low']) AS p(priority)
  CROSS JOIN LATERAL (SELECT w.id FROM work_order w ${join} WHERE w.tenant_id = $1 AND w.priority = p.priority
    AND ${condition} ORDER BY ${newest} DESC LIMIT ${ofEach}) one`;

const isOpen = "w.status NOT IN ('completed', 'cancelled')";
const isNotice = "IN ('work-order.assigned', 'maintenance.scheduled')";
const hasEnded = "IN ('failed', 'expired', 'cancelled')";

// As its index says it.
const endedFor = (
  m: string,
  reasons: string,
) => `${m}.direction = 'out' AND (${m}.status IN ('failed', 'expired')
  OR (${m}.status = 'cancelled' AND ${m}.reason IN (${reasons})))`;
const noWay = "'no-address', 'opted-out', 'no-template', 'provider', 'paused', 'quiet-hours'";
const neverArrived = (m: string) => endedFor(m, noWay);

const isUntaken = `c.kind <> 'alert.raised' AND c.ended IS DISTINCT FROM 'claimed'
  AND c.ended IS DISTINCT FROM 'withdrawn' AND c.ended IS DISTINCT FROM 'resolved'`;

// Another way goes on, or has arrived.
const otherWay = `LEFT JOIN LATERAL (
    (SELECT true AS is FROM message f WHERE f.tenant_id = $1 AND f.fallback_of = ${firstWayOf('m')}
       AND f.status NOT ${hasEnded} AND f.status <> 'unknown' LIMIT 1)
    UNION ALL
    (SELECT true FROM message f WHERE f.tenant_id = $1 AND f.id = m.fallback_of AND f.status NOT ${hasEnded}
       AND f.status <> 'unknown' LIMIT 1)
    LIMIT 1) other_way ON true`;

// By which a person can be told; `always`: whatever they have switched off.
const waysOf = (t: string, always: string) => `ARRAY(
    SELECT h.way FROM channel h WHERE h.tenant_id = $1 AND h.retired_at IS NULL AND ${t}.active
      AND (CASE WHEN h.way = 'email' THEN ${t}.email IS NOT NULL ELSE EXISTS (
        SELECT FROM technician_address a WHERE a.tenant_id = $1 AND a.technician_id = ${t}.id AND a.active
          AND a.opted_out_at IS NULL AND (a.kind = 'sms') = (h.way = 'sms')) END)
      AND (${always} OR coalesce((${t}.preferences->'ways'->>h.way)::boolean, true))
    GROUP BY h.way ORDER BY array_position(ARRAY['whatsapp', 'sms', 'email'], h.way))`;

const isRead = "m.status = 'read' OR m.read_at IS NOT NULL OR m.way <> 'whatsapp'";
const leftAt = 'coalesce(m.sent_at, m.status_at, m.created_at)';
const hasLeft = "m.status IN ('unknown', 'accepted', 'sent', 'delivered', 'read')";

// What day it is where the assignee is, if that is not the tenant's.
const ownDay = `LEFT JOIN LATERAL (SELECT z.today FROM technician t JOIN unnest($8::text[], $9::date[]) AS z(zone, today)
    ON z.zone = t.time_zone WHERE t.tenant_id = $1 AND t.id = w.assignee_id LIMIT 1) own ON true`;

// Those that were told long ago, as the rule has it: nothing that still has time takes a place.
const toldLongAgo = `
  SELECT one.id FROM unnest(ARRAY['critical', 'high', 'medium', 'low'], $4::timestamptz[], $5::timestamptz[])
    AS p(priority, unread, unacknowledged)
  CROSS JOIN LATERAL (
    SELECT w.id FROM work_order w
    LEFT JOIN LATERAL (SELECT t.last_seen_at FROM technician t WHERE t.tenant_id = $1 AND t.id = w.assignee_id LIMIT 1) t
      ON true
    CROSS JOIN LATERAL (SELECT min(way.at) AS at, bool_or(way.is_read) AS is_read FROM (
      SELECT ${leftAt} AS at, ${isRead} AS is_read FROM message m WHERE m.tenant_id = $1 AND m.work_order_id = w.id
        AND m.assignment_no = w.assignment_no AND ${hasLeft}
      UNION ALL
      SELECT ${leftAt}, ${isRead} FROM message m WHERE m.tenant_id = $1 AND m.work_order_id = w.id
        AND m.told_assignment_no = w.assignment_no AND ${hasLeft}) way) told
    WHERE w.tenant_id = $1 AND w.priority = p.priority AND w.status = 'assigned' AND w.assigned_at < p.unread
      AND (w.kind <> 'preventive' OR told.at < $6)
      AND told.at < CASE WHEN told.is_read OR t.last_seen_at > told.at THEN p.unacknowledged ELSE p.unread END
    ORDER BY w.assigned_at DESC LIMIT ${ofEach}) one`;

// The provider's words may name whom it was for.
const errorText = `CASE WHEN NOT ${isHidden.message('m')} THEN m.error_text END`;

const ordersQuery = `
  WITH picked AS (
    ${ofPriority(`${isOpen} AND w.due_at IS NOT NULL AND w.due_at < $2`, 'w.due_at')}
    UNION ${ofPriority(
      `${isOpen} AND w.due_on IS NOT NULL AND w.due_on < $10 AND w.due_on < coalesce(own.today, $3)`,
      'w.due_on',
      ownDay,
    )}
    UNION ${toldLongAgo}
    UNION SELECT * FROM (
      SELECT m.work_order_id FROM message m ${otherWay}
      CROSS JOIN LATERAL (SELECT FROM work_order w WHERE w.tenant_id = $1 AND w.id = m.work_order_id
        AND w.status = 'assigned' AND w.assignee_id = m.technician_id LIMIT 1) w
      WHERE m.tenant_id = $1 AND ${endedFor('m', `${noWay}, 'disabled'`)} AND m.created_at > $7 AND m.kind ${isNotice} AND other_way.is IS NULL
      ORDER BY m.created_at DESC LIMIT ${most}) unreached
  )
  SELECT w.id, w.number, w.version, w.title, w.priority, w.kind, w.due_at, w.due_on, w.assigned_at AS "assignedAt", w.status,
    s.name AS asset, t.external_id AS assignee, t.name AS assignee_name, t.time_zone AS assignee_zone,
    t.last_seen_at AS heard_at, ${waysOf('t', 'false')} AS ways, told.notices
  FROM picked CROSS JOIN LATERAL (SELECT * FROM work_order w WHERE w.tenant_id = $1 AND w.id = picked.id LIMIT 1) w
  LEFT JOIN LATERAL (SELECT * FROM asset s WHERE s.tenant_id = $1 AND s.id = w.asset_id LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT * FROM technician t WHERE t.tenant_id = $1 AND t.id = w.assignee_id LIMIT 1) t ON true
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'way', m.way, 'status', m.status, 'reason', m.reason,
      'createdAt', m.created_at, 'sentAt', m.sent_at, 'readAt', m.read_at, 'statusAt', m.status_at,
      'error', jsonb_build_object('code', m.error_code, 'text', ${errorText}),
      'possibleDuplicate', m.possible_duplicate) ORDER BY m.seq), '[]') AS notices
    FROM message_work_order o
    CROSS JOIN LATERAL (SELECT * FROM message m WHERE m.tenant_id = $1 AND m.id = o.message_id LIMIT 1) m
    WHERE o.tenant_id = $1 AND o.work_order_id = w.id AND m.kind ${isNotice} AND m.technician_id = w.assignee_id
      -- What was held back has told no assignment, and does not say which it was about.
      AND coalesce(coalesce(m.assignment_no, m.told_assignment_no) = w.assignment_no,
        m.created_at > w.assigned_at - interval '1 minute')) told`;

// Whoever has paused wants to be told nothing.
const isSeenTo = (m: string) => `(${neverArrived(m)} OR ${m}.direction = 'out' AND ${m}.status = 'unknown')
  AND ${m}.reason IS DISTINCT FROM 'paused' AND ${m}.reason IS DISTINCT FROM 'quiet-hours'`;

const passes = "m.lane = 'critical' OR m.kind = 'reply'";
const wasTried = (f: string) => `(${f}.status <> 'cancelled' OR ${f}.reason IS DISTINCT FROM 'no-address')`;
const triedIn = (condition: string) => `SELECT f.way FROM message f WHERE f.tenant_id = $1 AND ${condition}
      AND ${wasTried('f')}`;
const tried = `ARRAY(SELECT m.way WHERE ${wasTried('m')} UNION ${triedIn('f.id = m.fallback_of')}
      UNION ${triedIn('f.fallback_of = m.fallback_of')} UNION ${triedIn('f.fallback_of = m.id')})`;

// Whether what was told of an alert still holds, as the domain has it.
const holds = `CASE WHEN m.kind = 'alert.resolved' THEN a.state = 'resolved' WHEN m.kind = 'alert.taken' THEN a.state = 'responding'
  WHEN m.kind IN ('alert.raised', 'alert.released', 'alert.unanswered') THEN a.state = 'open' ELSE a.state <> 'resolved' END`;

const failedQuery = `
  SELECT m.id, m.status, m.reason, m.error_code, ${errorText} AS error_text, m.way, m.possible_duplicate AS "possibleDuplicate", m.kind,
    t.external_id AS technician, t.name AS technician_name, ${waysOf('t', passes)} AS ways, w.id AS order_id, w.number,
    a.id AS alert_id, a.external_id AS alert, coalesce(m.status_at, m.created_at) AS at,
    m.expires_at AS "expiresAt", m.resent_of IS NOT NULL AS "isResent", ${tried} AS tried
  FROM message m ${otherWay}
  -- Of all the ways one thing was to be said, the last is shown.
  LEFT JOIN LATERAL (SELECT true AS is FROM message l WHERE l.tenant_id = $1
    AND l.fallback_of = ${firstWayOf('m')} AND l.seq > m.seq AND ${isSeenTo('l')} LIMIT 1) later ON true
  LEFT JOIN LATERAL (SELECT * FROM technician t WHERE t.tenant_id = $1 AND t.id = m.technician_id LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT * FROM work_order w WHERE w.tenant_id = $1 AND w.id = m.work_order_id LIMIT 1) w ON true
  LEFT JOIN LATERAL (SELECT a.id, a.external_id, a.state FROM message_alert x
    JOIN alert a ON a.tenant_id = $1 AND a.id = x.alert_id WHERE x.tenant_id = $1 AND x.message_id = m.id
    ORDER BY ${holds} DESC, x.position LIMIT 1) a ON true
  -- Sent again, or said anew. Of an answer: the person has written since, and was answered.
  LEFT JOIN LATERAL (SELECT true AS is FROM message l WHERE l.tenant_id = $1 AND l.technician_id = m.technician_id
    AND l.seq > m.seq AND CASE WHEN m.kind = 'reply' THEN l.direction = 'in' AND l.status = 'processed'
      ELSE l.direction = 'out' AND l.kind = m.kind AND l.status NOT ${hasEnded}
        AND l.work_order_id IS NOT DISTINCT FROM m.work_order_id
        AND (m.kind <> 'message.send' OR l.text = m.text) END LIMIT 1) since ON true
  WHERE m.tenant_id = $1 AND (${neverArrived('m')} OR m.direction = 'out' AND m.status = 'unknown') AND m.created_at > $2
    AND ${isSeenTo('m')} AND (m.status <> 'unknown' OR coalesce(m.status_at, m.created_at) < $3)
    AND m.kind NOT ${isNotice}
    -- A reminder that comes too late would be untrue.
    AND (m.status <> 'expired' OR m.kind NOT IN ('work-order.reminder', 'work-order.digest', 'maintenance.reminder'))
    AND other_way.is IS NULL AND later.is IS NULL AND since.is IS NULL
    AND (w.id IS NULL OR ${isOpen} OR m.kind IN ('work-order.cancelled', 'work-order.unassigned'))
    AND (a.id IS NULL OR ${holds})
  ORDER BY m.created_at DESC LIMIT ${most}`;

const alertsQuery = `
  SELECT a.id, a.external_id AS "externalId", a.message, a.severity, s.name AS asset, a.raised_at AS "raisedAt",
    a.exhausted, CASE WHEN a.expires_at <= $2 THEN a.expires_at END AS "expiredAt", told.told, told.reached
  FROM unnest(ARRAY['critical', 'high', 'medium', 'low']) AS p(severity)
  CROSS JOIN LATERAL (
    SELECT a.*, c.id AS chain_id, coalesce(c.exhausted, false) AS exhausted FROM alert a
    LEFT JOIN LATERAL (SELECT * FROM chain c WHERE c.tenant_id = $1 AND c.alert_id = a.id LIMIT 1) c ON true
    WHERE a.tenant_id = $1 AND a.severity = p.severity AND a.state = 'open'
      AND (a.expires_at IS NULL OR a.expires_at > $4)
      AND (c.exhausted OR a.expires_at <= $2 OR a.severity = 'critical' AND a.raised_at <= $3)
    ORDER BY a.raised_at DESC LIMIT ${ofEach}) a
  LEFT JOIN LATERAL (SELECT * FROM asset s WHERE s.tenant_id = $1 AND s.id = a.asset_id LIMIT 1) s ON true
  CROSS JOIN LATERAL (
    SELECT count(DISTINCT g.technician_id)::int AS told,
      count(DISTINCT g.technician_id) FILTER (WHERE way.arrived)::int AS reached
    FROM page g CROSS JOIN LATERAL (
      (SELECT m.delivered_at IS NOT NULL AS arrived FROM message m WHERE m.tenant_id = $1 AND m.id = g.message_id LIMIT 1)
      UNION ALL
      SELECT m.delivered_at IS NOT NULL FROM message m WHERE m.tenant_id = $1 AND m.fallback_of = g.message_id) way
    WHERE g.tenant_id = $1 AND g.chain_id = a.chain_id) told`;

const callsQuery = `
  SELECT c.id, c.kind, CASE WHEN NOT ${isHidden.call('c')} THEN c.reason END AS reason, c.caused_by AS "messageId", c.created_at AS at, t.name AS caller,
    CASE WHEN w.id IS NOT NULL THEN
      jsonb_build_object('id', w.id, 'number', w.number, 'title', w.title, 'priority', w.priority) END AS "order",
    c.exhausted OR coalesce(c.ended IN ('expired', 'nobody'), false) AS "isOver"
  FROM chain c
  LEFT JOIN LATERAL (SELECT * FROM technician t WHERE t.tenant_id = $1 AND t.id = c.caller_id LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT * FROM work_order w WHERE w.tenant_id = $1 AND w.id = c.work_order_id LIMIT 1) w ON true
  WHERE c.tenant_id = $1 AND ${isUntaken} AND c.created_at > $3
    AND (c.created_at <= $2 OR c.exhausted OR c.ended IN ('expired', 'nobody'))
    AND (w.id IS NULL OR ${isOpen} AND (c.kind <> 'work-order.escalated' OR w.escalated))
  ORDER BY c.created_at DESC LIMIT ${most}`;

const unansweredQuery = `
  WITH waiting AS MATERIALIZED (
    SELECT m.id, m.conversation_id, m.received_at FROM message m
    WHERE m.tenant_id = $1 AND m.direction = 'in' AND m.status = 'received' AND m.received_at < $2
  ), found AS (
    (SELECT id, conversation_id, NULL::text AS text, received_at, false AS set_aside, false AS hidden FROM waiting
     ORDER BY received_at LIMIT ${most})
    UNION ALL
    (SELECT m.id, m.conversation_id, m.text, m.received_at, true, ${isHidden.message('m')} FROM message m
     LEFT JOIN LATERAL (SELECT * FROM conversation c WHERE c.tenant_id = $1 AND c.id = m.conversation_id LIMIT 1) c ON true
     LEFT JOIN LATERAL (SELECT true AS is FROM message l WHERE l.tenant_id = $1 AND l.technician_id = c.technician_id
       AND l.seq > m.seq AND l.direction = 'in' AND l.status = 'processed' LIMIT 1) since ON true
     WHERE m.tenant_id = $1 AND m.direction = 'in' AND m.status = 'failed' AND m.received_at > $3 AND since.is IS NULL
     ORDER BY m.received_at DESC LIMIT ${most})
  )
  SELECT f.id, CASE WHEN NOT f.hidden THEN f.text END AS text, f.received_at AS at, f.set_aside AS "setAside", t.external_id AS technician,
    t.name AS technician_name
  FROM found f
  LEFT JOIN LATERAL (SELECT * FROM conversation c WHERE c.tenant_id = $1 AND c.id = f.conversation_id LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT * FROM technician t WHERE t.tenant_id = $1 AND t.id = c.technician_id LIMIT 1) t ON true`;

// Digests may take their time.
const channelsQuery = `
  SELECT h.id, h.way, h.address, l.refusing_since AS "refusingSince", l.failing_since AS "failingSince",
    coalesce(any_due.is, false) AS waits, stuck.since AS "stuckSince"
  FROM channel h JOIN channel_lease l ON l.tenant_id = $1 AND l.channel_id = h.id
  LEFT JOIN LATERAL (SELECT true AS is FROM message m WHERE m.tenant_id = $1 AND m.channel_id = h.id
    AND m.due_at IS NOT NULL LIMIT 1) any_due ON true
  CROSS JOIN LATERAL (
    SELECT min(first.due_at) AS since FROM (VALUES (1, interval '5 minutes'), (2, interval '5 minutes'),
      (3, interval '30 minutes')) AS lane(rank, patience)
    CROSS JOIN LATERAL (SELECT m.due_at FROM message m WHERE m.tenant_id = $1 AND m.channel_id = h.id
      AND m.lane_rank = lane.rank AND m.due_at IS NOT NULL AND m.due_at < $2::timestamptz - lane.patience
      ORDER BY m.due_at LIMIT 1) first) stuck
  WHERE h.tenant_id = $1 AND h.retired_at IS NULL ORDER BY h.way, h.address`;

// The rows of a day stand together, but there is no index on the day: it begins after the last row that is older.
const todayQuery = `
  WITH start AS MATERIALIZED (
    SELECT (SELECT older.seq FROM (
      SELECT m.seq, m.created_at FROM message m WHERE m.tenant_id = $1 ORDER BY m.seq DESC LIMIT ${mostCounted}
    ) older WHERE older.created_at < $2 LIMIT 1) AS seq
  )
  SELECT
    count(*) FILTER (WHERE out AND status IN ('accepted', 'sent', 'delivered', 'read'))::int AS sent,
    count(*) FILTER (WHERE out AND status IN ('delivered', 'read'))::int AS delivered,
    count(*) FILTER (WHERE out AND status = 'read')::int AS read,
    count(*) FILTER (WHERE out AND status IN ('failed', 'expired'))::int AS failed,
    count(*) FILTER (WHERE NOT out)::int AS heard,
    count(*) FILTER (WHERE NOT out AND status = 'processed')::int AS answered,
    percentile_cont('{0.5,0.9}'::float8[]) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM status_at - received_at), 0)::float8)
      FILTER (WHERE NOT out AND status = 'processed' AND status_at IS NOT NULL) AS seconds,
    (SELECT seq IS NULL FROM start) AND count(*) = ${mostCounted} AS "isPartial"
  FROM (SELECT m.direction = 'out' AS out, m.status, m.status_at, m.received_at FROM message m
    WHERE m.tenant_id = $1 AND m.seq > (SELECT coalesce(seq, 0) FROM start) ORDER BY m.seq DESC LIMIT ${mostCounted}) of_today`;

/** The statements over the large tables: what a test looks at the plans of. */
export const overviewQueries = {
  orders: ordersQuery,
  failed: failedQuery,
  alerts: alertsQuery,
  calls: callsQuery,
  unanswered: unansweredQuery,
  channels: channelsQuery,
  today: todayQuery,
};

/** What somebody may have to see to, and what happened today: candidates; the rule of what counts is elsewhere. */
export const overview = (trx: Queries, tenantId: string) => ({
  /**
   * Open orders that are late, unread, unacknowledged or unreached: of each priority the newest. `today` is the
   * tenant's, `days` what day it is in its people's zones. Unread and unacknowledged are those told before these moments,
   * unreached may be what was told since then.
   */
  orders: async (when: {
    now: Date;
    today: string;
    days: Map<string, string>;
    toldBefore: { unread: Record<Priority, Date>; unacknowledged: Record<Priority, Date>; planned: Date };
    toldSince: Date;
  }): Promise<OrderToSee[]> => {
    const { now, today, days, toldBefore, toldSince } = when;
    const { unread, unacknowledged, planned } = toldBefore;
    const byPriority = (before: Record<Priority, Date>) =>
      priorities.toReversed().map((priority) => before[priority]);
    const rows = await trx.rows<Row>(ordersQuery, [
      ...[tenantId, now, today, byPriority(unread), byPriority(unacknowledged), planned, toldSince],
      ...[[...days.keys()], [...days.values()], [today, ...days.values()].toSorted().at(-1)],
    ]);
    return rows.map(toOrder);
  },

  /**
   * Messages written since then, notices of assignments apart, that have reached their people in no way and still
   * matter, or of which that has been unclear since before a moment; the newest first.
   */
  failed: async (since: Date, unclearBefore: Date): Promise<FailedMessage[]> =>
    (await trx.rows<Row>(failedQuery, [tenantId, since, unclearBefore])).map((row) => ({
      id: row.id!,
      status: row.status!,
      reason: row.reason!,
      error: row.error_code || row.error_text ? { code: row.error_code!, text: row.error_text! } : null,
      way: row.way!,
      possibleDuplicate: row.possibleDuplicate!,
      kind: row.kind!,
      technician: named(row.technician, row.technician_name),
      order: row.order_id ? { id: row.order_id, number: row.number! } : null,
      alert: row.alert_id ? { id: row.alert_id, externalId: row.alert! } : null,
      at: row.at!,
      expiresAt: row.expiresAt!,
      tried: row.tried!,
      isResent: row.isResent!,
      ways: row.ways!,
    })),

  /**
   * Alerts that nobody goes to: critical ones raised before that moment, those of which everybody has been told, and
   * those that have expired, since then; of each severity the newest.
   */
  alerts: (now: Date, raisedBefore: Date, expiredSince: Date): Promise<OpenAlert[]> =>
    trx.rows<OpenAlert>(alertsQuery, [tenantId, now, raisedBefore, expiredSince]),

  /** Calls for help since then that nobody has taken: from before that moment, or of which nobody is told any more. */
  calls: (before: Date, since: Date): Promise<UntakenCall[]> =>
    trx.rows<UntakenCall>(callsQuery, [tenantId, before, since]),

  /** What came in before that moment and was not dealt with, and what was set aside since, unless its sender was answered later. */
  unanswered: async (before: Date, setAsideSince: Date): Promise<Unanswered[]> =>
    (await trx.rows<Row>(unansweredQuery, [tenantId, before, setAsideSince])).map((row) => ({
      id: row.id!,
      technician: named(row.technician, row.technician_name),
      setAside: row.setAside!,
      text: row.text!,
      at: row.at!,
    })),

  channels: (now: Date): Promise<ChannelState[]> => trx.rows<ChannelState>(channelsQuery, [tenantId, now]),

  /** Templates that cannot be used although they were asked about, or of which the provider tells nothing. */
  templates: (): Promise<
    { kind: string; locale: string; status: string | null; rejectionReason: string | null; since: Date }[]
  > =>
    trx.rows(
      `SELECT kind, locale, CASE WHEN vain_since IS NULL THEN approval_status END AS status,
         rejection_reason AS "rejectionReason", coalesce(vain_since, asked_at) AS since
       FROM template WHERE tenant_id = $1 AND content_sid <> ''
         AND (asked_at IS NOT NULL AND approval_status <> 'approved' OR vain_since < clock_timestamp() - interval '1 hour')
       ORDER BY kind, locale LIMIT ${most}`,
      [tenantId],
    ),

  /** What people would have to be sent in a language without a template for it. */
  gaps: (): Promise<{ kind: string; locale: string; since: Date }[]> =>
    trx.rows(
      `SELECT kind, locale, found_at AS since FROM template_gap WHERE tenant_id = $1 ORDER BY kind, locale LIMIT ${most}`,
      [tenantId],
    ),

  /** Webhook endpoints that were given up. */
  endpoints: (): Promise<{ key: string; reason: string | null; since: Date }[]> =>
    trx.rows(
      `SELECT key, reason, switched_off_at AS since FROM webhook_endpoint
       WHERE tenant_id = $1 AND switched_off_at IS NOT NULL ORDER BY switched_off_at DESC LIMIT ${most}`,
      [tenantId],
    ),

  /** Active people by their external ids. */
  people: (limit: number): Promise<Named[]> =>
    trx.rows(
      `SELECT external_id AS "externalId", name FROM technician WHERE tenant_id = $1 AND active
       ORDER BY external_id LIMIT $2`,
      [tenantId, limit],
    ),

  /** What was sent and heard since then, of the last rows of the log. */
  today: async (since: Date): Promise<TodaysFigures> => {
    // Where the day begins is not known when it is planned, and a third of the log would be taken for it.
    const scans = (how: 'on' | 'off') => trx.rows("SELECT set_config('enable_seqscan', $1, true)", [how]);
    await scans('off');
    const [row] = await trx.rows<Omit<TodaysFigures, 'seconds'> & { seconds: [number, number] | null }>(
      todayQuery,
      [tenantId, since],
    );
    await scans('on');
    const { seconds, ...counts } = row!;
    return { ...counts, seconds: seconds && { p50: seconds[0], p90: seconds[1] } };
  },
});

type Row = Record<string, never>;

const named = (externalId: string | null | undefined, name: string | null | undefined): Named | null =>
  externalId && name ? { externalId, name } : null;

const toOrder = (row: Row): OrderToSee => {
  const assignee = named(row.assignee, row.assignee_name);
  return {
    id: row.id!,
    number: row.number!,
    version: row.version!,
    title: row.title!,
    priority: row.priority!,
    kind: row.kind!,
    due: row.due_at ? { at: row.due_at } : row.due_on ? { on: row.due_on } : null,
    assignedAt: row.assignedAt!,
    status: row.status!,
    asset: row.asset!,
    assignee: assignee && {
      ...assignee,
      timeZone: row.assignee_zone!,
      heardAt: row.heard_at!,
      ways: row.ways!,
    },
    notices: (row.notices as unknown as Record<string, never>[]).map((notice) => ({
      ...(notice as unknown as OrderToSee['notices'][number]),
      createdAt: new Date(notice.createdAt!),
      sentAt: moment(notice.sentAt),
      readAt: moment(notice.readAt),
      statusAt: moment(notice.statusAt),
    })),
  };
};

const moment = (at: string | null | undefined): Date | null => (at ? new Date(at) : null);
