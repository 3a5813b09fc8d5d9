import type { Queries } from './connections.ts';

export const leases = (trx: Queries, tenantId: string) => {
  const row = (channelId: string) =>
    trx('channel_lease').where({ tenant_id: tenantId, channel_id: channelId });

  return {
    /**
     * Takes or renews a channel's lease by the database's clock. When another holds it or it is paused,
     * answers how long until it may be tried again.
     */
    acquire: async (
      channelId: string,
      holder: string,
      leaseMs: number,
    ): Promise<{ held: true } | { held: false; retryAfterMs: number }> => {
      const taken = await row(channelId)
        .where((free) => free.where({ holder }).orWhereRaw('held_until < clock_timestamp()'))
        .whereRaw('paused_until < clock_timestamp()')
        .update({
          holder,
          held_until: trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [leaseMs]),
        })
        .returning('channel_id');
      if (taken.length > 0) return { held: true };
      const [found] = await row(channelId).select(
        trx.raw(
          'ceil(extract(epoch FROM greatest(held_until, paused_until) - clock_timestamp()) * 1000)::float8 AS ms',
        ),
      );
      return { held: false, retryAfterMs: Math.max(0, found?.ms ?? leaseMs) };
    },

    /**
     * Reserves the next sending slots, one every `intervalMs`, none in the past. Answers how many
     * milliseconds from now each is; null if the lease was lost.
     */
    reserveSlots: async (
      channelId: string,
      holder: string,
      count: number,
      intervalMs: number,
    ): Promise<number[] | null> => {
      const [reserved] = await row(channelId)
        .where({ holder })
        .whereRaw('held_until > clock_timestamp() AND paused_until < clock_timestamp()')
        .update({
          next_slot_at: trx.raw("greatest(next_slot_at, clock_timestamp()) + ? * interval '1 millisecond'", [
            count * intervalMs,
          ]),
        })
        .returning(
          trx.raw(
            'extract(epoch FROM next_slot_at - clock_timestamp())::float8 * 1000 AS ends_in_ms',
          ) as unknown as string,
        );
      if (!reserved) return null;
      const firstInMs = (reserved as unknown as { ends_in_ms: number }).ends_in_ms - count * intervalMs;
      return Array.from({ length: count }, (_, slot) => Math.max(0, firstInMs + slot * intervalMs));
    },

    /** Milliseconds until the next free slot; 0 if there is one now. */
    nextSlotInMs: async (channelId: string): Promise<number> => {
      const [found] = await row(channelId).select(
        trx.raw('(extract(epoch FROM next_slot_at - clock_timestamp()) * 1000)::float8 AS ms'),
      );
      return Math.max(0, found?.ms ?? 0);
    },

    release: async (channelId: string, holder: string): Promise<void> => {
      await row(channelId)
        .where({ holder })
        .update({ held_until: trx.raw("'epoch'") });
    },

    /** Something was taken on the channel. */
    works: async (channelId: string): Promise<void> => {
      await row(channelId)
        .where((marked) => marked.whereNotNull('failing_since').orWhereNotNull('refusing_since'))
        .update({ failing_since: null, failing_told_at: null, refusing_since: null });
    },

    /**
     * Nothing was taken on the channel, only refused for now or not answered. True when that has lasted a minute and
     * somebody is to be rung: once, and again each hour.
     */
    fails: async (channelId: string): Promise<boolean> => {
      await row(channelId)
        .whereNull('failing_since')
        .update({ failing_since: trx.raw('clock_timestamp()') });
      const told = await row(channelId)
        .whereRaw("failing_since <= clock_timestamp() - interval '1 minute'")
        .whereRaw("coalesce(failing_told_at, 'epoch') < clock_timestamp() - interval '1 hour'")
        .update({ failing_told_at: trx.raw('clock_timestamp()') })
        .returning('channel_id');
      return told.length > 0;
    },

    /** Nothing is sent on the channel for that long: the provider refuses our credentials. */
    pause: async (channelId: string, forMs: number): Promise<void> => {
      await row(channelId).update({
        paused_until: trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [forMs]),
        refusing_since: trx.raw('coalesce(refusing_since, clock_timestamp())'),
      });
    },
  };
};
