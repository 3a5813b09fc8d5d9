import { randomUUID } from 'node:crypto';
import { UnrecoverableError } from 'bullmq';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { notifications } from '../../jobs/notifications.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { notificationSchemas } from '../../src/cmms/notification-schemas.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import type { Deps } from '../../src/deps.ts';
import { isStillTrue } from '../../src/domain/message.ts';
import { canBeConfirmed } from '../../src/domain/work-order.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { eventsOfOrder } from '../support/events.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { seed } from '../support/seed.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let tenant: TestTenant;
let deps: Deps;
const logged: string[] = [];
const rung: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 8 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  logged.length = 0;
  rung.length = 0;
  deps = {
    store,
    ring: (queue, _tenantId, id) => rung.push(`${queue} ${id}`),
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [],
    enabled: true,
  };
  tenant = await createTenant(store);
  await inTenant(async (tx) => {
    const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
    for (const [id, phone] of [
      ['A', '+15005550101'],
      ['B', '+15005550102'],
    ]) {
      await saveTechnician(tx, id!, { name: id!, phone: phone! }, facts, collectFaults());
    }
  });
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);
const run = (data: unknown, name = 'work-order.assigned', using = deps) =>
  notifications(using)({ id: '7', name, data });
const job = (change: Record<string, unknown> = {}, order: Record<string, unknown> = {}) => ({
  schemaVersion: 1,
  tenant: tenant.slug,
  idempotencyKey: 'key-1',
  workOrder: { number: 'WO-1', title: 'Replace seal', ...order },
  assignee: 'A',
  ...change,
});
const putOrder = (number: string, fields: Parameters<typeof saveWorkOrder>[2]) =>
  inTenant(async (tx) =>
    saveWorkOrder(tx, number, fields, await readFacts(tx, deps, { kind: 'cmms', id: null }), collectFaults()),
  );
const note = (key = 'key-1') => inTenant((tx) => tx.notifications.get(key));
const orderNow = (number = 'WO-1') => inTenant((tx) => tx.workOrders.detail(number));
const told = () =>
  inTenant(async (tx) =>
    (await tx.messages.list({ before: null, limit: 50 }))
      .reverse()
      .map(({ technician, kind, status }) => `${technician} ${kind} ${status}`),
  );
const events = (number = 'WO-1') =>
  inTenant(async (tx) =>
    (await eventsOfOrder(tx, (await tx.workOrders.find(number))!.id)).map(({ type }) => type),
  );
const refusedAt = async (work: Promise<unknown>, key = 'key-1') => {
  await expect(work).rejects.toThrow(UnrecoverableError);
  return (await note(key))?.faults.map(({ pointer }) => pointer).sort();
};

