import type { Queries } from './connections.ts';

/** What removes the personal data of somebody who left. Rows stay, with their keys, moments and states. */
export const erasure = (trx: Queries, tenantId: string) => {
  const run = (statement: string, values: unknown[]) => trx.rows(statement, [tenantId, ...values]);

  // From before they were registered, too.
  const conversations = `SELECT c.id FROM conversation c WHERE c.tenant_id = $1 AND c.technician_id = $2
    UNION SELECT a.conversation_id FROM conversation_address a JOIN technician_address t
      ON t.tenant_id = a.tenant_id AND a.address IN (t.value, 'whatsapp:' || t.value)
    JOIN conversation c ON c.tenant_id = a.tenant_id AND c.id = a.conversation_id
    WHERE a.tenant_id = $1 AND t.technician_id = $2 AND c.technician_id IS NULL`;
  // In their conversations is also what was said with nobody known: as a stranger, or not read yet.
  const messages = `SELECT m.id, m.status FROM message m WHERE m.tenant_id = $1 AND m.technician_id = $2
    UNION ALL SELECT m.id, m.status FROM message m
    WHERE m.tenant_id = $1 AND m.technician_id IS NULL AND m.conversation_id IN (${conversations})`;
  const inTheirWords = (own: string) => `SELECT m.id, m.status FROM message m
    WHERE m.tenant_id = $1 AND m.caused_by IN (SELECT id FROM (${own}) o)
    UNION SELECT m.id, m.status FROM page p JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id
      JOIN message m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
      WHERE p.tenant_id = $1 AND c.caller_id = $2`;
  const isWaiting = "m.status IN ('received', 'queued', 'sending')";

  return {
    /** What is said there waits meanwhile. In order, as everywhere; answers which they are. */
    lockConversations: async (technicianId: string): Promise<string[]> => {
      const locked = await trx.rows<{ id: string }>(
        `SELECT id FROM conversation WHERE tenant_id = $1 AND id IN (${conversations})
         ORDER BY id FOR NO KEY UPDATE`,
        [tenantId, technicianId],
      );
      return locked.map(({ id }) => id);
    },

    /** Whether something of theirs is still to be read, sent or settled. */
    isUnderWay: async (technicianId: string): Promise<boolean> => {
      const found = await run(
        `SELECT 1 FROM (${messages} UNION ALL (${inTheirWords(messages)})) m WHERE ${isWaiting}
           -- What nobody will ever know is at its end.
           OR m.status = 'unknown' AND EXISTS (SELECT FROM attempt a
             WHERE a.tenant_id = $1 AND a.message_id = m.id AND a.look_at IS NOT NULL)
         LIMIT 1`,
        [technicianId],
      );
      return found.length > 0;
    },

    /** Whose bytes are kept, or may still be fetched. */
    attachmentsOf: async (technicianId: string): Promise<string[]> =>
      (await trx('attachment').where({ tenant_id: tenantId, technician_id: technicianId }).select('id')).map(
        ({ id }) => id,
      ),

    /**
     * Empties what was written by or to them, what others were told in their words, and who they are. What mentions
     * them may be anywhere in the log, and is left to `goOn`. `mention`: a regular expression of Postgres' for their
     * name, phones and e-mail address in what others were told; `digits`: their phones' in what the provider sent.
     */
    erase: async (
      { id, externalId }: { id: string; externalId: string },
      { mention, digits, at }: { mention: string; digits: string[]; at: Date },
    ): Promise<void> => {
      // What a webhook brought since it was asked is read first, as a stranger's.
      const own = `SELECT m.id FROM (${messages}) m WHERE NOT ${isWaiting}`;
      const told = `SELECT m.id FROM (${inTheirWords(messages)}) m WHERE NOT ${isWaiting}`;
      const attempts = `SELECT a.id FROM attempt a WHERE a.tenant_id = $1 AND a.message_id IN (${own})`;
      await run(
        `UPDATE status_callback SET raw = '' WHERE tenant_id = $1 AND id IN (
           SELECT s.id FROM status_callback s WHERE s.tenant_id = $1 AND s.applied_to IN (${attempts})
           UNION ALL SELECT s.id FROM status_callback s
             WHERE s.tenant_id = $1 AND s.match_at IS NOT NULL AND s.attempt_id IN (${attempts}))`,
        [id],
      );
      await run(
        `UPDATE attempt SET address = '', text = NULL, error_text = NULL, look_at = NULL
         WHERE tenant_id = $1 AND message_id IN (${own})`,
        [id],
      );
      await run(`UPDATE attempt SET text = NULL WHERE tenant_id = $1 AND message_id IN (${told})`, [id]);
      await run(
        `UPDATE message SET text = NULL, other_texts = NULL WHERE tenant_id = $1 AND id IN (${told})`,
        [id],
      );
      await run(
        `UPDATE message SET text = NULL, raw = NULL, other_texts = NULL, error_text = NULL, buttons = NULL,
           fallback_at = NULL
         WHERE tenant_id = $1 AND id IN (${own})`,
        [id],
      );
      await run(
        `UPDATE attachment SET caption = NULL, place = NULL, source_url = NULL, declared_type = NULL, sha256 = NULL,
           state = 'lost', problem = 'erased with who sent it', fetch_at = NULL
         WHERE tenant_id = $1 AND technician_id = $2`,
        [id],
      );
      await run(
        `UPDATE event SET data = data - '{text,place}'::text[]
         WHERE tenant_id = $1 AND message_id IN (${own}) AND ${isTheirEvent('$3')}`,
        [id, externalId],
      );
      await run('UPDATE chain SET reason = NULL WHERE tenant_id = $1 AND caller_id = $2', [id]);
      await trx.rows(
        `DELETE FROM conversation_address a WHERE a.tenant_id = $1 AND (
           a.conversation_id IN (SELECT c.id FROM conversation c WHERE c.tenant_id = $1 AND c.technician_id = $2)
           OR EXISTS (SELECT FROM technician_address t WHERE t.tenant_id = $1 AND t.technician_id = $2
             AND a.address IN (t.value, 'whatsapp:' || t.value)))`,
        [tenantId, id],
      );
      await run(
        `UPDATE conversation SET talk = '{}', heard_on = NULL, heard_from = NULL
         WHERE tenant_id = $1 AND (technician_id = $2 OR heard_on IN (
           SELECT value FROM technician_address WHERE tenant_id = $1 AND technician_id = $2))`,
        [id],
      );
      await run(
        'UPDATE enrolment SET conflict_with = NULL, kind = NULL, value = NULL WHERE tenant_id = $1 AND conflict_with = $2',
        [id],
      );
      await run('DELETE FROM enrolment WHERE tenant_id = $1 AND technician_id = $2', [id]);
      await run(
        'UPDATE technician_address SET disputed_by = NULL WHERE tenant_id = $1 AND disputed_by = $2',
        [id],
      );
      await run('DELETE FROM technician_address WHERE tenant_id = $1 AND technician_id = $2', [id]);
      await run(
        `UPDATE technician SET name = '', phone = NULL, email = NULL, locale = NULL, time_zone = NULL,
           supervisor_id = NULL, preferences = '{}', last_seen_at = NULL, erased_at = $3
         WHERE tenant_id = $1 AND id = $2`,
        [id, at],
      );
      await run(
        'INSERT INTO erasure (tenant_id, technician_id, mention, digits, at) VALUES ($1, $2, $3, $4, $5)',
        [id, mention, digits, at],
      );
    },

    /** Whether what mentions them is still being taken out. */
    goesOn: async (technicianId: string): Promise<boolean> =>
      (await trx('erasure').where({ tenant_id: tenantId, technician_id: technicianId }).first('id')) !==
      undefined,

    /** Takes what mentions somebody erased out of so many rows; answers whether there is more to do. */
    goOn: async (limit: number): Promise<boolean> => {
      const [next] = await trx.rows<Record<string, never>>(
        `SELECT e.*, t.external_id FROM erasure e
         JOIN technician t ON t.tenant_id = e.tenant_id AND t.id = e.technician_id
         WHERE e.tenant_id = $1 ORDER BY e.at, e.id LIMIT 1 FOR NO KEY UPDATE OF e`,
        [tenantId],
      );
      if (!next) return false;
      const index = pieces.findIndex(({ table }) => table === next.in_table);
      const { table, change } = pieces[index]!;
      const [piece] = await trx.rows<{ last: string }>(
        `WITH given AS (SELECT $2::text, $3::text[], $4::text, $5::timestamptz),
           piece AS MATERIALIZED (
             SELECT id FROM ${table} WHERE tenant_id = $1 AND id > $6 ORDER BY id LIMIT $7),
           changed AS (${change} AND tenant_id = $1 AND id IN (SELECT id FROM piece))
         SELECT id AS last FROM piece ORDER BY id DESC LIMIT 1`,
        [...[tenantId, next.mention, next.digits, next.external_id, next.at], ...[next.after_id, limit]],
      );
      const following = pieces[index + 1];
      if (piece)
        await run('UPDATE erasure SET after_id = $3 WHERE tenant_id = $1 AND id = $2', [next.id, piece.last]);
      else if (following)
        await run('UPDATE erasure SET in_table = $3, after_id = DEFAULT WHERE tenant_id = $1 AND id = $2', [
          ...[next.id, following.table],
        ]);
      else await run('DELETE FROM erasure WHERE tenant_id = $1 AND id = $2', [next.id]);
      return true;
    },
  };
};

