import type { Queries } from './connections.ts';

/** A secret as it is kept; `until` of an earlier one: how long it goes on signing beside the newest. */
export type StoredSecret = { sealed: string; until: Date | null };

export type WebhookSettings = {
  id: string;
  /** The CMMS's own. */
  key: string;
  url: string;
  /** Null: all of them. */
  types: string[] | null;
  active: boolean;
  /** Newest first. */
  secrets: StoredSecret[];
};

export type WebhookEndpoint = WebhookSettings & {
  /** The number in the feed up to which everything is delivered or was not asked for. */
  feedNo: number;
  failingSince: Date | null;
  /** How often the event that comes next was tried in vain. */
  tries: number;
  reason: string | null;
  switchedOffAt: Date | null;
};

export const webhookEndpoints = (trx: Queries, tenantId: string) => {
  const rows = () => trx('webhook_endpoint').where({ tenant_id: tenantId });
  const fromNow = (ms: number) => trx.raw("clock_timestamp() + ? * interval '1 millisecond'", [ms]);

  return {
    find: async (key: string): Promise<WebhookEndpoint | null> => {
      const row = await rows().where({ key }).first();
      return row ? fromRow(row) : null;
    },

    lock: async (key: string): Promise<WebhookEndpoint | null> => {
      const row = await rows().where({ key }).forNoKeyUpdate().first();
      return row ? fromRow(row) : null;
    },

    list: async (page: { after: string | null; limit: number }): Promise<WebhookEndpoint[]> => {
      const query = rows().orderBy('key').limit(page.limit);
      if (page.after !== null) query.where('key', '>', page.after);
      return (await query).map(fromRow);
    },

    activeIds: async (): Promise<string[]> =>
      (await rows().where({ active: true }).orderBy('id').select('id')).map(({ id }) => id),

    /** It begins after that place in the feed. */
    insert: async (endpoint: WebhookSettings, feedNo: number): Promise<void> => {
      await trx('webhook_endpoint').insert({ tenant_id: tenantId, ...toRow(endpoint), feed_no: feedNo });
    },

    update: async (endpoint: WebhookSettings): Promise<void> => {
      const { id, key: _, ...values } = toRow(endpoint);
      await rows().where({ id }).update(values);
    },

    /** Forgets what failed: it goes on at once, where it stopped. */
    startAgain: async (id: string): Promise<void> => {
      await rows()
        .where({ id })
        .update({ ...works, next_try_at: 'epoch', switched_off_at: null });
    },

    /**
     * Takes or renews an active endpoint's lease by the database's clock. When it is another's, or waits after a
     * failure, answers how long until it may be tried again; null when there is nothing to send to.
     */
    acquire: async (
      id: string,
      holder: string,
      leaseMs: number,
    ): Promise<WebhookEndpoint | { retryAfterMs: number } | null> => {
      const [taken] = await rows()
        .where({ id, active: true })
        .where((free) => free.where({ holder }).orWhereRaw('held_until < clock_timestamp()'))
        .whereRaw('next_try_at <= clock_timestamp()')
        .update({ holder, held_until: fromNow(leaseMs) })
        .returning('*');
      if (taken) return fromRow(taken);
      const [found] = await rows()
        .where({ id, active: true })
        .select(
          trx.raw(
            'ceil(extract(epoch FROM greatest(held_until, next_try_at) - clock_timestamp()) * 1000)::float8 AS ms',
          ),
        );
      return found ? { retryAfterMs: Math.max(0, found.ms) } : null;
    },

    /** Everything up to there is done with; it works. */
    delivered: async (id: string, feedNo: number): Promise<void> => {
      await rows()
        .where({ id })
        .where('feed_no', '<', feedNo)
        .update({ feed_no: feedNo, ...works });
    },

    /** Nothing up to there was asked for, so nothing is owed that could have failed. */
    passBy: async (id: string, feedNo: number): Promise<void> => {
      await rows()
        .where({ id })
        .where('feed_no', '<', feedNo)
        .update({ feed_no: feedNo, ...works });
    },

    /**
     * Notes a try in vain; null if the endpoint has been changed or taken over meanwhile. Answers since when it has
     * failed, and for how long while it was tried: at most `countedGapMs` between two tries counts.
     */
    failed: async (
      tried: WebhookEndpoint,
      holder: string,
      { reason, afterMs, countedGapMs }: { reason: string; afterMs: number; countedGapMs: number },
    ): Promise<{ failingSince: Date; failedForMs: number } | null> => {
      const [row] = await rows()
        .where(asTried(tried, holder))
        .update({
          failing_since: trx.raw('coalesce(failing_since, clock_timestamp())'),
          failed_for_ms: trx.raw(
            `failed_for_ms + least(?::bigint, greatest(0, coalesce(
               (extract(epoch FROM clock_timestamp() - failed_at) * 1000)::bigint, 0)))`,
            [countedGapMs],
          ),
          failed_at: trx.raw('clock_timestamp()'),
          tries: tried.tries + 1,
          reason,
          next_try_at: fromNow(afterMs),
        })
        .returning(['failing_since', 'failed_for_ms']);
      return row ? { failingSince: row.failing_since, failedForMs: Number(row.failed_for_ms) } : null;
    },

    /** Tries it again later for a reason of our own, which counts as nothing of the endpoint's. */
    putOff: async (
      tried: WebhookEndpoint,
      holder: string,
      { reason, afterMs }: { reason: string; afterMs: number },
    ): Promise<boolean> =>
      (await rows()
        .where(asTried(tried, holder))
        .update({ reason, next_try_at: fromNow(afterMs) })) > 0,

    /** Gives up what has just failed. */
    switchOff: async (tried: WebhookEndpoint, holder: string): Promise<void> => {
      await rows()
        .where(asTried(tried, holder))
        .update({ active: false, switched_off_at: trx.raw('clock_timestamp()') });
    },

    release: async (id: string, holder: string): Promise<void> => {
      await rows().where({ id, holder }).update({ held_until: 'epoch' });
    },
  };
};

const works = { failing_since: null, failed_at: null, failed_for_ms: 0, tries: 0, reason: null };

const asTried = ({ id, url, feedNo }: WebhookEndpoint, holder: string) => ({
  ...{ id, url, feed_no: feedNo },
  ...{ active: true, holder },
});

const toRow = ({ id, key, url, types, active, secrets }: WebhookSettings) => ({
  id,
  key,
  url,
  types,
  active,
  secrets: JSON.stringify(secrets),
});

const fromRow = (row: Record<string, never>): WebhookEndpoint => ({
  id: row.id!,
  key: row.key!,
  url: row.url!,
  types: row.types!,
  active: row.active!,
  secrets: (row.secrets! as { sealed: string; until: string | null }[]).map(({ sealed, until }) => ({
    sealed,
    until: until === null ? null : new Date(until),
  })),
  feedNo: row.feed_no!,
  failingSince: row.failing_since!,
  tries: row.tries!,
  reason: row.reason!,
  switchedOffAt: row.switched_off_at!,
});
