import { randomBytes } from 'node:crypto';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { migrationSource } from '../../migrations/index.ts';
import { inspectDatabase, prepareDatabase, rollBackDatabase } from '../../src/store/prepare.ts';
import { createStore } from '../../src/store/store.ts';
import { withDatabase } from '../support/postgres.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

let superuser: pg.Client;
beforeAll(async () => {
  superuser = new pg.Client({ connectionString: inject('postgresUrl') });
  await superuser.connect();
});
afterAll(() => superuser.end());

const names = (await migrationSource.getMigrations([])).map(([name]) => name);

/** Nothing in it yet, and owned by somebody who is no superuser. */
const createEmptyDatabase = async (name = `rbm_empty_${randomBytes(6).toString('hex')}`) => {
  await superuser.query(`CREATE DATABASE "${name}" OWNER rbm_owner`);
  onTestFinished(async () => {
    await superuser.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  });
  return {
    name,
    ownerUrl: withDatabase(inject('ownerUrl'), name),
    superuserUrl: withDatabase(inject('postgresUrl'), name),
  };
};

const prepare = (ownerUrl: string, appUrl?: string) =>
  prepareDatabase({ ownerUrl, secretKey: testSecretKey, log: () => {}, ...(appUrl ? { appUrl } : {}) });

const ask = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

/** Everything our migrations make: tables, columns, keys, indexes, policies, functions and rights. */
const schemaOf = async (url: string) => {
  const rows = await ask(
    url,
    // The information schema would say the same, but asks for rights to each column first.
    `SELECT 'column' AS kind, c.relname || '.' || a.attname AS name, concat_ws(' ',
       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) AS is
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT 'policy', tablename || '.' || policyname, concat_ws(' ', roles, cmd, qual, with_check)
     FROM pg_policies WHERE schemaname = 'public'
     UNION ALL SELECT 'table', relname, concat_ws(' ', relrowsecurity, relforcerowsecurity, relacl)
     FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
     UNION ALL SELECT 'function', proname, concat_ws(' ', pg_get_functiondef(oid), proowner::regrole, proacl)
     FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname = 'public'
     ORDER BY 1, 2`,
  );
  return rows.map(({ kind, name, is }) => `${kind} ${name}: ${is}`);
};

const ofOurs = (schema: string[]) => schema.filter((line) => !/^\w+ "?knex_migrations/.test(line));

const rolesOf = async (database: string): Promise<string[]> =>
  (
    await superuser.query('SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1) ORDER BY 1', [
      `${database}_rbm_`,
    ])
  ).rows.map(({ rolname }) => rolname);

test('everything goes forward, back and forward again, with rows in it, and is the same as before', async () => {
  const { name, ownerUrl, superuserUrl } = await createEmptyDatabase();
  const empty = ofOurs(await schemaOf(superuserUrl));

  const { appUrl } = await prepare(ownerUrl);
  const first = await schemaOf(superuserUrl);
  expect(first.length).toBeGreaterThan(200);
  await useIt(appUrl);
  expect(await rolesOf(name)).toEqual([`${name}_rbm_app`, `${name}_rbm_gate`, `${name}_rbm_login`]);

  await rollBackDatabase(ownerUrl);
  expect(ofOurs(await schemaOf(superuserUrl))).toEqual(empty);
  expect(await ask(ownerUrl, 'SELECT * FROM knex_migrations')).toEqual([]);
  expect(await rolesOf(name)).not.toContain(`${name}_rbm_gate`);
  expect(await inspectDatabase(appUrl)).toMatchObject({ as: 'neither' });

  expect(await prepare(ownerUrl)).toEqual({ appUrl });
  expect(await schemaOf(superuserUrl)).toEqual(first);
  await useIt(appUrl);
});

const useIt = async (appUrl: string) => {
  expect(await inspectDatabase(appUrl)).toEqual({ as: 'service' });
  const store = createStore({ url: appUrl });
  try {
    await store.assertRestricted();
    const { tenantId } = await createTenant(store);
    expect(await store.gate.tenantIds()).toEqual([tenantId]);
  } finally {
    await store.close();
  }
};

test('each migration takes back exactly what it did', async () => {
  const { ownerUrl, superuserUrl } = await createEmptyDatabase();
  const db = knex({
    client: 'pg',
    connection: ownerUrl,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource },
  });
  try {
    let before = ofOurs(await schemaOf(superuserUrl));
    for (const name of names) {
      await db.migrate.up();
      const after = ofOurs(await schemaOf(superuserUrl));
      expect(after, name).not.toEqual(before);
      await db.migrate.down();
      expect(ofOurs(await schemaOf(superuserUrl)), name).toEqual(before);
      await db.migrate.up();
      before = after;
    }
  } finally {
    await db.destroy();
  }
}, 180_000);

