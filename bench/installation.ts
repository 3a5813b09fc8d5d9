import pg from 'pg';
import { prepareDatabase } from '../src/store/prepare.ts';
import { account, phoneOf, technicianCount } from './account.ts';
import type { Servers } from './processes.ts';

const secretKey = 'bench-secret-key-of-32-characters';
const apiKey = 'bench-api-key-0123456789';

/** The environment of an installation with a database of its own, migrated. */
export const serviceEnv = async (
  servers: Servers,
  options: { database: string; redisDb: number; port: number },
): Promise<Record<string, string>> => ({
  HOST: '127.0.0.1',
  PORT: String(options.port),
  PUBLIC_BASE_URL: `http://127.0.0.1:${options.port}`,
  DATABASE_URL: await createDatabase(servers.postgresUrl, options.database),
  REDIS_URL: `${servers.redisUrl}/${options.redisDb}`,
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
