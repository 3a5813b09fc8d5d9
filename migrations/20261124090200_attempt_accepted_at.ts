import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When the provider had it, which may be seconds after we began to send.
    ALTER TABLE attempt ADD COLUMN accepted_at timestamptz`);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE attempt DROP COLUMN accepted_at');
};

export default { up, down };
