import { atTime, dayAfter, dayOf, dueDay, startOfDay } from '../domain/dates.ts';
import { confirmationDue, maintenanceMarks, remindDaysBefore, toldOn } from '../domain/maintenance.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { MaintenanceWindow, ReminderMark } from '../store/reminders.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { addNotice } from './notify.ts';
import type { Reminded } from './remind.ts';
import { tellAbout } from './tell-people.ts';

const { reminded, reported } = maintenanceMarks;

/** Which scheduled dates may need asking about just now, in that zone; none before the morning's hour. */
export const maintenanceWindows = (zone: string, hour: string, now: Date): MaintenanceWindow[] => {
  const today = dayOf(now, zone);
  if (now < atTime(today, hour, zone)) return [];
  const end = dayAfter(today, remindDaysBefore + 1);
  const [fromAt, toAt] = [startOfDay(today, zone), startOfDay(end, zone)];
  return [{ zone, fromOn: today, toOn: end, fromAt, toAt }];
};

/**
 * Asks once more about maintenance that nobody has confirmed, then reports it to the planner: each once for an
 * assignment and a date. `hour`: the morning's, in each technician's zone. Ring the bells after the commit.
 */
export const askForConfirmations = async (
  tx: Tx,
  orderIds: string[],
  hour: string,
  facts: Facts,
): Promise<Reminded> => {
  const orders = [...(await tx.workOrders.lockMany(orderIds)).values()];
  const people = await tx.technicians.getMany(orders.flatMap(({ assigneeId }) => assigneeId ?? []));
  const marks = await tx.reminders.marksOf(orderIds, [reminded, reported]);

  const done: Reminded = { orders: 0, messages: 0, bells: [] };
  for (const order of orders) {
    const technician = people.get(order.assigneeId ?? '');
    if (!technician) continue;
    const zone = technician.timeZone ?? facts.tenant.timeZone;
    const due = confirmationDue(order, askedBefore(order, marks, zone), hour, zone, facts.now);
    if (!due) continue;
    const mark = (rule: string) =>
      tx.reminders.mark([{ workOrderId: order.id, rule, dueOn: due.scheduledOn, sentOn: due.today, zone }]);
    done.orders++;
    if (due.remind && (await mark(reminded)).length > 0) {
      done.messages++;
      const { bells } = await addNotice(
        tx,
        {
          ...{ technician, order, kind: 'maintenance.reminder' },
          ...{ dueDay: due.scheduledOn, expiresAt: due.expiresAt },
        },
        facts,
      );
      done.bells.push(...bells);
    }
    if (due.report && (await mark(reported)).length > 0) {
      const bells = await report(tx, order, technician, facts);
      done.messages += bells.length;
      done.bells.push(...bells);
    }
  }
  return done;
};

/** What was done about that date since the order is his. */
const askedBefore = (order: WorkOrder, marks: ReminderMark[], zone: string) => {
  const told = toldOn(order, zone);
  const on = (rule: string) =>
    marks
      .filter(
        (mark) =>
          mark.workOrderId === order.id &&
          mark.rule === rule &&
          (told === null || mark.sentOn > told) &&
          order.scheduled !== null &&
          mark.dueOn === dueDay(order.scheduled, zone),
      )
      .map(({ sentOn }) => sentOn)
      .sort()
      .at(-1) ?? null;
  return { remindedOn: on(reminded), reportedOn: on(reported) };
};

const report = (tx: Tx, order: WorkOrder, technician: Technician, facts: Facts): Promise<Bell[]> => {
  const values = { order, by: technician.name };
  const news = { key: 'maintenance.unconfirmed', values, orderId: order.id } as const;
  return tellAbout(tx, technician, 'planners', news, facts, order.plannerId);
};
