import type { Way } from '../domain/message.ts';
import type { Queries } from './connections.ts';

export type StoredChannel = {
  id: string;
  way: Way;
  provider: 'twilio' | 'simulator' | 'smtp';
  /** As the provider writes it: `whatsapp:+1415…`, `+1415…`, or for e-mail what stands in From. */
  address: string;
  /** The account at Twilio; for e-mail the server. */
  accountSid: string;
  /** Encrypted. */
  credentials: string;
  messagingServiceSid: string | null;
  messagesPerSecond: number;
  createdAt: Date;
  /** Since when nothing new leaves by it: it only takes what still comes in, and answers. Null while in use. */
  retiredAt: Date | null;
};

export const channels = (trx: Queries, tenantId: string) => ({
  list: async (): Promise<StoredChannel[]> =>
    (await trx('channel').where({ tenant_id: tenantId }).orderBy('address')).map(fromRow),

  get: async (id: string): Promise<StoredChannel | null> => {
    const row = await trx('channel').where({ tenant_id: tenantId, id }).first();
    return row ? fromRow(row) : null;
  },

  /** Creates the channel, or replaces what its address already has; it is in use then. Its lease is made with it. */
  save: async (channel: Omit<StoredChannel, 'createdAt' | 'retiredAt'>, now: Date): Promise<void> => {
    const values = {
      way: channel.way,
      provider: channel.provider,
      account_sid: channel.accountSid,
      credentials: channel.credentials,
      messaging_service_sid: channel.messagingServiceSid,
      messages_per_second: channel.messagesPerSecond,
      retired_at: null,
    };
    const updated = await trx('channel')
      .where({ tenant_id: tenantId, address: channel.address })
      // Never the same moment twice: whoever keeps the channel in memory asks by it.
      .update({
        ...values,
        updated_at: trx.raw("greatest(?::timestamptz, updated_at + interval '1 millisecond')", [now]),
      })
      .returning('id');
    if (updated.length > 0) {
      // What the provider refused may have been mended just now: it is tried at once.
      await trx('channel_lease')
        .where({ tenant_id: tenantId, channel_id: updated[0].id })
        .update({ paused_until: trx.raw("'epoch'"), refusing_since: null });
      return;
    }
    await trx('channel').insert({
      ...values,
      ...{ tenant_id: tenantId, id: channel.id, address: channel.address, updated_at: now },
    });
    await trx('channel_lease').insert({ tenant_id: tenantId, channel_id: channel.id });
  },

  /** The same credentials under another key, unless they were changed meanwhile. */
  reseal: async (id: string, before: string, credentials: string): Promise<void> => {
    await trx('channel').where({ tenant_id: tenantId, id, credentials: before }).update({ credentials });
  },

  retire: async (id: string, now: Date): Promise<void> => {
    await trx('channel').where({ tenant_id: tenantId, id }).update({ retired_at: now });
  },
});

const fromRow = (row: Record<string, never>): StoredChannel => ({
  id: row.id!,
  way: row.way!,
  provider: row.provider!,
  address: row.address!,
  accountSid: row.account_sid!,
  credentials: row.credentials!,
  messagingServiceSid: row.messaging_service_sid!,
  messagesPerSecond: row.messages_per_second!,
  createdAt: row.created_at!,
  retiredAt: row.retired_at!,
});
