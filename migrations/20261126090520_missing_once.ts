import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When the provider knew no such content, of one that was approved: it counts as missing if that is said twice.
    ALTER TABLE template ADD COLUMN missing_once_at timestamptz;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE template DROP COLUMN missing_once_at');
};

export default { up, down };
