import type { Queries } from './connections.ts';

export const technicianRoles = ['technician', 'supervisor', 'planner'] as const;

export type AddressKind = 'whatsapp' | 'whatsapp-user-id' | 'sms';
export type Address = { kind: AddressKind; value: string; active: boolean };

export type Technician = {
  id: string;
  externalId: string;
  name: string;
  phone: string | null;
  email: string | null;
  role: (typeof technicianRoles)[number];
  locale: string | null;
  timeZone: string | null;
  supervisorId: string | null;
  active: boolean;
  preferences: Record<string, unknown>;
  lastSeenAt: Date | null;
};

export type ListedTechnician = Technician & {
  addresses: Address[];
  supervisor: string | null;
  lastInboundAt: Date | null;
  windowRefusedAt: Date | null;
};

export const technicians = (trx: Queries, tenantId: string) => {
  const rows = () => trx('technician').where({ tenant_id: tenantId });

  const fillIn = async (found: Technician[]): Promise<ListedTechnician[]> => {
    const ids = found.map(({ id }) => id);
    const addresses = await trx('technician_address')
      .where({ tenant_id: tenantId })
      .whereIn('technician_id', ids)
      .orderBy(['kind', 'value']);
    const supervisors = await rows().whereIn(
      'id',
      found.flatMap(({ supervisorId }) => supervisorId ?? []),
    );
    const windows = await trx('conversation')
      .where({ tenant_id: tenantId })
      .whereIn('technician_id', ids)
      .groupBy('technician_id')
      .select(
        'technician_id',
        trx.raw('max(last_inbound_at) AS inbound'),
        trx.raw('max(window_refused_at) AS refused'),
      );
    return found.map((technician) => {
      const window = windows.find((row) => row.technician_id === technician.id);
      return {
        ...technician,
        supervisor: supervisors.find((row) => row.id === technician.supervisorId)?.external_id ?? null,
        addresses: addresses
          .filter((row) => row.technician_id === technician.id)
          .map(({ kind, value, active }) => ({ kind, value, active })),
        lastInboundAt: window?.inbound ?? null,
        windowRefusedAt: window?.refused ?? null,
      };
    });
  };

  /** Conversations of nobody's under this address become the technician's, where he has none. */
  const adopt = async (id: string, address: string) => {
    await trx.raw(
      `UPDATE conversation c SET technician_id = ? FROM conversation_address a
       WHERE a.tenant_id = ? AND a.address = ? AND c.tenant_id = a.tenant_id AND c.id = a.conversation_id
         AND c.technician_id IS NULL AND NOT EXISTS (SELECT FROM conversation o
           WHERE o.tenant_id = c.tenant_id AND o.channel_id = c.channel_id AND o.technician_id = ?)`,
      [id, tenantId, address, id],
    );
    // Where he has one, that is where the address leads from now on.
    await trx.raw(
      `UPDATE conversation_address a SET conversation_id = o.id FROM conversation c, conversation o
       WHERE a.tenant_id = ? AND a.address = ? AND c.tenant_id = a.tenant_id AND c.id = a.conversation_id
         AND c.technician_id IS NULL
         AND o.tenant_id = c.tenant_id AND o.channel_id = c.channel_id AND o.technician_id = ?`,
      [tenantId, address, id],
    );
  };

  return {
    get: async (id: string): Promise<Technician | null> => one(await rows().where({ id }).first()),

    find: async (externalId: string): Promise<Technician | null> =>
      one(await rows().where({ external_id: externalId }).first()),

    /** As `find`, and nobody else changes it until the transaction ends. Rows may still refer to it meanwhile. */
    lock: async (externalId: string): Promise<Technician | null> =>
      one(await rows().where({ external_id: externalId }).forNoKeyUpdate().first()),

    findMany: async (externalIds: string[]): Promise<Technician[]> =>
      (await rows().whereIn('external_id', externalIds)).map(fromRow),

    byPhone: async (phone: string): Promise<Technician | null> => one(await rows().where({ phone }).first()),

    /** The active technician known by any of these addresses, in this order of trust. */
    byAddress: async (addresses: { kind: AddressKind; value: string }[]): Promise<Technician | null> => {
      const [row] = await trx.rows<Row>(
        `SELECT found.* FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS known(kind, value, trust),
           LATERAL (
             SELECT t.* FROM technician_address a
             JOIN technician t ON t.tenant_id = a.tenant_id AND t.id = a.technician_id AND t.active
             WHERE a.tenant_id = $1 AND a.kind = known.kind AND a.value = known.value AND a.active LIMIT 1
           ) found
         ORDER BY known.trust LIMIT 1`,
        [tenantId, addresses.map(({ kind }) => kind), addresses.map(({ value }) => value)],
      );
      return one(row);
    },

    /** The zones of those that have one of their own. */
    timeZones: async (ids: string[]): Promise<Map<string, string>> =>
      new Map(
        (await rows().whereIn('id', ids).whereNotNull('time_zone').select('id', 'time_zone')).map((row) => [
          row.id,
          row.time_zone,
        ]),
      ),

    detail: async (externalId: string): Promise<ListedTechnician | null> => {
      const row = await rows().where({ external_id: externalId }).first();
      return row ? (await fillIn([fromRow(row)]))[0]! : null;
    },

    /** By external id, after the one given. */
    list: async (page: { after: string | null; limit: number }): Promise<ListedTechnician[]> => {
      const query = rows().orderBy('external_id').limit(page.limit);
      if (page.after !== null) query.where('external_id', '>', page.after);
      return fillIn((await query).map(fromRow));
    },

    insert: async (technician: Technician): Promise<void> => {
      await trx('technician').insert({ tenant_id: tenantId, ...toRow(technician) });
    },

    update: async (technician: Technician): Promise<void> => {
      await rows().where({ id: technician.id }).update(toRow(technician));
    },

    seen: async (id: string, at: Date): Promise<void> => {
      await trx.rows('UPDATE technician SET last_seen_at = $3 WHERE tenant_id = $1 AND id = $2', [
        tenantId,
        id,
        at,
      ]);
    },

    addresses: async (id: string): Promise<Address[]> =>
      trx('technician_address')
        .where({ tenant_id: tenantId, technician_id: id })
        .orderBy(['kind', 'value'])
        .select('kind', 'value', 'active'),

    /** Who has this address, whoever that is. */
    addressOwner: async (kind: AddressKind, value: string): Promise<string | null> =>
      (await trx('technician_address').where({ tenant_id: tenantId, kind, value }).first('technician_id'))
        ?.technician_id ?? null,

    /**
     * Replaces a technician's addresses. Conversations under an address that is gone let go of it, so that
     * its next owner starts his own; what somebody wrote from a new one before it was registered is his.
     */
    setAddresses: async (id: string, addresses: Address[]): Promise<void> => {
      const before = await trx('technician_address').where({ tenant_id: tenantId, technician_id: id });
      const missingIn = (list: Pick<Address, 'kind' | 'value'>[]) => {
        const there = new Set(list.map(({ kind, value }) => `${kind} ${value}`));
        return ({ kind, value }: Pick<Address, 'kind' | 'value'>) => !there.has(`${kind} ${value}`);
      };
      for (const gone of before.filter(missingIn(addresses))) {
        await trx('technician_address')
          .where({ tenant_id: tenantId, kind: gone.kind, value: gone.value })
          .delete();
        await trx('conversation_address')
          .where({ tenant_id: tenantId, address: asProviderWrites(gone) })
          .delete();
      }
      const isFresh = missingIn(before);
      for (const address of addresses) {
        const { kind, value, active } = address;
        if (isFresh(address)) {
          await trx('technician_address').insert({
            tenant_id: tenantId,
            technician_id: id,
            kind,
            value,
            active,
          });
          await adopt(id, asProviderWrites(address));
        } else {
          await trx('technician_address').where({ tenant_id: tenantId, kind, value }).update({ active });
        }
      }
    },
  };
};

const asProviderWrites = ({ kind, value }: Pick<Address, 'kind' | 'value'>): string =>
  kind === 'sms' ? value : `whatsapp:${value}`;

type Row = Record<string, never>;

const one = (row: Row | undefined): Technician | null => (row ? fromRow(row) : null);

const fromRow = (row: Row): Technician => ({
  id: row.id!,
  externalId: row.external_id!,
  name: row.name!,
  phone: row.phone!,
  email: row.email!,
  role: row.role!,
  locale: row.locale!,
  timeZone: row.time_zone!,
  supervisorId: row.supervisor_id!,
  active: row.active!,
  preferences: row.preferences!,
  lastSeenAt: row.last_seen_at!,
});

const toRow = (technician: Technician) => ({
  id: technician.id,
  external_id: technician.externalId,
  name: technician.name,
  phone: technician.phone,
  email: technician.email,
  role: technician.role,
  locale: technician.locale,
  time_zone: technician.timeZone,
  supervisor_id: technician.supervisorId,
  active: technician.active,
  preferences: JSON.stringify(technician.preferences),
  last_seen_at: technician.lastSeenAt,
});
