import type { Knex } from 'knex';

const up = (knex: Knex) =>
  knex.raw(`
    -- By what somebody was told to go to an alert: few of all the messages he ever got.
    CREATE INDEX message_asks_to_go ON message (tenant_id, technician_id, seq)
      WHERE direction = 'out' AND kind IN ('alert.raised', 'alert.unanswered', 'alert.released', 'alert.escalated', 'alert.reopened')
  `);

const down = (knex: Knex) => knex.raw('DROP INDEX message_asks_to_go');

export default { up, down };
