import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchUp } from '../../jobs/schedules/catch-up.ts';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const kinds = async (number: string) => (await stage.eventsOf(number)).map(({ type }) => type);

  test('an assignment is told, acknowledged, started, noted and completed', async () => {
    const tech = await stage.technician();
    await stage.order('A-1', { assignee: tech.externalId });
    await tech.hears('New Work Order Assigned');
    await tech.says('ack');
    await tech.hears(/Acknowledged[\s\S]*A-1/);
    await tech.says('START');
    await tech.hears(/Started[\s\S]*A-1/);
    await tech.says('Note: seal replaced, 12 bar');
    await tech.hears('“seal replaced, 12 bar”');
    await tech.says('complete');
    await tech.hears(/Completed[\s\S]*A-1/);

    expect((await stage.eventsOf('A-1')).map(({ type, actor }) => [type, actor.id])).toEqual([
      ['work_order.assigned', null],
      ['work_order.acknowledged', tech.externalId],
      ['work_order.started', tech.externalId],
      ['work_order.noted', tech.externalId],
      ['work_order.completed', tech.externalId],
    ]);
    expect((await stage.findOrder('A-1')).status).toBe('completed');
  });

  test('every message is answered once, and the ticks of the answer turn', async () => {
    const tech = await stage.technician();
    await tech.says('HELP');
    const { sid } = await tech.hears('these are the commands');
    stage.simulator.reads(tech.address);
    const reply = await stage.until(async () =>
      (await stage.messages()).find(
        ({ status, attempts }) => status === 'read' && attempts.some(({ providerId }) => providerId === sid),
      ),
    );
    expect(reply.timeline.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['queued', 'sending', 'sent', 'delivered', 'read']),
    );
    const asked = (await stage.messages()).find(({ id }) => id === reply.inReplyTo);
    expect(asked).toMatchObject({ direction: 'in', status: 'processed', answeredBy: reply.id, text: 'HELP' });
  });

  test('callbacks that overtake each other leave the furthest status', async () => {
    const tech = await stage.technician();
    stage.simulator.callbackOrder = 'reversed';
    await tech.says('help');
    await tech.hears('these are the commands');
    await stage.simulator.settled();
    stage.simulator.callbackOrder = 'in-order';
    await stage.until(async () => {
      const [reply] = (await stage.messages()).filter(
        ({ technician, direction }) => technician === tech.externalId && direction === 'out',
      );
      return reply?.status === 'delivered' && reply.timeline.some(({ status }) => status === 'sent');
    });
  });

  test('MY WORK lists what to do next first', async () => {
    const tech = await stage.technician();
    await stage.order('B-1', { assignee: tech.externalId, priority: 'low' });
    await stage.order('B-2', { assignee: tech.externalId, priority: 'critical' });
    await stage.order('B-3', { assignee: tech.externalId, status: 'in_progress', priority: 'low' });
    await tech.says('my  work');
    const { text } = await tech.hears('Your work orders (3)');
    expect([...text.matchAll(/^• \*(B-\d)/gm)].map(([, number]) => number)).toEqual(['B-3', 'B-2', 'B-1']);
  });

  test('a number names its order in any spelling; a wrong one changes nothing', async () => {
    const tech = await stage.technician();
    const other = await stage.technician();
    await stage.order('C-10', { assignee: tech.externalId });
    await stage.order('C-11', { assignee: tech.externalId });
    await stage.order('C-12', { assignee: other.externalId });
    await tech.says('ack c 11');
    await tech.hears(/Acknowledged[\s\S]*C-11/);
    await tech.says('ack C-12');
    await tech.hears('C-12 is not among your orders');
    await tech.says('complete not yet');
    await tech.hears(/Nothing changed/);
    await tech.says('complete c-10');
    await tech.hears(/Not completed: not started yet/);
    expect((await stage.findOrder('C-10')).status).toBe('assigned');
    expect((await stage.findOrder('C-12')).status).toBe('assigned');
    expect(await kinds('C-11')).toEqual(['work_order.assigned', 'work_order.acknowledged']);
  });

  test('completing an order twice is answered but counted once', async () => {
    const tech = await stage.technician();
    await stage.order('D-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('complete d-1');
    await tech.hears('🏁 Completed');
    await tech.says('complete d-1');
    await tech.hears('already completed');
    await tech.says('start d-1');
    await tech.hears('already completed');
    expect((await kinds('D-1')).filter((type) => type === 'work_order.completed')).toHaveLength(1);
  });

  test('starting what was not acknowledged records both steps', async () => {
    const tech = await stage.technician();
    await stage.order('E-1', { assignee: tech.externalId });
    await tech.says('start e1');
    await tech.hears('▶️ Started');
    expect(await kinds('E-1')).toEqual([
      'work_order.assigned',
      'work_order.acknowledged',
      'work_order.started',
    ]);
  });

  test('what is no command gets a plain answer: words, a photo, nothing at all', async () => {
    const tech = await stage.technician();
    await tech.says('is anybody there?');
    await tech.hears(/did not understand “is anybody there\?”/);
    await tech.says('', {
      NumMedia: '1',
      MediaUrl0: 'https://example.test/x',
      MediaContentType0: 'image/jpeg',
    });
    await tech.hears('Kept, but with no order: 1 photo');
    await tech.says('');
    await tech.hears('cannot read this kind of message');
    await tech.says('note');
    await tech.hears('no open work orders are assigned to you');
    await tech.says('start');
    await tech.hears('no open work orders are assigned to you');
  });

  test('a stranger gets one short answer in a day and learns nothing', async () => {
    const address = 'whatsapp:+12025559999';
    stage.simulator.addPhone({ address, name: 'Stranger' });
    await stage.simulator.says(address, 'my work');
    const { text } = await stage.simulator.waitForText(address, 'registered technicians');
    expect(text).not.toMatch(/WO|order/i);
    await stage.simulator.says(address, 'ack A-1');
    await stage.quiet();
    expect(stage.simulator.sentTo(address)).toHaveLength(1);
  });

  test('when Twilio has answered an opt-out word itself, we stay silent', async () => {
    const tech = await stage.technician();
    await tech.says('HELP', { OptOutType: 'HELP' });
    await stage.quiet();
    expect(tech.heard()).toEqual([]);
  });

  test('a reassignment withdraws what has not left, and tells the former one only what he knew', async () => {
    const [first, second] = [await stage.technician(), await stage.technician()];
    await stage.order('F-1', { assignee: first.externalId });
    await first.hears('New Work Order Assigned');
    await stage.order('F-1', { assignee: second.externalId });
    await second.hears(/New Work Order Assigned[\s\S]*F-1/);
    await first.hears(/Work Order Reassigned[\s\S]*F-1/);
  });

  test('what Twilio received and never told us is found, answered, and found only once', async () => {
    const tech = await stage.technician();
    await stage.order('G-1', { assignee: tech.externalId });
    await tech.hears('New Work Order Assigned');
    stage.simulator.receivesButNeverTells(tech.address, 'start g-1');
    const later = (minutes: number) => ({
      ...stage.deps,
      providerOf: stage.providerOf,
      mustWaitForSpill: async () => false,
      now: () => new Date(Date.now() + minutes * 60_000),
    });
    await catchUp(later(1))(stage.tenantId);
    await stage.quiet();
    expect(await kinds('G-1')).toEqual(['work_order.assigned']);
    await catchUp(later(3))(stage.tenantId);
    await tech.hears(/Started[\s\S]*G-1/);
    await catchUp(later(3))(stage.tenantId);
    await stage.quiet();
    expect(tech.heard()).toHaveLength(2);
  });

  test('a late find is not carried out once something later was: it is quoted instead', async () => {
    const tech = await stage.technician();
    await stage.order('H-1', { assignee: tech.externalId, status: 'in_progress' });
    stage.simulator.receivesButNeverTells(tech.address, 'complete h-1');
    await new Promise((done) => setTimeout(done, 1100));
    await tech.says('note h-1 still working');
    await tech.hears('Note saved');
    await catchUp({
      ...stage.deps,
      providerOf: stage.providerOf,
      mustWaitForSpill: async () => false,
      now: () => new Date(Date.now() + 3 * 60_000),
    })(stage.tenantId);
    await tech.hears(/“complete h-1” reached us late/);
    expect((await stage.findOrder('H-1')).status).toBe('in_progress');
  });
});

