import type { Knex } from 'knex';

// By itself: until it is committed nobody reads the table either, so nothing that takes time goes with it.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- The message that somebody had sent again by this one.
    ALTER TABLE message ADD COLUMN resent_of uuid;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE message DROP COLUMN resent_of');
};

export default { up, down };
