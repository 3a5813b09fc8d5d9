import type { Queries } from './connections.ts';

/** Whose data are removed: in statements, names of columns or parameters. */
type Whose = { technician: string; untilSeq: string; conversations: string; at: string };

/** In their conversations is also what was said with nobody known: as a stranger, or not read yet. */
const isOwn = (
  m: string,
  whose: Whose,
) => `(${m}.seq <= ${whose.untilSeq} AND (${m}.technician_id = ${whose.technician}
  OR ${m}.technician_id IS NULL AND ${m}.conversation_id = ANY(${whose.conversations})))`;

/** What others were told in their words. */
const isInTheirWords = (m: string, whose: Whose) => `(
  EXISTS (SELECT FROM message o WHERE o.tenant_id = ${m}.tenant_id AND o.id = ${m}.caused_by AND ${isOwn('o', whose)})
  OR EXISTS (SELECT FROM page g JOIN chain c ON c.tenant_id = g.tenant_id AND c.id = g.chain_id
    WHERE g.tenant_id = ${m}.tenant_id AND g.message_id = ${m}.id AND c.caller_id = ${whose.technician}
      AND c.created_at <= ${whose.at}))`;

/** Whether an event tells what the person of that external id wrote. */
const isTheirEvent = (
  e: string,
  externalId: string,
  at: string,
) => `(${e}.at <= ${at} AND (${e}.actor_kind = 'technician'
  AND ${e}.actor_id = ${externalId} OR ${e}.data->>'technician' = ${externalId}) AND ${e}.data ?| '{text,place}')`;

const underWay: Whose = {
  ...{ technician: 'x.technician_id', untilSeq: 'x.until_seq', conversations: 'x.conversations', at: 'x.at' },
};

/**
 * Whether somebody is being erased whose words these are: until the piece with it is emptied, whoever reads the row
 * shows it as it will be then.
 */
export const isHidden = {
  message: (m: string) => `EXISTS (SELECT FROM erasure x WHERE x.tenant_id = ${m}.tenant_id
    AND (${isOwn(m, underWay)} OR ${isInTheirWords(m, underWay)}))`,
  event: (e: string) => `EXISTS (SELECT FROM erasure x
    JOIN technician xt ON xt.tenant_id = x.tenant_id AND xt.id = x.technician_id
    WHERE x.tenant_id = ${e}.tenant_id AND ${isTheirEvent(e, 'xt.external_id', 'x.at')})`,
  attachment: (f: string) => `EXISTS (SELECT FROM erasure x WHERE x.tenant_id = ${f}.tenant_id
    AND x.technician_id = ${f}.technician_id AND ${f}.received_at <= x.at)`,
  call: (c: string) => `EXISTS (SELECT FROM erasure x WHERE x.tenant_id = ${c}.tenant_id
    AND x.technician_id = ${c}.caller_id AND ${c}.created_at <= x.at)`,
};

export const erasedWithSender = 'erased with who sent it';

