import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { beforeAll, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { idempotent } from '../../src/api/idempotency.ts';
import { problemOf } from '../../src/api/problem.ts';
import { encrypt } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await createTenant(api.store);
  expect((await api.put('/technicians/A', { name: 'Ana', phone: '+15005550101' }, tenant)).status).toBe(201);
});

const body = (text = 'Gate 4 is closed') => ({
  name: 'message.send',
  data: { schemaVersion: 1, idempotencyKey: randomUUID(), to: 'A', text },
});
const post = (content: unknown, key: string, as = tenant) =>
  api.post('/notifications', content, as, { 'idempotency-key': key });
const replayed = ({ headers }: { headers: Headers }) => headers.get('idempotency-replayed');
const messageCount = async () => (await api.get('/messages?limit=200', tenant)).body.items.length;

test('the same key and body gets the first answer again, however its JSON is written', async () => {
  const content = body();
  const first = await post(content, 'key-1');
  expect([first.status, first.body.status, replayed(first)]).toEqual([202, 'accepted', null]);
  const again = await post({ data: content.data, name: content.name }, 'key-1');
  // Not "duplicate": the request was not looked at again.
  expect([again.status, again.body, replayed(again)]).toEqual([202, first.body, 'true']);
  expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(again.headers.get('cache-control')).toBe('no-store');
  expect((await api.post('/notifications', content, tenant)).body.status).toBe('duplicate');
});

test('a refusal is given again as well', async () => {
  const wrong = { name: 'message.send', data: {} };
  const first = await post(wrong, 'key-refused');
  const again = await post(wrong, 'key-refused');
  expect([again.status, again.body, replayed(again)]).toEqual([422, first.body, 'true']);
  expect(again.headers.get('content-type')).toBe('application/problem+json');
});

test('another body under the same key is refused and has no effect', async () => {
  expect((await post(body(), 'key-2')).status).toBe(202);
  const before = await messageCount();
  const other = await post(body(), 'key-2');
  expect([other.status, other.body.type]).toEqual([422, 'urn:rbm:problem:idempotency-mismatch']);
  expect(await messageCount()).toBe(before);
});

test('keys are apart by tenant and by route', async () => {
  const content = body();
  expect((await post(content, 'key-3')).status).toBe(202);
  const other = await createTenant(api.store);
  const elsewhere = await post(content, 'key-3', other);
  expect([elsewhere.status, replayed(elsewhere)]).toEqual([422, null]);
  const route = await api.post('/alerts', content, tenant, { 'idempotency-key': 'key-3' });
  expect([route.status, replayed(route)]).toEqual([422, null]);
});

test.each([
  ['', 422],
  ['x'.repeat(201), 422],
  ['x'.repeat(200), 202],
  ['x', 202],
])('a key must have 1 to 200 characters: %j', async (key, status) => {
  expect((await post(body(), key)).status).toBe(status);
});

test('a PUT takes no notice of the key', async () => {
  const put = (name: string) =>
    api.call('PUT', '/assets/P-1', { name }, tenant, { 'idempotency-key': 'key-put' });
  expect([(await put('Pump')).status, (await put('Fan')).body.name]).toEqual([201, 'Fan']);
});

/** Two processes' API, of which the first one's store stops before it answers until told to go on. */
const twoProcesses = () => {
  let goOn = () => {};
  const released = new Promise<void>((done) => {
    goOn = done;
  });
  let arrive = () => {};
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  let calls = 0;
  const slow: Deps = {
    ...api.deps,
    store: {
      ...api.store,
      tenant: async (id, work) => {
        // The first call claims the key; what the request does comes after it.
        if (++calls === 2) {
          arrive();
          await released;
        }
        return api.store.tenant(id, work);
      },
    },
  };
  return { slow: createApi(slow, api.files), arrived, goOn };
};

const init = (content: unknown, key: string) => ({
  method: 'POST',
  headers: {
    authorization: `Bearer ${tenant.apiKey}`,
    'content-type': 'application/json',
    'idempotency-key': key,
  },
  body: JSON.stringify(content),
});

test('while the first still runs in another process the second is told so, and nothing happens twice', async () => {
  const content = body('slow');
  const { slow, arrived, goOn } = twoProcesses();
  const first = slow.request('/notifications', init(content, 'key-4'));
  await arrived;
  const second = await post(content, 'key-4');
  expect([second.status, second.body.type]).toEqual([409, 'urn:rbm:problem:conflict']);
  const other = await post(body(), 'key-4');
  expect([other.status, other.body.type]).toEqual([422, 'urn:rbm:problem:idempotency-mismatch']);
  goOn();
  expect((await first).status).toBe(202);
  const third = await post(content, 'key-4');
  expect([third.status, third.body.status, replayed(third)]).toEqual([202, 'accepted', 'true']);
});

