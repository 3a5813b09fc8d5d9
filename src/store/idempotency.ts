import type { Queries } from './connections.ts';

export type StoredAnswer = { status: number; headers: Record<string, string>; body: Buffer };

/** What a request that carries a key finds under it; `claimed`: nothing, and now it is the one at work. */
export type Found =
  | { state: 'claimed' }
  | { state: 'running' }
  | { state: 'other-request' }
  | { state: 'answered'; answer: StoredAnswer };

export const idempotency = (trx: Queries, tenantId: string) => ({
  /**
   * Claims a key for a request, or says what became of the one that came before. A claim that is older than
   * `claimMs` belonged to a process that was killed, and is taken over.
   */
  claim: async (
    { route, key }: { route: string; key: string },
    request: { hash: Buffer; claim: string },
    claimMs: number,
  ): Promise<Found> => {
    const values = [tenantId, route, key, request.hash, request.claim];
    const taken = await trx.rows(
      `INSERT INTO idempotency AS i (tenant_id, route, key, request_hash, state, claim, claimed_at)
       VALUES ($1, $2, $3, $4, 'running', $5, clock_timestamp())
       ON CONFLICT (tenant_id, route, key) DO UPDATE SET claim = excluded.claim, claimed_at = excluded.claimed_at
         WHERE i.state = 'running' AND i.request_hash = excluded.request_hash
           AND i.claimed_at < clock_timestamp() - $6 * interval '1 millisecond'
       RETURNING key`,
      [...values, claimMs],
    );
    if (taken.length > 0) return { state: 'claimed' };
    const row = await trx('idempotency').where({ tenant_id: tenantId, route, key }).first();
    // Given back just now: who asks again finds it free.
    if (!row) return { state: 'running' };
    if (!row.request_hash.equals(request.hash)) return { state: 'other-request' };
    if (row.state === 'running') return { state: 'running' };
    return { state: 'answered', answer: { status: row.status, headers: row.headers, body: row.body } };
  },

  /** Keeps the answer for ever, unless somebody else has taken the key over meanwhile. */
  answered: async (
    { route, key }: { route: string; key: string },
    claim: string,
    answer: StoredAnswer,
  ): Promise<void> => {
    await trx('idempotency')
      .where({ tenant_id: tenantId, route, key, claim, state: 'running' })
      .update({
        state: 'answered',
        status: answer.status,
        headers: JSON.stringify(answer.headers),
        body: answer.body,
      });
  },

  /** Gives a key back that led to no answer worth keeping. */
  release: async ({ route, key }: { route: string; key: string }, claim: string): Promise<void> => {
    await trx('idempotency').where({ tenant_id: tenantId, route, key, claim, state: 'running' }).delete();
  },
});