describe('work-order.assigned', () => {
  test('makes the asset and the order, assigns it and tells the assignee', async () => {
    await run(
      job(
        {},
        {
          description: 'Water under the pump',
          priority: 'high',
          dueAt: '2026-12-25',
          asset: { code: 'P-7', name: 'Pump 7', location: 'Level -1' },
        },
      ),
    );
    expect(await orderNow()).toMatchObject({
      number: 'WO-1',
      title: 'Replace seal',
      description: 'Water under the pump',
      priority: 'high',
      due: { on: '2026-12-25' },
      asset: { code: 'P-7', name: 'Pump 7', location: 'Level -1' },
      assignee: 'A',
      status: 'assigned',
      version: 1,
    });
    const [message] = await inTenant((tx) => tx.messages.list({ before: null, limit: 5 }));
    expect(message).toMatchObject({ technician: 'A', kind: 'work-order.assigned', status: 'queued' });
    expect(message!.text).toContain('Pump 7 (Level -1)');
    expect(await note()).toMatchObject({ state: 'done', faults: [], messageIds: [message!.id] });
    expect(await events()).toEqual(['work_order.assigned']);
    expect(new Set(rung)).toEqual(
      new Set([`cmms-events ${tenant.tenantId}`, `outbound ${tenant.channelId}`]),
    );
  });

  test('run twice, it is done once; so it is under the same key in another order of fields', async () => {
    const data = job({}, { asset: { code: 'P-7' } });
    await run(data);
    await run(data);
    await run(Object.fromEntries(Object.entries(data).reverse()));
    await putOrder('WO-1', { assignee: 'B' });
    await run(data);
    expect(await orderNow()).toMatchObject({ assignee: 'B', version: 2 });
    expect(await told()).toEqual(['A work-order.assigned cancelled', 'B work-order.assigned queued']);
  });

  test('run at the same time on several workers, it is done once', async () => {
    await Promise.all([run(job()), run(job()), run(job())]);
    expect(await told()).toEqual(['A work-order.assigned queued']);
    expect(await orderNow()).toMatchObject({ version: 1 });
  });

  test('PUT and job tell one assignment once, whoever comes first', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A' });
    await run(job());
    const [message] = await inTenant((tx) => tx.messages.list({ before: null, limit: 5 }));
    expect(await told()).toEqual(['A work-order.assigned queued']);
    expect((await note())!.messageIds).toEqual([message!.id]);

    await run(job({ idempotencyKey: 'key-2' }, { number: 'WO-2' }));
    await putOrder('WO-2', { assignee: 'A' });
    await run(job({ idempotencyKey: 'key-3' }, { number: 'wo 2' }));
    expect(await told()).toEqual(['A work-order.assigned queued', 'A work-order.assigned queued']);

    await Promise.all([
      putOrder('WO-3', { title: 'Seal', assignee: 'A' }),
      run(job({ idempotencyKey: 'key-4' }, { number: 'WO-3' })),
    ]);
    expect(await told()).toHaveLength(3);
  });

  test('a job that is behind takes the order from nobody, and brings it back to nobody', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A' });
    await putOrder('WO-1', { assignee: 'B' });
    await run(job({}, { version: 1 }));
    expect(await orderNow()).toMatchObject({ assignee: 'B', version: 2 });
    expect(await told()).toEqual(['A work-order.assigned cancelled', 'B work-order.assigned queued']);
    expect(await note()).toMatchObject({ state: 'done', messageIds: [] });
    await putOrder('WO-1', { assignee: null });
    await run(job({ idempotencyKey: 'key-2' }, { version: 2 }));
    expect(await orderNow()).toMatchObject({ assignee: null, status: 'open', version: 3 });
  });

  test('a job that is behind tells who has the order, if that is whom it names and he was not told', async () => {
    await inTenant(async (tx) => tx.technicians.setPaused((await tx.technicians.find('A'))!.id, true));
    await putOrder('WO-1', { title: 'Seal', assignee: 'A' });
    await putOrder('WO-1', { title: 'Bearing' });
    await inTenant(async (tx) => tx.technicians.setPaused((await tx.technicians.find('A'))!.id, false));
    await run(job({}, { version: 1 }));
    await run(job({ idempotencyKey: 'key-2' }, { version: 1 }));
    expect(await orderNow()).toMatchObject({ title: 'Bearing', version: 2 });
    expect(await told()).toEqual(['A work-order.assigned cancelled', 'A work-order.assigned queued']);
  });

  test('a job that is behind updates nothing, but assigns what nobody has had', async () => {
    await putOrder('WO-1', { title: 'Seal' });
    await putOrder('WO-1', { title: 'Bearing' });
    await run(job({}, { version: 1, asset: { code: 'P-7' }, status: 'cancelled' }));
    expect(await orderNow()).toMatchObject({
      title: 'Bearing',
      asset: null,
      assignee: 'A',
      status: 'assigned',
    });
    expect(await inTenant((tx) => tx.assets.find('P-7'))).toBeNull();
    expect(await told()).toEqual(['A work-order.assigned queued']);
    expect(await note()).toMatchObject({ state: 'done' });
  });

  test('a job that is behind does not reopen what was completed', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A' });
    await putOrder('WO-1', { status: 'completed', version: 1 });
    for (const [idempotencyKey, assignee] of [
      ['key-1', 'A'],
      ['key-2', 'B'],
    ]) {
      await run(job({ idempotencyKey, assignee }, { version: 1 }));
      expect(await note(idempotencyKey)).toMatchObject({ state: 'done', messageIds: [] });
    }
    expect(await orderNow()).toMatchObject({ status: 'completed', assignee: 'A', version: 2 });
  });

  test('a job with the present version sets what a PUT could', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'B' });
    await run(job({}, { version: 1 }));
    expect(await orderNow()).toMatchObject({ assignee: 'A', version: 2 });
    const ahead = run(job({ idempotencyKey: 'key-2' }, { version: 9 }));
    expect(await refusedAt(ahead, 'key-2')).toEqual(['/workOrder/version']);
  });

  test('who is at work already is not told again', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A', status: 'in_progress' });
    await run(job());
    expect(await told()).toEqual([]);
    expect(await note()).toMatchObject({ state: 'done', messageIds: [] });
  });

  test('the asset keeps what the job leaves out, and goes by its code while it has no name', async () => {
    await run(job({}, { asset: { code: 'P-7' } }));
    expect((await orderNow())!.asset).toMatchObject({ name: 'P-7', location: null });
    await run(job({ idempotencyKey: 'key-2' }, { asset: { code: 'P-7', name: 'Pump', location: 'Roof' } }));
    await run(job({ idempotencyKey: 'key-3' }, { asset: { code: 'P-7' } }));
    expect((await orderNow())!.asset).toMatchObject({ name: 'Pump', location: 'Roof' });
    await run(job({ idempotencyKey: 'key-4' }, { asset: null }));
    expect((await orderNow())!.asset).toBeNull();
  });

  test("expiresAt of the job is the notice's", async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await run(job({ expiresAt }));
    const [message] = await inTenant((tx) => tx.messages.list({ before: null, limit: 5 }));
    expect(message!.expiresAt!.toISOString()).toBe(expiresAt);
  });
});

