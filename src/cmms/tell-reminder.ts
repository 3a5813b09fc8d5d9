import { dayOf, dueDay, endOfDay } from '../domain/dates.ts';
import { isOpen } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { readMoment } from './fields.ts';
import { addNotice } from './notify.ts';
import type { Ask } from './read-notification.ts';

/** Reminds whoever has an order of it, today. Throws Refused if nobody has it, or if it is closed. */
export const tellReminder = async (
  tx: Tx,
  { number, expiresAt }: Extract<Ask, { name: 'work-order.reminder' }>,
  facts: Facts,
  faults: Faults,
): Promise<{ messageIds: string[]; bells: Bell[] }> => {
  const order = number === undefined ? null : await tx.workOrders.lockByNumber(number);
  const technician = order?.assigneeId ? await tx.technicians.get(order.assigneeId) : null;
  if (number !== undefined) {
    if (!order) faults.add('/number', 'is no work order we know');
    else if (!isOpen(order)) faults.add('/number', 'is a work order that is closed');
    else if (!technician) faults.add('/number', 'is a work order that nobody has');
  }
  refuseIfFaulty(faults);

  const timeZone = technician!.timeZone ?? facts.tenant.timeZone;
  const { messageId, bells } = await addNotice(
    tx,
    {
      technician: technician!,
      order: order!,
      kind: 'work-order.reminder',
      expiresAt: expiresAt ? readMoment(expiresAt) : endOfDay(dayOf(facts.now, timeZone), timeZone),
      ...(order!.due ? { dueDay: dueDay(order!.due, timeZone) } : {}),
    },
    facts,
  );
  return { messageIds: [messageId], bells };
};
