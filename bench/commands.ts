import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { sha256 } from '../src/crypto.ts';
import { findFreePort } from '../src/embedded/free-port.ts';
import { createLog } from '../src/log.ts';
import { createQueues } from '../src/queue-backend.ts';
import { createGate, type InboundRow } from '../src/store/gate.ts';
import { account, message, phoneOf, technicianCount } from './account.ts';
import { analyze, register, serviceEnv } from './installation.ts';
import { type BenchProcess, type Servers, startBare, startService } from './processes.ts';
import { sideBySide } from './side-by-side.ts';

// Within what one person may be sent at once, over all rounds together.
const commandsPerTechnician = 5;
const commandCount = technicianCount * commandsPerTechnician;

const database = 'bench_commands';

/** Commands per second, from the stored message to the answer that Twilio has accepted. */
export const measureCommands = async (servers: Servers) => {
  const [port, workerPort, twilioPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const twilio = await startBare('twilio.ts', { PORT: String(twilioPort) });
  const env: Record<string, string> = {
    ...(await serviceEnv(servers, { database, redisDb: 1, port })),
    TWILIO_API_BASE_URL: `http://127.0.0.1:${twilioPort}`,
  };
  const ingress = await startService({ ...env, ROLE: 'ingress' });
  await register(port);
  await ingress.stop();

  const service = await startService({ ...env, PORT: String(workerPort), ROLE: 'worker' });
  const bare = await startBare('bare-pipe.ts', {
    REDIS_URL: env.REDIS_URL!,
    TWILIO_API_BASE_URL: env.TWILIO_API_BASE_URL!,
  });
  const gate = createGate(env.DATABASE_URL!);
  const queues = createQueues({
    redisUrl: env.REDIS_URL!,
    databaseUrl: env.DATABASE_URL!,
    log: createLog('silent'),
  });
  await queues.ready;
  const [channel] = await gate.route(account.from);
  const { tenantId, channelId } = channel!;
  const redis = new Redis(env.REDIS_URL!);
  const barePipe = new Queue('bare-first', { connection: redis });

  const ours = async (perTechnician: number) => {
    const rows = commands(perTechnician).map(
      ({ sid, technician, body }): InboundRow => ({
        kind: 'message',
        tenantId,
        channelId,
        id: randomUUID(),
        key: sha256(sid),
        raw: Buffer.from(body),
        source: 'webhook',
        status: 'received',
        receivedAt: null,
        way: 'whatsapp',
        address: `whatsapp:${phoneOf(technician)}`,
        userId: null,
        providerId: sid,
        attemptId: null,
      }),
    );
    const stored = await gate.storeInbound(rows);
    const conversations = new Set(stored.map(({ conversationId }) => conversationId!));
    return timed(twilio, rows.length, () => {
      for (const id of conversations) queues.ring('inbound', tenantId, id);
    });
  };

  const piped = async (perTechnician: number) => {
    const jobs = commands(perTechnician).map(({ technician, body }) => ({
      name: 'message',
      data: { to: `whatsapp:${phoneOf(technician)}`, body },
      opts: { removeOnComplete: true },
    }));
    await barePipe.pause();
    await barePipe.addBulk(jobs);
    return timed(twilio, jobs.length, () => void barePipe.resume());
  };

  const perTechnician = (round: number) => (round === 0 ? 1 : commandsPerTechnician);
  try {
    await sideBySide(
      `Commands worked off: ${commandCount} stored NOTEs of ${technicianCount} technicians a round, until the last answer is accepted.\n` +
        'Ours changes the order, writes its event, the answer and the attempt in Postgres, and sends in order per person;\n' +
        "the bare pipe is a BullMQ job that adds a second job that sends through Twilio's client. One worker process each,\n" +
        'the same Redis, the same simulated Twilio.',
      {
        name: 'ours',
        run: async (round) => {
          const perSecond = await ours(perTechnician(round));
          if (round === 0) await analyze(servers, database);
          return { perSecond };
        },
      },
      { name: 'bare', run: async (round) => ({ perSecond: await piped(perTechnician(round)) }) },
    );
  } finally {
    await Promise.all([service.stop(), bare.stop(), twilio.stop()]);
    await barePipe.close();
    redis.disconnect();
    await queues.close();
    await gate.close();
  }
};

const commands = (perTechnician: number) =>
  Array.from({ length: technicianCount * perTechnician }, (_, index) => {
    const technician = index % technicianCount;
    return {
      technician,
      ...message(technician, `NOTE reading ${index}`, 'http://127.0.0.1/api/whatsappwebhook/incoming'),
    };
  });

/** How many a second the simulated Twilio has accepted from the start to the last one. */
const timed = async (twilio: BenchProcess, count: number, start: () => void): Promise<number> => {
  twilio.child.send({ expect: count });
  await once(twilio.child, 'message');
  const all = once(twilio.child, 'message', { signal: AbortSignal.timeout(120_000) });
  const fromMs = performance.now();
  start();
  await all;
  return (count * 1000) / (performance.now() - fromMs);
};
