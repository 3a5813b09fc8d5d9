import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { createAdmin } from './admin/app.tsx';
import { passwordFaults } from './admin/password.ts';
import { createApi, createDocs } from './api/app.ts';
import { createBucket } from './attachments/bucket.ts';
import { createFolder } from './attachments/files.ts';
import { type Config, weakKeysOf } from './config.ts';
import { derive } from './crypto.ts';
import { ensureDefaultTenant } from './default-tenant.ts';
import { addDemoData } from './demo-data.ts';
import type { Deps } from './deps.ts';
import { listen } from './http-server.ts';
import { createApp } from './ingress/app.ts';
import { createChannelDirectory } from './ingress/channels.ts';
import { healthRoutes } from './ingress/health.ts';
import { createInbox } from './ingress/inbox.ts';
import { metricsRoutes } from './ingress/metrics.ts';
import { twilioWebhooks } from './ingress/twilio.ts';
import { whatsappChannel } from './messaging/poll-templates.ts';
import { createProviders, type ProviderOf } from './messaging/providers.ts';
import { type Timing, timing } from './messaging/timing.ts';
import { ownSecretKey, StartError, startOwnPostgres } from './own-database.ts';
import { createQueues } from './queue-backend.ts';
import { type RecoverySettings, recoverySettings } from './recovery.ts';
import { keepSealed } from './seal-again.ts';
import type { DescribedChannel } from './sender.ts';
import { describeSenders } from './senders.ts';
import { createSpill } from './spill.ts';
import type { ListedEvent } from './store/events.ts';
import { inspectDatabase, prepareDatabase } from './store/prepare.ts';
import { createStore } from './store/store.ts';
import { readProposals } from './templates/files.ts';
import { submitTemplates } from './templates/submit.ts';
import { startWorker } from './worker.ts';

/** What a simulated provider is to the service: routes of its own, and phones that get messages. */
type SimulatorHandle = {
  /** Given the events to show beside the phones, newest first. */
  routes: (latestEvents: () => Promise<ListedEvent[]>) => Hono<{ Bindings: { incoming?: IncomingMessage } }>;
  addPhone: (phone: SimulatedPhone) => void;
  close: () => Promise<void>;
};
type SimulatedPhone = { address: string; name: string };

export type World = {
  log: Logger;
  /** Lines for the person who started it. */
  say: (line: string) => void;
  now: () => Date;
  newId: () => string;
  /** How long things take; other than usual only in tests. */
  pace?: { timing: Timing; recovery: RecoverySettings };
  simulate: (account: {
    accountSid: string;
    authToken: string;
    from: string;
    smsFrom: string;
    incomingUrl: string;
    apiBaseUrl: string;
    basePath: string;
  }) => SimulatorHandle;
};

export type Service = { started: Promise<void>; stop: () => Promise<void> };

const workerStopMs = 12_000;
const drainMs = 5000;
const refreshChannelsMs = 5000;
const shownEvents = 50;
const simulatedSender = 'whatsapp:+14155238886';
// One of the numbers kept for fiction.
const simulatedSmsNumber = '+14155550100';

/** Starts what the configuration asks for; `stop` finishes what is in flight and undoes it in reverse order. */
export const startService = (config: Config, world: World): Service => {
  const stopping = new AbortController();
  const undo: { what: string; run: () => unknown }[] = [];
  const started = build(config, world, stopping.signal, (what, run) => undo.push({ what, run }));

  const stop = async () => {
    stopping.abort();
    await started.catch(() => {});
    for (const { what, run } of undo.reverse()) {
      try {
        await run();
      } catch (error) {
        world.log.error({ event: 'stop.failed', what, reason: (error as Error).message });
      }
    }
  };
  return { started, stop };
};