/** Whether an event tells what the person of that external id wrote. */
const isTheirEvent = (externalId: string) =>
  `(actor_kind = 'technician' AND actor_id = ${externalId} OR data->>'technician' = ${externalId})
    AND data ?| '{text,place}'`;

const without = (value: string) => `regexp_replace(${value}, $2, '[erased]', 'gi')`;

/** Takes it out of those fields' texts: a key, an id or a number may look the same, and stays. */
const withoutIn = (json: string, isText: string, otherwise = 'f.value') =>
  `(SELECT jsonb_object_agg(f.key, CASE WHEN ${isText} AND jsonb_typeof(f.value) = 'string'
     THEN to_jsonb(${without("f.value #>> '{}'")}) ELSE ${otherwise} END) FROM jsonb_each(${json}) f)`;

const place = `CASE WHEN f.key = 'place' AND jsonb_typeof(f.value) = 'object'
  THEN (SELECT jsonb_object_agg(p.key, CASE WHEN p.key IN ('label', 'address') AND jsonb_typeof(p.value) = 'string'
    THEN to_jsonb(${without("p.value #>> '{}'")}) ELSE p.value END) FROM jsonb_each(f.value) p)
  ELSE f.value END`;

const isTheirs = `${isTheirEvent('$4')} AND at <= $5`;
const hasDigits =
  "EXISTS (SELECT FROM unnest($3::text[]) d WHERE position(convert_to(d, 'UTF8') IN raw) > 0)";

