import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- Somebody erased, whose name is still being taken out of what others were told: a piece of a table at a time,
    -- since the log may be long. The row goes once the last piece is done, and what it looks for with it.
    CREATE TABLE erasure (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      technician_id uuid NOT NULL,
      -- A regular expression for their name, phones and e-mail address, and their phones' digits.
      mention text NOT NULL,
      digits text[] NOT NULL,
      at timestamptz NOT NULL,
      -- How far it has come.
      in_table text NOT NULL DEFAULT 'message' CHECK (in_table IN ('message', 'attempt', 'event', 'status_callback')),
      after_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician
    );
    -- What was said with somebody while they were a stranger.
    CREATE INDEX message_of_nobody ON message (tenant_id, conversation_id) WHERE technician_id IS NULL;
  `);
  await separateTenants(knex, { erasure: { rights: 'SELECT, INSERT, UPDATE, DELETE' } });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP INDEX message_of_nobody; DROP TABLE erasure');
};

export default { up, down };
