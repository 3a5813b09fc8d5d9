import type { Knex } from 'knex';
import { readRoles } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  const { app } = await readRoles(knex);
  await knex.raw(`
    -- The zone in which a mark's days were reckoned; NULL: marked before this column was there. Where a due moment goes
    -- to somebody in another zone, it may be another due day.
    ALTER TABLE reminder_mark ADD COLUMN zone text;
    -- A mark follows the order's due moment and zone while its day stays.
    GRANT UPDATE (due_at, zone) ON reminder_mark TO "${app}";

    -- The marks of these days, of whatever order: a scan must not read those of years.
    DROP INDEX reminder_mark_sent;
    CREATE INDEX reminder_mark_sent ON reminder_mark (tenant_id, sent_on, work_order_id);
  `);
};

const down = async (knex: Knex) => {
  const { app } = await readRoles(knex);
  await knex.raw(`
    DROP INDEX reminder_mark_sent;
    CREATE INDEX reminder_mark_sent ON reminder_mark (tenant_id, work_order_id, sent_on);
    REVOKE UPDATE (due_at, zone) ON reminder_mark FROM "${app}";
    ALTER TABLE reminder_mark DROP COLUMN zone;
  `);
};

export default { up, down };
