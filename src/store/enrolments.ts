import type { Queries } from './connections.ts';
import type { AddressKind } from './technicians.ts';

export type Enrolment = {
  id: string;
  technicianId: string;
  expiresAt: Date;
  usedAt: Date | null;
  /** The address the code came from; null once used if the technician was not given it. */
  kind: AddressKind | null;
  value: string | null;
  /** Whose that address is already, until somebody has settled it. */
  conflictWith: string | null;
};

export const enrolments = (trx: Queries, tenantId: string) => {
  const rows = () => trx('enrolment').where({ tenant_id: tenantId });
  const dropOpen = async (technicianId: string) => {
    await rows().where({ technician_id: technicianId, used_at: null }).delete();
  };

  return {
    /** A new code in place of the technician's last one. */
    add: async (enrolment: {
      id: string;
      technicianId: string;
      codeHash: Buffer;
      createdAt: Date;
      expiresAt: Date;
    }): Promise<void> => {
      await dropOpen(enrolment.technicianId);
      await trx('enrolment').insert({
        tenant_id: tenantId,
        id: enrolment.id,
        technician_id: enrolment.technicianId,
        code_hash: enrolment.codeHash,
        created_at: enrolment.createdAt,
        expires_at: enrolment.expiresAt,
      });
    },

    /** The technician's code is good no more. */
    dropOpen,

    latest: async (technicianId: string): Promise<Enrolment | null> => {
      const row = await rows()
        .where({ technician_id: technicianId })
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .first();
      return row ? fromRow(row) : null;
    },

    get: async (id: string): Promise<Enrolment | null> => {
      const row = await rows().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** Uses up the code, if it is good at that moment: of several who send it at once one gets it. */
    take: async (hashes: Buffer[], at: Date): Promise<Enrolment | null> => {
      const [row] = await rows()
        .whereIn('code_hash', hashes)
        .where({ used_at: null })
        .where('expires_at', '>', at)
        .update({ used_at: at })
        .returning('*');
      return row ? fromRow(row) : null;
    },

    /** Notes where a code came from, and who has that address already. */
    cameFrom: async (
      id: string,
      { kind, value, conflictWith }: Pick<Enrolment, 'kind' | 'value' | 'conflictWith'>,
    ): Promise<void> => {
      await rows().where({ id }).update({ kind, value, conflict_with: conflictWith });
    },

    /** Those that somebody has to settle. */
    conflicts: async (): Promise<Enrolment[]> =>
      (await rows().whereNotNull('conflict_with').orderBy('id')).map(fromRow),

    /** Nobody has to any more. The address is forgotten unless the technician was given it. */
    settle: async (id: string, { isGiven }: { isGiven: boolean }): Promise<void> => {
      await rows()
        .where({ id })
        .update({ conflict_with: null, ...(isGiven ? {} : { kind: null, value: null }) });
    },

    /** Of what a technician wants, or has, nobody has to say whose it is. */
    dropConflicts: async (technicianId: string): Promise<void> => {
      await rows()
        .whereNotNull('conflict_with')
        .where((either) =>
          either.where({ technician_id: technicianId }).orWhere({ conflict_with: technicianId }),
        )
        .update({ conflict_with: null, kind: null, value: null });
    },
  };
};

const fromRow = (row: Record<string, never>): Enrolment => ({
  id: row.id!,
  technicianId: row.technician_id!,
  expiresAt: row.expires_at!,
  usedAt: row.used_at!,
  kind: row.kind!,
  value: row.value!,
  conflictWith: row.conflict_with!,
});
