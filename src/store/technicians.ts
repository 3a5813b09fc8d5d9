import { variantsOf } from '../domain/phone.ts';
import type { Person } from '../domain/who-is-told.ts';
import type { Queries } from './connections.ts';

export const technicianRoles = ['technician', 'supervisor', 'planner'] as const;

export type AddressKind = 'whatsapp' | 'whatsapp-user-id' | 'sms';
export type Address = { kind: AddressKind; value: string; active: boolean };

export type StoredAddress = Address & {
  /** The phone together with which WhatsApp told this user id; null for what the CMMS registered. */
  learnedWith: string | null;
  /** The provider account it was told to. */
  learnedUnder: string | null;
  /** When another user id took its place. */
  replacedAt: Date | null;
  optedOutAt: Date | null;
};

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

/** A user id that somebody has to decide about. */
export type Doubt = {
  technicianId: string;
  userId: string;
  /** When another one came with the same phone; null if it came from somebody else's. */
  replacedAt: Date | null;
  /** The phone that goes with it. */
  phone: string | null;
  /** The technician from whose phone it came. */
  disputedBy: string | null;
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
    // Only WhatsApp has a window, and what was written to a sender of before opened none at the present one.
    const windows = await trx('conversation as c')
      .join('channel as h', (join) => join.on('h.tenant_id', 'c.tenant_id').on('h.id', 'c.channel_id'))
      .where({ 'c.tenant_id': tenantId, 'h.way': 'whatsapp', 'h.retired_at': null })
      .whereIn('c.technician_id', ids)
      .groupBy('c.technician_id')
      .select(
        'c.technician_id',
        trx.raw('max(c.last_inbound_at) AS inbound'),
        trx.raw('max(c.window_refused_at) AS refused'),
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

  const letGo = async (address: Pick<Address, 'kind' | 'value'>) => {
    await trx('conversation_address')
      .where({ tenant_id: tenantId, address: asProviderWrites(address) })
      .delete();
  };

  return {
    get: async (id: string): Promise<Technician | null> => one(await rows().where({ id }).first()),

    find: async (externalId: string): Promise<Technician | null> =>
      one(await rows().where({ external_id: externalId }).first()),

    /** As `find`, and nobody else changes it until the transaction ends. Rows may still refer to it meanwhile. */
    lock: async (externalId: string): Promise<Technician | null> =>
      one(await rows().where({ external_id: externalId }).forNoKeyUpdate().first()),

    /** Every locale that somebody active reads in; null for those who have none of their own. */
    locales: async (): Promise<(string | null)[]> =>
      (await rows().where({ active: true }).distinct('locale')).map(({ locale }) => locale),

    findMany: async (externalIds: string[]): Promise<Technician[]> =>
      (
        await trx.rows<Row>('SELECT * FROM technician WHERE tenant_id = $1 AND external_id = ANY($2)', [
          tenantId,
          externalIds,
        ])
      ).map(fromRow),

    /** Who has one of these phones. */
    phoneOwners: async (phones: string[]): Promise<string[]> =>
      (await rows().whereIn('phone', phones).select('id')).map(({ id }) => id),

    /** What people have chosen about whether and when they are told, as it is now. */
    whenTold: async (
      ids: string[],
    ): Promise<Map<string, Pick<Technician, 'active' | 'timeZone' | 'preferences'>>> => {
      const found = await trx.rows<Row>(
        'SELECT id, active, time_zone, preferences FROM technician WHERE tenant_id = $1 AND id = ANY($2)',
        [tenantId, ids],
      );
      return new Map(
        found.map((row) => [
          row.id!,
          { active: row.active!, timeZone: row.time_zone!, preferences: row.preferences! },
        ]),
      );
    },

    /** Everybody active who may be told on behalf of a technician: supervisors, planners and those named. */
    toTell: async (besides: string, ids: string[]): Promise<Person[]> => {
      const { rows: found } = await trx.raw(
        `SELECT t.id, t.external_id, t.name, t.role,
           NOT coalesce((t.preferences->>'paused')::boolean, false) AND EXISTS (
             SELECT FROM channel h WHERE h.tenant_id = t.tenant_id AND h.retired_at IS NULL
               AND coalesce((t.preferences->'ways'->>h.way)::boolean, true)
               AND (h.way = 'email' AND t.email IS NOT NULL OR EXISTS (
                 SELECT FROM technician_address a WHERE a.tenant_id = t.tenant_id AND a.technician_id = t.id
                   AND a.active AND a.opted_out_at IS NULL
                   AND CASE WHEN a.kind = 'sms' THEN 'sms' ELSE 'whatsapp' END = h.way))) AS reachable
         FROM technician t
         WHERE t.tenant_id = ? AND t.active AND t.id <> ?
           AND (t.role IN ('supervisor', 'planner') OR t.id = ANY(?))
         ORDER BY t.external_id`,
        [tenantId, besides, ids],
      );
      return found.map((row: Row) => ({
        id: row.id!,
        externalId: row.external_id!,
        name: row.name!,
        role: row.role!,
        reachable: row.reachable!,
      }));
    },

    getMany: async (ids: string[]): Promise<Map<string, Technician>> =>
      new Map(
        (
          await trx.rows<Row>('SELECT * FROM technician WHERE tenant_id = $1 AND id = ANY($2)', [
            tenantId,
            ids,
          ])
        ).map((row) => [row.id!, fromRow(row)]),
      ),

    /** Those responsible for the asset, in its order. */
    responsibleFor: async (assetCode: string): Promise<Technician[]> =>
      (
        await trx.rows<Row>(
          `SELECT t.* FROM asset e JOIN asset_responsible r ON r.tenant_id = e.tenant_id AND r.asset_id = e.id
           JOIN technician t ON t.tenant_id = r.tenant_id AND t.id = r.technician_id
           WHERE e.tenant_id = $1 AND e.code = $2 ORDER BY r.position`,
          [tenantId, assetCode],
        )
      ).map(fromRow),

    /** Everybody active in a role, by external id. */
    inRole: async (role: Technician['role']): Promise<Technician[]> =>
      (
        await trx.rows<Row>(
          'SELECT * FROM technician WHERE tenant_id = $1 AND role = $2 AND active ORDER BY external_id',
          [tenantId, role],
        )
      ).map(fromRow),

    /** The first who are active, by external id, to choose from. */
    toChoose: async (limit: number): Promise<Pick<Technician, 'externalId' | 'name'>[]> =>
      trx.rows(
        `SELECT external_id AS "externalId", name FROM technician WHERE tenant_id = $1 AND active
         ORDER BY external_id LIMIT $2`,
        [tenantId, limit],
      ),

    names: async (ids: string[]): Promise<Map<string, string>> =>
      new Map((await rows().whereIn('id', ids).select('id', 'name')).map((row) => [row.id, row.name])),

    setPaused: async (id: string, paused: boolean): Promise<void> => {
      await rows()
        .where({ id })
        .update({
          preferences: trx.raw("preferences || jsonb_build_object('paused', ?::boolean)", [paused]),
        });
    },

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

    /**
     * Who fits, by external id, after the one given. Read along the key's index: a tenant has thousands of people,
     * not millions. `digits`: a part of a phone; `ids`: who has the phone that was looked for.
     */
    search: async (
      wanted: {
        text: string | null;
        digits: string | null;
        ids: string[];
        role: Technician['role'] | null;
        active: boolean | null;
      },
      page: { after: string | null; limit: number },
    ): Promise<ListedTechnician[]> => {
      const query = rows().orderBy('external_id').limit(page.limit);
      if (page.after !== null) query.where('external_id', '>', page.after);
      if (wanted.role) query.where({ role: wanted.role });
      if (wanted.active !== null) query.where({ active: wanted.active });
      if (wanted.text !== null) {
        query.whereRaw(
          `(strpos(lower(name), lower(:text)) > 0 OR strpos(lower(external_id), lower(:text)) > 0
            OR strpos(phone, :digits) > 0 OR id = ANY(:ids))`,
          { text: wanted.text, digits: wanted.digits, ids: wanted.ids },
        );
      }
      return fillIn((await query).map(fromRow));
    },

    /** Which of them the provider keeps messages from, and whose phone or identity is in doubt. */
    troubles: async (ids: string[]): Promise<Map<string, { optedOut: boolean; conflict: boolean }>> => {
      const found = await trx.rows<{ id: string; opted_out: boolean; conflict: boolean }>(
        `SELECT t.id,
           EXISTS (SELECT FROM technician_address a WHERE a.tenant_id = $1 AND a.technician_id = t.id AND a.active
             AND a.opted_out_at IS NOT NULL) AS opted_out,
           t.active AND (t.id IN (
             SELECT unnest(ARRAY[a.technician_id, a.disputed_by]) FROM technician_address a
             WHERE a.tenant_id = $1 AND (a.disputed_by IS NOT NULL OR a.replaced_at IS NOT NULL))
           OR t.id IN (
             SELECT unnest(ARRAY[e.technician_id, e.conflict_with]) FROM enrolment e
             WHERE e.tenant_id = $1 AND e.conflict_with IS NOT NULL)) AS conflict
         FROM technician t WHERE t.tenant_id = $1 AND t.id = ANY($2)`,
        [tenantId, ids],
      );
      return new Map(found.map((row) => [row.id, { optedOut: row.opted_out, conflict: row.conflict }]));
    },
    /** Those whose name has that in it, whatever its case. */
    named: async (part: string, limit: number): Promise<{ externalId: string; name: string }[]> =>
      trx.rows(
        `SELECT external_id AS "externalId", name FROM technician
         WHERE tenant_id = $1 AND name ILIKE $2 ORDER BY external_id LIMIT $3`,
        [tenantId, `%${part.replace(/[\\%_]/g, '\\$&')}%`, limit],
      ),

    insert: async (technician: Technician): Promise<void> => {
      await trx('technician').insert({ tenant_id: tenantId, ...toRow(technician) });
    },

    /** All of them, and every address by its technician's id; `lock`: nobody else changes these meanwhile. */
    everybody: async ({
      lock,
    }: {
      lock: string[];
    }): Promise<{ technicians: Technician[]; addresses: Map<string, StoredAddress[]> }> => {
      await trx.rows(
        `SELECT FROM technician WHERE tenant_id = $1 AND external_id = ANY($2) ORDER BY id
         FOR NO KEY UPDATE`,
        [tenantId, lock],
      );
      // Read again: what was waited for may have changed them.
      const found = (await rows().orderBy('id')).map(fromRow);
      const addresses = new Map<string, StoredAddress[]>();
      for (const row of await trx('technician_address').where({ tenant_id: tenantId })) {
        addresses.set(row.technician_id, [...(addresses.get(row.technician_id) ?? []), addressFrom(row)]);
      }
      return { technicians: found, addresses };
    },

    /** New ones in one statement, who may supervise each other. */
    insertMany: async (technicians: Technician[]): Promise<void> => {
      await trx.rows(
        `INSERT INTO technician (tenant_id, id, external_id, name, phone, email, role, locale, time_zone,
           supervisor_id, active, preferences)
         SELECT $1, id, external_id, name, phone, email, role, locale, time_zone, supervisor_id, active, preferences
         FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, external_id text, name text, phone text, email text,
           role text, locale text, time_zone text, supervisor_id uuid, active boolean, preferences jsonb)`,
        [
          tenantId,
          JSON.stringify(
            technicians.map((technician) => ({ ...toRow(technician), preferences: technician.preferences })),
          ),
        ],
      );
    },

    setPhones: async (given: Pick<Technician, 'id' | 'phone'>[]): Promise<void> => {
      await trx.rows(
        `UPDATE technician t SET phone = r.phone
         FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, phone text)
         WHERE t.tenant_id = $1 AND t.id = r.id AND t.phone IS DISTINCT FROM r.phone`,
        [tenantId, JSON.stringify(given.map(({ id, phone }) => ({ id, phone })))],
      );
    },

    /** What is registered for new ones; what somebody wrote from it before is theirs, as with `setAddresses`. */
    addAddresses: async (given: (Address & { technicianId: string })[]): Promise<void> => {
      await trx.rows(
        `INSERT INTO technician_address (tenant_id, technician_id, kind, value, active)
         SELECT $1, r."technicianId", r.kind, r.value, r.active
         FROM jsonb_to_recordset($2::jsonb) AS r ("technicianId" uuid, kind text, value text, active boolean)`,
        [tenantId, JSON.stringify(given)],
      );
      const written = await trx.rows<{ address: string }>(
        'SELECT DISTINCT address FROM conversation_address WHERE tenant_id = $1 AND address = ANY($2)',
        [tenantId, given.map(asProviderWrites)],
      );
      const known = new Set(written.map(({ address }) => address));
      for (const address of given) {
        if (known.has(asProviderWrites(address)))
          await adopt(address.technicianId, asProviderWrites(address));
      }
    },

    update: async (technician: Technician): Promise<void> => {
      await rows()
        .where({ id: technician.id })
        .update({ ...toRow(technician), erased_at: null });
    },

    seen: async (id: string, at: Date): Promise<void> => {
      await trx.rows('UPDATE technician SET last_seen_at = $3 WHERE tenant_id = $1 AND id = $2', [
        tenantId,
        id,
        at,
      ]);
    },

    /** Who is known by any of these addresses, whether switched off or not. */
    knownBy: async (
      addresses: { kind: AddressKind; value: string }[],
    ): Promise<{ technician: Technician; address: StoredAddress }[]> =>
      (
        await trx('technician_address as a')
          .join('technician as t', (join) =>
            join.on('t.tenant_id', 'a.tenant_id').on('t.id', 'a.technician_id'),
          )
          .where({ 'a.tenant_id': tenantId })
          .whereIn(
            ['a.kind', 'a.value'],
            addresses.map(({ kind, value }) => [kind, value]),
          )
          .select('t.*', { address: trx.raw('to_jsonb(a)') })
      ).map(({ address, ...row }) => ({ technician: fromRow(row as Row), address: addressFrom(address) })),

    addresses: async (id: string): Promise<StoredAddress[]> =>
      (
        await trx('technician_address')
          .where({ tenant_id: tenantId, technician_id: id })
          .orderBy(['kind', 'value'])
      ).map(addressFrom),

    /** Who has one of these addresses, whoever that is. */
    addressOwners: async (kind: AddressKind, values: string[]): Promise<string[]> =>
      (
        await trx('technician_address')
          .where({ tenant_id: tenantId, kind })
          .whereIn('value', values)
          .select('technician_id')
      ).map((row) => row.technician_id),

    /**
     * Replaces a technician's registered addresses. Conversations under an address that is gone or switched
     * off let go of it, so that its next owner starts his own; what somebody wrote from a new one before it
     * was registered is his. What was learned with a phone stays as long as the phone.
     */
    setAddresses: async (id: string, addresses: Address[]): Promise<void> => {
      const own = () => trx('technician_address').where({ tenant_id: tenantId, technician_id: id });
      const keyOf = ({ kind, value }: Pick<Address, 'kind' | 'value'>) => `${kind} ${value}`;
      const listed = new Set(addresses.map(keyOf));
      const before = new Map((await own()).map((row) => [keyOf(row as Address), row]));
      const remove = async (gone: Address) => {
        await own().where({ kind: gone.kind, value: gone.value }).delete();
        await letGo(gone);
      };
      for (const row of before.values()) {
        if (row.learned_with === null && !listed.has(keyOf(row))) await remove(row);
      }
      for (const address of addresses) {
        const { kind, value, active } = address;
        const stored = before.get(keyOf(address));
        if (!stored) {
          await trx('technician_address').insert({
            tenant_id: tenantId,
            technician_id: id,
            kind,
            value,
            active,
          });
          await adopt(id, asProviderWrites(address));
        } else if (stored.active !== active) {
          await own().where({ kind, value }).update({ active, replaced_at: null });
          await (active ? adopt(id, asProviderWrites(address)) : letGo(address));
        }
      }
      const phones = addresses.flatMap(({ kind, value, active }) =>
        kind === 'whatsapp' && active ? value : [],
      );
      // Read again: one may have been learned until its phone was gone.
      for (const row of await own().whereNotNull('learned_with').whereNotIn('learned_with', phones)) {
        if (!listed.has(keyOf(row))) await remove(row);
        else await own().where({ kind: row.kind, value: row.value }).update({ learned_with: null });
      }
    },

    /**
     * Notes the user id that WhatsApp tells for a technician's phone, in place of those named. False if the
     * phone is his no more, or the user id an active technician's.
     */
    learnUserId: async (learned: {
      technicianId: string;
      phone: string;
      userId: string;
      account: string | null;
      replaces: string[];
      at: Date;
    }): Promise<boolean> => {
      // The phone is held: nobody takes it away meanwhile.
      const { rows: noted } = await trx.raw(
        `INSERT INTO technician_address AS a (tenant_id, technician_id, kind, value, learned_with, learned_at,
           learned_under, opted_out_at)
         SELECT p.tenant_id, p.technician_id, 'whatsapp-user-id', :userId, p.value, :at, :account, p.opted_out_at
         FROM technician_address p
         WHERE p.tenant_id = :tenantId AND p.kind = 'whatsapp' AND p.value = :phone AND p.active
           AND p.technician_id = :technicianId
         FOR SHARE
         ON CONFLICT (tenant_id, kind, value) DO UPDATE SET technician_id = excluded.technician_id, active = true,
           learned_with = excluded.learned_with, learned_at = excluded.learned_at,
           learned_under = excluded.learned_under, opted_out_at = excluded.opted_out_at,
           replaced_at = NULL, disputed_by = NULL
         WHERE NOT a.active OR EXISTS (SELECT FROM technician t
           WHERE t.tenant_id = a.tenant_id AND t.id = a.technician_id AND NOT t.active)
         RETURNING 1`,
        { ...learned, tenantId },
      );
      if (noted.length === 0) return false;
      const address = { kind: 'whatsapp-user-id' as const, value: learned.userId };
      await trx('conversation_address as a')
        .where({ tenant_id: tenantId, address: asProviderWrites(address) })
        .whereExists(
          trx('conversation as c')
            .where({ 'c.tenant_id': tenantId, 'c.id': trx.ref('a.conversation_id') })
            .whereNot({ 'c.technician_id': learned.technicianId }),
        )
        .delete();
      await adopt(learned.technicianId, asProviderWrites(address));
      for (const value of learned.replaces) {
        await trx('technician_address')
          .where({ tenant_id: tenantId, technician_id: learned.technicianId, kind: address.kind, value })
          .update({ active: false, replaced_at: learned.at });
        await letGo({ kind: address.kind, value });
      }
      return true;
    },

    /** A phone in any of these spellings, or a user id, is the technician's no more, and what was learned with it. */
    takeAway: async (id: string, values: string[]): Promise<void> => {
      await rows().where({ id }).whereIn('phone', values).update({ phone: null });
      const gone = await trx('technician_address')
        .where({ tenant_id: tenantId, technician_id: id })
        .whereRaw('(value = ANY(?) OR learned_with = ANY(?))', [values, values])
        .delete()
        .returning(['kind', 'value']);
      for (const address of gone) await letGo(address);
    },

    /** Notes that a user id came from another technician's phone; false if that was noted before. */
    disputeUserId: async (userId: string, technicianId: string): Promise<boolean> =>
      (await trx('technician_address')
        .where({ tenant_id: tenantId, kind: 'whatsapp-user-id', value: userId })
        .whereRaw('disputed_by IS DISTINCT FROM ?', [technicianId])
        .update({ disputed_by: technicianId })) > 0,

    /** User ids that were replaced, or came from another technician's phone, of those who work here. */
    doubts: async (): Promise<Doubt[]> => {
      const found = await trx.rows<Row>(
        `SELECT a.technician_id, a.value, a.replaced_at, a.learned_with, a.disputed_by
         FROM technician_address a JOIN technician t ON t.tenant_id = a.tenant_id AND t.id = a.technician_id AND t.active
         WHERE a.tenant_id = $1 AND (a.disputed_by IS NOT NULL OR a.replaced_at IS NOT NULL)
         ORDER BY a.kind, a.value`,
        [tenantId],
      );
      return found.map((row) => ({
        technicianId: row.technician_id!,
        userId: row.value!,
        replacedAt: row.replaced_at!,
        phone: row.learned_with!,
        disputedBy: row.disputed_by!,
      }));
    },

    /** It is settled whose this user id is. */
    settleDispute: async (userId: string): Promise<void> => {
      await trx('technician_address')
        .where({ tenant_id: tenantId, kind: 'whatsapp-user-id', value: userId })
        .update({ disputed_by: null });
    },

    /**
     * Notes that the provider keeps our messages from this person: a phone and the user ids learned with it
     * are one. Answers whose it is, or null if that was known, is undone since `at`, or is nobody's.
     */
    optedOut: async (kind: AddressKind, value: string, at: Date): Promise<string | null> => {
      const { rows: marked } = await trx.raw(
        `UPDATE technician_address a SET opted_out_at = :at FROM technician t
         WHERE a.tenant_id = :tenantId AND ${isSamePerson} AND a.opted_out_at IS NULL
           AND (a.opted_in_at IS NULL OR a.opted_in_at <= :at)
           AND t.tenant_id = a.tenant_id AND t.id = a.technician_id
         RETURNING t.external_id`,
        { tenantId, kind, values: spellings(kind, value), at },
      );
      return marked[0]?.external_id ?? null;
    },

    optedIn: async (kind: AddressKind, value: string, at: Date): Promise<void> => {
      await trx.raw(
        `UPDATE technician_address a SET opted_out_at = NULL, opted_in_at = :at
         WHERE a.tenant_id = :tenantId AND ${isSamePerson}`,
        { tenantId, kind, values: spellings(kind, value), at },
      );
    },
  };
};

const isSamePerson = `((a.kind = :kind AND a.value = ANY(:values))
  OR (:kind = 'whatsapp' AND a.learned_with = ANY(:values))
  OR (:kind = 'whatsapp-user-id' AND a.kind = 'whatsapp' AND a.value = (
    SELECT u.learned_with FROM technician_address u
    WHERE u.tenant_id = a.tenant_id AND u.kind = :kind AND u.value = ANY(:values))))`;

const spellings = (kind: AddressKind, value: string): string[] =>
  kind === 'whatsapp-user-id' ? [value] : variantsOf(value);

const asProviderWrites = ({ kind, value }: Pick<Address, 'kind' | 'value'>): string =>
  kind === 'sms' ? value : `whatsapp:${value}`;

type Row = Record<string, never>;

const one = (row: Row | undefined): Technician | null => (row ? fromRow(row) : null);

const addressFrom = (row: Row): StoredAddress => ({
  kind: row.kind!,
  value: row.value!,
  active: row.active!,
  learnedWith: row.learned_with!,
  learnedUnder: row.learned_under!,
  // Text where it comes out of JSON.
  replacedAt: row.replaced_at === null ? null : new Date(row.replaced_at!),
  optedOutAt: row.opted_out_at === null ? null : new Date(row.opted_out_at!),
});

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
