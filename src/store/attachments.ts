import type { Queries } from './connections.ts';
import { erasedWithSender, isHidden } from './erasure.ts';

type AttachmentKind = 'image' | 'audio' | 'video' | 'document' | 'contact' | 'location';

type Place = { latitude: number; longitude: number; label: string | null; address: string | null };

export type NewAttachment = {
  id: string;
  messageId: string;
  channelId: string;
  technicianId: string;
  /** Null while it is not known which order it belongs to. */
  workOrderId: string | null;
  kind: AttachmentKind;
  caption: string | null;
  /** Where the provider keeps its bytes; null for a location, which has none. */
  sourceUrl: string | null;
  /** What the provider says it is. */
  declaredType: string | null;
  place: Place | null;
  receivedAt: Date;
};

export type Attachment = NewAttachment & {
  /** The order's number. */
  workOrder: string | null;
  /** The technician's key at the CMMS. */
  technician: string;
  /** What its bytes show it to be; like size and hash null until it is stored. */
  contentType: string | null;
  sizeBytes: number | null;
  /** SHA-256, in hexadecimal. */
  sha256: string | null;
  state: 'waiting' | 'stored' | 'refused' | 'lost';
  /** Why it is refused or lost, in plain words. */
  problem: string | null;
};

/** One that is to be fetched now. `tries` counts this one. */
export type DueAttachment = {
  id: string;
  sourceUrl: string;
  declaredType: string | null;
  tries: number;
  receivedAt: Date;
};