test('switched off, what comes in is kept and never run, and what would go out is cancelled', async () => {
  const stage = await setStage({ backend: 'postgres', enabled: false });
  try {
    const tech = await stage.technician();
    await stage.order('WO-1', { assignee: tech.externalId });
    expect((await tech.says('ack')).httpStatus).toBe(200);
    const on = await setStageAgain(stage);
    await stage.until(async () => (await stage.messages()).length === 2);
    const all = await stage.messages();
    expect(all.map(({ direction, status, reason }) => [direction, status, reason]).sort()).toEqual([
      ['in', 'disabled', null],
      ['out', 'cancelled', 'disabled'],
    ]);
    await on.stop(5000);
    expect((await stage.findOrder('WO-1')).status).toBe('assigned');
    expect(tech.heard()).toEqual([]);
  } finally {
    await stage.strike();
  }
});

/** A worker of an installation that is switched on again. */
const setStageAgain = async (stage: Stage) => {
  const { startWorker } = await import('../../src/worker.ts');
  const { quickTiming } = await import('../support/timing.ts');
  const queues = stage.newQueues();
  return startWorker({ ...stage.deps, enabled: true, ring: queues.ring }, queues, {
    providerOf: stage.providerOf,
    publicBaseUrl: stage.publicBaseUrl,
    files: stage.files,
    timing: quickTiming,
    recovery: { everyMs: 200, waitedMs: 0 },
  });
};
