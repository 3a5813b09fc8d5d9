import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const kinds = async (number: string) =>
    (await stage.eventsOf(number)).map(({ type }) => type.split('.')[1]);

  /** A technician with a supervisor, and a planner for the orders. */
  const crew = async (fields: { locale?: string } = {}) => {
    const boss = await stage.technician({ role: 'supervisor', ...fields });
    const planner = await stage.technician({ role: 'planner', ...fields });
    const tech = await stage.technician({ supervisor: boss.externalId, ...fields });
    return { boss, planner, tech };
  };

  test('a delay is told to the planner with its reason, and the order is resumed later', async () => {
    const { tech, planner } = await crew();
    await stage.order('D-1', {
      assignee: tech.externalId,
      planner: planner.externalId,
      status: 'in_progress',
    });
    await tech.says('DELAY');
    await tech.hears(/why is it delayed[\s\S]*D-1/);
    await tech.says('waiting for the seal kit');
    await tech.hears(/Delayed[\s\S]*D-1[\s\S]*“waiting for the seal kit”[\s\S]*Told: /);
    await planner.hears(/Delayed[\s\S]*D-1[\s\S]*waiting for the seal kit/);
    await tech.says('start');
    await tech.hears(/Resumed[\s\S]*D-1/);
    expect(await kinds('D-1')).toEqual(['assigned', 'acknowledged', 'started', 'delayed', 'resumed']);
  });

  test('an escalation reaches the supervisor at once, who takes it, and the technician hears who', async () => {
    const { tech, boss } = await crew();
    await stage.order('E-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('escalate smell of gas');
    await tech.hears(/Escalated[\s\S]*E-1[\s\S]*Told: /);
    await boss.hears(/needs a supervisor[\s\S]*E-1[\s\S]*smell of gas/);
    expect((await stage.findOrder('E-1')).escalated).toBe(true);
    await boss.says('RESPONDING');
    await boss.hears(/You are taking it[\s\S]*E-1/);
    await tech.hears(/takes your escalation[\s\S]*E-1/);
    expect((await stage.findOrder('E-1')).escalated).toBe(false);
    await boss.says('responding');
    await boss.hears('no alert is open');
  });

  test('of two supervisors who respond at once one takes the escalation', async () => {
    const boss = await stage.technician({ role: 'supervisor' });
    const second = await stage.technician({ role: 'supervisor' });
    const tech = await stage.technician();
    await stage.order('E-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('escalate');
    await Promise.all([boss, second].map((each) => each.hears(/needs a supervisor[\s\S]*E-2/)));
    await Promise.all([boss.says('responding'), second.says('responding')]);
    await stage.quiet();
    const said = [...boss.heard(), ...second.heard()];
    expect(said.filter((text) => text.includes('You are taking it'))).toHaveLength(1);
    expect(said.filter((text) => text.includes('no alert is open'))).toHaveLength(1);
    const taken = (await stage.eventsOf('E-2')).filter(({ data }) => 'takenBy' in data);
    expect(taken).toHaveLength(1);
  });

  test('the log of an order holds the commands about it', async () => {
    const { tech } = await crew();
    await stage.order('G-1', { assignee: tech.externalId });
    await tech.says('start g-1');
    await tech.hears(/Started[\s\S]*G-1/);
    const command = (await stage.messages()).find(({ text }) => text === 'start g-1');
    expect(command?.workOrders).toEqual(['G-1']);
  });

  test('what is needed is asked for in one tap', async () => {
    const { tech, boss } = await crew();
    await stage.order('N-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('help with this pump');
    await tech.hears(/What do you need for N-1/);
    await tech.says('2');
    await tech.hears(/Asked for[\s\S]*N-1[\s\S]*part/);
    await boss.hears(/needs something[\s\S]*N-1[\s\S]*part/);
  });

  test('a list is asked with numbers, answered with one, and closed by the next command', async () => {
    const { tech } = await crew();
    await stage.order('L-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('L-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('note bearing is warm');
    const { text } = await tech.hears('which order?');
    const place = text.split('\n').findIndex((line) => line.includes('L-2'));
    await tech.says(text.split('\n')[place]!.slice(0, 1));
    await tech.hears(/Note saved[\s\S]*L-2[\s\S]*bearing is warm/);
    await tech.says('1');
    await tech.hears('list is closed');
    expect(await kinds('L-2')).toContain('noted');
    expect(await kinds('L-1')).not.toContain('noted');
  });

  test('two UNDOs take back the last two changes; what the planner changed since stays', async () => {
    const { tech, planner } = await crew();
    await stage.order('U-1', { assignee: tech.externalId, planner: planner.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*U-1/);
    await tech.says('start u-1');
    await tech.hears(/Started[\s\S]*U-1/);
    await tech.says('delay no permit');
    await tech.hears('Delayed');
    await planner.hears(/Delayed[\s\S]*U-1/);
    await tech.says('undo');
    await tech.hears(/Taken back: delay[\s\S]*U-1[\s\S]*in progress/);
    await planner.hears(/Taken back[\s\S]*delay[\s\S]*U-1/);
    await tech.says('undo');
    await tech.hears(/Taken back: acknowledgement and start[\s\S]*not acknowledged/);
    await tech.says('undo');
    await tech.hears('no change of yours to take back');
    const order = await stage.findOrder('U-1');
    expect(order).toMatchObject({ status: 'assigned', acknowledgedAt: null, startedAt: null });
    const events = await stage.eventsOf('U-1');
    const undone = events.filter(({ type }) => type === 'work_order.undone');
    expect(undone.map(({ undoes }) => events.find(({ id }) => id === undoes)?.type)).toEqual([
      'work_order.delayed',
      'work_order.started',
      'work_order.acknowledged',
    ]);

    await tech.says('ack u-1');
    await tech.hears(/Acknowledged[\s\S]*U-1/);
    await stage.order('U-1', { title: 'Another title' });
    await tech.says('undo');
    await tech.hears(/Nothing taken back: The planner changed it since[\s\S]*U-1/);
    expect((await stage.findOrder('U-1')).status).toBe('acknowledged');
  });

  test('STOP holds notices back, START {order} works on, START alone resumes and lists what was missed', async () => {
    const { tech } = await crew();
    await stage.order('S-1', { assignee: tech.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*S-1/);
    await tech.says('Stop');
    await tech.hears('Notifications are paused');
    await stage.order('S-2', { assignee: tech.externalId });
    const held = await stage.until(async () =>
      (await stage.messages()).find(
        ({ workOrders, kind }) => kind === 'work-order.assigned' && workOrders[0] === 'S-2',
      ),
    );
    expect(held).toMatchObject({ status: 'cancelled', reason: 'paused' });
    await tech.says('start s-1');
    await tech.hears(/Started[\s\S]*S-1[\s\S]*stay paused/);
    await tech.says('START');
    const { text } = await tech.hears('Notifications are on again');
    expect(text).toContain('S-2');
    expect((await stage.findOrder('S-2')).status).toBe('assigned');
    await tech.says('START');
    await tech.hears(/Started[\s\S]*S-2/);
  });

  test('scheduled maintenance is confirmed', async () => {
    const { tech } = await crew();
    await stage.order('M-1', {
      assignee: tech.externalId,
      kind: 'preventive',
      scheduledFor: '2027-01-15T09:00:00.000Z',
    });
    await tech.hears(/Scheduled Maintenance[\s\S]*CONFIRM/);
    await tech.says('confirm');
    await tech.hears(/Confirmed[\s\S]*M-1/);
    expect(await stage.findOrder('M-1')).toMatchObject({
      status: 'acknowledged',
      confirmedAt: expect.any(Date),
    });
    await tech.says('confirm');
    await tech.hears('already confirmed');
  });

  test('a typo changes nothing until it is confirmed with a digit', async () => {
    const { tech } = await crew();
    await stage.order('T-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('complte');
    await tech.hears(/did not understand[\s\S]*Did you mean COMPLETE\? Reply 1/);
    expect((await stage.findOrder('T-1')).status).toBe('in_progress');
    await tech.says('1');
    await tech.hears(/Completed[\s\S]*T-1/);
  });

  test('words left over change nothing', async () => {
    const { tech } = await crew();
    await stage.order('W-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('complete not yet');
    await tech.hears(/“not yet” is not one of your orders/);
    expect((await stage.findOrder('W-1')).status).toBe('in_progress');
  });

  test('after five messages that are not understood there is silence until one is', async () => {
    const { tech } = await crew();
    for (const word of ['bla', 'blub', 'foo', 'bar', 'baz']) await tech.says(word);
    await tech.hears('fifth in a row');
    const before = tech.heard().length;
    await tech.says('qux');
    await tech.says('my work');
    await tech.hears('No open work orders');
    expect(tech.heard().length).toBe(before + 1);
    const silent = (await stage.messages()).find(
      ({ text, direction }) => direction === 'in' && text === 'qux',
    )!;
    expect(silent).toMatchObject({ status: 'processed', answeredBy: expect.any(String) });
  });

  test('500 open orders are listed page by page, each once, none over 1,600 characters', async () => {
    const { tech } = await crew();
    for (let n = 1; n <= 60; n++)
      await stage.order(`P-${n}`, { assignee: tech.externalId, status: 'acknowledged' });
    await tech.says('my work');
    const seen: string[] = [];
    for (let page = 1; page < 60; page++) {
      const { text } = await tech.hears(page === 1 ? 'Your work orders (60)' : /Your work orders/);
      expect(text.length).toBeLessThan(1600);
      seen.push(...[...text.matchAll(/\*(P-\d+)\*/g)].map(([, number]) => number!));
      if (!text.includes('MORE')) break;
      await tech.says('more');
    }
    expect(seen.length).toBe(60);
    expect(new Set(seen).size).toBe(60);
  });
});
