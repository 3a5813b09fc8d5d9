import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- The last self-test of each tenant, kept where every process sees it: whoever started it may ask another one.
    CREATE TABLE self_test (
      tenant_id uuid PRIMARY KEY REFERENCES tenant,
      id uuid NOT NULL,
      started_at timestamptz NOT NULL,
      -- NULL while it runs, or if the process that ran it has ended.
      finished_at timestamptz,
      -- What each check found, by its name; nothing secret.
      findings jsonb NOT NULL
    );
  `);
  await separateTenants(knex, { self_test: { rights: 'SELECT, INSERT, UPDATE' } });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP TABLE self_test');
};

export default { up, down };
