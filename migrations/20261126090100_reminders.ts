import type { Knex } from 'knex';
import { readRoles } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  const { app } = await readRoles(knex);
  await knex.raw(`
    -- The moment that due_on was the day of; NULL where the order itself names a day. Tells the scan, without any
    -- time zone, that a mark is about the date the order still has.
    ALTER TABLE reminder_mark ADD COLUMN due_at timestamptz;
    CREATE INDEX reminder_mark_sent ON reminder_mark (tenant_id, work_order_id, sent_on);

    -- The day a digest says the order is due; NULL for any other message.
    ALTER TABLE message_work_order ADD COLUMN due_day date;
    -- Orders that moved on drop out of a digest that did not leave yet.
    GRANT DELETE ON message_work_order TO "${app}";

    -- Since when reminders are kept back from somebody who does not read them.
    ALTER TABLE technician ADD COLUMN reminders_stopped_at timestamptz;

    -- What the scan for reminders looks for.
    DROP INDEX work_order_due;
    CREATE INDEX work_order_due_on ON work_order (tenant_id, due_on)
      WHERE status NOT IN ('completed', 'cancelled') AND assignee_id IS NOT NULL AND due_on IS NOT NULL;
    CREATE INDEX work_order_due_at ON work_order (tenant_id, due_at)
      WHERE status NOT IN ('completed', 'cancelled') AND assignee_id IS NOT NULL AND due_at IS NOT NULL;
    CREATE INDEX work_order_unconfirmed ON work_order (tenant_id, id)
      WHERE status = 'assigned' AND kind = 'preventive' AND confirmed_at IS NULL AND assignee_id IS NOT NULL;
    -- Somebody's last reminders, without reading all that was ever sent to him.
    CREATE INDEX message_reminders ON message (tenant_id, technician_id, seq)
      WHERE direction = 'out' AND kind IN ('work-order.reminder', 'work-order.digest');
  `);
};

const down = async (knex: Knex) => {
  const { app } = await readRoles(knex);
  await knex.raw(`
    DROP INDEX message_reminders, work_order_unconfirmed, work_order_due_at, work_order_due_on;
    CREATE INDEX work_order_due ON work_order (tenant_id, id)
      WHERE status NOT IN ('completed', 'cancelled') AND assignee_id IS NOT NULL
        AND (due_at IS NOT NULL OR due_on IS NOT NULL);
    ALTER TABLE technician DROP COLUMN reminders_stopped_at;
    REVOKE DELETE ON message_work_order FROM "${app}";
    ALTER TABLE message_work_order DROP COLUMN due_day;
    DROP INDEX reminder_mark_sent;
    ALTER TABLE reminder_mark DROP COLUMN due_at;
  `);
};

export default { up, down };
