import type { Alert, AlertBefore } from '../domain/alert.ts';
import type { Lane, MessageKind, Reason, Way } from '../domain/message.ts';
import type { Queries } from './connections.ts';
import { leftAt, neverLeft } from './outbox.ts';

/** An alert that is raised now. */
export type NewAlert = Omit<
  Alert,
  'asset' | 'state' | 'responderId' | 'claimedAt' | 'resolvedAt' | 'version'
> & { assetId: string };

/** An alert as the CMMS reads it, people by their external ids. */
export type ListedAlert = Alert & {
  recipientKeys: string[];
  responder: string | null;
  step: number | null;
  exhausted: boolean;
  /** The messages by which people were paged, in their order. */
  pages: string[];
};

/** Whichever is there must fit. */
export type AlertFilter = {
  /** `not-over`: open, or somebody goes. */
  state?: Alert['state'] | 'not-over' | undefined;
  severity?: Alert['severity'] | undefined;
  assetId?: string | undefined;
};

/** An alert as a list of the panel shows it, with its place there: microseconds since 1970, and its id. */
export type FoundAlert = Alert & {
  responderName: string | null;
  step: number | null;
  exhausted: boolean;
  /** How many people were told, and how many of them have read it. */
  told: number;
  seen: number;
  cursor: AlertCursor;
};
export type AlertCursor = { at: number; id: string };

