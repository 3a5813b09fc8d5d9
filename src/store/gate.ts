import pg from 'pg';
import type { QueueName } from '../queues.ts';

export type InboundRow = {
  kind: 'message' | 'status';
  tenantId: string;
  channelId: string;
  id: string;
  /** Hash of what makes it the same webhook. */
  key: Buffer;
  raw: Buffer;
  source: 'webhook' | 'spill' | 'catch-up';
  status: 'received' | 'disabled';
  /** Null for now, by the database's clock. */
  receivedAt: Date | null;
  way: 'whatsapp' | 'sms';
  /** Messages: the address the conversation is known by, and the sender's user id if the provider tells one. */
  address: string | null;
  userId: string | null;
  providerId: string;
  /** Callbacks: the attempt their address names. */
  attemptId: string | null;
};

export type StoredRow = { stored: boolean; conversationId: string | null; storedAt: Date };

/** How long a webhook may wait for Postgres before it is kept elsewhere. */
export const webhookDeadlineMs = 2000;

/** What runs before the tenant is known. Each call only inserts what a provider sent, or returns ids. */
export const createGate = (url: string, deadlineMs = webhookDeadlineMs) => {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    keepAlive: true,
    connectionTimeoutMillis: deadlineMs,
    query_timeout: deadlineMs,
  });
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => {});

  const query = async <Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) =>
    (await pool.query<Row>({ name, text, values })).rows;

  /** Stores webhooks in one statement, in their order; answers one row for each. */
  const storeInbound = async (rows: InboundRow[]): Promise<StoredRow[]> => {
    const column = <Key extends keyof InboundRow>(key: Key) => rows.map((row) => row[key]);
    const found = await query<{ stored: boolean; conversation_id: string | null; stored_at: Date }>(
      'store_inbound',
      'SELECT stored, conversation_id, stored_at FROM store_inbound($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)',
      [
        column('kind'),
        column('tenantId'),
        column('channelId'),
        column('id'),
        column('key'),
        column('raw'),
        column('source'),
        column('status'),
        column('receivedAt'),
        column('way'),
        column('address'),
        column('userId'),
        column('providerId'),
        column('attemptId'),
      ],
    );
    return found.map((row) => ({
      stored: row.stored,
      conversationId: row.conversation_id,
      storedAt: row.stored_at,
    }));
  };

  /** The channel an address of ours belongs to; every channel without one. */
  const route = async (to: string | null) =>
    (
      await query<{ tenant_id: string; channel_id: string; updated_at: Date }>(
        'route',
        'SELECT * FROM route($1)',
        [to],
      )
    ).map((row) => ({ tenantId: row.tenant_id, channelId: row.channel_id, updatedAt: row.updated_at }));

  /** Whose API key this is, by its SHA-256; null for an unknown or revoked one. */
  const keyTenant = async (hash: Buffer): Promise<{ tenantId: string; keyId: string } | null> => {
    const [row] = await query<{ tenant_id: string; key_id: string }>(
      'key_tenant',
      'SELECT * FROM key_tenant($1)',
      [hash],
    );
    return row ? { tenantId: row.tenant_id, keyId: row.key_id } : null;
  };

  /** Whose panel a session is in, by its token's SHA-256; null for one that is unknown or over. */
  const sessionTenant = async (hash: Buffer): Promise<string | null> =>
    (await query<{ tenant_id: string }>('session_tenant', 'SELECT * FROM session_tenant($1)', [hash]))[0]
      ?.tenant_id ?? null;

  /** The id of the tenant with that slug, as a list of one or none; all tenants without a slug. */
  const tenantIds = async (slug: string | null = null): Promise<string[]> =>
    (await query<{ tenant_id: string }>('tenants', 'SELECT * FROM tenants($1)', [slug])).map(
      (row) => row.tenant_id,
    );

  /** Whose doorbell to ring: work that has waited longer than `waitedMs`. */
  const dueWork = async (waitedMs: number, limit: number) =>
    (
      await query<{ queue: QueueName; tenant_id: string; id: string }>(
        'due_work',
        "SELECT * FROM due_work($1 * interval '1 millisecond', $2)",
        [waitedMs, limit],
      )
    ).map((row) => ({ queue: row.queue, tenantId: row.tenant_id, id: row.id }));

  const inboxAge = async (): Promise<{ oldestUnreadAt: Date | null; newestAt: Date | null }> => {
    const [row] = await query<{ oldest_unread_at: Date | null; newest_at: Date | null }>(
      'inbox_age',
      'SELECT * FROM inbox_age()',
      [],
    );
    return { oldestUnreadAt: row!.oldest_unread_at, newestAt: row!.newest_at };
  };

  /** Whether some channel, of whatever tenant, has work and makes no progress with it. */
  const channelsStuck = async (): Promise<boolean> =>
    (await query<{ stuck: boolean }>('channels_stuck', 'SELECT * FROM channels_stuck()', []))[0]!.stuck;

  /** How many templates are in which state, over all tenants. */
  const templateStates = async (): Promise<{ state: string; count: number }[]> =>
    // One that was taken away keeps its row.
    query('template_states', "SELECT * FROM template_states() WHERE state <> 'removed'", []);

  /**
   * Runs `work` if no other process holds this lock just now. For what one process at a time should do;
   * a process that dies lets go of it.
   */
  const withLock = async (name: string, work: () => Promise<void>): Promise<boolean> => {
    const client = await pool.connect();
    // While it is ours the pool does not listen: a server that goes away would end the process.
    const onError = () => {};
    client.on('error', onError);
    let stillHeld = false;
    try {
      const { rows } = await client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held', [
        name,
      ]);
      if (!rows[0].held) return false;
      stillHeld = true;
      try {
        await work();
      } finally {
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
        stillHeld = false;
      }
      return true;
    } finally {
      client.off('error', onError);
      // A connection that could not let go of the lock must not live on in the pool with it.
      client.release(stillHeld);
    }
  };

  /** Notes that a worker process is alive, and forgets those that have been silent for long. */
  const workerSeen = async (id: string): Promise<void> => {
    await query(
      'worker_seen',
      `INSERT INTO worker (id, seen_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
      [id],
    );
    await query(
      'worker_forget',
      "DELETE FROM worker WHERE seen_at < clock_timestamp() - interval '1 day'",
      [],
    );
  };

  const workerGone = async (id: string): Promise<void> => {
    await query('worker_gone', 'DELETE FROM worker WHERE id = $1', [id]);
  };

  /** Worker processes that were alive within the last half minute. */
  const workerCount = async (): Promise<number> =>
    (
      await query<{ count: number }>(
        'worker_count',
        "SELECT count(*)::int AS count FROM worker WHERE seen_at > clock_timestamp() - interval '30 seconds'",
        [],
      )
    )[0]!.count;

  const ping = async (): Promise<number> => {
    const from = performance.now();
    await query('ping', 'SELECT 1', []);
    return Math.round(performance.now() - from);
  };

  return {
    storeInbound,
    route,
    keyTenant,
    sessionTenant,
    tenantIds,
    dueWork,
    inboxAge,
    templateStates,
    channelsStuck,
    withLock,
    workerSeen,
    workerGone,
    workerCount,
    ping,
    close: () => pool.end(),
  };
};
