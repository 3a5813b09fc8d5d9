import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When a first question to the provider was begun: the next bell does not ask it again beside it, nor at once after
    -- it was in vain.
    ALTER TABLE template ADD COLUMN questioned_at timestamptz;
    -- Since when the provider has told nothing of it, however often it was asked; NULL: it told when last asked.
    ALTER TABLE template ADD COLUMN vain_since timestamptz;
    -- When somebody was told of that.
    ALTER TABLE template ADD COLUMN vain_told_at timestamptz;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    ALTER TABLE template DROP COLUMN questioned_at, DROP COLUMN vain_since, DROP COLUMN vain_told_at
  `);
};

export default { up, down };
