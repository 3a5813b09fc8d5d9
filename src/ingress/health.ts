import { Hono } from 'hono';
import type { Config } from '../config.ts';
import type { Deps } from '../deps.ts';
import type { Queues } from '../queue-backend.ts';
import { version } from '../version.ts';
import type { ChannelDirectory } from './channels.ts';

type Level = 'ok' | 'degraded' | 'down';

/** Health for monitors (open, nothing of a tenant in it) and for whoever starts and stops the process. */
export const healthRoutes = (
  deps: Deps,
  parts: {
    queues: Queues;
    channels: ChannelDirectory;
    role: Config['role'];
    provider: string;
    /** False once the process is stopping. */
    isReady: () => boolean;
  },
) => {
  const { store, now } = deps;
  const { queues, provider } = parts;

  const check = async () => {
    const [latencyMs, queueUp, refusal, age, workers, stuck] = await Promise.all([
      orNull(store.ping()),
      queues.isUp(),
      queues.refusal(),
      orNull(store.gate.inboxAge()),
      orNull(store.gate.workerCount()),
      orNull(store.gate.channelsStuck()),
    ]);
    const database: Level = latencyMs === null ? 'down' : 'ok';
    const oldestSeconds = age?.oldestUnreadAt
      ? Math.max(0, Math.round((now().getTime() - age.oldestUnreadAt.getTime()) / 1000))
      : 0;
    // While either can keep a message, none is lost.
    const canKeep =
      database === 'ok' ||
      (queues.backend === 'redis' && queueUp && refusal === null && parts.channels.size() > 0);
    const queue: Level = !queueUp ? 'down' : refusal ? 'degraded' : 'ok';
    const checks = {
      database: { status: database, latencyMs },
      queue: {
        status: queue,
        backend: queues.backend,
        ...(refusal ? { detail: `takes no new jobs (${refusal})` } : {}),
      },
      provider: { status: deps.enabled && !stuck ? 'ok' : ('degraded' as Level), name: provider },
      workers: { status: (workers ?? 0) > 0 ? 'ok' : ('degraded' as Level), count: workers ?? 0 },
      oldestUnprocessed: {
        status: oldestSeconds < 60 ? 'ok' : ('degraded' as Level),
        seconds: oldestSeconds,
      },
      lastWebhook: { status: 'ok' as Level, at: age?.newestAt?.toISOString() ?? null },
    };
    const status: Level = !canKeep
      ? 'down'
      : Object.values(checks).some((each) => each.status !== 'ok')
        ? 'degraded'
        : 'ok';
    return { status, version, time: now().toISOString(), checks };
  };

  const app = new Hono();
  app.get('/api/whatsappwebhook/health', async (c) => {
    const health = await check();
    return c.json(health, health.status === 'down' ? 503 : 200, { 'Cache-Control': 'no-store' });
  });
  app.get('/livez', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const databaseUp = (await orNull(store.ping())) !== null;
    // Without Postgres an ingress still keeps webhooks, in Redis; a worker can do nothing.
    const canWork =
      databaseUp ||
      (parts.role === 'ingress' &&
        queues.backend === 'redis' &&
        parts.channels.size() > 0 &&
        (await queues.isUp()) &&
        (await queues.refusal()) === null);
    const isReady = parts.isReady() && canWork;
    return c.json({ status: isReady ? 'ok' : 'down' }, isReady ? 200 : 503);
  });
  return app;
};

const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch {
    return null;
  }
};
