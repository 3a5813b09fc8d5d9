import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startWatchedProcess } from '../../src/embedded/watched-process.ts';
import { inspectDatabase, prepareDatabase } from '../../src/store/prepare.ts';
import { FAST_SETTINGS, makeOpenFolder } from '../support/postgres.ts';
import {
  configVariables,
  productionEnv,
  projectPath,
  readProjectFile,
  readServices,
  readVariables,
  readVolumes,
  type ServiceName,
  sorted,
} from './compose-file.ts';

const services = readServices(productionEnv);
const ours = ['migrate', 'ingress', 'worker'] as const;

const environmentOf = (name: ServiceName) => services[name].environment;

/** The same address on a server of this machine. */
const at = (url: string, port: number | string) => {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
};

test('what has no default is asked for by name, with what to do', () => {
  const needed = readVariables().filter(({ needed }) => needed !== null);

  expect(sorted(needed.map(({ name }) => name))).toEqual(sorted(Object.keys(productionEnv)));
  for (const { needed: advice } of needed) expect(advice).toMatch(/set it in \.env to /);
  for (const name of Object.keys(productionEnv)) {
    expect(() => readServices({ ...productionEnv, [name]: '' })).toThrow(name);
  }
});

test('the migration runs once on a healthy database, before anything else of ours', () => {
  expect(services.migrate).toMatchObject({
    command: ['node', 'dist/src/migrate.js'],
    restart: 'no',
    depends_on: { postgres: { condition: 'service_healthy' } },
  });
  for (const name of ['ingress', 'worker'] as const) {
    expect(services[name].depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
    });
  }
});

test('what keeps running restarts, is checked, and gets time to stop', () => {
  for (const name of ['postgres', 'redis', 'ingress', 'worker'] as const) {
    expect(services[name], name).toMatchObject({
      restart: 'unless-stopped',
      stop_grace_period: expect.stringMatching(/^\d+[sm]$/),
      healthcheck: { test: expect.arrayContaining([expect.stringMatching(/^CMD/)]) },
    });
  }
  expect(sorted(Object.keys(services))).toEqual(['ingress', 'migrate', 'postgres', 'redis', 'worker']);
});

test('only the ingress is published, on this machine unless told otherwise, and workers can be many', () => {
  const published = Object.entries(services).filter(([, { ports }]) => ports);
  expect(published.map(([name, { ports }]) => [name, ports])).toEqual([['ingress', ['127.0.0.1:3000:3000']]]);

  const elsewhere = readServices({ ...productionEnv, PUBLISH_ADDRESS: '10.0.0.5', PUBLISH_PORT: '8080' });
  expect(elsewhere.ingress.ports).toEqual(['10.0.0.5:8080:3000']);
  expect(Object.values(services).filter(({ container_name }) => container_name)).toEqual([]);
});

test('each of ours is built here and sets only what the service reads', () => {
  const known = configVariables();
  for (const name of ours) {
    expect(services[name]).toMatchObject({ build: '.' });
    expect(services[name]).not.toHaveProperty('image');
    expect(known).toEqual(expect.arrayContaining(Object.keys(environmentOf(name))));
  }
});

test('each of ours starts with its environment and finds Postgres, Redis and Twilio in it', () => {
  const image = { HOST: '0.0.0.0' }; // from the Dockerfile
  for (const role of ['ingress', 'worker'] as const) {
    expect(readConfig({ ...image, ...environmentOf(role) })).toMatchObject({
      role,
      port: 3000,
      databaseUrl: `postgres://rbm_app:${productionEnv.RBM_APP_PASSWORD}@postgres:5432/rbm`,
      migrationDatabaseUrl: null,
      redisUrl: `redis://:${productionEnv.REDIS_PASSWORD}@redis:6379`,
      publicBaseUrl: productionEnv.PUBLIC_BASE_URL,
      secretKey: productionEnv.SECRET_KEY,
      secretKeyPrevious: null,
      cmmsApiKey: productionEnv.CMMS_API_KEY,
      provider: 'twilio',
      twilio: { credentials: { authToken: productionEnv.TWILIO_AUTH_TOKEN, apiKeySid: null } },
      whatsappEnabled: true,
      messagesPerSecond: 80,
    });
  }
  expect(readConfig({ ...image, ...environmentOf('migrate') })).toMatchObject({
    databaseUrl: environmentOf('worker').DATABASE_URL,
    migrationDatabaseUrl: `postgres://rbm_owner:${productionEnv.RBM_OWNER_PASSWORD}@postgres:5432/rbm`,
    secretKey: productionEnv.SECRET_KEY,
  });
});

test('what .env may set besides reaches ingress and worker', () => {
  const choices = {
    SECRET_KEY_PREVIOUS: 'f0000000000000000000000000000008',
    TWILIO_AUTH_TOKEN_SECONDARY: 'f00000000000000000000009',
    TWILIO_API_KEY_SID: `SK${'0'.repeat(32)}`,
    TWILIO_API_KEY_SECRET: 'f00000000000000000000010',
    TWILIO_MESSAGING_SERVICE_SID: `MG${'0'.repeat(32)}`,
    TWILIO_API_BASE_URL: 'https://api.dublin.ie1.twilio.com',
    WHATSAPP_ENABLED: 'false',
    WHATSAPP_MESSAGES_PER_SECOND: '0.33',
    DEFAULT_COUNTRY: 'BR',
    LOG_LEVEL: 'debug',
  };
  const chosen = readServices({ ...productionEnv, ...choices });
  expect(chosen.ingress.environment).toMatchObject(choices);
  expect(chosen.worker.environment).toMatchObject(choices);
});

