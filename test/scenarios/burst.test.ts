import { describe, expect, test } from 'vitest';
import { backends, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  test('fifty technicians send five commands each in a burst to four workers: every order ends completed, in the order sent', async () => {
    const stage = await setStage({ backend, workers: 4 });
    try {
      const people = await Promise.all(Array.from({ length: 50 }, () => stage.technician()));
      for (const [index, tech] of people.entries()) {
        await stage.order(`WO-${index + 1}`, { assignee: tech.externalId });
      }
      await stage.quiet();
      await Promise.all(
        people.map(async (tech) => {
          for (const command of ['ACK', 'START', 'NOTE a', 'NOTE b', 'COMPLETE']) {
            expect((await tech.says(command)).httpStatus).toBe(200);
          }
        }),
      );
      await stage.quiet(60_000);

      for (const [index, tech] of people.entries()) {
        const events = await stage.eventsOf(`WO-${index + 1}`);
        expect(events.map(({ type, data }) => [type, data.text])).toEqual([
          ['work_order.assigned', undefined],
          ['work_order.acknowledged', undefined],
          ['work_order.started', undefined],
          ['work_order.noted', 'a'],
          ['work_order.noted', 'b'],
          ['work_order.completed', undefined],
        ]);
        expect(tech.heard().map((text) => text.split('\n')[0])).toEqual([
          '🔧 *New Work Order Assigned*',
          '✅ Acknowledged',
          '▶️ Started',
          '📝 Note saved',
          '📝 Note saved',
          '🏁 Completed',
        ]);
      }
    } finally {
      await stage.strike();
    }
  }, 120_000);
});
