import type { Queries } from './connections.ts';

/** What content at the provider is made from: the form of a message, without anything that was written. */
export type QuickReplyDefinition = {
  /** One variable for each line that is not empty. */
  body: string;
  /** The ids are variables too. */
  buttons: { title: string; id: string }[];
  variableCount: number;
};

export type WantedContent = { accountSid: string; shape: string; definition: QuickReplyDefinition };

// Every pattern of paragraphs is a shape of its own; those that come after so many go without buttons.
const maxShapes = 500;

// The first pause is longer than a call takes, so that nobody makes what another is making.
const pause = "least(3600, 60 * 2 ^ least(tries, 10)) * interval '1 second'";

/** Content at the provider for messages with quick replies, of the account that a channel belongs to. */
export const quickReplies = (trx: Queries, tenantId: string) => ({
  /** The content of each shape that was wanted before; null while it is not made. */
  find: async (channelId: string, shapes: string[]): Promise<Map<string, string | null>> => {
    const { rows } = await trx.raw(
      `SELECT encode(q.shape, 'hex') AS shape, q.content_sid AS sid FROM quick_reply_content q
       JOIN channel c ON c.tenant_id = q.tenant_id AND c.account_sid = q.account_sid
       WHERE q.tenant_id = ? AND c.id = ? AND q.shape IN (SELECT decode(s, 'hex') FROM unnest(?::text[]) AS s)`,
      [tenantId, channelId, shapes],
    );
    return new Map(rows.map((row: { shape: string; sid: string | null }) => [row.shape, row.sid]));
  },

  /** Has content made for these shapes. */
  want: async (
    channelId: string,
    shapes: { shape: string; definition: QuickReplyDefinition }[],
  ): Promise<void> => {
    // In one order: two that want the same must not wait for each other.
    const sorted = shapes.toSorted((a, b) => (a.shape < b.shape ? -1 : 1));
    await trx.raw(
      `INSERT INTO quick_reply_content (tenant_id, account_sid, shape, definition, make_at)
       SELECT c.tenant_id, c.account_sid, decode(w.shape, 'hex'), w.definition, clock_timestamp()
       FROM channel c, unnest(:shapes::text[], :definitions::jsonb[]) WITH ORDINALITY AS w(shape, definition, position)
       WHERE c.tenant_id = :tenantId AND c.id = :channelId AND :maxShapes > (SELECT count(*) FROM quick_reply_content q
         WHERE q.tenant_id = c.tenant_id AND q.account_sid = c.account_sid)
       ORDER BY w.position ON CONFLICT DO NOTHING`,
      {
        tenantId,
        channelId,
        maxShapes,
        shapes: sorted.map(({ shape }) => shape),
        definitions: sorted.map(({ definition }) => JSON.stringify(definition)),
      },
    );
  },

  /**
   * The next content to make, which nobody else takes meanwhile; null if there is none. Unless `made` follows,
   * it comes again after a pause, longer each time.
   */
  takeNext: async (channelId: string): Promise<WantedContent | null> => {
    const { rows } = await trx.raw(
      `UPDATE quick_reply_content q SET make_at = clock_timestamp() + ${pause}, tries = tries + 1
       FROM (SELECT w.account_sid, w.shape FROM quick_reply_content w
         JOIN channel c ON c.tenant_id = w.tenant_id AND c.account_sid = w.account_sid
         WHERE w.tenant_id = :tenantId AND c.id = :channelId AND w.make_at <= clock_timestamp()
         ORDER BY w.make_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED) next
       WHERE q.tenant_id = :tenantId AND q.account_sid = next.account_sid AND q.shape = next.shape
       RETURNING q.account_sid AS "accountSid", encode(q.shape, 'hex') AS shape, q.definition`,
      { tenantId, channelId },
    );
    return rows[0] ?? null;
  },

  made: async ({ accountSid, shape }: WantedContent, contentSid: string): Promise<void> => {
    await trx('quick_reply_content')
      .where({ tenant_id: tenantId, account_sid: accountSid, shape: Buffer.from(shape, 'hex') })
      .update({ content_sid: contentSid, make_at: null });
  },

  /** The provider refused a message with this content: after a pause another is made in its place. */
  refused: async (channelId: string, contentSid: string): Promise<void> => {
    await trx.raw(
      `UPDATE quick_reply_content q SET content_sid = NULL, make_at = clock_timestamp() + ${pause}
       FROM channel c WHERE c.tenant_id = q.tenant_id AND c.account_sid = q.account_sid
         AND q.tenant_id = ? AND c.id = ? AND q.content_sid = ?`,
      [tenantId, channelId, contentSid],
    );
  },
});
