import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { documentedBy } from '../../conformance/documented.ts';
import { createApi } from '../../src/api/app.ts';
import { createFolder, type Files } from '../../src/attachments/files.ts';
import type { Deps } from '../../src/deps.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import type { WebhookRules } from '../../src/webhooks/address.ts';
import { createTestDatabase, withDatabase } from './postgres.ts';
import { createTenant, type TestTenant, testSecretKey } from './tenant.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely; their shape is checked against the schemas.
type Json = any;
/** Whoever has a key. */
type Caller = Pick<TestTenant, 'apiKey'>;
type Answer = { status: number; headers: Headers; body: Json };

export type TestApi = {
  deps: Deps;
  store: Store;
  files: Files;
  tenant: TestTenant;
  /** Lines that were logged. */
  logged: string[];
  /** Bells that were rung, as "queue id". */
  rung: string[];
  /** What the service takes for now. */
  setNow(now: Date): void;
  call(
    method: string,
    path: string,
    body?: unknown,
    as?: Caller,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  post(path: string, body: unknown, as?: Caller, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown, as?: Caller): Promise<Answer>;
  get(path: string, as?: Caller): Promise<Answer>;
  /** What nobody but a superuser sees or changes. */
  asSuperuser(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** As it goes over the wire, without a key. */
  raw(path: string, init?: RequestInit): Promise<Response>;
};

export const operatorKey = 'operator-key-of-the-tests-0123';
/** Names that end in `.internal` lead to a private address, all others to a public one. */
const webhookRules: WebhookRules = {
  allowPrivate: false,
  resolve: (host, _options, callback) =>
    callback(null, [{ address: host.endsWith('.internal') ? '10.0.0.7' : '8.8.8.8', family: 4 }]),
};

const settings = {
  ...{ operatorKey, simulates: false, messagesPerSecond: 80, defaultCountry: 'US', describesSender: true },
  webhooks: webhookRules,
  publicBaseUrl: 'https://panel.example.com',
};

/** The API over a database of its own, for the test file that calls this. Every answer must be one that is documented. */
export const useApi = (): TestApi => {
  const api = { logged: [] as string[], rung: [] as string[] } as TestApi;
  let close = async () => {};
  let now: Date | null = null;

  beforeAll(async () => {
    const database = await createTestDatabase();
    api.store = createStore({ url: database.appUrl, maxConnections: 8 });
    api.deps = {
      store: api.store,
      ring: (queue, _tenantId, id) => api.rung.push(`${queue} ${id}`),
      log: pino({ level: 'debug' }, { write: (line: string) => void api.logged.push(line) }),
      now: () => now ?? new Date(),
      newId: randomUUID,
      secretKeys: [testSecretKey],
      enabled: true,
    };
    api.tenant = await createTenant(api.store);
    const filesRoot = mkdtempSync(join(tmpdir(), 'rbm-attachments-'));
    api.files = createFolder(filesRoot);
    const app = createApi(api.deps, api.files, settings);
    const written = await app.request('/openapi.json');
    const check = documentedBy((await written.json()) as object);
    const request = async (path: string, init: RequestInit = {}) => {
      const response = await app.request(path, init);
      // HEAD is answered as GET, without its body; another site's page may ask OPTIONS.
      const { method = 'GET' } = init;
      if (path !== '/openapi.json' && method !== 'HEAD') {
        const body = await response.clone().text();
        check(method, path, response.status, response.headers.get('content-type'), body);
      }
      return response;
    };

    api.asSuperuser = async (statement, values) => {
      const client = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
      await client.connect();
      try {
        return (await client.query(statement, values)).rows;
      } finally {
        await client.end();
      }
    };
    api.raw = request;
    api.call = async (method, path, body, as = api.tenant, headers = {}) => {
      const response = await request(path, {
        method,
        headers: {
          authorization: `Bearer ${as.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    close = async () => {
      await api.store.close();
      await database.drop();
      rmSync(filesRoot, { recursive: true, force: true });
    };
  });
  afterAll(() => close());

  api.setNow = (moment) => {
    now = moment;
  };
  api.put = (path, body, as) => api.call('PUT', path, body, as);
  api.post = (path, body, as, headers) => api.call('POST', path, body, as, headers);
  api.get = (path, as) => api.call('GET', path, undefined, as);
  return api;
};
