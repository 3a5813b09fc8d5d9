import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { sha256 } from '../../src/crypto.ts';
import type { Spill } from '../../src/ingress/inbox.ts';
import type { InboundRow } from '../../src/store/gate.ts';
import { prepareDatabase } from '../../src/store/prepare.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import {
  createTestDatabase,
  startPostgres,
  type TestDatabase,
  type TestPostgres,
  withDatabase,
} from '../support/postgres.ts';
import { testSecretKey } from '../support/tenant.ts';
import {
  callback,
  createIngress,
  createSender,
  incoming,
  newSid,
  openSuperuser,
  type Sender,
} from './stage.ts';

type Gate = Store['gate'];

/** The same store, with another way to keep webhooks. */
const withStoreInbound = (store: Store, storeInbound: Gate['storeInbound']): Store => ({
  ...store,
  gate: { ...store.gate, storeInbound },
});

/** A webhook as ingress hands it over. */
const row = (sender: Sender, sid: string, fields: Partial<InboundRow> = {}): InboundRow => ({
  kind: 'message',
  tenantId: sender.tenantId,
  channelId: sender.channelId,
  id: randomUUID(),
  key: sha256(sid),
  raw: Buffer.from(incoming(sender, { MessageSid: sid })),
  source: 'webhook',
  status: 'received',
  receivedAt: null,
  way: 'whatsapp',
  address: 'whatsapp:+15005550101',
  userId: null,
  providerId: sid,
  attemptId: null,
  ...fields,
});

