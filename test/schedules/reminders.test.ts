import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { notifications } from '../../jobs/notifications.ts';
import { reminders } from '../../jobs/schedules/reminders.ts';
import { reminderWindows } from '../../src/domain/reminder.ts';
import { createStore } from '../../src/store/store.ts';
import { type ScanStage, setScanStage } from './stage.ts';

let stage: ScanStage;
beforeAll(async () => {
  stage = await setScanStage();
});
afterAll(() => stage.strike());
beforeEach(() => stage.begin());

const overdue = [{ id: 'overdue-daily', days: -1, at: '08:00', priorities: null }];

const setRules = (rules: object[]) => stage.saving((tx) => tx.settings.save({ reminders: rules }));

describe('an order with a due date', () => {
  test('is reminded of two days and one day before, on the day, then daily until it is done', async () => {
    const ana = await stage.technician();
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-10' });
    const days: Record<string, number> = {};
    for (let day = 5; day <= 14; day++) {
      const on = `2026-12-${String(day).padStart(2, '0')}`;
      if (day === 14) await stage.order('WO-1', { status: 'cancelled' });
      for (const hour of ['07:45', '08:00', '08:15', '23:45']) {
        const before = (await stage.told()).length;
        await stage.scan(`${on}T${hour}:00Z`);
        const count = (await stage.told()).length - before;
        if (count > 0) days[`${day} ${hour}`] = count;
      }
      await stage.arrived('read');
    }
    expect(days).toEqual({
      ...{ '8 08:00': 1, '9 08:00': 1, '10 08:00': 1, '11 08:00': 1, '12 08:00': 1, '13 08:00': 1 },
    });
    const [first] = await stage.written();
    expect(first).toMatchObject({
      ...{ kind: 'work-order.reminder', lane: 'notification', workOrders: ['WO-1'] },
      expiresAt: new Date('2026-12-08T23:59:59.999Z'),
    });
    expect(first!.text).toMatch(/Due in 2 days\n/);
  });

  test('is reminded of by the rules of its priority', async () => {
    const ana = await stage.technician();
    await setRules([
      { id: 'week', days: 7, at: '06:30', priorities: ['critical'] },
      { id: 'day', days: 0, at: '09:00', priorities: null },
    ]);
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-10', priority: 'critical' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-10', priority: 'low' });
    await stage.scan('2026-12-03T06:15:00Z');
    expect(await stage.told()).toEqual([]);
    await stage.scan('2026-12-03T06:30:00Z');
    expect(await stage.told()).toEqual(['tech-1 work-order.reminder: WO-1']);
    await stage.scan('2026-12-10T08:45:00Z');
    expect(await stage.told()).toHaveLength(1);
    await stage.scan('2026-12-10T09:00:00Z');
    expect((await stage.told()).slice(1)).toEqual(['tech-1 work-order.digest: WO-1 WO-2']);
  });

  test('for which several rules ask is reminded of once, also when a rule comes later that day', async () => {
    const ana = await stage.technician();
    const early = { id: 'early', days: 0, at: '06:00', priorities: null };
    const late = { id: 'late', days: 0, at: '12:00', priorities: null };
    await setRules([early, late]);
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-10' });
    await stage.scan('2026-12-10T06:00:00Z');
    await stage.scan('2026-12-10T12:00:00Z');
    await setRules([early, late, { ...late, id: 'new' }]);
    await stage.scan('2026-12-10T12:15:00Z');
    expect(await stage.told()).toEqual(['tech-1 work-order.reminder: WO-1']);
  });

  test('that gets another date after its reminder is reminded of for the new one, that day too', async () => {
    const ana = await stage.technician();
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-10' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-10T12:00:00Z' });
    await stage.scan('2026-12-09T08:00:00Z');
    await stage.order('WO-1', { dueAt: '2026-12-11' });
    await stage.order('WO-2', { dueAt: '2026-12-11T12:00:00Z' });
    await stage.scan('2026-12-09T08:15:00Z');
    await stage.scan('2026-12-09T08:30:00Z');
    // Another hour of the same day is no other day.
    await stage.order('WO-2', { dueAt: '2026-12-11T13:00:00Z' });
    await stage.scan('2026-12-09T08:45:00Z');
    expect(await stage.told()).toEqual([
      'tech-1 work-order.digest: WO-1 WO-2',
      'tech-1 work-order.digest: WO-1 WO-2',
    ]);
  });

  test('that goes to another zone, where its moment is on another day, is reminded of for that day', async () => {
    const [ana, ben, cas] = [
      await stage.technician({ timeZone: 'Europe/Berlin' }),
      await stage.technician({ timeZone: 'Asia/Tokyo' }),
      await stage.technician({ timeZone: 'Asia/Seoul' }),
    ];
    // Overdue since the 7th in Berlin, since the 8th in Tokyo and Seoul.
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-07T20:00:00Z' });
    await stage.scan('2026-12-09T08:00:00Z');
    const marks = () =>
      stage.superuser.query('SELECT count(*)::int FROM reminder_mark WHERE tenant_id = $1', [
        stage.tenantId(),
      ]);
    for (const { externalId } of [ben, ana, cas]) {
      await stage.order('WO-1', { assignee: externalId });
      await stage.scan('2026-12-09T08:15:00Z');
      await stage.scan('2026-12-09T08:30:00Z');
    }
    expect(await stage.told()).toEqual([
      'tech-1 work-order.reminder: WO-1',
      'tech-2 work-order.reminder: WO-1',
    ]);
    expect((await marks()).rows).toEqual([{ count: 2 }]);
    // Nothing that is marked is looked at again.
    const windows = reminderWindows(overdue, 'Asia/Seoul', new Date('2026-12-09T08:30:00Z'));
    expect(await stage.saving((tx) => tx.reminders.peopleToRemind(windows, 'UTC'))).toEqual([]);
  });

  test('is reminded of at the hour of whoever has it', async () => {
    const zones = ['America/Los_Angeles', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Auckland', null];
    for (const [index, timeZone] of zones.entries()) {
      const { externalId } = await stage.technician({ timeZone });
      await stage.order(`WO-${index + 1}`, { assignee: externalId, dueAt: '2026-12-10' });
    }
    const mornings: string[] = [];
    for (let quarter = 0; quarter < 4 * 25; quarter++) {
      const at = new Date(Date.parse('2026-12-09T16:00:00Z') + quarter * 900_000).toISOString();
      stage.rung.length = 0;
      await stage.scan(at);
      if (stage.rung.length > 0) mornings.push(at.slice(8, 16));
    }
    expect(mornings).toEqual(['09T16:00', '09T19:00', '10T02:15', '10T07:00', '10T08:00', '10T16:00']);
    const onTheDay = (await stage.written()).filter(({ text }) => text?.includes('Due today'));
    expect(onTheDay.map(({ technician }) => technician)).toEqual([
      'tech-4',
      'tech-3',
      'tech-2',
      'tech-5',
      'tech-1',
    ]);
  });
});

