import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { apiRoutes, createApi } from '../../src/api/app.ts';
import { type ApiRoute, answersOf } from '../../src/api/route.ts';
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
  /** As it goes over the wire, without key or checks. */
  raw(path: string, init?: RequestInit): Promise<Response>;
};

export const operatorKey = 'operator-key-of-the-tests-0123';
const webhookRules: WebhookRules = {
  allowPrivate: false,
  resolve: (host, _options, callback) =>
    callback(null, [{ address: host.endsWith('.internal') ? '10.0.0.7' : '8.8.8.8', family: 4 }]),
};

const settings = {
  ...{ operatorKey, simulates: false, messagesPerSecond: 80, defaultCountry: 'US' },
  webhooks: webhookRules,
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
    const routes = apiRoutes(api.deps, api.files, settings);

    api.asSuperuser = async (statement, values) => {
      const client = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
      await client.connect();
      try {
        return (await client.query(statement, values)).rows;
      } finally {
        await client.end();
      }
    };
    api.raw = async (path, init) => app.request(path, init);
    api.call = async (method, path, body, as = api.tenant, headers = {}) => {
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${as.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = { status: response.status, headers: response.headers, body: await response.json() };
      checkDocumented(routes, method, path, answer);
      return answer;
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

/** Names that end in `.internal` lead to a private address, all others to a public one. */

/** Throws unless the route's documentation knows the status and its schema fits, with nothing more and nothing less. */
const checkDocumented = (routes: ApiRoute[], method: string, path: string, answer: Answer) => {
  const pathname = path.split('?')[0]!;
  const route = routes.find(
    (each) =>
      each.method === method.toLowerCase() &&
      new RegExp(`^${each.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  if (!route) return;
  const documented = (answersOf(route) as Record<number, { content?: Record<string, { schema: Schema }> }>)[
    answer.status
  ];
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const schema = documented?.content?.[type]?.schema;
  if (!schema) throw new Error(`${method} ${route.path} answered an undocumented ${answer.status} ${type}`);
  const read = schema.safeParse(answer.body);
  if (!read.success) {
    throw new Error(`${method} ${route.path} ${answer.status} is not as documented: ${read.error?.message}`);
  }
};

type Schema = { safeParse(value: unknown): { success: boolean; error?: { message: string } } };
