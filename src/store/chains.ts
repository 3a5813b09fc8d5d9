import type { Chain, ChainEnd, Page } from '../domain/chain.ts';
import type { Reason } from '../domain/message.ts';
import type { Queries } from './connections.ts';
import { firstWayOf } from './first-way.ts';
import { neverLeft } from './outbox.ts';

export type NewChain = Omit<Chain, 'step' | 'turn' | 'stepAt' | 'nextAt' | 'exhausted' | 'ended'>;
export type NewPage = Omit<Page, 'seenToldAt' | 'at'>;

export const chains = (trx: Queries, tenantId: string) => {
  const read = async (condition: string, values: unknown[], lock = ''): Promise<Chain[]> =>
    (
      await trx.rows<Row>(
        `SELECT * FROM chain c WHERE c.tenant_id = $1 AND ${condition} ORDER BY c.id ${lock}`,
        [tenantId, ...values],
      )
    ).map(fromRow);

  return {
    /** Adds a chain at step 0 that waits for its first step; `waitSeconds` null: it does not run, for that reason. */
    add: async (chain: NewChain, waitSeconds: number | null, ended: ChainEnd | null): Promise<void> => {
      await trx.rows(
        `INSERT INTO chain (tenant_id, id, kind, lane, alert_id, work_order_id, caller_id, reason, caused_by, steps,
           expires_at, next_at, ended, exhausted)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
           least(clock_timestamp() + $12 * interval '1 second', CASE WHEN $13::text IS NULL THEN $11::timestamptz END), $13::text,
           $13 IS NOT NULL)`,
        [
          ...[tenantId, chain.id, chain.kind, chain.lane, chain.alertId, chain.workOrderId, chain.callerId],
          ...[chain.reason, chain.causedBy, JSON.stringify(chain.steps), chain.expiresAt, waitSeconds, ended],
        ],
      );
    },

    get: async (id: string): Promise<Chain | null> => (await read('c.id = $2', [id]))[0] ?? null,

    /** Locks chains. Their orders and alerts must be locked before, messages after. */
    lock: async (id: string): Promise<Chain | null> =>
      (await read('c.id = $2', [id], 'FOR NO KEY UPDATE OF c'))[0] ?? null,

    lockOfAlert: async (alertId: string): Promise<Chain | null> =>
      (await read('c.alert_id = $2', [alertId], 'FOR NO KEY UPDATE OF c'))[0] ?? null,

    lockOfOrder: (workOrderId: string): Promise<Chain[]> =>
      read('c.work_order_id = $2', [workOrderId], 'FOR NO KEY UPDATE OF c'),

    ofAlerts: (alertIds: string[]): Promise<Chain[]> => read('c.alert_id = ANY($2)', [alertIds]),

    /** Whether the time of a chain's next step has come, or it is too late for one, by the database's clock. */
    isDue: async (id: string): Promise<'no' | 'yes' | 'expired'> => {
      const [row] = await trx.rows<{ due: 'no' | 'yes' | 'expired' }>(
        `SELECT CASE WHEN expires_at <= clock_timestamp() THEN 'expired'
           WHEN next_at <= clock_timestamp() THEN 'yes' ELSE 'no' END AS due
         FROM chain WHERE tenant_id = $1 AND id = $2 AND next_at IS NOT NULL`,
        [tenantId, id],
      );
      return row?.due ?? 'no';
    },

    /** Milliseconds until the next step is due; null: none is. */
    dueInMs: async (id: string): Promise<number | null> => {
      const [row] = await trx.rows<{ ms: number | null }>(
        `SELECT extract(epoch FROM next_at - clock_timestamp())::float8 * 1000 AS ms FROM chain
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id],
      );
      return row?.ms ?? null;
    },

    /** A step starts; the next one follows after that time, or none does, for that reason. The chain must be locked. */
    start: async (
      id: string,
      step: number,
      next: { waitSeconds: number } | { ended: ChainEnd },
      exhausted: boolean,
    ): Promise<void> => {
      await trx.rows(
        `UPDATE chain SET step = $3, turn = turn + 1, step_at = clock_timestamp(), exhausted = $4,
           next_at = least(clock_timestamp() + $5 * interval '1 second', CASE WHEN $6::text IS NULL THEN expires_at END),
           ended = $6
         WHERE tenant_id = $1 AND id = $2`,
        [
          ...[tenantId, id, step, exhausted],
          ...('ended' in next ? [null, next.ended] : [next.waitSeconds, null]),
        ],
      );
    },

    /** It does not run any more. The chain must be locked. */
    end: async (id: string, ended: ChainEnd): Promise<void> => {
      await trx.rows('UPDATE chain SET next_at = NULL, ended = $3 WHERE tenant_id = $1 AND id = $2', [
        tenantId,
        id,
        ended,
      ]);
    },

    /** It runs again from its step on. The chain must be locked. */
    goOn: async (id: string, waitSeconds: number): Promise<void> => {
      await trx.rows(
        `UPDATE chain SET next_at = least(clock_timestamp() + $3 * interval '1 second', expires_at), ended = NULL
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, waitSeconds],
      );
    },

    /**
     * People paged for an alert whom nothing has told of it, nor is about to: what was to was cancelled for one of
     * these reasons, or failed and was not followed by the next way for a claim, or tells of others only. In the order
     * they were paged.
     */
    untold: async (chainId: string, reasons: Reason[]): Promise<string[]> =>
      (
        await trx.rows<{ id: string }>(
          `SELECT p.technician_id AS id FROM page p
           JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id
           CROSS JOIN LATERAL (
             SELECT f.id FROM message f WHERE f.tenant_id = p.tenant_id AND f.id = p.message_id
             UNION ALL
             SELECT f.id FROM message f WHERE f.tenant_id = p.tenant_id AND f.fallback_of = p.message_id
           ) AS way JOIN message m ON m.tenant_id = p.tenant_id AND m.id = way.id
           LEFT JOIN message_alert x ON x.tenant_id = p.tenant_id AND x.message_id = p.message_id
             AND x.alert_id = c.alert_id
           WHERE p.tenant_id = $1 AND p.chain_id = $2 GROUP BY p.technician_id
           HAVING bool_or(x.alert_id IS NULL OR (m.status = 'cancelled' AND m.reason = ANY($3))
               OR (m.status = 'failed' AND 'alert-claimed' = ANY($3)))
             AND bool_and(x.alert_id IS NULL OR (m.due_at IS NULL AND m.fallback_at IS NULL AND ${neverLeft}))
           ORDER BY min(p.seq)`,
          [tenantId, chainId, reasons],
        )
      ).map(({ id }) => id),

    /**
     * What would have told of open alerts was cancelled: chains that have no steps and are over for that begin again
     * after that time. Their alerts must be kept as they are.
     */
    beginAgain: async (messageIds: string[], waitSeconds: number): Promise<void> => {
      await trx.rows(
        `WITH over AS (
           SELECT c.id FROM chain c WHERE c.tenant_id = $1 AND c.ended = 'no-steps' AND c.id IN (
             SELECT p.chain_id FROM message m
             JOIN page p ON p.tenant_id = m.tenant_id AND p.message_id = ${firstWayOf('m')}
             WHERE m.tenant_id = $1 AND m.id = ANY($2))
           AND EXISTS (SELECT FROM alert a WHERE a.tenant_id = c.tenant_id AND a.id = c.alert_id AND a.state = 'open')
           ORDER BY c.id FOR NO KEY UPDATE OF c
         ) UPDATE chain c SET ended = NULL,
             next_at = least(clock_timestamp() + $3 * interval '1 second', c.expires_at)
           FROM over WHERE c.tenant_id = $1 AND c.id = over.id`,
        [tenantId, messageIds, waitSeconds],
      );
    },

    addPage: async (page: NewPage): Promise<void> => {
      await trx.rows(
        `INSERT INTO page (tenant_id, id, chain_id, technician_id, step, turn, message_id, asked_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          ...[tenantId, page.id, page.chainId, page.technicianId, page.step, page.turn, page.messageId],
          page.askedBy,
        ],
      );
    },

    /**
     * Pages by this message, or by the one it follows, that somebody had asked for and has not been told the reading
     * of. They count as told from now on.
     */
    seen: async (messageId: string): Promise<Page[]> =>
      (
        await trx.rows<Row>(
          `UPDATE page p SET seen_told_at = clock_timestamp() FROM message m
           WHERE m.tenant_id = $1 AND m.id = $2 AND p.tenant_id = $1
             AND p.message_id = ${firstWayOf('m')} AND p.asked_by IS NOT NULL AND p.seen_told_at IS NULL
           RETURNING p.*`,
          [tenantId, messageId],
        )
      ).map(pageFromRow),

    /** Everybody told so far, in the order they were. */
    pages: async (chainId: string): Promise<Page[]> =>
      (
        await trx.rows<Row>('SELECT * FROM page WHERE tenant_id = $1 AND chain_id = $2 ORDER BY seq', [
          tenantId,
          chainId,
        ])
      ).map(pageFromRow),
  };
};

type Row = Record<string, never>;

const fromRow = (row: Row): Chain => ({
  id: row.id!,
  kind: row.kind!,
  lane: row.lane!,
  alertId: row.alert_id!,
  workOrderId: row.work_order_id!,
  callerId: row.caller_id!,
  reason: row.reason!,
  causedBy: row.caused_by!,
  steps: row.steps!,
  step: row.step!,
  turn: row.turn!,
  stepAt: row.step_at!,
  nextAt: row.next_at!,
  exhausted: row.exhausted!,
  ended: row.ended!,
  expiresAt: row.expires_at!,
});

const pageFromRow = (row: Row): Page => ({
  id: row.id!,
  chainId: row.chain_id!,
  technicianId: row.technician_id!,
  step: row.step!,
  turn: row.turn!,
  messageId: row.message_id!,
  askedBy: row.asked_by!,
  seenToldAt: row.seen_told_at!,
  at: row.at!,
});