describe('several orders of one person', () => {
  test('are one digest, the most urgent first, with how to answer', async () => {
    const ana = await stage.technician();
    await stage.saving((tx) =>
      tx.assets.insert({ id: randomUUID(), code: 'P-3', name: 'Pump 3', location: null }),
    );
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-10', asset: 'P-3' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-10', priority: 'critical' });
    await stage.order('WO-3', { assignee: ana.externalId, dueAt: '2026-12-07' });
    await stage.scan('2026-12-08T08:00:00Z');
    const [digest, ...more] = await stage.written();
    expect(more).toEqual([]);
    expect(digest).toMatchObject({
      ...{ kind: 'work-order.digest', lane: 'digest', status: 'queued' },
      ...{ workOrders: ['WO-3', 'WO-2', 'WO-1'], expiresAt: new Date('2026-12-08T23:59:59.999Z') },
    });
    expect(digest!.text).toBe(
      [
        '⏰ *Work Order Reminders (3)*',
        '• *WO-3* · Repair of WO-3 · no asset · Overdue by 1 day',
        '• *WO-2* · Repair of WO-2 · no asset · Due in 2 days',
        '• *WO-1* · Repair of WO-1 · Pump 3 · Due in 2 days',
        '💬 Reply with a command and the number, for example: START WO-3',
      ].join('\n'),
    );
    expect(stage.rung).toContain('outbound');
  });

  test('that are too many for one message end with where the rest is', async () => {
    const ana = await stage.technician({ locale: 'es' });
    for (let number = 1; number <= 60; number++) {
      await stage.order(`WO-${number}`, { assignee: ana.externalId, dueAt: '2026-12-08' });
    }
    await stage.scan('2026-12-08T08:00:00Z');
    const [digest] = await stage.written();
    expect(digest!.workOrders).toHaveLength(60);
    expect(digest!.text!.length).toBeLessThanOrEqual(1600);
    expect(digest!.text).toMatch(/^⏰ \*Recordatorios de órdenes de trabajo \(60\)\*\n• \*WO-1\*/);
    expect(digest!.text).toMatch(/… y \d+ más: MIS TRABAJOS\n💬 .*INICIAR WO-1$/);
  });

  test('whatever is held back still has its marks and its reason', async () => {
    const ana = await stage.technician({ preferences: { paused: true } });
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-08' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-08' });
    await stage.scan('2026-12-08T08:00:00Z');
    await stage.scan('2026-12-08T08:15:00Z');
    expect(await stage.written()).toMatchObject([{ status: 'cancelled', reason: 'paused', error: null }]);
    // START lists them as missed.
    const missed = await stage.saving((tx) => tx.messages.missed(ana.id, ana.externalId, null));
    expect(missed).toHaveLength(2);
  });
});

