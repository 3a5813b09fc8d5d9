import type { AsyncLocalStorage } from 'node:async_hooks';
import { createAdapterFactory } from 'better-auth/adapters';
import { sha256 } from '../crypto.ts';
import type { AuthCondition, AuthModel, AuthRecord } from '../store/auth-records.ts';
import type { Tx } from '../store/store.ts';

/** How better-auth reaches the database just now. */
export type Reach = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

type Asked = { model: string; where?: AuthCondition[] | undefined };

/**
 * better-auth's records in our store: it has no connection of its own, and outside `scope` it reaches nothing. Session
 * tokens are hashed on the way in, so that a copy of the database opens no session.
 */
export const createAuthRecords = (scope: AsyncLocalStorage<Reach>) => {
  const ask = <T>(work: (records: Tx['authRecords']) => Promise<T>): Promise<T> => {
    const reach = scope.getStore();
    if (!reach) throw new Error('better-auth was called outside a tenant');
    return reach((tx) => work(tx.authRecords));
  };
  const first = (found: AuthRecord[], where: AuthCondition[]): never | null =>
    (found[0] ? shown(found[0], where) : null) as never | null;

  return createAdapterFactory({
    config: { adapterId: 'rbm', supportsUUIDs: true, supportsJSON: false, transaction: false },
    adapter: () => ({
      create: async ({ model, data }) => {
        const { token } = data as { token?: string };
        const created = await ask((records) => records.create(modelOf(model), kept(model, data)));
        return { ...created, ...(token ? { token } : {}) } as never;
      },
      findOne: async ({ model, where }) =>
        first(await ask((records) => records.find(modelOf(model), hashed(where), { limit: 1 })), where),
      findMany: async ({ model, where = [], limit, offset = 0, sortBy }) => {
        const page = { limit, offset, ...(sortBy ? { by: sortBy } : {}) };
        const found = await ask((records) => records.find(modelOf(model), hashed(where), page));
        return found.map((record) => shown(record, where)) as never;
      },
      count: ({ model, where = [] }: Asked) => ask((records) => records.count(modelOf(model), hashed(where))),
      update: async ({ model, where, update }) =>
        first(
          await ask((records) =>
            records.update(modelOf(model), hashed(where), kept(model, update as AuthRecord)),
          ),
          where,
        ),
      updateMany: async ({ model, where, update }) =>
        (await ask((records) => records.update(modelOf(model), hashed(where), kept(model, update)))).length,
      delete: async ({ model, where }) => {
        await ask((records) => records.remove(modelOf(model), hashed(where)));
      },
      deleteMany: async ({ model, where }) =>
        (await ask((records) => records.remove(modelOf(model), hashed(where)))).length,
      consumeOne: async ({ model, where }) =>
        first(await ask((records) => records.remove(modelOf(model), hashed(where))), where),
      incrementOne: async ({ model, where, increment, set = {} }) =>
        first(
          (
            await ask(async (records) => [
              await records.increment(modelOf(model), hashed(where), increment, kept(model, set)),
            ])
          ).filter((record) => record !== null),
          where,
        ),
    }),
  });
};

const models: AuthModel[] = ['user', 'account', 'session', 'verification', 'twoFactor'];

const modelOf = (name: string): AuthModel => {
  const model = models.find((known) => known === name);
  if (!model) throw new Error(`better-auth asked for unknown records: ${name}`);
  return model;
};

// Nobody acts at the provider in somebody's name, so what would allow it is not kept.
const neverKept = [
  'accessToken',
  'refreshToken',
  'idToken',
  'accessTokenExpiresAt',
  'refreshTokenExpiresAt',
  'scope',
];

const kept = (model: string, record: AuthRecord): AuthRecord =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([field]) => model !== 'account' || !neverKept.includes(field))
      .map(([field, value]) => [field, field === 'token' ? sha256(value as string) : value]),
  );

const hashed = (where: AuthCondition[]): AuthCondition[] =>
  where.map((condition) => {
    if (condition.field !== 'token') return condition;
    const { value } = condition;
    return {
      ...condition,
      value: Array.isArray(value) ? value.map((token) => sha256(token as string)) : sha256(value as string),
    };
  });

/** With the token it was asked for by; of other sessions nobody knows theirs. */
const shown = (record: AuthRecord, where: AuthCondition[]): AuthRecord => {
  if (!('token' in record)) return record;
  const token = where.find(({ field }) => field === 'token')?.value;
  return { ...record, token: typeof token === 'string' ? token : '' };
};
