import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stage, setStage } from './stage.ts';

// The same conversations as in English, for somebody who reads Spanish.
describe('in Spanish', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend: 'redis' });
  });
  afterAll(() => stage?.strike());

  const crew = async () => {
    const boss = await stage.technician({ role: 'supervisor', locale: 'es' });
    const planner = await stage.technician({ role: 'planner' });
    const tech = await stage.technician({ supervisor: boss.externalId, locale: 'es-MX' });
    return { boss, planner, tech };
  };

  const kinds = async (number: string) =>
    (await stage.eventsOf(number)).map(({ type }) => type.split('.')[1]);

  test('an order is told, accepted, started, noted, delayed, resumed and finished', async () => {
    const { tech, planner } = await crew();
    await stage.order('ES-1', {
      assignee: tech.externalId,
      planner: planner.externalId,
      dueAt: '2027-12-25',
    });
    const { text } = await tech.hears(/[Nn]ueva orden de trabajo[\s\S]*ES-1/);
    expect(text).toContain('25 dic 2027');
    await tech.says('aceptar');
    await tech.hears(/ES-1[\s\S]*INICIAR/);
    await tech.says('Iniciar es-1');
    await tech.hears(/ES-1[\s\S]*TERMINAR/);
    await tech.says('nota: sello cambiado, 12 bar');
    await tech.hears('“sello cambiado, 12 bar”');
    await tech.says('retraso falta el repuesto');
    await tech.hears(/ES-1[\s\S]*falta el repuesto/);
    // Everybody reads their own language.
    await planner.hears(/Delayed[\s\S]*ES-1[\s\S]*falta el repuesto/);
    await tech.says('INICIAR');
    await tech.hears(/ES-1/);
    await tech.says('terminar');
    await tech.hears(/ES-1/);
    expect(await kinds('ES-1')).toEqual([
      ...['assigned', 'acknowledged', 'started', 'noted', 'delayed', 'resumed', 'completed'],
    ]);
    await tech.says('deshacer');
    await tech.hears(/ES-1/);
    expect((await stage.findOrder('ES-1')).status).toBe('in_progress');
  });

  test('questions, refusals and typos are in Spanish, and English words still work', async () => {
    const { tech, boss } = await crew();
    await stage.order('ES-2', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('ES-3', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('nota ruido en el cojinete');
    const { text } = await tech.hears(/¿.*orden/);
    expect(text).not.toMatch(/which|reply|order/i);
    await tech.says('es-3');
    await tech.hears(/ES-3[\s\S]*ruido en el cojinete/);
    await tech.says('termnar es-2');
    await tech.hears(/TERMINAR/);
    expect((await stage.findOrder('ES-2')).status).toBe('in_progress');
    await tech.says('complete es-2');
    await tech.hears(/ES-2/);
    expect((await stage.findOrder('ES-2')).status).toBe('completed');
    await tech.says('terminar es-2');
    await tech.hears(/[Ss]in cambios[\s\S]*ES-2/);
    await tech.says('escalar huele a gas');
    await boss.hears(/ES-3[\s\S]*huele a gas/);
    await boss.says('voy');
    await boss.hears(/ES-3/);
    await tech.hears(/ES-3/);
    await tech.says('mis trabajos');
    await tech.hears(/ES-3/);
    await tech.says('ayuda');
    await tech.hears(/TERMINAR[\s\S]*PAUSAR/);
    await tech.says('pausar');
    await tech.hears(/INICIAR/);
    await tech.says('iniciar');
    await tech.hears(/🔔/);
    await tech.says('hola');
    await tech.hears(/MIS TRABAJOS/);
  });
});
