import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { prepareDatabase } from '../../src/store/prepare.ts';
import { FAST_SETTINGS, makeOpenFolder, withDatabase } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's. */
    postgresUrl: string;
    /** These two name the template, which takes no connections: see createTestDatabase. */
    ownerUrl: string;
    appUrl: string;
    redisUrl: string;
  }
}

/** One PostgreSQL with a migrated template and one Redis for the whole run. */
export default async ({ provide }: TestProject) => {
  const dir = makeOpenFolder();
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({
      dir,
      database: 'postgres',
      settings: { ...FAST_SETTINGS, max_connections: '300' },
      log: () => {},
    }),
    startRedis(),
  ]);
  const stop = async () => {
    await Promise.all([postgres.stop(), redis.close()]);
    rmSync(dir, { recursive: true, force: true });
  };

  try {
    const { ownerUrl, appUrl } = await makeTemplate(postgres.url);
    provide('postgresUrl', postgres.url);
    provide('ownerUrl', ownerUrl);
    provide('appUrl', appUrl);
    provide('redisUrl', redis.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
};

const makeTemplate = async (superuserUrl: string) => {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const password = randomBytes(12).toString('hex');
    await client.query(`CREATE ROLE rbm_owner LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD '${password}'`);
    await client.query('CREATE DATABASE rbm_template OWNER rbm_owner');
    const url = new URL(withDatabase(superuserUrl, 'rbm_template'));
    url.username = 'rbm_owner';
    url.password = password;
    const ownerUrl = url.href;

    const { appUrl } = await prepareDatabase({
      ownerUrl,
      secretKey: randomBytes(32).toString('base64'),
      log: () => {},
    });
    await client.query('ALTER DATABASE rbm_template IS_TEMPLATE true ALLOW_CONNECTIONS false');
    return { ownerUrl, appUrl };
  } finally {
    await client.end();
  }
};
