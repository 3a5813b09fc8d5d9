import type { Queries } from './connections.ts';

export const notReached = (trx: Queries, tenantId: string) => ({
  /** Notes that these people are told of that cause now; answers those who were not within the last hour. */
  tell: async (cause: string, technicianIds: string[]): Promise<string[]> =>
    (
      await trx.rows<{ id: string }>(
        // In one order, so that two who tell the same people do not wait for each other.
        `INSERT INTO not_reached_told AS n (tenant_id, technician_id, cause, told_at)
         SELECT $1, id, $2, clock_timestamp() FROM unnest($3::uuid[]) AS t(id) ORDER BY id
         ON CONFLICT (tenant_id, technician_id, cause) DO UPDATE SET told_at = excluded.told_at
           WHERE n.told_at < clock_timestamp() - interval '1 hour'
         RETURNING technician_id AS id`,
        [tenantId, cause, technicianIds],
      )
    ).map(({ id }) => id),
});
