import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';

test('a server that cuts the connection while a lock is held ends neither the process nor the lock for others', async () => {
  const database = await createTestDatabase();
  const store = createStore({ url: database.appUrl });
  const admin = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await admin.connect();
  try {
    await expect(
      store.gate.withLock('a test', async () => {
        await admin.query(
          `SELECT pg_terminate_backend(pid, 20_000) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        // The cut is noticed while nobody waits for an answer on that connection.
        await new Promise((noticed) => setTimeout(noticed, 200));
      }),
    ).rejects.toThrow();
    expect(await store.gate.withLock('a test', async () => {})).toBe(true);
  } finally {
    await admin.end();
    await store.close();
    await database.drop();
  }
});
