import type { CallKind, ChainEnd } from '../domain/chain.ts';
import type { Queries } from './connections.ts';
import { isHidden } from './erasure.ts';
import { firstWayOf } from './first-way.ts';
import { leftAt, neverLeft } from './outbox.ts';

/** A technician's call for help, and what became of it. */
export type StoredCall = {
  /** Of its chain. */
  id: string;
  kind: CallKind;
  workOrderId: string | null;
  callerId: string;
  reason: string | null;
  ended: ChainEnd | null;
  takenBy: string | null;
  takenAt: Date | null;
};

const isCall = "c.kind <> 'alert.raised'";

const columns = `c.id, c.kind, c.work_order_id AS "workOrderId", c.caller_id AS "callerId",
  CASE WHEN NOT ${isHidden.call('c')} THEN c.reason END AS reason, c.ended,
  c.taken_by AS "takenBy", c.taken_at AS "takenAt"`;

// One that was taken or taken back calls for nobody any more; one that has told everybody still does.
const isOpen = "c.ended IS DISTINCT FROM 'claimed' AND c.ended IS DISTINCT FROM 'withdrawn'";

// Each way by which a page was said, or is to be.
const waysOfPages = `page p CROSS JOIN LATERAL (
    SELECT f.id FROM message f WHERE f.tenant_id = p.tenant_id AND f.id = p.message_id
    UNION ALL
    SELECT f.id FROM message f WHERE f.tenant_id = p.tenant_id AND f.fallback_of = p.message_id
  ) AS way JOIN message m ON m.tenant_id = p.tenant_id AND m.id = way.id`;

