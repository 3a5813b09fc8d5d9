import {
  type Before,
  type Change,
  type OrderStatus,
  orderKey,
  type When,
  type WorkOrder,
} from '../domain/work-order.ts';
import type { Queries } from './connections.ts';
import type { Actor } from './events.ts';

export type ListedOrder = WorkOrder & {
  assignee: string | null;
  planner: string | null;
  assigneeName: string | null;
  plannerName: string | null;
};

/** Whichever is there must fit. */
export type OrderFilter = {
  /** `not-closed`: neither completed nor cancelled. */
  status?: OrderStatus | 'not-closed' | undefined;
  /** Null: nobody's. */
  assigneeId?: string | null | undefined;
  assetId?: string | undefined;
  escalated?: boolean | undefined;
  /** Open and due before `now`, or on a day before `today`. */
  overdue?: { now: Date; today: string } | undefined;
  /** Part of the number or the title, in any case, or the asset of that id. */
  text?: { words: string; assetIds: string[] } | undefined;
};

/** An order with its place in the list it is in. */
export type FoundOrder = ListedOrder & { cursor: OrderCursor };
/** Microseconds since 1970, and the id. */
export type OrderCursor = { at: number; id: string };

export const workOrders = (trx: Queries, tenantId: string) => {
  const rows = () =>
    trx('work_order as w')
      .leftJoin('asset as a', (join) => join.on('a.tenant_id', 'w.tenant_id').on('a.id', 'w.asset_id'))
      .where({ 'w.tenant_id': tenantId })
      .select('w.*', 'a.code as asset_code', 'a.name as asset_name', 'a.location as asset_location');

  /**
   * Locks orders in the order of their ids. After a wait Postgres reads the locked row anew, but not what was joined
   * to it: the asset would be the one of before. So whole orders are read by a second statement, in the same write.
   */
  const locked = async (which: string, values: unknown[]): Promise<WorkOrder[]> => {
    const [held, found] = await Promise.all([
      trx.rows<{ id: string }>(
        `SELECT w.id FROM work_order w WHERE w.tenant_id = $1 AND ${which} ORDER BY w.id FOR NO KEY UPDATE`,
        [tenantId, ...values],
      ),
      trx.rows<Row>(
        `SELECT w.*, a.code AS asset_code, a.name AS asset_name, a.location AS asset_location
         FROM work_order w LEFT JOIN asset a ON a.tenant_id = w.tenant_id AND a.id = w.asset_id
         WHERE w.tenant_id = $1 AND ${which} ORDER BY w.id`,
        [tenantId, ...values],
      ),
    ]);
    // What came to be between the two is not locked.
    const ids = new Set(held.map(({ id }) => id));
    return found.map(fromRow).filter(({ id }) => ids.has(id));
  };

  const listed = () =>
    rows()
      .leftJoin('technician as t', (join) =>
        join.on('t.tenant_id', 'w.tenant_id').on('t.id', 'w.assignee_id'),
      )
      .leftJoin('technician as p', (join) => join.on('p.tenant_id', 'w.tenant_id').on('p.id', 'w.planner_id'))
      .select('t.external_id as assignee', 'p.external_id as planner')
      .select('t.name as assignee_name', 'p.name as planner_name');

  return {
    get: async (id: string): Promise<WorkOrder | null> => one(await rows().where({ 'w.id': id }).first()),

    find: async (number: string): Promise<WorkOrder | null> =>
      one(
        await rows()
          .where({ 'w.number_key': orderKey(number) })
          .first(),
      ),

    /**
     * As `find`, and nobody else changes it until the transaction ends. Rows may still refer to it meanwhile:
     * a full lock would stop every message and event about it, and invite deadlocks.
     */
    lockByNumber: async (number: string): Promise<WorkOrder | null> =>
      (await locked('w.number_key = $2', [orderKey(number)]))[0] ?? null,

    lock: async (id: string): Promise<WorkOrder | null> => (await locked('w.id = $2', [id]))[0] ?? null,

    /** Locks these orders, in the order of their ids. */
    lockMany: async (ids: string[]): Promise<Map<string, WorkOrder>> =>
      new Map((await locked('w.id = ANY($2)', [ids])).map((order) => [order.id, order])),

    /** Locks a technician's open orders, those closed since, and others by id, in the order of their ids. */
    lockOf: (technicianId: string, closedSince: Date, others: string[]): Promise<WorkOrder[]> =>
      locked(
        `((w.assignee_id = $2 AND (w.status NOT IN ('completed', 'cancelled') OR w.closed_at > $3))
          OR w.id = ANY($4))`,
        [technicianId, closedSince, others],
      ),

    getMany: async (ids: string[]): Promise<WorkOrder[]> => (await rows().whereIn('w.id', ids)).map(fromRow),

    /** Who moved each of these orders last, and when; `by` null: the CMMS. */
    lastMoves: async (ids: string[]): Promise<Map<string, { by: string | null; at: Date }>> => {
      const { rows: moves } = await trx.raw(
        `SELECT DISTINCT ON (e.work_order_id) e.work_order_id, e.at, coalesce(t.name, CASE WHEN e.actor_kind = 'admin' THEN e.actor_id END) AS by
         FROM event e LEFT JOIN technician t
           ON t.tenant_id = e.tenant_id AND e.actor_kind = 'technician' AND t.external_id = e.actor_id
         WHERE e.tenant_id = ? AND e.work_order_id = ANY(?) AND e.type IN ('work_order.assigned', 'work_order.cancelled')
         ORDER BY e.work_order_id, e.seq DESC`,
        [tenantId, ids],
      );
      return new Map(
        moves.map((row: { work_order_id: string; by: string | null; at: Date }) => [
          row.work_order_id,
          { by: row.by, at: row.at },
        ]),
      );
    },

    detail: async (number: string): Promise<ListedOrder | null> => {
      const row = await listed()
        .where({ 'w.number_key': orderKey(number) })
        .first();
      return row ? fromListedRow(row) : null;
    },

    /** By number, after the one given. */
    list: async (page: {
      after: string | null;
      limit: number;
      assigneeId?: string;
      status?: OrderStatus;
    }): Promise<ListedOrder[]> => {
      const query = listed().orderBy('w.number_key').limit(page.limit);
      if (page.after !== null) query.where('w.number_key', '>', orderKey(page.after));
      if (page.assigneeId) query.where({ 'w.assignee_id': page.assigneeId });
      if (page.status) query.where({ 'w.status': page.status });
      return (await query).map(fromListedRow);
    },

    /** What a technician still has, by number. */
    openOf: async (technicianId: string, limit: number): Promise<WorkOrder[]> =>
      (
        await rows()
          .where({ 'w.assignee_id': technicianId })
          .whereIn('w.status', ['assigned', 'acknowledged', 'in_progress', 'delayed'])
          .orderBy('w.number_key')
          .limit(limit)
      ).map(fromRow),

    /** Newest first; of those that are overdue, the oldest. After the cursor given. */
    search: async (
      filter: OrderFilter,
      page: { after: OrderCursor | null; limit: number },
    ): Promise<FoundOrder[]> => {
      const { sql, values } = orderSearch(tenantId, filter, page);
      return (await trx.rows<Row>(sql, values)).map((row) => ({
        ...fromListedRow(row),
        cursor: { at: row.place!, id: row.id! },
      }));
    },

    /** The greatest number of the form P-00001, as its key; null: there is none yet. */
    lastOfPanel: async (): Promise<string | null> =>
      (
        await trx.rows<{ number_key: string }>(
          `SELECT number_key FROM work_order
           WHERE tenant_id = $1 AND number_key >= 'P00000' AND number_key <= 'P99999' AND number_key ~ '^P[0-9]{5}$'
           ORDER BY number_key DESC LIMIT 1`,
          [tenantId],
        )
      )[0]?.number_key ?? null,

    insert: async (order: WorkOrder): Promise<void> => {
      await trx('work_order').insert({ tenant_id: tenantId, ...toRow(order) });
    },

    /** Writes the whole order, which must be locked, and raises the version by one. */
    update: async (order: WorkOrder): Promise<void> => {
      const { id, version: _version, ...columns } = toRow(order);
      await trx('work_order')
        .where({ tenant_id: tenantId, id })
        .update({ ...columns, version: trx.raw('version + 1') });
    },

    /** Carries out changes one by one, each with its event. The orders must be locked. Answers the events' ids. */
    apply: async (
      changes: (Change & { before: Before | null })[],
      cause: { actor: Actor; messageId?: string; at: Date; newId: () => string },
    ): Promise<string[]> => {
      const ids = changes.map(cause.newId);
      await Promise.all(
        changes.map(({ orderId, set, event, before }, index) => {
          // Only columns of the list below become part of the text.
          const columns = Object.keys(set).map((key, at) => `, ${stateColumns[key]} = $${at + 12}`);
          return trx.rows(
            `WITH changed AS (
               UPDATE work_order SET version = version + 1${columns.join('')} WHERE tenant_id = $1 AND id = $2
             )
             INSERT INTO event (tenant_id, work_order_id, id, type, at, actor_kind, actor_id, message_id, data, before, undoes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
            [
              ...[tenantId, orderId, ids[index], event.type, cause.at, cause.actor.kind, cause.actor.id],
              ...[
                cause.messageId ?? null,
                JSON.stringify(event.data ?? {}),
                before && JSON.stringify(before),
              ],
              ...[event.undoes ?? null, ...Object.values(set)],
            ],
          );
        }),
      );
      return ids;
    },
  };
};

/** The statement of a page of `search`. Only what Postgres may look up under row security is left to an index. */
const orderSearch = (
  tenantId: string,
  { status, assigneeId, assetId, escalated, overdue, text }: OrderFilter,
  { after, limit }: { after: OrderCursor | null; limit: number },
): { sql: string; values: unknown[] } => {
  const values: unknown[] = [tenantId];
  const value = (given: unknown) => `$${values.push(given)}`;
  const notClosed = "w.status NOT IN ('completed', 'cancelled')";
  const conditions = [
    'w.tenant_id = $1',
    status === 'not-closed' ? notClosed : status ? `w.status = ${value(status)}` : '',
    assigneeId ? `w.assignee_id = ${value(assigneeId)}` : assigneeId === null ? 'w.assignee_id IS NULL' : '',
    assetId ? `w.asset_id = ${value(assetId)}` : '',
    // Whatever is closed is not escalated any more.
    escalated ? `w.escalated AND ${notClosed}` : '',
    overdue ? notClosed : '',
  ];
  if (text) {
    const key = orderKey(text.words);
    conditions.push(`(strpos(lower(w.title), lower(${value(text.words)})) > 0
      ${key === '' ? '' : `OR strpos(w.number_key, ${value(key)}) > 0`} OR w.asset_id = ANY(${value(text.assetIds)}))`);
  }
  const found = conditions.filter(Boolean).join(' AND ');
  const afterAt = after && `('epoch'::timestamptz + ${value(after.at)} * interval '1 microsecond')`;
  const place = after && `(${afterAt}, ${value(after.id)}::uuid)`;
  const most = value(limit);
  const page = (by: string, order: string, more: string[]) =>
    `SELECT w.*, ${by} AS listed_by FROM work_order w WHERE ${[found, ...more].join(' AND ')}
     ORDER BY ${order} LIMIT ${most}`;
  const newest = () =>
    page('w.created_at', 'w.created_at DESC, w.id DESC', place ? [`(w.created_at, w.id) < ${place}`] : []);
  // By moment and by day apart, each along its own index. A day counts from its end in UTC, wherever it is.
  const longestOverdue = ({ now, today }: { now: Date; today: string }) => {
    const dayEnd = "timezone('UTC', (w.due_on + 1)::timestamp)";
    const at = page('w.due_at', 'w.due_at, w.id', [
      `w.due_at < ${value(now)}`,
      ...(place ? [`(w.due_at, w.id) > ${place}`] : []),
    ]);
    const on = page(dayEnd, 'w.due_on, w.id', [
      `w.due_on < ${value(today)}::date`,
      // The first finds them, the second says it exactly.
      ...(place ? [`w.due_on >= timezone('UTC', ${afterAt})::date - 1`, `(${dayEnd}, w.id) > ${place}`] : []),
    ]);
    return `SELECT w.* FROM ((${at}) UNION ALL (${on})) w ORDER BY w.listed_by, w.id LIMIT ${most}`;
  };
  const direction = overdue ? '' : 'DESC';
  return {
    sql: `WITH w AS MATERIALIZED (${overdue ? longestOverdue(overdue) : newest()})
      SELECT w.*, (extract(epoch FROM w.listed_by) * 1000000)::bigint AS place, a.code AS asset_code,
        a.name AS asset_name, a.location AS asset_location, t.external_id AS assignee, t.name AS assignee_name,
        p.external_id AS planner, p.name AS planner_name
      FROM w LEFT JOIN asset a ON a.tenant_id = w.tenant_id AND a.id = w.asset_id
      LEFT JOIN technician t ON t.tenant_id = w.tenant_id AND t.id = w.assignee_id
      LEFT JOIN technician p ON p.tenant_id = w.tenant_id AND p.id = w.planner_id
      ORDER BY w.listed_by ${direction}, w.id ${direction}`,
    values,
  };
};

const stateColumns: Record<string, string> = {
  status: 'status',
  assigneeId: 'assignee_id',
  assignmentNo: 'assignment_no',
  escalated: 'escalated',
  assignedAt: 'assigned_at',
  acknowledgedAt: 'acknowledged_at',
  startedAt: 'started_at',
  completedAt: 'completed_at',
  confirmedAt: 'confirmed_at',
  closedAt: 'closed_at',
};

type Row = Record<string, never>;

const one = (row: Row | undefined): WorkOrder | null => (row ? fromRow(row) : null);

const fromListedRow = (row: Row): ListedOrder => ({
  ...fromRow(row),
  assignee: row.assignee!,
  planner: row.planner!,
  assigneeName: row.assignee_name!,
  plannerName: row.planner_name!,
});

const fromRow = (row: Row): WorkOrder => ({
  id: row.id!,
  number: row.number!,
  title: row.title!,
  description: row.description!,
  priority: row.priority!,
  kind: row.kind!,
  asset: row.asset_id
    ? {
        id: row.asset_id,
        code: row.asset_code!,
        name: row.asset_name!,
        location: row.asset_location!,
      }
    : null,
  assigneeId: row.assignee_id!,
  plannerId: row.planner_id!,
  due: readWhen(row.due_at!, row.due_on!),
  scheduled: readWhen(row.scheduled_at!, row.scheduled_on!),
  status: row.status!,
  escalated: row.escalated!,
  version: row.version!,
  assignmentNo: row.assignment_no!,
  assignedAt: row.assigned_at!,
  acknowledgedAt: row.acknowledged_at!,
  startedAt: row.started_at!,
  completedAt: row.completed_at!,
  confirmedAt: row.confirmed_at!,
  closedAt: row.closed_at!,
});

const readWhen = (at: Date | null, on: string | null): When | null => (at ? { at } : on ? { on } : null);

const toRow = (order: WorkOrder) => ({
  id: order.id,
  number: order.number,
  number_key: orderKey(order.number),
  title: order.title,
  description: order.description,
  priority: order.priority,
  kind: order.kind,
  asset_id: order.asset?.id ?? null,
  assignee_id: order.assigneeId,
  planner_id: order.plannerId,
  due_at: order.due && 'at' in order.due ? order.due.at : null,
  due_on: order.due && 'on' in order.due ? order.due.on : null,
  scheduled_at: order.scheduled && 'at' in order.scheduled ? order.scheduled.at : null,
  scheduled_on: order.scheduled && 'on' in order.scheduled ? order.scheduled.on : null,
  status: order.status,
  escalated: order.escalated,
  version: order.version,
  assignment_no: order.assignmentNo,
  assigned_at: order.assignedAt,
  acknowledged_at: order.acknowledgedAt,
  started_at: order.startedAt,
  completed_at: order.completedAt,
  confirmed_at: order.confirmedAt,
  closed_at: order.closedAt,
});
