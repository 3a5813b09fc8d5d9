import type { Knex } from 'knex';
import { asGate, readRoles } from './tenant-tables.ts';

// Attachments that wait to be fetched, per channel.
const attachments = `
      UNION ALL
      SELECT 'attachments', c.tenant_id, c.id FROM channel c
      WHERE EXISTS (SELECT FROM attachment f WHERE f.tenant_id = c.tenant_id AND f.channel_id = c.id
        AND f.fetch_at < clock_timestamp() - p_waited)`;

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
        AND e.at < clock_timestamp() - p_waited)${more}
    $$`;

// Replaced, not dropped: it keeps its owner and who may call it.
const replace = async (knex: Knex, more: string) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw(dueWork(more));
  });
};

const up = (knex: Knex) => replace(knex, attachments);
const down = (knex: Knex) => replace(knex, '');

export default { up, down };