// What asks its reader to go, or to see that somebody does.
const asksToGo = "'alert.raised', 'alert.unanswered', 'alert.released', 'alert.escalated', 'alert.reopened'";

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

  const list = async (condition: string, values: unknown[]): Promise<ListedAlert[]> =>
    (
      await trx.rows<Row>(
        `SELECT ${columns}, r.external_id AS responder, c.step, coalesce(c.exhausted, false) AS exhausted,
           ARRAY(SELECT t.external_id FROM unnest(a.recipients) WITH ORDINALITY AS named(id, place)
             JOIN technician t ON t.tenant_id = a.tenant_id AND t.id = named.id ORDER BY named.place) AS recipient_keys,
           ARRAY(SELECT p.message_id FROM page p WHERE p.tenant_id = a.tenant_id AND p.chain_id = c.id
             GROUP BY p.message_id ORDER BY min(p.seq)) AS pages
         FROM alert a JOIN asset s ON s.tenant_id = a.tenant_id AND s.id = a.asset_id
         LEFT JOIN technician r ON r.tenant_id = a.tenant_id AND r.id = a.responder_id
         LEFT JOIN chain c ON c.tenant_id = a.tenant_id AND c.alert_id = a.id
         WHERE a.tenant_id = $1 AND ${condition}`,
        [tenantId, ...values],
      )
    ).map((row) => ({
      ...fromRow(row),
      recipientKeys: row.recipient_keys!,
      responder: row.responder!,
      step: row.step!,
      exhausted: row.exhausted!,
      pages: row.pages!,
    }));

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

    detail: async (externalId: string): Promise<ListedAlert | null> =>
      (await list('a.external_id = $2', [externalId]))[0] ?? null,

    /** By external id, after the one given. */
    list: (page: { after: string | null; limit: number }): Promise<ListedAlert[]> =>
      list('($2::text IS NULL OR a.external_id > $2) ORDER BY a.external_id LIMIT $3', [
        page.after,
        page.limit,
      ]),

    /** Newest first, after the cursor given. */
    search: async (
      filter: AlertFilter,
      page: { after: AlertCursor | null; limit: number },
    ): Promise<FoundAlert[]> => {
      const { sql, values } = alertSearch(tenantId, filter, page);
      return (await trx.rows<Row>(sql, values)).map((row) => ({
        ...fromRow(row),
        responderName: row.responder_name!,
        step: row.step!,
        exhausted: row.exhausted!,
        told: row.told!,
        seen: row.seen!,
        cursor: { at: row.place!, id: row.id! },
      }));
    },

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
        // The moment of a claim that stood all along is kept as it is: as text it has lost what follows milliseconds.
        `UPDATE alert SET state = $3, responder_id = $4, resolved_at = NULL, version = version + 1,
           claimed_at = CASE WHEN responder_id = $4 THEN claimed_at ELSE $5::timestamptz END
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, before.state, before.responderId, before.claimedAt],
      );
    },

    /**
     * The alerts that somebody was told to go to, by what has left or may have, that are neither resolved nor
     * expired, or were resolved since then: when he was told last until the given moment, and by which message; else when he was after it. The last told
     * first; those of one message as it lists them.
     */
    toldTo: async (
      technicianId: string,
      { until, resolvedSince, now }: { until: Date; resolvedSince: Date; now: Date },
    ): Promise<{ id: string; at: Date; by: string }[]> =>
      trx.rows<{ id: string; at: Date; by: string }>(
        // The moments given and answered are by the product's clock; messages leave by the database's. What is between them
        // is the same for all rows, or those of one message would change places.
        `SELECT id, at - (statement_timestamp() - $5::timestamptz) AS at, by FROM (
           SELECT DISTINCT ON (a.id) a.id, m.id AS by, m.seq, x.position, left_at.at
           FROM message m
           JOIN message_alert x ON x.tenant_id = $1 AND x.message_id = m.id
           JOIN alert a ON a.tenant_id = $1 AND a.id = x.alert_id AND CASE WHEN a.state = 'resolved'
             THEN a.resolved_at > $3 AND a.id IN (
               SELECT c.alert_id FROM (SELECT chain_id FROM page WHERE tenant_id = $1 AND technician_id = $2
                 ORDER BY seq DESC LIMIT 20) l
               JOIN chain c ON c.tenant_id = $1 AND c.id = l.chain_id)
             ELSE a.expires_at IS NULL OR a.expires_at > clock_timestamp() END
           CROSS JOIN LATERAL (SELECT ${leftAt} AS at) AS left_at
           WHERE m.tenant_id = $1 AND m.technician_id = $2 AND m.direction = 'out' AND m.kind IN (${asksToGo})
             AND NOT ${neverLeft}
           ORDER BY a.id, left_at.at <= $4::timestamptz + (statement_timestamp() - $5::timestamptz) DESC, left_at.at DESC, m.seq DESC
         ) told ORDER BY told.at DESC, told.seq DESC, told.position`,
        [tenantId, technicianId, resolvedSince, until, now],
      ),

    /** Who was told to go to each of these alerts, by what has left or may have, in the order they were. */
    peopleTold: async (ids: string[]): Promise<Map<string, string[]>> => {
      const rows = await trx.rows<{ alert_id: string; technician_ids: string[] }>(
        `SELECT alert_id, array_agg(technician_id ORDER BY first) AS technician_ids FROM (
           SELECT x.alert_id, m.technician_id, min(m.seq) AS first FROM message_alert x
           JOIN message m ON m.tenant_id = x.tenant_id AND m.id = x.message_id
           WHERE x.tenant_id = $1 AND x.alert_id = ANY($2) AND m.technician_id IS NOT NULL
             AND m.kind IN (${asksToGo}) AND NOT ${neverLeft}
           GROUP BY x.alert_id, m.technician_id
         ) told GROUP BY alert_id`,
        [tenantId, ids],
      );
      return new Map(rows.map((row) => [row.alert_id, row.technician_ids]));
    },

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

    /** Who was told something of an alert by messages of these kinds that have left, or may have. */
    toldOf: async (alertId: string, kinds: MessageKind[]): Promise<string[]> =>
      (
        await trx.rows<{ id: string }>(
          `SELECT DISTINCT m.technician_id AS id FROM message_alert x
           JOIN message m ON m.tenant_id = x.tenant_id AND m.id = x.message_id
           WHERE x.tenant_id = $1 AND x.alert_id = $2 AND m.kind = ANY($3) AND m.technician_id IS NOT NULL
             AND NOT ${neverLeft} ORDER BY m.technician_id`,
          [tenantId, alertId, kinds],
        )
      ).map(({ id }) => id),

    /**
     * What messages of these kinds would say of an alert is not so any more: those that did not leave are cancelled,
     * and what may have left is neither tried again nor said by a further way. One that says as much of another alert
     * waits: it is written anew when it is sent, or said by a further way. Pages are written anew whenever they are said,
     * all else has expired: it names who went, and somebody else may go by the time that it fails. The alert must be locked.
     */
    withdraw: async (alertId: string, kinds: MessageKind[], reason: Reason): Promise<void> => {
      // First the locks: another alert may be joining one of them just now, which only what is read afterwards shows.
      const about = await trx.rows<{ id: string }>(
        `SELECT m.id FROM message m
         WHERE m.tenant_id = $1 AND m.kind = ANY($3) AND (m.due_at IS NOT NULL OR m.fallback_seconds IS NOT NULL
             OR m.kind <> 'alert.raised' AND m.expires_at > clock_timestamp())
           AND m.id IN (SELECT x.message_id FROM message_alert x WHERE x.tenant_id = $1 AND x.alert_id = $2)
         ORDER BY m.id FOR UPDATE`,
        [tenantId, alertId, kinds],
      );
      if (about.length === 0) return;
      await trx.rows(
        `UPDATE message m SET
           status = CASE WHEN m.due_at IS NOT NULL AND ${neverLeft} THEN 'cancelled' ELSE m.status END,
           reason = CASE WHEN m.due_at IS NOT NULL AND ${neverLeft} THEN $4 ELSE nullif(m.reason, 'quiet-hours') END,
           due_at = NULL, fallback_at = NULL, fallback_seconds = NULL,
           expires_at = CASE WHEN m.kind = 'alert.raised' THEN m.expires_at ELSE least(m.expires_at, clock_timestamp()) END
         WHERE m.tenant_id = $1 AND m.id = ANY($3) AND NOT EXISTS (SELECT FROM message_alert o
           JOIN alert a ON a.tenant_id = o.tenant_id AND a.id = o.alert_id
           WHERE o.tenant_id = $1 AND o.message_id = m.id AND o.alert_id <> $2 AND CASE m.kind
             WHEN 'alert.taken' THEN a.state = 'responding' WHEN 'alert.resolved' THEN a.state = 'resolved'
             WHEN 'alert.reopened' THEN a.state <> 'resolved' ELSE a.state = 'open' END)`,
        [tenantId, alertId, about.map(({ id }) => id), reason],
      );
    },

    /** Locks the page of each person that waits to be sent and that others may join, or that there is none. */
    lockPagesToJoin: async (
      technicianIds: string[],
      lane: Lane,
      byWays: Way[] | null,
    ): Promise<Map<string, string>> => {
      // Where nobody's page waits there is no row to lock: alerts of one moment would all write one.
      const locked = trx.rows(
        `SELECT pg_advisory_xact_lock(hashtextextended(k.key, 0))
         FROM (SELECT $1 || ':page:' || p AS key FROM unnest($2::text[]) p ORDER BY p) k`,
        [tenantId, technicianIds],
      );
      const found = trx.rows<{ id: string; technician_id: string }>(
        `SELECT m.id, m.technician_id FROM message m
         WHERE m.tenant_id = $1 AND m.technician_id = ANY($2) AND m.kind = 'alert.raised' AND m.lane = $3
           AND m.direction = 'out' AND m.status = 'queued' AND m.due_at IS NOT NULL AND m.fallback_of IS NULL
           AND m.next_attempt IS NULL AND m.by_ways IS NOT DISTINCT FROM $4::text[]
           AND NOT EXISTS (SELECT FROM attempt t WHERE t.tenant_id = m.tenant_id AND t.message_id = m.id)
         ORDER BY m.id FOR UPDATE`,
        [tenantId, technicianIds, lane, byWays],
      );
      const [, rows] = await Promise.all([locked, found]);
      return new Map(rows.map((row) => [row.technician_id, row.id]));
    },

    /** How many pages left for each person within that time, further ways not counted. They are written shortly before. */
    pagesLately: async (technicianIds: string[], withinSeconds: number): Promise<Map<string, number>> => {
      const rows = await trx.rows<{ technician_id: string; count: number }>(
        `SELECT m.technician_id, count(DISTINCT m.id)::int AS count FROM message m
         JOIN attempt t ON t.tenant_id = m.tenant_id AND t.message_id = m.id
         WHERE m.tenant_id = $1 AND m.technician_id = ANY($2) AND m.kind = 'alert.raised' AND m.direction = 'out'
           AND m.fallback_of IS NULL AND m.created_at > clock_timestamp() - ($3 + 240) * interval '1 second'
           AND t.sending_at > clock_timestamp() - $3 * interval '1 second'
         GROUP BY m.technician_id`,
        [tenantId, technicianIds, withinSeconds],
      );
      return new Map(rows.map((row) => [row.technician_id, row.count]));
    },

    /** What a message says from now on, and of which alerts it says nothing any more. The message must be locked. */
    rewrite: async (messageId: string, dropped: string[], text: string): Promise<void> => {
      await Promise.all([
        trx.rows('UPDATE message SET text = $3 WHERE tenant_id = $1 AND id = $2', [
          tenantId,
          messageId,
          text,
        ]),
        trx.rows(
          'DELETE FROM message_alert WHERE tenant_id = $1 AND message_id = $2 AND alert_id = ANY($3)',
          [tenantId, messageId, dropped],
        ),
      ]);
    },

    /** A message that one more alert has joined is good for as long as that. */
    expireLater: async (messageId: string, expiresAt: Date): Promise<void> => {
      await trx.rows(
        'UPDATE message SET expires_at = greatest(expires_at, $3) WHERE tenant_id = $1 AND id = $2',
        [tenantId, messageId, expiresAt],
      );
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

/** The statement of a page of `search`. */
const alertSearch = (
  tenantId: string,
  { state, severity, assetId }: AlertFilter,
  { after, limit }: { after: AlertCursor | null; limit: number },
): { sql: string; values: unknown[] } => {
  const values: unknown[] = [tenantId];
  const value = (given: unknown) => `$${values.push(given)}`;
  const conditions = [
    'a.tenant_id = $1',
    state === 'not-over' ? "a.state <> 'resolved'" : state ? `a.state = ${value(state)}` : '',
    severity ? `a.severity = ${value(severity)}` : '',
    assetId ? `a.asset_id = ${value(assetId)}` : '',
    after
      ? `(a.raised_at, a.id) < ('epoch'::timestamptz + ${value(after.at)} * interval '1 microsecond', ${value(after.id)}::uuid)`
      : '',
  ];
  return {
    sql: `WITH a AS MATERIALIZED (
        SELECT a.* FROM alert a WHERE ${conditions.filter(Boolean).join(' AND ')}
        ORDER BY a.raised_at DESC, a.id DESC LIMIT ${value(limit)}
      )
      SELECT ${columns}, (extract(epoch FROM a.raised_at) * 1000000)::bigint AS place, r.name AS responder_name, c.step,
        coalesce(c.exhausted, false) AS exhausted, p.told, p.seen
      FROM a JOIN asset s ON s.tenant_id = a.tenant_id AND s.id = a.asset_id
      LEFT JOIN technician r ON r.tenant_id = a.tenant_id AND r.id = a.responder_id
      LEFT JOIN LATERAL (
        -- One by one, by its index: there is one for each.
        SELECT * FROM chain c WHERE c.tenant_id = a.tenant_id AND c.alert_id = a.id LIMIT 1
      ) c ON true
      CROSS JOIN LATERAL (
        SELECT count(DISTINCT p.technician_id)::int AS told,
          count(DISTINCT p.technician_id) FILTER (WHERE m.read_at IS NOT NULL)::int AS seen
        FROM page p JOIN message m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
        WHERE p.tenant_id = a.tenant_id AND p.chain_id = c.id
      ) p
      ORDER BY a.raised_at DESC, a.id DESC`,
    values,
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
