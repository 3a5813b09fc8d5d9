import type { Knex } from 'knex';
import { asGate, readRoles, separateTenants } from './tenant-tables.ts';

/** What has waited longer than the queue needs, with more kinds of it than before. */
const dueWork = (more: string) => `
    CREATE OR REPLACE FUNCTION due_work(p_waited interval, p_limit int) RETURNS TABLE (queue text, tenant_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      (SELECT 'inbound', m.tenant_id, m.conversation_id FROM message m
       WHERE m.direction = 'in' AND m.status = 'received' AND m.received_at < clock_timestamp() - p_waited
       GROUP BY 2, 3 ORDER BY min(m.received_at) LIMIT p_limit)
      UNION ALL
      SELECT 'outbound', l.tenant_id, l.channel_id FROM channel_lease l
      WHERE l.held_until < clock_timestamp() AND l.paused_until < clock_timestamp() AND (
        EXISTS (SELECT FROM message m WHERE m.tenant_id = l.tenant_id AND m.channel_id = l.channel_id
          AND m.due_at < clock_timestamp() - p_waited)
        OR EXISTS (SELECT FROM attempt a WHERE a.tenant_id = l.tenant_id AND a.channel_id = l.channel_id
          AND a.look_at < clock_timestamp()))
      UNION ALL
      SELECT 'delivery-status', c.tenant_id, c.id FROM channel c
      WHERE EXISTS (SELECT FROM status_callback s WHERE s.tenant_id = c.tenant_id AND s.channel_id = c.id
        AND s.match_at < clock_timestamp() - p_waited)
      UNION ALL
      SELECT 'cmms-events', t.id, t.id FROM tenant t
      WHERE EXISTS (SELECT FROM event e WHERE e.tenant_id = t.id AND e.feed_no IS NULL
        AND e.at < clock_timestamp() - p_waited)
      UNION ALL
      SELECT 'attachments', c.tenant_id, c.id FROM channel c
      WHERE EXISTS (SELECT FROM attachment f WHERE f.tenant_id = c.tenant_id AND f.channel_id = c.id
        AND f.fetch_at < clock_timestamp() - p_waited)${more}
    $$`;

// Endpoints that are behind the feed and that nobody is serving.
const webhooks = `
      UNION ALL
      SELECT 'webhooks', w.tenant_id, w.id FROM webhook_endpoint w JOIN tenant t ON t.id = w.tenant_id
      WHERE w.active AND w.feed_no < t.feed_no AND w.held_until < clock_timestamp()
        AND w.next_try_at < clock_timestamp() - p_waited`;

// Replaced, not dropped: it keeps its owner and who may call it.
const replace = async (knex: Knex, more: string) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw(dueWork(more));
  });
};

const up = async (knex: Knex) => {
  await knex.raw(`
    -- Where a tenant's events are sent as webhooks. Times are the database's, but for failing_since and what follows
    -- from it.
    CREATE TABLE webhook_endpoint (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      -- The CMMS's own.
      key text NOT NULL,
      url text NOT NULL,
      -- NULL: all of them.
      types text[],
      active boolean NOT NULL,
      -- Newest first: [{ "sealed": encrypted with SECRET_KEY, "until": null, or when an earlier one stops to sign }].
      secrets jsonb NOT NULL,
      -- The number in the feed up to which everything is delivered or was not asked for.
      feed_no bigint NOT NULL,
      failing_since timestamptz,
      -- How often the event that comes next was tried in vain.
      tries int NOT NULL DEFAULT 0,
      next_try_at timestamptz NOT NULL DEFAULT 'epoch',
      -- Why the last try failed, in plain words.
      reason text,
      -- When we gave it up; NULL when it is active, or when the CMMS switched it off.
      switched_off_at timestamptz,
      -- The run that is sending to it.
      holder uuid,
      held_until timestamptz NOT NULL DEFAULT 'epoch',
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, key)
    );
  `);
  await separateTenants(knex, {
    webhook_endpoint: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
  });
  await replace(knex, webhooks);
};

const down = async (knex: Knex) => {
  await replace(knex, '');
  await knex.raw('DROP TABLE webhook_endpoint');
};

export default { up, down };
