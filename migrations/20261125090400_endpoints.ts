import type { Knex } from 'knex';
import { asGate, readRoles } from './tenant-tables.ts';

/** Work that has waited longer than the queue needs. Each kind is one select: whose it is, whether critical, since when. */
const dueWork = `
      (SELECT 'inbound', m.tenant_id, m.conversation_id, false, min(m.received_at) FROM message m
       WHERE m.direction = 'in' AND m.status = 'received' AND m.received_at < clock_timestamp() - p_waited
       GROUP BY 2, 3 ORDER BY 5 LIMIT p_limit)
      UNION ALL
      (SELECT 'outbound', l.tenant_id, l.channel_id,
         EXISTS (SELECT FROM message m WHERE m.tenant_id = l.tenant_id AND m.channel_id = l.channel_id
           AND m.lane_rank = 1 AND m.due_at < clock_timestamp() - p_waited), NULL
       FROM channel_lease l
       WHERE l.held_until < clock_timestamp() AND l.paused_until < clock_timestamp() AND (
         EXISTS (SELECT FROM message m WHERE m.tenant_id = l.tenant_id AND m.channel_id = l.channel_id
           AND m.due_at < clock_timestamp() - p_waited)
         OR EXISTS (SELECT FROM attempt a WHERE a.tenant_id = l.tenant_id AND a.channel_id = l.channel_id
           AND a.look_at < clock_timestamp()))
       ORDER BY 4 DESC LIMIT p_limit)
      UNION ALL
      (SELECT 'delivery-status', c.tenant_id, c.id, false, NULL FROM channel c
       WHERE EXISTS (SELECT FROM status_callback s WHERE s.tenant_id = c.tenant_id AND s.channel_id = c.id
         AND s.match_at < clock_timestamp() - p_waited) LIMIT p_limit)
      UNION ALL
      (SELECT 'cmms-events', t.id, t.id, false, NULL FROM tenant t
       WHERE EXISTS (SELECT FROM event e WHERE e.tenant_id = t.id AND e.feed_no IS NULL
         AND e.at < clock_timestamp() - p_waited) LIMIT p_limit)
      UNION ALL
      (SELECT 'attachments', c.tenant_id, c.id, false, NULL FROM channel c
       WHERE EXISTS (SELECT FROM attachment f WHERE f.tenant_id = c.tenant_id AND f.channel_id = c.id
         AND f.fetch_at < clock_timestamp() - p_waited) LIMIT p_limit)
      UNION ALL
      (SELECT 'webhooks', w.tenant_id, w.id, false, NULL FROM webhook_endpoint w JOIN tenant t ON t.id = w.tenant_id
       WHERE w.active AND w.feed_no < t.feed_no AND w.held_until < clock_timestamp()
         AND w.next_try_at < clock_timestamp() - p_waited LIMIT p_limit)`;

/**
 * Critical messages first; then one of each kind in turn, so that much of one keeps nothing of another away. `more`:
 * further kinds, each a UNION ALL of a bracketed select with its own limit and the same columns.
 */
export const dueWorkWith = (more: string): string => `
    CREATE OR REPLACE FUNCTION due_work(p_waited interval, p_limit int) RETURNS TABLE (queue text, tenant_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT r.queue, r.tenant_id, r.id FROM (
        SELECT d.*, row_number() OVER (PARTITION BY d.queue ORDER BY d.is_critical DESC, d.since) AS turn
        FROM (${dueWork}${more}
        ) AS d (queue, tenant_id, id, is_critical, since)
      ) AS r
      ORDER BY r.is_critical DESC, r.turn,
        array_position(ARRAY['inbound', 'outbound', 'delivery-status', 'attachments', 'cmms-events', 'webhooks'], r.queue)
      LIMIT p_limit
    $$`;

/** As it was: the limit held for the first kind only. */
const unlimited = `
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
        AND f.fetch_at < clock_timestamp() - p_waited)
      UNION ALL
      SELECT 'webhooks', w.tenant_id, w.id FROM webhook_endpoint w JOIN tenant t ON t.id = w.tenant_id
      WHERE w.active AND w.feed_no < t.feed_no AND w.held_until < clock_timestamp()
        AND w.next_try_at < clock_timestamp() - p_waited
    $$`;

// Replaced, not dropped: it keeps its owner and who may call it.
const replace = async (knex: Knex, definition: string) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw(definition);
  });
};

const up = async (knex: Knex) => {
  await knex.raw(`
    ALTER TABLE webhook_endpoint
      -- The latest try in vain, by the database's clock; NULL while it works.
      ADD failed_at timestamptz,
      -- For how long it has failed while we tried; time without tries does not count.
      ADD failed_for_ms bigint NOT NULL DEFAULT 0;
  `);
  await replace(knex, dueWorkWith(''));
};

const down = async (knex: Knex) => {
  await replace(knex, unlimited);
  await knex.raw('ALTER TABLE webhook_endpoint DROP failed_at, DROP failed_for_ms');
};

export default { up, down };
