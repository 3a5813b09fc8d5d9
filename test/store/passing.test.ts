import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { createStore, isPassing } from '../../src/store/store.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';

test.each([
  ['a server that shuts down', { code: '57P01' }],
  ['too many connections', { code: '53300' }],
  ['a standby that is still to be promoted', { code: '25006' }],
  ['a password that is being changed', { code: '28P01' }],
  ['a database that is being restored', { code: '3D000' }],
  ['a lock that somebody holds', { code: '55P03' }],
  ['a disk that fails', { code: '58030' }],
  ['no way to the network', { code: 'ENETUNREACH' }],
  ['a network interface that is down', { code: 'ENETDOWN' }],
  ['a machine that is down', { code: 'EHOSTDOWN' }],
  ['a server that takes no connection in time', new Error('timeout expired')],
  [
    'a connection lost before its rollback',
    new Error('ROLLBACK - Client has encountered a connection error and is not queryable'),
  ],
])('%s passes', (_, error) => {
  expect(isPassing(error)).toBe(true);
});

test.each([
  ['a broken rule', { code: '23505' }],
  // It may be a right that is missing, or a row of another tenant: somebody should look.
  ['a refused right', { code: '42501' }],
  ['a fault of ours', new TypeError('x is not a function')],
])('%s does not pass', (_, error) => {
  expect(isPassing(error)).toBe(false);
});

test('a connection cut inside a transaction is a passing fault, whatever is done next', async () => {
  const database = await createTestDatabase();
  const store = createStore({ url: database.appUrl });
  const admin = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await admin.connect();
  const cut = async () => {
    await admin.query(
      `SELECT pg_terminate_backend(pid, 20_000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    // It is noticed while nobody waits for an answer on that connection.
    await new Promise((noticed) => setTimeout(noticed, 200));
  };
  try {
    for (const next of ['asks', 'commits'] as const) {
      const error = await store
        .tenant(randomUUID(), async (tx) => {
          await cut();
          if (next === 'asks') await tx.tenants.get();
        })
        .catch((caught: unknown) => caught);
      expect(isPassing(error), `${next}: ${error}`).toBe(true);
    }
  } finally {
    await admin.end();
    await store.close();
    await database.drop();
  }
});