const statusRow = (sender: Sender, sid: string) =>
  row(sender, sid, {
    kind: 'status',
    raw: Buffer.from(callback(sender, { MessageSid: sid })),
    address: null,
  });

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('with Postgres there', () => {
  let database: TestDatabase;
  let superuser: Awaited<ReturnType<typeof openSuperuser>>;
  let store: Store;
  let sender: Sender;

  beforeAll(async () => {
    database = await createTestDatabase();
    superuser = await openSuperuser(withDatabase(inject('postgresUrl'), database.name));
    await superuser.rows(`ALTER DATABASE ${database.name} SET deadlock_timeout = '20ms'`);
    // How fast it is tells nothing here.
    store = createStore({ url: database.appUrl, timeouts: { webhookMs: 60_000 } });
    sender = await createSender(store, { address: 'whatsapp:+14155238886' });
  });
  afterAll(async () => {
    await store.close();
    await superuser.close();
    await database.drop();
  });
  beforeEach(async () => {
    await superuser.rows('DELETE FROM status_callback');
    await superuser.rows('DELETE FROM message');
    await superuser.rows('DELETE FROM inbound_key');
    await superuser.rows('DELETE FROM conversation');
    await superuser.rows('DELETE FROM technician');
  });

  const messages = () => superuser.rows('SELECT * FROM message ORDER BY seq');
  const storedSids = async () => (await messages()).map(({ provider_id }) => provider_id);

  test('three hundred webhooks at once are stored in their order, in a few statements', async () => {
    const sizes: number[] = [];
    const counted = withStoreInbound(store, (rows) => {
      sizes.push(rows.length);
      return store.gate.storeInbound(rows);
    });
    const ingress = await createIngress(counted);
    const sids = numbered(300).map(newSid);

    const answers = await Promise.all(
      sids.map((MessageSid) =>
        ingress.post('/incoming', incoming(sender, { MessageSid }), { token: sender.authToken }),
      ),
    );

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await storedSids()).toEqual(sids);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(300);
    expect(sizes.length).toBeLessThan(20);
    // One person wrote them all: one conversation.
    expect(new Set((await messages()).map(({ conversation_id }) => conversation_id)).size).toBe(1);
    expect(ingress.rung).toHaveLength(300);
  });

  test('the next batch gathers while the previous one is written', async () => {
    const written: string[][] = [];
    const free: (() => void)[] = [];
    const ingress = await createIngress(
      withStoreInbound(store, async (rows) => {
        written.push(rows.map(({ providerId }) => providerId));
        await new Promise<void>((resolve) => free.push(resolve));
        return store.gate.storeInbound(rows);
      }),
    );
    const { inbox } = ingress;
    const nextBatch = async (count: number) => {
      while (written.length < count) await new Promise((next) => setImmediate(next));
    };

    const first = [inbox.keep(row(sender, 'SM1'))];
    await nextBatch(1);
    const second = ['SM2', 'SM3', 'SM4'].map((sid) => inbox.keep(row(sender, sid)));
    free[0]!();
    await Promise.all(first);
    await nextBatch(2);
    free[1]!();
    await Promise.all(second);

    expect(written).toEqual([['SM1'], ['SM2', 'SM3', 'SM4']]);
    expect(await storedSids()).toEqual(['SM1', 'SM2', 'SM3', 'SM4']);
  });

  test('one that Postgres refuses is lost alone', async () => {
    const { inbox } = await createIngress(store);
    const rows = numbered(300).map((index) => row(sender, `SM${index}`));
    // No such channel: a foreign key refuses it.
    rows[150] = row(sender, 'SM150', { channelId: randomUUID() });
    rows[200] = row(sender, 'SM200', { tenantId: randomUUID() });

    const outcomes = await Promise.allSettled(rows.map((each) => inbox.keep(each)));

    const lost = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? index : []));
    expect(lost).toEqual([150, 200]);
    expect(await storedSids()).toEqual(
      rows.map(({ providerId }) => providerId).filter((sid) => !['SM150', 'SM200'].includes(sid)),
    );
    expect(inbox.isAway()).toBe(false);
    await inbox.keep(row(sender, 'SM300'));
  });

  test('a webhook that Postgres refuses is answered 503, and those beside it are not', async () => {
    const poison = newSid();
    const ingress = await createIngress(
      withStoreInbound(store, (rows) =>
        store.gate.storeInbound(
          rows.map((each) => (each.providerId === poison ? { ...each, channelId: randomUUID() } : each)),
        ),
      ),
    );
    const statuses = await Promise.all(
      [newSid(), poison, newSid()].map(async (MessageSid) => {
        const body = incoming(sender, { MessageSid });
        return (await ingress.post('/incoming', body, { token: sender.authToken })).status;
      }),
    );
    expect(statuses).toEqual([200, 503, 200]);
    expect(await messages()).toHaveLength(2);
  });

  test('the same webhook twelve times at once, at two ingresses, is one row', async () => {
    const ingresses = [await createIngress(store), await createIngress(store)];
    for (let round = 0; round < 10; round++) {
      const body = incoming(sender, { MessageSid: newSid(), From: `whatsapp:+1500555${1000 + round}` });
      const answers = await Promise.all(
        numbered(12).map((index) =>
          ingresses[index % 2]!.post('/incoming', body, { token: sender.authToken }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
      expect(await messages()).toHaveLength(round + 1);
    }
    expect(ingresses.flatMap(({ rung }) => rung)).toHaveLength(10);
    expect(await superuser.rows('SELECT * FROM conversation')).toHaveLength(10);
  });

  test('one that comes again after it was dealt with, even after its text was deleted, stays one row', async () => {
    const ingress = await createIngress(store);
    const body = incoming(sender);
    const send = () => ingress.post('/incoming', body, { token: sender.authToken });
    await send();
    await superuser.rows("UPDATE message SET status = 'processed', text = NULL, raw = NULL");
    expect((await send()).status).toBe(200);
    expect(await messages()).toMatchObject([{ status: 'processed', raw: null }]);
    expect(ingress.rung).toHaveLength(1);
  });

  describe('a webhook for what the catch-up found before it', () => {
    const send = async (body: string) => {
      const ingress = await createIngress(store);
      return ingress.post('/incoming', body, { token: sender.authToken });
    };
    const found = (sid: string) =>
      store.gate.storeInbound([
        row(sender, sid, { source: 'catch-up', raw: Buffer.from('Body=START'), receivedAt: new Date(0) }),
      ]);

    test('replaces the content while it is unread', async () => {
      const body = incoming(sender, { MessageSid: 'SM1', ButtonPayload: 'start:WO-7' });
      await found('SM1');
      expect((await send(body)).status).toBe(200);
      const stored = await messages();
      expect(stored).toMatchObject([{ source: 'webhook', status: 'received', received_at: new Date(0) }]);
      expect(stored[0].raw.toString()).toBe(body);
    });

    test('changes nothing once it is processed', async () => {
      await found('SM1');
      await superuser.rows("UPDATE message SET status = 'processed'");
      expect((await send(incoming(sender, { MessageSid: 'SM1' }))).status).toBe(200);
      const stored = await messages();
      expect(stored).toMatchObject([{ source: 'catch-up', status: 'processed' }]);
      expect(stored[0].raw.toString()).toBe('Body=START');
    });

    test('is not replaced by a catch-up in turn', async () => {
      const body = incoming(sender, { MessageSid: 'SM1' });
      await send(body);
      await found('SM1');
      const stored = await messages();
      expect(stored).toMatchObject([{ source: 'webhook' }]);
      expect(stored[0].raw.toString()).toBe(body);
    });
  });

  describe('batches at the same time that hold the same webhooks in other orders', () => {
    const storeAtOnce = (batches: InboundRow[][]) =>
      Promise.all(batches.map((batch) => store.gate.storeInbound(batch)));

    test.each([
      [
        'messages',
        (sid: string, index: number) => row(sender, sid, { address: `whatsapp:+1500${sid}${index}` }),
      ],
      ['messages of one person', (sid: string) => row(sender, sid)],
      ['callbacks', (sid: string) => statusRow(sender, sid)],
      [
        'messages and callbacks',
        (sid: string, index: number) =>
          index % 2 ? statusRow(sender, sid) : row(sender, sid, { address: `whatsapp:+1500${sid}${index}` }),
      ],
    ])('do not block each other: %s', async (_name, make) => {
      for (let round = 0; round < 50; round++) {
        const sids = numbered(40).map((index) => `${round}${String(index).padStart(2, '0')}`);
        const batch = (order: string[]) => order.map((sid) => make(sid, Number(sid)));
        const halves = [...sids.slice(20), ...sids.slice(0, 20)];
        const stored = await storeAtOnce([
          batch(sids),
          batch([...sids].reverse()),
          batch(halves),
          batch([...halves].reverse()),
        ]);
        expect(stored.flat().filter((each) => each.stored)).toHaveLength(40);
      }
    });

    test('do not block each other: what the catch-up found', async () => {
      for (let round = 0; round < 50; round++) {
        const sids = numbered(40).map((index) => `SM${round}-${index}`);
        await store.gate.storeInbound(sids.map((sid) => row(sender, sid, { source: 'catch-up' })));
        const batch = sids.map((sid) => row(sender, sid));
        await storeAtOnce([batch, [...batch].reverse(), batch, [...batch].reverse()]);
      }
      expect(await superuser.rows("SELECT * FROM message WHERE source = 'catch-up'")).toEqual([]);
    });

    test('are repeated where Postgres had to choose between them: people who write from two addresses', async () => {
      const ingresses = [await createIngress(store), await createIngress(store)];
      const people = numbered(30).map((index) => ({
        id: randomUUID(),
        name: `Technician ${index}`,
        // Sorted, the first addresses meet the people in one order and the second ones in the other.
        addresses: [`+1500555${1000 + index}`, `+1600555${1999 - index}`],
      }));
      await store.tenant(sender.tenantId, async (tx) => {
        for (const { id, name, addresses } of people) {
          await tx.technicians.insert({
            id,
            externalId: name,
            name,
            phone: null,
            email: null,
            role: 'technician',
            locale: null,
            timeZone: null,
            supervisorId: null,
            active: true,
            preferences: {},
            lastSeenAt: null,
          });
          await tx.technicians.setAddresses(
            id,
            addresses.map((value) => ({ kind: 'whatsapp', value, active: true })),
          );
        }
      });
      for (let round = 0; round < 5; round++) {
        await superuser.rows('DELETE FROM message');
        await superuser.rows('DELETE FROM conversation');
        await Promise.all(
          ingresses.flatMap(({ inbox }, which) =>
            people.map(({ addresses }) =>
              inbox.keep(row(sender, newSid(), { address: `whatsapp:${addresses[which]}` })),
            ),
          ),
        );
        expect(await messages()).toHaveLength(60);
        expect(await superuser.rows('SELECT * FROM conversation')).toHaveLength(30);
      }
      expect(ingresses.map(({ inbox }) => inbox.isAway())).toEqual([false, false]);
    });
  });

  test('a message whose address is taken from its technician just then is kept all the same', async () => {
    const [technicianId, conversationId] = [randomUUID(), randomUUID()];
    const phone = '+15005550102';
    await store.tenant(sender.tenantId, async (tx) => {
      await tx.technicians.insert({
        id: technicianId,
        externalId: 'tech-1',
        name: 'Ana Souza',
        phone,
        email: null,
        role: 'technician',
        locale: null,
        timeZone: null,
        supervisorId: null,
        active: true,
        preferences: {},
        lastSeenAt: null,
      });
      await tx.technicians.setAddresses(technicianId, [{ kind: 'whatsapp', value: phone, active: true }]);
      await tx.conversations.open(sender.channelId, technicianId, `whatsapp:${phone}`, () => conversationId);
    });
    const { inbox } = await createIngress(store);
    const holder = await openSuperuser(withDatabase(inject('postgresUrl'), database.name));
    onTestFinished(holder.close);

    // The batch has seen that the technician's conversation is there, and waits to make the stranger's.
    const stranger = 'whatsapp:+15005550199';
    const lock = [sender.channelId + stranger];
    await holder.rows('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock);
    const kept = Promise.all([
      inbox.keep(row(sender, 'SM1', { address: stranger })),
      inbox.keep(row(sender, 'SM2', { address: `whatsapp:${phone}` })),
    ]);
    await someoneWaitsForALock();
    await store.tenant(sender.tenantId, (tx) => tx.technicians.setAddresses(technicianId, []));
    await holder.rows('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock);
    await kept;

    expect(await storedSids()).toEqual(['SM1', 'SM2']);
    const [, second] = await messages();
    expect(second.conversation_id).not.toBe(conversationId);
  });

  const someoneWaitsForALock = async () => {
    const waiting = () =>
      superuser.rows(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
    while ((await waiting()).length === 0) await new Promise((done) => setTimeout(done, 5));
  };
});

describe('with Postgres away', () => {
  let postgres: TestPostgres;
  let store: Store;
  let sender: Sender;

  beforeAll(async () => {
    postgres = await startPostgres();
    const { appUrl } = await prepareDatabase({
      ownerUrl: postgres.url,
      secretKey: testSecretKey,
      log: () => {},
    });
    store = createStore({ url: appUrl });
    sender = await createSender(store, { address: 'whatsapp:+14155238886' });
  });
  afterAll(async () => {
    await store.close();
    await postgres.remove();
  });
  beforeEach(async () => {
    await rows('DELETE FROM status_callback');
    await rows('DELETE FROM message');
    await rows('DELETE FROM inbound_key');
  });

  const rows = async (text: string) => {
    const client = await openSuperuser(postgres.url);
    try {
      return await client.rows(text);
    } finally {
      await client.close();
    }
  };
  const storedSids = async () =>
    (await rows('SELECT provider_id FROM message ORDER BY received_at, seq')).map((each) => each.provider_id);

  /** An ingress, and a promise for each time it finds Postgres again. */
  const openIngress = async (spill?: Spill) => {
    let back = () => {};
    const ingress = await createIngress(store, {
      ...(spill ? { spill } : {}),
      onLog: ({ event }) => {
        if (event === 'inbox.back') back();
      },
    });
    onTestFinished(ingress.close);
    return {
      ...ingress,
      isBack: () =>
        new Promise<void>((resolve) => {
          if (ingress.inbox.isAway()) back = resolve;
          else resolve();
        }),
      sendsMessage: (MessageSid: string) =>
        ingress.post('/incoming', incoming(sender, { MessageSid }), { token: sender.authToken }),
      sendsCallback: (MessageSid: string) =>
        ingress.post('/status', callback(sender, { MessageSid }), { token: sender.authToken }),
    };
  };

  const spillTo =
    (spilled: InboundRow[]): Spill =>
    async (each) =>
      void spilled.push(...each);

  test('and no spill, webhooks are answered 503 until it is back', async () => {
    const ingress = await openIngress();
    expect((await ingress.sendsMessage('SM1')).status).toBe(200);
    await postgres.stop();
    for (const answer of [await ingress.sendsMessage('SM2'), await ingress.sendsCallback('SM2')]) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(ingress.inbox.isAway()).toBe(true);
    await postgres.start();
    await ingress.isBack();
    expect((await ingress.sendsMessage('SM2')).status).toBe(200);
    expect((await ingress.sendsCallback('SM2')).status).toBe(204);
    expect(await storedSids()).toEqual(['SM1', 'SM2']);
  });

  test('the spill keeps webhooks whole and in order, and Postgres takes over once it is back', async () => {
    const spilled: InboundRow[] = [];
    const ingress = await openIngress(spillTo(spilled));
    await ingress.sendsMessage('SM1');
    await postgres.stop();
    for (const sid of ['SM2', 'SM3']) expect((await ingress.sendsMessage(sid)).status).toBe(200);
    expect((await ingress.sendsCallback('SM4')).status).toBe(204);
    expect(spilled).toMatchObject([
      { kind: 'message', providerId: 'SM2', source: 'spill', tenantId: sender.tenantId },
      { kind: 'message', providerId: 'SM3', source: 'spill' },
      { kind: 'status', providerId: 'SM4' },
    ]);
    expect(new URLSearchParams(spilled[0]!.raw.toString()).get('Body')).toBe('pump 3 is leaking again');
    // What is not in Postgres yet is nothing to ring for.
    expect(ingress.rung).toHaveLength(1);

    await postgres.start();
    await ingress.isBack();
    expect((await ingress.sendsMessage('SM5')).status).toBe(200);
    expect(spilled).toHaveLength(3);

    await store.gate.storeInbound(spilled);
    expect(await storedSids()).toEqual(['SM1', 'SM2', 'SM3', 'SM5']);
    expect(await rows('SELECT * FROM status_callback')).toHaveLength(1);
  });

  test('and a spill that fails too, webhooks are answered 503', async () => {
    const ingress = await openIngress(async () => {
      throw new Error('Redis is away as well');
    });
    await postgres.stop();
    expect((await ingress.sendsMessage('SM1')).status).toBe(503);
    await postgres.start();
    await ingress.isBack();
    expect((await ingress.sendsMessage('SM1')).status).toBe(200);
  });

  test('a database that hangs is given two seconds, together with all that came meanwhile', async () => {
    const spilled: InboundRow[] = [];
    const ingress = await openIngress(spillTo(spilled));
    await ingress.sendsMessage('SM0');
    postgres.freeze();
    const from = performance.now();
    const first = ingress.sendsMessage('SM1');
    await new Promise((next) => setTimeout(next, 200));
    const others = numbered(50).map((index) => ingress.sendsMessage(`SM2-${index}`));
    const answers = await Promise.all([first, ...others]);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(performance.now() - from).toBeGreaterThan(1900);
    // Those that came meanwhile had no two seconds of their own.
    expect(performance.now() - from).toBeLessThan(4000);
    expect(spilled).toHaveLength(51);

    // From now on nobody waits for it.
    const again = performance.now();
    expect((await ingress.sendsMessage('SM3')).status).toBe(200);
    expect(performance.now() - again).toBeLessThan(1000);

    postgres.thaw();
    await ingress.isBack();
    // What it was asked for before may have been done after all, and then comes again.
    await store.gate.storeInbound(spilled);
    const sids = await storedSids();
    expect(new Set(sids).size).toBe(53);
    expect(sids).toHaveLength(53);
    expect(sids[0]).toBe('SM0');
    expect(sids.at(-1)).toBe('SM3');
  });
});
