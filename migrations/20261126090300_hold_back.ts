import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What is due, in the order in which it leaves: the first few are found without sorting the rest.
    CREATE INDEX message_due_in_order ON message (tenant_id, channel_id, lane_rank, due_at, seq)
      WHERE due_at IS NOT NULL;
    DROP INDEX message_due;
    -- What is due to one person, so that only the first of it counts.
    CREATE INDEX message_due_to ON message (tenant_id, conversation_id, lane_rank, seq) WHERE due_at IS NOT NULL;
    -- What is under way or waits for its retry holds back its conversation.
    CREATE INDEX message_sending ON message (tenant_id, channel_id) WHERE direction = 'out' AND status = 'sending';
    -- Who has had nearly as many messages as WhatsApp allows; the others need no look.
    CREATE INDEX pair_budget_short ON pair_budget (tenant_id, at) WHERE left_over < 11;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX pair_budget_short, message_sending, message_due_to;
    CREATE INDEX message_due ON message (tenant_id, channel_id, lane_rank, due_at) WHERE due_at IS NOT NULL;
    DROP INDEX message_due_in_order;
  `);
};

export default { up, down };
