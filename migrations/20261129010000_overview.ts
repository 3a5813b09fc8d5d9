import type { Knex } from 'knex';

const neverArrived = `direction = 'out' AND (status IN ('failed', 'expired') OR (status = 'cancelled'
  AND reason IN ('no-address', 'opted-out', 'no-template', 'provider', 'paused', 'quiet-hours')))`;
// While the service was switched off, which it may have been for long: only what told an assignment is still of use.
const neverTold = `direction = 'out' AND (status IN ('failed', 'expired') OR (status = 'cancelled'
  AND reason IN ('no-address', 'opted-out', 'no-template', 'provider', 'paused', 'quiet-hours', 'disabled')))`;
const isNotice = "IN ('work-order.assigned', 'maintenance.scheduled')";

// What needs somebody, found among all that does not: each index holds only what may be shown.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- Assigned, and nobody has acknowledged it; the priority first, since the urgent are shown first.
    CREATE INDEX work_order_unacknowledged ON work_order (tenant_id, priority, assigned_at) WHERE status = 'assigned';
    -- Overdue, with or without an assignee.
    CREATE INDEX work_order_late_at ON work_order (tenant_id, priority, due_at)
      WHERE status NOT IN ('completed', 'cancelled') AND due_at IS NOT NULL;
    CREATE INDEX work_order_late_on ON work_order (tenant_id, priority, due_on)
      WHERE status NOT IN ('completed', 'cancelled') AND due_on IS NOT NULL;
    CREATE INDEX alert_open ON alert (tenant_id, severity, raised_at) WHERE state = 'open';
    -- Calls for help that nobody has taken; those about which nothing is done stay in it.
    CREATE INDEX chain_untaken ON chain (tenant_id, created_at) WHERE kind <> 'alert.raised'
      AND ended IS DISTINCT FROM 'claimed' AND ended IS DISTINCT FROM 'withdrawn' AND ended IS DISTINCT FROM 'resolved';
    -- What ended without having reached anybody: what told an assignment, and the rest, be it unclear.
    CREATE INDEX message_untold ON message (tenant_id, created_at) WHERE ${neverTold} AND kind ${isNotice};
    CREATE INDEX message_not_arrived ON message (tenant_id, created_at)
      WHERE (${neverArrived} OR direction = 'out' AND status = 'unknown') AND kind NOT ${isNotice};
    -- What somebody wrote and could not be dealt with.
    CREATE INDEX message_set_aside ON message (tenant_id, received_at) WHERE direction = 'in' AND status = 'failed';
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX message_set_aside, message_not_arrived, message_untold, chain_untaken, alert_open, work_order_late_on, work_order_late_at,
      work_order_unacknowledged;
  `);
};

export default { up, down };