/** What removes the personal data of somebody who left. Rows stay, with their keys, moments and states. */
export const erasure = (trx: Queries, tenantId: string) => {
  const run = (statement: string, values: unknown[]) => trx.rows(statement, [tenantId, ...values]);

  return {
    /**
     * Their conversations, from before they were registered, too. What is said there waits meanwhile. In order, as
     * everywhere; answers which they are.
     */
    lockConversations: async (technicianId: string): Promise<string[]> => {
      const locked = await trx.rows<{ id: string }>(
        `SELECT id FROM conversation WHERE tenant_id = $1 AND id IN (
           SELECT c.id FROM conversation c WHERE c.tenant_id = $1 AND c.technician_id = $2
           UNION SELECT a.conversation_id FROM conversation_address a JOIN technician_address t
             ON t.tenant_id = a.tenant_id AND a.address IN (t.value, 'whatsapp:' || t.value)
           JOIN conversation c ON c.tenant_id = a.tenant_id AND c.id = a.conversation_id
           WHERE a.tenant_id = $1 AND t.technician_id = $2 AND c.technician_id IS NULL)
         ORDER BY id FOR NO KEY UPDATE`,
        [tenantId, technicianId],
      );
      return locked.map(({ id }) => id);
    },

    /** Whether something of theirs is still to be read, sent or settled. */
    isUnderWay: async (technicianId: string, conversations: string[]): Promise<boolean> => {
      const whose = {
        technician: '$2::uuid',
        untilSeq: "'9223372036854775807'::bigint",
        conversations: '$3::uuid[]',
        at: "'infinity'::timestamptz",
      };
      // First what waits, which is little, and then whose it is: theirs may be most of the log.
      const found = await run(
        `WITH waiting AS MATERIALIZED (
           SELECT m.* FROM message m WHERE m.tenant_id = $1 AND m.direction = 'in' AND m.status = 'received'
           UNION ALL
           SELECT m.* FROM message m
           WHERE m.tenant_id = $1 AND m.direction = 'out' AND m.status IN ('queued', 'sending')
           UNION ALL
           -- What nobody will ever know is at its end.
           SELECT m.* FROM attempt a JOIN message m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
           WHERE a.tenant_id = $1 AND a.look_at IS NOT NULL AND m.status = 'unknown')
         SELECT 1 FROM waiting w WHERE ${isOwn('w', whose)} OR ${isInTheirWords('w', whose)} LIMIT 1`,
        [technicianId, conversations],
      );
      return found.length > 0;
    },

    /**
     * Empties who they are and how they are reached, and has `isHidden` hide what is theirs. What was written by or to
     * them, what others were told in their words and what mentions them is left to `goOn`, since that may be any
     * amount. `mention`: a regular expression of Postgres' for their name, phones and e-mail address in what others
     * were told; `digits`: their phones' in what the provider sent.
     */
    begin: async (
      id: string,
      {
        conversations,
        mention,
        digits,
        at,
      }: { conversations: string[]; mention: string; digits: string[]; at: Date },
    ): Promise<void> => {
      // Nothing of theirs goes on by another way.
      await run(
        `WITH waiting AS MATERIALIZED (
           SELECT id, technician_id FROM message WHERE tenant_id = $1 AND fallback_at IS NOT NULL)
         UPDATE message SET fallback_at = NULL
         WHERE tenant_id = $1 AND id IN (SELECT id FROM waiting WHERE technician_id = $2)`,
        [id],
      );
      // Nor are others told further why they called.
      await run(
        'UPDATE chain SET reason = NULL WHERE tenant_id = $1 AND caller_id = $2 AND next_at IS NOT NULL',
        [id],
      );
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
      // The key may be somebody's again at once: what comes then is not theirs.
      await run(
        `INSERT INTO erasure (tenant_id, technician_id, conversations, mention, digits, at, until_seq, in_table)
         SELECT $1, $2, $3::uuid[], $4, $5, greatest($6::timestamptz, clock_timestamp()),
           coalesce((SELECT max(seq) FROM message WHERE tenant_id = $1), 0), '${pieces[0]!.table}'`,
        [id, conversations, mention, digits, at],
      );
    },

    isErased: async (technicianId: string): Promise<boolean> =>
      (await trx('technician')
        .where({ tenant_id: tenantId, id: technicianId })
        .whereNotNull('erased_at')
        .first('id')) !== undefined,

    /** Whether what is theirs, or mentions them, is still being taken out. */
    goesOn: async (technicianId: string): Promise<boolean> =>
      (await trx('erasure').where({ tenant_id: tenantId, technician_id: technicianId }).first('id')) !==
      undefined,

    /**
     * Takes what is of somebody erased out of so many rows; answers whether there is more to do, and of which
     * attachments the bytes go now.
     */
    goOn: async (limit: number): Promise<{ isMore: boolean; attachments: string[] }> => {
      const [next] = await trx.rows<Record<string, never>>(
        `SELECT e.*, t.external_id FROM erasure e
         JOIN technician t ON t.tenant_id = e.tenant_id AND t.id = e.technician_id
         WHERE e.tenant_id = $1 ORDER BY e.at, e.id LIMIT 1 FOR NO KEY UPDATE OF e`,
        [tenantId],
      );
      if (!next) return { isMore: false, attachments: [] };
      const index = pieces.findIndex(({ table }) => table === next.in_table);
      const { table, most, own, told, rows = 'true', change } = pieces[index]!;
      const done = await trx.rows<{ id: string; changed: boolean }>(
        `WITH given AS (SELECT $2::text, $3::text[], $4::text, $5::timestamptz, $8::uuid, $9::bigint, $10::uuid[]),
           piece AS MATERIALIZED (
             SELECT p.id, coalesce(${own ?? 'true'}, false) AS own, coalesce(${told ?? 'false'}, false) AS told FROM (
               SELECT * FROM ${table} p WHERE p.tenant_id = $1 AND p.id > $6 AND ${rows} ORDER BY p.id LIMIT $7) p),
           changed AS (${change} AND r.tenant_id = $1 AND r.id = piece.id RETURNING r.id)
         SELECT piece.id, changed.id IS NOT NULL AS changed FROM piece LEFT JOIN changed ON changed.id = piece.id
         ORDER BY piece.id`,
        [
          ...[tenantId, next.mention, next.digits, next.external_id, next.at, next.after_id],
          ...[Math.min(limit, most ?? limit), next.technician_id, next.until_seq, next.conversations],
        ],
      );
      const last = done.at(-1);
      const following = pieces[index + 1];
      if (last)
        await run('UPDATE erasure SET after_id = $3 WHERE tenant_id = $1 AND id = $2', [next.id, last.id]);
      else if (following)
        await run('UPDATE erasure SET in_table = $3, after_id = DEFAULT WHERE tenant_id = $1 AND id = $2', [
          ...[next.id, following.table],
        ]);
      else await run('DELETE FROM erasure WHERE tenant_id = $1 AND id = $2', [next.id]);
      const attachments = table === 'attachment' ? done.filter(({ changed }) => changed) : [];
      return { isMore: true, attachments: attachments.map(({ id }) => id) };
    },
  };
};

