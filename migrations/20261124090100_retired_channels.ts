import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When the environment stopped naming this sender. It still hears and answers; notices leave by another.
    ALTER TABLE channel ADD COLUMN retired_at timestamptz;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE channel DROP COLUMN retired_at');
};

export default { up, down };