test('many at once over two processes: one answer, one effect', async () => {
  const another = createApi(api.deps, api.files);
  const before = await messageCount();
  const content = body('race');
  const here = createApi(api.deps, api.files);
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const app = index % 2 ? another : here;
      return (await app.request('/notifications', init(content, 'key-race'))).status;
    }),
  );
  expect(answers).toContain(202);
  expect(answers.filter((status) => status !== 202 && status !== 409)).toEqual([]);
  expect(await messageCount()).toBe(before + 1);
});

test('the claim of a process that was killed is taken over after a minute, not before', async () => {
  const content = body('killed');
  const { slow, arrived, goOn } = twoProcesses();
  const dead = slow.request('/notifications', init(content, 'key-5'));
  await arrived;
  expect((await post(content, 'key-5')).status).toBe(409);
  await age('key-5', 59);
  expect((await post(content, 'key-5')).status).toBe(409);
  await age('key-5', 2);
  const taken = await post(content, 'key-5');
  expect([taken.status, replayed(taken)]).toEqual([202, null]);
  // Had it only been slow: what it answers now replaces nothing.
  goOn();
  await dead;
  expect((await post(content, 'key-5')).body).toEqual(taken.body);
});

const age = (key: string, seconds: number) =>
  api.asSuperuser(
    "UPDATE idempotency SET claimed_at = claimed_at - $2 * interval '1 second' WHERE key = $1",
    [key, seconds],
  );

test('what failed by our fault is not remembered', async () => {
  let calls = 0;
  const broken: Deps = {
    ...api.deps,
    store: {
      ...api.store,
      tenant: (id, work) =>
        ++calls === 2 ? Promise.reject(new Error('a fault of ours')) : api.store.tenant(id, work),
    },
  };
  const app = createApi(broken, api.files);
  const content = body('later');
  expect((await app.request('/notifications', init(content, 'key-6'))).status).toBe(500);
  const again = await app.request('/notifications', init(content, 'key-6'));
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, null]);
});

test('an answer that holds a secret is kept encrypted', async () => {
  const app = new Hono<{ Variables: { caller: { tenantId: string; keyId: string } } }>();
  app.use(async (c, next) => {
    c.set('caller', { tenantId: tenant.tenantId, keyId: randomUUID() });
    await next();
  });
  const route = { path: '/secrets', answersSecret: true } as const;
  app.onError((error) => problemOf(error)!);
  app.post('/secrets', idempotent(api.deps, route), (c) => c.json({ secret: `whsec_${randomUUID()}` }));
  const ask = async () => {
    const answer = await app.request('/secrets', { method: 'POST', headers: { 'idempotency-key': 'k' } });
    return ((await answer.json()) as { secret: string }).secret;
  };
  const secret = await ask();
  expect(await ask()).toBe(secret);
  const rows = await api.asSuperuser(
    "SELECT convert_from(body, 'UTF8') AS body FROM idempotency WHERE key = 'k'",
  );
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain('whsec_');

  // Only the key it was encrypted with opens it.
  await api.asSuperuser("UPDATE idempotency SET body = $1 WHERE key = 'k'", [encrypt('{}', 'of nobody')]);
  const again = await app.request('/secrets', { method: 'POST', headers: { 'idempotency-key': 'k' } });
  expect(again.status).toBe(409);
  expect(((await again.json()) as { detail: string }).detail).toMatch(/SECRET_KEY has changed/);
});

test('an answer is kept though every place for requests is taken meanwhile', async () => {
  const other = await createTenant(api.store);
  let open = () => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  let held = 0;
  let asks = 0;
  let take = () => {};
  const taken = new Promise<void>((done) => {
    take = done;
  });
  const app = createApi(
    {
      ...api.deps,
      store: {
        ...api.store,
        tenant: async (id, work) => {
          if (id === other.tenantId) {
            held += 1;
            if (held === 7) take();
            await opened;
          }
          const result = await api.store.tenant(id, work);
          asks += id === tenant.tenantId ? 1 : 0;
          // The key is made: before its request has left its place, others ask for all of them.
          if (id === tenant.tenantId && asks === 2) {
            for (let request = 0; request < 8; request++) others.push(ask('GET', other));
            await taken;
            // And the last of them waits.
            await api.asSuperuser('SELECT pg_sleep(0.3)');
          }
          return result;
        },
      },
    },
    api.files,
  );
  const ask = async (method: string, { apiKey }: TestTenant) =>
    app.request('/api-keys', {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': 'crowd' } : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify({ label: 'Another' }) } : {}),
    });
  const others: Promise<Response>[] = [];
  const late = new Promise<string>((done) => setTimeout(done, 20_000, 'waits for a place'));
  const first = await Promise.race([ask('POST', tenant), late]);
  open();
  expect(others).toHaveLength(8);
  await Promise.all(others);
  expect(first).toMatchObject({ status: 201 });
  const again = await ask('POST', tenant);
  expect([again.status, replayed(again)]).toEqual([201, 'true']);
  expect(await again.json()).toEqual(await (first as Response).json());
});
