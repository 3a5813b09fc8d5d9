import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { inspectDatabase, prepareDatabase } from '../../src/store/prepare.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';

test('a server that goes away while a database is prepared or looked at is an error, not the end of the process', async () => {
  const database = await createTestDatabase();
  const admin = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await admin.connect();
  try {
    await admin.query('BEGIN; LOCK TABLE knex_migrations IN ACCESS EXCLUSIVE MODE');
    const preparing = prepareDatabase({
      ownerUrl: database.ownerUrl,
      secretKey: 'k'.repeat(32),
      log: () => {},
    });
    const inspecting = inspectDatabase(database.appUrl);
    const outcomes = Promise.allSettled([preparing, inspecting]);
    for (let waiting = 0; waiting < 2; ) {
      const { rows } = await admin.query(
        `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted AND relation = 'knex_migrations'::regclass`,
      );
      waiting = rows[0].waiting;
    }
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  } finally {
    await admin.end();
    await database.drop();
  }
});
