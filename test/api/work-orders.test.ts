import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { confirmed } from '../../src/domain/work-order.ts';
import { possibleDuplicate } from '../../src/store/outbox.ts';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
  api.rung.length = 0;
  for (const [id, phone] of [
    ['A', '+15005550101'],
    ['B', '+15005550102'],
  ]) {
    await api.put(`/technicians/${id}`, { name: id, phone }, tenant);
  }
});

const put = (number: string, body: unknown) =>
  api.put(`/work-orders/${encodeURIComponent(number)}`, body, tenant);
const get = async (number: string) => (await api.get(`/work-orders/${number}`, tenant)).body;
const messages = async (query = '') => (await api.get(`/messages?${query}`, tenant)).body.items.reverse();
const told = async (number: string) =>
  (await messages(`workOrder=${number}`)).map((m: { technician: string; kind: string; status: string }) =>
    [m.technician, m.kind, m.status].join(' '),
  );
const events = async (number: string): Promise<{ type: string; data: unknown; actor: unknown }[]> =>
  (await api.get(`/work-orders/${number}/events`, tenant)).body.items;
const eventTypes = async (number: string) =>
  (await events(number)).map(({ type }) => type.replace('work_order.', ''));

const ask = (data: unknown) => api.post('/notifications', { name: 'work-order.assigned', data }, tenant);
const assignment = (assignee: string, order: object = {}) => ({
  ...{ schemaVersion: 1, idempotencyKey: randomUUID(), assignee },
  workOrder: { number: 'WO-1', title: 'Seal', ...order },
});

/** As if the provider had taken every notice that waits. */
const sendQueued = () =>
  api.store.tenant(tenant.tenantId, async (tx) => {
    for (const { id, status } of await tx.messages.list({ before: null, limit: 100 })) {
      if (status === 'queued') {
        await tx.messages.moveTo(id, 'accepted');
        await tx.outbox.stop(id, {});
      }
    }
  });

/** As if A had sent CONFIRM. */
const confirm = () =>
  api.store.tenant(tenant.tenantId, async (tx) => {
    const order = (await tx.workOrders.lockByNumber('WO-1'))!;
    await tx.workOrders.update({ ...order, ...confirmed(order, new Date()).set, version: 2 });
  });

/** Every notice that waits was tried once, ended like that, and is to be tried again. */
const tryQueued = (ended: 'refused' | 'unclear') =>
  api.store.tenant(tenant.tenantId, async (tx) => {
    const channelId = tenant.channelId!;
    const due = await tx.outbox.lockDue((await tx.outbox.due(channelId, 10)).map(({ id }) => id));
    for (const { id: messageId, conversationId, text } of due) {
      const id = randomUUID();
      const attempt = { id, messageId, channelId, reason: 'first', address: 'whatsapp:+15005550101', text };
      await tx.attempts.begin([attempt], 15_000);
      await tx.outbox.sending([{ id: messageId, conversationId }]);
      if (ended === 'refused') await tx.attempts.refused(id, { code: '20429', text: 'too many' });
      else {
        await tx.attempts.unclear(id, 'no answer');
        await tx.messages.moveTo(messageId, 'unknown');
      }
      await tx.outbox.sendAgain(messageId, 60_000, ended === 'refused' ? 'retry:1' : possibleDuplicate);
    }
  });

