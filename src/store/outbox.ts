import type { Lane, MessageKind, Reason } from '../domain/message.ts';
import type { Queries } from './connections.ts';

export type NewMessage = {
  id: string;
  technicianId: string | null;
  way: 'whatsapp' | 'sms' | 'email';
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
  /** The order and what must still hold about it when it is sent. */
  about: { workOrderId: string; assignmentNo: number | null; dueDay: string | null } | null;
  dueAt: Date;
  expiresAt: Date;
  /** Set when it is not to be sent at all. */
  heldBack: Reason | null;
  /** Quick replies about its order, shown where that is possible. */
  buttons?: QuickReplyButton[] | null;
};

/** A title and the command that a tap stands for. */
export type QuickReplyButton = { title: string; action: string };

export type DueMessage = {
  id: string;
  conversationId: string;
  technicianId: string | null;
  kind: MessageKind;
  lane: Lane;
  text: string;
  status: string;
  workOrderId: string | null;
  assignmentNo: number | null;
  dueDay: string | null;
  buttons: QuickReplyButton[] | null;
  expiresAt: Date;
  /** Why this attempt is made. */
  attemptReason: string;
  tries: number;
};

/** The reason of the one attempt that follows an unclear one. */
export const possibleDuplicate = 'possible-duplicate';

// Of the 45 messages that may go to one person at once, the last ten are kept for critical ones.
const pairBudget = { size: 45, secondsPerMessage: 6, keptForCritical: 10 };

const pairBudgetNow = `coalesce(least(${pairBudget.size},
  b.left_over + extract(epoch FROM clock_timestamp() - b.at) / ${pairBudget.secondsPerMessage}), ${pairBudget.size})`;

// One that waits to be tried again did not leave if every try has failed for certain.
const neverLeft = `(m.status IN ('queued', 'cancelled', 'expired') OR NOT EXISTS (
  SELECT FROM attempt a WHERE a.tenant_id = m.tenant_id AND a.message_id = m.id AND a.status <> 'failed'))`;