describe('whatever else happens, each goes once', () => {
  const givenOrders = async () => {
    for (let person = 0; person < 60; person++) {
      const { externalId } = await stage.technician();
      for (const letter of ['A', 'B']) {
        await stage.order(`WO-${person}-${letter}`, { assignee: externalId, dueAt: '2026-12-08' });
      }
    }
  };
  const everyOrder = Array.from(
    { length: 60 },
    (_, person) => `tech-${person + 1} work-order.digest: WO-${person}-A WO-${person}-B`,
  );

  test('two scans at once', async () => {
    await givenOrders();
    stage.clock.now = new Date('2026-12-08T08:00:00Z');
    await Promise.all([stage.scan(), stage.scan(), stage.scan()]);
    expect((await stage.told()).sort()).toEqual(everyOrder.sort());
  });

  test('a scan that dies between two batches, and the next one', async () => {
    await givenOrders();
    let batches = 0;
    const dying = {
      ...stage.deps.store,
      tenant: ((tenantId, work) => {
        // The plan, one batch of ten people, and then the process is gone.
        if (++batches > 2) throw new Error('killed');
        return stage.deps.store.tenant(tenantId, work);
      }) as typeof stage.deps.store.tenant,
    };
    stage.clock.now = new Date('2026-12-08T08:00:00Z');
    await expect(reminders({ ...stage.deps, store: dying })(stage.tenantId())).rejects.toThrow();
    expect(await stage.told()).toHaveLength(10);
    await stage.scan('2026-12-08T08:15:00Z');
    expect((await stage.told()).sort()).toEqual(everyOrder.sort());
  });

  test('a scan that dies inside a batch leaves neither mark nor message of it', async () => {
    await givenOrders();
    const store = createStore({ url: stage.database.appUrl });
    let left = 3;
    const newId = () => {
      if (--left < 0) throw new Error('killed');
      return randomUUID();
    };
    stage.clock.now = new Date('2026-12-08T08:00:00Z');
    await expect(reminders({ ...stage.deps, store, newId })(stage.tenantId())).rejects.toThrow('some people');
    await store.close();
    expect(await stage.told()).toEqual([]);
    await stage.scan('2026-12-08T08:15:00Z');
    expect((await stage.told()).sort()).toEqual(everyOrder.sort());
  });

  test('a change while the scan waits for the order is seen', async () => {
    const [ana, ben] = [await stage.technician(), await stage.technician()];
    const { id } = await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-08' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-08' });
    stage.clock.now = new Date('2026-12-08T08:00:00Z');
    let scanning: Promise<void> | undefined;
    await stage.saving(async (tx) => {
      const order = (await tx.workOrders.lock(id))!;
      scanning = stage.scan();
      while ((await waiting()) === 0) await new Promise((done) => setTimeout(done, 5));
      await tx.workOrders.update({ ...order, assigneeId: ben.id });
    });
    await scanning;
    expect(await stage.told()).toEqual(['tech-1 work-order.reminder: WO-2']);
    await stage.scan('2026-12-08T08:15:00Z');
    expect((await stage.told()).slice(1)).toEqual(['tech-2 work-order.reminder: WO-1']);
  });

  const waiting = async () =>
    (
      await stage.superuser.query(
        'SELECT count(*)::int AS count FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT granted AND datname = $1',
        [stage.database.name],
      )
    ).rows[0].count;
});

