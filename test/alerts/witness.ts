const kept = `
  CREATE TABLE seen_alert (tenant_id uuid, n bigserial, xid bigint DEFAULT txid_current(), at timestamptz DEFAULT clock_timestamp(),
    alert_id uuid, state text, responder_id uuid, claimed_at timestamptz);
  CREATE INDEX ON seen_alert (tenant_id, alert_id, n);
  CREATE TABLE seen_chain (tenant_id uuid, n bigserial, xid bigint DEFAULT txid_current(), at timestamptz DEFAULT clock_timestamp(),
    chain_id uuid, step int, turn int, next_at timestamptz, ended text, exhausted boolean);
  CREATE INDEX ON seen_chain (tenant_id, chain_id, n);
  CREATE TABLE seen_row (tenant_id uuid, xid bigint DEFAULT txid_current(), at timestamptz DEFAULT clock_timestamp(), kind text, id uuid);
  CREATE INDEX ON seen_row (tenant_id, kind, xid);
  CREATE INDEX ON seen_row (tenant_id, id);

  CREATE FUNCTION see_alert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.seen_alert (tenant_id, alert_id, state, responder_id, claimed_at)
    VALUES (NEW.tenant_id, NEW.id, NEW.state, NEW.responder_id, NEW.claimed_at);
    RETURN NULL; END $$;
  CREATE TRIGGER see AFTER INSERT OR UPDATE ON alert FOR EACH ROW EXECUTE FUNCTION see_alert();
  CREATE FUNCTION see_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.seen_chain (tenant_id, chain_id, step, turn, next_at, ended, exhausted)
    VALUES (NEW.tenant_id, NEW.id, NEW.step, NEW.turn, NEW.next_at, NEW.ended, NEW.exhausted);
    RETURN NULL; END $$;
  CREATE TRIGGER see AFTER INSERT OR UPDATE ON chain FOR EACH ROW EXECUTE FUNCTION see_chain();
  CREATE FUNCTION see_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.seen_row (tenant_id, kind, id) VALUES (NEW.tenant_id, TG_TABLE_NAME, NEW.id);
    RETURN NULL; END $$;
  CREATE TRIGGER see AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION see_row();
  CREATE TRIGGER see AFTER INSERT ON page FOR EACH ROW EXECUTE FUNCTION see_row();
  CREATE TRIGGER see AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION see_row();

  CREATE FUNCTION earlier(old jsonb, seconds float8) RETURNS jsonb LANGUAGE plpgsql AS $$
  DECLARE words text := old::text; found text; BEGIN
    FOR found IN SELECT DISTINCT (regexp_matches(words, '"(\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z)"', 'g'))[1] LOOP
      words := replace(words, found, to_char((found::timestamptz - seconds * interval '1 second') AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
    END LOOP;
    RETURN words::jsonb; END $$;

  -- Time goes by: whatever a tenant remembers happened, or will happen, that much earlier.
  DO $make$ DECLARE body text; BEGIN
    SELECT string_agg(format('UPDATE public.%I SET %s WHERE tenant_id = whose;', t, sets), ' ') INTO body FROM (
      SELECT c.table_name AS t, string_agg(format('%1$I = %1$I - seconds * interval ''1 second''', c.column_name), ', ') AS sets
      FROM information_schema.columns c
      JOIN information_schema.columns i ON c.is_generated = 'NEVER' AND i.table_schema = c.table_schema AND i.table_name = c.table_name AND i.column_name = 'tenant_id'
      JOIN information_schema.tables k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.table_type = 'BASE TABLE'
      WHERE c.table_schema = 'public' AND c.data_type = 'timestamp with time zone' GROUP BY c.table_name) AS columns;
    EXECUTE format('CREATE FUNCTION pass(whose uuid, seconds float8) RETURNS void LANGUAGE plpgsql AS $f$ BEGIN
      SET LOCAL session_replication_role = replica; %s
      UPDATE public.conversation SET talk = public.earlier(talk, seconds) WHERE tenant_id = whose AND talk::text LIKE ''%%Z"%%'';
      UPDATE public.event SET before = public.earlier(before, seconds) WHERE tenant_id = whose AND before::text LIKE ''%%Z"%%'';
      SET LOCAL session_replication_role = origin; END $f$', body);
  END $make$;
`;

