import type { Knex } from 'knex';

// Row security binds the owner too, who must reach every tenant's rows here.
const tables = ['work_order', 'message', 'chain', 'page'];

const up = async (knex: Knex) => {
  await knex.raw(`
    ALTER TABLE chain
      -- Who has taken the call, and since when.
      ADD COLUMN taken_by uuid,
      ADD COLUMN taken_at timestamptz,
      -- The message that ended it: taking that back lets it go on.
      ADD COLUMN ended_by uuid,
      ADD FOREIGN KEY (tenant_id, taken_by) REFERENCES technician;
    -- A technician's own calls, and those that a message began or ended.
    CREATE INDEX chain_caller ON chain (tenant_id, caller_id, created_at) WHERE caller_id IS NOT NULL;
    CREATE INDEX chain_caused_by ON chain (tenant_id, caused_by) WHERE caused_by IS NOT NULL;
    CREATE INDEX chain_ended_by ON chain (tenant_id, ended_by) WHERE ended_by IS NOT NULL;
  `);
  for (const table of tables) await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  // Whoever was told of an escalation before this can take it as before; nobody further is told of it.
  await knex.raw(`
    INSERT INTO chain (tenant_id, id, kind, lane, work_order_id, caller_id, caused_by, steps, exhausted, ended)
    SELECT w.tenant_id, gen_random_uuid(), 'work-order.escalated', 'reply', w.id, w.assignee_id,
      (SELECT m.caused_by FROM message m WHERE m.tenant_id = w.tenant_id AND m.work_order_id = w.id
         AND m.kind = 'work-order.escalated' AND m.direction = 'out' ORDER BY m.seq DESC LIMIT 1), '[]', true, 'no-steps'
    FROM work_order w WHERE w.escalated;
    INSERT INTO page (tenant_id, id, chain_id, technician_id, step, turn, message_id)
    SELECT DISTINCT ON (m.tenant_id, c.id, m.technician_id)
      m.tenant_id, gen_random_uuid(), c.id, m.technician_id, 0, 0, m.id
    FROM chain c JOIN message m ON m.tenant_id = c.tenant_id AND m.work_order_id = c.work_order_id
      AND m.kind = 'work-order.escalated' AND m.direction = 'out' AND m.fallback_of IS NULL
      AND m.technician_id IS NOT NULL
    ORDER BY m.tenant_id, c.id, m.technician_id, m.seq DESC;
  `);
  for (const table of tables) await knex.raw(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX chain_ended_by, chain_caused_by, chain_caller;
    ALTER TABLE chain DROP COLUMN ended_by, DROP COLUMN taken_at, DROP COLUMN taken_by;
  `);
};

export default { up, down };
