import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  test('an assignment is told, acknowledged, started, noted and completed', async () => {
    const tech = await stage.technician();
    await stage.order('WO-1', { assignee: tech.externalId });
    await tech.hears('New Work Order Assigned');

    await tech.says('ack');
    await tech.hears(/Acknowledged[\s\S]*WO-1/);
    await tech.says('START');
    await tech.hears(/Started[\s\S]*WO-1/);
    await tech.says('Note: seal replaced, 12 bar');
    await tech.hears('“seal replaced, 12 bar”');
    await tech.says('complete');
    await tech.hears(/Completed[\s\S]*WO-1/);

    expect((await stage.eventsOf('WO-1')).map(({ type, actor }) => [type, actor.id])).toEqual([
      ['work_order.assigned', null],
      ['work_order.acknowledged', tech.externalId],
      ['work_order.started', tech.externalId],
      ['work_order.noted', tech.externalId],
      ['work_order.completed', tech.externalId],
    ]);
    expect((await stage.findOrder('WO-1')).status).toBe('completed');
  });
});