// What must never be seen, whatever has happened; each row is a fault.
const faults = `
  CREATE FUNCTION faults(whose uuid) RETURNS TABLE (fault text, what text) LANGUAGE plpgsql AS $$ #variable_conflict use_column
  BEGIN RETURN QUERY WITH told AS (
    -- Every try of a message about an alert: its own, and those of the ways it went on by.
    SELECT r.alert_id, m.technician_id, m.kind, m.lane, a.id AS attempt_id, a.sending_at, a.status, a.state, a.text, m.id AS message_id
    FROM message_alert r
    JOIN message m ON m.tenant_id = r.tenant_id AND m.id = r.message_id
    JOIN attempt a ON a.tenant_id = m.tenant_id AND a.message_id = m.id
    WHERE r.tenant_id = whose
    UNION
    SELECT r.alert_id, m.technician_id, m.kind, m.lane, a.id, a.sending_at, a.status, a.state, a.text, m.id
    FROM message_alert r
    JOIN message m ON m.tenant_id = r.tenant_id AND m.fallback_of = r.message_id
    JOIN attempt a ON a.tenant_id = m.tenant_id AND a.message_id = m.id
    WHERE r.tenant_id = whose
  ), was AS (
    SELECT s.*, lead(s.at) OVER w AS until, lag(s.state) OVER w AS before, lag(s.responder_id) OVER w AS responder_before
    FROM seen_alert s WHERE s.tenant_id = whose WINDOW w AS (PARTITION BY s.alert_id ORDER BY s.n)
  ), resolution AS (
    SELECT w.alert_id, w.xid, w.at, e.actor_kind, e.actor_id FROM was w
    LEFT JOIN seen_row sr ON sr.tenant_id = whose AND sr.kind = 'event' AND sr.xid = w.xid AND EXISTS (
      SELECT FROM event e WHERE e.tenant_id = whose AND e.id = sr.id AND e.type = 'alert.resolved' AND e.alert_id = w.alert_id)
    LEFT JOIN event e ON e.tenant_id = whose AND e.id = sr.id
    WHERE w.state = 'resolved' AND w.before IS DISTINCT FROM 'resolved'
  ), all_clear AS (
    SELECT m.id, m.technician_id, m.seq, r.alert_id, s.xid FROM message m
    JOIN message_alert r ON r.tenant_id = m.tenant_id AND r.message_id = m.id
    JOIN seen_row s ON s.tenant_id = m.tenant_id AND s.kind = 'message' AND s.id = m.id
    WHERE m.tenant_id = whose AND m.kind = 'alert.resolved' AND m.fallback_of IS NULL
  ), called AS (
    -- Every try of a message that tells of a call for help.
    SELECT p.chain_id, m.technician_id, a.id AS attempt_id, a.sending_at, a.status FROM page p
    JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id AND c.alert_id IS NULL
    JOIN message m ON m.tenant_id = p.tenant_id AND (m.id = p.message_id OR m.fallback_of = p.message_id)
    JOIN attempt a ON a.tenant_id = m.tenant_id AND a.message_id = m.id
    WHERE p.tenant_id = whose
  ), starts AS (
    SELECT s.*, k.kind, lag(s.step) OVER w AS step_before, lag(s.turn) OVER w AS turn_before, lag(s.next_at) OVER w AS next_before,
      lag(s.ended) OVER w AS ended_before, lead(s.at) OVER w AS until
    FROM seen_chain s JOIN chain k ON k.tenant_id = s.tenant_id AND k.id = s.chain_id
    WHERE s.tenant_id = whose WINDOW w AS (PARTITION BY s.chain_id ORDER BY s.n)
  )
  -- Nothing untrue is sent.
  SELECT 'a page left while its alert was ' || w.state AS fault, t.attempt_id::text AS what FROM told t
  JOIN was w ON w.alert_id = t.alert_id AND t.sending_at >= w.at AND t.sending_at < coalesce(w.until, 'infinity')
  JOIN alert a ON a.tenant_id = whose AND a.id = t.alert_id
  WHERE t.kind = 'alert.raised' AND w.state <> 'open' AND t.text LIKE '%' || a.message || '%'
  UNION ALL
  SELECT 'a page left later than claimed_at', t.attempt_id::text FROM told t JOIN alert a ON a.tenant_id = whose AND a.id = t.alert_id
  WHERE t.kind = 'alert.raised' AND t.sending_at > a.claimed_at AND t.text LIKE '%' || a.message || '%'
  UNION ALL
  SELECT 'a page left later than resolved_at', t.attempt_id::text FROM told t JOIN alert a ON a.tenant_id = whose AND a.id = t.alert_id
  WHERE t.kind = 'alert.raised' AND t.sending_at > a.resolved_at AND t.text LIKE '%' || a.message || '%'
  UNION ALL
  SELECT 'somebody heard of another who goes to an alert that was ' || w.state, t.attempt_id::text FROM told t
  JOIN was w ON w.alert_id = t.alert_id AND t.sending_at >= w.at AND t.sending_at < coalesce(w.until, 'infinity')
  JOIN alert a ON a.tenant_id = whose AND a.id = t.alert_id
  LEFT JOIN technician g ON g.tenant_id = whose AND g.id = w.responder_id
  WHERE t.kind = 'alert.taken' AND t.text LIKE '%' || a.message || '%'
    AND (w.state <> 'responding' OR t.text NOT LIKE '%' || g.name || ' is going%')
  UNION ALL
  SELECT 'a page of no alert that is open waits', m.id::text FROM message m
  WHERE m.tenant_id = whose AND m.kind = 'alert.raised' AND m.due_at IS NOT NULL AND m.status = 'queued' AND m.fallback_of IS NULL
    AND NOT EXISTS (SELECT FROM message_alert r JOIN alert a ON a.tenant_id = r.tenant_id AND a.id = r.alert_id
      WHERE r.tenant_id = whose AND r.message_id = coalesce(m.fallback_of, m.id) AND a.state = 'open')
  UNION ALL
  SELECT 'a page was withdrawn although its alert is open', p.id::text FROM page p
  JOIN chain c ON c.tenant_id = whose AND c.id = p.chain_id JOIN alert a ON a.tenant_id = whose AND a.id = c.alert_id
  JOIN message m ON m.tenant_id = whose AND m.id = p.message_id
  JOIN seen_row r ON r.tenant_id = whose AND r.kind = 'page' AND r.id = p.id
  WHERE p.tenant_id = whose AND a.state = 'open' AND m.status = 'cancelled' AND m.reason IN ('alert-claimed', 'order-moved-on')
    AND NOT EXISTS (SELECT FROM seen_alert s WHERE s.tenant_id = whose AND s.alert_id = a.id AND s.state <> 'open' AND s.at > r.at)
  UNION ALL
  SELECT 'a page is not about its alert', p.id::text FROM page p
  JOIN chain c ON c.tenant_id = whose AND c.id = p.chain_id JOIN alert a ON a.tenant_id = whose AND a.id = c.alert_id
  JOIN seen_row r ON r.tenant_id = whose AND r.kind = 'page' AND r.id = p.id
  WHERE p.tenant_id = whose AND NOT EXISTS (SELECT FROM message_alert x
      WHERE x.tenant_id = whose AND x.message_id = p.message_id AND x.alert_id = a.id)
    AND NOT EXISTS (SELECT FROM seen_alert s WHERE s.tenant_id = whose AND s.alert_id = a.id AND s.state <> 'open' AND s.at > r.at)
  -- Somebody goes, or the chain runs, or it says why it does not.
  UNION ALL
  SELECT 'alert ' || a.state || ' with a chain that ' || coalesce('ended: ' || c.ended, 'runs'), a.id::text
  FROM alert a LEFT JOIN chain c ON c.tenant_id = a.tenant_id AND c.alert_id = a.id
  WHERE a.tenant_id = whose AND (c.id IS NULL OR NOT CASE a.state
    WHEN 'open' THEN c.next_at IS NOT NULL OR c.ended IN ('nobody', 'no-steps', 'expired')
    WHEN 'responding' THEN a.responder_id IS NOT NULL AND c.ended IN ('claimed', 'nobody', 'no-steps', 'expired')
    ELSE c.ended IS NOT NULL END)
  UNION ALL
  SELECT 'alert went from ' || before || ' to ' || state, alert_id::text FROM was
  WHERE before IS NOT NULL AND state <> before AND (before, state) NOT IN (('open', 'responding'), ('open', 'resolved'),
    ('responding', 'open'), ('responding', 'resolved'), ('resolved', 'responding'), ('resolved', 'open'))
  UNION ALL
  SELECT 'one took it from another', alert_id::text FROM was
  WHERE state = 'responding' AND before = 'responding' AND responder_id <> responder_before
  -- Each change has its one event, in its transaction.
  UNION ALL
  SELECT 'no event, or several, of ' || w.before || ' to ' || w.state, w.alert_id::text FROM was w
  WHERE w.before IS NOT NULL AND w.state <> w.before AND (
    SELECT count(*) FROM seen_row s JOIN event e ON e.tenant_id = s.tenant_id AND e.id = s.id
    WHERE s.tenant_id = whose AND s.kind = 'event' AND s.xid = w.xid AND e.alert_id = w.alert_id
      AND e.type IN ('alert.claimed', 'alert.released', 'alert.resolved')) <> 1
  -- The chain goes one step after the other, in its time.
  UNION ALL
  SELECT 'turn ' || turn_before || ' was followed by ' || turn, chain_id::text FROM starts
  WHERE turn_before IS NOT NULL AND turn NOT IN (turn_before, turn_before + 1)
  UNION ALL
  SELECT 'step ' || s.step_before || ' was followed by ' || s.step || ' of ' || jsonb_array_length(c.steps), s.chain_id::text
  FROM starts s JOIN chain c ON c.tenant_id = whose AND c.id = s.chain_id
  -- What is asked for once more goes on at the step of what was asked for before.
  WHERE (s.turn = s.turn_before AND s.step <> s.step_before AND NOT (s.kind = 'work-order.needed' AND s.turn = 0)) OR s.step > jsonb_array_length(c.steps)
    OR (s.turn > s.turn_before AND s.step < least(s.step_before + 1, jsonb_array_length(c.steps))
      -- Whom a claim that was taken back had left untold is told at the same step.
      AND NOT EXISTS (SELECT FROM seen_row r JOIN event e ON e.tenant_id = r.tenant_id AND e.id = r.id
        WHERE r.tenant_id = whose AND r.kind = 'event' AND r.xid = s.xid AND e.undoes IS NOT NULL))
  UNION ALL
  SELECT 'a step started before its time', s.chain_id::text FROM starts s
  WHERE s.turn > s.turn_before AND (s.ended_before IS NOT NULL OR s.at < s.next_before) AND NOT EXISTS (
    SELECT FROM seen_row r JOIN event e ON e.tenant_id = r.tenant_id AND e.id = r.id
    WHERE r.tenant_id = whose AND r.kind = 'event' AND r.xid = s.xid AND e.type IN (
      'alert.released', 'alert.escalated', 'alert.raised', 'work_order.escalated', 'work_order.noted'))
    AND NOT EXISTS (SELECT FROM starts o WHERE o.chain_id = s.chain_id AND o.xid = s.xid AND o.turn = s.turn_before)
  UNION ALL
  SELECT 'somebody was paged twice at turn ' || turn, chain_id::text FROM page WHERE tenant_id = whose
  GROUP BY chain_id, turn, technician_id HAVING count(*) > 1
  UNION ALL
  SELECT 'a page of turn ' || p.turn || ' came without its start', p.id::text FROM page p
  JOIN seen_row r ON r.tenant_id = whose AND r.kind = 'page' AND r.id = p.id
  WHERE p.tenant_id = whose AND NOT EXISTS (SELECT FROM seen_chain s WHERE s.tenant_id = whose AND s.chain_id = p.chain_id
    AND s.xid = r.xid AND s.turn = p.turn AND s.step = p.step)
  UNION ALL
  SELECT 'turn ' || s.turn || ' told nobody', s.chain_id::text FROM starts s
  WHERE s.turn IS DISTINCT FROM s.turn_before AND s.ended IS NULL
    AND NOT EXISTS (SELECT FROM page p WHERE p.tenant_id = whose AND p.chain_id = s.chain_id AND p.turn = s.turn)
    AND NOT EXISTS (SELECT FROM starts o WHERE o.chain_id = s.chain_id AND o.xid = s.xid AND o.n > s.n
      AND (o.turn > s.turn OR o.ended IS NOT NULL))
    -- Whoever asked for it was the only one there.
    AND NOT EXISTS (SELECT FROM seen_row r JOIN event e ON e.tenant_id = r.tenant_id AND e.id = r.id
      WHERE r.tenant_id = whose AND r.kind = 'event' AND r.xid = s.xid AND e.type IN (
        'alert.released', 'alert.escalated', 'work_order.escalated', 'work_order.noted'))
  -- One all-clear for everybody who was told.
  UNION ALL
  SELECT 'an all-clear without a resolution', c.id::text FROM all_clear c
  WHERE NOT EXISTS (SELECT FROM resolution r WHERE r.alert_id = c.alert_id AND r.xid = c.xid)
  UNION ALL
  SELECT 'two all-clears', min(technician_id::text) FROM all_clear GROUP BY alert_id, xid, technician_id HAVING count(*) > 1
  UNION ALL
  SELECT 'an all-clear for whoever resolved it', c.id::text FROM all_clear c JOIN resolution r USING (alert_id, xid)
  JOIN technician t ON t.tenant_id = whose AND t.id = c.technician_id
  WHERE r.actor_kind = 'technician' AND r.actor_id = t.external_id
  UNION ALL
  SELECT 'an all-clear for somebody who never heard of it', c.id::text FROM all_clear c JOIN resolution r USING (alert_id, xid)
  WHERE NOT EXISTS (SELECT FROM told t WHERE t.alert_id = c.alert_id AND t.technician_id = c.technician_id AND t.sending_at < r.at)
  UNION ALL
  SELECT 'no all-clear for somebody who was told', t.technician_id::text FROM resolution r
  JOIN (SELECT DISTINCT alert_id, technician_id, min(sending_at) AS since FROM told
    WHERE kind = 'alert.raised' AND status IN ('accepted', 'sent', 'delivered', 'read') GROUP BY 1, 2) AS t
    ON t.alert_id = r.alert_id AND t.since < r.at
  JOIN technician p ON p.tenant_id = whose AND p.id = t.technician_id
  WHERE NOT (r.actor_kind = 'technician' AND r.actor_id = p.external_id)
    AND NOT EXISTS (SELECT FROM all_clear c WHERE c.alert_id = r.alert_id AND c.xid = r.xid AND c.technician_id = t.technician_id)
  -- Those who were told hear who goes, and that he does not any more.
  UNION ALL
  SELECT 'somebody who was told does not hear who goes', t.technician_id::text FROM was w
  JOIN (SELECT DISTINCT alert_id, technician_id, min(sending_at) AS since FROM told
    WHERE kind = 'alert.raised' AND status IN ('accepted', 'sent', 'delivered', 'read') GROUP BY 1, 2) AS t
    ON t.alert_id = w.alert_id AND t.since < w.at AND t.technician_id <> w.responder_id
  WHERE w.state = 'responding' AND w.before = 'open' AND NOT EXISTS (
    SELECT FROM seen_row s JOIN message m ON m.tenant_id = s.tenant_id AND m.id = s.id
    WHERE s.tenant_id = whose AND s.kind = 'message' AND s.xid = w.xid AND m.technician_id = t.technician_id
      AND m.kind IN ('alert.taken'))
  -- A call for help tells nobody once it is taken or taken back, and whoever called hears who comes.
  UNION ALL
  SELECT 'a call was told while it was ' || s.ended, t.attempt_id::text FROM called t
  JOIN starts s ON s.chain_id = t.chain_id AND t.sending_at >= s.at AND t.sending_at < coalesce(s.until, 'infinity')
  WHERE s.ended IN ('claimed', 'withdrawn')
  UNION ALL
  SELECT 'somebody does not hear who takes the call', who.id::text FROM starts s
  JOIN chain c ON c.tenant_id = whose AND c.id = s.chain_id AND c.alert_id IS NULL
  CROSS JOIN LATERAL (SELECT c.caller_id AS id UNION SELECT t.technician_id FROM called t WHERE t.chain_id = c.id
    AND t.sending_at < s.at AND t.status IN ('accepted', 'sent', 'delivered', 'read')) AS who
  WHERE s.ended = 'claimed' AND s.ended_before IS DISTINCT FROM 'claimed' AND NOT EXISTS (
    SELECT FROM seen_row r JOIN message m ON m.tenant_id = r.tenant_id AND m.id = r.id
    WHERE r.tenant_id = whose AND r.kind = 'message' AND r.xid = s.xid AND m.technician_id = who.id
      AND m.kind IN ('work-order.taken', 'reply'))
  -- Every message has its one answer.
  UNION ALL
  SELECT 'a message has ' || count(o.id) || ' answers', i.id::text FROM message i
  LEFT JOIN message o ON o.tenant_id = i.tenant_id AND o.in_reply_to = i.id AND o.kind = 'reply' AND o.fallback_of IS NULL
  WHERE i.tenant_id = whose AND i.direction = 'in' AND i.status <> 'received'
  GROUP BY i.id HAVING count(o.id) <> 1
  UNION ALL
  SELECT 'a message was set aside', id::text FROM message WHERE tenant_id = whose AND direction = 'in' AND status = 'failed';
  END $$;
`;

/**
 * Keeps every state that alerts and chains were in, and by which transaction each came, in tables that the product
 * does not know. Only for a test's own database.
 */
export const witness = kept + faults;
