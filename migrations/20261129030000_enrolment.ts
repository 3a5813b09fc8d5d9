import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- A code on the panel's screen, that a technician sends from the phone to have it known as theirs. Once used, what
    -- came of it.
    CREATE TABLE enrolment (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      technician_id uuid NOT NULL,
      -- Of the code, made with SECRET_KEY: it is short.
      code_hash bytea NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      -- The address it came from.
      kind text CHECK (kind IN ('whatsapp', 'whatsapp-user-id', 'sms')),
      value text,
      -- Whose that address is already: nothing was changed, and somebody has to say who has it. NULL once settled.
      conflict_with uuid,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician,
      FOREIGN KEY (tenant_id, conflict_with) REFERENCES technician
    );
    CREATE INDEX ON enrolment (tenant_id, technician_id, created_at);
    CREATE UNIQUE INDEX enrolment_open ON enrolment (tenant_id, code_hash) WHERE used_at IS NULL;
    CREATE INDEX enrolment_conflict ON enrolment (tenant_id, id) WHERE conflict_with IS NOT NULL;

    -- How many wrong codes came from somebody unknown, and since when they are counted.
    ALTER TABLE conversation
      ADD COLUMN code_tries int NOT NULL DEFAULT 0,
      ADD COLUMN code_tries_since timestamptz;

    -- When the personal data of somebody who left was removed.
    ALTER TABLE technician ADD COLUMN erased_at timestamptz;

    -- What somebody has to settle: identities that changed, and that two people have.
    CREATE INDEX technician_address_conflict ON technician_address (tenant_id, kind, value)
      WHERE disputed_by IS NOT NULL OR replaced_at IS NOT NULL;
  `);
  await separateTenants(knex, { enrolment: { rights: 'SELECT, INSERT, UPDATE, DELETE' } });
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP INDEX technician_address_conflict;
    ALTER TABLE technician DROP COLUMN erased_at;
    ALTER TABLE conversation DROP COLUMN code_tries_since, DROP COLUMN code_tries;
    DROP TABLE enrolment;
  `);
};

export default { up, down };