test('maintenance.scheduled sends the maintenance notice, and makes the order a planned one', async () => {
  await run(job({}, { scheduledFor: '2026-12-24T08:00:00Z' }), 'maintenance.scheduled');
  expect(await orderNow()).toMatchObject({ kind: 'preventive', status: 'assigned' });
  expect(await told()).toEqual(['A maintenance.scheduled queued']);
  await run(job({ idempotencyKey: 'key-2' }, { number: 'WO-2' }), 'maintenance.scheduled');
  expect((await told())[1]).toBe('A maintenance.scheduled queued');
});

test('maintenance.scheduled about an order that was a repair plans it; one that says it is a repair tells an assignment', async () => {
  await putOrder('WO-1', { title: 'Seal' });
  await run(job(), 'maintenance.scheduled');
  expect(await orderNow()).toMatchObject({ kind: 'preventive', status: 'assigned' });
  await run(
    job({ idempotencyKey: 'key-2' }, { number: 'WO-2', kind: 'corrective' }),
    'maintenance.scheduled',
  );
  expect(await orderNow('WO-2')).toMatchObject({ kind: 'corrective', status: 'assigned' });
  expect(await told()).toEqual(['A maintenance.scheduled queued', 'A work-order.assigned queued']);
});

test('whatever a maintenance notice says offers only what is then accepted, also after a change while it waits', async () => {
  await run(job(), 'maintenance.scheduled');
  await putOrder('WO-1', { title: 'Quarterly service' });
  const [notice] = await inTenant((tx) => tx.messages.list({ before: null, limit: 5 }));
  expect(notice).toMatchObject({ kind: 'maintenance.scheduled', status: 'queued' });
  expect(notice!.text).toMatch(/Quarterly service[\s\S]*CONFIRM/);
  expect(canBeConfirmed((await inTenant((tx) => tx.workOrders.find('WO-1')))!)).toBe(true);
  await putOrder('WO-1', { kind: 'corrective' });
  expect(await told()).toEqual(['A work-order.assigned queued']);
});

describe('work-order.reminder', () => {
  const reminder = (change: Record<string, unknown> = {}) => ({
    ...{ schemaVersion: 1, tenant: tenant.slug, idempotencyKey: 'reminder-1', number: 'wo 1' },
    ...change,
  });

  test('reminds whoever has the order, until the end of his day', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A', status: 'in_progress', dueAt: '2020-02-03' });
    await run(reminder(), 'work-order.reminder');
    const [message] = await inTenant((tx) => tx.messages.list({ before: null, limit: 5 }));
    expect(message).toMatchObject({ technician: 'A', kind: 'work-order.reminder', lane: 'notification' });
    expect(message!.text).toMatch(/Work Order Reminder[\s\S]*WO-1[\s\S]*Feb 3, 2020/);
    expect(message!.expiresAt!.toISOString()).toMatch(/T23:59:59.999Z$/);
    expect(await note('reminder-1')).toMatchObject({ state: 'done', messageIds: [message!.id] });
    expect(rung).toContain(`outbound ${tenant.channelId}`);
  });

  test('of an order without a due date it is as true, and leaves', async () => {
    await putOrder('WO-1', { title: 'Seal', assignee: 'A', status: 'in_progress' });
    await run(reminder(), 'work-order.reminder');
    const order = (await inTenant((tx) => tx.workOrders.find('WO-1')))!;
    const claim = {
      kind: 'work-order.reminder',
      technicianId: order.assigneeId,
      assignmentNo: null,
    } as const;
    expect(isStillTrue({ ...claim, dueDay: null }, order, 'UTC')).toBe(true);
    expect(isStillTrue({ ...claim, dueDay: '2026-12-25' }, order, 'UTC')).toBe(false);
  });

  test('is refused for an order that is unknown, closed or nobody has', async () => {
    expect(await refusedAt(run(reminder(), 'work-order.reminder'), 'reminder-1')).toEqual(['/number']);
    await putOrder('WO-1', { title: 'Seal' });
    await expect(run(reminder(), 'work-order.reminder')).rejects.toThrow(/\/number .*nobody has/);
    await putOrder('WO-1', { assignee: 'A', status: 'completed', version: 1 });
    await expect(run(reminder(), 'work-order.reminder')).rejects.toThrow(/\/number .*closed/);
    expect(await told()).toEqual([]);
  });
});