export const attachments = (trx: Queries, tenantId: string) => {
  const rows = () =>
    trx('attachment as f')
      .join('technician as t', (join) => join.on('t.tenant_id', 'f.tenant_id').on('t.id', 'f.technician_id'))
      .leftJoin('work_order as w', (join) =>
        join.on('w.tenant_id', 'f.tenant_id').on('w.id', 'f.work_order_id'),
      )
      .where({ 'f.tenant_id': tenantId })
      .select('f.*', 't.external_id as technician', 'w.number as work_order')
      .select(trx.raw(`${isHidden.attachment('f')} AS is_hidden`));
  // What has ended stays as it is: a slower worker may still come with another end.
  const waiting = (id: string) =>
    trx('attachment as f')
      .where({ tenant_id: tenantId, id, state: 'waiting' })
      .whereRaw(`NOT ${isHidden.attachment('f')}`);

  return {
    /** What has bytes waits to be fetched, from now on; a location is complete. */
    add: async (attachment: NewAttachment): Promise<void> => {
      await trx('attachment').insert({
        tenant_id: tenantId,
        id: attachment.id,
        message_id: attachment.messageId,
        channel_id: attachment.channelId,
        technician_id: attachment.technicianId,
        work_order_id: attachment.workOrderId,
        kind: attachment.kind,
        caption: attachment.caption,
        source_url: attachment.sourceUrl,
        declared_type: attachment.declaredType,
        place: attachment.place,
        state: attachment.sourceUrl === null ? 'stored' : 'waiting',
        fetch_at: attachment.sourceUrl === null ? null : trx.raw('clock_timestamp()'),
        received_at: attachment.receivedAt,
      });
    },

    /** They belong to that order, or, with null, to none. */
    assign: async (ids: string[], workOrderId: string | null): Promise<void> => {
      await trx('attachment')
        .where({ tenant_id: tenantId })
        .whereIn('id', ids)
        .update({ work_order_id: workOrderId });
    },

    /** In the order sent. */
    getMany: async (ids: string[]): Promise<Attachment[]> =>
      (await rows().whereIn('f.id', ids).orderBy('f.seq')).map(fromRow),

    get: async (id: string): Promise<Attachment | null> => {
      const row = await rows().where({ 'f.id': id }).first();
      return row ? fromRow(row) : null;
    },

    /** The newest of an order's, newest first. */
    ofOrder: async (workOrderId: string, limit: number): Promise<Attachment[]> =>
      (await rows().where({ 'f.work_order_id': workOrderId }).orderBy('f.seq', 'desc').limit(limit)).map(
        fromRow,
      ),

    ofMessage: async (messageId: string): Promise<Attachment[]> =>
      (await rows().where({ 'f.message_id': messageId }).orderBy('f.seq')).map(fromRow),

    /**
     * Takes up to `limit` of the channel's attachments that are due, oldest first, for that long: after that
     * they are due again, should nobody have said how it went.
     */
    take: async (channelId: string, limit: number, forMs: number): Promise<DueAttachment[]> => {
      const due = trx('attachment')
        .where({ tenant_id: tenantId, channel_id: channelId })
        .whereNotNull('fetch_at')
        .whereRaw('fetch_at <= clock_timestamp()')
        .orderBy('fetch_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .select('id');
      // As a sub-select it could run, and lock, more than once.
      const taken = await trx('attachment')
        .withMaterialized('due', due)
        .where({ tenant_id: tenantId })
        .whereIn('id', trx('due').select('id'))
        .update({ tries: trx.raw('tries + 1'), fetch_at: fromNow(trx, forMs) })
        .returning(['id', 'source_url', 'declared_type', 'tries', 'received_at']);
      return taken.map((row) => ({
        id: row.id,
        sourceUrl: row.source_url,
        declaredType: row.declared_type,
        tries: row.tries,
        receivedAt: row.received_at,
      }));
    },

    /** Whether it is kept now: not if it came to another end meanwhile. */
    stored: async (
      id: string,
      { contentType, sizeBytes, sha256 }: { contentType: string; sizeBytes: number; sha256: Buffer },
    ): Promise<boolean> => {
      await waiting(id).update({
        state: 'stored',
        fetch_at: null,
        content_type: contentType,
        size_bytes: sizeBytes,
        sha256,
      });
      const row = await trx('attachment').where({ tenant_id: tenantId, id, state: 'stored' }).first('id');
      return row !== undefined;
    },

    again: async (id: string, afterMs: number): Promise<void> => {
      await waiting(id).update({ fetch_at: fromNow(trx, afterMs) });
    },

    /** We do not want it. */
    refused: async (id: string, problem: string): Promise<void> => {
      await waiting(id).update({ state: 'refused', fetch_at: null, problem });
    },

    /** It cannot be had any more. */
    lost: async (id: string, problem: string): Promise<void> => {
      await waiting(id).update({ state: 'lost', fetch_at: null, problem });
    },

    /** In how long the next one of the channel is due, by the database's clock; null when none waits. */
    nextDueInMs: async (channelId: string): Promise<number | null> => {
      const row = await trx('attachment')
        .where({ tenant_id: tenantId, channel_id: channelId })
        .whereNotNull('fetch_at')
        .first(trx.raw('(extract(epoch FROM min(fetch_at) - clock_timestamp()) * 1000)::float8 AS ms'));
      return row?.ms ?? null;
    },
  };
};

const fromNow = (trx: Queries, ms: number) =>
  trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [ms]);

const fromRow = (row: Record<string, never>): Attachment => ({
  id: row.id!,
  messageId: row.message_id!,
  channelId: row.channel_id!,
  technicianId: row.technician_id!,
  technician: row.technician!,
  workOrderId: row.work_order_id!,
  workOrder: row.work_order!,
  kind: row.kind!,
  caption: row.caption!,
  sourceUrl: row.source_url!,
  declaredType: row.declared_type!,
  place: row.place!,
  contentType: row.content_type!,
  sizeBytes: row.size_bytes!,
  sha256: (row.sha256 as Buffer | null | undefined)?.toString('hex') ?? null,
  state: row.state!,
  problem: row.problem!,
  receivedAt: row.received_at!,
  ...(row.is_hidden ? erased : {}),
});

const erased = {
  ...{ caption: null, place: null, sourceUrl: null, declaredType: null, sha256: null },
  ...{ state: 'lost' as const, problem: erasedWithSender },
};
