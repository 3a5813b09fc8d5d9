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

  /** Answers kept encrypted, by route and key after the one given. What is not encrypted is JSON. */
  sealed: async (page: {
    after: { route: string; key: string } | null;
    limit: number;
  }): Promise<{ route: string; key: string; sealed: string }[]> => {
    const { route, key } = page.after ?? { route: '', key: '' };
    return (
      await trx.rows<{ route: string; key: string; body: Buffer }>(
        `SELECT route, key, body FROM idempotency
         WHERE tenant_id = $1 AND state = 'answered' AND substring(body from 1 for 3) = 'v1.'
           AND (route, key) > ($2, $3)
         ORDER BY route, key LIMIT $4`,
        [tenantId, route, key, page.limit],
      )
    ).map(({ body, ...place }) => ({ ...place, sealed: body.toString() }));
  },

  /** The same answer under another key, unless somebody did it meanwhile. */
  reseal: async (
    { route, key }: { route: string; key: string },
    before: string,
    sealed: string,
  ): Promise<void> => {
    await trx('idempotency')
      .where({ tenant_id: tenantId, route, key, body: Buffer.from(before) })
      .update({ body: Buffer.from(sealed) });
  },

  /** Gives a key back that led to no answer worth keeping. */
  release: async ({ route, key }: { route: string; key: string }, claim: string): Promise<void> => {
    await trx('idempotency').where({ tenant_id: tenantId, route, key, claim, state: 'running' }).delete();
  },
});