describe('what an order is', () => {
  test('PUT creates an order with its defaults and answers with the whole', async () => {
    const created = await put('WO-1', { title: 'Replace seal' });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      number: 'WO-1',
      title: 'Replace seal',
      description: null,
      priority: 'medium',
      kind: 'corrective',
      asset: null,
      assignee: null,
      planner: null,
      dueAt: null,
      scheduledFor: null,
      status: 'open',
      escalated: false,
      version: 1,
      assignedAt: null,
      acknowledgedAt: null,
      startedAt: null,
      completedAt: null,
      confirmedAt: null,
    });
    expect(await events('WO-1')).toEqual([]);
    expect(await messages()).toEqual([]);
  });

  test('a number is the same whatever the case and the signs between', async () => {
    await put('WO-7/a', { title: 'Seal' });
    const changed = await put('wo 7A', { description: 'Leaks' });
    expect([changed.status, changed.body.number, changed.body.description]).toEqual([200, 'WO-7/a', 'Leaks']);
    expect((await get('WO٧A')).number).toBe('WO-7/a');
    const empty = await put('--', { title: 'x' });
    expect([empty.status, empty.body.errors[0].pointer]).toEqual([422, '/number']);
  });

  test('left out stays, null clears, and each change counts once', async () => {
    await api.put('/assets/P-7', { name: 'Pump' }, tenant);
    const full = {
      title: 'Seal',
      description: 'Leaks',
      priority: 'critical',
      kind: 'preventive',
      asset: 'P-7',
      planner: 'B',
      dueAt: '2026-12-25',
      scheduledFor: '2026-12-24T09:00:00+02:00',
    };
    const created = (await put('WO-1', full)).body;
    expect(created).toMatchObject({ ...full, scheduledFor: '2026-12-24T07:00:00.000Z', version: 1 });
    const moved = (await put('WO-1', { title: 'Seals', dueAt: '2026-12-25T10:00:00Z' })).body;
    expect(moved).toEqual({ ...created, title: 'Seals', dueAt: '2026-12-25T10:00:00.000Z', version: 2 });
    const cleared = (
      await put('WO-1', { description: null, asset: null, planner: null, dueAt: null, scheduledFor: null })
    ).body;
    expect(cleared).toMatchObject({
      description: null,
      asset: null,
      planner: null,
      dueAt: null,
      scheduledFor: null,
      version: 3,
    });
  });

  test('a PUT that changes nothing is no change', async () => {
    const { body } = await put('WO-1', { title: 'Seal', assignee: 'A', dueAt: '2026-12-25' });
    const same = await put('WO-1', { title: 'Seal', assignee: 'A', dueAt: '2026-12-25', status: 'assigned' });
    expect([same.status, same.body]).toEqual([200, body]);
    const back = await put('WO-1', body);
    expect([back.status, back.body]).toEqual([200, body]);
    expect(await eventTypes('WO-1')).toEqual(['assigned']);
    expect(await told('WO-1')).toEqual(['A work-order.assigned queued']);
  });

  test('every fault is named at once', async () => {
    const answer = await put('WO-1', {
      description: 'x'.repeat(10_001),
      priority: 'urgent',
      kind: 'other',
      asset: 'P-9',
      assignee: 'nobody',
      planner: 'nobody',
      dueAt: '2026-02-30',
      scheduledFor: '2026-12-24T09:00:00',
      status: 'waiting',
      version: 1.5,
      number: 'WO-2',
      completedAt: '2026-12-24T09:00:00.000Z',
      escalated: true,
      colour: 'red',
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/asset',
      '/assignee',
      '/colour',
      '/completedAt',
      '/description',
      '/dueAt',
      '/escalated',
      '/kind',
      '/number',
      '/planner',
      '/priority',
      '/scheduledFor',
      '/status',
      '/title',
      '/version',
    ]);
  });

  test.each([
    '0000-01-01',
    '2026-13-01',
    '10000-01-01',
    '2026-12-24T09:00:00',
    '2026-12-24 09:00:00Z',
    'tomorrow',
    '9999-12-31T23:59:59-10:00',
    '2026-12-24T25:00:00Z',
    '',
  ])('%j is neither a moment nor a day', async (dueAt) => {
    const answer = await put('WO-1', { title: 'Seal', dueAt });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/dueAt']);
  });

  test('two PUTs of one new number at once: one creates, the others change', async () => {
    const answers = await Promise.all(
      ['WO-9', 'wo9', 'WO 9', 'Wo.9'].map((number) => put(number, { title: 'Seal', assignee: 'A' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(await told('WO-9')).toEqual(['A work-order.assigned queued']);
  });

  test('the list is by number and can be narrowed', async () => {
    await put('WO-2', { title: 'x', assignee: 'A' });
    await put('wo-1', { title: 'x' });
    await put('WO-3', { title: 'x', assignee: 'B' });
    const numbers = async (query = '') =>
      (await api.get(`/work-orders?${query}`, tenant)).body.items.map((o: { number: string }) => o.number);
    expect(await numbers()).toEqual(['wo-1', 'WO-2', 'WO-3']);
    expect(await numbers('assignee=A')).toEqual(['WO-2']);
    expect(await numbers('assignee=nobody')).toEqual([]);
    expect(await numbers('status=assigned')).toEqual(['WO-2', 'WO-3']);
    expect(await numbers('status=assigned&assignee=B')).toEqual(['WO-3']);
    const first = (await api.get('/work-orders?limit=2', tenant)).body;
    expect(first.next).toBe('WO-2');
    expect(await numbers(`limit=2&after=${first.next}`)).toEqual(['WO-3']);
  });
});

describe('versions', () => {
  test('a PUT that is behind changes nothing and gets the present order', async () => {
    await put('WO-1', { title: 'Seal' });
    const second = (await put('WO-1', { title: 'Seals', version: 1 })).body;
    expect(second.version).toBe(2);
    for (const version of [1, 0, 3]) {
      const behind = await put('WO-1', { title: 'Old', assignee: 'A', version });
      expect([behind.status, behind.body.type]).toEqual([409, 'urn:rbm:problem:version-conflict']);
      expect(behind.body.current).toEqual(second);
      expect(behind.body.errors[0].pointer).toBe('/version');
    }
    expect(await get('WO-1')).toEqual(second);
    expect(await messages()).toEqual([]);
  });

  test('faults come before the version', async () => {
    await put('WO-1', { title: 'Seal' });
    const answer = await put('WO-1', { version: 7, assignee: 'nobody', colour: 'red' });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toHaveLength(2);
  });

  test('a whole order sent back after somebody else moved it is behind, whatever only we set in it', async () => {
    const { body: read } = await put('WO-1', { title: 'Seal', assignee: 'A' });
    const moved = (await put('WO-1', { status: 'acknowledged', version: 1 })).body;
    const behind = await put('WO-1', { ...read, priority: 'critical' });
    expect([behind.status, behind.body.type]).toEqual([409, 'urn:rbm:problem:version-conflict']);
    expect(behind.body.current).toEqual(moved);

    const again = await put('WO-1', { ...moved, priority: 'critical' });
    expect([again.status, again.body]).toMatchObject([200, { priority: 'critical', version: 3 }]);
    const meddling = await put('WO-1', { ...again.body, acknowledgedAt: null });
    expect([meddling.status, meddling.body.errors?.[0].pointer]).toEqual([422, '/acknowledgedAt']);
  });

  test('a version for an order that is new says nothing', async () => {
    expect(await put('WO-1', { title: 'Seal', version: 5 })).toMatchObject({
      status: 201,
      body: { version: 1 },
    });
    const refused = await put('WO-2', { title: 'Seal', version: 5, status: 'delayed', colour: 'red' });
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/colour',
      '/status',
    ]);
  });

  test('of two PUTs with one version at once, one wins', async () => {
    await put('WO-1', { title: 'Seal' });
    const answers = await Promise.all(['a', 'b'].map((title) => put('WO-1', { title, version: 1 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test('without a version only cancelled, open and what is so anyway are accepted', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    for (const status of ['acknowledged', 'in_progress', 'delayed', 'completed']) {
      const answer = await put('WO-1', { status });
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/status']);
      expect((await put('WO-1', { status, version: null })).status).toBe(422);
    }
    expect((await put('WO-1', { status: 'assigned' })).body.version).toBe(1);
    expect((await put('WO-1', { status: 'assigned', assignee: 'B' })).body).toMatchObject({
      status: 'assigned',
      assignee: 'B',
    });
    expect((await put('WO-1', { status: 'cancelled' })).body).toMatchObject({ status: 'cancelled' });
    expect((await put('WO-1', { status: 'open' })).body).toMatchObject({ status: 'open', assignee: null });
  });

  test('with the present version any status can be set', async () => {
    let { body } = await put('WO-1', { title: 'Seal', assignee: 'A' });
    const statuses = ['in_progress', 'delayed', 'in_progress', 'completed', 'in_progress', 'acknowledged'];
    for (const status of [...statuses, 'cancelled', 'assigned', 'open']) {
      const before = body;
      body = (await put('WO-1', { status, version: body.version })).body;
      expect(body).toMatchObject({ status, version: before.version + 1 });
    }
    expect(await eventTypes('WO-1')).toEqual([
      'assigned',
      'acknowledged',
      'started',
      'delayed',
      'resumed',
      'completed',
      'resumed',
      'acknowledged',
      'cancelled',
      'assigned',
      'assigned',
    ]);
    const orphan = await put('WO-1', { status: 'in_progress', version: body.version });
    expect([orphan.status, orphan.body.errors[0].pointer]).toEqual([422, '/status']);
  });

  test('a new order may begin in any status, and is announced only if it waits to be acknowledged', async () => {
    const begun = await put('WO-1', { title: 'Seal', assignee: 'A', status: 'in_progress' });
    expect([begun.status, begun.body]).toMatchObject([201, { status: 'in_progress', version: 1 }]);
    const done = await put('WO-2', { title: 'Seal', status: 'completed' });
    expect([done.status, done.body.completedAt !== null]).toEqual([201, true]);
    expect(await messages()).toEqual([]);
    const open = await put('WO-3', { title: 'Seal', assignee: 'A', status: 'open' });
    expect(open.body).toMatchObject({ status: 'assigned', assignee: 'A' });
    const orphan = await put('WO-4', { title: 'Seal', status: 'assigned' });
    expect([orphan.status, orphan.body.errors[0].pointer]).toEqual([422, '/status']);
  });
});

describe('assignments', () => {
  test('a new assignee is told once, with bells after the commit', async () => {
    const created = await put('WO-1', { title: 'Seal', assignee: 'A' });
    expect(created.body).toMatchObject({ status: 'assigned', assignee: 'A', version: 1 });
    expect(created.body.assignedAt).not.toBeNull();
    const [event] = await events('WO-1');
    expect(event).toMatchObject({
      type: 'work_order.assigned',
      actor: { kind: 'cmms', id: 'test key' },
      workOrder: 'WO-1',
      alert: null,
      message: null,
      undoes: null,
      data: { assignee: 'A' },
    });
    const [message] = await messages();
    expect(message).toMatchObject({
      direction: 'out',
      technician: 'A',
      way: 'whatsapp',
      kind: 'work-order.assigned',
      lane: 'notification',
      status: 'queued',
      reason: null,
      workOrders: ['WO-1'],
      attempts: [],
    });
    expect(message.text).toMatch(/^🔧 \*New Work Order Assigned\*\n📋 \*WO#:\* WO-1\n/);
    expect(new Set(api.rung)).toEqual(
      new Set([`cmms-events ${tenant.tenantId}`, `outbound ${tenant.channelId}`]),
    );
    await put('WO-1', { priority: 'high' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned queued']);
  });

  test('while the notice waits it is kept up to date', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { title: 'Gasket', kind: 'preventive', scheduledFor: '2026-12-24' });
    const [message] = await messages();
    expect(message.kind).toBe('maintenance.scheduled');
    expect(message.text).toContain('Gasket');
    await sendQueued();
    await put('WO-1', { title: 'Bearing' });
    expect((await messages())[0].text).toContain('Gasket');
  });

  test('the former assignee hears nothing if the notice had not left', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { assignee: 'B' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned cancelled', 'B work-order.assigned queued']);
    expect((await messages())[0].reason).toBe('order-moved-on');
  });

  test('a notice that was refused and waits to be tried again has not left', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await tryQueued('refused');
    await put('WO-1', { priority: 'critical' });
    expect((await messages())[0].text).toContain('Critical');
    await put('WO-1', { assignee: 'B' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned cancelled', 'B work-order.assigned queued']);
  });

  test('one that may have left and is tried again counts as left', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await tryQueued('unclear');
    await put('WO-1', { assignee: 'B' });
    expect(await told('WO-1')).toEqual([
      'A work-order.assigned unknown',
      'A work-order.unassigned queued',
      'B work-order.assigned queued',
    ]);
  });

  test('the former assignee is told if the notice had left', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await sendQueued();
    expect((await put('WO-1', { assignee: 'B' })).body).toMatchObject({ status: 'assigned', version: 2 });
    expect(await told('WO-1')).toEqual([
      'A work-order.assigned accepted',
      'A work-order.unassigned queued',
      'B work-order.assigned queued',
    ]);
    await sendQueued();
    const taken = await put('WO-1', { assignee: null });
    expect(taken.body).toMatchObject({ status: 'open', assignee: null, assignedAt: null });
    expect((await told('WO-1')).at(-1)).toBe('B work-order.unassigned queued');
    expect((await events('WO-1')).map(({ data }) => data)).toEqual([
      { assignee: 'A' },
      { assignee: 'B' },
      { assignee: null },
    ]);
  });

  test('whoever has an order hears that it is cancelled, however far the work is', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await sendQueued();
    await put('WO-1', { status: 'in_progress', version: 1 });
    api.rung.length = 0;
    await put('WO-1', { status: 'cancelled' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned accepted', 'A work-order.cancelled queued']);
    expect(api.rung).toContain(`outbound ${tenant.channelId}`);
    await sendQueued();
    await put('WO-1', { status: 'cancelled', title: 'Seals' });
    expect(await told('WO-1')).toHaveLength(2);
  });

  test('nobody hears of a cancellation who had not been told, or had done the work', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { status: 'cancelled' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned cancelled']);

    await put('WO-2', { title: 'Seal', assignee: 'A' });
    await sendQueued();
    await put('WO-2', { status: 'completed', version: 1 });
    await put('WO-2', { status: 'cancelled' });
    expect(await told('WO-2')).toEqual(['A work-order.assigned accepted']);
  });

  test('an order that goes to somebody else and is cancelled at once is told as cancelled', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await sendQueued();
    await put('WO-1', { assignee: 'B', status: 'cancelled' });
    expect(await told('WO-1')).toEqual(['A work-order.assigned accepted', 'A work-order.cancelled queued']);
  });

  describe('planned maintenance whose date moves', () => {
    const planned = { title: 'Service', kind: 'preventive', scheduledFor: '2026-12-24', assignee: 'A' };
    const twice = ['A maintenance.scheduled accepted', 'A maintenance.scheduled queued'];

    test.each([
      ['another day', '2026-12-27', '2026-12-27'],
      ['a moment', '2026-12-24T10:00:00Z', '2026-12-24T10:00:00.000Z'],
      ['no date', null, null],
    ])('to %s is told again, and waits to be confirmed', async (_, scheduledFor, shown) => {
      await put('WO-1', planned);
      await sendQueued();
      await confirm();
      const moved = await put('WO-1', { scheduledFor });
      expect(moved.body).toMatchObject({
        ...{ status: 'assigned', assignee: 'A', scheduledFor: shown, version: 3 },
        ...{ acknowledgedAt: null, confirmedAt: null },
      });
      expect(await told('WO-1')).toEqual(twice);
      expect((await messages('workOrder=WO-1'))[1].text).toContain('CONFIRM');
      expect(await eventTypes('WO-1')).toEqual(['assigned', 'assigned']);

      await put('WO-1', { scheduledFor, title: 'Great service' });
      expect(await told('WO-1')).toEqual(twice);
    });

    test('before it was confirmed is told again as well', async () => {
      await put('WO-1', planned);
      await sendQueued();
      await put('WO-1', { scheduledFor: '2026-12-27' });
      expect(await told('WO-1')).toEqual(twice);
      expect((await messages('workOrder=WO-1'))[1].text).toContain('Dec 27, 2026');
      // While that waits, it tells the newest date.
      await put('WO-1', { scheduledFor: '2026-12-28' });
      expect(await told('WO-1')).toEqual(twice);
      expect((await messages('workOrder=WO-1'))[1].text).toContain('Dec 28, 2026');
    });

    test('while the work is under way tells nothing, and neither does any other change', async () => {
      await put('WO-1', planned);
      await sendQueued();
      await put('WO-1', { description: 'Bring oil', dueAt: '2026-12-30' });
      await put('WO-1', { status: 'in_progress', version: 2 });
      await put('WO-1', { scheduledFor: '2026-12-27' });
      expect(await told('WO-1')).toEqual(['A maintenance.scheduled accepted']);
      expect(await get('WO-1')).toMatchObject({ status: 'in_progress' });
    });
  });

  test('A, B and A again within a second: one notice waits, for the last assignment', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { assignee: 'B' });
    await put('WO-1', { assignee: 'A' });
    expect(await told('WO-1')).toEqual([
      'A work-order.assigned cancelled',
      'B work-order.assigned cancelled',
      'A work-order.assigned queued',
    ]);
    expect(await get('WO-1')).toMatchObject({ assignee: 'A', status: 'assigned', version: 3 });
  });

  test('A, B and A again over HTTP notifications, one of them twice: told for the last assignment only', async () => {
    const jobs = ['A', 'B', 'A'].map((assignee) => assignment(assignee));
    for (const job of jobs) expect((await ask(job)).body.status).toBe('accepted');
    // One of them again, late: it was done, and must not take the order from whoever has it.
    expect((await ask(jobs[1])).body.status).toBe('duplicate');
    expect(await told('WO-1')).toEqual([
      'A work-order.assigned cancelled',
      'B work-order.assigned cancelled',
      'A work-order.assigned queued',
    ]);
    expect(await get('WO-1')).toMatchObject({ assignee: 'A', status: 'assigned', version: 3 });
  });

  test('a PUT, a notification and both again, all at once, tell one assignment once', async () => {
    const job = assignment('A');
    const answers = await Promise.all([
      put('WO-1', { title: 'Seal', assignee: 'A' }),
      ask(job),
      put('WO-1', { title: 'Seal', assignee: 'A' }),
      ask(job),
      ask(assignment('A')),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status > 202)).toEqual([]);
    expect(await told('WO-1')).toEqual(['A work-order.assigned queued']);
    expect(await eventTypes('WO-1')).toEqual(['assigned']);
    expect(await get('WO-1')).toMatchObject({ version: 1 });
  });

  test('a whole order sent back from before its completion is behind, and does not reopen it', async () => {
    const before = (await put('WO-1', { title: 'Seal', assignee: 'A' })).body;
    await put('WO-1', { status: 'completed', version: before.version });
    const stale = await put('WO-1', { ...before, priority: 'high' });
    expect([stale.status, stale.body.type]).toEqual([409, 'urn:rbm:problem:version-conflict']);
    expect(stale.body.current).toMatchObject({ status: 'completed', priority: 'medium', version: 2 });
    // Over the queue's way the same: what it knew is out of date.
    const job = assignment('A', { version: before.version, status: 'assigned' });
    expect((await ask(job)).status).toBe(202);
    const toAnother = assignment('B', { version: before.version });
    expect((await ask(toAnother)).status).toBe(202);
    expect(await get('WO-1')).toMatchObject({ status: 'completed', assignee: 'A', version: 2 });
    // Without a version `assigned` is no status to set.
    const { version: _, ...unversioned } = before;
    const blind = await put('WO-1', { ...unversioned, acknowledgedAt: null, completedAt: null });
    expect(blind.status).toBe(422);
    expect((await get('WO-1')).status).toBe('completed');
    expect(await eventTypes('WO-1')).toEqual(['assigned', 'completed']);
  });

  test('planned maintenance is announced as such', async () => {
    await put('WO-1', {
      title: 'Oil change',
      kind: 'preventive',
      scheduledFor: '2026-12-24T08:00:00Z',
      assignee: 'A',
    });
    expect(await told('WO-1')).toEqual(['A maintenance.scheduled queued']);
    await put('WO-2', { title: 'Oil change', kind: 'preventive', assignee: 'A' });
    expect(await told('WO-2')).toEqual(['A work-order.assigned queued']);
  });

  test.each(['cancelled', 'completed'])(
    'an order set to %s takes back the notice that waits',
    async (status) => {
      await put('WO-1', { title: 'Seal', assignee: 'A' });
      const closed = await put('WO-1', { status, version: 1 });
      expect(closed.body).toMatchObject({ status, assignee: 'A' });
      expect(await told('WO-1')).toEqual(['A work-order.assigned cancelled']);
      expect(await eventTypes('WO-1')).toEqual(['assigned', status]);
    },
  );

  test('a whole order sent back with another assignee is assigned to him and told, and to nobody it is open', async () => {
    const { body: read } = await put('WO-1', { title: 'Seal', assignee: 'A', status: 'acknowledged' });
    const { status, body } = await put('WO-1', { ...read, assignee: 'B' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'assigned', acknowledgedAt: null },
    });
    expect(await told('WO-1')).toEqual(['B work-order.assigned queued']);
    expect(await eventTypes('WO-1')).toEqual(['assigned', 'acknowledged', 'assigned']);
    const open = await put('WO-1', { ...body, assignee: null });
    expect(open).toMatchObject({ status: 200, body: { status: 'open', assignee: null } });
  });

  test('a PUT that names the same assignee does not reopen what was completed', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { status: 'completed', version: 1 });
    const again = await put('WO-1', { title: 'Seal', assignee: 'A', priority: 'high' });
    expect(again.body).toMatchObject({ status: 'completed', priority: 'high', version: 3 });
    expect(await told('WO-1')).toEqual(['A work-order.assigned cancelled']);
  });

  test('"open" for an order that is being worked on changes nothing', async () => {
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    const { body } = await put('WO-1', { status: 'in_progress', version: 1 });
    expect((await put('WO-1', { status: 'open', assignee: 'A' })).body).toEqual(body);
    const reopened = await put('WO-1', { status: 'completed', version: body.version });
    expect(reopened.body.status).toBe('completed');
    expect((await put('WO-1', { status: 'open', assignee: 'A' })).body).toMatchObject({
      status: 'assigned',
      completedAt: null,
      startedAt: null,
    });
  });

  test('who cannot be reached is assigned, and the log says that nothing was sent', async () => {
    await api.put('/technicians/C', { name: 'C' }, tenant);
    await api.put('/technicians/D', { name: 'D', phone: '+15005550104', active: false }, tenant);
    for (const assignee of ['C', 'D']) {
      expect((await put('WO-1', { title: 'Seal', assignee })).body.status).toBe('assigned');
      expect((await messages(`technician=${assignee}`))[0]).toMatchObject({
        status: 'cancelled',
        reason: 'no-address',
        workOrders: ['WO-1'],
      });
    }
    const silent = await createTenant(api.store, { channel: false });
    await api.put('/technicians/A', { name: 'A', phone: '+15005550101' }, silent);
    await api.put('/work-orders/WO-1', { title: 'Seal', assignee: 'A' }, silent);
    expect((await api.get('/messages', silent)).body.items[0]).toMatchObject({ reason: 'no-address' });
  });

  test('only an account known by its user id is told there', async () => {
    await api.put(
      '/technicians/C',
      { name: 'C', addresses: [{ kind: 'whatsapp-user-id', value: 'US.1' }] },
      tenant,
    );
    await put('WO-1', { title: 'Seal', assignee: 'C' });
    expect(await told('WO-1')).toEqual(['C work-order.assigned queued']);
  });
});

