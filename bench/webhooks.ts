import autocannon, { type Instance, type Options, type Result } from 'autocannon';
import { findFreePort } from '../src/embedded/free-port.ts';
import { account, message, technicianCount } from './account.ts';
import { analyze, register, serviceEnv } from './installation.ts';
import { type Servers, startBare, startService } from './processes.ts';
import { type Figures, sideBySide } from './side-by-side.ts';

const connections = 64;
const webhooksPerRound = connections * 150;

const database = 'bench_webhooks';

/** Signed webhooks acknowledged per second: durable in Postgres, beside a route that only adds a job in Redis. */
export const measureWebhooks = async (servers: Servers) => {
  const ports = { ours: await findFreePort(), bare: await findFreePort() };
  const env = await serviceEnv(servers, { database, redisDb: 0, port: ports.ours });
  const ours = await startService({ ...env, ROLE: 'ingress' });
  const bare = await startBare('bare-webhook.ts', {
    PORT: String(ports.bare),
    REDIS_URL: env.REDIS_URL!,
    AUTH_TOKEN: account.authToken,
  });
  try {
    await register(ports.ours);
    await sideBySide(
      `Signed webhooks acknowledged: ${webhooksPerRound} a round over ${connections} connections from ${technicianCount} phones.\n` +
        'Ours answers once the message is committed to Postgres and has rung on Redis; the bare route checks the same\n' +
        'signature and adds one BullMQ job on the same Redis.',
      {
        name: 'ours',
        run: async (round) => {
          const figures = await post(ports.ours, '/api/whatsappwebhook/incoming');
          if (round === 0) await analyze(servers, database);
          return figures;
        },
      },
      { name: 'bare', run: () => post(ports.bare, '/incoming') },
    );
  } finally {
    await Promise.all([ours.stop(), bare.stop()]);
  }
};

const post = async (port: number, path: string): Promise<Figures> => {
  const url = `http://127.0.0.1:${port}${path}`;
  const requests = Array.from({ length: webhooksPerRound }, (_, index) => {
    const { headers, body } = message(index % technicianCount, `NOTE reading ${index}`, url);
    return { method: 'POST', path, headers, body } as const;
  });
  const timesMs: number[] = [];
  const greeted = new Set<unknown>();
  let firstAtMs = 0;
  let lastAtMs = 0;

  let given = 0;
  const { done, running } = shoot({
    url,
    connections,
    amount: webhooksPerRound,
    // Every connection has requests of its own, so that no MessageSid comes twice.
    setupClient: (client) => {
      const share = webhooksPerRound / connections;
      client.setRequests(requests.slice(given, given + share));
      given += share;
    },
  });
  running.on('response', (client, status, _bytes, ms) => {
    lastAtMs = performance.now();
    if (status !== 200) throw new Error(`a webhook was answered with ${status}`);
    // A connection's first one waited for the others to be set up.
    if (greeted.has(client)) timesMs.push(ms);
    else {
      greeted.add(client);
      firstAtMs ||= lastAtMs;
    }
  });
  const { errors } = await done;
  if (errors > 0) throw new Error(`${errors} webhooks were not answered`);
  timesMs.sort((a, b) => a - b);
  return {
    perSecond: (webhooksPerRound * 1000) / (lastAtMs - firstAtMs),
    p99Ms: timesMs[Math.floor(timesMs.length * 0.99)]!,
  };
};

const shoot = (options: Options) => {
  let running: Instance | undefined;
  const done = new Promise<Result>((finished, failed) => {
    running = autocannon(options, (error, result) => (error ? failed(error) : finished(result)));
  });
  return { running: running!, done };
};