test("only Postgres and the migration know the owner's password, and only Postgres the superuser's", () => {
  const knowing = (password: string) =>
    Object.entries(services)
      .filter(([, service]) => JSON.stringify(service).includes(password))
      .map(([name]) => name);
  expect(sorted(knowing(productionEnv.RBM_OWNER_PASSWORD))).toEqual(['migrate', 'postgres']);
  expect(knowing(productionEnv.POSTGRES_PASSWORD)).toEqual(['postgres']);
});

test('data lies in named volumes, and what is mounted from the project is there', () => {
  const volumes = (name: ServiceName) => services[name].volumes?.map((volume) => volume.split(':')) ?? [];
  expect(volumes('redis')).toEqual([['redis', '/data']]);
  const [data, ...files] = volumes('postgres');
  expect(services.postgres.image).toBe('postgres:18');
  expect(data).toEqual(['postgres', '/var/lib/postgresql']);
  expect(files).toEqual([['./docker/postgres-init.sql', '/docker-entrypoint-initdb.d/rbm.sql', 'ro']]);
  expect(existsSync(projectPath(files[0]?.[0] ?? ''))).toBe(true);
});

test('ingress and workers keep attachments in one place, or all in the same bucket', () => {
  const volume = ['attachments:/var/lib/rbm/attachments'];
  expect([services.ingress.volumes, services.worker.volumes]).toEqual([volume, volume]);
  expect(readVolumes()).toEqual(['attachments', 'postgres', 'redis']);
  expect(readConfig(environmentOf('worker')).attachmentsBucket).toBeNull();

  const bucket = {
    ATTACHMENTS_S3_URL: 'https://s3.eu-central-1.amazonaws.com/my-bucket',
    ATTACHMENTS_S3_REGION: 'eu-central-1',
    ATTACHMENTS_S3_ACCESS_KEY_ID: 'AKIA0000000000000000',
    ATTACHMENTS_S3_SECRET_ACCESS_KEY: 'f00000000000000000000011',
  };
  const { ingress, worker } = readServices({ ...productionEnv, ...bucket });
  for (const { environment } of [ingress, worker]) {
    expect(readConfig(environment).attachmentsBucket).toMatchObject({
      url: bucket.ATTACHMENTS_S3_URL,
      region: 'eu-central-1',
    });
  }
});

test('Redis, started as written, asks for the password, keeps a log and never evicts', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rbm-compose-'));
  const port = await findFreePort();
  const command = services.redis.command ?? [];
  const server = await startWatchedProcess(
    [...command, '--port', String(port), '--bind', '127.0.0.1', '--dir', dir],
    { env: { PATH: process.env.PATH }, output: 'ignore' },
  );
  const client = new Redis(at(environmentOf('worker').REDIS_URL ?? '', port));
  client.on('error', () => {}); // it is still starting
  const stranger = new Redis({ host: '127.0.0.1', port, lazyConnect: true });
  stranger.on('error', () => {});
  onTestFinished(async () => {
    client.disconnect();
    stranger.disconnect();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const ended = server.exited.then(() => Promise.reject(new Error(`it did not start: ${command.join(' ')}`)));
  await Promise.race([client.ping(), ended]);

  expect(await client.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'maxmemory')).toEqual(
    expect.arrayContaining(['noeviction', 'yes', 'everysec', String(512 * 1024 * 1024)]),
  );
  await expect(stranger.ping()).rejects.toThrow('NOAUTH');
});

test('the initial SQL and the migration leave the service with a role that cannot pass row-level security', async () => {
  const dir = makeOpenFolder();
  const server = await startEmbeddedPostgres({
    dir,
    database: 'postgres',
    settings: FAST_SETTINGS,
    log: () => {},
  });
  onTestFinished(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  await runAsPsql(server.url, 'docker/postgres-init.sql', environmentOf('postgres'));
  const port = new URL(server.url).port;
  const { MIGRATION_DATABASE_URL = '', DATABASE_URL = '', SECRET_KEY = '' } = environmentOf('migrate');
  const ownerUrl = at(MIGRATION_DATABASE_URL, port);
  const appUrl = at(DATABASE_URL, port);
  expect(await inspectDatabase(ownerUrl)).toEqual({ as: 'owner' });

  const prepared = await prepareDatabase({ ownerUrl, appUrl, secretKey: SECRET_KEY, log: () => {} });

  expect(prepared.appUrl).toBe(appUrl);
  expect(await inspectDatabase(appUrl)).toEqual({ as: 'service' });
  const { rows } = await query(
    server.url,
    `SELECT rolname, rolsuper OR rolbypassrls AS unrestricted FROM pg_roles WHERE rolname IN ('rbm_owner', 'rbm_app') ORDER BY 1`,
  );
  expect(rows).toEqual([
    { rolname: 'rbm_app', unrestricted: false },
    { rolname: 'rbm_owner', unrestricted: false },
  ]);
  await expect(query(appUrl, 'CREATE TABLE public.mine ()')).rejects.toThrow('permission denied');
});

const query = async (url: string, sql: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
};

/** Runs a file as psql does, which a machine need not have, as far as ours goes: \getenv, :'name', one statement a line. */
const runAsPsql = async (url: string, file: string, env: Record<string, string>) => {
  const variables: Record<string, string> = {};
  for (const line of readProjectFile(file).split('\n')) {
    const [, name = '', from = ''] = /^\\getenv (\w+) (\w+)$/.exec(line) ?? [];
    if (name) variables[name] = env[from] ?? '';
    else if (!line.startsWith('--') && line !== '') {
      await query(
        url,
        line.replace(/:'(\w+)'/g, (_, name) => pg.escapeLiteral(variables[name] ?? '')),
      );
    }
  }
};
