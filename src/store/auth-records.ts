import type { Knex } from 'knex';
import type { Queries } from './connections.ts';

/** better-auth's words for its records; where they are kept is ours. */
const tables = {
  user: 'admin_user',
  account: 'admin_account',
  session: 'admin_session',
  verification: 'admin_verification',
  twoFactor: 'admin_two_factor',
} as const;
export type AuthModel = keyof typeof tables;

export type AuthRecord = Record<string, unknown>;
export type AuthCondition = {
  field: string;
  /** eq unless told. */
  operator?: string | undefined;
  value: unknown;
  connector?: 'AND' | 'OR' | undefined;
};
type Condition = AuthCondition;

/** The records of better-auth inside one tenant, in one transaction: its adapter is the only one who asks. */
export const authRecords = (trx: Queries, tenantId: string) => {
  const rows = (model: AuthModel, where: Condition[]) =>
    narrow(trx(tables[model]).where({ tenant_id: tenantId }), where);

  return {
    create: async (model: AuthModel, record: AuthRecord): Promise<AuthRecord> => {
      const [row] = await trx(tables[model])
        .insert({ ...toRow(record), tenant_id: tenantId })
        .returning('*');
      return fromRow(row);
    },

    find: async (
      model: AuthModel,
      where: Condition[],
      page: { limit: number; offset?: number; by?: { field: string; direction: 'asc' | 'desc' } },
    ): Promise<AuthRecord[]> => {
      const query = rows(model, where)
        .limit(page.limit)
        .offset(page.offset ?? 0);
      if (page.by) query.orderBy(columnOf(page.by.field), page.by.direction);
      return (await query).map(fromRow);
    },

    count: async (model: AuthModel, where: Condition[]): Promise<number> =>
      (await rows(model, where).count({ count: '*' }))[0]!.count as number,

    /** All that match, as they are then. */
    update: async (model: AuthModel, where: Condition[], change: AuthRecord): Promise<AuthRecord[]> =>
      (await rows(model, where).update(toRow(change)).returning('*')).map(fromRow),

    /** All that match, as they were. What two ask for at once, one gets. */
    remove: async (model: AuthModel, where: Condition[]): Promise<AuthRecord[]> =>
      (await rows(model, where).delete().returning('*')).map(fromRow),

    /** Counts in one step, so that none of those at once is lost. */
    increment: async (
      model: AuthModel,
      where: Condition[],
      by: Record<string, number>,
      set: AuthRecord,
    ): Promise<AuthRecord | null> => {
      const counted = Object.entries(by).map(([field, step]) => [
        columnOf(field),
        trx.raw('coalesce(??, 0) + ?', [columnOf(field), step]),
      ]);
      const [row] = await rows(model, where)
        .update({ ...toRow(set), ...Object.fromEntries(counted) })
        .returning('*');
      return row ? fromRow(row) : null;
    },
  };
};

const narrow = (query: Knex.QueryBuilder, where: Condition[]): Knex.QueryBuilder => {
  // All of the one kind, and at least one of the other, as better-auth reads them.
  const all = where.filter(({ connector }) => connector !== 'OR');
  const any = where.filter(({ connector }) => connector === 'OR');
  for (const condition of all) compare(query, condition, 'and');
  if (any.length > 0) {
    query.where((group) => {
      for (const condition of any) compare(group, condition, 'or');
    });
  }
  return query;
};

const comparisons: Record<string, string> = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' };

const compare = (
  query: Knex.QueryBuilder,
  { field, operator = 'eq', value }: Condition,
  joined: 'and' | 'or',
) => {
  const column = columnOf(field);
  const sign = comparisons[operator];
  const where = joined === 'or' ? query.or : query;
  if (value === null && (operator === 'eq' || operator === 'ne')) {
    if (operator === 'eq') where.whereNull(column);
    else where.whereNotNull(column);
  } else if (sign) where.where(column, sign, value as string);
  else if (operator === 'in') where.whereIn(column, value as string[]);
  else if (operator === 'not_in') where.whereNotIn(column, value as string[]);
  else throw new Error(`better-auth asked for an unknown comparison: ${operator}`);
};

const columnOf = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const fieldOf = (column: string): string =>
  column.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

const toRow = (record: AuthRecord) =>
  Object.fromEntries(Object.entries(record).map(([field, value]) => [columnOf(field), value]));
const fromRow = (row: Record<string, unknown>): AuthRecord =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([column]) => column !== 'tenant_id')
      .map(([column, value]) => [fieldOf(column), value]),
  );
