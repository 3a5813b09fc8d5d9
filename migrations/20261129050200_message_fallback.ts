import type { Knex } from 'knex';

// The index message_further has taken its place. After that and by itself: readers would wait for what goes with it.
const up = async (knex: Knex) => {
  await knex.raw('DROP INDEX message_fallback');
};

const down = async (knex: Knex) => {
  // The version before knows no second message of one way; each stays in the log by itself.
  await knex.raw('ALTER TABLE message NO FORCE ROW LEVEL SECURITY');
  await knex.raw('UPDATE message SET fallback_of = NULL WHERE resent_of IS NOT NULL');
  await knex.raw('ALTER TABLE message FORCE ROW LEVEL SECURITY');
  await knex.raw(
    'CREATE UNIQUE INDEX message_fallback ON message (tenant_id, fallback_of, way) WHERE fallback_of IS NOT NULL',
  );
};

export default { up, down };
