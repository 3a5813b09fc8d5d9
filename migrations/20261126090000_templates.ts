import type { Knex } from 'knex';
import { asGate, readRoles, separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  const { app, gate } = await readRoles(knex);
  await knex.raw(`
    -- What the provider said of its approval when it was last asked; NULL before that.
    ALTER TABLE template ADD COLUMN approval_status text;
    ALTER TABLE template ADD COLUMN category text;
    ALTER TABLE template ADD COLUMN rejection_reason text;
    ALTER TABLE template ADD COLUMN asked_at timestamptz;
    -- What the provider's content shows: { "body", "buttons": [{ "title", "id" }] }, with its placeholders.
    ALTER TABLE template ADD COLUMN content jsonb;

    -- What people would have to be sent outside the service window, in a language without a template for it:
    -- said once, when it is first found.
    CREATE TABLE template_gap (
      tenant_id uuid NOT NULL REFERENCES tenant,
      kind text NOT NULL,
      locale text NOT NULL,
      found_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, kind, locale)
    );
  `);
  await separateTenants(knex, {
    template_gap: { rights: 'SELECT, INSERT, DELETE', gate: 'SELECT' },
  });
  await knex.raw(`
    CREATE POLICY gate ON template TO "${gate}" USING (true) WITH CHECK (true);
    GRANT SELECT ON template TO "${gate}";
    GRANT CREATE ON SCHEMA public TO "${gate}";
  `);
  await asGate(knex, gate, async () => {
    // How many templates are in which state, over all tenants. For the metrics: counts only.
    await knex.raw(`
      CREATE FUNCTION template_states() RETURNS TABLE (state text, count bigint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT coalesce(t.approval_status, 'not-asked'), count(*) FROM template t GROUP BY 1
        UNION ALL
        SELECT 'lacking', count(*) FROM template_gap
      $$;
      ALTER FUNCTION template_states() OWNER TO "${gate}";
      REVOKE EXECUTE ON FUNCTION template_states() FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION template_states() TO "${app}";
    `);
  });
  await knex.raw(`REVOKE CREATE ON SCHEMA public FROM "${gate}"`);
};

const down = async (knex: Knex) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw('DROP FUNCTION template_states()');
  });
  await knex.raw(`
    REVOKE SELECT ON template FROM "${gate}";
    DROP POLICY gate ON template;
    DROP TABLE template_gap;
    ALTER TABLE template DROP COLUMN approval_status, DROP COLUMN category, DROP COLUMN rejection_reason,
      DROP COLUMN asked_at, DROP COLUMN content;
  `);
};

export default { up, down };
