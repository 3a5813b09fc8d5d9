import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres, withDatabase } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { eventually, maria, startProduct } from './product.ts';

const query = async (url: string, statement: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
};

test('a PostgreSQL that is not up yet is waited for, then migrated and used with a restricted login', async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.remove);
  await query(postgres.url, "CREATE ROLE plant_owner LOGIN CREATEROLE PASSWORD 'owner-password'");
  await query(postgres.url, 'CREATE DATABASE plant OWNER plant_owner');
  await postgres.stop();

  const ownerUrl = new URL(withDatabase(postgres.url, 'plant'));
  ownerUrl.username = 'plant_owner';
  ownerUrl.password = 'owner-password';
  const product = await startProduct({
    env: {
      DATABASE_URL: ownerUrl.href,
      SECRET_KEY: 'k'.repeat(32),
      WHATSAPP_PROVIDER: 'simulator',
      CMMS_API_KEY: 'key-of-the-cmms-0123456789',
    },
  });
  await product.waitForLine(new RegExp(`^Waiting for PostgreSQL at ${ownerUrl.host}: .*ECONNREFUSED`));
  expect(await product.statusOf('/livez')).toBe(200);
  expect(await product.statusOf('/readyz')).toBe(503);
  expect(await product.statusOf('/api/whatsappwebhook/health')).toBe(503);

  await postgres.start();
  await product.ready();
  expect(await product.statusOf('/readyz')).toBe(200);
  expect(await product.says(maria, 'MY WORK')).toBe(true);
  await product.hears(maria, /WO-8301/);

  const sessions = await query(
    postgres.url,
    `SELECT DISTINCT rolname, rolsuper, rolbypassrls FROM pg_stat_activity JOIN pg_roles ON rolname = usename
     WHERE datname = 'plant'`,
  );
  expect(sessions).toEqual([{ rolname: 'plant_rbm_login', rolsuper: false, rolbypassrls: false }]);
  expect(product.text()).not.toContain('owner-password');
  product.killGroup('SIGINT');
  expect(await product.exited).toEqual({ code: 0, signal: null });
});

test('while it waits for PostgreSQL it can be stopped', async () => {
  const product = await startProduct({
    env: { DATABASE_URL: 'postgres://owner:secret@127.0.0.1:1/plant', SECRET_KEY: 'k'.repeat(32) },
  });
  await product.waitForLine(/^Waiting for PostgreSQL at 127\.0\.0\.1:1: /);
  product.kill('SIGTERM');
  expect(await product.exited).toEqual({ code: 0, signal: null });
  expect(product.text()).not.toContain('secret');
});

test('a Redis that is not up yet keeps nothing from starting, and is used once it is', async () => {
  const redis = await startRedis();
  onTestFinished(redis.close);
  await redis.stop();

  const product = await startProduct({
    env: { REDIS_URL: redis.url, WHATSAPP_PROVIDER: 'simulator' },
  });
  await product.ready();
  await product.waitForLine(new RegExp(`waiting for Redis at 127\\.0\\.0\\.1:${redis.port}`));
  expect(await product.statusOf('/readyz')).toBe(200);
  expect(await healthOf(product.url)).toMatchObject({
    status: 'degraded',
    checks: { database: { status: 'ok' }, queue: { status: 'down', backend: 'redis' } },
  });
  // Kept in PostgreSQL meanwhile.
  expect(await product.says(maria, 'ack 8301')).toBe(true);

  await redis.start();
  await product.hears(maria, /Acknowledged[\s\S]*WO-8301/);
  await eventually(async () =>
    expect(await healthOf(product.url)).toMatchObject({
      status: 'ok',
      checks: { queue: { status: 'ok', backend: 'redis' } },
    }),
  );
  expect(await product.says(maria, 'start 8301')).toBe(true);
  await product.hears(maria, /Started[\s\S]*WO-8301/);
  product.killGroup('SIGINT');
  expect(await product.exited).toEqual({ code: 0, signal: null });
});

const healthOf = async (url: string) => (await fetch(`${url}/api/whatsappwebhook/health`)).json();
