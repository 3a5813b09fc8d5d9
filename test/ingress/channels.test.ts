import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { encrypt } from '../../src/crypto.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { testSecretKey } from '../support/tenant.ts';
import { createSender, type Sender } from './stage.ts';

let database: TestDatabase;
let store: Store;
let sender: Sender;
beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl });
  sender = await createSender(store, { address: 'whatsapp:+14155238886' });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

let asked: (string | null)[] = [];
let isAway = false;
let logged: string[] = [];
beforeEach(() => {
  asked = [];
  isAway = false;
  logged = [];
});

const createDirectory = () =>
  createChannelDirectory({
    store: {
      ...store,
      gate: {
        ...store.gate,
        route: async (to) => {
          asked.push(to);
          if (isAway) throw new Error('Postgres is away');
          return store.gate.route(to);
        },
      },
    },
    ring: () => {},
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: true,
  });

const saveAgain = (credentials: string, updatedAt: Date) =>
  store.tenant(sender.tenantId, async (tx) => {
    const channel = (await tx.channels.get(sender.channelId))!;
    await tx.channels.save({ ...channel, credentials }, updatedAt);
  });

test('what is known is not asked for again, and stays known while Postgres is away', async () => {
  const directory = createDirectory();
  await directory.refresh();
  isAway = true;
  await expect(directory.refresh()).rejects.toThrow('away');
  expect(await directory.find(sender.address, 0)).toMatchObject({
    tenantId: sender.tenantId,
    channelId: sender.channelId,
    accountSid: sender.accountSid,
    tokens: [sender.authToken],
  });
  expect(asked).toEqual([null, null]);
});

test("a stranger's address is asked for once a minute, one that can be none is not", async () => {
  const directory = createDirectory();
  const stranger = 'whatsapp:+19995550000';
  for (const nowMs of [0, 1, 59_999]) expect(await directory.find(stranger, nowMs)).toBeNull();
  expect(asked).toEqual([stranger]);
  await directory.find(stranger, 60_000);
  expect(asked).toEqual([stranger, stranger]);
  expect(await directory.find(`whatsapp:+${'9'.repeat(60_000)}`, 0)).toBeNull();
  expect(asked).toHaveLength(2);
});

test('an address that could not be asked for is asked for the next time', async () => {
  const directory = createDirectory();
  isAway = true;
  expect(await directory.find(sender.address, 0)).toBeNull();
  isAway = false;
  expect(await directory.find(sender.address, 1)).toMatchObject({ channelId: sender.channelId });
});

test('a token that was changed is known after the next refresh', async () => {
  const directory = createDirectory();
  await directory.refresh();
  const credentials = { authToken: 'new', authTokenSecondary: 'old' };
  await saveAgain(encrypt(JSON.stringify(credentials), testSecretKey), new Date(Date.now() + 1000));
  await directory.refresh();
  expect((await directory.find(sender.address, 0))?.tokens).toEqual(['new', 'old']);
});

test('credentials that cannot be read are reported without them, and others are still learned', async () => {
  const other = await createSender(store, { address: 'whatsapp:+14155238887' });
  await saveAgain(encrypt('{"authToken":"hidden"}', 'another key'), new Date(Date.now() + 2000));
  const directory = createDirectory();
  await directory.refresh();
  expect(await directory.find(sender.address, 0)).toBeNull();
  expect(await directory.find(other.address, 0)).not.toBeNull();
  expect(logged[0]).toContain('SECRET_KEY');
  expect(logged[0]).toContain(sender.channelId);
  expect(logged.join()).not.toContain('hidden');
});

test('what the known tokens did not sign is asked for again, once by all that wait together, and not at once again', async () => {
  const { address } = await createSender(store, { address: 'whatsapp:+14155238899' });
  const directory = createDirectory();
  await directory.refresh();
  expect(await directory.findAgain(address, 0)).toBeNull();
  await store.tenant((await directory.find(address, 0))!.tenantId, async (tx) => {
    const channel = (await tx.channels.list())[0]!;
    const credentials = encrypt('{"authToken":"promoted"}', testSecretKey);
    await tx.channels.save({ ...channel, credentials }, new Date());
  });
  expect(await directory.findAgain(address, 99)).toBeNull();
  asked = [];
  const found = await Promise.all([1, 2, 3].map(() => directory.findAgain(address, 100)));
  expect(found.map((channel) => channel?.tokens)).toEqual(Array(3).fill(['promoted']));
  expect(asked).toEqual([address]);
  expect(await directory.findAgain('whatsapp:+19995550000', 0)).toBeNull();
});

test('all that come for a channel just made, while it is asked for, find it', async () => {
  const { address, channelId } = await createSender(store, { address: 'whatsapp:+14155238898' });
  const directory = createDirectory();
  const found = await Promise.all([0, 0, 0].map((nowMs) => directory.find(address, nowMs)));
  expect(found.map((channel) => channel?.channelId)).toEqual(Array(3).fill(channelId));
  expect(asked).toEqual([address]);
});
