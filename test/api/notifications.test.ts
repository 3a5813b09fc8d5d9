import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await createTenant(api.store);
  const phone = '+15005550101';
  expect((await api.put('/technicians/A', { name: 'Ana', phone }, tenant)).status).toBe(201);
});

const text = (change: Record<string, unknown> = {}) => ({
  ...{ schemaVersion: 1, idempotencyKey: randomUUID(), to: 'A', text: 'Gate 4 is closed' },
  ...change,
});
const ask = (data: unknown, name = 'message.send', as = tenant) =>
  api.post('/notifications', { name, data }, as);
const pointersOf = ({ body }: { body: { errors: { pointer: string }[] } }) =>
  body.errors.map(({ pointer }) => pointer).sort();

test('what is asked for over HTTP is stored at once, rung for, and can be looked up', async () => {
  const data = text({ tenant: tenant.slug });
  const before = api.rung.length;
  const asked = await ask(data);
  expect([asked.status, asked.body]).toEqual([
    202,
    { id: expect.any(String), idempotencyKey: data.idempotencyKey, status: 'accepted' },
  ]);
  expect(api.rung.slice(before)).toEqual([`outbound ${tenant.channelId}`]);
  const { body } = await api.get(`/notifications/${data.idempotencyKey}`, tenant);
  expect(body).toMatchObject({ id: asked.body.id, name: 'message.send', state: 'done', faults: [] });
  const message = await api.get(`/messages/${body.messages[0]}`, tenant);
  expect(message.body).toMatchObject({ technician: 'A', kind: 'message.send', text: 'Gate 4 is closed' });
});

test('every job of the contract is done', async () => {
  const workOrder = { number: 'WO-1', title: 'Seal', dueAt: '2090-12-25', asset: { code: 'P-7' } };
  const { idempotencyKey } = text();
  const common = { schemaVersion: 1, idempotencyKey };
  expect((await ask({ ...common, workOrder, assignee: 'A' }, 'work-order.assigned')).status).toBe(202);
  expect((await api.get('/work-orders/WO-1', tenant)).body).toMatchObject({
    assignee: 'A',
    status: 'assigned',
  });
  const planned = { ...common, idempotencyKey: randomUUID(), workOrder: { ...workOrder, number: 'WO-2' } };
  expect((await ask({ ...planned, assignee: 'A' }, 'maintenance.scheduled')).status).toBe(202);
  const reminder = { ...common, idempotencyKey: randomUUID(), number: 'WO-1' };
  expect((await ask(reminder, 'work-order.reminder')).status).toBe(202);
  const kinds = (await api.get('/messages', tenant)).body.items.map(({ kind }: { kind: string }) => kind);
  expect(kinds.slice(0, 3)).toEqual(['work-order.reminder', 'maintenance.scheduled', 'work-order.assigned']);
});

test('the same key and content is a duplicate, also when it came over the queue; other content is refused', async () => {
  const data = text();
  const first = await ask(data);
  const again = await ask(Object.fromEntries(Object.entries(data).reverse()));
  expect([again.status, again.body]).toEqual([202, { ...first.body, status: 'duplicate' }]);
  expect((await ask({ ...data, tenant: tenant.slug })).body.status).toBe('duplicate');
  const other = await ask({ ...data, text: 'Gate 5 is closed' });
  expect([other.status, pointersOf(other)]).toEqual([422, ['/data/idempotencyKey']]);
  expect((await api.get(`/notifications/${data.idempotencyKey}`, tenant)).body.state).toBe('done');
  const mine = await api.get('/messages', tenant);
  const texts = mine.body.items.map((message: { text: string }) => message.text);
  expect(texts).not.toContain('Gate 5 is closed');
});

test('asked for many times at once, it is done once', async () => {
  const data = text({ text: 'once' });
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(data)));
  expect(answers.map(({ body }) => body.status).sort()).toEqual(['accepted', ...Array(5).fill('duplicate')]);
  const { items } = (await api.get('/messages', tenant)).body;
  expect(items.filter((message: { text: string }) => message.text === 'once')).toHaveLength(1);
});

