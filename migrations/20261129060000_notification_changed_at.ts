import type { Knex } from 'knex';

// By itself: until it is committed nobody reads the table either. No row is written anew.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- When its state was last written: of what there was already, the moment this runs. In milliseconds, as it goes
    -- through a page's address and back.
    ALTER TABLE notification ADD COLUMN changed_at timestamptz(3) NOT NULL DEFAULT now();
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE notification DROP COLUMN changed_at');
};

export default { up, down };
