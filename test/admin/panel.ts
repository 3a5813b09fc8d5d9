import { randomUUID } from 'node:crypto';
import { hashPassword, makeSignature } from 'better-auth/crypto';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { createAdmin } from '../../src/admin/app.tsx';
import { panelSecrets } from '../../src/admin/seal.ts';
import type { PanelSettings } from '../../src/admin/settings.ts';
import { sha256 } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import type { PanelRole } from '../../src/domain/panel-role.ts';
import { createStore } from '../../src/store/store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant, testSecretKey } from '../support/tenant.ts';

export const password = 'a barn full of quiet swallows';

export type TestPanel = {
  deps: Deps;
  /** With slug `default`. */
  tenant: TestTenant;
  logged: string[];
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
  get(path: string): Promise<Answer>;
  /** Posts a form of the last page. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  signIn(email: string, typed?: string, query?: string): Promise<Answer>;
};

// Slow on purpose, so once is enough.
let hash: Promise<string> | null = null;

const origin = 'https://panel.example.com';

/** The panel over a database of its own, for the test file that calls this. */
export const usePanel = (settings: Partial<PanelSettings> = {}): TestPanel => {
  const panel = { logged: [] as string[] } as TestPanel;
  let now: Date | null = null;
  let app = new Hono();
  let close = async () => {};

  beforeAll(async () => {
    const database = await createTestDatabase();
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
    app = new Hono();
    app.route('/admin', createAdmin(panel.deps, { publicBaseUrl: origin, openId: null, ...settings }));
    close = async () => {
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
    browser.get = (path) => ask(path, {});
    browser.post = (path, fields = {}, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ csrf: browser.csrf, ...fields }).toString(),
      });
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
