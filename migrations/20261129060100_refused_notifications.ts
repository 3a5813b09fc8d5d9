import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What the CMMS asked for and was refused, newest first.
    CREATE INDEX notification_refused ON notification (tenant_id, changed_at DESC, id DESC) WHERE state = 'invalid';
  `);
};

const down = async (knex: Knex) => {
  await knex.raw('DROP INDEX notification_refused');
};

export default { up, down };
