import type { Knex } from 'knex';
import { readRoles, separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  // Roles belong to the whole server, so their names hold the database's.
  const { rows } = await knex.raw('SELECT current_database() AS name');
  const base = rows[0].name.slice(0, 50);
  const app = `${base}_rbm_app`;
  const gate = `${base}_rbm_gate`;
  for (const role of [app, gate]) {
    await knex.raw(
      `DO $$ BEGIN CREATE ROLE "${role}" NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
  }

  await knex.raw(`
    -- Which roles this database's rights were given to. One row.
    CREATE TABLE installation (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      app_role text NOT NULL,
      gate_role text NOT NULL
    );
    GRANT SELECT ON installation TO "${app}";
    GRANT SELECT ON knex_migrations TO "${app}";

    -- Which worker processes are alive. Nothing of a tenant.
    CREATE TABLE worker (
      id uuid PRIMARY KEY,
      seen_at timestamptz NOT NULL
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON worker TO "${app}";

    CREATE TABLE tenant (
      id uuid PRIMARY KEY,
      slug text NOT NULL UNIQUE,
      name text NOT NULL,
      time_zone text NOT NULL,
      locale text NOT NULL,
      default_country text NOT NULL,
      enabled boolean NOT NULL DEFAULT true,
      -- The number given to the newest event of the feed; the next one gets the number after it.
      feed_no bigint NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now()
    );

    -- One sender address at one provider.
    CREATE TABLE channel (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      way text NOT NULL CHECK (way IN ('whatsapp', 'sms')),
      provider text NOT NULL CHECK (provider IN ('twilio', 'simulator')),
      -- As the provider writes it: whatsapp:+14155238886. Unique over all tenants, since a webhook's To is
      -- all that says whose it is.
      address text NOT NULL UNIQUE,
      account_sid text NOT NULL,
      -- Tokens and keys as JSON, encrypted with SECRET_KEY.
      credentials text NOT NULL,
      messaging_service_sid text,
      messages_per_second numeric NOT NULL CHECK (messages_per_second > 0),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id)
    );

    -- Who sends on a channel at the moment, and when its next slot is. Database time. 'epoch' for never: before
    -- version 17 PostgreSQL cannot subtract from an infinite time.
    CREATE TABLE channel_lease (
      tenant_id uuid NOT NULL,
      channel_id uuid NOT NULL,
      holder uuid,
      held_until timestamptz NOT NULL DEFAULT 'epoch',
      next_slot_at timestamptz NOT NULL DEFAULT 'epoch',
      -- Set while the provider refuses our credentials: nothing is tried before.
      paused_until timestamptz NOT NULL DEFAULT 'epoch',
      PRIMARY KEY (tenant_id, channel_id),
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel ON DELETE CASCADE
    );

    CREATE TABLE api_key (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      label text NOT NULL,
      -- SHA-256; looked up before the tenant is known, so unique by itself.
      hash bytea NOT NULL UNIQUE,
      created_at timestamptz NOT NULL DEFAULT now(),
      revoked_at timestamptz,
      PRIMARY KEY (tenant_id, id)
    );
  `);
  await knex('installation').insert({ app_role: app, gate_role: gate });
  await separateTenants(knex, {
    tenant: { column: 'id', rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    channel: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    channel_lease: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    api_key: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
  });
};

const down = async (knex: Knex) => {
  const { app, gate } = await readRoles(knex);
  await knex.raw(`
    REVOKE SELECT ON knex_migrations FROM "${app}";
    DROP TABLE api_key, channel_lease, channel, tenant, worker, installation;
  `);
  for (const role of [app, gate]) {
    // Another database, a copy of this one, may still use the role.
    await knex.raw(
      `DO $$ BEGIN DROP ROLE "${role}"; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$`,
    );
  }
};

export default { up, down };
