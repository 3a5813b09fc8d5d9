import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { readPostmaster } from '../../src/embedded/postmaster-file.ts';
import { freezeProcess, thawProcess } from './freeze.ts';

export type TestDatabase = { name: string; ownerUrl: string; appUrl: string; drop(): Promise<void> };

/** A migrated database of one's own, copied from the suite's template. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const name = `rbm_test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(`CREATE DATABASE ${name} TEMPLATE rbm_template OWNER rbm_owner`);
  return {
    name,
    ownerUrl: withDatabase(inject('ownerUrl'), name),
    appUrl: withDatabase(inject('appUrl'), name),
    drop: () => asSuperuser(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
};

const asSuperuser = async (statement: string) => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

export const withDatabase = (url: string, name: string) => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

/** Durable enough for a process that dies, not for a machine that does. */
export const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export type TestPostgres = {
  /** The superuser's connection, the same after a restart. */
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Keeps every connection open and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
};

/** A PostgreSQL server for tests that take it away. */
export const startPostgres = async (
  options: { dir?: string; settings?: Record<string, string> } = {},
): Promise<TestPostgres> => {
  const dir = options.dir ?? makeOpenFolder();
  const settings = { ...FAST_SETTINGS, ...options.settings };
  const launch = (port?: number) =>
    startEmbeddedPostgres({ dir, database: 'rbm', settings, log: () => {}, ...(port ? { port } : {}) });

  let server: EmbeddedPostgres | undefined = await launch();
  let pid = readPostmaster(dir)!.pid;
  const { url, port } = server;
  const stop = async () => {
    thawProcess(pid);
    await server?.stop();
    server = undefined;
  };
  return {
    url,
    stop,
    start: async () => {
      server ??= await launch(port);
      pid = readPostmaster(dir)!.pid;
    },
    freeze: () => freezeProcess(pid),
    thaw: () => thawProcess(pid),
    remove: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** A new temporary folder that other users may pass through, as the server does not run as root. */
export const makeOpenFolder = () => {
  const dir = mkdtempSync(join(tmpdir(), 'rbm-postgres-'));
  chmodSync(dir, 0o755);
  return dir;
};