test('a reminder and a digest do not count as the notice by which a bare ACK finds its order', async () => {
  const ana = await stage.technician();
  for (const number of ['WO-1', 'WO-2']) {
    await stage.order(number, { assignee: ana.externalId, dueAt: '2026-12-08' });
  }
  await stage.scan('2026-12-08T08:00:00Z');
  await stage.order('WO-1', { dueAt: '2026-12-09' });
  await stage.scan('2026-12-08T08:15:00Z');
  expect((await stage.told()).sort()).toEqual([
    'tech-1 work-order.digest: WO-1 WO-2',
    'tech-1 work-order.reminder: WO-1',
  ]);
  // Of WO-1 everything was accepted but the notice itself.
  const { rows } = await stage.superuser.query(
    `INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, state, status, sending_at, accepted_at)
     SELECT m.tenant_id, gen_random_uuid(), m.id, m.channel_id, 'first', '', 'accepted', 'accepted', at, at FROM message m,
       LATERAL (SELECT timestamptz '2026-12-08' + m.seq * interval '1 minute' AS at) a WHERE m.tenant_id = $1
       AND NOT (m.kind = 'work-order.assigned' AND m.text LIKE '%WO-1%')
     RETURNING accepted_at AS at, (SELECT kind FROM message WHERE id = message_id) AS kind,
       (SELECT work_order_id FROM message WHERE id = message_id) AS "orderId"`,
    [stage.tenantId()],
  );
  expect(rows).toHaveLength(3);
  const noticed = await stage.saving((tx) => tx.messages.noticesAccepted(ana.id));
  const notices = rows.filter(({ kind }) => kind === 'work-order.assigned');
  expect(noticed).toEqual(new Map(notices.map(({ orderId, at }) => [orderId, at])));
});

