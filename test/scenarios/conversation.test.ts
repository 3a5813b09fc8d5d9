import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { catchUp } from '../../jobs/schedules/catch-up.ts';
import { signButton } from '../../src/buttons.ts';
import { commands } from '../../src/commands/table.ts';
import type { OrderStatus } from '../../src/domain/work-order.ts';
import {
  answersAboutAlerts,
  castIn,
  heardByCalls,
  heardByEnrolment,
  heardByPhones,
  heardBySms,
  heardByWays,
  heardInTime,
  heardOfAlerts,
  inLanguage,
  tellings,
} from './languages.ts';
import { type Stage, secretKey, setStage } from './stage.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

// Every command, refusal, question and exception that words, buttons and time can bring about.
describe.each(tellings)('in $language', ({ locale, backend }) => {
  // Behind that of Postgres, and never ahead.
  let clock = -2 * hour;
  const passes = (ms: number) => {
    clock += ms;
  };
  const now = () => new Date(Date.now() + clock);

  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend, now });
  });
  afterAll(() => stage?.strike());

  const say = inLanguage(locale);
  const hear = inLanguage(locale);
  const assigned = hear('New Work Order Assigned', 'Nueva orden de trabajo asignada');
  const unchanged = hear('Nothing changed', 'Sin cambios');
  const { technician, unheard } = castIn(locale, () => stage);

  /** A technician with a supervisor, and a planner for the orders. */
  const crew = async () => {
    const boss = await technician({ role: 'supervisor' });
    const planner = await technician({ role: 'planner' });
    const tech = await technician({ supervisor: boss.externalId });
    const order = (number: string, status?: OrderStatus, fields: Record<string, unknown> = {}) =>
      stage.order(number, {
        assignee: tech.externalId,
        planner: planner.externalId,
        ...(status ? { status } : {}),
        ...fields,
      });
    return { boss, planner, tech, order };
  };

  const kinds = async (number: string) =>
    (await stage.eventsOf(number)).map(({ type }) => type.split('.')[1]);

  const statusOf = async (number: string) => (await stage.findOrder(number)).status;

  test('with nobody to tell, the answer says so', async () => {
    const tech = await technician();
    await tech.says(say('escalate fire in hall 3', 'escalar fuego en la nave 3'));
    await tech.hears(
      hear('Escalated', 'Escalada'),
      hear('No supervisor could be told: please call', 'No se pudo avisar a ningún supervisor: llame'),
      hear('names no open order', 'No se indicó ninguna orden'),
    );
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(hear('Taken back: escalation', 'Deshecho: escalamiento'));
    await stage.order('O-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says(say('need a crane', 'necesito una grúa'));
    await tech.hears(hear('Asked for', 'Pedido enviado'), 'O-1', hear('No supervisor', 'ningún supervisor'));
    await tech.says(say('delay no crane', 'retraso falta la grúa'));
    await tech.hears(hear('Delayed', 'Retrasada'), 'O-1', hear('No planner', 'ningún planificador'));
  });

  test('an order is told, acknowledged, started, noted and completed, each only once', async () => {
    const { tech, order } = await crew();
    await order('A-1', undefined, { dueAt: '2027-12-25' });
    await tech.hears(assigned, 'A-1', hear('Dec 25, 2027', '25 dic 2027'));
    await tech.says(say('ack', 'aceptar'));
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'A-1', hear('START', 'INICIAR'));
    await tech.says(say('ack', 'acepto'));
    await tech.hears(unchanged, hear('already acknowledged', 'ya está aceptada'), 'A-1');
    await tech.says(say('complete', 'terminar'));
    await tech.hears(hear('not started yet', 'todavía no está iniciada'), 'A-1');
    await tech.says(say('Start a-1', 'Iniciar a-1'));
    await tech.hears(hear('Started', 'Iniciada'), 'A-1', hear('COMPLETE', 'TERMINAR'));
    await tech.says(say('start', 'empezar'));
    await tech.hears(unchanged, hear('already in progress', 'ya está en curso'), 'A-1');
    await tech.says(say('note: seal replaced, 12 bar', 'nota: sello cambiado, 12 bar'));
    await tech.hears(
      hear('Note saved', 'Nota guardada'),
      hear('“seal replaced, 12 bar”', '“sello cambiado, 12 bar”'),
    );
    await tech.says(say('complete', 'terminar'));
    await tech.hears(hear('Completed', 'Terminada'), 'A-1');
    await tech.says(say('complete a-1', 'terminar a-1'));
    await tech.hears(unchanged, hear('already completed', 'ya está terminada'), 'A-1');
    expect(await kinds('A-1')).toEqual(['assigned', 'acknowledged', 'started', 'noted', 'completed']);
  });

  test('a delay is told to the planner with its reason, and the order is resumed later', async () => {
    const { tech, planner, order } = await crew();
    await order('D-1');
    await tech.hears(assigned, 'D-1');
    await tech.says(say('delay no permit', 'retraso sin permiso'));
    await tech.hears(hear('not acknowledged yet', 'todavía no está aceptada'), 'D-1');
    await tech.says(say('start', 'iniciar'));
    await tech.hears(hear('Started', 'Iniciada'), 'D-1');
    await tech.says(say('DELAY', 'RETRASO'));
    await tech.hears(hear('why is it delayed?', '¿cuál es el motivo del retraso?'), 'D-1');
    await tech.says(say('waiting for the seal kit', 'falta el repuesto'));
    await tech.hears(
      ...[hear('Delayed', 'Retrasada'), 'D-1', hear('“waiting for the seal kit”', '“falta el repuesto”')],
      hear('Told: ', 'Se avisó a: '),
    );
    await planner.hears(
      ...[hear('Delayed', 'Retrasada'), 'D-1', hear('waiting for the seal kit', 'falta el repuesto')],
    );
    await tech.says(say('delay still waiting', 'demora sigo esperando'));
    await tech.hears(unchanged, hear('already delayed', 'ya está retrasada'), 'D-1');
    await tech.says(say('start', 'comenzar'));
    await tech.hears(hear('Resumed', 'Reanudada'), 'D-1');
    expect(await kinds('D-1')).toEqual(['assigned', 'acknowledged', 'started', 'delayed', 'resumed']);
  });

  test('everybody reads their own language, and English words are understood from all', async () => {
    const { tech } = await crew();
    const planner = await stage.technician({ role: 'planner', locale: say('es', 'en') });
    await stage.order('EN-1', {
      assignee: tech.externalId,
      planner: planner.externalId,
      status: 'in_progress',
    });
    await tech.says('DELAY no crane');
    await tech.hears(hear('Delayed', 'Retrasada'), 'EN-1', '“no crane”');
    await planner.hears(hear(/Retrasada[\s\S]*EN-1[\s\S]*no crane/, /Delayed[\s\S]*EN-1[\s\S]*no crane/));
  });

  test('an escalation reaches the supervisor at once, who takes it, and the technician hears who', async () => {
    const { tech, boss, order } = await crew();
    await order('E-1', 'in_progress');
    await tech.says(say('escalate smell of gas', 'escalar huele a gas'));
    await tech.hears(hear('Escalated', 'Escalada'), 'E-1', hear('Told: ', 'Se avisó a: '));
    await boss.hears(
      hear('needs a supervisor', 'necesita un supervisor'),
      ...['E-1', hear('smell of gas', 'huele a gas'), hear('RESPONDING', 'VOY')],
    );
    expect((await stage.findOrder('E-1')).escalated).toBe(true);
    await boss.says(say('RESPONDING', 'VOY'));
    await boss.hears(hear('You are taking it', 'Usted se encarga'), 'E-1');
    await tech.hears(hear('takes your escalation', 'se encarga de lo que usted escaló'), 'E-1');
    expect((await stage.findOrder('E-1')).escalated).toBe(false);
    await boss.says(say('responding', 'voy'));
    await boss.hears(unchanged, hear('no alert is open', 'no hay ninguna alerta abierta'));

    await tech.says(say('undo', 'deshacer'));
    await tech.hears(hear('Nothing taken back: Technician', 'No se deshizo nada: Technician'), 'E-1');
  });

  test('an escalation that names no order still calls for help', async () => {
    const { tech, boss, order } = await crew();
    await order('E-2', 'in_progress');
    await order('E-3', 'in_progress');
    await tech.says(say('escalate', 'escalar'));
    await tech.hears(
      ...[hear('Escalated', 'Escalada'), hear('Told: ', 'Se avisó a: ')],
      hear('names no open order', 'No se indicó ninguna orden'),
    );
    await boss.hears(
      hear('needs a supervisor', 'necesita un supervisor'),
      hear('No order was named', 'No se indicó ninguna orden'),
    );
  });

  test('of two supervisors who respond at once one takes the escalation', async () => {
    const boss = await technician({ role: 'supervisor' });
    const second = await technician({ role: 'supervisor' });
    const tech = await technician();
    await stage.order('TS-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says(say('escalate', 'escalar'));
    const told = [boss, second].map((each) => each.hears('🆘', 'TS-1'));
    // Supervisors of the stories before are told as well: this one has none of his own.
    await Promise.all(told);
    await Promise.all([boss, second].map((each) => each.says(say('responding', 'voy'))));
    await stage.quiet();
    const said = [...boss.heard(), ...second.heard()];
    expect(said.filter((text) => text.includes(hear('You are taking it', 'Usted se encarga')))).toHaveLength(
      1,
    );
    const taken = (await stage.eventsOf('TS-1')).filter(({ data }) => 'takenBy' in data);
    expect(taken).toHaveLength(1);
  });

  test('the log of an order holds the commands about it', async () => {
    const { tech, order } = await crew();
    await order('LG-1');
    await tech.says('start lg-1');
    await tech.hears('▶️', 'LG-1');
    const command = (await stage.messages()).find(({ text }) => text === 'start lg-1');
    expect(command?.workOrders).toEqual(['LG-1']);
  });

  test('MORE after all of an order was shown says that there is no more', async () => {
    const { tech, order } = await crew();
    await order('LG-2', 'in_progress');
    await tech.says(say('status lg-2', 'estado lg-2'));
    await tech.hears('LG-2');
    await tech.says(say('more', 'más'));
    await tech.hears(hear('nothing more to show', 'No hay nada más'));
  });

  test('what is needed is asked for in one tap, or in words', async () => {
    const { tech, boss, order } = await crew();
    await order('N-1', 'in_progress');
    await tech.says(say('help with this pump', 'ayuda con esta bomba'));
    await tech.hears(hear('What do you need for N-1?', '¿Qué necesita para N-1?'));
    await tech.says('2');
    await tech.hears(hear('Asked for', 'Pedido enviado'), 'N-1', hear('“part”', '“un repuesto”'));
    await boss.hears(hear('needs something', 'necesita algo'), 'N-1', hear('“part”', '“un repuesto”'));
    await tech.says(say('need', 'necesito'));
    await tech.hears(hear('what do you need?', '¿qué necesita?'), 'N-1');
    await tech.says(say('a second pair of hands', 'otra persona'));
    await boss.hears(hear('needs something', 'necesita algo'), 'N-1', hear('a second pair', 'otra persona'));
    await tech.hears(hear('Asked for', 'Pedido enviado'), hear('a second pair', 'otra persona'));
  });

  test('a note without its text is asked for it, and that is taken as it comes', async () => {
    const { tech, order } = await crew();
    await order('N-2', 'in_progress');
    await tech.says(say('Note', 'Nota'));
    await tech.hears(hear('what should the note say?', '¿qué debe decir la nota?'), 'N-2');
    await tech.says('12 bar');
    await tech.hears(hear('Note saved', 'Nota guardada'), 'N-2', '“12 bar”');
    await tech.says(say('note pressure 12 bar', 'nota presión 12 bar'));
    await tech.hears(
      ...[hear('Note saved', 'Nota guardada'), 'N-2', hear('pressure 12 bar', 'presión 12 bar')],
    );
  });

  test('a list is asked with numbers, answered with one, and closed by the next command', async () => {
    const { tech, order } = await crew();
    await order('L-1', 'in_progress');
    await order('L-2', 'in_progress');
    await tech.says(say('note bearing is warm', 'nota cojinete caliente'));
    const { text } = await tech.hears(hear('which order?', '¿qué orden?'), 'L-1', 'L-2');
    await tech.says('7');
    await tech.hears(unchanged, hear('7 is not on the list', '7 no está en la lista'), '2');
    await tech.says(/(\d)\. \*L-2\*/.exec(text)![1]!);
    await tech.hears(
      ...[hear('Note saved', 'Nota guardada'), 'L-2', hear('bearing is warm', 'cojinete caliente')],
    );
    await tech.says('1');
    await tech.hears(unchanged, hear('list is closed', 'lista ya está cerrada'));
    expect(await kinds('L-2')).toContain('noted');
    expect(await kinds('L-1')).not.toContain('noted');
    await tech.says(say('complete', 'terminar'));
    await tech.hears(hear('which order?', '¿qué orden?'));
    passes(11 * minute);
    await tech.says('1');
    await tech.hears(hear('list is closed', 'lista ya está cerrada'));
    expect(await statusOf('L-1')).toBe('in_progress');
  });

  test('words left over change nothing, and it is asked which order they mean', async () => {
    const { tech, order } = await crew();
    await order('W-1', 'in_progress');
    await order('W-2', 'in_progress');
    await tech.says(say('complete not yet', 'terminar todavía no'));
    await tech.hears(
      hear('“not yet” is not one of your orders', '“todavía no” no es ninguna de sus órdenes'),
      ...['W-1', 'W-2', hear('COMPLETE', 'TERMINAR')],
    );
    expect(await statusOf('W-1')).toBe('in_progress');
    await tech.says('w-2');
    await tech.hears(hear('Completed', 'Terminada'), 'W-2');
    expect(await statusOf('W-1')).toBe('in_progress');
  });

  test('START takes up what was acknowledged, though another was assigned later', async () => {
    const { tech, order } = await crew();
    await order('K-1');
    await tech.hears(assigned, 'K-1');
    await tech.says(say('ack', 'aceptar'));
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'K-1');
    await order('K-2');
    await tech.hears(assigned, 'K-2');
    await tech.says(say('start', 'iniciar'));
    await tech.hears(
      ...[hear('Started', 'Iniciada'), 'K-1', hear('1 other order waiting', '1 otra orden espera')],
    );
    expect(await statusOf('K-2')).toBe('assigned');
  });

  test('an order of somebody else, or of nobody, is not among mine', async () => {
    const { tech, order } = await crew();
    const other = await technician();
    await order('X-1', 'in_progress');
    await stage.order('X-2', { assignee: other.externalId, status: 'in_progress' });
    for (const number of ['X-2', 'X-999']) {
      await tech.says(say(`complete ${number}`, `terminar ${number}`));
      await tech.hears(
        unchanged,
        hear(`${number} is not among your orders`, `${number} no está entre sus órdenes`),
      );
    }
    expect(await statusOf('X-2')).toBe('in_progress');
  });

  test('whoever has no orders hears that there is nothing to do', async () => {
    const { tech } = await crew();
    await tech.says(say('my work', 'mis trabajos'));
    await tech.hears(hear('No open work orders', 'No tiene órdenes de trabajo abiertas'));
    await tech.says(say('pending', 'pendientes'));
    await tech.hears(hear('No order waits for you', 'Ninguna orden espera'));
    await tech.says(say('start', 'iniciar'));
    await tech.hears(unchanged, hear('nothing to START', 'ninguna para INICIAR'));
    await tech.says(say('status', 'estado'));
    await tech.hears(hear('Your orders (0)', 'Sus órdenes (0)'));
    await tech.says(say('more', 'más'));
    await tech.hears(hear('nothing more to show', 'No hay nada más que mostrar'));
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(unchanged, hear('no change of yours', 'no hay ningún cambio suyo'));
    await tech.says(say('help', 'ayuda'));
    await tech.hears(hear('these are the commands', 'estos son los comandos'), hear('*STOP*', '*PAUSAR*'));
  });

  test('what waits is listed, counted, and shown in full, page by page', async () => {
    const { tech, order } = await crew();
    await order('S-1', 'in_progress', { description: 'Check every bolt. '.repeat(150) });
    await order('S-2', 'acknowledged');
    await order('S-3', 'acknowledged');
    await tech.says(say('pending', 'pendientes'));
    const { text } = await tech.hears(
      hear('Waiting for you (2)', 'Esperan una acción suya (2)'),
      'S-2',
      'S-3',
    );
    expect(text).not.toContain('S-1');
    await tech.says(say('status', 'estado'));
    await tech.hears(
      hear('Your orders (3)', 'Sus órdenes (3)'),
      ...[hear('1 in progress', '1 en curso'), hear('2 acknowledged', '2 aceptadas')],
    );
    await tech.says(say('status s-1', 'estado s-1'));
    let page = await tech.hears('S-1', 'Check every bolt', hear('send MORE', 'envíe MÁS'));
    let bolts = 0;
    for (;;) {
      expect(page.text.length).toBeLessThan(1600);
      bolts += page.text.match(/bolt/g)!.length;
      if (!page.text.includes(hear('send MORE', 'envíe MÁS'))) break;
      await tech.says(say('more', 'más'));
      page = await tech.hears('S-1', 'Check every bolt');
    }
    expect(bolts).toBe(150);
  });

  test('a hundred open orders are listed page by page, each once, none over 1,600 characters', async () => {
    const { tech, order } = await crew();
    for (let n = 1; n <= 100; n++) await order(`P-${n}`, 'acknowledged');
    await tech.says(say('my work', 'mis trabajos'));
    const seen: string[] = [];
    for (;;) {
      const { text } = await tech.hears(hear('Your work orders (100)', 'Sus órdenes de trabajo (100)'));
      expect(text.length).toBeLessThan(1600);
      seen.push(...[...text.matchAll(/\*(P-\d+)\*/g)].map(([, number]) => number!));
      if (!text.includes(hear('send MORE', 'envíe MÁS'))) break;
      await tech.says(say('more', 'más'));
    }
    expect(seen.length).toBe(100);
    expect(new Set(seen).size).toBe(100);
  });

  test('two UNDOs take back the last two changes; what the planner changed since stays', async () => {
    const { tech, planner, order } = await crew();
    await order('U-1');
    await tech.hears(assigned, 'U-1');
    await tech.says(say('start u-1', 'iniciar u-1'));
    await tech.hears(hear('Started', 'Iniciada'), 'U-1');
    await tech.says(say('delay no permit', 'retraso sin permiso'));
    await tech.hears(hear('Delayed', 'Retrasada'));
    await planner.hears(hear('Delayed', 'Retrasada'), 'U-1');
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(
      ...[hear('Taken back: delay', 'Deshecho: retraso'), 'U-1', hear('in progress', 'en curso')],
    );
    await planner.hears(hear('Taken back', 'Deshecho'), hear('delay', 'retraso'), 'U-1');
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(
      hear('Taken back: acknowledgement and start', 'Deshecho: aceptación y comienzo'),
      hear('not acknowledged', 'sin aceptar'),
    );
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(hear('no change of yours to take back', 'no hay ningún cambio suyo'));
    const found = await stage.findOrder('U-1');
    expect(found).toMatchObject({ status: 'assigned', acknowledgedAt: null, startedAt: null });
    const events = await stage.eventsOf('U-1');
    const undone = events.filter(({ type }) => type === 'work_order.undone');
    expect(undone.map(({ undoes }) => events.find(({ id }) => id === undoes)?.type)).toEqual([
      'work_order.delayed',
      'work_order.started',
      'work_order.acknowledged',
    ]);

    await tech.says(say('ack u-1', 'aceptar u-1'));
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'U-1');
    await order('U-1', undefined, { title: 'Another title' });
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(
      ...[hear('Nothing taken back: The planner', 'No se deshizo nada: el planificador'), 'U-1'],
    );
    expect(await statusOf('U-1')).toBe('acknowledged');
  });

  test('after ten minutes a change stays', async () => {
    const { tech, order } = await crew();
    await order('U-2', 'in_progress');
    await tech.says(say('complete', 'terminar'));
    await tech.hears(hear('Completed', 'Terminada'), 'U-2');
    passes(11 * minute);
    await tech.says(say('undo', 'deshacer'));
    await tech.hears(
      hear('UNDO works for 10 minutes', 'DESHACER funciona durante 10 minutos'),
      ...['U-2', hear('NOTE', 'NOTA')],
    );
    expect(await statusOf('U-2')).toBe('completed');
  });

  test('STOP holds notices back, START {order} works on, START alone resumes and lists what was missed', async () => {
    const { tech, order } = await crew();
    await order('H-1');
    await tech.hears(assigned, 'H-1');
    await tech.says(say('Stop', 'Pausar'));
    await tech.hears(hear('Notifications are paused', 'Los avisos están en pausa'));
    await tech.says(say('stop', 'stop'));
    await tech.hears(hear('paused already', 'ya estaban en pausa'));
    await order('H-2');
    const held = await stage.until(async () =>
      (await stage.messages()).find(
        ({ workOrders, kind }) => kind === 'work-order.assigned' && workOrders[0] === 'H-2',
      ),
    );
    expect(held).toMatchObject({ status: 'cancelled', reason: 'paused' });
    await tech.says(say('start h-1', 'iniciar h-1'));
    await tech.hears(hear('Started', 'Iniciada'), 'H-1', hear('stay paused', 'siguen en pausa'));
    await tech.says(say('START', 'INICIAR'));
    await tech.hears(hear('Notifications are on again', 'Los avisos están activos otra vez'), '(1)', 'H-2');
    expect(await statusOf('H-2')).toBe('assigned');
    await tech.says(say('START', 'INICIAR'));
    await tech.hears(hear('Started', 'Iniciada'), 'H-2');
  });

  test('whoever missed nothing during a pause hears that', async () => {
    const { tech } = await crew();
    await tech.says(say('unsubscribe', 'pausar'));
    await tech.hears(hear('Notifications are paused', 'Los avisos están en pausa'));
    await tech.says(say('start', 'iniciar'));
    await tech.hears(hear('You have missed none', 'No se perdió ninguno'));
  });

  test('scheduled maintenance is confirmed, and nothing else is', async () => {
    const { tech, order } = await crew();
    await order('M-1', undefined, { kind: 'preventive', scheduledFor: '2027-01-15T09:00:00.000Z' });
    await tech.hears(
      ...[hear('Scheduled Maintenance', 'Mantenimiento programado'), 'M-1', hear('CONFIRM', 'CONFIRMAR')],
    );
    await tech.says(say('confirm', 'confirmar'));
    await tech.hears(hear('Confirmed', 'Confirmada'), 'M-1', hear('Jan 15', '15 ene'));
    expect(await stage.findOrder('M-1')).toMatchObject({
      status: 'acknowledged',
      confirmedAt: expect.any(Date),
    });
    await tech.says(say('confirm', 'confirmo'));
    await tech.hears(unchanged, hear('already confirmed', 'ya está confirmada'), 'M-1');
    await order('M-2', 'acknowledged');
    await tech.says(say('confirm m-2', 'confirmar m-2'));
    await tech.hears(
      ...[hear('only scheduled maintenance', 'solo se confirma el mantenimiento programado'), 'M-2'],
    );
  });

  test('maintenance that is moved is told and confirmed anew, not from the notice of before', async () => {
    const { tech, order } = await crew();
    await order('M-4', undefined, { kind: 'preventive', scheduledFor: '2027-01-15' });
    await tech.hears(hear('Scheduled Maintenance', 'Mantenimiento programado'), 'M-4');
    const { id: orderId } = await stage.findOrder('M-4');
    const tap = (assignmentNo: number) => {
      const button = { tenantId: stage.tenantId, orderId, action: 'CONFIRM', assignmentNo, issuedAt: now() };
      return tech.says('Confirm', { ButtonText: 'Confirm', ButtonPayload: signButton(button, secretKey) });
    };
    await tap(1);
    await tech.hears(hear('Confirmed', 'Confirmada'), 'M-4', hear('Jan 15', '15 ene'));
    await order('M-4', undefined, { scheduledFor: '2027-01-18' });
    await tech.hears(
      ...[hear('Scheduled Maintenance', 'Mantenimiento programado'), 'M-4', hear('Jan 18', '18 ene')],
    );
    await tap(1);
    await tech.hears(
      ...[unchanged, hear('earlier notice', 'aviso anterior'), 'M-4', hear('Jan 18', '18 ene')],
      hear('CONFIRM', 'CONFIRMAR'),
    );
    expect(await stage.findOrder('M-4')).toMatchObject({ status: 'assigned', confirmedAt: null });
    await tap(2);
    await tech.hears(hear('Confirmed', 'Confirmada'), 'M-4', hear('Jan 18', '18 ene'));
  });

  test("a tap on another's order shows it to a supervisor; nobody hears of a move that was none", async () => {
    const { boss, order } = await crew();
    const other = await technician();
    await order('X-4', 'in_progress', { description: 'V-12' });
    const button = { orderId: (await stage.findOrder('X-4')).id, action: 'STATUS', assignmentNo: 1 };
    const payload = signButton({ tenantId: stage.tenantId, ...button, issuedAt: now() }, secretKey);
    const tap = { ButtonText: 'Show order', ButtonPayload: payload };
    await other.says('Show order', tap);
    const { text } = await other.hears(unchanged, 'Technician', 'X-4');
    expect(text).not.toMatch(/moved it|reasignó/);
    await boss.says('Show order', tap);
    const shown = await boss.hears('X-4', 'V-12');
    expect(shown.text).not.toContain(unchanged);
  });

  test('a typo changes nothing until it is confirmed with a digit', async () => {
    const { tech, order } = await crew();
    await order('T-1', 'in_progress');
    await tech.says(say('complte', 'termnar'));
    await tech.hears(
      hear('did not understand', 'no entendí'),
      hear('Did you mean COMPLETE? Reply 1', '¿Quiso decir TERMINAR? Responda 1'),
    );
    expect(await statusOf('T-1')).toBe('in_progress');
    await tech.says(say('end', 'fin'));
    await tech.hears(
      hear('Did you mean one of these?', '¿Quiso decir una de estas opciones?'),
      ...[hear('1. COMPLETE', '1. TERMINAR'), hear('2. STOP', '2. PAUSAR')],
    );
    await tech.says('1');
    await tech.hears(hear('Completed', 'Terminada'), 'T-1');
  });

  test('a mistyped command that only reads is run, and STOP with words is asked about', async () => {
    const { tech, order } = await crew();
    await order('T-2', 'in_progress');
    await tech.says(say('my wrok', 'mis trabjos'));
    await tech.hears(hear('Your work orders (1)', 'Sus órdenes de trabajo (1)'), 'T-2');
    await tech.says(say('stop the pump leaks', 'pausar la bomba pierde'));
    await tech.hears(
      ...[unchanged, hear('1. STOP', '1. PAUSAR')],
      hear('2. DELAY the pump leaks', '2. RETRASO la bomba pierde'),
    );
    await tech.says('2');
    await tech.hears(hear('Delayed', 'Retrasada'), 'T-2', hear('“the pump leaks”', '“la bomba pierde”'));
  });

  test('after five messages that are not understood there is silence until one is', async () => {
    const { tech } = await crew();
    for (const word of ['bla', 'blub', 'foo', 'bar']) {
      await tech.says(word);
      await tech.hears(hear('did not understand', 'no entendí'), `“${word}”`);
    }
    await tech.says('baz');
    await tech.hears(hear('fifth in a row', 'Van cinco seguidos'));
    const before = tech.heard().length;
    await tech.says('qux');
    await tech.says(say('my work', 'mis trabajos'));
    await tech.hears(hear('No open work orders', 'No tiene órdenes de trabajo abiertas'));
    expect(tech.heard().length).toBe(before + 1);
    const silent = (await stage.messages()).find(
      ({ text, technician }) => technician === tech.externalId && text === 'qux',
    );
    expect(silent).toMatchObject({ status: 'processed', answeredBy: expect.any(String) });
  });

  test('past thirty messages in a minute nothing is done, and it is said what was not', async () => {
    const { tech, order } = await crew();
    await order('R-1', 'in_progress');
    for (let n = 1; n <= 31; n++) await tech.says(say(`note ${n} bar`, `nota ${n} bar`));
    const tooMany = hear('Too many messages', 'Demasiados mensajes');
    // It waits for the end of the minute, since more may come.
    await stage.until(async () => (await stage.messages()).some(({ text }) => text?.includes(tooMany)));
    await stage.alter("UPDATE message SET due_at = due_at - interval '1 minute' WHERE status = 'queued'");
    const [channel] = await stage.store.tenant(stage.tenantId, (tx) => tx.channels.list());
    stage.deps.ring('outbound', stage.tenantId, channel!.id);
    await tech.hears(tooMany, say('note 31 bar', 'nota 31 bar'));
    expect((await kinds('R-1')).filter((kind) => kind === 'noted')).toHaveLength(30);
    passes(minute);
    await tech.says(say('note 31 bar', 'nota 31 bar'));
    await tech.hears(hear('Note saved', 'Nota guardada'), '“31 bar”');
  });

  test('a message that always fails is set aside and answered, and the next one works', async () => {
    const { tech, order } = await crew();
    await order('F-1', 'in_progress');
    const { run } = commands.COMPLETE;
    const broken = vi.spyOn(commands.COMPLETE, 'run').mockImplementation((request, facts, at) => {
      if (facts.technician.id === tech.id && request.rest === 'f-1') throw new Error('a fault of ours');
      return run(request, facts, at);
    });
    try {
      await tech.says(say('complete f-1', 'terminar f-1'));
      await tech.says(say('status f-1', 'estado f-1'));
      await tech.hears(hear('was not carried out', 'no se ejecutó'));
      await tech.hears('F-1', hear('in progress', 'en curso'));
    } finally {
      broken.mockRestore();
    }
  });

  test('a quoted notice names its order, and after a reassignment says who has it now', async () => {
    const { tech, order } = await crew();
    const other = await technician();
    await order('Q-1');
    const notice = await tech.hears(assigned, 'Q-1');
    await order('Q-2');
    await tech.hears(assigned, 'Q-2');
    await tech.quotes(notice, say('help', 'ayuda'));
    await tech.hears(hear('What do you need for Q-1?', '¿Qué necesita para Q-1?'));
    await tech.quotes(notice, say('ack', 'aceptar'));
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'Q-1');
    await order('Q-1', undefined, { assignee: other.externalId });
    await other.hears(assigned, 'Q-1');
    await tech.quotes(notice, say('start', 'iniciar'));
    await tech.hears(
      ...[unchanged, hear('it is now with Technician', 'ahora la tiene Technician'), 'Q-1'],
      hear('The planner moved it', 'La reasignó el planificador'),
    );
    await order('Q-2', 'cancelled');
    await tech.says(say('start q-2', 'iniciar q-2'));
    await tech.hears(unchanged, hear('already cancelled', 'ya está cancelada'), 'Q-2');
  });

  test('a button does what it says, but not when it is too old or not ours', async () => {
    const { tech, order } = await crew();
    const title = say('Start', 'Iniciar');
    const notice = await stage.until(async () => {
      // In the window; content is made after the first notice of its form, which goes as text.
      await tech.says(say('help', 'ayuda'));
      const number = `B-${tech.heard().length}`;
      await order(number);
      const told = await tech.hears(assigned, number);
      return told.buttons.length > 0 && { number, told };
    });
    await tech.says(title, { ButtonText: title, ButtonPayload: 'rbm1.not-signed-by-us' });
    await tech.hears(unchanged, hear('button is not valid', 'botón no es válido'));
    await tech.taps(title, notice.told);
    await tech.hears(hear('Started', 'Iniciada'), notice.number);
    const old = signButton(
      {
        tenantId: stage.tenantId,
        orderId: (await stage.findOrder(notice.number)).id,
        ...{ action: 'START', assignmentNo: 1, issuedAt: new Date(now().getTime() - 31 * day) },
      },
      secretKey,
    );
    await tech.says(title, { ButtonText: title, ButtonPayload: old });
    await tech.hears(unchanged, hear('button is too old', 'botón es demasiado antiguo'));
  });

  test('a thumbs-up acknowledges nothing where the tenant does not want that', async () => {
    const { tech, order } = await crew();
    await order('G-1');
    const notice = await tech.hears(assigned, 'G-1');
    await stage.alter('UPDATE tenant SET thumbs_up_acknowledges = false');
    await tech.reacts('👍', notice);
    await tech.hears(unchanged, hear('reactions', 'reacciones'));
    expect(await statusOf('G-1')).toBe('assigned');
    await stage.alter('UPDATE tenant SET thumbs_up_acknowledges = true');
    await tech.reacts('👍', notice);
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'G-1');
  });

  test('a command that Twilio never told us of is quoted when it is found too late', async () => {
    const { tech, order } = await crew();
    await order('C-1', 'in_progress');
    stage.simulator.receivesButNeverTells(tech.address, say('complete c-1', 'terminar c-1'));
    passes(16 * minute);
    // It looks no further back than when the channel was made, by the clock of Postgres.
    await stage.alter("UPDATE channel SET created_at = created_at - interval '1 day'");
    await catchUp({ ...stage.deps, providerOf: stage.providerOf, mustWaitForSpill: async () => false })(
      stage.tenantId,
    );
    await tech.hears(
      hear('“complete c-1” reached us late', '“terminar c-1” llegó tarde'),
      hear('send it again', 'envíelo otra vez'),
    );
    expect(await statusOf('C-1')).toBe('in_progress');
  });

  test('the planner hears of whoever opted out at Twilio, by a word or when a message is refused', async () => {
    const [planner, byWord, byRefusal] = [
      await technician({ role: 'planner', name: 'Paz' }),
      await technician({ name: 'Wanda' }),
      await technician({ name: 'Rita' }),
    ];
    const optedOut = hear('has opted out of WhatsApp messages', 'dio de baja los mensajes de WhatsApp');
    await byWord.says('STOP', { OptOutType: 'STOP' });
    await planner.hears('Wanda', optedOut);
    expect(byWord.heard()).toEqual([]);
    stage.simulator.fault('refuse', { to: byRefusal.address, code: 21610 });
    await stage.order('OO-1', { assignee: byRefusal.externalId });
    await planner.hears('Rita', optedOut);
  });

  test('the supervisor hears of another identity on a known phone; where it is a colleague’s, nothing is done', async () => {
    const { tech, boss, order } = await crew();
    const colleague = await technician({ supervisor: boss.externalId });
    await order('I-1', 'in_progress');
    for (const person of [tech, colleague]) {
      await person.says(say('status', 'estado'));
      await person.hears(hear('Your orders', 'Sus órdenes'));
    }
    const changed = hear('another WhatsApp identity', 'otra identidad de WhatsApp');
    stage.simulator.addPhone({
      address: colleague.address,
      name: 'New SIM',
      userId: 'US.88005551234567890123',
    });
    await colleague.says(say('status', 'estado'));
    await boss.hears(changed);
    await colleague.hears(hear('Your orders', 'Sus órdenes'));

    stage.simulator.addPhone({ address: tech.address, name: 'Mixed up', userId: 'US.88005551234567890123' });
    await tech.says(say('complete', 'terminar'));
    await tech.hears(unchanged, hear('two different people', 'dos personas distintas'));
    await boss.hears(changed);
    expect(await statusOf('I-1')).toBe('in_progress');
  });

  test('a stranger gets one short answer, in the language of the tenant', async () => {
    await stage.alter(`UPDATE tenant SET locale = '${locale}'`);
    const address = 'whatsapp:+12025559999';
    stage.simulator.addPhone({ address, name: 'Stranger' });
    await stage.simulator.says(address, say('my work', 'mis trabajos'));
    await stage.simulator.waitForText(address, hear('registered technicians', 'técnicos registrados'));
    await stage.simulator.says(address, say('ack a-1', 'aceptar a-1'));
    await stage.quiet();
    expect(stage.simulator.sentTo(address)).toHaveLength(1);
  });

  test('every message was answered', async () => {
    await stage.quiet();
    const silent = (await stage.messages()).filter(
      ({ direction, answeredBy }) => direction === 'in' && answeredBy === null,
    );
    // Twilio has answered the one by itself; the other is a stranger's second.
    expect(silent.map(({ text }) => text).sort()).toEqual(['STOP', say('ack a-1', 'aceptar a-1')]);
  });

  test('every text was heard by somebody', () => {
    const elsewhere = [
      ...heardByCalls,
      ...heardByEnrolment,
      ...heardByPhones,
      ...heardBySms,
      ...heardByWays,
      ...heardInTime,
      ...heardOfAlerts,
      ...answersAboutAlerts,
    ];
    expect(unheard().filter((key) => !elsewhere.includes(key))).toEqual([]);
  });
});
