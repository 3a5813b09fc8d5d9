import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Queue } from 'bullmq';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { createLog } from '../../src/log.ts';
import { type Service, startService } from '../../src/service.ts';
import { createSimulatorApp } from '../../src/simulator/app.tsx';
import { createSimulator, type Simulator } from '../../src/simulator/engine.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { sign } from '../support/sign.ts';
import { quickTiming } from '../support/timing.ts';
import { type Backend, backends, emptyRedis } from './stage.ts';

const operatorKey = 'operator-key-of-the-scenario';
const simulatedToken = 'simulated-token';
const oldKey = 'o'.repeat(32);
const newKey = 'n'.repeat(32);

// biome-ignore lint/suspicious/noExplicitAny: the shape of answers is checked elsewhere.
type Json = any;
type Account = {
  accountSid: string;
  from: string;
  simulator: Simulator;
  /** What it signs with, and what it takes from us. */
  state: { signsWith: string; takes: Set<string> };
  /** What was answered to what it posted. */
  statuses: number[];
};

/** The service as it is started for production, and a Twilio with any number of accounts. */
const setScene = async (backend: Backend) => {
  const database = await createTestDatabase();
  const redisUrl = backend === 'redis' ? await emptyRedis() : null;
  const dataDir = mkdtempSync(join(tmpdir(), 'rbm-tenants-'));
  const port = await findFreePort();
  const twilioPort = await findFreePort();
  const publicBaseUrl = `http://127.0.0.1:${port}`;
  const twilioUrl = `http://127.0.0.1:${twilioPort}`;
  const accounts = new Map<string, { takes: Set<string>; app: ReturnType<typeof createSimulatorApp> }>();

  // Which account is meant is in the login alone.
  const twilio = new Hono().all('*', async (c) => {
    const [, login = ''] = /^Basic (.+)$/.exec(c.req.header('authorization') ?? '') ?? [];
    const [sid = '', token = ''] = Buffer.from(login, 'base64').toString().split(':');
    const account = accounts.get(sid);
    if (!account?.takes.has(token)) return c.json({ code: 20003, message: 'Authenticate', status: 401 }, 401);
    const headers = new Headers(c.req.raw.headers);
    headers.set('authorization', `Basic ${Buffer.from(`${sid}:${simulatedToken}`).toString('base64')}`);
    const body = c.req.method === 'POST' ? await c.req.text() : null;
    return account.app.fetch(new Request(c.req.url, { method: c.req.method, headers, body }));
  });
  const twilioServer = serve({ fetch: twilio.fetch, port: twilioPort, hostname: '127.0.0.1' });
  const closing: (() => Promise<unknown>)[] = [];

  /** An account with one sender. */
  const account = (digit: string, from: string): Account => {
    const accountSid = `AC${digit.repeat(32)}`;
    const state = { signsWith: `token-of-${digit}`, takes: new Set([`token-of-${digit}`]) };
    const statuses: number[] = [];
    // As Twilio does, it comes back while nobody takes it.
    const postUntilTaken: typeof fetch = async (url, init) => {
      const form = new URLSearchParams(String(init!.body));
      for (;;) {
        const signature = { 'X-Twilio-Signature': sign(state.signsWith, String(url), form) };
        const response = await fetch(url, { ...init, headers: { ...init!.headers, ...signature } }).catch(
          () => null,
        );
        if (response && response.status !== 503) {
          statuses.push(response.status);
          return response;
        }
        init!.signal?.throwIfAborted();
        await new Promise((done) => setTimeout(done, 25));
      }
    };
    const simulator = createSimulator({
      ...{ accountSid, authToken: simulatedToken, from: `whatsapp:${from}`, apiBaseUrl: twilioUrl },
      incomingUrl: `${publicBaseUrl}/api/whatsappwebhook/incoming`,
      callbackDelaysMs: { sent: 0, delivered: 0, read: 0 },
      readReceipts: 'manual',
      fetch: postUntilTaken,
    });
    accounts.set(accountSid, { takes: state.takes, app: createSimulatorApp(simulator) });
    closing.push(simulator.close);
    return { accountSid, from, simulator, state, statuses };
  };

  let service: Service | null = null;
  const start = async (secrets: Record<string, string>) => {
    await service?.stop();
    const config = readConfig({
      ...{ HOST: '127.0.0.1', PORT: String(port), PUBLIC_BASE_URL: publicBaseUrl, DATA_DIR: dataDir },
      ...{ DATABASE_URL: database.appUrl, REDIS_URL: redisUrl ?? '', TWILIO_API_BASE_URL: twilioUrl },
      ...{ OPERATOR_API_KEY: operatorKey, LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent', ...secrets },
    });
    service = startService(config, {
      ...{ log: createLog(config.logLevel), say: () => {}, now: () => new Date(), newId: randomUUID },
      pace: { timing: quickTiming, recovery: { everyMs: 500, waitedMs: 500 } },
      simulate: () => {
        throw new Error('there is no simulator inside');
      },
    });
    await service.started;
  };

  const call = async (apiKey: string, method: string, path: string, body?: Json) => {
    const response = await fetch(`${publicBaseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };
  const putTenant = (slug: string, body: Json) => call(operatorKey, 'PUT', `/tenants/${slug}`, body);

  /** A tenant that sends by the account. */
  const tenant = async (slug: string, { accountSid, from, state }: Account) => {
    const { status, body } = await putTenant(slug, {
      ...{ name: slug, timeZone: 'UTC', locale: 'en', defaultCountry: 'US' },
      channel: { provider: 'twilio', from, accountSid, authToken: state.signsWith },
    });
    expect(status).toBe(201);
    const as = (method: string, path: string, more?: Json) => call(body.apiKey, method, path, more);
    return { as, put: (path: string, more: Json) => as('PUT', path, more) };
  };

  const strike = async () => {
    await service?.stop();
    await Promise.all(closing.map((close) => close()));
    await new Promise((closed) => twilioServer.close(closed));
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { redisUrl, account, start, putTenant, tenant, strike };
};

describe.each(backends)('on %s', (backend) => {
  test('two tenants with the same people, phones, assets and orders live side by side', async () => {
    const scene = await setScene(backend);
    try {
      await scene.start({ SECRET_KEY: oldKey });
      const accounts = [scene.account('a', '+14155238801'), scene.account('b', '+14155238802')];
      const phone = '+12025550101';
      const address = `whatsapp:${phone}`;
      const [north, south] = await Promise.all(
        accounts.map(async (account, index) => {
          const slug = ['north', 'south'][index]!;
          account.simulator.addPhone({ address, name: slug });
          const { as, put } = await scene.tenant(slug, account);
          await put('/technicians/DUTY', { name: `Duty of ${slug}`, phone: '+12025550102' });
          account.simulator.addPhone({ address: 'whatsapp:+12025550102', name: 'Duty' });
          await put('/technicians/T-1', { name: `Tech of ${slug}`, phone });
          await put('/settings', { onCall: ['DUTY'] });
          await put('/assets/P-1', { name: `Pump of ${slug}` });
          const order = await put('/work-orders/WO-1', {
            ...{ title: `Seal of ${slug}`, asset: 'P-1', assignee: 'T-1' },
          });
          expect([order.status, order.body.status]).toEqual([201, 'assigned']);
          await account.simulator.waitForText(address, `Seal of ${slug}`);
          return { slug, as, put, ...account, heard: () => account.simulator.sentTo(address) };
        }),
      );

      await north!.simulator.says(address, 'ACK');
      await north!.simulator.waitForText(address, 'cknowledged');
      await north!.simulator.says(address, 'ESCALATE the seal leaks');
      // Nobody but who is on call can be told.
      await north!.simulator.waitForText('whatsapp:+12025550102', 'leaks');
      const statusOf = async ({ as }: NonNullable<typeof north>) =>
        (await as('GET', '/work-orders/WO-1')).body.status;
      expect([await statusOf(north!), await statusOf(south!)]).toEqual(['acknowledged', 'assigned']);
      expect(south!.heard()).toHaveLength(1);
      expect(south!.simulator.sentTo('whatsapp:+12025550102')).toEqual([]);

      // What one sees, the other does not.
      const ids = async ({ as }: NonNullable<typeof north>) =>
        (await as('GET', '/messages')).body.items.map(({ id }: { id: string }) => id) as string[];
      const [ofNorth, ofSouth] = [await ids(north!), await ids(south!)];
      expect(ofSouth).toHaveLength(1);
      for (const id of ofNorth) expect((await south!.as('GET', `/messages/${id}`)).status).toBe(404);
      for (const { slug, as } of [north!, south!]) {
        const other = slug === 'north' ? 'south' : 'north';
        for (const path of ['/technicians', '/assets', '/work-orders', '/messages', '/events', '/settings'])
          expect(JSON.stringify((await as('GET', path)).body)).not.toContain(`of ${other}`);
      }

      // Neither can one's sender be taken, nor does one's token sign for the other.
      const taken = await scene.putTenant('south', { channel: { from: north!.from } });
      expect(taken.status).toBe(409);
      south!.state.signsWith = north!.state.signsWith;
      await south!.simulator.says(address, 'START');
      expect(south!.statuses.at(-1)).toBe(403);
      expect(await statusOf(south!)).toBe('assigned');

      if (scene.redisUrl) {
        // Their schedules came with the next look of recovery.
        const connection = new Redis(scene.redisUrl, { maxRetriesPerRequest: null });
        const queue = new Queue('schedules', { connection, prefix: 'rbm' });
        await expect
          .poll(async () => (await queue.getJobSchedulers()).map(({ name }) => name).sort(), {
            timeout: 10_000,
          })
          .toEqual(['catch-up', 'erasures', 'reminders', 'templates'].flatMap((name) => Array(3).fill(name)));
        await queue.close();
        connection.disconnect();
      }
    } finally {
      await scene.strike();
    }
  }, 60_000);

  test('tokens and SECRET_KEY change while people write, and nothing is refused or lost', async () => {
    const scene = await setScene(backend);
    try {
      await scene.start({ SECRET_KEY: oldKey });
      const account = scene.account('c', '+14155238803');
      const { simulator, state, statuses } = account;
      const { as, put } = await scene.tenant('north', account);
      const people = [1, 2, 3].map((number) => ({ number, address: `whatsapp:+1202555012${number}` }));
      for (const { number, address } of people) {
        simulator.addPhone({ address, name: `T-${number}` });
        await put(`/technicians/T-${number}`, { name: `T-${number}`, phone: address.slice(9) });
        await put(`/work-orders/WO-${number}`, { title: 'Seal', assignee: `T-${number}` });
        await simulator.waitForText(address, 'New Work Order');
        await simulator.says(address, 'START');
      }
      let notes = 0;
      const everybodyWrites = async () => {
        for (let count = 0; count < 4; count++) {
          notes++;
          await Promise.all(people.map(({ address }) => simulator.says(address, `note number ${notes}`)));
        }
      };
      /** The notice, and an answer to START and to each note. */
      const everybodyIsAnswered = async () => {
        for (const { address } of people) {
          await expect.poll(() => simulator.sentTo(address).length, { timeout: 20_000 }).toBe(2 + notes);
        }
      };
      const meanwhile = async (change: () => Promise<unknown>) => {
        await Promise.all([everybodyWrites(), change()]);
      };
      const setTokens = async (authToken: string, authTokenSecondary: string | null) => {
        const { status } = await scene.putTenant('north', { channel: { authToken, authTokenSecondary } });
        expect(status).toBe(200);
      };

      // The second token is made at Twilio, given to us, promoted there; then the first is gone.
      const [first, second, third] = [state.signsWith, 'token-2', 'token-3'];
      state.takes.add(second);
      await meanwhile(() => setTokens(second, first));
      await everybodyIsAnswered();
      state.signsWith = second;
      state.takes.delete(first);
      await meanwhile(() => setTokens(second, null));
      await everybodyIsAnswered();
      // All at once: what is signed with the new one comes before anybody has looked for it.
      state.takes.add(third);
      await setTokens(third, null);
      state.signsWith = third;
      state.takes.delete(second);
      await everybodyWrites();

      await meanwhile(() => scene.start({ SECRET_KEY: newKey, SECRET_KEY_PREVIOUS: oldKey }));
      await meanwhile(() => scene.start({ SECRET_KEY: newKey }));

      const noted = async ({ number }: { number: number }) =>
        (await as('GET', `/work-orders/WO-${number}/events?limit=200`)).body.items.filter(
          ({ type }: { type: string }) => type === 'work_order.noted',
        ).length;
      for (const person of people) {
        await expect.poll(() => noted(person), { timeout: 20_000 }).toBe(notes);
      }
      await everybodyIsAnswered();
      expect(new Set(statuses)).toEqual(new Set([200, 204]));
      expect((await as('GET', '/messages?status=failed')).body.items).toEqual([]);
    } finally {
      await scene.strike();
    }
  }, 90_000);
});