test('an escalation from before chains can still be taken, by everybody who was told of it', async () => {
  const { ownerUrl, superuserUrl } = await createEmptyDatabase();
  const db = knex({
    client: 'pg',
    connection: ownerUrl,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource },
  });
  try {
    const last = names.indexOf('20261127090500_calls');
    for (let done = 0; done < last; done++) await db.migrate.up();
    const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
    const [tenant, ana, boss, order, calm, first, again, command] = [1, 2, 3, 4, 5, 6, 7, 8].map(id);
    await ask(
      superuserUrl,
      `INSERT INTO tenant (id, slug, name, time_zone, locale, default_country) VALUES ('${tenant}', 't', 'T', 'UTC', 'en', 'US');
       INSERT INTO technician (tenant_id, id, external_id, name, role, active) VALUES
         ('${tenant}', '${ana}', 'ANA', 'Ana', 'technician', true), ('${tenant}', '${boss}', 'BOSS', 'Boss', 'supervisor', true);
       INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, assignee_id, status, escalated) VALUES
         ('${tenant}', '${order}', 'WO-1', 'WO1', 'Seal', 'high', 'corrective', '${ana}', 'in_progress', true),
         ('${tenant}', '${calm}', 'WO-2', 'WO2', 'Belt', 'high', 'corrective', '${ana}', 'in_progress', false);
       INSERT INTO message (tenant_id, id, direction, way, kind, status, technician_id, work_order_id, caused_by) VALUES
         ('${tenant}', '${command}', 'in', 'whatsapp', 'command', 'processed', '${ana}', NULL, NULL),
         ('${tenant}', '${first}', 'out', 'whatsapp', 'work-order.escalated', 'read', '${boss}', '${order}', '${command}'),
         ('${tenant}', '${again}', 'out', 'whatsapp', 'work-order.escalated', 'read', '${boss}', '${order}', '${command}')`,
    );
    await db.migrate.up();
    expect(
      await ask(
        superuserUrl,
        `SELECT c.kind, c.work_order_id, c.caller_id, c.caused_by, c.ended, c.exhausted, p.technician_id, p.message_id
         FROM chain c LEFT JOIN page p ON p.chain_id = c.id`,
      ),
    ).toEqual([
      {
        ...{ kind: 'work-order.escalated', work_order_id: order, caller_id: ana, caused_by: command },
        ...{ ended: 'no-steps', exhausted: true, technician_id: boss, message_id: again },
      },
    ]);
  } finally {
    await db.destroy();
  }
}, 60_000);

test('while an index of the panel is built, its table can be read', async () => {
  const { ownerUrl } = await createEmptyDatabase();
  const large = ['message', 'work_order', 'alert', 'event', 'notification', 'audit'];
  const built: Record<string, string[]> = {};
  const watched: typeof migrationSource = {
    ...migrationSource,
    getMigration: async (each) => {
      const migration = await migrationSource.getMigration(each);
      const up = async (trx: Knex) => {
        await migration.up(trx);
        const name = migrationSource.getMigrationName(each);
        // Before it the tables themselves are made.
        if (name < '20261129') return;
        const { rows } = await trx.raw(
          `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
           JOIN pg_locks l ON l.relation = i.indrelid AND l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
           WHERE i.indrelid = ANY(?::text[]::regclass[]) AND c.xmin = pg_current_xact_id()::xid`,
          [large],
        );
        built[name] = rows.map((row: { name: string }) => row.name);
      };
      return { ...migration, up };
    },
  };
  const db = knex({
    ...{ client: 'pg', connection: ownerUrl, pool: { min: 0, max: 2 } },
    migrations: { migrationSource: watched },
  });
  try {
    const panel = names.indexOf('20261129010000_overview');
    for (let done = 0; done < panel; done++) await db.migrate.up();
    for (const name of names.slice(panel)) {
      await db.migrate.up();
      expect(built[name], name).toEqual([]);
    }
  } finally {
    await db.destroy();
  }
}, 60_000);

test('migrating again changes nothing', async () => {
  const { ownerUrl, superuserUrl } = await createEmptyDatabase();
  const lines: string[] = [];
  const again = () =>
    prepareDatabase({ ownerUrl, secretKey: testSecretKey, log: (line) => lines.push(line) });
  const { appUrl } = await again();
  const schema = await schemaOf(superuserUrl);
  expect(await again()).toEqual({ appUrl });
  expect(await schemaOf(superuserUrl)).toEqual(schema);
  expect(lines).toEqual([`database migrated: ${names.join(', ')}`]);
});

