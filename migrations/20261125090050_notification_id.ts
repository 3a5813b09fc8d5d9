import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What the CMMS is told when it asks over HTTP; the key is its own word for the same.
    ALTER TABLE notification ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE notification DROP COLUMN id');
};

export default { up, down };
