import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword, makeSignature } from 'better-auth/crypto';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { createAdmin } from '../../src/admin/app.tsx';
import { panelSecrets } from '../../src/admin/seal.ts';
import type { PanelParts, PanelSettings } from '../../src/admin/settings.ts';
import { createFolder, type Files } from '../../src/attachments/files.ts';
import { sha256 } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import type { PanelRole } from '../../src/domain/panel-role.ts';
import type { Provider } from '../../src/messaging/provider.ts';
import { createQueues, type Queues } from '../../src/queue-backend.ts';
import { createStore } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { createTenant, type TestTenant, testSecretKey } from '../support/tenant.ts';

export const password = 'a barn full of quiet swallows';

export type TestPanel = {
  deps: Deps;
  database: TestDatabase;
  /** With slug `default`. */
  tenant: TestTenant;
  logged: string[];
  /** A superuser's, whom no row security binds. */
  databaseUrl: string;
  /** What technicians sent. */
  files: Files;
  /** Every channel's. */
  provider: Provider | null;
  /** On PostgreSQL, unless the test file wants Redis. */
  queues: Queues;
  /** The one its queues are on, if they are. */
  redis: TestRedis | null;
  /** What the panel asks at its own public address. */
  fetch: typeof fetch;
  /** As when the process stops: live pages end at once. */
  stopping: AbortController;
  setNow(now: Date): void;
  /** Somebody who may sign in, with `password`. */
  user(role: PanelRole, of?: TestTenant): Promise<{ id: string; email: string; name: string }>;
  /** A browser of somebody's. */
  browser(options?: { address?: string; headers?: Record<string, string> }): Browser;
  /** One that is signed in, without the time a password takes. */
  signedIn(role: PanelRole, of?: TestTenant): Promise<Browser & { user: { id: string; email: string } }>;
};