const without = (value: string) => `regexp_replace(${value}, $2, '[erased]', 'gi')`;

/** Takes it out of those fields' texts: a key, an id or a number may look the same, and stays. */
const withoutIn = (json: string, isText: string, otherwise = 'f.value') =>
  `(SELECT jsonb_object_agg(f.key, CASE WHEN ${isText} AND jsonb_typeof(f.value) = 'string'
     THEN to_jsonb(${without("f.value #>> '{}'")}) ELSE ${otherwise} END) FROM jsonb_each(${json}) f)`;

const place = `CASE WHEN f.key = 'place' AND jsonb_typeof(f.value) = 'object'
  THEN (SELECT jsonb_object_agg(p.key, CASE WHEN p.key IN ('label', 'address') AND jsonb_typeof(p.value) = 'string'
    THEN to_jsonb(${without("p.value #>> '{}'")}) ELSE p.value END) FROM jsonb_each(f.value) p)
  ELSE f.value END`;

const hasDigits =
  "EXISTS (SELECT FROM unnest($3::text[]) d WHERE position(convert_to(d, 'UTF8') IN r.raw) > 0)";

const given: Whose = { technician: '$8', untilSeq: '$9', conversations: '$10', at: '$5' };
const isOfMessage = (is: (m: string) => string) =>
  `EXISTS (SELECT FROM message m WHERE m.tenant_id = p.tenant_id AND m.id = p.message_id AND ${is('m')})`;