describe('message.send', () => {
  const text = (change: Record<string, unknown> = {}) => ({
    ...{ schemaVersion: 1, tenant: tenant.slug, idempotencyKey: 'text-1', to: 'A', text: 'Gate 4 is closed' },
    ...change,
  });
  const lastMessage = async () => (await inTenant((tx) => tx.messages.list({ before: null, limit: 1 })))[0]!;

  test('sends the text as it is, for a day', async () => {
    const before = Date.now();
    await run(text(), 'message.send');
    const message = await lastMessage();
    expect(message).toMatchObject({
      ...{ technician: 'A', kind: 'message.send', lane: 'notification', status: 'queued' },
      ...{ text: 'Gate 4 is closed', workOrders: [] },
    });
    const lastsMs = message.expiresAt!.getTime() - before;
    expect(Math.round(lastsMs / 60_000)).toBe(24 * 60);
    expect(await note('text-1')).toMatchObject({ state: 'done', messageIds: [message.id] });
    const expiresAt = '2090-01-01T00:00:00.000Z';
    await run(text({ idempotencyKey: 'text-2', expiresAt }), 'message.send');
    expect((await lastMessage()).expiresAt!.toISOString()).toBe(expiresAt);
  });

  test('is held back from somebody who has paused', async () => {
    await inTenant(async (tx) => tx.technicians.setPaused((await tx.technicians.find('A'))!.id, true));
    await run(text(), 'message.send');
    expect(await lastMessage()).toMatchObject({ status: 'cancelled', reason: 'paused' });
    expect(await note('text-1')).toMatchObject({ state: 'done' });
  });

  test('is refused with every fault', async () => {
    const wrong = text({ to: 'nobody', text: 'x'.repeat(1501), from: 'me' });
    expect(await refusedAt(run(wrong, 'message.send'), 'text-1')).toEqual(['/from', '/text', '/to']);
    // Twilio counts what JavaScript counts.
    await expect(run(text({ text: '🔧'.repeat(1000) }), 'message.send')).rejects.toThrow(
      /\/text is too long/,
    );
    await expect(run(text({ text: ' ' }), 'message.send')).rejects.toThrow(/\/text must not be empty/);
    await run(text({ text: 'x'.repeat(1500) }), 'message.send');
  });
});

