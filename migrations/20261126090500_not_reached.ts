import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- When somebody was last told that messages do not reach their people, and why: one cause holds up hundreds at
    -- once, and whoever is told of each hears nothing else any more.
    CREATE TABLE not_reached_told (
      tenant_id uuid NOT NULL,
      -- Who was told.
      technician_id uuid NOT NULL,
      -- 'no-template' or 'fault', whoever was not reached; else the id of who was not.
      cause text NOT NULL,
      told_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, technician_id, cause),
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician
    );
  `);
  await separateTenants(knex, { not_reached_told: { rights: 'SELECT, INSERT, UPDATE' } });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP TABLE not_reached_told');
};

export default { up, down };
