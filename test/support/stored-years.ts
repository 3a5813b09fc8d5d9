import { createHash } from 'node:crypto';
import type pg from 'pg';

/**
 * Two years of an installation: 500 technicians, 2,000 assets, so many orders (the newest fiftieth open), so many messages in
 * and out with their attempts and callbacks, alerts and events. `owner`: a connection that no row security binds.
 */
export const storeYears = async (
  owner: pg.Client,
  { tenantId, channelId }: { tenantId: string; channelId: string },
  { messages, orders, now }: { messages: number; orders: number; now: Date },
): Promise<void> => {
  const tenant = `'${tenantId}'::uuid`;
  const channel = `'${channelId}'::uuid`;
  const until = `'${now.toISOString()}'::timestamptz`;
  const idOf = (number: string) =>
    `overlay(overlay(md5('m' || ${number}) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid`;
  const steps = [
    `INSERT INTO technician (tenant_id, id, external_id, name, phone, role, active, last_seen_at)
      SELECT ${tenant}, md5('t' || n)::uuid, 'tech-' || n, 'Technician ' || n, '+1415' || 5550000 + n, 'technician', true, ${until}
      FROM generate_series(0, 499) AS n`,
    `INSERT INTO technician_address (tenant_id, technician_id, kind, value)
      SELECT tenant_id, id, 'whatsapp', phone FROM technician WHERE tenant_id = ${tenant}`,
    `INSERT INTO conversation (tenant_id, id, channel_id, technician_id, last_inbound_at)
      SELECT ${tenant}, md5('c' || n)::uuid, ${channel}, md5('t' || n)::uuid, ${until} FROM generate_series(0, 499) AS n`,
    `INSERT INTO asset (tenant_id, id, code, name)
      SELECT ${tenant}, md5('a' || n)::uuid, 'PUMP-' || n, 'Pump ' || n FROM generate_series(0, 1999) AS n`,
    `INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, asset_id, assignee_id, status,
        assignment_no, due_at, assigned_at, acknowledged_at, completed_at, closed_at, created_at)
      SELECT ${tenant}, md5('w' || n)::uuid, 'WO-' || n, 'WO' || n, 'Repair of pump ' || n, (ARRAY['low','medium','high','critical'])[1 + n % 4],
        CASE n % 5 WHEN 0 THEN 'preventive' ELSE 'corrective' END, md5('a' || n % 2000)::uuid,
        CASE WHEN state = 'open' THEN NULL ELSE md5('t' || n % 500)::uuid END, state, 1, at + interval '5 days',
        at, at + interval '1 hour', CASE WHEN done THEN at + interval '2 days' END, CASE WHEN done THEN at + interval '2 days' END, at
      FROM generate_series(0, ${orders} - 1) AS n,
        LATERAL (SELECT ${until} - interval '2 years' * (1 - (n + 1)::float / ${orders}) AS at,
          n < ${orders} * 0.98 AS done) AS o,
        LATERAL (SELECT CASE WHEN NOT done THEN (ARRAY['open','assigned','acknowledged','in_progress','delayed'])[1 + n % 5]
          WHEN n % 20 = 1 THEN 'cancelled' ELSE 'completed' END AS state) AS s`,
    // Every second one is somebody's, every other one ours; the newest come last.
    `INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane, status,
        reason, text, error_code, error_text, created_at, received_at, provider_id, work_order_id, status_at, sent_at, delivered_at, read_at)
      SELECT ${tenant}, ${idOf('n')}, CASE WHEN goes THEN 'out' ELSE 'in' END, ${channel}, md5('c' || n % 500)::uuid, md5('t' || n % 500)::uuid,
        'whatsapp', CASE WHEN goes THEN (ARRAY['reply','work-order.assigned','work-order.reminder','alert.raised'])[1 + n / 2 % 4] END,
        CASE WHEN goes THEN (ARRAY['reply','notification','notification','critical'])[1 + n / 2 % 4] END,
        CASE WHEN NOT goes THEN 'processed' ELSE state END,
        CASE WHEN NOT goes THEN NULL WHEN state = 'failed' THEN 'provider' WHEN state = 'cancelled' THEN 'paused' WHEN state = 'expired' THEN 'expired' END,
        CASE WHEN goes THEN 'Work order WO-' || n % ${orders} || ' was assigned to you' ELSE 'NOTE seal of pump ' || n || ' replaced' END,
        CASE WHEN goes AND state = 'failed' THEN (ARRAY['63024','30003','63016'])[1 + n % 3] END,
        CASE WHEN goes AND state = 'failed' THEN 'the phone cannot receive it' END,
        at, CASE WHEN goes THEN NULL ELSE at END, CASE WHEN goes THEN NULL ELSE 'SM' || md5('p' || n) END,
        CASE WHEN n % 3 > 0 THEN md5('w' || n % ${orders})::uuid END, at + interval '9 seconds',
        CASE WHEN goes AND state <> 'cancelled' THEN at + interval '2 seconds' END,
        CASE WHEN goes AND state IN ('delivered', 'read') THEN at + interval '5 seconds' END,
        CASE WHEN goes AND state = 'read' THEN at + interval '9 seconds' END
      FROM generate_series(0, ${messages} - 1) AS n,
        LATERAL (SELECT n % 2 = 0 AS goes, ${until} - interval '2 years' * (1 - (n + 1)::float / ${messages}) AS at,
          CASE WHEN n % 100 < 70 THEN 'read' WHEN n % 100 < 92 THEN 'delivered' WHEN n % 100 < 95 THEN 'sent'
            WHEN n % 100 < 98 THEN 'failed' WHEN n % 100 < 99 THEN 'cancelled' ELSE 'expired' END AS state) AS m`,
    `INSERT INTO message_work_order (tenant_id, message_id, work_order_id, position)
      SELECT tenant_id, id, work_order_id, 0 FROM message WHERE tenant_id = ${tenant} AND work_order_id IS NOT NULL`,
    `INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, state, status, provider_id, provider_id_from,
        error_code, error_text, sending_at, accepted_at, status_at)
      SELECT tenant_id, md5('x' || id)::uuid, id, channel_id, 'first', 'whatsapp:+14155550000', 'accepted', status, 'SM' || md5(id::text), 'answer',
        error_code, error_text, created_at, created_at + interval '1 second', status_at
      FROM message WHERE tenant_id = ${tenant} AND direction = 'out' AND status IN ('read', 'delivered', 'sent', 'failed')`,
    `INSERT INTO status_callback (tenant_id, id, channel_id, key, attempt_id, provider_id, raw, received_at, applied_to, status)
      SELECT tenant_id, md5('k' || id)::uuid, channel_id, decode(md5(id::text), 'hex'), id, provider_id, '', status_at, id, status
      FROM attempt WHERE tenant_id = ${tenant}`,
    `INSERT INTO event (tenant_id, id, type, at, actor_kind, actor_id, work_order_id, message_id, feed_no)
      SELECT tenant_id, md5('e' || id)::uuid, 'work_order.noted', created_at, 'technician', 'tech-1', work_order_id, id, seq
      FROM message WHERE tenant_id = ${tenant} AND direction = 'in' AND work_order_id IS NOT NULL`,
    `INSERT INTO alert (tenant_id, id, external_id, asset_id, message, severity, state, raised_at, responder_id, claimed_at, resolved_at)
      SELECT ${tenant}, md5('l' || n)::uuid, 'A-' || n, md5('a' || n % 2000)::uuid, 'too hot', 'critical',
        CASE WHEN n % 500 = 0 THEN 'responding' ELSE 'resolved' END, at, md5('t' || n % 500)::uuid, at + interval '1 minute',
        CASE WHEN n % 500 > 0 THEN at + interval '1 hour' END
      FROM generate_series(0, ${orders} / 20 - 1) AS n,
        LATERAL (SELECT ${until} - interval '2 years' * (1 - (n + 1)::float / (${orders} / 20)) AS at) AS a`,
    `INSERT INTO chain (tenant_id, id, kind, lane, alert_id, steps, ended)
      SELECT tenant_id, md5('n' || id)::uuid, 'alert.raised', 'critical', id, '[]', CASE state WHEN 'resolved' THEN 'resolved' ELSE 'claimed' END
      FROM alert WHERE tenant_id = ${tenant}`,
    `INSERT INTO message_alert (tenant_id, message_id, alert_id, position)
      SELECT ${tenant}, ${idOf('n * 8 + 6')}, md5('l' || n)::uuid, 0 FROM generate_series(0, least(${orders} / 20, ${messages} / 8) - 1) AS n`,
    `INSERT INTO page (tenant_id, id, chain_id, technician_id, step, turn, message_id, at)
      SELECT x.tenant_id, md5('g' || m.id)::uuid, md5('n' || x.alert_id)::uuid, m.technician_id, 0, 0, m.id, m.created_at
      FROM message_alert x JOIN message m ON m.tenant_id = x.tenant_id AND m.id = x.message_id WHERE x.tenant_id = ${tenant}`,
  ];
  // All of it fits together, as made: what checks that row by row would take most of the time.
  await owner.query('SET session_replication_role = replica');
  for (const step of steps) await owner.query(step);
  await owner.query('SET session_replication_role = origin');
  await owner.query('ANALYZE');
};

/** Of the message with that number: even ones go out. */
export const idOfMessage = (number: number): string =>
  createHash('md5')
    .update(`m${number}`)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-');
