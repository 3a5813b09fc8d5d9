import type { Queries } from './connections.ts';

export type AttemptCounts = {
  /** For this account from this address. */
  ofBoth: number;
  ofAccount: number;
  ofAddress: number;
};

/** Passwords that were tried for an account (its hash) from an address, and were not right so far. */
export const panelAttempts = (trx: Queries, tenantId: string) => ({
  /** Those of the last `windowMs`; older ones are forgotten. Whoever asks for the same account waits. */
  count: async (of: { account: Buffer; address: string }, windowMs: number): Promise<AttemptCounts> => {
    await trx.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `${tenantId}:attempts:${of.account.toString('hex')}`,
    ]);
    await trx.rows(
      "DELETE FROM admin_attempt WHERE tenant_id = $1 AND at < clock_timestamp() - $2 * interval '1 millisecond'",
      [tenantId, windowMs],
    );
    const [row] = await trx.rows<Record<string, number>>(
      `SELECT
         (SELECT count(*)::int FROM admin_attempt
          WHERE tenant_id = $1 AND account = $2 AND address = $3) AS both,
         (SELECT count(*)::int FROM admin_attempt WHERE tenant_id = $1 AND account = $2) AS account,
         (SELECT count(*)::int FROM admin_attempt WHERE tenant_id = $1 AND address = $3) AS address`,
      [tenantId, of.account, of.address],
    );
    return { ofBoth: row!.both!, ofAccount: row!.account!, ofAddress: row!.address! };
  },

  add: async (attempt: { id: string; account: Buffer; address: string }): Promise<void> => {
    await trx('admin_attempt').insert({ tenant_id: tenantId, ...attempt });
  },

  /** The password was right. */
  forget: async (of: { account: Buffer; address: string }): Promise<void> => {
    await trx('admin_attempt')
      .where({ tenant_id: tenantId, ...of })
      .delete();
  },

  /** The account has another password now. */
  forgetAccount: async (account: Buffer): Promise<void> => {
    await trx('admin_attempt').where({ tenant_id: tenantId, account }).delete();
  },
});
