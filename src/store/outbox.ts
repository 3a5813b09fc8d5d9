import type { DeliveryStatus } from '../domain/delivery-status.ts';
import type { Lane, MessageKind, Reason, Way } from '../domain/message.ts';
import { fallbackAt, isUrgent } from './attempts.ts';
import type { Queries } from './connections.ts';
import { isHidden } from './erasure.ts';
import { firstWayOf } from './first-way.ts';

export type NewMessage = {
  id: string;
  technicianId: string | null;
  way: Way;
  /** Null when there is no way to reach the person: then it is cancelled at once. */
  channelId: string | null;
  conversationId: string | null;
  kind: MessageKind;
  lane: Lane;
  text: string;
  inReplyTo: string | null;
  /** The inbound message whose change it tells somebody else. */
  causedBy?: string | null;
  workOrderIds: string[];
  /** Of a digest: the day that each of its orders is due, in their order. */
  dueDays?: (string | null)[];
  /** The order and what must still hold about it when it is sent. */
  about: { workOrderId: string; assignmentNo: number | null; dueDay: string | null } | null;
  /** `inMs`: from now, by the database's clock, as everything that is due; a worker's own may be another. */
  dueAt: Date | { inMs: number };
  expiresAt: Date;
  /** Set when it is not to be sent at all. */
  heldBack: Reason | null;
  /** Why it is not due yet, shown until it is sent. */
  waitsFor?: 'quiet-hours' | null;
  /** Why that is, where the reason alone does not say. */
  heldBackText?: string | null;
  /** Quick replies about its order, shown where that is possible. */
  buttons?: QuickReplyButton[] | null;
  /** How it reads by other ways, where nobody could write it anew. */
  otherTexts?: Partial<Record<Way, string>> | null;
  /** How long it may take to arrive before the next way is tried; null where there is none. */
  fallbackSeconds?: number | null;
  /** The ways it may go by, in their order; null: the usual ones. */
  byWays?: Way[] | null;
  /** The alerts it is about. */
  alertIds?: string[];
  /** The message that says the same by the first way; then `about` claims what that one did. */
  fallbackOf?: string | null;
  /** Of a further one that somebody asked for. */
  resent?: {
    /** The message that it repeats. */
    of: string;
    /** That one may have arrived. */
    possibleDuplicate: boolean;
    /** Nobody has been told the assignment that `about` names: this one tells it. */
    tellsAssignment: boolean;
  } | null;
};

/** A title and the command that a tap stands for. */
export type QuickReplyButton = { title: string; action: string };

export type DueRow = Pick<DueMessage, 'id' | 'kind' | 'workOrderId'>;

export type DueMessage = {
  id: string;
  conversationId: string;
  technicianId: string | null;
  way: Way;
  kind: MessageKind;
  lane: Lane;
  text: string;
  status: string;
  workOrderId: string | null;
  assignmentNo: number | null;
  dueDay: string | null;
  buttons: QuickReplyButton[] | null;
  expiresAt: Date;
  /** Whose message it tells others of; null: nobody's. */
  by: { id: string; name: string } | null;
  /** Why this attempt is made. */
  attemptReason: string;
  tries: number;
};

/** A message as the next way needs it: what it claims, and by which ways it was said so far, in their order. */
export type OfTheFirstWay = {
  id: string;
  /** The message that says it by the first way; its own id if it is that one. */
  firstId: string;
  technicianId: string | null;
  kind: MessageKind;
  lane: Lane;
  way: Way;
  status: DeliveryStatus;
  texts: Partial<Record<Way, string>>;
  /** What it says is erased, or is about to be. */
  isErased: boolean;
  causedBy: string | null;
  /** Whose message that is. */
  by: { id: string; name: string } | null;
  workOrderId: string | null;
  workOrderIds: string[];
  alertIds: string[];
  /** The ways it may go by; null: the usual ones. */
  byWays: Way[] | null;
  /** What a digest says of each of them. */
  dueDays: (string | null)[];
  assignmentNo: number | null;
  dueDay: string | null;
  expiresAt: Date;
  /** It waits to arrive, or to be followed by the next way. */
  overdue: boolean;
  /** It waits to be tried, be it once more. */
  waits: boolean;
  tried: {
    id: string;
    way: Way;
    status: DeliveryStatus;
    reason: Reason | null;
    code: string | null;
    /** The message that somebody had sent again by this one. */
    resentOf: string | null;
  }[];
};
/** The reason of the one attempt that follows an unclear one. */
export const possibleDuplicate = 'possible-duplicate';

