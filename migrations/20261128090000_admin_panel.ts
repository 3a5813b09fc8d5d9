import type { Knex } from 'knex';
import { asGate, readRoles, separateTenants } from './tenant-tables.ts';

// The columns of admin_user to admin_two_factor are better-auth's, which reads and writes them through our own
// connections; what it may keep and what not is decided here.
const tables = `
  -- Who may sign in to the panel of this tenant.
  CREATE TABLE admin_user (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    -- In lower case. The same person may be in several tenants, as somebody else in each.
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator', 'planner', 'auditor')),
    disabled boolean NOT NULL DEFAULT false,
    email_verified boolean NOT NULL DEFAULT false,
    image text,
    two_factor_enabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
  );

  -- How somebody shows who they are: by a password, or at an OpenID provider, whose tokens are not kept.
  CREATE TABLE admin_account (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- 'credential' for a password.
    provider_id text NOT NULL,
    account_id text NOT NULL,
    -- scrypt, with its salt.
    password text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, provider_id, account_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES admin_user ON DELETE CASCADE
  );
  CREATE INDEX ON admin_account (tenant_id, user_id);

  CREATE TABLE admin_session (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- SHA-256; looked up before the tenant is known, so unique by itself.
    token bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    ip_address text,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES admin_user ON DELETE CASCADE
  );
  CREATE INDEX ON admin_session (tenant_id, user_id);
  CREATE INDEX ON admin_session (tenant_id, expires_at);

  -- What is good once and for a while: links to set a password, second factors asked for, visits to a provider.
  CREATE TABLE admin_verification (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    -- Hashed.
    identifier text NOT NULL,
    value text NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
  );
  CREATE INDEX ON admin_verification (tenant_id, identifier);
  CREATE INDEX ON admin_verification (tenant_id, expires_at);

  CREATE TABLE admin_two_factor (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- Both encrypted with SECRET_KEY.
    secret text NOT NULL,
    backup_codes text NOT NULL,
    -- False until the first code was right.
    verified boolean NOT NULL DEFAULT true,
    failed_verification_count int NOT NULL DEFAULT 0,
    locked_until timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES admin_user ON DELETE CASCADE
  );

  -- Passwords that were tried, until one was right or the time is over.
  CREATE TABLE admin_attempt (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    -- SHA-256 of the e-mail address, which need not be anybody's.
    account bytea NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
  );
  CREATE INDEX ON admin_attempt (tenant_id, account, at);
  CREATE INDEX ON admin_attempt (tenant_id, address, at);
  CREATE INDEX ON admin_attempt (tenant_id, at);

  -- Who changed what in the panel, when and from where. Written with the change itself, never changed.
  CREATE TABLE audit (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL: nobody who was signed in.
    user_id uuid,
    -- As it was then.
    user_name text NOT NULL,
    action text NOT NULL,
    -- What it was done to, in the reader's words: an e-mail address, an order's number.
    subject text,
    details jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES admin_user
  );
  CREATE INDEX ON audit (tenant_id, seq);
  CREATE INDEX ON audit (tenant_id, action, seq);
  CREATE INDEX ON audit (tenant_id, user_id, seq);
  CREATE INDEX ON audit (tenant_id, at);
`;

const sessionTenant = `
  CREATE FUNCTION session_tenant(p_hash bytea) RETURNS TABLE (tenant_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id FROM admin_session s WHERE s.token = p_hash AND s.expires_at > clock_timestamp()
  $$`;

const up = async (knex: Knex) => {
  const { app, gate } = await readRoles(knex);
  await knex.raw(tables);
  await separateTenants(knex, {
    admin_user: { rights: 'SELECT, INSERT, UPDATE' },
    admin_account: { rights: 'SELECT, INSERT, UPDATE, DELETE' },
    admin_session: { rights: 'SELECT, INSERT, UPDATE, DELETE', gate: 'SELECT' },
    admin_verification: { rights: 'SELECT, INSERT, UPDATE, DELETE' },
    admin_two_factor: { rights: 'SELECT, INSERT, UPDATE, DELETE' },
    admin_attempt: { rights: 'SELECT, INSERT, DELETE' },
    audit: { rights: 'SELECT, INSERT' },
  });
  await knex.raw(`GRANT CREATE ON SCHEMA public TO "${gate}"`);
  await asGate(knex, gate, async () => {
    await knex.raw(sessionTenant);
    await knex.raw(`
      ALTER FUNCTION session_tenant(bytea) OWNER TO "${gate}";
      REVOKE EXECUTE ON FUNCTION session_tenant(bytea) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION session_tenant(bytea) TO "${app}";
    `);
  });
  await knex.raw(`REVOKE CREATE ON SCHEMA public FROM "${gate}"`);
};

const down = async (knex: Knex) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw('DROP FUNCTION session_tenant(bytea)');
  });
  await knex.raw(`
    DROP TABLE audit, admin_attempt, admin_two_factor, admin_verification, admin_session, admin_account, admin_user;
  `);
};

export default { up, down };