const build = async (
  config: Config,
  world: World,
  stopping: AbortSignal,
  onStop: (what: string, run: () => unknown) => void,
) => {
  const { log, say, now, newId } = world;
  // The port answers from the first moment on, so that a supervisor sees a process that waits, not a dead one.
  let routes: Hono<{ Bindings: HttpBindings }> | null = null;
  const server = await listen(
    config,
    (request, env) => (routes ? routes.fetch(request, env) : startingUp(request)),
    (path) => path === '/livez' || path.startsWith('/simulator'),
  ).catch((error: NodeJS.ErrnoException) => {
    const { host, port } = config;
    throw new StartError(
      error.code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is taken: stop what listens there, or set PORT to another one.`
        : `Cannot listen on ${host}:${port} (${error.code}): check HOST and PORT.`,
    );
  });
  onStop('http', server.close);

  const secretKey = config.secretKey ?? ownSecretKey(config.dataDir);
  const databaseUrl = await openDatabase(config, secretKey, world, stopping, onStop);
  const store = createStore({ url: databaseUrl });
  onStop('store', store.close);
  await store.assertRestricted();

  const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl, log });
  onStop('queues', queues.close);
  const deps: Deps = {
    store,
    ring: queues.ring,
    log,
    now,
    newId,
    secretKeys: [secretKey, ...(config.secretKeyPrevious ? [config.secretKeyPrevious] : [])],
    enabled: config.whatsappEnabled,
  };

  const simulated = config.provider === 'simulator' ? simulate(config, secretKey, world) : null;
  if (simulated) onStop('simulator', simulated.handle.close);
  const { tenantId, generatedKey, generatedAdmin } = await ensureDefaultTenant(
    deps,
    {
      channels: [...(simulated?.channels ?? []), ...describeSenders(config)],
      apiKey: config.cmmsApiKey,
      admin: config.admin,
      generate: config.databaseUrl === null,
      defaultCountry: config.defaultCountry,
    },
    // Into an empty tenant only.
    async (tx) => {
      if (simulated) await addDemoData(tx, deps);
    },
  );
  onStop('sealing', await keepSealed(deps));
  if (simulated) {
    const people = await store.tenant(tenantId, (tx) => tx.technicians.list({ after: null, limit: 200 }));
    // Technicians first; supervisors and planners hear of what those escalate and delay.
    const inOrder = people.toSorted(
      (a, b) => Number(b.role === 'technician') - Number(a.role === 'technician'),
    );
    for (const { phone, name, active } of inOrder) {
      if (phone && active) simulated.handle.addPhone({ address: `whatsapp:${phone}`, name });
    }
  }

  const channels = createChannelDirectory(deps);
  await channels.refresh();
  const refreshing = setInterval(() => {
    // While Postgres is away what is known stays.
    channels.refresh().catch(() => {});
  }, refreshChannelsMs);
  onStop('channels', () => clearInterval(refreshing));
  const inbox = createInbox(deps, createSpill(queues));
  onStop('inbox', inbox.close);

  const files = config.attachmentsBucket
    ? createBucket(config.attachmentsBucket)
    : createFolder(join(config.dataDir, 'attachments'));

  const pace = world.pace ?? { timing, recovery: recoverySettings };
  const baseUrls = { twilio: config.twilioApiBaseUrl, simulator: simulated?.apiBaseUrl ?? null };
  const providerOf = createProviders(deps.secretKeys, baseUrls, pace.timing);

  const webhookRules = { allowPrivate: config.webhookAllowPrivate };
  const tenantRules = {
    simulates: simulated !== null,
    messagesPerSecond: config.messagesPerSecond,
    defaultCountry: config.defaultCountry,
    describesSender: config.twilio !== null || simulated !== null,
  };
  const app = createApp(log);
  app.route(
    '/',
    healthRoutes(deps, {
      queues,
      channels,
      role: config.role,
      provider: config.provider,
      isReady: () => !stopping.aborted,
    }),
  );
  app.route('/', metricsRoutes(deps, queues));
  if (config.role !== 'worker') {
    app.route(
      '/api/whatsappwebhook',
      twilioWebhooks(deps, { channels, inbox, publicBaseUrl: config.publicBaseUrl }),
    );
    app.route(
      '/api/v1',
      createApi(deps, files, {
        operatorKey: config.operatorApiKey,
        webhooks: webhookRules,
        ...tenantRules,
        publicBaseUrl: config.publicBaseUrl,
      }),
    );
    app.route('/docs', createDocs());
    app.route(
      '/admin',
      createAdmin(
        deps,
        { ...config, tenantRules, webhookRules },
        { queues, files, providerOf, fetch, stopping },
      ),
    );
  }
  if (simulated) {
    const latestEvents = () => store.tenant(tenantId, (tx) => tx.events.newest(shownEvents));
    app.route('/simulator', simulated.handle.routes(latestEvents));
    app.get('/', (c) => c.redirect('/simulator'));
  }
  routes = app;

  if (config.role !== 'ingress') {
    const worker = await startWorker(deps, queues, {
      providerOf,
      publicBaseUrl: config.publicBaseUrl,
      files,
      webhookRules,
      ...pace,
    });
    onStop('worker', () => worker.stop(workerStopMs));
    if (simulated) {
      // The simulator forgets what it had when it stops.
      const submitting = submitOwnTemplates(deps, tenantId, providerOf);
      onStop('templates', () => submitting);
    }
  }
  // First of all, so that what is in hand still finds the store and the queues.
  onStop('requests', () => server.drain(drainMs, simulated !== null));
  if (!stopping.aborted || generatedKey || generatedAdmin)
    announce(config, say, {
      ...{ generatedKey, generatedAdmin, backend: queues.backend, hasChannel: channels.size() > 0 },
      hasUsers: await store.tenant(tenantId, (tx) => tx.panelUsers.any()).catch(() => true),
    });
};

/** The demonstration's: a closed service window can then be tried without anybody's approval. */
const submitOwnTemplates = async (deps: Deps, tenantId: string, providerOf: ProviderOf) => {
  try {
    const channel = await deps.store.tenant(tenantId, whatsappChannel);
    const { proposals } = readProposals();
    if (channel) await submitTemplates(deps, tenantId, providerOf(channel), proposals, () => {});
  } catch (error) {
    deps.log.warn({ event: 'templates.not-submitted', reason: (error as Error).message });
  }
};

const startingUp = (request: Request): Response =>
  new URL(request.url).pathname === '/livez'
    ? Response.json({ status: 'ok' })
    : Response.json(
        { status: 'down', detail: 'starting up' },
        { status: 503, headers: { 'Retry-After': '2' } },
      );

/** The restricted role's connection to a database that is ready for this version. */
const openDatabase = async (
  config: Config,
  secretKey: string,
  { say }: World,
  stopping: AbortSignal,
  onStop: (what: string, run: () => unknown) => void,
): Promise<string> => {
  if (!config.databaseUrl) {
    const postgres = await startOwnPostgres(config.dataDir, say);
    onStop('embedded PostgreSQL', postgres.stop);
    // Either would answer on its own phones what was written on the other's. On Windows an adopted server may be one
    // whose owner was killed.
    if (postgres.adopted && config.provider === 'simulator' && process.platform !== 'win32') {
      throw new StartError(
        `Another process runs the demonstration in ${resolve(config.dataDir)} already: use its phones, stop it first, or set DATA_DIR to another folder for a second one.`,
      );
    }
    return (await prepareDatabase({ ownerUrl: postgres.url, secretKey, log: say })).appUrl;
  }
  const { databaseUrl, migrationDatabaseUrl } = config;
  return waitFor(`PostgreSQL at ${new URL(databaseUrl).host}`, say, stopping, async () => {
    if (migrationDatabaseUrl) {
      await prepareDatabase({ ownerUrl: migrationDatabaseUrl, appUrl: databaseUrl, secretKey, log: say });
    }
    const found = await inspectDatabase(databaseUrl);
    if (found.as === 'service') return databaseUrl;
    if (found.as === 'neither') throw new Error(found.problem);
    // The owner's own connection: it migrates, and the service gets a restricted login beside it.
    return (await prepareDatabase({ ownerUrl: databaseUrl, secretKey, log: say })).appUrl;
  });
};

// Waiting does not mend these.
const wrongCredentials = ['28P01', '28000'];

/** Tries until it works, and says what it waits for. */
const waitFor = async <T>(
  what: string,
  say: (line: string) => void,
  stopping: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> => {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      if (wrongCredentials.includes(code ?? ''))
        throw new StartError(`${what} refuses the login: ${message}`);
      if (stopping.aborted) throw new StartError(`stopped while waiting for ${what}`);
      if (tries % 10 === 0) say(`Waiting for ${what}: ${message || code}`);
      await sleep(1000, undefined, { signal: stopping }).catch(() => {});
    }
  }
};

const simulate = (config: Config, secretKey: string, world: World) => {
  const accountSid = `AC${derive(secretKey, 'simulator account').slice(0, 32)}`;
  const authToken = derive(secretKey, 'simulator token').slice(0, 32);
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host;
  const apiBaseUrl = `http://${host.includes(':') ? `[${host}]` : host}:${config.port}/simulator`;
  const handle = world.simulate({
    accountSid,
    authToken,
    from: simulatedSender,
    smsFrom: simulatedSmsNumber,
    incomingUrl: `${config.publicBaseUrl}/api/whatsappwebhook/incoming`,
    apiBaseUrl,
    basePath: '/simulator',
  });
  const common = {
    provider: 'simulator',
    accountSid,
    messagingServiceSid: null,
    messagesPerSecond: config.messagesPerSecond,
    credentials: { authToken },
  } as const;
  const channels: DescribedChannel[] = [
    { ...common, way: 'whatsapp', address: simulatedSender },
    { ...common, way: 'sms', address: simulatedSmsNumber },
  ];
  return { handle, channels, apiBaseUrl };
};

const announce = (
  config: Config,
  say: (line: string) => void,
  facts: {
    generatedKey: string | null;
    generatedAdmin: { email: string; password: string } | null;
    backend: string;
    hasChannel: boolean;
    hasUsers: boolean;
  },
) => {
  const url = config.publicBaseUrl;
  const isSet = (value: unknown) => (value ? 'set' : 'not set');
  say('');
  say(
    `RBM WhatsApp is running (${config.role}, queue on ${facts.backend === 'redis' ? 'Redis' : 'PostgreSQL'}, provider ${config.provider})`,
  );
  if (config.provider === 'simulator') say(`  Phones to try it:   ${url}/simulator`);
  if (config.role !== 'worker') {
    say(`  API for the CMMS:   ${url}/api/v1   (documentation: ${url}/docs)`);
    say(`  Panel:              ${url}/admin`);
    say(`  Health:             ${url}/api/whatsappwebhook/health`);
    if (config.provider === 'twilio')
      say(`  Webhook for Twilio: ${url}/api/whatsappwebhook/incoming#rc=2&rp=ct,rt,5xx&ct=2000&rt=4500`);
  }
  if (facts.generatedKey) say(`  API key (shown once): ${facts.generatedKey}`);
  else if (config.databaseUrl === null && !config.cmmsApiKey)
    say('  API key: shown at the first start; CMMS_API_KEY adds another one');
  if (facts.generatedAdmin) {
    const { email, password } = facts.generatedAdmin;
    say(`  Panel's first user (shown once): ${email} with password ${password}`);
  } else if (!facts.hasUsers)
    say('  Nobody can sign in to the panel yet: set ADMIN_EMAIL and ADMIN_PASSWORD');
  for (const fault of config.admin
    ? passwordFaults(config.admin.password, { ...config.admin, name: '' })
    : [])
    say(`  Warning: ADMIN_PASSWORD is weak. ${fault}`);
  for (const weakness of weakKeysOf(config)) say(`  Warning: ${weakness}`);
  if (!facts.hasChannel)
    say(
      '  No WhatsApp sender yet: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and WHATSAPP_FROM_NUMBER, or set one up in the panel',
    );
  if (!config.whatsappEnabled) say('  WHATSAPP_ENABLED=false: messages are kept, none is run or sent');
  if (config.databaseUrl !== null)
    say(
      `  Settings: CMMS_API_KEY ${isSet(config.cmmsApiKey)}, SECRET_KEY ${isSet(config.secretKey)}, ADMIN_PASSWORD ${isSet(config.admin)}, OpenID ${isSet(config.openId)}, Twilio ${isSet(config.twilio)}, SMS_FROM_NUMBER ${isSet(config.twilio?.smsFrom)}, SMTP_URL ${isSet(config.mail)}`,
    );
  say('  Stop with Ctrl-C');
};