// Of the 45 messages that may go to one person at once, the last ten are kept for critical ones, and of these the last
// five for pages: they are gathered, and so never more within a minute, but news of alerts is as many as the alerts.
const pairBudget = { size: 45, secondsPerMessage: 6, keptForCritical: 10, keptForPages: 5 };

const pairBudgetNow = `coalesce(least(${pairBudget.size},
  b.left_over + extract(epoch FROM clock_timestamp() - b.at) / ${pairBudget.secondsPerMessage}), ${pairBudget.size})`;

// What is said of alerts besides that somebody is needed.
const isNews = (m: string) =>
  `(${m}.lane = 'critical' AND ${m}.kind LIKE 'alert.%' AND ${m}.kind <> 'alert.raised')`;

// Nothing that expired is held back: it is ended. One that waits for its retry holds back what came later in its lane.
const mayGo = (m: string) => `(${m}.expires_at <= statement_timestamp() OR CASE WHEN ${isNews(m)}
  THEN ${m}.conversation_id NOT IN (SELECT s.conversation_id FROM short s WHERE s.budget < ${1 + pairBudget.keptForPages})
  WHEN ${m}.lane = 'critical'
  THEN ${m}.conversation_id NOT IN (SELECT s.conversation_id FROM short s WHERE s.budget < 1)
  ELSE ${m}.conversation_id NOT IN (SELECT s.conversation_id FROM short s)
    AND ${m}.conversation_id NOT IN (SELECT b.conversation_id FROM busy b WHERE b.is_under_way)
    AND ((${m}.conversation_id, ${m}.lane) NOT IN (SELECT b.conversation_id, b.lane FROM busy b WHERE NOT b.is_under_way)
      OR NOT EXISTS (SELECT FROM busy b WHERE b.conversation_id = ${m}.conversation_id AND b.lane = ${m}.lane
        AND NOT b.is_under_way AND b.seq < ${m}.seq)) END)`;

// One that waits to be tried again did not leave if every try has failed for certain.
export const neverLeft = `(m.status IN ('queued', 'cancelled', 'expired') OR NOT EXISTS (
  SELECT FROM attempt a WHERE a.tenant_id = m.tenant_id AND a.message_id = m.id AND a.status <> 'failed'))`;

// Whose message it tells others of.
const writerOf = (m: string) => `(SELECT jsonb_build_object('id', t.id, 'name', t.name) FROM message c
  JOIN technician t ON t.tenant_id = c.tenant_id AND t.id = c.technician_id
  WHERE c.tenant_id = ${m}.tenant_id AND c.id = ${m}.caused_by)`;

/** When a message first left, or may have. */
export const leftAt = `(SELECT min(a.sending_at) FROM attempt a
  WHERE a.tenant_id = m.tenant_id AND a.message_id = m.id AND a.status <> 'failed')`;