describe('a job that is wrong', () => {
  test('fails for good, with every fault by its place', async () => {
    const wrong = job(
      { schemaVersion: 2, assignee: 'nobody', expiresAt: 'soon', colour: 'red' },
      {
        title: '',
        priority: 'urgent',
        planner: 'nobody',
        asset: { name: 7, floor: 1 },
        dueAt: '2026-02-30',
        assignee: 'B',
        'a/b': 1,
      },
    );
    expect(await refusedAt(run(wrong))).toEqual([
      '/assignee',
      '/colour',
      '/expiresAt',
      '/schemaVersion',
      '/workOrder/asset/code',
      '/workOrder/asset/floor',
      '/workOrder/asset/name',
      '/workOrder/assignee',
      '/workOrder/a~1b',
      '/workOrder/dueAt',
      '/workOrder/planner',
      '/workOrder/priority',
      '/workOrder/title',
    ]);
    expect(await note()).toMatchObject({ state: 'invalid', name: 'work-order.assigned', messageIds: [] });
    expect(await orderNow()).toBeNull();
    expect(rung).toEqual([]);
  });

  test('leaves its key to one that is right', async () => {
    await refusedAt(run(job({ assignee: 'nobody' })));
    await refusedAt(run(job({ colour: 'red' })));
    await run(job());
    expect(await note()).toMatchObject({ state: 'done', faults: [] });
    expect(await told()).toEqual(['A work-order.assigned queued']);
  });

  test('with a used key and other content it changes nothing of what was done', async () => {
    await run(job());
    const done = await note();
    for (const other of [job({ assignee: 'B' }), job({}, { title: 'Other' }), job({ colour: 'red' })]) {
      await expect(run(other)).rejects.toThrow(/\/idempotencyKey was used before/);
    }
    await expect(run(job(), 'maintenance.scheduled')).rejects.toThrow(/\/idempotencyKey/);
    expect(await note()).toEqual(done);
    expect(await orderNow()).toMatchObject({ assignee: 'A', title: 'Replace seal' });
  });

  test.each([
    ['a tenant we do not know', { tenant: 'nobody' }, /\/tenant is no tenant we know/],
    ['no tenant', { tenant: undefined }, /\/tenant is required/],
    ['a tenant that is no text', { tenant: { $ne: 1 } }, /\/tenant /],
    ['a NUL in the tenant', { tenant: 'a\u0000' }, /\/tenant /],
    ['no key', { idempotencyKey: undefined }, /\/idempotencyKey is required/],
    ['an empty key', { idempotencyKey: '' }, /\/idempotencyKey /],
    ['a key that is too long', { idempotencyKey: 'x'.repeat(201) }, /\/idempotencyKey /],
    ['a NUL in the key', { idempotencyKey: 'a\u0000' }, /\/idempotencyKey /],
  ])('with %s it fails and leaves nothing', async (_, change, message) => {
    const failed = run(JSON.parse(JSON.stringify(job(change))));
    await expect(failed).rejects.toThrow(UnrecoverableError);
    await expect(failed).rejects.toThrow(message);
    expect(await orderNow()).toBeNull();
  });

  test.each([
    ['NUL', 'Seal\u0000'],
    ['half a surrogate pair', 'Seal\ud83d'],
  ])('with %s in a text or in a name it fails, and says so in words Postgres can keep', async (_, text) => {
    expect(await refusedAt(run(job({}, { title: text })))).toEqual(['/workOrder/title']);
    expect(await refusedAt(run(job({ [text]: 1 })))).toEqual(['/Seal\ufffd']);
  });

  test.each([[null], [7], ['x'], [[]], [[{}]], [undefined]])('as %j it fails', async (data) => {
    await expect(run(data)).rejects.toThrow(UnrecoverableError);
  });

  test('with a name nothing is known by it fails, saying so', async () => {
    await expect(run(job(), '\u0000')).rejects.toThrow(/nothing is known by/);
    expect(await note()).toMatchObject({ state: 'invalid', name: 'unknown' });
  });

  test('about an alert it names every fault', async () => {
    const common = { schemaVersion: 1, tenant: tenant.slug, idempotencyKey: 'key-1' };
    const alert = { externalId: 'AL-1', asset: 'P-7', severity: 'soonish', recipients: ['A', 'nobody'] };
    expect(await refusedAt(run({ ...common, alert, colour: 'red' }, 'alert.raised'))).toEqual([
      ...['/alert/asset', '/alert/message', '/alert/recipients/1', '/alert/severity', '/colour'],
    ]);
    expect(await refusedAt(run(common, 'alert.raised'))).toEqual(['/alert']);
    expect(await refusedAt(run({ ...common, alert: 7 }, 'alert.raised'))).toEqual(['/alert']);
    expect(await refusedAt(run({ ...common, externalId: 'AL-9' }, 'alert.resolved'))).toEqual([
      '/externalId',
    ]);
  });
});

