import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import pg from 'pg';
import { inject } from 'vitest';
import { createFolder } from '../../src/attachments/files.ts';
import { readFacts, ringAll } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { ensureDefaultTenant } from '../../src/default-tenant.ts';
import type { Deps } from '../../src/deps.ts';
import { type OrderStatus, orderKey } from '../../src/domain/work-order.ts';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { createInbox } from '../../src/ingress/inbox.ts';
import { twilioWebhooks } from '../../src/ingress/twilio.ts';
import { createLog } from '../../src/log.ts';
import { createProviders } from '../../src/messaging/providers.ts';
import type { Timing } from '../../src/messaging/timing.ts';
import { createQueues, type Queues } from '../../src/queue-backend.ts';
import type { RecoverySettings } from '../../src/recovery.ts';
import { createSimulatorApp } from '../../src/simulator/app.tsx';
import type { PhoneSwitches } from '../../src/simulator/conversations.ts';
import { createSimulator } from '../../src/simulator/engine.ts';
import type { Place } from '../../src/simulator/from-phones.ts';
import type { Attachment } from '../../src/simulator/media.ts';
import { createSpill } from '../../src/spill.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { startWorker } from '../../src/worker.ts';
import { eventsOfOrder } from '../support/events.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { quickTiming } from '../support/timing.ts';

export const backends = ['redis', 'postgres'] as const;
export type Backend = (typeof backends)[number];

const sender = 'whatsapp:+14155238886';
const smsNumber = '+14155550100';
export const secretKey = 'k'.repeat(32);

export type Stage = Awaited<ReturnType<typeof setStage>>;