describe('somebody who does not read', () => {
  const day = (number: number) => `2026-12-${String(number).padStart(2, '0')}T08:00:00Z`;
  const kinds = async () =>
    (await stage.written()).map(
      ({ technician, kind, status, reason }) => `${technician} ${kind} ${reason ?? status}`,
    );

  test('is not reminded a fourth time until he reads one, and the planner hears of it once', async () => {
    const planner = await stage.technician({ role: 'planner' });
    const ana = await stage.technician();
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-01' });
    for (const number of [2, 3, 4]) {
      await stage.scan(day(number));
      await stage.arrived('delivered');
    }
    for (const number of [5, 6]) {
      await stage.scan(day(number));
      await stage.arrived('delivered');
    }
    expect(await kinds()).toEqual([
      ...Array(3).fill('tech-2 work-order.reminder delivered'),
      'tech-2 work-order.reminder preference',
      'tech-1 technician.not-reading delivered',
      'tech-2 work-order.reminder preference',
    ]);
    const all = await stage.written();
    expect(all[3]).toMatchObject({
      ...{ status: 'cancelled', error: { code: null, text: 'the last three reminders were not read' } },
    });
    expect(all[4]!.text).toMatch(
      /\*Technician 2\* has not read the last three reminders, the first of \d\d:\d\d/,
    );
    const events = await stage.saving((tx) =>
      tx.events.publish(1000).then(() => tx.events.feed({ after: 0, limit: 100 })),
    );
    expect(events.filter(({ type }) => type === 'technician.unreachable').map(({ data }) => data)).toEqual([
      { technician: ana.externalId, reason: 'not-read' },
    ]);

    await stage.superuser.query("UPDATE message SET status = 'read' WHERE id = $1", [all[1]!.id]);
    for (const number of [7, 8, 9, 10]) {
      await stage.scan(day(number));
      await stage.arrived('delivered');
    }
    // The second of three was read: two more make three in a row again.
    expect((await kinds()).slice(6)).toEqual([
      'tech-2 work-order.reminder delivered',
      'tech-2 work-order.reminder delivered',
      'tech-2 work-order.reminder preference',
      'tech-1 technician.not-reading delivered',
      'tech-2 work-order.reminder preference',
    ]);
    expect(planner.externalId).toBe('tech-1');
  });

  test('still gets the reminders that the CMMS asks for', async () => {
    const ana = await stage.technician();
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-01' });
    for (const number of [2, 3, 4, 5]) {
      await stage.scan(day(number));
      await stage.arrived('delivered');
    }
    expect((await kinds()).at(-1)).toBe('tech-1 work-order.reminder preference');
    const { slug } = (await stage.saving((tx) => tx.tenants.get()))!;
    await notifications(stage.deps)({
      name: 'work-order.reminder',
      data: { schemaVersion: 1, tenant: slug, idempotencyKey: 'remind-WO-1', number: 'WO-1' },
    });
    expect((await kinds()).at(-1)).toBe('tech-1 work-order.reminder queued');
    await stage.arrived('delivered');
    await stage.scan(day(6));
    expect((await kinds()).at(-1)).toBe('tech-1 work-order.reminder preference');
  });

  test('is reminded again once he writes, though read receipts are switched off', async () => {
    const ana = await stage.technician();
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-01' });
    await stage.order('WO-2', { assignee: ana.externalId, dueAt: '2026-12-01' });
    for (const number of [2, 3, 4, 5]) {
      await stage.scan(day(number));
      await stage.arrived('delivered');
    }
    expect((await kinds()).at(-1)).toBe('tech-1 work-order.digest preference');
    await stage.superuser.query(
      `INSERT INTO message (tenant_id, id, direction, technician_id, way, status)
       VALUES ($1, gen_random_uuid(), 'in', $2, 'whatsapp', 'processed')`,
      [stage.tenantId(), ana.id],
    );
    await stage.scan(day(6));
    expect((await kinds()).at(-1)).toBe('tech-1 work-order.digest queued');
  });

  test('what never arrived is not unread, and each person is judged alone', async () => {
    const [ana, ben] = [await stage.technician(), await stage.technician()];
    await stage.order('WO-1', { assignee: ana.externalId, dueAt: '2026-12-01' });
    await stage.order('WO-2', { assignee: ben.externalId, dueAt: '2026-12-01' });
    for (const number of [2, 3, 4]) {
      await stage.scan(day(number));
      await stage.superuser.query(
        `UPDATE message SET due_at = NULL, status = CASE WHEN technician_id = $1 THEN 'failed' ELSE 'sent' END
         WHERE due_at IS NOT NULL AND tenant_id = $2`,
        [ana.id, stage.tenantId()],
      );
    }
    await stage.scan(day(5));
    expect((await kinds()).slice(-2).sort()).toEqual([
      'tech-1 work-order.reminder queued',
      'tech-2 work-order.reminder preference',
    ]);
  });
});