/**
 * Of each table what is changed. $2: what mentions the person; $3: their phones' digits; $4 and $5: their external id,
 * and until when it was theirs.
 */
const pieces = [
  {
    table: 'message',
    change: `UPDATE message SET text = ${without('text')}, error_text = ${without('error_text')},
        other_texts = ${withoutIn('other_texts', 'true')},
        raw = CASE WHEN status = 'received' THEN raw END
      WHERE (text ~* $2 OR error_text ~* $2
        OR EXISTS (SELECT FROM jsonb_each_text(other_texts) f WHERE f.value ~* $2) OR ${hasDigits})`,
  },
  {
    table: 'attempt',
    change: `UPDATE attempt SET text = ${without('text')}, error_text = ${without('error_text')}
      WHERE (text ~* $2 OR error_text ~* $2)`,
  },
  {
    // What an event tells besides is ids and words of ours.
    table: 'event',
    change: `UPDATE event SET data = coalesce(${withoutIn(
      `CASE WHEN ${isTheirs} THEN data - '{text,place}'::text[] ELSE data END`,
      "f.key IN ('text', 'note', 'message')",
      place,
    )}, '{}')
      WHERE (${isTheirs} OR data->>'text' ~* $2 OR data->>'note' ~* $2 OR data->>'message' ~* $2
        OR data->'place'->>'label' ~* $2 OR data->'place'->>'address' ~* $2)`,
  },
  { table: 'status_callback', change: `UPDATE status_callback SET raw = '' WHERE ${hasDigits}` },
];
