import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

let database: TestDatabase;
let superuser: pg.Pool;
/** Of two processes. */
let store: Store;
let another: Store;
let tenant: TestTenant;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Pool({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  store = createStore({ url: database.appUrl, maxConnections: 12 });
  another = createStore({ url: database.appUrl, maxConnections: 12 });
});
afterAll(async () => {
  await Promise.all([store.close(), another.close(), superuser.end()]);
  await database.drop();
});
beforeEach(async () => {
  tenant = await createTenant(store);
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>, using = store) => using.tenant(tenant.tenantId, work);

/** One more event of a subject, whose changes come one after the other, as those of an order do. */
const change = async (tx: Tx, subject: string, n: number) => {
  await tx.tenants.lock(subject);
  await tx.events.add({
    ...{ id: randomUUID(), type: 'work_order.noted', at: new Date(), workOrderId: null, messageId: null },
    ...{ actor: { kind: 'cmms', id: null }, data: { subject, n } },
  });
};

type Seen = { subject: string; n: number };

/** Reads on from where it stopped, as a CMMS does. */
const reader = () => {
  const seen: Seen[] = [];
  let after = 0;
  const readOn = async (limit = 7) => {
    const page = await inTenant((tx) => tx.events.feed({ after, limit }));
    seen.push(...page.map(({ data }) => data as Seen));
    after = page.at(-1)?.feedNo ?? after;
    return page.length;
  };
  return { seen, readOn };
};

const signal = () => {
  let happen = () => {};
  const happened = new Promise<void>((done) => {
    happen = done;
  });
  return { happen, happened };
};

const publish = (using = store) => inTenant((tx) => tx.events.publish(500), using);

test('a transaction that began first and commits last is not skipped by who has read past it', async () => {
  const { seen, readOn } = reader();
  const written = signal();
  const mayEnd = signal();
  const slow = inTenant(async (tx) => {
    await change(tx, 'slow', 1);
    written.happen();
    await mayEnd.happened;
  });
  await written.happened;
  await inTenant((tx) => change(tx, 'quick', 1));
  await publish();
  await readOn();
  expect(seen).toEqual([{ subject: 'quick', n: 1 }]);
  mayEnd.happen();
  await slow;
  await publish(another);
  await readOn();
  expect(seen).toEqual([
    { subject: 'quick', n: 1 },
    { subject: 'slow', n: 1 },
  ]);
});

test('a publisher that is killed before it commits has numbered nothing, and another goes on', async () => {
  const { seen, readOn } = reader();
  for (let n = 1; n <= 3; n++) await inTenant((tx) => change(tx, 'order', n));
  const numbered = signal();
  const isDead = signal();
  const killed = inTenant(async (tx) => {
    expect(await tx.events.publish(2)).toBe(2);
    numbered.happen();
    await isDead.happened;
  }, another);
  await numbered.happened;
  // The other waits for the one that will not commit.
  const waiting = publish();
  await killOne();
  isDead.happen();
  await expect(killed).rejects.toThrow();
  expect(await waiting).toBe(3);
  await readOn();
  expect(seen.map(({ n }) => n)).toEqual([1, 2, 3]);
});

/** Ends the connection that has numbered events and not committed, as the kernel does when its process is killed. */
const killOne = async () => {
  const { rows } = await superuser.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
       AND state = 'idle in transaction' AND query LIKE '%SET feed_no = feed_no +%'`,
  );
  expect(rows).toHaveLength(1);
};

test('many writers, two publishers and kills: every event once, those of one order in their order', async () => {
  const subjects = ['WO-1', 'WO-2', 'WO-3', 'WO-4'];
  const perSubject = 40;
  const { seen, readOn } = reader();
  const writing = new AbortController();

  const write = async (subject: string, index: number) => {
    for (let n = 1; n <= perSubject; n++) {
      await inTenant(
        async (tx) => {
          await change(tx, subject, n);
          // Every few changes take their time before they are committed.
          if ((n + index) % 5 === 0) await superuser.query('SELECT pg_sleep(0.02)');
        },
        index % 2 ? another : store,
      );
    }
  };
  let kills = 0;
  const publisher = async (using: Store, kill: boolean) => {
    for (let turn = 1; !writing.signal.aborted; turn++) {
      await inTenant(async (tx) => {
        const numbered = await tx.events.publish(3);
        if (!kill || numbered === 0 || turn % 4 > 0) return;
        kills++;
        await killOne();
      }, using).catch((error: unknown) => {
        if (!kill) throw error;
      });
    }
  };
  const reading = async () => {
    while (!writing.signal.aborted) await readOn();
  };

  const others = Promise.all([publisher(store, false), publisher(another, true), reading()]);
  await Promise.all(subjects.map(write));
  writing.abort();
  await others;
  while ((await publish()) > 0);
  while ((await readOn()) > 0);

  expect(kills).toBeGreaterThan(0);
  for (const subject of subjects) {
    const ofSubject = seen.filter((each) => each.subject === subject).map(({ n }) => n);
    expect([subject, ofSubject]).toEqual([
      subject,
      Array.from({ length: perSubject }, (_, index) => index + 1),
    ]);
  }
  const { rows } = await superuser.query(
    'SELECT count(*)::int AS events, count(DISTINCT feed_no)::int AS numbers, max(feed_no)::int AS last FROM event WHERE tenant_id = $1',
    [tenant.tenantId],
  );
  const all = subjects.length * perSubject;
  // No gaps either: what a killed publisher had numbered was numbered again.
  expect(rows).toEqual([{ events: all, numbers: all, last: all }]);
});
