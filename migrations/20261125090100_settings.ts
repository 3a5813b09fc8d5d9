import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What a tenant has set besides its own row; what is missing has its default. People by their external ids.
    CREATE TABLE settings (
      tenant_id uuid PRIMARY KEY REFERENCES tenant,
      data jsonb NOT NULL
    );

    -- Which of the provider's contents stands for a notice outside the service window.
    CREATE TABLE template (
      tenant_id uuid NOT NULL REFERENCES tenant,
      kind text NOT NULL,
      locale text NOT NULL,
      content_sid text NOT NULL,
      -- The field that each variable takes, in their order.
      variables jsonb NOT NULL,
      PRIMARY KEY (tenant_id, kind, locale)
    );
  `);
  await separateTenants(knex, {
    settings: { rights: 'SELECT, INSERT, UPDATE' },
    template: { rights: 'SELECT, INSERT, UPDATE' },
  });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP TABLE template, settings');
};

export default { up, down };
