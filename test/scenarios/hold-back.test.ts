import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFacts, ringAll } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { findRoute } from '../../src/cmms/route.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveSettings } from '../../src/cmms/settings.ts';
import { backends, type Stage, setStage } from './stage.ts';

// It is three in the morning, and the end of the quiet hours lies before Postgres's own time.
const night = Date.UTC(2026, 0, 15, 3, 0);
const quietHours = { from: '22:00', to: '06:00' };

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  let now = night;
  beforeAll(async () => {
    stage = await setStage({ backend, now: () => new Date(now) });
  });
  afterAll(() => stage?.strike());

  type Tech = Awaited<ReturnType<Stage['technician']>>;
  let orders = 0;
  /** Assigns an order, and answers what became of the notice. */
  const assign = async (tech: Tech) => {
    const number = `WO-${++orders}`;
    await stage.order(number, { assignee: tech.externalId });
    return number;
  };
  const notice = async (number: string) =>
    (await stage.messages()).find(
      ({ kind, workOrders }) => kind === 'work-order.assigned' && workOrders.includes(number),
    )!;
  const put = async (tech: Tech, fields: TechnicianFields) => {
    const bells = await stage.store.tenant(stage.tenantId, async (tx) => {
      const facts = await readFacts(tx, stage.deps, { kind: 'cmms', id: null });
      return (await saveTechnician(tx, tech.externalId, fields, facts, collectFaults())).bells;
    });
    ringAll(stage.deps, stage.tenantId, bells);
  };
  const putSettings = async (fields: Parameters<typeof saveSettings>[1]) =>
    ringAll(
      stage.deps,
      stage.tenantId,
      await stage.store.tenant(stage.tenantId, (tx) => saveSettings(tx, fields, collectFaults())),
    );
  /** A row as an alert leaves it. */
  const alarm = async (tech: Tech, text: string) => {
    const bell = await stage.store.tenant(stage.tenantId, async (tx) => {
      const route = await findRoute(tx, (await tx.technicians.get(tech.id))!, randomUUID);
      if ('not' in route) throw new Error(route.not);
      await tx.outbox.add({
        ...{ id: randomUUID(), technicianId: tech.id, ...route, inReplyTo: null },
        ...{ kind: 'message.send', lane: 'critical', text, workOrderIds: [], about: null, heldBack: null },
        ...{ dueAt: new Date(now), expiresAt: new Date(now + 3_600_000) },
      });
      return route.channelId;
    });
    stage.deps.ring('outbound', stage.tenantId, bell);
  };

  test('what somebody does not want is kept with the reason, and what is critical goes all the same', async () => {
    const paused = await stage.technician();
    await paused.says('STOP');
    await paused.hears('paused');
    const choosy = await stage.technician({ preferences: { kinds: { 'work-order.assigned': false } } });
    const asleep = await stage.technician({ preferences: { quietHours } });
    for (const [tech, status, reason] of [
      [paused, 'cancelled', 'paused'],
      [choosy, 'cancelled', 'preference'],
      [asleep, 'queued', 'quiet-hours'],
    ] as const) {
      const number = await assign(tech);
      expect(await notice(number)).toMatchObject({ status, reason, attempts: [] });
      await alarm(tech, `Pump 3 on fire, ${number}`);
      await tech.hears(`Pump 3 on fire, ${number}`);
      expect(tech.heard().filter((text) => text.includes('New Work Order'))).toEqual([]);
      expect(await notice(number)).toMatchObject({ status, reason, attempts: [] });
    }
  });

  test('one that waits for the end of quiet hours leaves then, and is not held back any more', async () => {
    const tech = await stage.technician({ preferences: { quietHours } });
    const number = await assign(tech);
    // Postgres is past that end already: whoever took it put it off by the product's clock.
    await stage.until(async () => {
      const [row] = await waitingFor(tech);
      return row && row.seconds > 3 * 3600 - 60 && row.seconds <= 3 * 3600;
    });
    now = Date.UTC(2026, 0, 15, 6, 0);
    await stage.alter(
      `UPDATE message SET due_at = now() WHERE technician_id = '${tech.id}' AND due_at IS NOT NULL`,
    );
    await tech.hears(number);
    await stage.until(async () => (await notice(number)).status === 'delivered');
    expect(await notice(number)).toMatchObject({ reason: null });
    now = night;
  });

  const waitingFor = async (tech: Tech): Promise<{ seconds: number }[]> =>
    stage.ask(
      `SELECT extract(epoch FROM due_at - now())::float8 AS seconds FROM message
       WHERE technician_id = '${tech.id}' AND reason = 'quiet-hours' AND due_at > now()`,
    );

  test.each<[string, (tech: Tech) => Promise<void>]>([
    ['lifts them', (tech) => put(tech, { preferences: { quietHours: null } })],
    [
      'ends them earlier',
      (tech) => put(tech, { preferences: { quietHours: { ...quietHours, to: '02:59' } } }),
    ],
    ['moves the person to where it is day', (tech) => put(tech, { timeZone: 'Asia/Tokyo' })],
  ])('a PUT that %s lets go what waits', async (_, change) => {
    const tech = await stage.technician({ preferences: { quietHours } });
    const number = await assign(tech);
    await stage.until(async () => (await waitingFor(tech)).length === 1);
    await change(tech);
    await tech.hears(number);
  });

  test.each<[string, string, (tech: Tech) => Promise<unknown>]>([
    ['the person pauses', 'paused', (tech) => tech.says('STOP')],
    ['the CMMS pauses the person', 'paused', (tech) => put(tech, { preferences: { paused: true } })],
    [
      'the kind is switched off',
      'preference',
      (tech) => put(tech, { preferences: { kinds: { 'work-order.assigned': false } } }),
    ],
    [
      'the way is switched off',
      'preference',
      (tech) => put(tech, { preferences: { ways: { whatsapp: false } } }),
    ],
    ['the person leaves', 'no-address', (tech) => put(tech, { active: false })],
    [
      'the order goes to somebody else',
      'order-moved-on',
      () => stage.order(`WO-${orders}`, { assignee: null as never }),
    ],
  ])('what waits is not sent when %s', async (_, reason, change) => {
    const tech = await stage.technician({ preferences: { quietHours } });
    const number = await assign(tech);
    await stage.until(async () => (await waitingFor(tech)).length === 1);
    await change(tech);
    await stage.until(async () => (await notice(number)).status === 'cancelled');
    expect(await notice(number)).toMatchObject({ reason, attempts: [] });
  });

  test('the tenant has quiet hours for everybody without hours of their own', async () => {
    await putSettings({ quietHours });
    const tech = await stage.technician();
    const awake = await stage.technician({ preferences: { quietHours: { from: '12:00', to: '13:00' } } });
    const number = await assign(tech);
    await awake.hears(await assign(awake));
    await stage.until(async () => (await waitingFor(tech)).length === 1);
    await tech.says(`STATUS ${number}`);
    await tech.hears(number);
    expect(tech.heard().filter((text) => text.includes('New Work Order'))).toEqual([]);
    await putSettings({ quietHours: null });
    await tech.hears('New Work Order');
  });

  test('a pause that ends sends nothing again, but says what was missed', async () => {
    const tech = await stage.technician();
    await tech.says('STOP');
    await tech.hears('paused');
    const number = await assign(tech);
    await tech.says('START');
    await tech.hears(number);
    expect(await notice(number)).toMatchObject({ status: 'cancelled', reason: 'paused' });
    expect(tech.heard().filter((text) => text.includes('New Work Order'))).toEqual([]);
  });
});
