import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { orderKey } from '../../src/domain/work-order.ts';

type Fields = Record<string, unknown>;

/** That many minutes before now. */
export const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** Writes rows of a tenant as if everything had happened; what is not told is ordinary. Answers ids. */
export const writeRows = (
  client: pg.Client,
  { tenantId, channelId }: { tenantId: string; channelId: string | null },
) => {
  const insert = async (table: string, row: Fields) => {
    const columns = Object.keys(row).join(', ');
    await client.query(
      `INSERT INTO ${table} (tenant_id, ${columns}) SELECT $1, ${columns} FROM jsonb_populate_record(NULL::${table}, $2)`,
      [tenantId, JSON.stringify(row)],
    );
  };
  const change = (table: string, id: string, row: Fields) => {
    const columns = Object.keys(row);
    return client.query(
      `UPDATE ${table} t SET (${columns}) = (SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $2))
       WHERE t.tenant_id = $1 AND t.id = $3`,
      [tenantId, JSON.stringify(row), id],
    );
  };

  const person = async (
    name: string,
    { addresses = ['whatsapp'], ...more }: Fields & { addresses?: string[] } = {},
  ) => {
    const id = randomUUID();
    await insert('technician', {
      ...{ id, external_id: name.toLowerCase(), name, role: 'technician', active: true },
      ...{ preferences: {}, created_at: ago(0), ...more },
    });
    for (const kind of addresses) {
      await insert('technician_address', {
        technician_id: id,
        kind,
        value: `+1${id.slice(0, 8)}`,
        active: true,
      });
    }
    const conversationId = randomUUID();
    await insert('conversation', {
      ...{ id: conversationId, channel_id: channelId, technician_id: id, created_at: ago(0), talk: {} },
    });
    return { id, externalId: name.toLowerCase(), name, conversationId };
  };
  type Person = Awaited<ReturnType<typeof person>>;

  const order = async (number: string, assignee: Person | null, more: Fields = {}) => {
    const id = randomUUID();
    await insert('work_order', {
      ...{ id, number, number_key: orderKey(number), title: `Job ${number}`, priority: 'medium' },
      ...{ kind: 'corrective', assignee_id: assignee?.id ?? null, status: assignee ? 'assigned' : 'open' },
      ...{ escalated: false, version: 1, assignment_no: assignee ? 1 : 0 },
      ...{ assigned_at: assignee ? ago(20) : null, created_at: ago(30), ...more },
    });
    return id;
  };

  const message = async (to: Person, more: Fields = {}) => {
    const id = randomUUID();
    const status = more.status ?? 'read';
    await insert('message', {
      ...{
        id,
        direction: 'out',
        channel_id: channelId,
        conversation_id: to.conversationId,
        technician_id: to.id,
      },
      ...{ way: 'whatsapp', kind: 'message.send', lane: 'notification', status, text: 'Hello' },
      ...{ possible_duplicate: false, failures: 0, created_at: ago(20), status_at: ago(19) },
      sent_at: ['sent', 'delivered', 'read'].includes(String(status)) ? ago(19) : null,
      delivered_at: ['delivered', 'read'].includes(String(status)) ? ago(19) : null,
      read_at: status === 'read' ? ago(18) : null,
      ...more,
    });
    if (more.work_order_id) {
      await insert('message_work_order', { message_id: id, work_order_id: more.work_order_id, position: 0 });
    }
    return id;
  };

  /** Tells an order's first assignment. */
  const notice = (to: Person, orderId: string, more: Fields = {}) =>
    message(to, { kind: 'work-order.assigned', work_order_id: orderId, assignment_no: 1, ...more });

  const heard = async (from: Person, more: Fields = {}) =>
    message(from, {
      ...{ direction: 'in', kind: 'command', lane: null, status: 'processed', received_at: ago(20) },
      ...{ sent_at: null, delivered_at: null, read_at: null, ...more },
    });

  const asset = async (code: string) => {
    const id = randomUUID();
    await insert('asset', { id, code, name: code, created_at: ago(0) });
    return id;
  };

  const alert = async (externalId: string, assetId: string, more: Fields = {}) => {
    const id = randomUUID();
    await insert('alert', {
      ...{
        id,
        external_id: externalId,
        asset_id: assetId,
        message: `Hot ${externalId}`,
        severity: 'critical',
      },
      ...{ recipients: '{}', state: 'open', raised_at: ago(10), created_at: ago(10), version: 1, ...more },
    });
    return id;
  };

  const chain = async (alertId: string, more: Fields = {}) => {
    const id = randomUUID();
    await insert('chain', {
      ...{ id, kind: 'alert.raised', lane: 'critical', alert_id: alertId, steps: [], step: 0 },
      ...{ turn: 1, step_at: ago(10), next_at: ago(-5), exhausted: false, created_at: ago(10), ...more },
    });
    return id;
  };

  const call = async (caller: Person, orderId: string | null, more: Fields = {}) => {
    const id = randomUUID();
    await insert('chain', {
      ...{ id, kind: 'work-order.escalated', lane: 'reply', caller_id: caller.id, work_order_id: orderId },
      ...{ steps: [], step: 0, turn: 1, step_at: ago(5), next_at: ago(-5), exhausted: false },
      ...{ created_at: ago(5), ...more },
    });
    return id;
  };

  const page = (chainId: string, to: Person, messageId: string) =>
    insert('page', {
      ...{ id: randomUUID(), chain_id: chainId, technician_id: to.id, message_id: messageId },
      ...{ step: 0, turn: 1, at: ago(10) },
    });

  const channel = (way: string, address: string) =>
    insert('channel', {
      ...{ id: randomUUID(), way, provider: way === 'email' ? 'smtp' : 'simulator', address },
      ...{
        account_sid: 'AC1',
        credentials: 'x',
        messages_per_second: 1,
        created_at: ago(0),
        updated_at: ago(0),
      },
    });

  /** Changes the lease of the tenant's WhatsApp sender. */
  const lease = ({ ...row }: Fields) =>
    client.query(
      `UPDATE channel_lease SET ${Object.keys(row)
        .map((column, index) => `${column} = $${index + 3}`)
        .join(', ')} WHERE tenant_id = $1 AND channel_id = $2`,
      [tenantId, channelId, ...Object.values(row)],
    );

  const endpoint = async (key: string, more: Fields = {}) => {
    const id = randomUUID();
    await insert('webhook_endpoint', {
      ...{ id, key, url: 'https://example.com/', active: true, secrets: [], feed_no: 0, tries: 0 },
      ...{ next_try_at: ago(0), held_until: ago(0), created_at: ago(60), ...more },
    });
    return id;
  };

  const template = (kind: string, more: Fields = {}) =>
    insert('template', {
      ...{ kind, locale: 'en', content_sid: `HX-${kind}`, variables: [], approval_status: 'approved' },
      ...{ asked_at: ago(60), ...more },
    });

  const approve = (kind: string) =>
    client.query("UPDATE template SET approval_status = 'approved' WHERE tenant_id = $1 AND kind = $2", [
      tenantId,
      kind,
    ]);

  const noGaps = () => client.query('DELETE FROM template_gap WHERE tenant_id = $1', [tenantId]);

  return {
    ...{ insert, change, person, order, message, notice, heard, asset, alert, chain, call, page, endpoint },
    ...{ channel, lease, template, approve, noGaps },
  };
};

export type Rows = ReturnType<typeof writeRows>;