describe('scheduled maintenance', () => {
  const givenMaintenance = async () => {
    const planner = await stage.technician({ role: 'planner', locale: 'es' });
    const other = await stage.technician({ role: 'planner' });
    const ana = await stage.technician({ timeZone: 'America/New_York' });
    const order = (number: string, fields: object = {}) =>
      stage.order(number, {
        ...{
          kind: 'preventive',
          scheduledFor: '2026-12-10',
          assignee: ana.externalId,
          planner: planner.externalId,
        },
        ...fields,
      });
    return { planner, other, ana, order };
  };

  test('that nobody confirms is asked about once more, then reported to its planner, each once', async () => {
    const { order } = await givenMaintenance();
    await order('WO-1');
    const seen: Record<string, string> = {};
    for (let hour = 0; hour < 5 * 24; hour++) {
      const at = new Date(Date.parse('2026-12-07T00:00:00Z') + hour * 3_600_000).toISOString();
      await stage.scan(at);
      for (const line of await stage.told()) seen[line] ??= at.slice(0, 16);
    }
    expect(seen).toEqual({
      'tech-3 maintenance.reminder: WO-1': '2026-12-08T13:00',
      'tech-1 maintenance.unconfirmed: WO-1': '2026-12-09T13:00',
    });
    const [reminder, report, ...more] = await stage.written();
    expect(more).toEqual([]);
    expect(reminder!.text).toMatch(
      /^🗓️ \*Scheduled Maintenance\*\n⏳ Not confirmed yet\n.*WO-1\n[\s\S]*Scheduled:\* Dec 10, 2026\n[\s\S]*CONFIRM - /,
    );
    expect(reminder).toMatchObject({ expiresAt: new Date('2026-12-09T04:59:59.999Z') });
    expect(report!.text).toMatch(
      /Mantenimiento sin confirmar\* por Technician 3\n\*WO-1\*[\s\S]*10 dic 2026/,
    );
  });

  test('that is confirmed, started, closed or has nobody is left alone', async () => {
    const { ana, order } = await givenMaintenance();
    await order('WO-1', { status: 'acknowledged' });
    await order('WO-2', { status: 'in_progress' });
    await order('WO-3', { status: 'cancelled' });
    await order('WO-4', { assignee: null });
    await order('WO-5', { kind: 'corrective' });
    const { id } = await order('WO-6');
    await stage.saving((tx) =>
      tx.workOrders.apply(
        [
          {
            ...{ orderId: id, before: null, event: { type: 'work_order.confirmed' } },
            set: { status: 'acknowledged', confirmedAt: new Date(), acknowledgedAt: new Date() },
          },
        ],
        { actor: { kind: 'technician', id: ana.externalId }, at: new Date(), newId: randomUUID },
      ),
    );
    for (const number of ['08', '09', '10', '11']) await stage.scan(`2026-12-${number}T15:00:00Z`);
    expect(await stage.told()).toEqual([]);
  });

  test('that gets another date or technician is asked about anew', async () => {
    const { order } = await givenMaintenance();
    const ben = await stage.technician();
    await order('WO-1');
    await order('WO-2');
    await stage.scan('2026-12-08T15:00:00Z');
    await order('WO-1', { scheduledFor: '2026-12-15' });
    await order('WO-2', { assignee: ben.externalId });
    for (const number of ['09', '10', '11', '12', '13', '14', '15', '16']) {
      await stage.scan(`2026-12-${number}T15:00:00Z`);
    }
    const [first, second, ...rest] = await stage.told();
    expect([first, second].sort()).toEqual([
      'tech-3 maintenance.reminder: WO-1',
      'tech-3 maintenance.reminder: WO-2',
    ]);
    expect(rest).toEqual([
      'tech-4 maintenance.reminder: WO-2',
      'tech-1 maintenance.unconfirmed: WO-2',
      'tech-3 maintenance.reminder: WO-1',
      'tech-1 maintenance.unconfirmed: WO-1',
    ]);
  });

  test('is asked about and reported whatever the rules of reminders are called', async () => {
    const { order } = await givenMaintenance();
    await setRules(['confirm', 'unconfirmed'].map((id) => ({ id, days: 2, at: '08:00', priorities: null })));
    // Its reminder falls on the mornings on which it is asked about.
    await order('WO-1', { dueAt: '2026-12-10' });
    for (const number of ['08', '09']) await stage.scan(`2026-12-${number}T15:00:00Z`);
    expect((await stage.told()).sort()).toEqual([
      'tech-1 maintenance.unconfirmed: WO-1',
      'tech-3 maintenance.reminder: WO-1',
      'tech-3 work-order.reminder: WO-1',
    ]);
  });

  test('two scans at once ask and report once', async () => {
    const { order } = await givenMaintenance();
    for (let number = 1; number <= 40; number++) await order(`WO-${number}`);
    stage.clock.now = new Date('2026-12-08T15:00:00Z');
    await Promise.all([stage.scan(), stage.scan()]);
    expect(await stage.told()).toHaveLength(40);
    stage.clock.now = new Date('2026-12-09T15:00:00Z');
    await Promise.all([stage.scan(), stage.scan()]);
    expect(await stage.told()).toHaveLength(80);
  });
});
