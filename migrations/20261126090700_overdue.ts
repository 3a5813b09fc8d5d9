import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- Since when the provider has refused our credentials without taking anything; NULL once it took something.
    -- What waits on the channel without having been tried goes by the next way, counted from then.
    ALTER TABLE channel_lease ADD COLUMN refusing_since timestamptz;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('ALTER TABLE channel_lease DROP COLUMN refusing_since');
};

export default { up, down };
