import { z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Refused } from '../cmms/faults.ts';
import type { Fault } from '../store/notifications.ts';
import { isPassing } from '../store/store.ts';

const kinds = {
  malformed: [400, 'The request cannot be read'],
  unauthorized: [401, 'A valid API key is needed'],
  forbidden: [403, 'This key is not for that'],
  'not-found': [404, 'There is no such resource'],
  'method-not-allowed': [405, 'The resource does not know this method'],
  conflict: [409, 'The change conflicts with something else'],
  'version-conflict': [409, 'The work order has changed meanwhile'],
  'too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  invalid: [422, 'The content has faults'],
  'idempotency-mismatch': [422, 'The Idempotency-Key was used before with another body'],
  internal: [500, 'The fault is ours'],
  unavailable: [503, 'The service cannot answer just now'],
} as const satisfies Record<string, [ContentfulStatusCode, string]>;

export type ProblemKind = keyof typeof kinds;

export const problemAnswer = z
  .object({
    type: z.string().meta({ examples: ['urn:rbm:problem:invalid'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().nullable(),
    errors: z.array(
      z.strictObject({ pointer: z.string().meta({ examples: ['/phone'] }), detail: z.string() }),
    ),
  })
  .meta({ id: 'Problem' });

type More = {
  detail?: string;
  errors?: Fault[];
  headers?: Record<string, string>;
  extra?: Record<string, unknown>;
};

export const problem = (kind: ProblemKind, more: More = {}): Response => {
  const [status, title] = kinds[kind];
  const { detail = null, errors = [], extra = {} } = more;
  const headers = { ...(kind === 'unavailable' ? { 'retry-after': '5' } : {}), ...more.headers };
  return new Response(
    JSON.stringify({ type: `urn:rbm:problem:${kind}`, title, status, detail, errors, ...extra }),
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );
};

/** Ends the request with a problem from wherever it is found. */
export const fail = (kind: ProblemKind, more: More = {}): never => {
  throw new HTTPException(kinds[kind][0], { res: problem(kind, more) });
};

export const notFound = (): never => fail('not-found');

/** What an exception means to the caller; null when it is a fault of ours. */
export const problemOf = (error: unknown): Response | null => {
  if (error instanceof HTTPException) return error.getResponse();
  if (error instanceof Refused) return problem(error.why, { errors: error.faults });
  // Two requests took the same thing at once, and this one came second.
  if ((error as { code?: string }).code === '23505') return problem('conflict');
  if (isPassing(error)) return problem('unavailable');
  return null;
};
