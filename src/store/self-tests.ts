import type { Queries } from './connections.ts';

/** One thing that a check found. `isOk` null: it could not be looked at. `todo`: what to do about it. */
export type Finding = { isOk: boolean | null; text: string; todo: string | null };

export type SelfTest = {
  id: string;
  startedAt: Date;
  finishedAt: Date | null;
  /** The process that ran it has ended before it was done. */
  isLost: boolean;
  /** By the check's name; of those that are done. */
  findings: Record<string, Finding[]>;
};

// Longer than all checks' deadlines.
const longest = "interval '60 seconds'";

export const selfTests = (trx: Queries, tenantId: string) => ({
  /** The tenant's last one. */
  get: async (): Promise<SelfTest | null> => {
    const row = await trx('self_test')
      .where({ tenant_id: tenantId })
      .first('*', trx.raw(`started_at < clock_timestamp() - ${longest} AND finished_at IS NULL AS is_lost`));
    return row
      ? {
          id: row.id,
          startedAt: row.started_at,
          finishedAt: row.finished_at,
          isLost: row.is_lost,
          findings: row.findings,
        }
      : null;
  },

  /** Begins one in the last one's place. False while that still runs. */
  start: async (id: string): Promise<boolean> => {
    const { rows } = await trx.raw(
      `INSERT INTO self_test AS t (tenant_id, id, started_at, findings) VALUES (?, ?, clock_timestamp(), '{}')
       ON CONFLICT (tenant_id) DO UPDATE SET
         id = excluded.id, started_at = excluded.started_at, finished_at = NULL, findings = excluded.findings
       WHERE t.finished_at IS NOT NULL OR t.started_at < clock_timestamp() - ${longest}
       RETURNING id`,
      [tenantId, id],
    );
    return rows.length > 0;
  },

  note: async (id: string, check: string, found: Finding[]): Promise<void> => {
    await trx('self_test')
      .where({ tenant_id: tenantId, id })
      .update({
        findings: trx.raw('findings || jsonb_build_object(?::text, ?::jsonb)', [
          check,
          JSON.stringify(found),
        ]),
      });
  },

  finish: async (id: string): Promise<void> => {
    await trx('self_test')
      .where({ tenant_id: tenantId, id })
      .update({ finished_at: trx.raw('clock_timestamp()') });
  },
});
