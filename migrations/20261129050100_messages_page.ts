import type { Knex } from 'knex';

// Nothing new is written for a message that arrives: only what failed or did not leave has an entry in these indexes.
// Each of the four is built by one pass over the log, about a second for a million rows. Meanwhile the log is read, and
// what would write to it waits for all four.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- Each further way is tried once, whatever comes twice; and a message is sent again once by each way.
    CREATE UNIQUE INDEX message_further ON message
      (tenant_id, fallback_of, way, coalesce(resent_of, '00000000-0000-0000-0000-000000000000'))
      WHERE fallback_of IS NOT NULL;
    CREATE INDEX message_resent ON message (tenant_id, resent_of) WHERE resent_of IS NOT NULL;
    -- What went wrong, newest first, however rare.
    CREATE INDEX message_ended ON message (tenant_id, status, seq)
      WHERE status IN ('unknown', 'failed', 'expired', 'cancelled', 'disabled');
    CREATE INDEX message_error ON message (tenant_id, error_code, seq) WHERE error_code IS NOT NULL;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('DROP INDEX message_error, message_ended, message_resent, message_further');
};

export default { up, down };
