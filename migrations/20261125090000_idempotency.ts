import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What was answered to a POST that carried an Idempotency-Key. Never pruned: the key is taken for ever.
    CREATE TABLE idempotency (
      tenant_id uuid NOT NULL REFERENCES tenant,
      -- The method and the path as OpenAPI writes it.
      route text NOT NULL,
      key text NOT NULL,
      -- Of the address and the body, so that the same key with another request is refused.
      request_hash bytea NOT NULL,
      state text NOT NULL CHECK (state IN ('running', 'answered')),
      -- Who is at work on it, and since when: of a process that was killed nobody hears again.
      claim uuid NOT NULL,
      claimed_at timestamptz NOT NULL,
      status int,
      headers jsonb,
      -- As bytes, because text refuses NUL; of a route that answers with a secret, encrypted.
      body bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, route, key),
      CHECK (state = 'running' OR (status IS NOT NULL AND headers IS NOT NULL AND body IS NOT NULL))
    );
  `);
  await separateTenants(knex, { idempotency: { rights: 'SELECT, INSERT, UPDATE, DELETE' } });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP TABLE idempotency');
};

export default { up, down };
