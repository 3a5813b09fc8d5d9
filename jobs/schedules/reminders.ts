import { readFacts, ringAll } from '../../src/cmms/facts.ts';
import { addNotice } from '../../src/cmms/notify.ts';
import type { Deps } from '../../src/deps.ts';
import { dayBefore, reminderDue } from '../../src/domain/reminder.ts';
import type { WorkOrder } from '../../src/domain/work-order.ts';
import type { Tx } from '../../src/store/store.ts';

const batchSize = 500;

/** Reminds each technician of what is due, at the reminder's hour in his own zone, once. */
export const reminders = (deps: Deps) => async (tenantId: string) => {
  for (let after: string | null = null; ; ) {
    const batch: WorkOrder[] = await deps.store.tenant(tenantId, (tx) =>
      tx.workOrders.listDue({ after, limit: batchSize }),
    );
    for (const order of batch) await remind(deps, tenantId, order);
    if (batch.length < batchSize) return;
    after = batch.at(-1)!.id;
  }
};

const remind = async (deps: Deps, tenantId: string, listed: WorkOrder) => {
  // Asked first without a lock: most orders have nothing due.
  const bell = await deps.store.tenant(tenantId, async (tx) => {
    if (!(await dueNow(tx, deps, listed))) return null;
    const order = await tx.workOrders.lock(listed.id);
    const due = order && (await dueNow(tx, deps, order));
    if (!due) return null;
    const { technician, facts, reminder } = due;
    const isFirst = await tx.reminders.mark({
      workOrderId: order.id,
      rule: reminder.rule,
      dueOn: reminder.dueOn,
      sentOn: reminder.sentOn,
    });
    if (!isFirst) return null;
    const { channelId } = await addNotice(
      tx,
      {
        technician,
        order,
        kind: 'work-order.reminder',
        expiresAt: reminder.expiresAt,
        dueDay: reminder.dueOn,
      },
      facts,
    );
    return channelId;
  });
  if (bell) ringAll(deps, tenantId, [{ queue: 'outbound', id: bell }]);
};

const dueNow = async (tx: Tx, deps: Deps, order: WorkOrder) => {
  const technician = order.assigneeId ? await tx.technicians.get(order.assigneeId) : null;
  if (!technician) return null;
  const facts = await readFacts(tx, deps, { kind: 'system', id: null });
  const reminder = reminderDue(order, dayBefore, technician.timeZone ?? facts.tenant.timeZone, facts.now);
  return reminder ? { technician, facts, reminder } : null;
};
