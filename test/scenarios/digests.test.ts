import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reminders } from '../../jobs/schedules/reminders.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { decideAnew } from '../../src/cmms/hold-back.ts';
import { tellReminder } from '../../src/cmms/tell-reminder.ts';
import { inLanguage, tellings } from './languages.ts';
import { type Stage, setStage } from './stage.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe.each(tellings)('in $language', ({ locale, backend }) => {
  // Long before Postgres's own: what is due by this clock is due there.
  let clock: number;
  let stage: Stage;
  const say = inLanguage(locale);
  beforeEach(async () => {
    clock = Date.parse('2026-06-01T09:00:00Z');
    stage = await setStage({ backend, workers: 0, now: () => new Date(clock) });
  });
  afterEach(() => stage.strike());

  const scan = () => reminders({ ...stage.deps, monotonicMs: () => performance.now() })(stage.tenantId);
  const work = async () => {
    stage.workers.push(await stage.startAWorker());
  };
  const messagesOf = async (kind: string) =>
    (await stage.messages()).filter((message) => message.kind === kind).reverse();

  test('a digest says only what still is to be done, and an answer to it chooses among its orders', async () => {
    const tech = await stage.technician({ locale });
    const ben = await stage.technician({ locale });
    for (const number of ['WO-1', 'WO-2', 'WO-3', 'WO-4', 'WO-5']) {
      await stage.order(number, { assignee: tech.externalId, dueAt: '2026-06-01', status: 'acknowledged' });
    }
    await scan();
    const { version } = await stage.findOrder('WO-2');
    await stage.order('WO-2', { version, status: 'completed' });
    await stage.order('WO-4', { assignee: ben.externalId });
    await stage.order('WO-5', { dueAt: '2026-06-20' });
    await work();

    const digest = await tech.hears(
      say('Work Order Reminders (2)', 'Recordatorios de órdenes de trabajo (2)'),
    );
    expect(digest.text).toContain(
      say('*WO-1* · Repair of WO-1 · no asset · Due today', '*WO-1* · Repair of WO-1 ·'),
    );
    expect(digest.text).toContain('*WO-3*');
    expect(digest.text).not.toMatch(/WO-[245]/);
    const [row] = await messagesOf('work-order.digest');
    expect(row).toMatchObject({ lane: 'digest', workOrders: ['WO-1', 'WO-3'], text: digest.text });

    await tech.quotes(digest, say('start', 'iniciar'));
    await tech.hears(/1\. \*WO-1\*[\s\S]*2\. \*WO-3\*/);
    await tech.says('2');
    await tech.hears(say('Started', 'Iniciada'));
    expect((await stage.findOrder('WO-3')).status).toBe('in_progress');
  }, 60_000);

  test('what waited past midnight says in how many days it is due from the day it leaves', async () => {
    clock = Date.parse('2026-06-01T23:00:00Z');
    const tech = await stage.technician({
      locale,
      preferences: { quietHours: { from: '22:00', to: '06:00' } },
    });
    const ask = (number: string) =>
      stage.store.tenant(stage.tenantId, async (tx) => {
        const facts = await readFacts(tx, stage.deps, { kind: 'cmms', id: null });
        const expiresAt = '2026-06-02T12:00:00.000Z';
        await tellReminder(tx, { name: 'work-order.reminder', number, expiresAt }, facts, collectFaults());
      });
    await stage.order('WO-1', { assignee: tech.externalId, dueAt: '2026-06-02', status: 'acknowledged' });
    await ask('WO-1');
    const [written] = await messagesOf('work-order.reminder');
    expect(written!.text).toContain(say('Due in 1 day', 'Vence en 1 día'));

    clock = Date.parse('2026-06-02T06:05:00Z');
    await stage.store.tenant(stage.tenantId, (tx) => decideAnew(tx, null));
    await work();
    const { text } = await tech.hears('WO-1');
    expect(text).toContain(say('Due today', 'Vence hoy'));
    const [sent] = await messagesOf('work-order.reminder');
    expect(sent).toMatchObject({ id: written!.id, text });
  }, 60_000);

  test('a digest of which nothing is left is not sent', async () => {
    const tech = await stage.technician({ locale });
    for (const number of ['WO-1', 'WO-2']) {
      await stage.order(number, { assignee: tech.externalId, dueAt: '2026-06-01', status: 'acknowledged' });
    }
    await scan();
    for (const number of ['WO-1', 'WO-2']) await stage.order(number, { status: 'cancelled' });
    await work();
    await stage.until(async () => (await messagesOf('work-order.digest'))[0]?.status === 'cancelled');
    expect(await messagesOf('work-order.digest')).toMatchObject([{ reason: 'order-moved-on', attempts: [] }]);
    await scan();
    expect(await messagesOf('work-order.digest')).toHaveLength(1);
  }, 60_000);

  test('three reminders unread are the last; the planner hears of it; they go on once he writes', async () => {
    const planner = await stage.technician({ role: 'planner', locale });
    const tech = await stage.technician({ locale });
    await stage.order('WO-1', { assignee: tech.externalId, dueAt: '2026-06-01', status: 'acknowledged' });
    await work();
    const remindedOn = async (day: number) => {
      clock = Math.round(Date.parse('2026-06-01T09:00:00Z') + day * dayMs);
      await scan();
      await stage.quiet();
    };
    for (const day of [0, 1, 2]) {
      await remindedOn(day);
      await stage.until(async () => (await messagesOf('work-order.reminder'))[day]?.status === 'delivered');
    }
    await remindedOn(3);
    await planner.hears(
      say('*Technician 2* has not read the last three reminders', '*Technician 2* no leyó los últimos tres'),
    );
    await remindedOn(4);
    expect((await messagesOf('work-order.reminder')).slice(3)).toMatchObject(
      Array(2).fill({
        ...{ status: 'cancelled', reason: 'preference' },
        error: { text: 'the last three reminders were not read' },
      }),
    );
    expect(await messagesOf('technician.not-reading')).toHaveLength(1);

    await tech.says(say('my work', 'mis trabajos'));
    await tech.hears(say('Your work orders', 'Sus órdenes de trabajo'));
    // While the service window that this opened is still open.
    await remindedOn(5 - 1 / 24);
    await tech.hears(say('Overdue by 5 days', '5 días'));
  }, 60_000);

  test('maintenance that nobody confirms is asked about again, then the planner is told', async () => {
    const planner = await stage.technician({ role: 'planner', locale });
    const tech = await stage.technician({ locale });
    for (const number of ['PM-1', 'PM-2']) {
      await stage.order(number, {
        ...{ kind: 'preventive', scheduledFor: '2026-06-04', assignee: tech.externalId },
        planner: planner.externalId,
      });
    }
    await work();
    const scheduled = say('Scheduled Maintenance', 'Mantenimiento programado');
    await tech.hears(new RegExp(`${scheduled}[\\s\\S]*PM-1`));
    await tech.hears(new RegExp(`${scheduled}[\\s\\S]*PM-2`));
    clock += dayMs;
    await scan();
    const again = say('Not confirmed yet', 'Todavía sin confirmar');
    await tech.hears(new RegExp(`${scheduled}[\\s\\S]*${again}[\\s\\S]*PM-1`));
    const second = await tech.hears(new RegExp(`${scheduled}[\\s\\S]*${again}[\\s\\S]*PM-2`));
    await tech.quotes(second, say('confirm', 'confirmar'));
    await tech.hears(say('Confirmed', 'Confirmada'));

    clock += dayMs;
    await scan();
    const report = await planner.hears(
      say('Maintenance not confirmed* by Technician 2', 'Mantenimiento sin confirmar* por Technician 2'),
    );
    expect(report.text).toContain('*PM-1*');
    clock += dayMs;
    await scan();
    await stage.quiet();
    expect(planner.heard()).toHaveLength(1);
    expect(await messagesOf('maintenance.reminder')).toHaveLength(2);
  }, 60_000);
});