export const outbox = (trx: Queries, tenantId: string) => ({
  /**
   * Adds a message to the log, to be sent when due or with the reason it is not. False if the assignment it
   * tells was told before.
   */
  add: async (message: NewMessage): Promise<boolean> => {
    const reason = message.heldBack ?? (message.channelId ? null : 'no-address');
    const added = await trx.rows(
      `WITH added AS (
         INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane,
           status, reason, text, in_reply_to, due_at, expires_at, work_order_id, assignment_no, due_day, caused_by,
           buttons)
         VALUES ($1, $2, 'out', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $19, $20)
         ON CONFLICT (tenant_id, work_order_id, assignment_no) WHERE assignment_no IS NOT NULL DO NOTHING
         RETURNING id
       ), orders AS (
         INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
         SELECT $1, added.id, o.id, o.position - 1
         FROM added, unnest($18::uuid[]) WITH ORDINALITY AS o(id, position)
       ) SELECT id FROM added`,
      [
        ...[tenantId, message.id, message.channelId, message.conversationId, message.technicianId],
        ...[message.way, message.kind, message.lane, reason ? 'cancelled' : 'queued', reason, message.text],
        ...[message.inReplyTo, reason ? null : message.dueAt, message.expiresAt],
        ...[message.about?.workOrderId, message.about?.assignmentNo, message.about?.dueDay],
        message.workOrderIds,
        ...[message.causedBy, message.buttons ? JSON.stringify(message.buttons) : null],
      ],
    );
    return added.length > 0;
  },

  /**
   * The next messages a channel may send, by lane and due time: one per conversation, none where one is
   * under way or an earlier one of its lane waits for its retry, none without pair budget. A critical one
   * waits for no other. Takes nothing yet.
   */
  due: async (channelId: string, limit: number): Promise<{ id: string; workOrderId: string | null }[]> => {
    const { rows } = await trx.raw(
      `SELECT id, work_order_id AS "workOrderId" FROM (
         SELECT DISTINCT ON (m.conversation_id, m.lane = 'critical') m.id, m.work_order_id, m.lane_rank, m.due_at, m.seq
         FROM message m
         LEFT JOIN pair_budget b ON b.tenant_id = m.tenant_id AND b.conversation_id = m.conversation_id
         WHERE m.tenant_id = :tenantId AND m.channel_id = :channelId AND m.due_at <= clock_timestamp()
           AND (m.expires_at <= clock_timestamp() OR (
             ${pairBudgetNow} >= 1 + CASE WHEN m.lane = 'critical' THEN 0 ELSE ${pairBudget.keptForCritical} END
             AND (m.lane = 'critical' OR NOT EXISTS (
               SELECT FROM message o WHERE o.tenant_id = m.tenant_id AND o.conversation_id = m.conversation_id
                 AND o.direction = 'out' AND o.status = 'sending' AND o.lane <> 'critical' AND o.id <> m.id AND (
                   o.due_at IS NULL
                   OR (o.lane = m.lane AND o.seq < m.seq AND o.due_at > clock_timestamp()
                       AND o.due_at < clock_timestamp() + interval '30 seconds'))))))
         ORDER BY m.conversation_id, m.lane = 'critical', m.lane_rank, m.seq
       ) next ORDER BY lane_rank, due_at, seq LIMIT :limit`,
      { tenantId, channelId, limit },
    );
    return rows;
  },

  /** Locks those of the messages that are still due, in the order given. Their orders must be locked before. */
  lockDue: async (ids: string[]): Promise<DueMessage[]> => {
    const { rows } = await trx.raw(
      `SELECT m.*, (SELECT count(*)::int FROM attempt a WHERE a.tenant_id = m.tenant_id AND a.message_id = m.id) AS tries
       FROM unnest(:ids::uuid[]) WITH ORDINALITY AS wanted(id, position)
       JOIN message m ON m.tenant_id = :tenantId AND m.id = wanted.id
       WHERE m.due_at <= clock_timestamp() ORDER BY wanted.position FOR UPDATE OF m`,
      { tenantId, ids },
    );
    return rows.map(dueFromRow);
  },

  /** Marks messages as being sent, and spends one of each conversation's pair budget. */
  sending: async (taken: { id: string; conversationId: string }[]): Promise<void> => {
    await trx.raw(
      `UPDATE message SET due_at = NULL, next_attempt = NULL,
         status = CASE WHEN status = 'queued' THEN 'sending' ELSE status END
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
        ...(end.reason === undefined ? {} : { reason: end.reason }),
        // What is not sent has told nobody: the assignment can still be told when asked for again.
        ...(end.reason === 'paused' ? { assignment_no: null } : {}),
        ...(end.error ? { error_code: end.error.code, error_text: end.error.text } : {}),
      });
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

  /** Notifications to somebody who has paused are held back; answers and critical alerts are not. */
  holdBack: async (technicianId: string): Promise<void> => {
    await trx.raw(
      // An assignment that is asked for again may then be told after all.
      `UPDATE message m SET status = 'cancelled', reason = 'paused', due_at = NULL, assignment_no = NULL
       WHERE m.tenant_id = ? AND m.technician_id = ? AND m.direction = 'out' AND m.due_at IS NOT NULL
         AND m.lane IN ('notification', 'digest') AND ${neverLeft}`,
      [tenantId, technicianId],
    );
  },

  /** Notices of an assignment that has ended and did not leave yet are withdrawn; answers whether one had left. */
  withdrawAssignment: async (workOrderId: string, assignmentNo: number): Promise<{ hadLeft: boolean }> => {
    const [row] = await trx('message as m')
      .where({ tenant_id: tenantId, work_order_id: workOrderId, assignment_no: assignmentNo })
      .whereNotNull('due_at')
      // One that waits to be tried again did not leave if every try has failed for certain.
      .whereNotExists(
        trx('attempt as a')
          .whereRaw('a.tenant_id = m.tenant_id AND a.message_id = m.id')
          .whereNot({ 'a.status': 'failed' }),
      )
      .update({ status: 'cancelled', reason: 'order-moved-on', due_at: null })
      .returning('id');
    if (row) return { hadLeft: false };
    const told = await trx('message')
      .where({ tenant_id: tenantId, work_order_id: workOrderId, assignment_no: assignmentNo })
      .whereNotIn('status', ['cancelled', 'expired', 'failed'])
      .first('id');
    return { hadLeft: told !== undefined };
  },

  /** When the next message of the channel is due, whatever holds it back; null when none waits. */
  nextDueAt: async (channelId: string): Promise<Date | null> =>
    (
      await trx('message')
        .where({ tenant_id: tenantId, channel_id: channelId })
        .whereNotNull('due_at')
        .min('due_at as at')
        .first()
    )?.at ?? null,
});

const dueFromRow = (row: Record<string, never>): DueMessage => ({
  id: row.id!,
  conversationId: row.conversation_id!,
  technicianId: row.technician_id!,
  kind: row.kind!,
  lane: row.lane!,
  text: row.text!,
  status: row.status!,
  workOrderId: row.work_order_id!,
  assignmentNo: row.assignment_no!,
  dueDay: row.due_day!,
  buttons: row.way === 'whatsapp' ? row.buttons! : null,
  expiresAt: row.expires_at!,
  attemptReason: row.next_attempt ?? 'first',
  tries: row.tries!,
});
