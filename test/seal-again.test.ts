import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypt, encrypt } from '../src/crypto.ts';
import type { Deps } from '../src/deps.ts';
import { createProviders } from '../src/messaging/providers.ts';
import { sealAgain } from '../src/seal-again.ts';
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

const start = async (...secretKeys: string[]) => {
  const logged: string[] = [];
  const deps: Deps = {
    ...{ store, ring: () => {}, now: () => new Date(), newId: randomUUID, enabled: true, secretKeys },
    log: pino({}, { write: (line: string) => void logged.push(line) }),
  };
  await sealAgain(deps);
  return logged.map((line) => JSON.parse(line));
};

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
  expect(await start(testSecretKey)).toEqual([]);
  expect(await start(newKey, testSecretKey)).toMatchObject([
    { event: 'secrets.sealed-again', count: 2 },
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
