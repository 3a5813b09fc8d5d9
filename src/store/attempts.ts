import type { DeliveryStatus } from '../domain/delivery-status.ts';
import type { Queries } from './connections.ts';

export type Attempt = {
  id: string;
  messageId: string;
  channelId: string;
  reason: string;
  address: string;
  /** As the phone shows it; empty for a template whose words were not known. */
  text: string;
  /** The quick-reply content it was sent with; null: as plain text. */
  contentSid: string | null;
  /** The template it was sent as: kind, locale and content. */
  template: string | null;
  state: 'sending' | 'accepted' | 'refused' | 'unclear' | 'lost';
  providerId: string | null;
  providerIdFrom: 'answer' | 'adopted' | 'callback' | null;
  status: DeliveryStatus;
  sendingAt: Date;
  looks: number;
  /** Why it was refused or has failed. */
  errorCode: string | null;
};

/** A critical page. Of any other message what became of the try is waited for. */
export const isUrgent = "(m.kind = 'alert.raised' AND m.lane = 'critical')";

/**
 * When a message that is being tried must have arrived, counted from the first try; the next way is tried then. Before
 * anybody has said that the provider has it, a critical page goes on after 10 seconds.
 */
export const fallbackAt = `coalesce(m.fallback_at, clock_timestamp() + interval '1 second'
  * CASE WHEN ${isUrgent} THEN least(m.fallback_seconds, 10) ELSE m.fallback_seconds END)`;

/** The same of one that the provider has, as is known now. */
export const fallbackOnceAccepted = `CASE WHEN ${isUrgent} AND m.status IN ('queued', 'sending', 'unknown')
  THEN clock_timestamp() + m.fallback_seconds * interval '1 second' ELSE ${fallbackAt} END`;

