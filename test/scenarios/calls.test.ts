import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderStatus } from '../../src/domain/work-order.ts';
import { castIn, heardByCalls, inLanguage, tellings } from './languages.ts';
import { type Stage, setStage } from './stage.ts';

// Calls for help of which nobody has heard yet: who is told next, and how they end.
describe.each(tellings)('in $language', ({ locale, backend }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const say = inLanguage(locale);
  const hear = inLanguage(locale);
  const { technician, unheard } = castIn(locale, () => stage);
  const escalation = hear('needs a supervisor', 'necesita un supervisor');
  const need = hear('needs something', 'necesita algo');
  const taken = hear('You are taking it', 'Usted se encarga');

  /** A technician with a supervisor, and a deputy and a chief who are told of high orders one after the other. */
  const crew = async () => {
    const boss = await technician({ role: 'supervisor' });
    const deputy = await technician();
    const chief = await technician();
    const tech = await technician({ supervisor: boss.externalId });
    const step = (person: { externalId: string }) => ({
      ...{ waitSeconds: 900, notify: [person.externalId], ways: ['whatsapp'] },
    });
    await stage.store.tenant(stage.tenantId, (tx) =>
      tx.settings.save({ escalation: { high: [step(deputy), step(chief)], low: [] } }),
    );
    const order = (number: string, fields: Record<string, unknown> & { status?: OrderStatus } = {}) =>
      stage.order(number, {
        ...{ assignee: tech.externalId, status: 'in_progress', priority: 'high', ...fields },
      });
    return { boss, deputy, chief, tech, order };
  };

  /** The time of the next step has come. */
  const waitIsOver = () =>
    stage.alter(
      "UPDATE chain SET next_at = clock_timestamp() - interval '1 minute' WHERE next_at IS NOT NULL",
    );

  const chains = () =>
    stage.ask<{ kind: string; step: number; ended: string | null; exhausted: boolean }>(
      'SELECT kind, step, ended, exhausted FROM chain ORDER BY created_at DESC',
    );
  const newest = async () => (await chains())[0]!;

  test('while the supervisor sleeps, the next ones are told until somebody takes it', async () => {
    const { boss, deputy, chief, tech, order } = await crew();
    await order('CH-1');
    await tech.says(say('escalate smell of gas', 'escalar huele a gas'));
    await tech.hears(hear('Escalated', 'Escalada'), 'CH-1', hear('Told: ', 'Se avisó a: '));
    const told = [escalation, 'CH-1', hear('smell of gas', 'huele a gas'), hear('RESPONDING', 'VOY')];
    await boss.hears(...told);
    await waitIsOver();
    await deputy.hears(...told);
    expect(chief.heard()).toEqual([]);
    await deputy.says(say('responding', 'voy'));
    await deputy.hears(`${taken}: ${hear('escalation', 'escalamiento')}`, 'CH-1');
    await tech.hears(hear('takes your escalation', 'se encarga de lo que usted escaló'), 'CH-1');
    await boss.hears(
      hear('takes the escalation of Technician', 'se encarga de lo que escaló Technician'),
      'CH-1',
    );
    expect(await newest()).toMatchObject({ ended: 'claimed', step: 1 });
    expect((await stage.findOrder('CH-1')).escalated).toBe(false);
    await boss.says(say('responding', 'voy'));
    await boss.hears(hear('is taking it already', 'ya se encarga'), 'CH-1');

    // Taken back, it goes on where it was.
    await deputy.says(say('undo', 'deshacer'));
    await deputy.hears(hear('Taken back: taking it over', 'Deshecho: toma de la escalada'), 'CH-1');
    await tech.hears(hear('Taken back', 'Deshecho'), hear('taking it over', 'toma de la escalada'), 'CH-1');
    expect(await newest()).toMatchObject({ ended: null, step: 1 });
    await waitIsOver();
    await chief.hears(...told);
    await chief.says(say('responding', 'voy'));
    await chief.hears(taken, 'CH-1');
  });

  test('ESCALATE once more tells the next ones at once, and says whom', async () => {
    const { boss, deputy, tech, order } = await crew();
    await order('CH-2');
    await tech.says(say('escalate', 'escalar'));
    await boss.hears(escalation, 'CH-2');
    await tech.says(say('escalate it burns', 'escalar se quema'));
    await deputy.hears(escalation, 'CH-2', hear('it burns', 'se quema'));
    const name = (await stage.store.tenant(stage.tenantId, (tx) => tx.technicians.get(deputy.id)))!.name;
    await tech.hears(hear('Escalated', 'Escalada'), 'CH-2', `${hear('Told: ', 'Se avisó a: ')}${name}`);
    expect(await newest()).toMatchObject({ step: 1, ended: null });
    expect((await stage.ask("SELECT FROM chain WHERE kind = 'work-order.escalated'")).length).toBe(2);
    expect(boss.heard().filter((text) => text.includes('CH-2'))).toHaveLength(1);
  });

  test('what is needed is taken as well, and asked for again it is one call', async () => {
    const { boss, deputy, tech, order } = await crew();
    await order('CH-3');
    await tech.says(say('need a crane', 'necesito una grúa'));
    await boss.hears(need, 'CH-3', hear('a crane', 'una grúa'), hear('RESPONDING', 'VOY'));
    await waitIsOver();
    await deputy.hears(need, 'CH-3', hear('a crane', 'una grúa'));
    await tech.says(say('need a permit', 'necesito un permiso'));
    await boss.hears(need, 'CH-3', hear('a crane; a permit', 'una grúa; un permiso'));
    await deputy.hears(need, 'CH-3', hear('a crane; a permit', 'una grúa; un permiso'));
    expect((await chains()).slice(0, 2)).toMatchObject([
      { ended: null, step: 1 },
      { ended: 'withdrawn', step: 1 },
    ]);
    await tech.says(say('escalate', 'escalar'));
    await boss.hears(escalation, 'CH-3');
    await boss.says(say('responding ch-3', 'voy ch-3'));
    await boss.hears(taken, 'CH-3');
    await tech.hears(
      hear('takes your escalation and request', 'se encarga de lo que usted escaló y pidió'),
      'CH-3',
    );
    const events = (await stage.eventsOf('CH-3')).filter(({ data }) => 'takenBy' in data);
    expect(events.map(({ type }) => type)).toEqual(['work_order.escalated', 'work_order.noted']);
    // One message took both, so one takes both back.
    await boss.says(say('undo', 'deshacer'));
    await boss.hears(hear('Taken back: taking it over', 'Deshecho: toma'), 'CH-3');
    expect((await chains()).slice(0, 2)).toMatchObject([{ ended: null }, { ended: null }]);
    expect((await stage.findOrder('CH-3')).escalated).toBe(true);
  });

  test('one that names no order can be taken', async () => {
    const { boss, deputy, tech } = await crew();
    await tech.says(say('escalate fire in hall 3', 'escalar fuego en la nave 3'));
    await boss.hears(escalation, hear('fire in hall 3', 'fuego en la nave 3'), hear('RESPONDING', 'VOY'));
    await waitIsOver();
    await deputy.hears(escalation, hear('fire in hall 3', 'fuego en la nave 3'));
    await deputy.says(say('responding', 'voy'));
    await deputy.hears(taken, hear('is told that you are on it', 'Se avisa a'));
    await tech.hears(hear('takes your escalation', 'se encarga de lo que usted escaló'));
    await boss.hears(hear('takes the escalation of', 'se encarga de lo que escaló'));
    expect(await newest()).toMatchObject({ ended: 'claimed' });
  });

  test('an order that is completed, moved or cancelled calls for nobody any more', async () => {
    const { boss, deputy, tech, order } = await crew();
    await order('CH-4');
    await tech.says(say('escalate ch-4', 'escalar ch-4'));
    await boss.hears(escalation, 'CH-4');
    await tech.says(say('complete ch-4', 'terminar ch-4'));
    await tech.hears(hear('Completed', 'Terminada'), 'CH-4');
    expect(await newest()).toMatchObject({ ended: 'withdrawn' });
    // Not completed after all: it calls again.
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(hear('Taken back: completion', 'Deshecho: cierre'), 'CH-4');
    expect(await newest()).toMatchObject({ ended: null });
    await tech.says(say('need a hand', 'necesito una mano'));
    await boss.hears(need, 'CH-4');
    await stage.order('CH-4', { assignee: deputy.externalId });
    expect((await chains()).slice(0, 2)).toMatchObject([{ ended: 'withdrawn' }, { ended: 'withdrawn' }]);
    await boss.says(say('responding', 'voy'));
    await boss.hears(hear('no alert is open', 'no hay ninguna alerta abierta'));

    await order('CH-5');
    await tech.says(say('need ch-5 a permit', 'necesito ch-5 un permiso'));
    await boss.hears(need, 'CH-5');
    await stage.order('CH-5', { status: 'cancelled' });
    expect(await newest()).toMatchObject({ kind: 'work-order.needed', ended: 'withdrawn' });
  });

  test('taken back, nobody further is told, and whoever was told hears that', async () => {
    const { boss, deputy, chief, tech, order } = await crew();
    await order('CH-6');
    await tech.says(say('escalate', 'escalar'));
    await boss.hears(escalation, 'CH-6');
    await waitIsOver();
    await deputy.hears(escalation, 'CH-6');
    await tech.says(say('undo', 'deshacer'));
    const withdrawn = [hear('Taken back', 'Deshecho'), hear('escalation', 'escalamiento'), 'CH-6'];
    await tech.hears(...withdrawn);
    await boss.hears(...withdrawn);
    await deputy.hears(...withdrawn);
    expect(await newest()).toMatchObject({ ended: 'withdrawn' });
    expect(chief.heard()).toEqual([]);
  });

  test('whoever called hears who has read it, once, and that nobody has taken it', async () => {
    const { boss, deputy, chief, tech, order } = await crew();
    await order('CH-7');
    await tech.says(say('escalate', 'escalar'));
    await boss.hears(escalation, 'CH-7');
    stage.simulator.reads(boss.address);
    await tech.hears(hear('has read your escalation', 'leyó lo que usted escaló'), 'CH-7');
    for (const next of [deputy, chief]) {
      await waitIsOver();
      await next.hears(escalation, 'CH-7');
    }
    await waitIsOver();
    await tech.hears(hear('Nobody has taken your escalation yet', 'Todavía nadie se encarga'), 'CH-7');
    await stage.until(async () => chief.heard().filter((text) => text.includes('CH-7')).length === 2);
    expect(await newest()).toMatchObject({ exhausted: true, ended: null, step: 2 });
    stage.simulator.reads(chief.address);
    const name = (await stage.store.tenant(stage.tenantId, (tx) => tx.technicians.get(chief.id)))!.name;
    await tech.hears(name, hear('has read your escalation', 'leyó lo que usted escaló'), 'CH-7');
    // After a day nobody is told any more, but it can still be taken.
    await stage.alter("UPDATE chain SET expires_at = clock_timestamp() - interval '1 minute'");
    await waitIsOver();
    await stage.until(async () => (await newest()).ended === 'expired');
    await boss.says(say('responding', 'voy'));
    await boss.hears(taken, 'CH-7');
  });

  test('without steps the supervisors are told, once for each call', async () => {
    const { boss, tech, order } = await crew();
    await order('CH-8', { priority: 'low' });
    await tech.says(say('escalate', 'escalar'));
    await boss.hears(escalation, 'CH-8');
    expect(await newest()).toMatchObject({ ended: 'no-steps', exhausted: true });
    await tech.says(say('escalate', 'escalar'));
    await stage.until(async () => boss.heard().filter((text) => text.includes('CH-8')).length === 2);
    await boss.says(say('responding', 'voy'));
    await boss.hears(taken, 'CH-8');
    await boss.says(say('undo', 'deshacer'));
    await boss.hears(hear('Taken back', 'Deshecho'), 'CH-8');
    expect(await newest()).toMatchObject({ ended: 'no-steps' });
  });

  test('all that is said of calls was heard in these stories', () => {
    expect(unheard().filter((key) => heardByCalls.includes(key))).toEqual([]);
  });
});
