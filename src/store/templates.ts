import type { Approval } from '../domain/template.ts';
import type { Queries } from './connections.ts';

/** What a content shows, with its placeholders: `{{1}}`. */
export type TemplateContent = { body: string; buttons: { title: string; id: string }[] };

export type Template = {
  kind: string;
  locale: string;
  contentSid: string;
  /** The field that each variable takes, in their order. */
  variables: string[];
  /** Null before the provider was asked. */
  approval: Approval | null;
  /** Null before the provider told. */
  content: TemplateContent | null;
};

// The service may not delete these rows: what is taken away stays as one without a content, which nothing here shows.
const none = '';

/** A message kind in a language. */
export type TemplateKey = Pick<Template, 'kind' | 'locale'>;

export const templates = (trx: Queries, tenantId: string) => {
  const rows = () => trx('template').where({ tenant_id: tenantId }).whereNot({ content_sid: none });

  return {
    get: async (kind: string, locale: string): Promise<Template | null> => {
      const row = await rows().where({ kind, locale }).first();
      return row ? fromRow(row) : null;
    },

    list: async (): Promise<Template[]> => (await rows().orderBy(['kind', 'locale'])).map(fromRow),

    /** Those the provider never told of, to be asked about now; none that somebody began to ask about within the minute. */
    toAsk: async (): Promise<Template[]> =>
      (
        await trx.rows<Record<string, never>>(
          `UPDATE template SET questioned_at = clock_timestamp()
           WHERE tenant_id = $1 AND asked_at IS NULL
             AND (questioned_at IS NULL OR questioned_at < clock_timestamp() - interval '1 minute') RETURNING *`,
          [tenantId],
        )
      ).map(fromRow),

    /** With another content, what was known of the one before is forgotten. */
    save: async (template: Pick<Template, 'kind' | 'locale' | 'contentSid' | 'variables'>): Promise<void> => {
      await trx.raw(
        `INSERT INTO template AS t (tenant_id, kind, locale, content_sid, variables) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (tenant_id, kind, locale) DO UPDATE SET
           content_sid = excluded.content_sid, variables = excluded.variables,
           ${forgotten
             .map((name) => `${name} = CASE WHEN t.content_sid = excluded.content_sid THEN t.${name} END`)
             .join(', ')}`,
        [
          ...[tenantId, template.kind, template.locale, template.contentSid],
          JSON.stringify(template.variables),
        ],
      );
    },

    remove: async (kind: string, locale: string): Promise<void> => {
      await rows()
        .where({ kind, locale })
        .update({
          content_sid: none,
          variables: JSON.stringify([]),
          // As the metrics count it.
          approval_status: 'removed',
          ...{ category: null, rejection_reason: null, asked_at: null, content: null },
        });
    },

    /**
     * Notes that the provider told nothing of these. Answers those of which it has not for an hour, once.
     */
    askedInVain: async (asked: Pick<Template, 'kind' | 'locale' | 'contentSid'>[]): Promise<TemplateKey[]> =>
      trx.rows(
        `WITH before AS (
           SELECT t.kind, t.locale, t.vain_told_at, t.vain_since < clock_timestamp() - interval '1 hour' AS lasts
           FROM template t JOIN unnest($2::text[], $3::text[], $4::text[]) AS a(kind, locale, content_sid)
             ON a.kind = t.kind AND a.locale = t.locale AND a.content_sid = t.content_sid
           WHERE t.tenant_id = $1 ORDER BY t.kind, t.locale FOR UPDATE OF t
         ), noted AS (
           UPDATE template t SET vain_since = coalesce(t.vain_since, clock_timestamp()),
             vain_told_at = coalesce(t.vain_told_at, CASE WHEN b.lasts THEN clock_timestamp() END)
           FROM before b WHERE t.tenant_id = $1 AND t.kind = b.kind AND t.locale = b.locale
         ) SELECT kind, locale FROM before WHERE lasts AND vain_told_at IS NULL`,
        [
          ...[tenantId, asked.map(({ kind }) => kind), asked.map(({ locale }) => locale)],
          asked.map(({ contentSid }) => contentSid),
        ],
      ),

    /**
     * Notes what the provider says of a content, unless the template has another by now. Answers what was known
     * before; null if nothing else is known than that.
     */
    asked: async (
      { kind, locale, contentSid }: Pick<Template, 'kind' | 'locale' | 'contentSid'>,
      approval: Approval,
      content: TemplateContent | null,
    ): Promise<{ before: Approval | null } | null> => {
      const own = () => rows().where({ kind, locale, content_sid: contentSid });
      const row = await own().forUpdate().first();
      if (!row) return null;
      const told = { questioned_at: null, vain_since: null, vain_told_at: null };
      // A single answer may be a mistake of the provider's, and no notice could be sent until the next one.
      if (approval.status === 'missing' && row.approval_status === 'approved' && !row.missing_once_at) {
        await own().update({ ...told, missing_once_at: approval.checkedAt });
        return null;
      }
      await own().update({
        ...told,
        missing_once_at: null,
        approval_status: approval.status,
        category: approval.category,
        rejection_reason: approval.rejectionReason,
        asked_at: approval.checkedAt,
        ...(content ? { content: JSON.stringify(content) } : {}),
      });
      return { before: fromRow(row).approval };
    },

    /** Has the next run ask about a template, unless it was asked about in the last seconds: many may fail at once. */
    askAgain: async ({
      kind,
      locale,
      contentSid,
    }: Pick<Template, 'kind' | 'locale' | 'contentSid'>): Promise<void> => {
      await rows()
        .where({ kind, locale, content_sid: contentSid })
        .whereRaw("asked_at < clock_timestamp() - interval '10 seconds'")
        .update({ asked_at: null });
    },

    /** What there is no template for. Answers those of them that were not known before. */
    keepGaps: async (gaps: TemplateKey[]): Promise<TemplateKey[]> => {
      const wanted = [gaps.map(({ kind }) => kind), gaps.map(({ locale }) => locale)];
      await trx.raw(
        `DELETE FROM template_gap g WHERE g.tenant_id = ?
           AND (g.kind, g.locale) NOT IN (SELECT * FROM unnest(?::text[], ?::text[]))`,
        [tenantId, ...wanted],
      );
      const { rows: found } = await trx.raw(
        `INSERT INTO template_gap (tenant_id, kind, locale) SELECT ?, w.* FROM unnest(?::text[], ?::text[]) AS w
         ON CONFLICT DO NOTHING RETURNING kind, locale`,
        [tenantId, ...wanted],
      );
      return found;
    },
  };
};

// With another content nothing of the one before is true.
const forgotten = [
  ...['approval_status', 'category', 'rejection_reason', 'asked_at', 'content'],
  ...['questioned_at', 'vain_since', 'vain_told_at', 'missing_once_at'],
];

const fromRow = (row: Record<string, never>): Template => ({
  kind: row.kind!,
  locale: row.locale!,
  contentSid: row.content_sid!,
  variables: row.variables!,
  approval: row.asked_at
    ? {
        status: row.approval_status!,
        category: row.category!,
        rejectionReason: row.rejection_reason!,
        checkedAt: row.asked_at,
      }
    : null,
  content: row.content!,
});
