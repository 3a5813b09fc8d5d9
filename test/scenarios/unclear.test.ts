import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend, timing: { callTimeoutMs: 1000 } });
  });
  afterAll(() => stage?.strike());

  test.each([
    'error-after-accepting',
    'connection-reset-after-accepting',
    'timeout-after-accepting',
  ] as const)('an answer after which nobody knows (%s) leaves one message on the phone', async (fault) => {
    const tech = await stage.technician();
    stage.simulator.fault(fault, { to: tech.address });
    await tech.says('help');
    await tech.hears('these are the commands');
    await stage.quiet();
    expect(tech.heard()).toHaveLength(1);
    const [reply] = (await stage.messages()).filter(
      ({ technician, direction }) => technician === tech.externalId && direction === 'out',
    );
    expect(reply).toMatchObject({
      possibleDuplicate: false,
      attempts: [{ providerId: expect.any(String) }],
    });
  });

  test.each(['error-after-accepting', 'timeout-after-accepting'] as const)(
    'when the callback is lost as well (%s), the message is found in the list and adopted',
    async (fault) => {
      const tech = await stage.technician();
      stage.simulator.fault(fault, { to: tech.address });
      stage.simulator.fault('lost-callback', { to: tech.address, times: 3 });
      await tech.says('help');
      await tech.hears('these are the commands');
      await stage.quiet();
      expect(tech.heard()).toHaveLength(1);
    },
  );

  test('two identical texts with unclear answers are both settled, each with an id of its own', async () => {
    const tech = await stage.technician();
    stage.simulator.fault('error-after-accepting', { to: tech.address, times: 2 });
    stage.simulator.fault('lost-callback', { to: tech.address, times: 6 });
    await tech.says('my work');
    await tech.says('my work');
    await stage.quiet();
    expect(tech.heard()).toHaveLength(2);
    const replies = (await stage.messages()).filter(
      ({ technician, direction }) => technician === tech.externalId && direction === 'out',
    );
    expect(
      new Set(replies.flatMap(({ attempts }) => attempts.map(({ providerId }) => providerId))).size,
    ).toBe(2);
    expect(replies.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([false, false]);
  });

  test('a refusal for now is tried again until it is taken', async () => {
    const tech = await stage.technician();
    stage.simulator.fault('too-many-requests', { to: tech.address, times: 2 });
    await tech.says('help');
    await tech.hears('these are the commands');
    await stage.quiet();
    expect(tech.heard()).toHaveLength(1);
  });
});
