import type { Knex } from 'knex';
import { asGate, readRoles } from './tenant-tables.ts';

// What must run before the tenant is known. These functions only insert what a provider sent, or return
// ids; whatever they find is then read inside the tenant.
const functions = {
  // Stores webhooks in one batch. Answers a row per input row: whether it was new, and whose doorbell to ring.
  'store_inbound(text[], uuid[], uuid[], uuid[], bytea[], bytea[], text[], text[], timestamptz[], text[], text[], text[], text[], uuid[])': `
    CREATE FUNCTION store_inbound(
      p_kind text[], p_tenant uuid[], p_channel uuid[], p_id uuid[], p_key bytea[], p_raw bytea[],
      p_source text[], p_status text[], p_received_at timestamptz[], p_way text[], p_address text[],
      p_user_id text[], p_provider_id text[], p_attempt uuid[])
    RETURNS TABLE (ord bigint, stored boolean, conversation_id uuid, stored_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      v_now timestamptz := clock_timestamp();
      v_missing record;
      v_conversation uuid;
      v_technician uuid;
      v_row record;
    BEGIN
      -- Conversations seen for the first time. Sorted, because two batches in opposite order would deadlock.
      FOR v_missing IN
        SELECT DISTINCT i.tenant, i.channel, i.way, i.address, i.user_id
        FROM unnest(p_kind, p_tenant, p_channel, p_way, p_address, p_user_id)
          AS i(kind, tenant, channel, way, address, user_id)
        WHERE i.kind = 'message' AND NOT EXISTS (
          SELECT FROM conversation_address a
          WHERE a.tenant_id = i.tenant AND a.channel_id = i.channel AND a.address = i.address)
        ORDER BY i.channel, i.address
      LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(v_missing.channel::text || v_missing.address, 0));
        SELECT a.conversation_id INTO v_conversation FROM conversation_address a
        WHERE a.tenant_id = v_missing.tenant AND a.channel_id = v_missing.channel
          AND a.address IN (v_missing.address, v_missing.user_id)
        ORDER BY a.address = v_missing.address DESC LIMIT 1;
        IF v_conversation IS NULL THEN
          SELECT t.technician_id INTO v_technician FROM technician_address t
          WHERE t.tenant_id = v_missing.tenant AND t.active AND (t.kind, t.value) IN (
            (v_missing.way, split_part(v_missing.address, ':', 2)),
            ('whatsapp-user-id', split_part(v_missing.address, ':', 2)),
            ('whatsapp-user-id', split_part(v_missing.user_id, ':', 2)))
          ORDER BY t.kind = v_missing.way DESC LIMIT 1;
          SELECT c.id INTO v_conversation FROM conversation c
          WHERE c.tenant_id = v_missing.tenant AND c.channel_id = v_missing.channel
            AND c.technician_id = v_technician;
        END IF;
        IF v_conversation IS NULL THEN
          INSERT INTO conversation (tenant_id, id, channel_id, technician_id)
          VALUES (v_missing.tenant, gen_random_uuid(), v_missing.channel, v_technician)
          ON CONFLICT DO NOTHING RETURNING id INTO v_conversation;
          -- Another batch, or our own outbox, made the technician's conversation meanwhile.
          IF v_conversation IS NULL THEN
            SELECT c.id INTO v_conversation FROM conversation c
            WHERE c.tenant_id = v_missing.tenant AND c.channel_id = v_missing.channel
              AND c.technician_id = v_technician;
          END IF;
        END IF;
        INSERT INTO conversation_address (tenant_id, channel_id, address, conversation_id)
        VALUES (v_missing.tenant, v_missing.channel, v_missing.address, v_conversation)
        ON CONFLICT DO NOTHING;
      END LOOP;

      -- A row the catch-up found lacks what only the webhook has; the webhook replaces it while unread. And
      -- a batch that was given up for the spill may have been stored after all, later than it was received.
      IF EXISTS (
        SELECT FROM unnest(p_kind, p_tenant, p_channel, p_key) AS i(kind, tenant, channel, key)
        JOIN inbound_key k ON k.tenant_id = i.tenant AND k.channel_id = i.channel AND k.key = i.key
        WHERE i.kind = 'message')
      THEN
        WITH known AS (
          SELECT m.tenant_id, m.id, i.raw, i.source, i.received_at
          FROM unnest(p_kind, p_tenant, p_channel, p_key, p_raw, p_source, p_received_at)
            AS i(kind, tenant, channel, key, raw, source, received_at)
          JOIN inbound_key k ON k.tenant_id = i.tenant AND k.channel_id = i.channel AND k.key = i.key
          JOIN message m ON m.tenant_id = k.tenant_id AND m.id = k.message_id
          WHERE i.kind = 'message' AND i.source <> 'catch-up' AND m.status = 'received'
            AND (m.source = 'catch-up' OR i.received_at < m.received_at)
          ORDER BY m.id FOR UPDATE OF m
        )
        UPDATE message m SET
          raw = CASE WHEN m.source = 'catch-up' THEN known.raw ELSE m.raw END,
          source = CASE WHEN m.source = 'catch-up' THEN known.source ELSE m.source END,
          received_at = least(m.received_at, known.received_at)
        FROM known WHERE m.tenant_id = known.tenant_id AND m.id = known.id;
      END IF;

      FOR v_row IN WITH input AS (
        SELECT * FROM unnest(p_kind, p_tenant, p_channel, p_id, p_key, p_raw, p_source, p_status,
          p_received_at, p_way, p_address, p_provider_id, p_attempt) WITH ORDINALITY
          AS i(kind, tenant, channel, id, key, raw, source, status, received_at, way, address, provider_id,
               attempt, ord)
      ), new_keys AS (
        INSERT INTO inbound_key (tenant_id, channel_id, key, message_id)
        SELECT i.tenant, i.channel, i.key, i.id FROM input i WHERE i.kind = 'message' ORDER BY i.channel, i.key
        ON CONFLICT DO NOTHING RETURNING message_id
      ), messages AS (
        INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, way, status, raw, source,
          provider_id, received_at)
        SELECT i.tenant, i.id, 'in', i.channel, a.conversation_id, i.way, i.status, i.raw, i.source,
          i.provider_id, coalesce(i.received_at, v_now)
        FROM input i
        JOIN new_keys k ON k.message_id = i.id
        JOIN conversation_address a
          ON a.tenant_id = i.tenant AND a.channel_id = i.channel AND a.address = i.address
        ORDER BY i.ord
        RETURNING id, conversation_id
      ), callbacks AS (
        INSERT INTO status_callback (tenant_id, id, channel_id, key, attempt_id, provider_id, raw, received_at,
          match_at)
        SELECT i.tenant, i.id, i.channel, i.key, i.attempt, i.provider_id, i.raw,
          coalesce(i.received_at, v_now), v_now
        FROM input i WHERE i.kind = 'status' ORDER BY i.channel, i.key
        ON CONFLICT DO NOTHING RETURNING id
      )
      SELECT i.ord, k.message_id, m.id AS stored_message, c.id AS stored_callback, m.conversation_id
      FROM input i LEFT JOIN new_keys k ON k.message_id = i.id LEFT JOIN messages m ON m.id = i.id
        LEFT JOIN callbacks c ON c.id = i.id
      ORDER BY i.ord
      LOOP
        -- Between the two steps somebody took an address from its technician: all of it again.
        IF v_row.message_id IS NOT NULL AND v_row.stored_message IS NULL THEN
          RAISE EXCEPTION 'a conversation lost its address' USING ERRCODE = 'serialization_failure';
        END IF;
        ord := v_row.ord;
        stored := v_row.stored_message IS NOT NULL OR v_row.stored_callback IS NOT NULL;
        conversation_id := v_row.conversation_id;
        stored_at := v_now;
        RETURN NEXT;
      END LOOP;
    END $$`,

  // The channel a webhook's To (or a callback's From) belongs to; all channels without one.
  'route(text)': `
    CREATE FUNCTION route(p_to text) RETURNS TABLE (tenant_id uuid, channel_id uuid, updated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.tenant_id, c.id, c.updated_at FROM channel c WHERE p_to IS NULL OR c.address = p_to
    $$`,

  'key_tenant(bytea)': `
    CREATE FUNCTION key_tenant(p_hash bytea) RETURNS TABLE (tenant_id uuid, key_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.tenant_id, k.id FROM api_key k WHERE k.hash = p_hash AND k.revoked_at IS NULL
    $$`,

  // The id behind a slug; all tenants without one.
  'tenants(text)': `
    CREATE FUNCTION tenants(p_slug text) RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT t.id FROM tenant t WHERE p_slug IS NULL OR t.slug = p_slug
    $$`,

  // What has waited longer than the queue needs: whose doorbell to ring. Ids only.
  'due_work(interval, int)': `
    CREATE FUNCTION due_work(p_waited interval, p_limit int) RETURNS TABLE (queue text, tenant_id uuid, id uuid)
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
    $$`,

  // Seconds the oldest unread message has waited, and when the newest webhook came. For the open health page.
  'inbox_age()': `
    CREATE FUNCTION inbox_age() RETURNS TABLE (oldest_unread_at timestamptz, newest_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT
        (SELECT min(m.received_at) FROM message m WHERE m.direction = 'in' AND m.status = 'received'),
        (SELECT m.received_at FROM message m WHERE m.direction = 'in' ORDER BY m.received_at DESC LIMIT 1)
    $$`,
};

const up = async (knex: Knex) => {
  const { app, gate } = await readRoles(knex);
  await knex.raw(`
    CREATE INDEX message_received ON message (received_at) WHERE direction = 'in';
    GRANT CREATE ON SCHEMA public TO "${gate}";
  `);
  await asGate(knex, gate, async () => {
    for (const [signature, body] of Object.entries(functions)) {
      await knex.raw(body.replaceAll('?', '\\?'));
      await knex.raw(`
        ALTER FUNCTION ${signature} OWNER TO "${gate}";
        REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION ${signature} TO "${app}";
      `);
    }
  });
  await knex.raw(`REVOKE CREATE ON SCHEMA public FROM "${gate}"`);
};

const down = async (knex: Knex) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    for (const signature of Object.keys(functions)) await knex.raw(`DROP FUNCTION ${signature}`);
  });
  await knex.raw('DROP INDEX message_received');
};

export default { up, down };
