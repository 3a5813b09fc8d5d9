import type { Queries } from './connections.ts';

export const reminders = (trx: Queries, tenantId: string) => ({
  /** Marks a reminder as decided; false if it was before. */
  mark: async (mark: {
    workOrderId: string;
    rule: string;
    dueOn: string;
    sentOn: string;
  }): Promise<boolean> =>
    (
      await trx('reminder_mark')
        .insert({
          tenant_id: tenantId,
          work_order_id: mark.workOrderId,
          rule: mark.rule,
          due_on: mark.dueOn,
          sent_on: mark.sentOn,
        })
        .onConflict(['tenant_id', 'work_order_id', 'rule', 'due_on', 'sent_on'])
        .ignore()
        .returning('rule')
    ).length > 0,
});