describe('the log and the feed', () => {
  test('messages are newest first, in pages, and can be narrowed', async () => {
    for (const [number, assignee] of [
      ['WO-1', 'A'],
      ['WO-2', 'B'],
      ['WO-3', 'A'],
    ]) {
      await put(number!, { title: 'Seal', assignee });
    }
    const numbers = async (query: string) =>
      (await api.get(`/messages?${query}`, tenant)).body.items.map(
        (m: { workOrders: string[] }) => m.workOrders[0],
      );
    expect(await numbers('')).toEqual(['WO-3', 'WO-2', 'WO-1']);
    const first = (await api.get('/messages?limit=2', tenant)).body;
    expect(first.items).toHaveLength(2);
    expect(await numbers(`limit=2&after=${first.next}`)).toEqual(['WO-1']);
    expect(await numbers('technician=A')).toEqual(['WO-3', 'WO-1']);
    expect(await numbers('technician=nobody')).toEqual([]);
    expect(await numbers('workOrder=wo2')).toEqual(['WO-2']);
    expect(await numbers('workOrder=WO-99')).toEqual([]);
    expect(await numbers('alert=X')).toEqual([]);
    expect(await numbers('direction=in')).toEqual([]);
    expect(await numbers('direction=out&status=queued')).toHaveLength(3);
    expect(await numbers('status=read')).toEqual([]);
    expect(await numbers('since=2026-01-01T00:00:00Z')).toHaveLength(3);
    expect(await numbers('since=2099-01-01T00:00:00%2B02:00')).toEqual([]);

    const [{ id }] = first.items;
    const one = (await api.get(`/messages/${id}`, tenant)).body;
    expect(one).toEqual(first.items[0]);
    expect(one.timeline).toEqual([{ status: 'queued', at: one.createdAt, source: 'us' }]);
  });

  test('"since" goes by when a message was received, as the log shows it', async () => {
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    await api.store.gate.storeInbound([
      {
        ...{ kind: 'message', tenantId: tenant.tenantId, channelId: tenant.channelId!, id: randomUUID() },
        ...{ key: randomBytes(32), raw: Buffer.from('Body=hi'), source: 'catch-up', status: 'received' },
        ...{ receivedAt: hoursAgo(2), way: 'whatsapp', address: 'whatsapp:+15005550101', userId: null },
        ...{ providerId: 'SM1', attemptId: null },
      },
    ]);
    const since = (hours: number) => messages(`since=${hoursAgo(hours).toISOString()}`);
    expect(await since(3)).toHaveLength(1);
    expect(await since(1)).toEqual([]);
  });

  test('the feed goes on from where one stopped reading, and always says where that is', async () => {
    expect((await api.get('/events', tenant)).body).toEqual({ items: [], next: '0' });
    await put('WO-1', { title: 'Seal', assignee: 'A' });
    await put('WO-1', { status: 'cancelled' });
    await api.store.tenant(tenant.tenantId, (tx) => tx.events.publish(100));
    const first = (await api.get('/events?limit=1', tenant)).body;
    expect(first.items.map((e: { type: string }) => e.type)).toEqual(['work_order.assigned']);
    const second = (await api.get(`/events?after=${first.next}`, tenant)).body;
    expect(second.items.map((e: { type: string }) => e.type)).toEqual(['work_order.cancelled']);
    const end = (await api.get(`/events?after=${second.next}`, tenant)).body;
    expect(end).toEqual({ items: [], next: second.next });
    const only = (await api.get('/events?type=work_order.cancelled', tenant)).body;
    expect(only.items).toEqual(second.items);

    const ofOrder = (await api.get('/work-orders/WO-1/events?limit=1', tenant)).body;
    expect(ofOrder.items).toEqual(first.items);
    const rest = (await api.get(`/work-orders/WO-1/events?after=${ofOrder.next}`, tenant)).body;
    expect(rest.items).toEqual(second.items);
  });

  test("no page of an order's events passes by what a slow transaction commits later", async () => {
    await put('WO-1', { title: 'Seal' });
    const order = await api.store.tenant(tenant.tenantId, (tx) => tx.workOrders.find('WO-1'));
    let commit = () => {};
    const allowed = new Promise<void>((done) => {
      commit = done;
    });
    let wrote = () => {};
    const written = new Promise<void>((done) => {
      wrote = done;
    });
    const slow = api.store.tenant(tenant.tenantId, async (tx) => {
      await tx.events.add({
        ...{
          id: randomUUID(),
          type: 'message.failed',
          at: new Date(),
          workOrderId: order!.id,
          messageId: null,
        },
        ...{ actor: { kind: 'system', id: null }, data: {} },
      });
      wrote();
      await allowed;
    });
    await written;
    await put('WO-1', { status: 'cancelled' });
    const page = (await api.get('/work-orders/WO-1/events', tenant)).body;
    expect(page.items.map((e: { type: string }) => e.type)).toEqual(['work_order.cancelled']);
    commit();
    await slow;
    const next = (await api.get(`/work-orders/WO-1/events?after=${page.next}`, tenant)).body;
    expect(next.items.map((e: { type: string }) => e.type)).toEqual(['message.failed']);
  });

  test('a notification that was asked for can be looked up', async () => {
    const id = randomUUID();
    await api.store.tenant(tenant.tenantId, (tx) =>
      tx.notifications.save({
        id,
        idempotencyKey: 'key/1',
        contentHash: Buffer.alloc(0),
        name: 'work-order.assigned',
        state: 'invalid',
        faults: [{ pointer: '/assignee', detail: 'is required' }],
        messageIds: [],
      }),
    );
    const found = await api.get('/notifications/key%2F1', tenant);
    expect(found.body).toEqual({
      id,
      idempotencyKey: 'key/1',
      name: 'work-order.assigned',
      state: 'invalid',
      messages: [],
      faults: [{ pointer: '/assignee', detail: 'is required' }],
    });
    expect((await api.get(`/notifications/${randomUUID()}`, tenant)).status).toBe(404);
  });
});