export const attempts = (trx: Queries, tenantId: string) => {
  const rows = () => trx('attempt').where({ tenant_id: tenantId });

  return {
    /** Records tries before they are made. A try with the same reason made before answers its message as left out. */
    begin: async (
      tries: Pick<Attempt, 'id' | 'messageId' | 'channelId' | 'reason' | 'address' | 'text'>[],
      lookAfterMs: number,
    ): Promise<Set<string>> => {
      const { rows: begun } = await trx.raw(
        `INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, text, state, status, sending_at, look_at)
         SELECT ?, t.*, 'sending', 'sending', clock_timestamp(), clock_timestamp() + ? * interval '1 millisecond'
         FROM unnest(?::uuid[], ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[]) AS t
         ON CONFLICT (tenant_id, message_id, reason) DO NOTHING RETURNING id`,
        [
          tenantId,
          lookAfterMs,
          tries.map((each) => each.id),
          tries.map((each) => each.messageId),
          tries.map((each) => each.channelId),
          tries.map((each) => each.reason),
          tries.map((each) => each.address),
          tries.map((each) => each.text),
        ],
      );
      return new Set(begun.map((row: { id: string }) => row.id));
    },

    /** Notes which content tries are made with, before they are made. */
    withContent: async (tries: { id: string; contentSid: string }[]): Promise<void> => {
      await trx.raw(
        `UPDATE attempt a SET content_sid = t.sid FROM unnest(?::uuid[], ?::text[]) AS t(id, sid)
         WHERE a.tenant_id = ? AND a.id = t.id`,
        [tries.map(({ id }) => id), tries.map(({ contentSid }) => contentSid), tenantId],
      );
    },

    /** Notes which template tries are made as, before they are made. */
    asTemplate: async (tries: { id: string; template: string }[]): Promise<void> => {
      await trx.raw(
        `UPDATE attempt a SET template = t.template FROM unnest(?::uuid[], ?::text[]) AS t(id, template)
         WHERE a.tenant_id = ? AND a.id = t.id`,
        [tries.map(({ id }) => id), tries.map(({ template }) => template), tenantId],
      );
    },

    ofMessage: async (messageId: string): Promise<Attempt[]> =>
      (await rows().where({ message_id: messageId }).orderBy('sending_at')).map(fromRow),

    get: async (id: string): Promise<Attempt | null> => {
      const row = await rows().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    lock: async (id: string): Promise<Attempt | null> => {
      const row = await rows().where({ id }).forUpdate().first();
      return row ? fromRow(row) : null;
    },

    lockByProviderId: async (channelId: string, providerId: string): Promise<Attempt | null> => {
      const row = await rows().where({ channel_id: channelId, provider_id: providerId }).forUpdate().first();
      return row ? fromRow(row) : null;
    },

    /** Attempts of the channel whose outcome is still open, oldest first, once it is time to look. */
    toLookAt: async (channelId: string, limit: number): Promise<Attempt[]> =>
      (
        await rows()
          .where({ channel_id: channelId })
          .whereNotNull('look_at')
          .whereRaw('look_at <= clock_timestamp()')
          .orderBy('sending_at')
          .limit(limit)
      ).map(fromRow),

    /** Which of these provider ids some attempt holds. */
    held: async (channelId: string, providerIds: string[]): Promise<Set<string>> =>
      new Set(
        (
          await rows()
            .where({ channel_id: channelId })
            .whereIn('provider_id', providerIds)
            .select('provider_id')
        ).map((row) => row.provider_id),
      ),

    accepted: async (
      id: string,
      providerId: string,
      from: 'answer' | 'adopted' | 'callback',
    ): Promise<void> => {
      await rows()
        .where({ id })
        .update({
          state: 'accepted',
          accepted_at: trx.raw('clock_timestamp()'),
          // A callback may have told more already.
          status: trx.raw("CASE WHEN status IN ('sending', 'unknown') THEN 'accepted' ELSE status END"),
          provider_id: providerId,
          provider_id_from: from,
          look_at: null,
        });
    },

    /**
     * Notes several answers of the provider at once: the plain ones, of tries nobody else has told anything about.
     * Answers whose they were; the others are left as they are, and none is waited for.
     */
    acceptedTogether: async (
      channelId: string,
      answers: { attemptId: string; providerId: string }[],
    ): Promise<Set<string>> => {
      const { rows: noted } = await trx.raw(
        `WITH told AS (
           SELECT * FROM unnest(:attemptIds::uuid[], :providerIds::text[]) AS t(id, provider_id)
         ), plain AS (
           SELECT a.id, a.message_id, told.provider_id FROM told
           JOIN attempt a ON a.tenant_id = :tenantId AND a.id = told.id
           WHERE a.channel_id = :channelId AND a.state = 'sending' AND a.status = 'sending'
             AND NOT EXISTS (SELECT FROM attempt o WHERE o.tenant_id = :tenantId AND o.channel_id = :channelId
               AND o.provider_id = told.provider_id)
           FOR UPDATE OF a SKIP LOCKED
         ), moved AS (
           UPDATE message m SET status = 'accepted', fallback_at = ${fallbackOnceAccepted} FROM plain
           WHERE m.tenant_id = :tenantId AND m.id = plain.message_id AND m.status IN ('queued', 'sending', 'unknown')
         )
         UPDATE attempt a SET state = 'accepted', accepted_at = clock_timestamp(), status = 'accepted',
           provider_id = plain.provider_id,
           provider_id_from = 'answer', look_at = NULL
         FROM plain WHERE a.tenant_id = :tenantId AND a.id = plain.id RETURNING a.id`,
        {
          tenantId,
          channelId,
          attemptIds: answers.map(({ attemptId }) => attemptId),
          providerIds: answers.map(({ providerId }) => providerId),
        },
      );
      return new Set(noted.map((row: { id: string }) => row.id));
    },

    /** An id that was matched by its text turned out to be another attempt's: this one is open again. */
    disown: async (id: string, lookAfterMs: number): Promise<void> => {
      await rows()
        .where({ id })
        .update({
          state: 'unclear',
          status: 'unknown',
          provider_id: null,
          provider_id_from: null,
          looks: 0,
          look_at: trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [lookAfterMs]),
        });
    },

    refused: async (id: string, error: { code: string | null; text: string }): Promise<void> => {
      await rows().where({ id }).update({
        state: 'refused',
        status: 'failed',
        error_code: error.code,
        error_text: error.text,
        look_at: null,
      });
    },

    /** What is not known yet. Only the outcome of a call still open changes: a callback may have told meanwhile. */
    unclear: async (id: string, text: string): Promise<void> => {
      await rows()
        .where({ id, state: 'sending' })
        .update({ state: 'unclear', status: 'unknown', error_text: text });
    },

    /** Looked without finding it: when to look next, or null when it is given up. */
    looked: async (id: string, looks: number, nextLookAfterMs: number | null): Promise<void> => {
      await rows()
        .where({ id })
        .update({
          looks,
          ...(nextLookAfterMs === null
            ? { state: 'lost', status: 'unknown', look_at: null }
            : {
                state: 'unclear',
                status: 'unknown',
                look_at: trx.raw("sending_at + ? * interval '1 millisecond'", [nextLookAfterMs]),
              }),
        });
    },

    setStatus: async (
      id: string,
      status: DeliveryStatus,
      error: { code: string | null; text: string | null } | null,
    ): Promise<void> => {
      await rows()
        .where({ id })
        .update({ status, ...(error ? { error_code: error.code, error_text: error.text } : {}) });
    },

    /** Whether a try of this message may have gone through, or may still: none that was refused or has failed. */
    anyOpen: async (messageId: string): Promise<boolean> =>
      (await rows().where({ message_id: messageId }).whereNot({ status: 'failed' }).first('id')) !==
      undefined,
  };
};

const fromRow = (row: Record<string, never>): Attempt => ({
  id: row.id!,
  messageId: row.message_id!,
  channelId: row.channel_id!,
  reason: row.reason!,
  address: row.address!,
  text: row.text!,
  contentSid: row.content_sid!,
  template: row.template!,
  state: row.state!,
  providerId: row.provider_id!,
  providerIdFrom: row.provider_id_from!,
  status: row.status!,
  sendingAt: row.sending_at!,
  looks: row.looks!,
  errorCode: row.error_code!,
});
