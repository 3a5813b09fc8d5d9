import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findLaunch, type Launch, type User } from './binaries.ts';
import { clusterIn, ensureCluster, logIn, readPassword, serverUser } from './cluster.ts';
import { findPostmaster } from './postmaster-file.ts';
import { type Server, startServer } from './server.ts';

export type EmbeddedPostgres = { url: string; port: number; adopted: boolean; stop(): Promise<void> };

export type EmbeddedPostgresOptions = {
  dir: string;
  database: string;
  log: (line: string) => void;
  settings?: Record<string, string>;
  /** Another free port each time unless given. */
  port?: number;
};

const WAIT_FOR_OTHERS_MS = 30_000;

/**
 * Starts a PostgreSQL server whose cluster lives in `dir`, or adopts the one that another process already runs there, and
 * makes sure that database `database` exists. `url` is the superuser's connection to that database.
 *
 * The server belongs to the process that started it and ends with it, even by kill -9. An adopted server is not ours:
 * `stop` leaves it alone, and when its owner ends, our connections break and new ones are refused (ECONNREFUSED) until
 * we are started again. On Windows a killed owner leaves the server running, to be adopted.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { database, log } = options;
  const dir = openFolder(options.dir);
  const user = serverUser(dir);
  refuseReadOnly(dir);
  const launch = await findLaunch(dir, user);
  await ensureCluster(dir, launch, user);
  const password = readPassword(dir);

  const urlOf = (port: number, name: string) =>
    `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(name)}`;
  const server = await startOrAdopt(dir, launch, user, options, (port) => urlOf(port, 'postgres'));
  const { port } = server;
  try {
    await ensureDatabase(urlOf(port, 'postgres'), database);
  } catch (cause) {
    await server.stop();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Database "${database}" could not be made in ${dir}: ${reason}. The server's log is ${logIn(dir)}. Mend that, or set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  log(
    server.adopted
      ? `Using the PostgreSQL server that another process runs in ${dir} (port ${port}); it ends with that process`
      : `PostgreSQL ${launch.major} runs in ${dir} (port ${port})`,
  );
  return { ...server, url: urlOf(port, database) };
};

const openFolder = (dir: string) => {
  try {
    mkdirSync(dir, { recursive: true });
    return realpathSync(dir);
  } catch (cause) {
    throw unusableFolder(dir, cause);
  }
};

const refuseReadOnly = (dir: string) => {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusableFolder(dir, cause);
  }
};

const unusableFolder = (dir: string, cause: unknown) => {
  const { code } = cause as NodeJS.ErrnoException;
  return new Error(
    `The folder ${dir} for the embedded PostgreSQL cannot be used (${code}). Make it writable for this user, set DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.`,
    { cause },
  );
};

const startOrAdopt = async (
  dir: string,
  launch: Launch,
  user: User | undefined,
  options: EmbeddedPostgresOptions,
  urlOf: (port: number) => string,
): Promise<Server & { adopted: boolean }> => {
  const deadline = Date.now() + WAIT_FOR_OTHERS_MS;
  for (;;) {
    const running = findPostmaster(dir);
    if (running?.ready && (await isServedFrom(urlOf(running.port), clusterIn(dir)))) {
      return { port: running.port, adopted: true, stop: async () => {} };
    }
    let obstacle = `process ${running?.pid} holds it and does not answer`;
    if (!running) {
      const started = await startServer(dir, launch, user, options);
      if ('stop' in started) return { ...started, adopted: false };
      obstacle = started.refusal;
      if (!PASSING.test(obstacle)) throw notStarted(dir, obstacle);
    }
    if (Date.now() > deadline) throw notStarted(dir, obstacle);
    await sleep(50);
  }
};

// Another program took the port, another starter was faster, or the last processes of a killed server are still ending.
const PASSING =
  /could not bind|could not create any TCP\/IP sockets|lock file .* already exists|still in use/;

const notStarted = (dir: string, reason: string) =>
  new Error(
    `PostgreSQL could not be started in ${dir}: ${reason}. Its log is ${logIn(dir)}. Mend that, stop what else uses the folder, or set DATABASE_URL to a PostgreSQL server.`,
  );

const isServedFrom = async (url: string, cluster: string) => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 2000 });
  client.on('error', () => {}); // it ended while we asked; the query fails as well
  try {
    await client.connect();
    const { rows } = await client.query('SHOW data_directory');
    return rows[0]?.data_directory === cluster;
  } catch {
    return false; // starting, stopping, or another program on its port: asked again until the deadline
  } finally {
    await client.end().catch(() => {});
  }
};

const ensureDatabase = async (url: string, database: string) => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the query fails as well
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    // Another process that adopted the server was faster.
    if (!['42P04', '23505'].includes((error as pg.DatabaseError).code ?? '')) throw error;
  } finally {
    await client.end();
  }
};
