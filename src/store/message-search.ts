import type { Way } from '../domain/message.ts';
import { isHidden } from './erasure.ts';

/** What is looked for in the log; of what is left out everything fits. */
export type MessageSearch = {
  technicianId?: string;
  workOrderId?: string;
  alertId?: string;
  /** Each must be in the text, whatever its case. */
  words?: string[];
  status?: string;
  errorCode?: string;
  direction?: 'in' | 'out';
  way?: Way;
  /** When it came in, or was written: from then, and before then. */
  since?: Date;
  until?: Date;
};

/** Row numbers: below the first, from the second on. */
export type Stretch = { below: number | null; from: number | null };

/**
 * At most so many messages are looked at by one statement: a page comes in good time however rare what it looks for is,
 * and says how far it came. No index is of use for a text: row security has Postgres check the tenant before it
 * compares with anything that could tell, by an error, what it compares with.
 */
export const mostLookedAt = 50_000;

const hour = 60 * 60 * 1000;
// A row is written when its transaction began, which is a little before its number is given.
const earlierMs = hour / 12;
// What was kept outside the database while that was away came in long before it was written.
const laterMs = 24 * hour;

/** From when to when messages that came in or were written in that time got into the log. */
export const writtenIn = ({ since, until }: Pick<MessageSearch, 'since' | 'until'>) => ({
  since: since && new Date(since.getTime() - earlierMs),
  until: until && new Date(until.getTime() + laterMs),
});

type Statement = { text: string; values: unknown[] };

/**
 * For the rest of the transaction. What is rare may be in one of the next rows or in none: reading the whole log to
 * sort it can look cheaper than going through an index in its order, and must not be done while people wait.
 */
export const inIndexOrder: Statement = {
  text: "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)",
  values: [],
};

/**
 * The number of the first row written from a moment on. Rows are numbered as they are written, so halving finds it: an
 * index on the time would have to be kept up with every message.
 */
export const firstSince = (tenantId: string, at: Date): Statement => ({
  text: `WITH RECURSIVE probe AS (
      SELECT (SELECT seq FROM message WHERE tenant_id = $1 ORDER BY seq LIMIT 1) AS lowest,
        (SELECT seq + 1 FROM message WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1) AS highest
      UNION ALL
      SELECT CASE WHEN at.is_before THEN at.seq + 1 ELSE lowest END,
        CASE WHEN at.is_before THEN highest ELSE (lowest + highest) / 2 END
      FROM probe CROSS JOIN LATERAL (
        SELECT m.seq, m.created_at < $2 AS is_before FROM message m
        WHERE m.tenant_id = $1 AND m.seq >= (probe.lowest + probe.highest) / 2 ORDER BY m.seq LIMIT 1
      ) AS at
      WHERE lowest < highest
    ) SELECT lowest AS seq FROM probe WHERE lowest >= highest`,
  values: [tenantId, at],
});

/** What fits, newest first, among the next messages of the stretch. */
export const searchStatement = (
  tenantId: string,
  search: MessageSearch,
  stretch: Stretch,
  limit: number,
): Statement => {
  const values = valuesOf(tenantId);
  const next = nextOf(search, stretch, values);
  const fits = conditionsOf(search, values);
  return {
    // In the order of what it reads from, which ends as soon as there are enough.
    text: `${next.with} SELECT m.id, m.seq FROM (${next.rows}) AS m
      ${fits.length > 0 ? `WHERE ${fits.join(' AND ')}` : ''} LIMIT ${values.add(limit)}`,
    values: values.all,
  };
};

/** The last message that `searchStatement` looks at when nothing fits; none when it comes to the end before. */
export const lastLookedAt = (tenantId: string, search: MessageSearch, stretch: Stretch): Statement => {
  const values = valuesOf(tenantId);
  const next = nextOf(search, stretch, values);
  return {
    text: `${next.with} SELECT m.seq, coalesce(m.received_at, m.created_at) AS at FROM (${next.rows}) AS m
      OFFSET ${mostLookedAt - 1}`,
    values: values.all,
  };
};

