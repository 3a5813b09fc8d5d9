import type { PanelRole } from '../domain/panel-role.ts';
import type { Queries } from './connections.ts';

export type PanelUser = {
  id: string;
  email: string;
  name: string;
  role: PanelRole;
  disabled: boolean;
  hasSecondFactor: boolean;
  /** False: the link to set one was not used yet, or they come by an OpenID provider. */
  hasPassword: boolean;
  createdAt: Date;
  /** When one of their sessions was last seen to be used, to about a quarter of an hour. */
  lastSeenAt: Date | null;
};

export type PanelSession = {
  id: string;
  createdAt: Date;
  usedAt: Date;
  address: string | null;
  userAgent: string | null;
};

/** Who may sign in to the tenant's panel. */
export const panelUsers = (trx: Queries, tenantId: string) => {
  const rows = () => trx('admin_user').where({ tenant_id: tenantId });
  const sessions = () => trx('admin_session').where({ tenant_id: tenantId });
  const read = (condition: string, values: unknown[]) =>
    trx.rows<Record<string, never>>(
      `SELECT u.*,
         EXISTS (SELECT FROM admin_account a
           WHERE a.tenant_id = u.tenant_id AND a.user_id = u.id AND a.password IS NOT NULL) AS has_password,
         (SELECT max(s.updated_at) FROM admin_session s
           WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id) AS last_seen_at
       FROM admin_user u WHERE u.tenant_id = $1 ${condition}`,
      [tenantId, ...values],
    );
  const one = async (condition: string, value: string): Promise<PanelUser | null> => {
    const [row] = await read(condition, [value]);
    return row ? fromRow(row) : null;
  };

  return {
    any: async (): Promise<boolean> => (await rows().first('id')) !== undefined,

    get: (id: string) => one('AND u.id = $2', id),

    byEmail: (email: string) => one('AND u.email = $2', email.toLowerCase()),

    /** By name, after the address given. */
    list: async (page: { after: string | null; limit: number }): Promise<PanelUser[]> =>
      (
        await read('AND ($2::text IS NULL OR u.email > $2) ORDER BY u.email LIMIT $3', [
          page.after,
          page.limit,
        ])
      ).map(fromRow),

    /** False if somebody has that address already. */
    add: async (user: { id: string; email: string; name: string; role: PanelRole }): Promise<boolean> => {
      const added = await trx('admin_user')
        .insert({ tenant_id: tenantId, ...user, email: user.email.toLowerCase() })
        .onConflict(['tenant_id', 'email'])
        .ignore()
        .returning('id');
      return added.length > 0;
    },

    addPassword: async (user: { id: string; userId: string; hash: string }): Promise<void> => {
      await trx('admin_account').insert({
        ...{ tenant_id: tenantId, id: user.id, user_id: user.userId, password: user.hash },
        ...{ provider_id: 'credential', account_id: user.userId },
      });
    },

    /** Of who has that address; null if they have none, or nobody has it. */
    passwordHash: async (email: string): Promise<string | null> => {
      const [row] = await trx.rows<{ password: string }>(
        `SELECT a.password FROM admin_user u JOIN admin_account a ON a.tenant_id = u.tenant_id AND a.user_id = u.id
         WHERE u.tenant_id = $1 AND u.email = $2 AND a.provider_id = 'credential' AND a.password IS NOT NULL`,
        [tenantId, email.toLowerCase()],
      );
      return row?.password ?? null;
    },

    setRole: async (id: string, role: PanelRole): Promise<void> => {
      await rows()
        .where({ id })
        .update({ role, updated_at: trx.raw('clock_timestamp()') });
    },

    setDisabled: async (id: string, disabled: boolean): Promise<void> => {
      await rows()
        .where({ id })
        .update({ disabled, updated_at: trx.raw('clock_timestamp()') });
    },

    /** Whether somebody else can administer the tenant. */
    anyAdministratorBut: async (id: string): Promise<boolean> =>
      (await rows().where({ role: 'administrator', disabled: false }).whereNot({ id }).first('id')) !==
      undefined,

    removeSecondFactor: async (id: string): Promise<void> => {
      await trx('admin_two_factor').where({ tenant_id: tenantId, user_id: id }).delete();
      await rows().where({ id }).update({ two_factor_enabled: false });
    },

    /** Links to set a password that were given to somebody open nothing any more. */
    forgetLinks: async (id: string): Promise<void> => {
      await trx('admin_verification').where({ tenant_id: tenantId, value: id }).delete();
    },

    /** Whom the OpenID provider knows as them: the next time they are found by their address again. */
    forgetOpenId: async (id: string): Promise<void> => {
      await trx('admin_account').where({ tenant_id: tenantId, user_id: id, provider_id: 'openid' }).delete();
    },

    /** That are still good, newest first. */
    sessions: async (userId: string): Promise<PanelSession[]> =>
      (
        await sessions()
          .where({ user_id: userId })
          .whereRaw('expires_at > clock_timestamp()')
          .orderBy('created_at', 'desc')
          .limit(100)
      ).map((row) => ({
        id: row.id,
        createdAt: row.created_at,
        usedAt: row.updated_at,
        address: row.ip_address || null,
        userAgent: row.user_agent || null,
      })),

    endSession: async (userId: string, id: string): Promise<boolean> =>
      (await sessions().where({ user_id: userId, id }).delete()) > 0,

    /** All of somebody's, but for the one given; answers how many. */
    endSessions: async (userId: string, but: string | null = null): Promise<number> => {
      const query = sessions().where({ user_id: userId });
      if (but !== null) query.whereNot({ id: but });
      return query.delete();
    },

    /** Nobody asks for these again. */
    forgetExpired: async (): Promise<void> => {
      await Promise.all([
        sessions().whereRaw('expires_at < clock_timestamp()').delete(),
        trx('admin_verification')
          .where({ tenant_id: tenantId })
          .whereRaw('expires_at < clock_timestamp()')
          .delete(),
      ]);
    },

    /** What SECRET_KEY encrypts. */
    sealedSecrets: async (): Promise<{ id: string; secret: string; backupCodes: string }[]> =>
      (await trx('admin_two_factor').where({ tenant_id: tenantId }).orderBy('id')).map((row) => ({
        id: row.id,
        secret: row.secret,
        backupCodes: row.backup_codes,
      })),

    /** Nothing if they are others by now. */
    reseal: async (
      was: { id: string; secret: string; backupCodes: string },
      sealed: { secret: string; backupCodes: string },
    ): Promise<void> => {
      await trx('admin_two_factor')
        .where({ tenant_id: tenantId, id: was.id, secret: was.secret, backup_codes: was.backupCodes })
        .update({ secret: sealed.secret, backup_codes: sealed.backupCodes });
    },
  };
};

const fromRow = (row: Record<string, never>): PanelUser => ({
  id: row.id!,
  email: row.email!,
  name: row.name!,
  role: row.role!,
  disabled: row.disabled!,
  hasSecondFactor: row.two_factor_enabled!,
  hasPassword: row.has_password!,
  createdAt: row.created_at!,
  lastSeenAt: row.last_seen_at!,
});