type Answer = { status: number; headers: Headers; text: string; location: string | null };
type Browser = {
  cookies: Map<string, string>;
  /** As the last page with a form had it. */
  csrf: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  head(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Posts a form of the last page. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  /** As a script of the page would. */
  put(path: string, headers?: Record<string, string>): Promise<Answer>;
  signIn(email: string, typed?: string, query?: string): Promise<Answer>;
};

// Slow on purpose, so once is enough.
let hash: Promise<string> | null = null;

const origin = 'https://panel.example.com';

export const panelSettings: PanelSettings = {
  publicBaseUrl: origin,
  openId: null,
  tenantRules: {
    ...{ simulates: false, messagesPerSecond: 80, defaultCountry: 'US' },
    describesSender: true,
  },
  twilioApiBaseUrl: 'https://twilio.example.com',
  webhookRules: {
    allowPrivate: false,
    resolve: (_host, _options, callback) => callback(null, [{ address: '8.8.8.8', family: 4 }]),
  },
};

/** The panel over a database of its own, for the test file that calls this. */
export const usePanel = (
  settings: Partial<PanelSettings> = {},
  { backend = 'postgres' as 'redis' | 'postgres' } = {},
): TestPanel => {
  const panel = { logged: [] as string[], provider: null as Provider | null } as TestPanel;
  panel.stopping = new AbortController();
  panel.fetch = () => Promise.reject(Object.assign(new Error('nothing is there'), { code: 'ECONNREFUSED' }));
  let now: Date | null = null;
  let app = new Hono();
  let close = async () => {};

  beforeAll(async () => {
    const database = await createTestDatabase();
    panel.database = database;
    panel.databaseUrl = withDatabase(inject('postgresUrl'), database.name);
    const store = createStore({ url: database.appUrl, maxConnections: 8 });
    panel.deps = {
      store,
      ring: () => {},
      log: pino({ level: 'debug' }, { write: (line: string) => void panel.logged.push(line) }),
      now: () => now ?? new Date(),
      newId: randomUUID,
      secretKeys: [testSecretKey],
      enabled: true,
    };
    panel.tenant = await createTenant(store, { slug: 'default' });
    panel.files = createFolder(join(tmpdir(), `rbm-panel-${randomUUID()}`));
    panel.redis = backend === 'redis' ? await startRedis() : null;
    let queues: Queues | null = null;
    Object.defineProperty(panel, 'queues', {
      // Slow to come up, and of use to few.
      get: () => {
        const redisUrl = panel.redis?.url ?? null;
        queues ??= createQueues({ redisUrl, databaseUrl: database.appUrl, log: panel.deps.log });
        return queues;
      },
    });
    const parts: PanelParts = {
      get queues() {
        return panel.queues;
      },
      files: panel.files,
      fetch: (...request) => panel.fetch(...request),
      stopping: panel.stopping.signal,
      providerOf: () => {
        if (!panel.provider) throw new Error('this test has no provider');
        return panel.provider;
      },
    };
    app = new Hono();
    app.route('/admin', createAdmin(panel.deps, { ...panelSettings, ...settings }, parts));
    close = async () => {
      await queues?.close();
      await panel.redis?.close();
      await store.close();
      await database.drop();
    };
  });
  afterAll(() => close());

  panel.setNow = (moment) => {
    now = moment;
  };

  panel.user = async (role, of = panel.tenant) => {
    const user = { name: `Some ${role}`, email: `${role}-${randomUUID().slice(0, 8)}@example.com`, role };
    const id = randomUUID();
    hash ??= hashPassword(password);
    const secret = { id: randomUUID(), userId: id, hash: await hash };
    await panel.deps.store.tenant(of.tenantId, async (tx) => {
      await tx.panelUsers.add({ id, ...user });
      await tx.panelUsers.addPassword(secret);
    });
    return { ...user, id };
  };

  panel.browser = ({ address = '203.0.113.7', headers: always = {} } = {}) => {
    const browser = { cookies: new Map<string, string>(), csrf: '' } as Browser;
    const ask = async (path: string, init: RequestInit): Promise<Answer> => {
      const response = await app.request(`${origin}${path}`, {
        ...init,
        headers: {
          cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36',
          'x-forwarded-for': address,
          ...always,
          ...(init.headers as Record<string, string>),
        },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
        if (/max-age=0/i.test(cookie)) browser.cookies.delete(name!);
        else browser.cookies.set(name!, value!);
      }
      const text = await response.text();
      browser.csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? browser.csrf;
      return {
        status: response.status,
        headers: response.headers,
        text,
        location: response.headers.get('location'),
      };
    };
    browser.get = (path, headers = {}) => ask(path, { headers });
    browser.head = (path, headers = {}) => ask(path, { method: 'HEAD', headers });
    browser.post = (path, fields = {}, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ csrf: browser.csrf, ...fields }).toString(),
      });
    browser.put = (path, headers = {}) =>
      ask(path, { method: 'PUT', headers: { origin, 'x-xsrf-token': browser.csrf, ...headers } });
    browser.signIn = (email, typed = password, query = '') =>
      browser.post(`/admin/sign-in${query}`, { email, password: typed });
    return browser;
  };

  panel.signedIn = async (role, of = panel.tenant) => {
    const user = await panel.user(role, of);
    const browser = panel.browser();
    const token = randomUUID();
    const until = new Date(Date.now() + 60 * 60 * 1000);
    await panel.deps.store.tenant(of.tenantId, (tx) =>
      tx.authRecords.create('session', {
        ...{ id: randomUUID(), userId: user.id, token: sha256(token), expiresAt: until },
        ...{ ipAddress: '203.0.113.7', userAgent: '' },
      }),
    );
    const signature = await makeSignature(token, panelSecrets([testSecretKey])[0]!.value);
    browser.cookies.set('__Host-rbm.session_token', encodeURIComponent(`${token}.${signature}`));
    await browser.get('/admin/account');
    return Object.assign(browser, { user });
  };
  return panel;
};