export const outbox = (trx: Queries, tenantId: string) => ({
  /**
   * Adds a message to the log, to be sent when due or with the reason it is not. False if the assignment it
   * tells was told before, if its way was tried before, or if it was sent again by that way before.
   */
  add: async (message: NewMessage): Promise<boolean> => {
    const reason = message.heldBack ?? (message.channelId ? null : 'no-address');
    const [dueAt, dueInMs] =
      message.dueAt instanceof Date ? [message.dueAt, null] : [null, message.dueAt.inMs];
    const claims = !message.fallbackOf || message.resent?.tellsAssignment;
    const added = await trx.rows(
      `WITH added AS (
         INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane,
           status, reason, text, in_reply_to, due_at, expires_at, work_order_id, assignment_no, due_day, caused_by,
           buttons, other_texts, fallback_seconds, fallback_of, told_assignment_no, error_text, by_ways, resent_of,
           possible_duplicate)
         VALUES ($1, $2, 'out', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
           coalesce($13::timestamptz, clock_timestamp() + $29::float8 * interval '1 millisecond'),
           $14, $15, $16, $17, $19, $20, $21, $22, $23, $24, $26, $27, $30, $31)
         -- This assignment was told before, or this way was tried before.
         ON CONFLICT DO NOTHING
         RETURNING id
       ), orders AS (
         INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position, due_day)
         SELECT $1, added.id, o.id, o.position - 1, o.due_day
         FROM added, unnest($18::uuid[], $25::date[]) WITH ORDINALITY AS o(id, due_day, position)
       ), alerts AS (
         INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
         SELECT $1, added.id, a.id, a.position - 1
         FROM added, unnest($28::uuid[]) WITH ORDINALITY AS a(id, position)
       ) SELECT id FROM added`,
      [
        ...[tenantId, message.id, message.channelId, message.conversationId, message.technicianId],
        ...[message.way, message.kind, message.lane, reason ? 'cancelled' : 'queued'],
        ...[reason ?? message.waitsFor, message.text],
        ...[message.inReplyTo, reason ? null : dueAt, message.expiresAt],
        message.about?.workOrderId,
        claims ? message.about?.assignmentNo : null,
        message.about?.dueDay,
        message.workOrderIds,
        ...[message.causedBy, message.buttons ? JSON.stringify(message.buttons) : null],
        message.otherTexts ? JSON.stringify(message.otherTexts) : null,
        ...[message.fallbackSeconds, message.fallbackOf],
        claims ? null : message.about?.assignmentNo,
        ...[message.dueDays ?? [], message.heldBackText, message.byWays, message.alertIds ?? []],
        reason ? null : dueInMs,
        ...[message.resent?.of, message.resent?.possibleDuplicate ?? false],
      ],
    );
    return added.length > 0;
  },

  /**
   * The next messages a channel may send, by lane and due time: one per conversation, none where one is
   * under way or an earlier one of its lane waits for its retry, none without pair budget. A critical one
   * waits for no other, and of these a page for no news. Takes nothing yet.
   */
  due: async (channelId: string, limit: number): Promise<DueRow[]> => {
    // Reads each lane from its beginning and stops at the limit: what holds rows back is little, and known before.
    const { rows } = await trx.raw(
      `WITH short AS MATERIALIZED (
         SELECT b.conversation_id, ${pairBudgetNow} AS budget FROM pair_budget b
         WHERE b.tenant_id = :tenantId AND b.left_over < 11 AND b.at > statement_timestamp() - interval '5 minutes'
           AND ${pairBudgetNow} < 1 + ${pairBudget.keptForCritical}
       ), busy AS MATERIALIZED (
         SELECT o.conversation_id, o.lane, o.seq, o.due_at IS NULL AS is_under_way FROM message o
         WHERE o.tenant_id = :tenantId AND o.channel_id = :channelId AND o.direction = 'out' AND o.status = 'sending'
           AND o.lane <> 'critical' AND (o.due_at IS NULL OR (
             o.due_at > statement_timestamp() AND o.due_at < statement_timestamp() + interval '30 seconds'))
       )
       SELECT next.id, next.kind, next.work_order_id AS "workOrderId" FROM (VALUES (1, false), (1, true), (2, false), (3, false), (4, false)) AS lane(rank, news)
       CROSS JOIN LATERAL (
         SELECT m.id, m.kind, m.work_order_id, m.due_at, m.seq FROM message m
         WHERE m.tenant_id = :tenantId AND m.channel_id = :channelId AND m.lane_rank = lane.rank
           AND ${isNews('m')} = lane.news
           AND m.due_at IS NOT NULL AND m.due_at <= statement_timestamp() AND ${mayGo('m')}
           AND NOT EXISTS (
             SELECT FROM message p
             WHERE p.tenant_id = :tenantId AND p.conversation_id = m.conversation_id AND p.channel_id = :channelId
               AND p.due_at IS NOT NULL AND p.due_at <= statement_timestamp()
               AND (p.lane = 'critical') = (m.lane = 'critical')
               AND (p.lane_rank, ${isNews('p')}, p.seq) < (m.lane_rank, ${isNews('m')}, m.seq) AND ${mayGo('p')})
         ORDER BY m.due_at, m.seq LIMIT :limit
       ) AS next
       ORDER BY lane.rank, lane.news, next.due_at, next.seq LIMIT :limit`,
      { tenantId, channelId, limit },
    );
    return rows;
  },

  /** Locks those of the messages that are still due, by their ids, and answers them in the order given. Their orders must be locked before. */
  lockDue: async (ids: string[]): Promise<DueMessage[]> => {
    const { rows } = await trx.raw(
      `SELECT m.*, (SELECT count(*)::int FROM attempt a WHERE a.tenant_id = m.tenant_id AND a.message_id = m.id) AS tries,
         ${writerOf('m')} AS by
       FROM message m WHERE m.tenant_id = :tenantId AND m.id = ANY(:ids) AND m.due_at <= clock_timestamp() ORDER BY m.id FOR UPDATE OF m`,
      { tenantId, ids },
    );
    const locked: DueMessage[] = rows.map(dueFromRow);
    return locked.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  },

  /** A message as it would be sent now, whether it is due or not. */
  get: async (id: string): Promise<DueMessage | null> => {
    const row = await trx('message')
      .where({ tenant_id: tenantId, id, direction: 'out' })
      .first('*', { tries: trx.raw('0'), by: trx.raw(writerOf('message')) });
    return row ? dueFromRow(row) : null;
  },

  /** Marks messages as being sent, and spends one of each conversation's pair budget. */
  sending: async (taken: { id: string; conversationId: string }[]): Promise<void> => {
    await trx.raw(
      `UPDATE message m SET due_at = NULL, next_attempt = NULL, reason = nullif(reason, 'quiet-hours'),
         status = CASE WHEN status = 'queued' THEN 'sending' ELSE status END, fallback_at = ${fallbackAt}
       WHERE tenant_id = ? AND id = ANY(?)`,
      [tenantId, taken.map(({ id }) => id)],
    );
    await trx.raw(
      `INSERT INTO pair_budget AS b (tenant_id, conversation_id, left_over, at)
       SELECT :tenantId, c, ${pairBudget.size} - count(*), clock_timestamp() FROM unnest(:conversations::uuid[]) AS c GROUP BY c
       ON CONFLICT (tenant_id, conversation_id) DO UPDATE
         SET left_over = ${pairBudgetNow} - (${pairBudget.size} - excluded.left_over), at = excluded.at`,
      { tenantId, conversations: taken.map(({ conversationId }) => conversationId) },
    );
  },

  /** Sends it again after that time; the reason makes it one attempt, however often it is asked for. */
  sendAgain: async (id: string, afterMs: number, reason: string): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .update({
        due_at: trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [afterMs]),
        next_attempt: reason,
        ...(reason === possibleDuplicate ? { possible_duplicate: true } : {}),
      });
  },

  /** It has arrived: one more try that still waits is not made. */
  withdrawRetry: async (id: string): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .whereNotNull('due_at')
      .update({
        due_at: null,
        next_attempt: null,
        reason: trx.raw("nullif(reason, 'quiet-hours')"),
        possible_duplicate: trx.raw('possible_duplicate AND next_attempt IS DISTINCT FROM ?', [
          possibleDuplicate,
        ]),
      });
  },

  /** Nothing more is to be sent, and why. The status itself only moves forward: see `messages.moveTo`. */
  stop: async (
    id: string,
    end: { reason?: Reason | null; error?: { code: string | null; text: string } | null },
  ): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .update({
        due_at: null,
        reason: end.reason === undefined ? trx.raw("nullif(reason, 'quiet-hours')") : end.reason,
        ...(end.error ? { error_code: end.error.code, error_text: end.error.text } : {}),
      });
  },

  /**
   * What was not sent, by the first way and by this one, has told nobody: the assignment can be told when somebody
   * asks for it again.
   */
  freeAssignment: async (id: string): Promise<void> => {
    await trx.rows(
      `UPDATE message SET assignment_no = NULL
       WHERE tenant_id = $1 AND assignment_no IS NOT NULL AND status IN ('failed', 'cancelled')
         AND id IN (SELECT unnest(ARRAY[m.id, m.fallback_of]) FROM message m WHERE m.tenant_id = $1 AND m.id = $2)`,
      [tenantId, id],
    );
  },

  /** A message that waits leaves by another channel of its way. */
  useChannel: async (id: string, to: { channelId: string; conversationId: string }): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .update({ channel_id: to.channelId, conversation_id: to.conversationId });
  },

  /**
   * Messages of the channel that did not arrive in time, and have not been followed by the next way yet. The time
   * begins with the first try; for one that was not tried because the provider refuses our credentials, with that.
   */
  overdue: async (channelId: string, limit: number): Promise<string[]> => {
    // But for a page, a call under way is waited for: what comes of it says whether the message may have left.
    const rows = await trx.rows<{ id: string }>(
      `(SELECT m.id FROM message m WHERE m.tenant_id = $1 AND m.channel_id = $2 AND m.fallback_at IS NOT NULL
          AND m.fallback_at <= clock_timestamp() AND (m.status <> 'sending' OR m.due_at IS NOT NULL
            OR ${isUrgent} OR m.fallback_at <= clock_timestamp() - interval '30 seconds')
        ORDER BY m.fallback_at LIMIT $3)
       UNION ALL
       (SELECT m.id FROM channel_lease l CROSS JOIN LATERAL (
          SELECT m.id FROM message m WHERE m.tenant_id = l.tenant_id AND m.channel_id = l.channel_id
            AND m.due_at IS NOT NULL AND m.status = 'queued' AND m.fallback_at IS NULL
            AND greatest(m.due_at, l.refusing_since) + m.fallback_seconds * interval '1 second' <= clock_timestamp()
          ORDER BY m.lane_rank, m.due_at LIMIT $3) m
        WHERE l.tenant_id = $1 AND l.channel_id = $2 AND l.refusing_since IS NOT NULL)
       LIMIT $3`,
      [tenantId, channelId, limit],
    );
    return rows.map(({ id }) => id);
  },

  /** Locks a message that may have to be said by another way; null if there is no such message. */
  lockForNextWay: async (id: string): Promise<OfTheFirstWay | null> => {
    const row = await trx('message')
      .where({ tenant_id: tenantId, id, direction: 'out' })
      .forUpdate()
      .first('*', { by: trx.raw(writerOf('message')), is_hidden: trx.raw(isHidden.message('message')) });
    if (!row) return null;
    const firstId = row.fallback_of ?? row.id;
    const family = await trx('message')
      .where({ tenant_id: tenantId })
      .where((each) => each.where({ id: firstId }).orWhere({ fallback_of: firstId }))
      .orderBy('seq');
    const orders = await trx('message_work_order')
      .where({ tenant_id: tenantId, message_id: id })
      .orderBy('position');
    const alerts = await trx('message_alert')
      .where({ tenant_id: tenantId, message_id: id })
      .orderBy('position')
      .select('alert_id');
    const first = family.find((each) => each.id === firstId) ?? row;
    return {
      id,
      firstId,
      technicianId: row.technician_id,
      kind: row.kind,
      lane: row.lane,
      way: row.way,
      status: row.status,
      texts: { ...first.other_texts, [first.way]: first.text },
      isErased: row.is_hidden || first.text === null,
      causedBy: row.caused_by,
      by: row.by,
      workOrderId: row.work_order_id,
      workOrderIds: orders.map((each) => each.work_order_id),
      alertIds: alerts.map((each) => each.alert_id),
      byWays: row.by_ways,
      dueDays: orders.map((each) => each.due_day),
      assignmentNo: row.assignment_no ?? row.told_assignment_no,
      dueDay: row.due_day,
      expiresAt: row.expires_at,
      overdue: row.fallback_seconds !== null && (row.fallback_at !== null || row.status === 'queued'),
      waits: row.due_at !== null,
      tried: family.map((each) => ({
        id: each.id,
        way: each.way,
        status: each.status,
        reason: each.reason,
        code: each.error_code,
        resentOf: each.resent_of,
      })),
    };
  },

  /**
   * Which of the messages have arrived by another way, and which go on by a further one. Left out are those that are
   * said by one way only.
   */
  saidOtherwise: async (ids: string[]): Promise<Map<string, { hasArrived: boolean; goesOn: boolean }>> => {
    const rows = await trx.rows<{ id: string; hasArrived: boolean; goesOn: boolean }>(
      `WITH own AS (
         SELECT m.id, m.seq, ${firstWayOf('m')} AS first_id FROM message m WHERE m.tenant_id = $1 AND m.id = ANY($2)
       )
       SELECT own.id, bool_or(other.status IN ('delivered', 'read')) AS "hasArrived", bool_or(other.seq > own.seq) AS "goesOn"
       FROM own CROSS JOIN LATERAL (
         SELECT f.status, f.seq FROM message f WHERE f.tenant_id = $1 AND f.id = own.first_id
         UNION ALL
         SELECT f.status, f.seq FROM message f WHERE f.tenant_id = $1 AND f.fallback_of = own.first_id
       ) AS other
       WHERE other.seq <> own.seq GROUP BY own.id`,
      [tenantId, ids],
    );
    return new Map(rows.map(({ id, ...how }) => [id, how]));
  },

  /** No next way is tried for want of this one's arrival any more. */
  stopWaiting: async (id: string): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .update({ fallback_at: null, fallback_seconds: null });
  },

  /** One that waits to arrive may take that much longer from now, before its next way is tried. */
  waitLonger: async (id: string, forMs: number): Promise<void> => {
    await trx('message')
      .where({ tenant_id: tenantId, id })
      .whereNotNull('fallback_seconds')
      .update({ fallback_at: trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [forMs]) });
  },

  /** Whether the person has written, by whatever way, since a try of these messages that may have arrived. */
  answeredSince: async (technicianId: string, ids: string[]): Promise<boolean> => {
    const [row] = await trx.rows<{ answered: boolean }>(
      `SELECT EXISTS (
         SELECT FROM message i WHERE i.tenant_id = $1 AND i.technician_id = $2 AND i.direction = 'in'
           AND i.received_at > (SELECT min(a.sending_at) FROM attempt a
             WHERE a.tenant_id = $1 AND a.message_id = ANY($3) AND a.status <> 'failed')) AS answered`,
      [tenantId, technicianId, ids],
    );
    return row!.answered;
  },

  /** Another text for an answer that did not leave yet; false if it has. */
  rewriteReply: async (id: string, text: string): Promise<boolean> =>
    (await trx('message').where({ tenant_id: tenantId, id, status: 'queued' }).update({ text })) > 0,

  /**
   * Who has been told of a message's change, or may have been. Locks all that tells of it, so that none leaves
   * meanwhile; the orders must be locked before.
   */
  lockCausedBy: async (messageId: string): Promise<string[]> => {
    const { rows: told } = await trx.raw(
      `SELECT m.technician_id, ${neverLeft} AS never_left FROM message m
       WHERE m.tenant_id = ? AND m.caused_by = ? AND m.direction = 'out' ORDER BY m.id FOR UPDATE OF m`,
      [tenantId, messageId],
    );
    return [
      ...new Set<string>(
        told.flatMap((row: Record<string, never>) => (row.never_left ? [] : row.technician_id!)),
      ),
    ];
  },

  /** What was to tell others of a message's change and did not leave yet is not sent. */
  withdrawCausedBy: async (messageId: string): Promise<void> => {
    await trx.raw(
      `UPDATE message m SET status = 'cancelled', reason = 'order-moved-on', due_at = NULL
       WHERE m.tenant_id = ? AND m.caused_by = ? AND m.due_at IS NOT NULL AND ${neverLeft}`,
      [tenantId, messageId],
    );
  },

  /**
   * What is due, but not to be sent before that time has passed: the reader's quiet hours. Unless it may have left,
   * its time to arrive begins anew after them.
   */
  waitForQuietEnd: async (waiting: { id: string; forMs: number }[]): Promise<void> => {
    await trx.raw(
      `UPDATE message m SET due_at = clock_timestamp() + w.ms * interval '1 millisecond', reason = 'quiet-hours',
         fallback_at = CASE WHEN ${neverLeft} THEN NULL ELSE m.fallback_at END
       FROM unnest(?::uuid[], ?::float8[]) AS w(id, ms) WHERE m.tenant_id = ? AND m.id = w.id`,
      [waiting.map(({ id }) => id), waiting.map(({ forMs }) => forMs), tenantId],
    );
  },

  /**
   * What waits for the end of quiet hours, somebody's or everybody's, is due at once: whoever takes it decides anew.
   * Answers the channels it waits on.
   */
  endWaiting: async (technicianId: string | null): Promise<string[]> => {
    const whose = technicianId === null ? '' : 'AND technician_id = :technicianId';
    // One that is being taken may be put to wait by what was true before: this waits until that is done.
    await trx.raw(
      `SELECT FROM message WHERE tenant_id = :tenantId AND due_at IS NOT NULL AND lane IN ('notification', 'digest')
         ${whose} ORDER BY id FOR UPDATE`,
      { tenantId, technicianId },
    );
    const { rows } = await trx.raw(
      `WITH due AS (
         UPDATE message SET due_at = clock_timestamp()
         WHERE tenant_id = :tenantId AND due_at IS NOT NULL AND reason = 'quiet-hours' ${whose} RETURNING channel_id
       ) SELECT DISTINCT channel_id FROM due`,
      { tenantId, technicianId },
    );
    return rows.map((row: { channel_id: string }) => row.channel_id);
  },

  /** Notifications to somebody who has paused are held back; answers and critical alerts are not. */
  holdBack: async (technicianId: string): Promise<void> => {
    await trx.raw(
      // An assignment that is asked for again may then be told after all, by the first way too if that had failed.
      `WITH held AS (
         UPDATE message m SET status = 'cancelled', reason = 'paused', due_at = NULL, assignment_no = NULL
         WHERE m.tenant_id = :tenantId AND m.technician_id = :technicianId AND m.direction = 'out'
           AND m.due_at IS NOT NULL AND m.lane <> 'critical' AND m.kind <> 'reply' AND ${neverLeft}
         RETURNING m.fallback_of
       )
       UPDATE message f SET assignment_no = NULL FROM held
       WHERE f.tenant_id = :tenantId AND f.id = held.fallback_of AND f.status IN ('failed', 'cancelled')`,
      { tenantId, technicianId },
    );
  },

  /** Notices of an assignment that has ended and did not leave yet are withdrawn; answers whether one had left. */
  withdrawAssignment: async (workOrderId: string, assignmentNo: number): Promise<{ hadLeft: boolean }> => {
    const ofAssignment = () =>
      trx('message as m')
        .where({ tenant_id: tenantId, work_order_id: workOrderId })
        .where((told) =>
          told.where({ assignment_no: assignmentNo }).orWhere({ told_assignment_no: assignmentNo }),
        );
    await ofAssignment()
      .whereNotNull('due_at')
      // One that waits to be tried again did not leave if every try has failed for certain.
      .whereNotExists(
        trx('attempt as a')
          .whereRaw('a.tenant_id = m.tenant_id AND a.message_id = m.id')
          .whereNot({ 'a.status': 'failed' }),
      )
      .update({ status: 'cancelled', reason: 'order-moved-on', due_at: null });
    // One may wait by a further way while the first had left.
    const told = await ofAssignment().whereNotIn('status', ['cancelled', 'expired', 'failed']).first('id');
    return { hadLeft: told !== undefined };
  },

  /**
   * When the next message of the channel is due, whatever holds it back, or the next page goes on by its next way; null
   * when none waits.
   */
  nextDueAt: async (channelId: string): Promise<Date | null> => {
    const { rows } = await trx.raw(
      `SELECT least(min(next.due_at), (
         SELECT min(m.fallback_at) FROM message m WHERE m.tenant_id = :tenantId AND m.channel_id = :channelId
           AND m.fallback_at IS NOT NULL AND ${isUrgent})) AS at
       FROM (VALUES (1), (2), (3), (4)) AS lane(rank)
       CROSS JOIN LATERAL (
         SELECT m.due_at FROM message m
         WHERE m.tenant_id = :tenantId AND m.channel_id = :channelId AND m.lane_rank = lane.rank
           AND m.due_at IS NOT NULL
         ORDER BY m.due_at LIMIT 1
       ) AS next`,
      { tenantId, channelId },
    );
    return rows[0].at;
  },
});

const dueFromRow = (row: Record<string, never>): DueMessage => ({
  id: row.id!,
  conversationId: row.conversation_id!,
  technicianId: row.technician_id!,
  way: row.way!,
  kind: row.kind!,
  lane: row.lane!,
  text: row.text!,
  status: row.status!,
  workOrderId: row.work_order_id!,
  assignmentNo: row.assignment_no ?? row.told_assignment_no!,
  dueDay: row.due_day!,
  buttons: row.way === 'whatsapp' ? row.buttons! : null,
  expiresAt: row.expires_at!,
  by: row.by!,
  attemptReason: row.next_attempt ?? 'first',
  tries: row.tries!,
});
