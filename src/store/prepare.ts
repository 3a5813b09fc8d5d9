import { runMigrations } from 'bullmq';
import knex from 'knex';
import pg from 'pg';
import { latestMigration, migrationSource } from '../../migrations/index.ts';
import { derive } from '../crypto.ts';

/** The schema BullMQ keeps its own tables in, when Postgres is the queue. */
export const queueSchema = 'rbm_queue';

// One number for all: two migrations of one database at a time would both fail.
const migrationLock = 7_261_122;

type Log = (line: string) => void;

/**
 * Brings a database to what this version needs: migrations, BullMQ's own schema, and a login for the
 * service that cannot pass row-level security. That login is `appUrl`'s user if given, else one named after
 * the database, with a password derived from the secret key. Safe to repeat and to run twice at once.
 */
export const prepareDatabase = async (options: {
  ownerUrl: string;
  appUrl?: string;
  secretKey: string;
  log: Log;
}): Promise<{ appUrl: string }> => {
  const { ownerUrl, secretKey, log } = options;
  const owner = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'rbm-migrate',
    connectionTimeoutMillis: 5000,
  });
  owner.on('error', lostConnection);
  await owner.connect();
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await migrate(ownerUrl, log);
    await runMigrations(owner, queueSchema);
    return {
      appUrl: await grantLogin(owner, options.appUrl ?? (await defaultLogin(owner, ownerUrl, secretKey))),
    };
  } finally {
    await owner.end();
  }
};

/**
 * What a connection can do here: 'service' with a restricted role on a current database; 'owner' when it
 * may migrate; else what is wrong and what to do.
 */
export const inspectDatabase = async (
  url: string,
): Promise<{ as: 'service' } | { as: 'owner' } | { as: 'neither'; problem: string }> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 });
  client.on('error', lostConnection);
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT r.rolsuper OR r.rolbypassrls AS unrestricted, r.rolsuper OR r.rolcreaterole AS creates_roles,
        pg_catalog.to_regclass('public.installation') IS NOT NULL AS installed,
        coalesce((SELECT pg_has_role(current_user, c.relowner, 'USAGE') FROM pg_class c
          WHERE c.oid = pg_catalog.to_regclass('public.installation')), false) AS owns,
        has_schema_privilege('public', 'CREATE') AND has_database_privilege(current_database(), 'CREATE') AS creates,
        current_user AS role
      FROM pg_roles r WHERE r.rolname = current_user`);
    const facts = rows[0];
    if (facts.unrestricted || facts.owns || (!facts.installed && facts.creates && facts.creates_roles))
      return { as: 'owner' };
    const migrateFirst = 'run "npm run migrate" with MIGRATION_DATABASE_URL set to the owner\'s connection';
    if (!facts.installed)
      return { as: 'neither', problem: `the database has no tables yet: ${migrateFirst}` };
    const { rows: granted } = await client
      .query(`
      SELECT pg_has_role(current_user, app_role, 'USAGE') AS member FROM installation`)
      .catch(() => ({ rows: [] }));
    if (!granted[0]?.member)
      return { as: 'neither', problem: `role "${facts.role}" has no rights on the tables: ${migrateFirst}` };
    const { rows: applied } = await client.query('SELECT 1 FROM knex_migrations WHERE name = $1', [
      latestMigration,
    ]);
    if (applied.length === 0)
      return { as: 'neither', problem: `the database is older than this version: ${migrateFirst}` };
    return { as: 'service' };
  } finally {
    await client.end();
  }
};

// What asks next fails by itself; without a listener the process would end.
const lostConnection = () => {};

/** Takes back every migration. For tests and for leaving. */
export const rollBackDatabase = async (ownerUrl: string): Promise<void> => {
  const db = migrationConnection(ownerUrl);
  try {
    await db.migrate.rollback(undefined, true);
  } finally {
    await db.destroy();
  }
};

const migrate = async (ownerUrl: string, log: Log) => {
  const db = migrationConnection(ownerUrl);
  try {
    // A migration that was killed leaves its lock behind; ours is the advisory one.
    if (await db.schema.hasTable('knex_migrations_lock')) await db.migrate.forceFreeMigrationsLock();
    const applied: string[] = [];
    // Each in a transaction of its own; `latest` has one for all, and keeps the locks of each until the last is done.
    for (;;) {
      const [, [name]] = (await db.migrate.up()) as [number, string[]];
      if (name === undefined) break;
      applied.push(name);
    }
    if (applied.length > 0) log(`database migrated: ${applied.join(', ')}`);
  } finally {
    await db.destroy();
  }
};

const migrationConnection = (ownerUrl: string) =>
  knex({
    client: 'pg',
    connection: { connectionString: ownerUrl, application_name: 'rbm-migrate' },
    pool: { min: 0, max: 2 },
    log: { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} },
    migrations: { migrationSource, tableName: 'knex_migrations' },
  });

const defaultLogin = async (owner: pg.Client, ownerUrl: string, secretKey: string) => {
  const { rows } = await owner.query('SELECT current_database() AS name');
  const url = new URL(ownerUrl);
  url.username = `${rows[0].name.slice(0, 50)}_rbm_login`;
  url.password = derive(secretKey, 'database login');
  return url.href;
};

/** Makes the login if it is missing, gives it the service's rights, and refuses one that could pass row security. */
const grantLogin = async (owner: pg.Client, appUrl: string) => {
  const url = new URL(appUrl);
  const role = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const { rows: installed } = await owner.query('SELECT app_role, gate_role FROM installation');
  // Whoever may act as the owner can switch row-level security off; the gate's policies let it see all tenants.
  const { rows: existing } = await owner.query(
    `SELECT rolsuper OR rolbypassrls OR pg_has_role(oid, current_user, 'MEMBER')
       OR pg_has_role(oid, $2::name, 'MEMBER') AS unrestricted
     FROM pg_roles WHERE rolname = $1`,
    [role, installed[0].gate_role],
  );
  if (existing[0]?.unrestricted) {
    throw new Error(
      `role "${role}" of DATABASE_URL can pass row-level security: name a role there that is neither superuser nor owner (a missing one is created)`,
    );
  }
  const app = owner.escapeIdentifier(installed[0].app_role);
  const login = owner.escapeIdentifier(role);
  if (!existing[0]) await owner.query(`CREATE ROLE ${login} LOGIN NOSUPERUSER NOBYPASSRLS`);
  if (password) {
    await owner
      .query(`ALTER ROLE ${login} PASSWORD ${owner.escapeLiteral(password)}`)
      // Not ours to change: then it is as whoever made the role has set it.
      .catch((error) => {
        if (existing[0] && error.code === '42501') return;
        throw error;
      });
  }
  await owner.query(`
    GRANT ${app} TO ${login};
    GRANT USAGE, CREATE ON SCHEMA ${queueSchema} TO ${app};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${queueSchema} TO ${app};
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${queueSchema} TO ${app};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${queueSchema} TO ${app};
  `);
  return appUrl;
};