test('three that migrate at once all succeed, and it happens once', async () => {
  const { ownerUrl } = await createEmptyDatabase();
  const prepared = await Promise.all([prepare(ownerUrl), prepare(ownerUrl), prepare(ownerUrl)]);
  expect(new Set(prepared.map(({ appUrl }) => appUrl)).size).toBe(1);
  const applied = await ask(ownerUrl, 'SELECT name FROM knex_migrations ORDER BY id');
  expect(applied.map(({ name }) => name)).toEqual(names);
  expect(await inspectDatabase(prepared[0]!.appUrl)).toEqual({ as: 'service' });
});

test('the lock that a killed migration left behind is got over, by three at once as well', async () => {
  const { ownerUrl } = await createEmptyDatabase();
  await prepare(ownerUrl);
  await rollBackDatabase(ownerUrl);
  await ask(ownerUrl, 'UPDATE knex_migrations_lock SET is_locked = 1');
  const [{ appUrl }] = await Promise.all([prepare(ownerUrl), prepare(ownerUrl), prepare(ownerUrl)]);
  expect(await inspectDatabase(appUrl)).toEqual({ as: 'service' });
});

test('a database may have any name', async () => {
  const name = `RBM-${randomBytes(4).toString('hex')} of a plant with quite a long name Nº 1`;
  const { ownerUrl } = await createEmptyDatabase(name);
  const { appUrl } = await prepare(ownerUrl);
  await useIt(appUrl);
});

describe("the service's login", () => {
  const createRole = async (options: string) => {
    const role = `rbm_role_${randomBytes(4).toString('hex')}`;
    await superuser.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' ${options}`);
    return role;
  };
  const as = (role: string, url: string) => {
    const changed = new URL(url);
    changed.username = role;
    changed.password = 'secret';
    return changed.href;
  };

  test('is made if it is missing, with the password that DATABASE_URL has', async () => {
    const { ownerUrl } = await createEmptyDatabase();
    const wanted = as(`rbm_role_${randomBytes(4).toString('hex')}`, ownerUrl);
    expect(await prepare(ownerUrl, wanted)).toEqual({ appUrl: wanted });
    await useIt(wanted);
  });

  test('is given its rights if it is there already', async () => {
    const { ownerUrl } = await createEmptyDatabase();
    const wanted = as(await createRole(''), ownerUrl);
    expect(await inspectDatabase(wanted)).toMatchObject({ as: 'neither' });
    await prepare(ownerUrl, wanted);
    await useIt(wanted);
  });

  test('is refused when it can pass row-level security, in whatever way', async () => {
    const { name, ownerUrl } = await createEmptyDatabase();
    await prepare(ownerUrl);
    const roles = [
      await createRole('SUPERUSER'),
      await createRole('BYPASSRLS'),
      'rbm_owner',
      await createRole('NOINHERIT IN ROLE rbm_owner'),
      await createRole(`NOINHERIT IN ROLE "${name}_rbm_gate"`),
    ];
    for (const role of roles) {
      await expect(prepare(ownerUrl, as(role, ownerUrl))).rejects.toThrow(
        `role "${role}" of DATABASE_URL can pass row-level security: name a role there that is neither superuser nor owner (a missing one is created)`,
      );
    }
  });

  describe('and what a connection can do', () => {
    test('the owner may migrate, before and after', async () => {
      const { ownerUrl, superuserUrl } = await createEmptyDatabase();
      expect(await inspectDatabase(ownerUrl)).toEqual({ as: 'owner' });
      await prepare(ownerUrl);
      expect(await inspectDatabase(ownerUrl)).toEqual({ as: 'owner' });
      expect(await inspectDatabase(superuserUrl)).toEqual({ as: 'owner' });
    });

    const whatToDo = /: run "npm run migrate" with MIGRATION_DATABASE_URL set to the owner's connection$/;
    const problemOf = async (url: string) => {
      const found = await inspectDatabase(url);
      expect(found).toMatchObject({ as: 'neither', problem: expect.stringMatching(whatToDo) });
      return 'problem' in found ? found.problem.replace(whatToDo, '') : '';
    };

    test('a role without rights is told what to do, whatever state the database is in', async () => {
      const { ownerUrl } = await createEmptyDatabase();
      const role = await createRole('');
      expect(await problemOf(as(role, ownerUrl))).toBe('the database has no tables yet');
      await prepare(ownerUrl);
      expect(await problemOf(as(role, ownerUrl))).toBe(`role "${role}" has no rights on the tables`);
    });

    test('the service is told when the database is older than it is', async () => {
      const { ownerUrl } = await createEmptyDatabase();
      const { appUrl } = await prepare(ownerUrl);
      await ask(ownerUrl, `DELETE FROM knex_migrations WHERE name = '${names.at(-1)}'`);
      expect(await problemOf(appUrl)).toBe('the database is older than this version');
    });
  });
});
