import type { Knex } from 'knex';

const up = (knex: Knex) =>
  knex.raw(`
    ALTER TABLE erasure
      -- What was theirs when they were erased: up to that row of message, and what carries nobody in these conversations.
      ADD COLUMN until_seq bigint NOT NULL DEFAULT 0,
      ADD COLUMN conversations uuid[] NOT NULL DEFAULT '{}',
      DROP CONSTRAINT erasure_in_table_check,
      -- The default stays message: a process of before empties all of theirs at once, and begins there.
      ADD CONSTRAINT erasure_in_table_check
        CHECK (in_table IN ('attachment', 'chain', 'message', 'attempt', 'event', 'status_callback'));
    CREATE INDEX attachment_technician ON attachment (tenant_id, technician_id, id);
  `);

const down = (knex: Knex) =>
  knex.raw(`
    DROP INDEX attachment_technician;
    ALTER TABLE erasure NO FORCE ROW LEVEL SECURITY;
    UPDATE erasure SET in_table = 'message', after_id = DEFAULT WHERE in_table IN ('attachment', 'chain');
    ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
    ALTER TABLE erasure
      DROP CONSTRAINT erasure_in_table_check,
      ADD CONSTRAINT erasure_in_table_check
        CHECK (in_table IN ('message', 'attempt', 'event', 'status_callback')),
      DROP COLUMN conversations,
      DROP COLUMN until_seq;
  `);

export default { up, down };