/** Everything running, against a Twilio that is none: an ingress, workers, a technician or more with a phone. */
export const setStage = async (options: {
  backend: Backend;
  workers?: number;
  /** Another Postgres or Redis than the suite's, to take away. */
  databaseUrl?: string;
  redisUrl?: string;
  messagesPerSecond?: number;
  enabled?: boolean;
  /** The account has a number for text messages, too. */
  sms?: boolean;
  /** The mail server that the tenant sends by. */
  mail?: { url: string };
  /** False: the ingress is a process of the test's own. */
  ingress?: boolean;
  /** The clock of the product and of Twilio. Postgres still sends by its own: keep this one behind it. */
  now?: () => Date;
  timing?: Partial<Timing>;
  recovery?: Partial<RecoverySettings>;
}) => {
  const database = options.databaseUrl ? null : await createTestDatabase();
  const databaseUrl = options.databaseUrl ?? database!.appUrl;
  const redisUrl = options.backend === 'redis' ? (options.redisUrl ?? (await emptyRedis())) : null;
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
  // Where Postgres does not go away, a slow machine is no reason to refuse a webhook.
  const timeouts = options.databaseUrl ? {} : { webhookMs: 20_000 };
  const store = onClock(createStore({ url: databaseUrl, timeouts }), options.now);

  const port = await findFreePort();
  const publicBaseUrl = `http://127.0.0.1:${port}`;
  const simulator = createSimulator({
    accountSid: `AC${'a'.repeat(32)}`,
    authToken: 'simulated-token',
    from: sender,
    smsFrom: smsNumber,
    incomingUrl: `${publicBaseUrl}/api/whatsappwebhook/incoming`,
    callbackDelaysMs: { sent: 0, delivered: 0, read: 0 },
    readReceipts: 'manual',
    ...(options.now ? { now: options.now } : {}),
  });
  const twilioPort = await findFreePort();
  const twilioServer = serve({
    fetch: createSimulatorApp(simulator).fetch,
    port: twilioPort,
    hostname: '127.0.0.1',
  });
  const twilioUrl = `http://127.0.0.1:${twilioPort}`;
  simulator.apiBaseUrl = twilioUrl;

  const base = {
    store,
    log,
    now: options.now ?? (() => new Date()),
    newId: randomUUID,
    secretKeys: [secretKey],
    enabled: options.enabled ?? true,
  };
  const queueSets: Queues[] = [];
  const newQueues = () => {
    const queues = createQueues({ redisUrl, databaseUrl, log });
    queueSets.push(queues);
    return queues;
  };
  const queues = newQueues();
  await queues.ready;
  const deps: Deps = { ...base, ring: queues.ring };

  const atTwilio = {
    ...({ provider: 'twilio', accountSid: simulator.accountSid, messagingServiceSid: null } as const),
    messagesPerSecond: options.messagesPerSecond ?? 1000,
    credentials: { authToken: 'simulated-token' },
  };
  const { tenantId } = await ensureDefaultTenant(deps, {
    channels: [
      { ...atTwilio, way: 'whatsapp', address: sender },
      ...(options.sms ? [{ ...atTwilio, way: 'sms' as const, address: smsNumber }] : []),
      ...(options.mail
        ? [
            {
              ...({ way: 'email', provider: 'smtp', address: 'RBM <rbm@example.com>' } as const),
              ...{ accountSid: 'mail', messagingServiceSid: null, messagesPerSecond: 1000 },
              credentials: { smtpUrl: options.mail.url },
            },
          ]
        : []),
    ],
    apiKey: 'scenario-api-key-0123456789',
    admin: null,
    generate: false,
    defaultCountry: 'US',
  });
  const channels = createChannelDirectory(deps);
  await channels.refresh();
  const inbox = createInbox(deps, createSpill(queues));
  const app = new Hono();
  app.route('/api/whatsappwebhook', twilioWebhooks(deps, { channels, inbox, publicBaseUrl }));
  const server = options.ingress === false ? null : serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });

  const filesRoot = mkdtempSync(join(tmpdir(), 'rbm-attachments-'));
  const files = createFolder(filesRoot);
  const timing = { ...quickTiming, ...options.timing };
  const providerOf = createProviders([secretKey], { twilio: twilioUrl, simulator: null }, timing);
  const startAWorker = async () => {
    const own = newQueues();
    return startWorker({ ...base, ring: own.ring }, own, {
      providerOf,
      publicBaseUrl,
      files,
      webhookRules: { allowPrivate: true },
      timing,
      recovery: { everyMs: 500, waitedMs: 500, ...options.recovery },
    });
  };
  const workers = await Promise.all(Array.from({ length: options.workers ?? 1 }, startAWorker));

  let people = 0;
  /** A registered person, a technician unless told otherwise, and the phone. */
  const technician = async (fields: TechnicianFields = {}) => {
    const number = ++people;
    const externalId = `tech-${number}`;
    const phone = `+1202555${String(1000 + number)}`;
    const address = `whatsapp:${phone}`;
    simulator.addPhone({ address, name: `Technician ${number}` });
    const id = await store.tenant(tenantId, async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
      await saveTechnician(
        tx,
        externalId,
        { name: `Technician ${number}`, phone, ...fields },
        facts,
        collectFaults(),
      );
      return (await tx.technicians.find(externalId))!.id;
    });
    return {
      id,
      externalId,
      address,
      says: (text: string, extra?: Record<string, string>) => simulator.says(address, text, extra),
      /** A button or an entry of a list: under the latest message that has it, unless told which. */
      taps: (title: string, message?: { sid: string }) => simulator.taps(address, title, message?.sid),
      /** Answers a certain message. */
      quotes: (message: { sid: string }, text: string) => simulator.quotes(address, message.sid, text),
      reacts: (emoji: string, message: { sid: string }) => simulator.reacts(address, message.sid, emoji),
      forwards: (text: string) => simulator.forwards(address, text),
      /** Edits a message: Twilio has no fields for it. */
      edits: () => simulator.edits(address),
      sendsPhoto: (file: Omit<Attachment, 'kind'> = {}) =>
        simulator.sends(address, { kind: 'image', ...file }),
      sendsVoiceNote: (file: Omit<Attachment, 'kind'> = {}) =>
        simulator.sends(address, { kind: 'audio', ...file }),
      /** A video, document, sticker, contact card, or anything else that is a file. */
      sendsFile: (file: Attachment) => simulator.sends(address, file),
      shares: (place: Place) => simulator.shares(address, place),
      /** Turns something about the phone on or off. */
      turns: (switches: Partial<PhoneSwitches>) => simulator.turn(address, switches),
      hears: (what: string | RegExp, timeoutMs = 30_000) =>
        simulator.waitForText(address, what, { timeoutMs }),
      heard: () => simulator.sentTo(address).map(({ text }) => text),
      /** The same phone's text messages. */
      sms: {
        says: (text: string) => simulator.says(phone, text),
        hears: (what: string | RegExp, timeoutMs = 30_000) =>
          simulator.waitForText(phone, what, { timeoutMs }),
        heard: () => simulator.sentTo(phone).map(({ text }) => text),
      },
      /** By which ways, in the order of arrival. */
      heardBy: () => simulator.sentTo(address).map(({ way }) => way),
    };
  };

  /** An order as the CMMS would have put it; without a status, one just assigned, and told. */
  const order = async (
    number: string,
    fields: Record<string, unknown> & { assignee?: string; status?: OrderStatus } = {},
  ) => {
    const { status, ...rest } = fields;
    const bells = await store.tenant(tenantId, async (tx) => {
      const facts = await readFacts(tx, { ...deps, enabled: deps.enabled }, { kind: 'cmms', id: null });
      const saved = await saveWorkOrder(
        tx,
        number,
        { title: `Repair of ${number}`, ...rest, ...(status ? { status } : {}) } as never,
        facts,
        collectFaults(),
      );
      return saved.bells;
    });
    ringAll(deps, tenantId, bells);
  };

  const findOrder = (number: string) =>
    store.tenant(tenantId, (tx) => tx.workOrders.detail(number)).then((found) => found!);

  const eventsOf = async (number: string) => {
    const { id } = await findOrder(number);
    return store.tenant(tenantId, (tx) => eventsOfOrder(tx, id));
  };

  const messages = () => store.tenant(tenantId, (tx) => tx.messages.list({ before: null, limit: 1000 }));

  /** Reads what nothing of ours reads. */
  const ask = async <Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await client.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  };

  /** Changes what nothing of ours changes. */
  const alter = async (statement: string): Promise<void> => {
    await ask(statement);
  };

  /** Polls, for what only the database shows. */
  const until = async <T>(
    ask: () => Promise<T | false | null | undefined>,
    timeoutMs = 30_000,
    everyMs = 25,
  ): Promise<T> => {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = await ask();
      if (found) return found;
      if (Date.now() > end) throw new Error('it did not happen in time');
      await new Promise((done) => setTimeout(done, everyMs));
    }
  };

  // Asked often: reading every message each time would keep the machine busy.
  const watcher = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  watcher.on('error', () => {});
  watcher.on('connect', (client) => {
    void client.query("SELECT set_config('app.tenant_id', $1, false)", [tenantId]);
  });

  /** Nothing is unread, due or under way. */
  const quiet = (timeoutMs?: number) =>
    until(
      async () => {
        const { rows } = await watcher.query(
          `SELECT NOT EXISTS (SELECT FROM message
             WHERE status IN ('received', 'queued', 'sending', 'unknown')) AS quiet`,
        );
        return rows[0].quiet;
      },
      timeoutMs,
      100,
    );

  const strike = async () => {
    await Promise.all(workers.map((worker) => worker.stop(5000)));
    await Promise.all(
      [server, twilioServer].map(
        (each) => new Promise((closed) => (each ? each.close(closed) : closed(null))),
      ),
    );
    inbox.close();
    await Promise.all(queueSets.map((each) => each.close()));
    await simulator.close();
    await watcher.end();
    await store.close();
    await database?.drop();
    rmSync(filesRoot, { recursive: true, force: true });
  };

  return {
    port,
    tenantId,
    store,
    deps,
    queues,
    simulator,
    workers,
    publicBaseUrl,
    twilioUrl,
    databaseUrl,
    redisUrl,
    sender,
    technician,
    order,
    findOrder,
    eventsOf,
    messages,
    ask,
    alter,
    until,
    quiet,
    strike,
    startAWorker,
    providerOf,
    files,
    newQueues,
    key: orderKey,
  };
};

/** Postgres says when a message was received; with a clock of the test's own, that one does. */
const onClock = (store: Store, now: (() => Date) | undefined): Store =>
  now === undefined
    ? store
    : {
        ...store,
        gate: {
          ...store.gate,
          storeInbound: (rows) =>
            store.gate.storeInbound(rows.map((row) => ({ ...row, receivedAt: row.receivedAt ?? now() }))),
        },
      };

/** A database of the suite's Redis for this test file's process, emptied. */
export const emptyRedis = async (): Promise<string> => {
  const url = `${inject('redisUrl')}/${Number(process.env.VITEST_POOL_ID ?? 1) % 16}`;
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
  return url;
};