describe('what goes wrong on the way', () => {
  test('leaves nothing behind, is thrown as it is, and the next run does it all', async () => {
    const data = job({}, { asset: { code: 'P-7' } });
    // Ids are asked for at every step: asset, order, event, conversation, message.
    for (let step = 1; ; step++) {
      let asked = 0;
      const broken = new Error('power cut');
      const newId = () => {
        asked++;
        if (asked === step) throw broken;
        return randomUUID();
      };
      const outcome = await run(data, undefined, { ...deps, newId }).catch((error: unknown) => error);
      if (outcome === undefined) {
        expect(step).toBeGreaterThan(5);
        break;
      }
      expect(outcome).toBe(broken);
      expect([await note(), await orderNow(), await told(), rung]).toEqual([null, null, [], []]);
      expect(await inTenant((tx) => tx.assets.find('P-7'))).toBeNull();
    }
    expect(await note()).toMatchObject({ state: 'done' });
    expect(await told()).toEqual(['A work-order.assigned queued']);
  });

  test('a database that is away is no fault of the job', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const using = (store: object) => ({ ...deps, store: { ...deps.store, ...store } }) as Deps;
    await expect(run(job(), undefined, using({ tenant: () => Promise.reject(away) }))).rejects.toBe(away);
    const gate = { ...store.gate, tenantIds: () => Promise.reject(away) };
    await expect(run(job(), undefined, using({ gate }))).rejects.toBe(away);
    expect(await note()).toBeNull();
  });

  test('log lines hold ids only', async () => {
    await run(job());
    await run(job({ idempotencyKey: 'key-2', assignee: '+15005550199' }, { title: 'secret' })).catch(
      () => {},
    );
    await run(job(), 'secret').catch(() => {});
    expect(logged.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'notification.done',
      'notification.invalid',
      'notification.invalid',
    ]);
    for (const line of logged) expect(line).not.toMatch(/secret|5550199|key-|Replace/);
  });
});

test('whatever a job carries, it is done or fails for good', async () => {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(null, '\u0000', '\ud800', '', 1),
  );
  const mostly = (...usual: unknown[]) =>
    fc.oneof({ weight: 19, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd });
  const order = fc.record(
    {
      number: mostly('WO-5', 'wo5', 'WO-6'),
      title: mostly('Seal', 'Bearing'),
      asset: mostly({ code: 'P-1' }, { code: 'P-2', name: 'Pump' }, null),
      status: mostly('open', 'cancelled', 'completed', 'in_progress'),
      version: mostly(1, 2, 3, 4),
      dueAt: mostly('2026-12-25', '2026-12-25T08:00:00Z', null),
      x: odd,
    },
    { requiredKeys: ['number', 'title'] },
  );
  const nonsense = fc.record({
    name: mostly('work-order.assigned', 'maintenance.scheduled').map(String),
    order: fc.tuple(order, fc.nat(4)).map(([{ x, ...rest }, dice]) => (dice === 0 ? { ...rest, x } : rest)),
    rest: fc.record(
      {
        assignee: mostly('A', 'B'),
        expiresAt: mostly(null, '2026-12-25T08:00:00Z'),
        schemaVersion: mostly(1),
      },
      { requiredKeys: [] },
    ),
    whole: fc.oneof({ weight: 19, arbitrary: fc.constant(undefined) }, fc.jsonValue()),
  });
  let done = 0;
  await fc.assert(
    fc.asyncProperty(nonsense, async ({ name, order, rest, whole }) => {
      const idempotencyKey = randomUUID();
      const data = whole ?? { ...job({ idempotencyKey }, order), ...rest };
      try {
        await run(data, name);
        done++;
      } catch (error) {
        expect(error).toBeInstanceOf(UnrecoverableError);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: BullMQ on Postgres cannot keep them.
        expect((error as Error).message).not.toMatch(/\u0000|\p{Cs}/u);
      }
    }),
    { numRuns: 200, seed },
  );
  // Else it would show little.
  expect(done).toBeGreaterThan(50);
});

test('each schema takes what its job takes, and nothing more', () => {
  const common = { schemaVersion: 1, tenant: 'default', idempotencyKey: 'key-1' };
  const alert = { externalId: 'AL-1', asset: 'P-7', message: 'Too hot', severity: 'critical' };
  const rest: Record<keyof typeof notificationSchemas, object> = {
    'work-order.assigned': job({}, { asset: { code: 'P-7' }, version: 1 }),
    'maintenance.scheduled': job({}, { scheduledFor: '2026-12-24' }),
    'work-order.reminder': { number: 'WO-1' },
    'alert.raised': { alert },
    'alert.resolved': { externalId: 'AL-1', note: null },
    'message.send': { to: 'A', text: 'x'.repeat(1500) },
  };
  for (const [name, schema] of Object.entries(notificationSchemas)) {
    const data = { ...common, ...rest[name as keyof typeof rest] };
    expect([name, schema.safeParse(data).success]).toEqual([name, true]);
    expect([name, schema.safeParse({ ...data, colour: 'red' }).success]).toEqual([name, false]);
    expect([name, schema.safeParse(common).success]).toEqual([name, false]);
  }
});