/** What chains of calls need besides `chains`: who called, who has taken it, who was told. */
export const calls = (trx: Queries, tenantId: string) => ({
  /**
   * Calls of the last week that somebody may have been told of and that were not taken back, the last told first. Of
   * one order and kind only the newest. `toldAt` is when that was last until the given moment, else since then.
   */
  toldTo: (technicianId: string, until: Date, now: Date): Promise<{ id: string; toldAt: Date }[]> =>
    trx.rows<{ id: string; toldAt: Date }>(
      `SELECT c.id, coalesce(max(told.at) FILTER (WHERE told.at <= $3::timestamptz), max(told.at)) AS "toldAt"
         -- By the product's clock, as the moment given.
         FROM ${waysOfPages} CROSS JOIN LATERAL (SELECT ${leftAt} - (statement_timestamp() - $4::timestamptz) AS at) AS told
         JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id AND ${isCall}
           AND c.caller_id IS NOT NULL AND c.ended IS DISTINCT FROM 'withdrawn'
           AND c.created_at > clock_timestamp() - interval '7 days'
         WHERE p.tenant_id = $1 AND p.technician_id = $2 AND NOT ${neverLeft}
           AND NOT EXISTS (SELECT FROM chain n WHERE n.tenant_id = c.tenant_id AND n.work_order_id = c.work_order_id
             AND n.kind = c.kind AND n.ended IS DISTINCT FROM 'withdrawn' AND n.created_at > c.created_at)
         GROUP BY c.id ORDER BY 2 DESC, max(p.seq) DESC`,
      [tenantId, technicianId, until, now],
    ),

  /** The orders of calls. */
  ordersOf: async (ids: string[]): Promise<string[]> =>
    (
      await trx.rows<{ id: string }>(
        `SELECT DISTINCT work_order_id AS id FROM chain
         WHERE tenant_id = $1 AND id = ANY($2) AND work_order_id IS NOT NULL`,
        [tenantId, ids],
      )
    ).map(({ id }) => id),

  /** Locks calls, in the order of their ids. Their orders must be locked before, messages after. */
  lock: (ids: string[]): Promise<StoredCall[]> =>
    trx.rows<StoredCall>(
      `SELECT ${columns} FROM chain c WHERE c.tenant_id = $1 AND c.id = ANY($2) AND ${isCall}
       ORDER BY c.id FOR NO KEY UPDATE OF c`,
      [tenantId, ids],
    ),

  /** Locks the calls about these orders, and those of one technician about none, that nobody has taken yet. */
  lockOpen: async (orderIds: string[], callerId: string | null): Promise<StoredCall[]> => {
    // What was taken lately may be taken back in this moment: it is waited for.
    const rows = await trx.rows<StoredCall>(
      `SELECT ${columns} FROM chain c WHERE c.tenant_id = $1 AND ${isCall} AND (
         c.work_order_id = ANY($2) AND ${isOpen}
         OR c.caller_id = $3 AND c.work_order_id IS NULL AND c.created_at > clock_timestamp() - interval '7 days'
           AND (${isOpen} OR c.taken_at > clock_timestamp() - interval '1 hour'))
       ORDER BY c.id FOR NO KEY UPDATE OF c`,
      [tenantId, orderIds, callerId],
    );
    return rows.filter(({ ended }) => ended !== 'claimed' && ended !== 'withdrawn');
  },

  /** Somebody takes them on, by that message. They must be locked. */
  take: async (ids: string[], technicianId: string, messageId: string): Promise<void> => {
    await trx.rows(
      `UPDATE chain SET ended = 'claimed', next_at = NULL, taken_by = $3, taken_at = clock_timestamp(), ended_by = $4
       WHERE tenant_id = $1 AND id = ANY($2)`,
      [tenantId, ids, technicianId, messageId],
    );
  },

  /** They call for nobody any more; `messageId`: the technician's message that ended them. They must be locked. */
  withdraw: async (ids: string[], messageId: string | null): Promise<void> => {
    await trx.rows(
      `UPDATE chain SET ended = 'withdrawn', next_at = NULL, ended_by = $3 WHERE tenant_id = $1 AND id = ANY($2)`,
      [tenantId, ids, messageId],
    );
  },

  /** Locks the calls that a message began, or ended. */
  lockOfMessage: async (messageId: string): Promise<{ began: string[]; ended: string[] }> => {
    const rows = await trx.rows<{ id: string; began: boolean }>(
      `SELECT c.id, c.caused_by IS NOT DISTINCT FROM $2 AS began FROM chain c
       WHERE c.tenant_id = $1 AND ${isCall} AND (c.caused_by = $2 OR c.ended_by = $2)
       ORDER BY c.id FOR NO KEY UPDATE OF c`,
      [tenantId, messageId],
    );
    const which = (began: boolean) => rows.filter((row) => row.began === began).map(({ id }) => id);
    return { began: which(true), ended: which(false) };
  },

  /** Nobody has taken it any more. It must be locked. */
  untake: async (id: string): Promise<void> => {
    await trx.rows(
      'UPDATE chain SET taken_by = NULL, taken_at = NULL, ended_by = NULL WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
  },

  /** It is told once more at its step. It must be locked. */
  countTurn: async (id: string): Promise<void> => {
    await trx.rows('UPDATE chain SET turn = turn + 1 WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  },

  /** A new one goes on where another is: at its step, and at the same time. Both must be locked. */
  goOnFrom: async (id: string, other: string): Promise<void> => {
    await trx.rows(
      `UPDATE chain c SET step = o.step, step_at = o.step_at, next_at = o.next_at, exhausted = o.exhausted, ended = o.ended
       FROM chain o WHERE c.tenant_id = $1 AND c.id = $2 AND o.tenant_id = $1 AND o.id = $3`,
      [tenantId, id, other],
    );
  },

  /** Why it is told once more: what the technician said last. It must be locked. */
  setReason: async (id: string, reason: string): Promise<void> => {
    await trx.rows('UPDATE chain SET reason = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, reason]);
  },

  /**
   * Who may have been told of each of these calls. Locks what tells of them, so that none leaves meanwhile; the calls
   * must be locked before.
   */
  lockTold: async (ids: string[]): Promise<Map<string, string[]>> => {
    const rows = await trx.rows<{ id: string; technicianId: string; unsent: boolean }>(
      `SELECT p.chain_id AS id, p.technician_id AS "technicianId", ${neverLeft} AS unsent FROM ${waysOfPages}
       WHERE p.tenant_id = $1 AND p.chain_id = ANY($2) ORDER BY m.id FOR UPDATE OF m`,
      [tenantId, ids],
    );
    const told = new Map<string, string[]>();
    for (const { id, technicianId, unsent } of rows) {
      const before = told.get(id) ?? [];
      if (!unsent && !before.includes(technicianId)) told.set(id, [...before, technicianId]);
    }
    return told;
  },

  /** What was to tell of these calls and did not leave yet is not sent. */
  withdrawPages: async (ids: string[]): Promise<void> => {
    await trx.rows(
      `UPDATE message m SET status = 'cancelled', reason = 'order-moved-on', due_at = NULL
       WHERE m.tenant_id = $1 AND m.due_at IS NOT NULL AND ${neverLeft} AND (
         m.id IN (SELECT message_id FROM page WHERE tenant_id = $1 AND chain_id = ANY($2))
         OR m.fallback_of IN (SELECT message_id FROM page WHERE tenant_id = $1 AND chain_id = ANY($2)))`,
      [tenantId, ids],
    );
  },

  /**
   * Those of the messages whose call calls for nobody any more. Keeps the calls as they are until the end of the
   * transaction; orders must be locked before, messages after.
   */
  keepOver: async (messageIds: string[]): Promise<Set<string>> => {
    const rows = await trx.rows<{ messageId: string; isOver: boolean }>(
      `SELECT m.id AS "messageId", NOT (${isOpen}) AS "isOver" FROM message m
       JOIN page p ON p.tenant_id = m.tenant_id AND p.message_id = ${firstWayOf('m')}
       JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id AND ${isCall}
       WHERE m.tenant_id = $1 AND m.id = ANY($2) ORDER BY c.id FOR SHARE OF c`,
      [tenantId, messageIds],
    );
    return new Set(rows.filter(({ isOver }) => isOver).map(({ messageId }) => messageId));
  },

  /** Whether it is a page of a call that calls for nobody any more. */
  isOver: async (messageId: string): Promise<boolean> =>
    (
      await trx.rows(
        `SELECT FROM page p JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id AND ${isCall}
         WHERE p.tenant_id = $1 AND p.message_id = $2 AND NOT (${isOpen})`,
        [tenantId, messageId],
      )
    ).length > 0,
});
