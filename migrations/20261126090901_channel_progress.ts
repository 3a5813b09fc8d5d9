import type { Knex } from 'knex';
import { asGate, readRoles } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  const { app, gate } = await readRoles(knex);
  await knex.raw(`
    -- Since when nothing was taken on the channel, only refused for now or not answered; NULL while it goes well.
    ALTER TABLE channel_lease ADD COLUMN failing_since timestamptz;
    -- When somebody was last rung for that.
    ALTER TABLE channel_lease ADD COLUMN failing_told_at timestamptz;
    GRANT CREATE ON SCHEMA public TO "${gate}";
  `);
  await asGate(knex, gate, async () => {
    // Whether some channel has work and cannot do it: paused for its credentials, or failing for two minutes.
    await knex.raw(`
      CREATE FUNCTION channels_stuck() RETURNS TABLE (stuck boolean)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT EXISTS (
          SELECT FROM channel_lease l
          JOIN channel c ON c.tenant_id = l.tenant_id AND c.id = l.channel_id
          WHERE c.retired_at IS NULL AND (l.paused_until > clock_timestamp()
            OR l.failing_since < clock_timestamp() - interval '2 minutes' AND (
              EXISTS (SELECT FROM message m WHERE m.tenant_id = l.tenant_id AND m.channel_id = l.channel_id
                AND m.due_at IS NOT NULL)
              OR EXISTS (SELECT FROM attempt a WHERE a.tenant_id = l.tenant_id AND a.channel_id = l.channel_id
                AND a.look_at IS NOT NULL))))
      $$;
      ALTER FUNCTION channels_stuck() OWNER TO "${gate}";
      REVOKE EXECUTE ON FUNCTION channels_stuck() FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION channels_stuck() TO "${app}";
    `);
  });
  await knex.raw(`REVOKE CREATE ON SCHEMA public FROM "${gate}"`);
};

const down = async (knex: Knex) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw('DROP FUNCTION channels_stuck()');
  });
  await knex.raw('ALTER TABLE channel_lease DROP COLUMN failing_since, DROP COLUMN failing_told_at');
};

export default { up, down };
