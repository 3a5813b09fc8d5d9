import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- The quick-reply content this try was sent with, so that its failure is answered with plain text.
    ALTER TABLE attempt ADD COLUMN content_sid text;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE attempt DROP COLUMN content_sid');
};

export default { up, down };
