import type { Knex } from 'knex';

type Roles = { app: string; gate: string };

/** The roles this database was installed with; a copy of the database under another name keeps them. */
export const readRoles = async (knex: Knex): Promise<Roles> => {
  const { rows } = await knex.raw('SELECT app_role AS app, gate_role AS gate FROM installation');
  return rows[0];
};

/**
 * Puts tenant tables behind row-level security, forced so that it binds their owner too, and gives the
 * service's role the rights named. The sub-select lets the planner read the setting once per statement;
 * nullif because a setting that was once local reads as '' afterwards.
 */
export const separateTenants = async (
  knex: Knex,
  tables: Record<string, { column?: string; rights: string; gate?: string }>,
) => {
  const { app, gate } = await readRoles(knex);
  for (const [table, { column = 'tenant_id', rights, gate: gateRights }] of Object.entries(tables)) {
    await knex.raw(`
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON ${table}
        USING (${column} = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
      GRANT ${rights} ON ${table} TO "${app}";
    `);
    if (gateRights) {
      await knex.raw(`
        CREATE POLICY gate ON ${table} TO "${gate}" USING (true) WITH CHECK (true);
        GRANT ${gateRights} ON ${table} TO "${gate}";
      `);
    }
  }
};

/**
 * Makes the owner a member of the gate's role while `work` runs. Policies for a role hold for its members
 * too: a lasting membership would exempt the owner from row-level security.
 */
export const asGate = async (knex: Knex, gate: string, work: () => Promise<void>) => {
  const { rows } = await knex.raw(
    "SELECT current_setting('server_version_num')::int >= 160000 AS has_options",
  );
  // From PostgreSQL 16 on, creating a role no longer lets its creator act as it.
  const options = rows[0].has_options ? 'WITH SET TRUE, INHERIT TRUE' : '';
  await knex.raw(`GRANT "${gate}" TO CURRENT_USER ${options}`);
  await work();
  await knex.raw(`REVOKE "${gate}" FROM CURRENT_USER`);
};
