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

    /** Nothing up to there was asked for. */
    passBy: async (id: string, feedNo: number): Promise<void> => {
      await rows().where({ id }).where('feed_no', '<', feedNo).update({ feed_no: feedNo });
    },

    /** Notes a try in vain, unless the endpoint has been changed or taken over meanwhile. */
    failed: async (
      tried: WebhookEndpoint,
      holder: string,
      { since, reason, afterMs }: { since: Date; reason: string; afterMs: number },
    ): Promise<boolean> =>
      (await rows()
        .where({ id: tried.id, url: tried.url, active: true, holder, feed_no: tried.feedNo })
        .update({
          failing_since: since,
          tries: tried.tries + 1,
          reason,
          next_try_at: fromNow(afterMs),
        })) > 0,

    /** Gives it up, unless it has been changed or taken over meanwhile. */
    switchOff: async (
      tried: WebhookEndpoint,
      holder: string,
      { at, since, reason }: { at: Date; since: Date; reason: string },
    ): Promise<boolean> =>
      (await rows()
        .where({ id: tried.id, url: tried.url, active: true, holder, feed_no: tried.feedNo })
        .update({
          active: false,
          switched_off_at: at,
          failing_since: since,
          tries: tried.tries + 1,
          reason,
        })) > 0,

    release: async (id: string, holder: string): Promise<void> => {
      await rows().where({ id, holder }).update({ held_until: 'epoch' });
    },
  };
};

const works = { failing_since: null, tries: 0, reason: null };

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
