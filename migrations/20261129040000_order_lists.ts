import type { Knex } from 'knex';

// Tables are read while their indexes are built; what would write to them waits, for some seconds per million rows.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- Lists of the panel, newest first, and of what is overdue, the oldest first.
    CREATE INDEX work_order_newest ON work_order (tenant_id, created_at, id);
    CREATE INDEX work_order_not_closed ON work_order (tenant_id, created_at, id)
      WHERE status NOT IN ('completed', 'cancelled');
    CREATE INDEX work_order_in_status ON work_order (tenant_id, status, created_at, id);
    CREATE INDEX work_order_of_assignee ON work_order (tenant_id, assignee_id, created_at, id);
    CREATE INDEX work_order_at_asset ON work_order (tenant_id, asset_id, created_at, id);
    CREATE INDEX work_order_overdue_at ON work_order (tenant_id, due_at, id)
      WHERE status NOT IN ('completed', 'cancelled') AND due_at IS NOT NULL;
    CREATE INDEX work_order_overdue_on ON work_order (tenant_id, due_on, id)
      WHERE status NOT IN ('completed', 'cancelled') AND due_on IS NOT NULL;

    CREATE INDEX alert_newest ON alert (tenant_id, raised_at, id);
    CREATE INDEX alert_not_over ON alert (tenant_id, raised_at, id) WHERE state <> 'resolved';
    CREATE INDEX alert_in_state ON alert (tenant_id, state, raised_at, id);
    CREATE INDEX alert_of_severity ON alert (tenant_id, severity, raised_at, id);
    CREATE INDEX alert_at_asset ON alert (tenant_id, asset_id, raised_at, id);

    -- What was done in the panel to one order or alert.
    CREATE INDEX audit_subject ON audit (tenant_id, subject, seq) WHERE subject IS NOT NULL;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX audit_subject, alert_at_asset, alert_of_severity, alert_in_state, alert_not_over, alert_newest,
      work_order_overdue_on, work_order_overdue_at, work_order_at_asset, work_order_of_assignee, work_order_in_status, work_order_not_closed,
      work_order_newest;
  `);
};

export default { up, down };
