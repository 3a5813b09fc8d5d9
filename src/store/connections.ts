import type { Writable } from 'node:stream';
import knex, { type Knex } from 'knex';
import pg from 'pg';

/**
 * The statements of one transaction: built by knex from a table's name, `raw` or `ref` (the rest of knex is not
 * there), or written out where every message needs them.
 */
export type Queries = Knex & {
  rows: <Row extends pg.QueryResultRow>(sql: string, values: unknown[]) => Promise<Row[]>;
};

// Only builds statements: it has no connection of its own.
const builder = knex({
  client: 'pg',
  compileSqlOnError: false,
  // It would print whole errors; whoever asked gets them.
  log: { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} },
});

export const createConnections = (options: {
  url: string;
  maxConnections?: number;
  timeouts: { idleInTransactionMs: number; queryMs: number };
}) => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 16,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    idle_in_transaction_session_timeout: options.timeouts.idleInTransactionMs,
    query_timeout: options.timeouts.queryMs,
    idleTimeoutMillis: 30_000,
    // Statements that do not wait for each other share a round trip.
    pipeline: true,
  } as pg.PoolConfig);
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => {});

  /** Runs `work` in one transaction that sees one tenant's rows. */
  const transaction = async <T>(tenantId: string, work: (queries: Queries) => Promise<T>): Promise<T> => {
    // It becomes part of a statement's text.
    if (!isUuid.test(tenantId)) throw new Error('a tenant id must be a UUID');
    const client = await pool.connect();
    // While it is ours the pool does not listen: a server that goes away would end the process.
    const onError = () => {};
    client.on('error', onError);
    const queries = queriesOn(client);
    let isUsable = false;
    try {
      queries.writeTogether();
      // What follows need not wait for it: when it fails, nothing after it can be committed.
      const begun = client.query(`BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true)`);
      const [result] = await Promise.all([work(queries.open), begun]);
      const { command } = await client.query('COMMIT');
      isUsable = true;
      // So Postgres answers when a statement had failed and its error was not passed on.
      if (command !== 'COMMIT') throw new UndoneError();
      return result;
    } catch (error) {
      // A statement prepared before a migration changed its table stays wrong on this connection.
      if (!isUsable && !isOutdatedPlan(error)) {
        isUsable = await client.query('ROLLBACK').then(
          () => true,
          () => false,
        );
      }
      throw error;
    } finally {
      queries.close();
      client.off('error', onError);
      client.release(!isUsable);
    }
  };

  return { transaction, query: pool.query.bind(pool), close: () => pool.end() };
};

/** Whether a migration made a prepared statement out of date: on a fresh connection it works. */
export const isOutdatedPlan = (error: unknown): boolean => (error as { code?: string }).code === '0A000';

/** Nothing of it was kept; why is not known, so it may work the next time. */
export class UndoneError extends Error {
  constructor() {
    super('the transaction was undone: one of its statements had failed');
  }
}

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const queriesOn = (client: pg.PoolClient) => {
  const writeTogether = gatherWrites(
    (client as unknown as { connection: { stream: Writable } }).connection.stream,
  );
  let isOpen = true;
  const query = (config: pg.QueryConfig, ...callback: []) => {
    if (!isOpen) throw new Error('a statement came after its transaction had ended');
    writeTogether();
    return client.query({ ...config, name: nameOf(config.text) }, ...callback);
  };
  const connection = { query };
  const open = Object.assign((table: string) => builder(table).connection(connection), {
    raw: (...args: Parameters<Knex['raw']>) => builder.raw(...args).connection(connection),
    ref: builder.ref.bind(builder),
    rows: async (text: string, values: unknown[]) => (await query({ text, values })).rows,
  }) as unknown as Queries;
  const close = () => {
    isOpen = false;
  };
  return { open, close, writeTogether };
};

/** Makes one write of what is written until the next tick: each is a system call and wakes the other side. */
const gatherWrites = (stream: Writable) => {
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    stream.cork();
    process.nextTick(() => {
      gathering = false;
      stream.uncork();
    });
  };
};

// Postgres parses and plans a named statement once per connection. Those with a list of any length have no name:
// each length would be kept as one more.
const names = new Map<string, string>();
const maxNames = 500;

const nameOf = (text: string): string | undefined => {
  const known = names.get(text);
  if (known || names.size >= maxNames || / in \(\$/.test(text)) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
};
