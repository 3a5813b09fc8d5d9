import type { RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Facts, readFacts } from '../cmms/facts.ts';
import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { problemAnswer } from './problem.ts';

export type ApiEnv = {
  Variables: {
    /** In whose tenant, and by which of its keys; null for the operator, who is in a tenant only where the address names one. */
    caller: { tenantId: string; keyId: string | null };
    isOperator: boolean;
  };
};

/** One route as it is served and as it is documented. Its own code checks what comes in, so that all faults are found. */
export type ApiRoute = {
  method: 'get' | 'put' | 'post';
  /** As OpenAPI writes it: /assets/{code}. */
  path: string;
  summary: string;
  description?: string;
  /** Whose key it takes; a tenant's unless told. */
  keyOf?: 'operator';
  query?: Record<string, z.ZodType>;
  body?: z.ZodType;
  /** Every field of it may be left out, and so may it. */
  bodyIsOptional?: true;
  answers: RouteConfig['responses'];
  /** A POST whose answer holds a secret: kept for its Idempotency-Key it is encrypted. */
  answersSecret?: true;
  handle: (c: Context<ApiEnv>) => Promise<Response>;
};

export const answer = (schema: z.ZodType, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const problemDescriptions = {
  400: 'The request cannot be read',
  401: 'No valid API key',
  403: 'A valid key, but not for this',
  404: "Not there, or another tenant's",
  405: 'The resource does not know this method',
  409: 'Taken by something else, or changed meanwhile',
  413: 'More than 1 MB',
  415: 'Not JSON',
  422: 'Every fault of the content, each with a pointer',
  503: 'Try again after Retry-After seconds',
} as const;

export const problems = (...statuses: (keyof typeof problemDescriptions)[]): RouteConfig['responses'] =>
  Object.fromEntries(
    [400 as const, 401 as const, 403 as const, ...statuses, 503 as const].map((status) => [
      status,
      {
        description: problemDescriptions[status],
        content: { 'application/problem+json': { schema: problemAnswer } },
      },
    ]),
  );

/** What a route may answer, with what shared code answers for it. */
export const answersOf = ({ method, answers }: ApiRoute): RouteConfig['responses'] => ({
  ...(method === 'get' ? {} : problems(413)),
  ...(method === 'post' ? problems(409, 422) : {}),
  ...answers,
});

/** Reads inside the caller's tenant. */
export const inTenant = <T>(c: Context<ApiEnv>, deps: Deps, work: (tx: Tx) => Promise<T>): Promise<T> =>
  deps.store.tenant(c.get('caller').tenantId, work);

/** Writes inside the caller's tenant, in the name of its key. */
export const asCmms = <T>(
  c: Context<ApiEnv>,
  deps: Deps,
  work: (tx: Tx, facts: Facts) => Promise<T>,
): Promise<T> =>
  inTenant(c, deps, async (tx) => {
    return work(tx, await readFacts(tx, deps, { kind: 'cmms', id: await keyLabel(c, tx) }));
  });

/** What the caller's key is called; null for the operator's. */
export const keyLabel = async (c: Context<ApiEnv>, tx: Tx): Promise<string | null> => {
  const { keyId } = c.get('caller');
  return keyId === null ? null : tx.apiKeys.label(keyId);
};
