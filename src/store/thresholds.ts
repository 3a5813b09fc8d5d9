import type { Excursion, Limits } from '../domain/excursion.ts';
import type { Asset, Priority } from '../domain/work-order.ts';
import type { Queries } from './connections.ts';

/** What a metric of an asset may be, and how bad it is when it is not. */
export type Threshold = Limits & { metric: string; severity: Priority };

/** A metric of one asset. */
export type MetricKey = { assetId: string; metric: string };

/** A threshold with what is kept of its readings. */
export type WatchedThreshold = Threshold & {
  asset: Asset;
  lastAt: Date | null;
  excursion: (Excursion & { alertId: string }) | null;
};

export const thresholds = (trx: Queries, tenantId: string) => ({
  /** An asset's, in the order given. */
  list: async (assetId: string): Promise<Threshold[]> =>
    trx.rows(
      `SELECT metric, high, low, clear, severity FROM threshold
       WHERE tenant_id = $1 AND asset_id = $2 AND position IS NOT NULL ORDER BY position`,
      [tenantId, assetId],
    ),

  /**
   * Has these be an asset's thresholds, and no others. What was kept of a metric's readings stays, also while it is not
   * among them. The asset must be locked.
   */
  replace: async (assetId: string, list: Threshold[]): Promise<void> => {
    // Those who compare readings lock in the same order.
    await trx.rows(
      'SELECT FROM threshold WHERE tenant_id = $1 AND asset_id = $2 ORDER BY metric FOR NO KEY UPDATE',
      [tenantId, assetId],
    );
    await trx.rows(
      `UPDATE threshold SET position = NULL WHERE tenant_id = $1 AND asset_id = $2 AND position IS NOT NULL
         AND metric <> ALL($3)`,
      [tenantId, assetId, list.map(({ metric }) => metric)],
    );
    await trx.rows(
      `INSERT INTO threshold (tenant_id, asset_id, metric, position, high, low, clear, severity)
       SELECT $1, $2, t.* FROM unnest($3::text[], $4::int[], $5::float8[], $6::float8[], $7::float8[], $8::text[]) AS t
       ON CONFLICT (tenant_id, asset_id, metric) DO UPDATE SET position = EXCLUDED.position, high = EXCLUDED.high,
         low = EXCLUDED.low, clear = EXCLUDED.clear, severity = EXCLUDED.severity`,
      [
        ...[tenantId, assetId, list.map(({ metric }) => metric), list.map((_, position) => position)],
        ...[list.map(({ high }) => high), list.map(({ low }) => low), list.map(({ clear }) => clear)],
        list.map(({ severity }) => severity),
      ],
    );
  },

  /**
   * Locks thresholds by asset and metric, those that there are: before anything else that is locked with them. Two that
   * lock the same ones do it in the same order.
   */
  lock: async (keys: MetricKey[]): Promise<WatchedThreshold[]> =>
    (
      await trx.rows<Row>(
        `SELECT h.*, a.code, a.name, a.location
         FROM unnest($2::uuid[], $3::text[]) AS k(asset_id, metric)
         JOIN threshold h ON h.asset_id = k.asset_id AND h.metric = k.metric
         JOIN asset a ON a.tenant_id = h.tenant_id AND a.id = h.asset_id
         WHERE h.tenant_id = $1 AND h.position IS NOT NULL
         ORDER BY h.asset_id, h.metric FOR NO KEY UPDATE OF h`,
        [tenantId, keys.map(({ assetId }) => assetId), keys.map(({ metric }) => metric)],
      )
    ).map(fromRow),

  /** Notes where locked thresholds stand after their readings. */
  follow: async (stands: (MetricKey & Pick<WatchedThreshold, 'lastAt' | 'excursion'>)[]): Promise<void> => {
    await trx.rows(
      `UPDATE threshold h SET last_at = s.last_at, side = s.side, since = s.since, alert_id = s.alert_id
       FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::uuid[])
         AS s(asset_id, metric, last_at, side, since, alert_id)
       WHERE h.tenant_id = $1 AND h.asset_id = s.asset_id AND h.metric = s.metric`,
      [
        ...[tenantId, stands.map(({ assetId }) => assetId), stands.map(({ metric }) => metric)],
        ...[stands.map(({ lastAt }) => lastAt), stands.map(({ excursion }) => excursion?.side ?? null)],
        stands.map(({ excursion }) => excursion?.since ?? null),
        stands.map(({ excursion }) => excursion?.alertId ?? null),
      ],
    );
  },
});

type Row = Record<string, never>;

const fromRow = (row: Row): WatchedThreshold => ({
  metric: row.metric!,
  high: row.high!,
  low: row.low!,
  clear: row.clear!,
  severity: row.severity!,
  asset: { id: row.asset_id!, code: row.code!, name: row.name!, location: row.location! },
  lastAt: row.last_at!,
  excursion: row.side ? { side: row.side!, since: row.since!, alertId: row.alert_id! } : null,
});
