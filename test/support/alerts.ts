import { randomUUID } from 'node:crypto';

/** Milliseconds since 1970; null where it never came that far. */
export type Reached = { sent: number | null; delivered: number | null; read: number | null };
export type GivenPage = {
  person: string;
  at: number;
  way: Reached;
  /** By which it went on. */
  further: Reached[];
};
export type GivenAlert = {
  externalId: string;
  asset: string;
  severity: 'low' | 'medium' | 'high' | 'critical';
  raised: number;
  responder: string | null;
  answered: number | null;
  resolved: number | null;
  pages: GivenPage[];
};
export type GivenPerson = { externalId: string; supervisor: string | null };

/** A query that no row security binds. */
type Query = (statement: string, values: unknown[]) => Promise<unknown>;

/** Writes alerts, and what came of them, as if all of it had happened. Answers the ids of the alerts by their keys. */
export const giveAlerts = async (
  query: Query,
  tenantId: string,
  { people, alerts }: { people: GivenPerson[]; alerts: GivenAlert[] },
): Promise<Map<string, string>> => {
  const idOfPerson = new Map(people.map(({ externalId }) => [externalId, randomUUID()]));
  const idOfAsset = new Map(alerts.map(({ asset }) => [asset, randomUUID()]));
  const idOfAlert = new Map(alerts.map(({ externalId }) => [externalId, randomUUID()]));
  const messages: object[] = [];
  const pages: object[] = [];
  const chains = alerts.map(({ externalId, pages: told }) => {
    const id = randomUUID();
    for (const [turn, { person, at, way, further }] of told.entries()) {
      const messageId = randomUUID();
      const reached = { sent_at: iso(way.sent), delivered_at: iso(way.delivered), read_at: iso(way.read) };
      messages.push({ id: messageId, way: 'whatsapp', ...reached });
      for (const [nth, { sent, delivered, read }] of further.entries()) {
        const then = { sent_at: iso(sent), delivered_at: iso(delivered), read_at: iso(read) };
        messages.push({ id: randomUUID(), way: ['sms', 'email'][nth], fallback_of: messageId, ...then });
      }
      pages.push({
        ...{ id: randomUUID(), chain_id: id, technician_id: idOfPerson.get(person), turn, at: iso(at) },
        message_id: messageId,
      });
    }
    return { id, alert_id: idOfAlert.get(externalId) };
  });
  const insert = (table: string, columns: string, values: string, rows: object[]) =>
    query(
      `INSERT INTO ${table} (tenant_id, ${columns}) SELECT $1, ${values} FROM jsonb_populate_recordset(NULL::${table}, $2)`,
      [tenantId, JSON.stringify(rows)],
    );
  const personColumns = 'id, external_id, name, role, active, supervisor_id';
  await insert(
    'technician',
    personColumns,
    "id, external_id, external_id, 'technician', true, supervisor_id",
    // The constraint is looked at once all are there.
    people.map(({ externalId, supervisor }) => ({
      ...{ id: idOfPerson.get(externalId), external_id: externalId },
      supervisor_id: supervisor && idOfPerson.get(supervisor),
    })),
  );
  await insert(
    'asset',
    'id, code, name',
    'id, code, code',
    [...idOfAsset].map(([code, id]) => ({ id, code })),
  );
  await insert(
    'alert',
    'id, external_id, asset_id, message, severity, state, raised_at, responder_id, claimed_at, resolved_at',
    "id, external_id, asset_id, 'Hot', severity, state, raised_at, responder_id, claimed_at, resolved_at",
    alerts.map(({ externalId, asset, severity, raised, responder, answered, resolved }) => ({
      ...{ id: idOfAlert.get(externalId), external_id: externalId, asset_id: idOfAsset.get(asset), severity },
      state: resolved !== null ? 'resolved' : responder ? 'responding' : 'open',
      ...{ raised_at: iso(raised), claimed_at: iso(answered), resolved_at: iso(resolved) },
      responder_id: responder && idOfPerson.get(responder),
    })),
  );
  await insert(
    'chain',
    'id, kind, lane, alert_id, steps, next_at',
    "id, 'alert.raised', 'critical', alert_id, '[]', now()",
    chains,
  );
  await insert(
    'message',
    'id, direction, way, kind, status, fallback_of, sent_at, delivered_at, read_at',
    "id, 'out', way, 'alert.raised', 'accepted', fallback_of, sent_at, delivered_at, read_at",
    messages,
  );
  await insert(
    'page',
    'id, chain_id, technician_id, step, turn, message_id, at',
    'id, chain_id, technician_id, turn, turn, message_id, at',
    pages,
  );
  return idOfAlert;
};

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
