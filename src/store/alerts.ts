import type { Alert, AlertState } from '../domain/alert.ts';
import type { Queries } from './connections.ts';

/** An alert that is raised now. */
export type NewAlert = Omit<
  Alert,
  'asset' | 'state' | 'responderId' | 'claimedAt' | 'resolvedAt' | 'version'
> & { assetId: string };

/** What an alert was before a change, for whoever takes it back. Moments as text. */
export type AlertBefore = {
  version: number;
  state: AlertState;
  responderId: string | null;
  claimedAt: string | null;
};

const columns = `a.*, s.code, s.name AS asset_name, s.location`;

export const alerts = (trx: Queries, tenantId: string) => {
  const read = async (condition: string, values: unknown[], lock = ''): Promise<Alert[]> =>
    (
      await trx.rows<Row>(
        `SELECT ${columns} FROM alert a JOIN asset s ON s.tenant_id = a.tenant_id AND s.id = a.asset_id
         WHERE a.tenant_id = $1 AND ${condition} ORDER BY a.id ${lock}`,
        [tenantId, ...values],
      )
    ).map(fromRow);

  const byId = (found: Alert[]) => new Map(found.map((alert) => [alert.id, alert]));

  return {
    /** False if its external id is known. */
    add: async (alert: NewAlert): Promise<boolean> => {
      const added = await trx.rows(
        `INSERT INTO alert (tenant_id, id, external_id, asset_id, message, severity, recipients, state, raised_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9)
         ON CONFLICT (tenant_id, external_id) DO NOTHING RETURNING id`,
        [
          ...[tenantId, alert.id, alert.externalId, alert.assetId, alert.message, alert.severity],
          ...[alert.recipients, alert.raisedAt, alert.expiresAt],
        ],
      );
      return added.length > 0;
    },

    find: async (externalId: string): Promise<Alert | null> =>
      (await read('a.external_id = $2', [externalId]))[0] ?? null,

    getMany: async (ids: string[]): Promise<Map<string, Alert>> => byId(await read('a.id = ANY($2)', [ids])),

    /** Locks alerts, in the order of their ids. Orders are locked before, chains and messages after. */
    lock: async (ids: string[]): Promise<Map<string, Alert>> =>
      byId(await read('a.id = ANY($2)', [ids], 'FOR NO KEY UPDATE OF a')),

    /** Keeps alerts as they are until the end of the transaction; others may do the same meanwhile. */
    keep: async (ids: string[]): Promise<Map<string, Alert>> =>
      byId(await read('a.id = ANY($2)', [ids], 'FOR SHARE OF a')),

    /** Somebody goes, from now on by the database's clock. The alert must be locked and open. */
    claim: async (id: string, responderId: string): Promise<void> => {
      await trx.rows(
        `UPDATE alert SET state = 'responding', responder_id = $3, claimed_at = clock_timestamp(), version = version + 1
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, responderId],
      );
    },

    /** Nobody goes any more. The alert must be locked. */
    release: async (id: string): Promise<void> => {
      await trx.rows(
        `UPDATE alert SET state = 'open', responder_id = NULL, claimed_at = NULL, version = version + 1
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id],
      );
    },

    /** It is over. The alert must be locked. */
    resolve: async (id: string): Promise<void> => {
      await trx.rows(
        `UPDATE alert SET state = 'resolved', resolved_at = clock_timestamp(), version = version + 1
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id],
      );
    },

    /** It is again what it was before a change that is taken back. The alert must be locked. */
    restore: async (id: string, before: AlertBefore): Promise<void> => {
      await trx.rows(
        `UPDATE alert SET state = $3, responder_id = $4, claimed_at = $5, resolved_at = NULL, version = version + 1
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, before.state, before.responderId, before.claimedAt],
      );
    },

    /** Alerts not resolved yet that somebody was paged for by a message that was or may have been sent, the last first. */
    pagedTo: async (technicianId: string): Promise<string[]> =>
      (
        await trx.rows<{ id: string }>(
          `SELECT a.id FROM page p
           JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id
           JOIN alert a ON a.tenant_id = c.tenant_id AND a.id = c.alert_id AND a.state <> 'resolved'
           JOIN message m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
           WHERE p.tenant_id = $1 AND p.technician_id = $2 AND (m.status NOT IN ('queued', 'cancelled', 'expired')
             OR EXISTS (SELECT FROM message f WHERE f.tenant_id = m.tenant_id AND f.fallback_of = m.id
               AND f.status NOT IN ('queued', 'cancelled', 'expired')))
           GROUP BY a.id ORDER BY max(p.seq) DESC`,
          [tenantId, technicianId],
        )
      ).map(({ id }) => id),

    /** Alerts somebody goes to, the last claimed first. */
    respondedBy: async (technicianId: string): Promise<string[]> =>
      (
        await trx.rows<{ id: string }>(
          `SELECT id FROM alert WHERE tenant_id = $1 AND responder_id = $2 AND state = 'responding'
           ORDER BY claimed_at DESC`,
          [tenantId, technicianId],
        )
      ).map(({ id }) => id),

    /** The alerts a message is about, in their order. */
    ofMessages: async (messageIds: string[]): Promise<Map<string, string[]>> => {
      const rows = await trx.rows<{ message_id: string; alert_ids: string[] }>(
        `SELECT message_id, array_agg(alert_id ORDER BY position) AS alert_ids FROM message_alert
         WHERE tenant_id = $1 AND message_id = ANY($2) GROUP BY message_id`,
        [tenantId, messageIds],
      );
      return new Map(rows.map((row) => [row.message_id, row.alert_ids]));
    },

    /** Notes that a message is about an alert as well. */
    addToMessage: async (messageId: string, alertId: string): Promise<void> => {
      await trx.rows(
        `INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
         SELECT $1, $2, $3, count(*) FROM message_alert WHERE tenant_id = $1 AND message_id = $2
         ON CONFLICT DO NOTHING`,
        [tenantId, messageId, alertId],
      );
    },
  };
};

type Row = Record<string, never>;

const fromRow = (row: Row): Alert => ({
  id: row.id!,
  externalId: row.external_id!,
  asset: { id: row.asset_id!, code: row.code!, name: row.asset_name!, location: row.location! },
  message: row.message!,
  severity: row.severity!,
  recipients: row.recipients!,
  state: row.state!,
  raisedAt: row.raised_at!,
  responderId: row.responder_id!,
  claimedAt: row.claimed_at!,
  resolvedAt: row.resolved_at!,
  expiresAt: row.expires_at!,
  version: row.version!,
});
