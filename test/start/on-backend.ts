import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { startProduct } from './product.ts';

export const queueBackends = ['redis', 'postgres'] as const;
export type QueueBackend = (typeof queueBackends)[number];

export const cmmsKey = 'key-of-the-cmms-0123456789';
export const operatorKey = 'key-of-the-operator-0123456789';

/** The product with the simulator, a database of its own and its queue where it is wanted. */
export const startOn = async (backend: QueueBackend) => {
  const database = await createTestDatabase();
  // Not the shared one: products would take each other's jobs.
  const redis = backend === 'redis' ? await startRedis() : null;
  const product = await startProduct({
    env: {
      DATABASE_URL: database.appUrl,
      SECRET_KEY: randomBytes(32).toString('base64'),
      ...(redis ? { REDIS_URL: redis.url } : {}),
      WHATSAPP_PROVIDER: 'simulator',
      CMMS_API_KEY: cmmsKey,
      OPERATOR_API_KEY: operatorKey,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      LOG_LEVEL: 'warn',
    },
  });
  await product.ready();
  const queueAt: { redis?: string; database?: string } = redis
    ? { redis: redis.url }
    : { database: database.appUrl };
  return {
    product,
    queueAt,
    stop: async () => {
      product.kill();
      await product.exited;
      await redis?.close();
      await database.drop();
    },
  };
};