test('every fault is named by its place, unknown people included, and the key stays free', async () => {
  const wrong = text({ to: 'nobody', text: '', schemaVersion: 2, colour: 'red' });
  const refused = await ask(wrong);
  expect([refused.status, pointersOf(refused)]).toEqual([
    422,
    ['/data/colour', '/data/schemaVersion', '/data/text', '/data/to'],
  ]);
  expect((await api.get(`/notifications/${wrong.idempotencyKey}`, tenant)).body).toMatchObject({
    state: 'invalid',
    faults: expect.arrayContaining([{ pointer: '/to', detail: expect.any(String) }]),
  });
  expect((await ask(text({ idempotencyKey: wrong.idempotencyKey }))).body.status).toBe('accepted');

  const order = { number: '-', asset: { name: 7 } };
  const { to: _, text: __, ...common } = text();
  expect(pointersOf(await ask({ ...common, workOrder: order }, 'work-order.assigned'))).toEqual([
    '/data/assignee',
    '/data/workOrder/asset/code',
    '/data/workOrder/asset/name',
    '/data/workOrder/number',
    '/data/workOrder/title',
  ]);
});

test('what is no notification at all is refused by its place', async () => {
  const cases: [body: unknown, pointers: string[]][] = [
    [{}, ['/data', '/name']],
    [[], ['']],
    [{ name: 'message.send', data: 7 }, ['/data']],
    [{ name: 'message.send', data: null }, ['/data']],
    [{ name: 'message.shout', data: text() }, ['/name']],
    [{ name: 7, data: text() }, ['/name']],
    [{ name: 'message.send', data: text({ to: undefined }), priority: 1 }, ['/data/to', '/priority']],
  ];
  for (const [body, pointers] of cases) {
    const answer = await api.post('/notifications', body, tenant);
    expect([body, answer.status, pointersOf(answer)]).toEqual([body, 422, pointers]);
  }
  expect(pointersOf(await ask(text({ idempotencyKey: undefined, to: 'nobody' })))).toEqual([
    '/data/idempotencyKey',
    '/data/to',
  ]);
});

test("a tenant may be left out and must be the key's own", async () => {
  const other = await createTenant(api.store);
  const foreign = await ask(text({ tenant: other.slug }));
  expect([foreign.status, pointersOf(foreign)]).toEqual([422, ['/data/tenant']]);
  expect(pointersOf(await ask(text({ tenant: null })))).toEqual(['/data/tenant']);
  // The other's people are not there, and its keys are its own.
  const data = text();
  expect((await ask(data)).status).toBe(202);
  expect(pointersOf(await ask(data, undefined, other))).toEqual(['/data/to']);
  const phone = '+15005550101';
  expect((await api.put('/technicians/A', { name: 'Ana', phone }, other)).status).toBe(201);
  expect((await ask(data, undefined, other)).body.status).toBe('accepted');
});

test('a field with faults of its own is not said to be missing', async () => {
  const alert = { externalId: 'AL-1', asset: 'P-7', message: 'Hot', severity: 'soonish' };
  const { body } = await ask({ schemaVersion: 1, idempotencyKey: randomUUID(), alert }, 'alert.raised');
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
    expect.arrayContaining(['/data/alert/severity']),
  );
  expect(body.errors.filter(({ pointer }: { pointer: string }) => pointer === '/data/alert')).toEqual([]);
});

test('a key that no address can hold is refused', async () => {
  for (const idempotencyKey of ['.', '..']) {
    const answer = await ask({ ...text(), idempotencyKey });
    expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([422, '/data/idempotencyKey']);
  }
});

test('a limit is digits and nothing else', async () => {
  for (const limit of ['0x10', '1e2', '%2050', '+5', '5.0', '0', '201', '']) {
    expect([limit, (await api.get(`/messages?limit=${limit}`, tenant)).status]).toEqual([limit, 422]);
  }
  expect((await api.get('/messages?limit=200', tenant)).status).toBe(200);
});

test('what is wrong beside the data is noted like any other fault', async () => {
  const data = { ...text(), to: 'nobody' };
  const { status, body } = await api.post(
    '/notifications',
    { name: 'message.send', data, mood: 'good' },
    tenant,
  );
  expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
    ...[422, ['/mood', '/data/to']],
  ]);
  const noted = await api.get(`/notifications/${data.idempotencyKey}`, tenant);
  expect(noted.body).toMatchObject({ state: 'invalid', faults: [{ pointer: '/mood' }, { pointer: '/to' }] });
});
