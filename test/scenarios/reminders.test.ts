import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { emptyQueue } from '../support/queue.ts';
import { backends, type Stage, setStage } from './stage.ts';

// Somewhere it is daytime: a zone where the reminder's hour has passed and the day has hours left.
const daytimeZone = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles', 'Asia/Kolkata', 'America/Sao_Paulo'].find(
  (zone) => {
    const { hour } = DateTime.now().setZone(zone);
    return hour >= 9 && hour < 22;
  },
)!;
const tomorrow = DateTime.now().setZone(daytimeZone).plus({ days: 1 }).toISODate()!;

const everySecond = { everyMs: 300, waitedMs: 300, patterns: { reminders: '* * * * * *' } };

const remindersOf = (stage: Stage) =>
  stage.messages().then((all) => all.filter(({ kind }) => kind === 'work-order.reminder'));

describe.each(backends)('on %s', (backend) => {
  test('two workers, stopped across a slot and started again, remind once of what is due tomorrow', async () => {
    const stage = await setStage({ backend, workers: 2, recovery: everySecond });
    try {
      const tech = await stage.technician({ timeZone: daytimeZone });
      await stage.order('WO-1', { assignee: tech.externalId, dueAt: tomorrow });
      await stage.order('WO-2', {
        assignee: tech.externalId,
        dueAt: DateTime.fromISO(tomorrow).plus({ days: 2 }).toISODate(),
      });
      await tech.hears(/Work Order Reminder[\s\S]*WO-1[\s\S]*Due in 1 day\n/);

      // Slots pass while nobody works; both workers come back and meet the overdue run.
      await Promise.all(stage.workers.map((worker) => worker.stop(5000)));
      await stage.order('WO-3', { assignee: tech.externalId, dueAt: tomorrow });
      await new Promise((done) => setTimeout(done, 2500));
      stage.workers.push(await stage.startAWorker(), await stage.startAWorker());
      await tech.hears(/Work Order Reminder[\s\S]*WO-3/);
      await new Promise((done) => setTimeout(done, 2500));

      expect((await remindersOf(stage)).flatMap(({ workOrders }) => workOrders).sort()).toEqual([
        'WO-1',
        'WO-3',
      ]);
    } finally {
      await stage.strike();
    }
  }, 60_000);

  test('with every queue key deleted, what was unread, due or still to be scheduled happens all the same, once', async () => {
    const stage = await setStage({ backend, workers: 0, recovery: everySecond });
    try {
      const tech = await stage.technician({ timeZone: daytimeZone });
      await stage.order('WO-1', { assignee: tech.externalId, status: 'assigned' });
      const first = await stage.startAWorker();
      await tech.hears('New Work Order');
      await first.stop(5000);

      await tech.says('ack wo-1');
      await tech.says('start wo-1');
      await stage.order('WO-2', { assignee: tech.externalId, dueAt: tomorrow });
      await emptyQueue(stage);
      stage.workers.push(await stage.startAWorker(), await stage.startAWorker());

      await tech.hears('Acknowledged');
      await tech.hears('Started');
      await tech.hears(/New Work Order[\s\S]*WO-2/);
      await tech.hears(/Reminder[\s\S]*WO-2/);
      // And again, with the workers running.
      await emptyQueue(stage);
      await stage.order('WO-3', { assignee: tech.externalId, dueAt: tomorrow });
      await tech.says('note wo-1 all keys gone');
      await tech.hears('Note saved', 20_000);
      await tech.hears(/Reminder[\s\S]*WO-3/, 20_000);
      await stage.quiet();

      const heads = tech.heard().map((text) => text.split('\n')[0]!.replace(/^\S+ /, ''));
      expect(heads.sort()).toEqual(
        [
          ...Array(3).fill('*New Work Order Assigned*'),
          ...Array(2).fill('*Work Order Reminder*'),
          'Acknowledged',
          'Note saved',
          'Started',
        ].sort(),
      );
      expect((await stage.eventsOf('WO-1')).map(({ type }) => type)).toEqual([
        'work_order.assigned',
        'work_order.acknowledged',
        'work_order.started',
        'work_order.noted',
      ]);
    } finally {
      await stage.strike();
    }
  }, 90_000);
});
