import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When we were first told that it had come that far; NULL while it has not, and where it had before these columns.
    ALTER TABLE message
      ADD COLUMN sent_at timestamptz,
      ADD COLUMN delivered_at timestamptz,
      ADD COLUMN read_at timestamptz;
    -- Reports ask for those raised in a stretch of time.
    CREATE INDEX alert_raised ON alert (tenant_id, raised_at);
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX alert_raised;
    ALTER TABLE message DROP COLUMN sent_at, DROP COLUMN delivered_at, DROP COLUMN read_at;
  `);
};

export default { up, down };