const valuesOf = (tenantId: string) => {
  const all: unknown[] = [tenantId];
  return { all, add: (value: unknown) => `$${all.push(value)}` };
};
type Values = ReturnType<typeof valuesOf>;

// As the index is made.
const indexedStatuses = ['unknown', 'failed', 'expired', 'cancelled', 'disabled'];

/** The messages to look at: by what narrows them most and has them in their order, or few of them. */
const nextOf = (search: MessageSearch, { below, from }: Stretch, values: Values) => {
  const { workOrderId, alertId, errorCode, technicianId, status } = search;
  const inStretch = [
    ...(below === null ? [] : [`m.seq < ${values.add(below)}`]),
    ...(from === null ? [] : [`m.seq >= ${values.add(from)}`]),
  ];
  const columns = `m.id, m.tenant_id, m.seq, m.technician_id, m.conversation_id, m.caused_by, m.direction, m.way, m.status, m.error_code, m.text, m.created_at, m.received_at`;
  const tail = `ORDER BY m.seq DESC LIMIT ${mostLookedAt}`;
  if (workOrderId || alertId) {
    const [table, column] = workOrderId
      ? ['message_work_order', 'work_order_id']
      : ['message_alert', 'alert_id'];
    const where = inStretch.length > 0 ? `WHERE ${inStretch.join(' AND ')}` : '';
    return {
      with: `WITH about AS MATERIALIZED (
          SELECT message_id FROM ${table} WHERE tenant_id = $1 AND ${column} = ${values.add(workOrderId ?? alertId)}
        )`,
      // OFFSET 0: each is fetched by its id, whatever the planner believes.
      rows: `SELECT m.* FROM about CROSS JOIN LATERAL (
          SELECT ${columns} FROM message m WHERE m.tenant_id = $1 AND m.id = about.message_id OFFSET 0
        ) AS m ${where} ${tail}`,
    };
  }
  const narrowed = errorCode
    ? [`m.error_code = ${values.add(errorCode)}`]
    : technicianId
      ? [`m.technician_id = ${values.add(technicianId)}`]
      : // Written out, so that it is seen to be among those of the index.
        status && indexedStatuses.includes(status)
        ? [`m.status = '${status}'`]
        : [];
  const where = ['m.tenant_id = $1', ...inStretch, ...narrowed].join(' AND ');
  return { with: '', rows: `SELECT ${columns} FROM message m WHERE ${where} ${tail}` };
};

const conditionsOf = (search: MessageSearch, values: Values): string[] => {
  const { technicianId, workOrderId, alertId, words = [], status, errorCode, direction, way } = search;
  const { since, until } = search;
  const at = 'coalesce(m.received_at, m.created_at)';
  return [
    ...(technicianId ? [`m.technician_id = ${values.add(technicianId)}`] : []),
    ...(status ? [`m.status = ${values.add(status)}`] : []),
    ...(errorCode ? [`m.error_code = ${values.add(errorCode)}`] : []),
    ...(direction ? [`m.direction = ${values.add(direction)}`] : []),
    ...(way ? [`m.way = ${values.add(way)}`] : []),
    ...(since ? [`${at} >= ${values.add(since)}`] : []),
    ...(until ? [`${at} < ${values.add(until)}`] : []),
    ...(workOrderId && alertId
      ? [
          `EXISTS (SELECT FROM message_alert a
             WHERE a.tenant_id = $1 AND a.message_id = m.id AND a.alert_id = ${values.add(alertId)})`,
        ]
      : []),
    ...words.map((word) => `m.text ILIKE ${values.add(`%${word.replace(/[\\%_]/g, '\\$&')}%`)}`),
    // A CASE: an anti-join would read all that may be looked at before it shows the first.
    ...(words.length > 0 ? [`CASE WHEN ${isHidden.message('m')} THEN false ELSE true END`] : []),
  ];
};
