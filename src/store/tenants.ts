import type { Queries } from './connections.ts';

export type Tenant = {
  id: string;
  slug: string;
  name: string;
  timeZone: string;
  locale: string;
  defaultCountry: string;
  enabled: boolean;
  /** Whether a thumbs-up on an assignment acknowledges it. */
  thumbsUpAcknowledges: boolean;
};

export const tenants = (trx: Queries, tenantId: string) => ({
  /** The tenant itself; null while it is being made. */
  get: async (): Promise<Tenant | null> => {
    const [row] = await trx.rows<Record<string, never>>('SELECT * FROM tenant WHERE id = $1', [tenantId]);
    return row
      ? {
          id: row.id!,
          slug: row.slug!,
          name: row.name!,
          timeZone: row.time_zone!,
          locale: row.locale!,
          defaultCountry: row.default_country!,
          enabled: row.enabled!,
          thumbsUpAcknowledges: row.thumbs_up_acknowledges!,
        }
      : null;
  },

  create: async (tenant: Omit<Tenant, 'thumbsUpAcknowledges'>): Promise<void> => {
    await trx('tenant').insert({
      id: tenant.id,
      slug: tenant.slug,
      name: tenant.name,
      time_zone: tenant.timeZone,
      locale: tenant.locale,
      default_country: tenant.defaultCountry,
      enabled: tenant.enabled,
    });
  },

  update: async (
    tenant: Pick<Tenant, 'name' | 'timeZone' | 'locale' | 'defaultCountry' | 'enabled'>,
  ): Promise<void> => {
    await trx('tenant').where({ id: tenantId }).update({
      name: tenant.name,
      time_zone: tenant.timeZone,
      locale: tenant.locale,
      default_country: tenant.defaultCountry,
      enabled: tenant.enabled,
    });
  },

  setDefaultCountry: async (country: string): Promise<void> => {
    await trx('tenant').where({ id: tenantId }).update({ default_country: country });
  },

  /** Keeps everybody else out of what `name` protects until the transaction ends. */
  lock: async (name: string): Promise<void> => {
    await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`${tenantId}:${name}`]);
  },
});
