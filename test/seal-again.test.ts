import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypt, encrypt, sha256 } from '../src/crypto.ts';
import type { Deps } from '../src/deps.ts';
import { createProviders } from '../src/messaging/providers.ts';
import { keepSealed, sealAgain } from '../src/seal-again.ts';
import { createStore, type Store } from '../src/store/store.ts';
import { createTestDatabase } from './support/postgres.ts';
import { createTenant, testSecretKey } from './support/tenant.ts';

const newKey = 'n'.repeat(32);
let store: Store;
let close = async () => {};
beforeAll(async () => {
  const database = await createTestDatabase();
  store = createStore({ url: database.appUrl });
  close = async () => {
    await store.close();
    await database.drop();
  };
});
afterAll(() => close());

const depsWith = (secretKeys: string[], logs: (line: Record<string, unknown>) => void): Deps => ({
  ...{ store, ring: () => {}, now: () => new Date(), newId: randomUUID, enabled: true, secretKeys },
  log: pino({}, { write: (line: string) => logs(JSON.parse(line)) }),
});

const start = async (...secretKeys: string[]) => {
  const logged: Record<string, unknown>[] = [];
  await sealAgain(depsWith(secretKeys, (line) => void logged.push(line)));
  return logged;
};

test('what a process with the old key alone writes later is sealed again, while there are two keys', async () => {
  let heard = () => {};
  const sealed = new Promise<void>((done) => {
    heard = done;
  });
  const deps = depsWith([newKey, testSecretKey], ({ event }) => event === 'secrets.sealed-again' && heard());
  const stop = await keepSealed(deps, 5);
  const { tenantId, channelId } = await createTenant(store);
  await sealed;
  await stop();
  const channel = (await store.tenant(tenantId, (tx) => tx.channels.get(channelId!)))!;
  expect(JSON.parse(decrypt(channel.credentials, [newKey]))).toEqual({ authToken: 'test-token' });
  // As it was, for the next test.
  await start(testSecretKey, newKey);
});

test('after a start with both keys, the new one alone opens every tenant’s credentials', async () => {
  const tenants = [await createTenant(store), await createTenant(store)];
  const channelOf = async ({ tenantId, channelId }: (typeof tenants)[number]) =>
    (await store.tenant(tenantId, (tx) => tx.channels.get(channelId!)))!;
  const before = await channelOf(tenants[0]!);
  const lost = await createTenant(store);
  await store.tenant(lost.tenantId, (tx) =>
    tx.channels.reseal(lost.channelId!, before.credentials, 'not what it holds'),
  );
  await store.tenant(lost.tenantId, async (tx) => {
    const channel = (await tx.channels.get(lost.channelId!))!;
    await tx.channels.reseal(lost.channelId!, channel.credentials, encrypt('{}', 'of nobody'));
  });

  const twilioFor = createProviders([testSecretKey], { twilio: null, simulator: 'http://127.0.0.1:1' });
  const provider = twilioFor(before);
  // A start with one key says so as well when something does not open.
  expect(await start(testSecretKey)).toMatchObject([{ event: 'secrets.unreadable', count: 1, alarm: true }]);
  expect(await start(newKey, testSecretKey)).toMatchObject([
    { event: 'secrets.sealed-again', count: expect.any(Number) },
    { event: 'secrets.unreadable', count: 1, alarm: true },
  ]);
  for (const tenant of tenants) {
    const { credentials } = await channelOf(tenant);
    expect(JSON.parse(decrypt(credentials, [newKey]))).toEqual({ authToken: 'test-token' });
  }
  expect(await start(newKey, testSecretKey)).toMatchObject([{ event: 'secrets.unreadable' }]);

  // A worker that was started with the old key only, and is still to be replaced, goes on.
  expect(twilioFor(await channelOf(tenants[0]!))).toBe(provider);
  expect(() => twilioFor({ ...before, id: randomUUID(), credentials: encrypt('{}', newKey) })).toThrow(
    'SECRET_KEY',
  );
});

test('answers that hold a secret are encrypted anew, however many; others stay as they are', async () => {
  const { tenantId } = await createTenant(store, { channel: false });
  const keys = Array.from({ length: 401 }, (_, index) => `key-${index}`);
  await store.tenant(tenantId, async (tx) => {
    const answerOf = async (key: string, text: string) => {
      const place = { route: 'POST /api-keys', key };
      const claim = randomUUID();
      const answer = { status: 201, headers: {}, body: Buffer.from(text) };
      await Promise.all([
        tx.idempotency.claim(place, { hash: sha256(key), claim }, 60_000),
        tx.idempotency.answered(place, claim, answer),
      ]);
    };
    await Promise.all(keys.map((key) => answerOf(key, encrypt(`{"secret":"${key}"}`, testSecretKey))));
    await answerOf('plain', '{"id":"v1."}');
  });

  expect(await start(newKey, testSecretKey)).toMatchObject([
    { event: 'secrets.sealed-again', count: 401 },
    { event: 'secrets.unreadable' },
  ]);
  for (const key of ['key-0', 'key-7', 'key-400', 'plain']) {
    const found = await store.tenant(tenantId, (tx) =>
      tx.idempotency.claim(
        { route: 'POST /api-keys', key },
        { hash: sha256(key), claim: randomUUID() },
        60_000,
      ),
    );
    const body = (found as { answer: { body: Buffer } }).answer.body.toString();
    if (key === 'plain') expect(body).toBe('{"id":"v1."}');
    else expect(decrypt(body, [newKey])).toBe(`{"secret":"${key}"}`);
  }
});
