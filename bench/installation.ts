import pg from 'pg';
import { prepareDatabase } from '../src/store/prepare.ts';
import { account, phoneOf, technicianCount } from './account.ts';
import type { Servers } from './processes.ts';

const secretKey = 'bench-secret-key-of-32-characters';
export const apiKey = 'bench-api-key-0123456789';

/** The environment of an installation with a database of its own, migrated. */
export const serviceEnv = async (
  servers: Servers,
  /** Without a Redis database the queue is on Postgres. */
  options: { database: string; redisDb: number | null; port: number },
): Promise<Record<string, string>> => ({
  HOST: '127.0.0.1',
  PORT: String(options.port),
  PUBLIC_BASE_URL: `http://127.0.0.1:${options.port}`,
  DATABASE_URL: await createDatabase(servers.postgresUrl, options.database),
  ...(options.redisDb === null ? {} : { REDIS_URL: `${servers.redisUrl}/${options.redisDb}` }),
  SECRET_KEY: secretKey,
  CMMS_API_KEY: apiKey,
  WHATSAPP_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: account.accountSid,
  TWILIO_AUTH_TOKEN: account.authToken,
  WHATSAPP_FROM_NUMBER: account.from,
  // So many that the pace set for a sender is not what is measured.
  WHATSAPP_MESSAGES_PER_SECOND: '10000',
});

const createDatabase = async (postgresUrl: string, name: string): Promise<string> => {
  await asOwner(postgresUrl, `CREATE DATABASE ${name}`);
  const ownerUrl = withDatabase(postgresUrl, name);
  return (await prepareDatabase({ ownerUrl, secretKey, log: () => {} })).appUrl;
};

/** A connection that no row security binds. */
export const connectAsOwner = async (servers: Servers, database: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: withDatabase(servers.postgresUrl, database) });
  await client.connect();
  return client;
};

/** Makes `tech-0`, `tech-1` and so on, each with a WhatsApp address. */
export const addPeople = async (owner: pg.Client, tenantId: string, count: number): Promise<void> => {
  await owner.query(
    `WITH made AS (
       INSERT INTO technician (tenant_id, id, external_id, name, phone, role, active)
       SELECT $1, gen_random_uuid(), 'tech-' || n, 'Technician ' || n, '+1202' || (5550000 + n), 'technician', true
       FROM generate_series(0, $2::int - 1) AS n
       RETURNING id, phone
     )
     INSERT INTO technician_address (tenant_id, technician_id, kind, value) SELECT $1, id, 'whatsapp', phone FROM made`,
    [tenantId, count],
  );
};

/** Gathers the planner's statistics, as autovacuum does within the first minute of an installation's life. */
export const analyze = (servers: Servers, database: string): Promise<void> =>
  asOwner(withDatabase(servers.postgresUrl, database), 'ANALYZE');

const asOwner = async (url: string, statement: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

const withDatabase = (postgresUrl: string, name: string): string => {
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
};

/** Registers the technicians, each with one order in progress, as a CMMS does it. */
export const register = async (port: number) => {
  for (let technician = 0; technician < technicianCount; technician++) {
    const name = `Technician ${technician}`;
    await put(port, `technicians/tech-${technician}`, { name, phone: phoneOf(technician) });
    await put(port, `work-orders/WO-${1000 + technician}`, {
      title: `Repair ${technician}`,
      assignee: `tech-${technician}`,
      status: 'in_progress',
    });
  }
};

const put = async (port: number, resource: string, body: object) => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${resource}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`PUT ${resource}: ${response.status} ${await response.text()}`);
};