// What a webhook brought while they were erased is read first, as a stranger's.
const isOwnAndRead = (m: string) => `${isOwn(m, given)} AND ${m}.status <> 'received'`;
// What is still to be said to others is said as it is.
const wasTold = (m: string) => `${isInTheirWords(m, given)} AND ${m}.status NOT IN ('queued', 'sending')`;

/**
 * What is changed, a table at a time: first what else is shown nowhere but here. Of a row that is looked at, `own` is
 * whether it is theirs and `told` whether somebody was told it in their words; `rows`: which are looked at, of all; `most`
 * of them at once. In `change`: $2: what mentions the person; $3: their phones' digits; $4 and $5: their external id, and
 * until when it was theirs.
 */
const pieces: {
  table: string;
  most?: number;
  rows?: string;
  own?: string;
  told?: string;
  change: string;
}[] = [
  {
    table: 'attachment',
    // Each has bytes to delete.
    most: 50,
    rows: 'p.technician_id = $8 AND p.received_at <= $5',
    change: `UPDATE attachment r SET caption = NULL, place = NULL, source_url = NULL, declared_type = NULL, sha256 = NULL,
        state = 'lost', problem = '${erasedWithSender}', fetch_at = NULL
      FROM piece WHERE true`,
  },
  {
    table: 'chain',
    rows: 'p.caller_id = $8 AND p.created_at <= $5',
    change: 'UPDATE chain r SET reason = NULL FROM piece WHERE true',
  },
  {
    table: 'message',
    own: isOwnAndRead('p'),
    told: wasTold('p'),
    change: `UPDATE message r SET
        text = CASE WHEN NOT own AND NOT told THEN ${without('r.text')} END,
        other_texts = CASE WHEN NOT own AND NOT told THEN ${withoutIn('r.other_texts', 'true')} END,
        error_text = CASE WHEN NOT own THEN ${without('r.error_text')} END,
        raw = CASE WHEN r.status = 'received' THEN r.raw END,
        buttons = CASE WHEN NOT own THEN r.buttons END,
        fallback_at = CASE WHEN NOT own THEN r.fallback_at END
      FROM piece WHERE (own OR told OR r.text ~* $2 OR r.error_text ~* $2
        OR EXISTS (SELECT FROM jsonb_each_text(r.other_texts) f WHERE f.value ~* $2) OR ${hasDigits})`,
  },
  {
    table: 'attempt',
    own: isOfMessage(isOwnAndRead),
    told: isOfMessage(wasTold),
    change: `UPDATE attempt r SET
        address = CASE WHEN own THEN '' ELSE r.address END,
        text = CASE WHEN NOT own AND NOT told THEN ${without('r.text')} END,
        error_text = CASE WHEN NOT own THEN ${without('r.error_text')} END,
        look_at = CASE WHEN NOT own THEN r.look_at END
      FROM piece WHERE (own OR told OR r.text ~* $2 OR r.error_text ~* $2)`,
  },
  {
    // What an event tells besides is ids and words of ours.
    table: 'event',
    own: isTheirEvent('p', '$4', '$5'),
    change: `UPDATE event r SET data = coalesce(${withoutIn(
      "CASE WHEN own THEN r.data - '{text,place}'::text[] ELSE r.data END",
      "f.key IN ('text', 'note', 'message')",
      place,
    )}, '{}')
      FROM piece WHERE (own OR r.data->>'text' ~* $2 OR r.data->>'note' ~* $2 OR r.data->>'message' ~* $2
        OR r.data->'place'->>'label' ~* $2 OR r.data->'place'->>'address' ~* $2)`,
  },
  {
    table: 'status_callback',
    own: `EXISTS (SELECT FROM attempt a JOIN message m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
      WHERE a.tenant_id = p.tenant_id AND a.id = coalesce(p.applied_to, p.attempt_id) AND ${isOwn('m', given)})`,
    change: `UPDATE status_callback r SET raw = '' FROM piece WHERE (own OR ${hasDigits})`,
  },
];
