import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { decrypt, encrypt, sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { hashOfJson } from '../json.ts';
import type { StoredAnswer } from '../store/idempotency.ts';
import { fail } from './problem.ts';
import type { ApiEnv, ApiRoute } from './route.ts';

export const idempotencyKeyHeader = z
  .string()
  .optional()
  .meta({
    description:
      '1-200 characters. The same key with the same body gets the first answer again, with Idempotency-Replayed: true, ' +
      'for ever; with another body 422.',
  });

/** Longer than any honest request takes: whoever claimed a key that long ago was killed. */
const claimMs = 60_000;

/**
 * Makes a POST that carries an `Idempotency-Key` safe to repeat: the first answer is kept and given again. Two
 * at once have one effect; the second is told that the first still runs. What failed by our fault is not kept.
 * `unplaced`: in which nothing waits for a place among the requests. What is done may not go unkept for want of one.
 */
export const idempotent =
  (
    deps: Deps,
    { path, answersSecret }: Pick<ApiRoute, 'path' | 'answersSecret'>,
    unplaced: Deps['store'] = deps.store,
  ): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const key = readKey(c);
    if (key === null) return next();
    const { tenantId } = c.get('caller');
    const place = { route: `POST ${path}`, key };
    const claim = deps.newId();
    const hash = await hashOf(c);
    const found = await deps.store.tenant(tenantId, (tx) =>
      tx.idempotency.claim(place, { hash, claim }, claimMs),
    );

    if (found.state === 'other-request') return fail('idempotency-mismatch');
    if (found.state === 'running') {
      return fail('conflict', { detail: 'The first request with this Idempotency-Key is still running' });
    }
    if (found.state === 'answered') return replay(deps, found.answer, answersSecret);

    await next();
    const answer = c.res.status < 500 ? await keepable(deps, c.res.clone(), answersSecret) : null;
    await unplaced
      .tenant(tenantId, (tx) =>
        answer ? tx.idempotency.answered(place, claim, answer) : tx.idempotency.release(place, claim),
      )
      // What was asked for is done and the caller hears it now. Only who asks again after the claim's minute
      // would have it done again.
      .catch((error: { code?: string }) =>
        deps.log.error({ event: 'idempotency.not-kept', alarm: true, tenantId, code: error.code }),
      );
  };

const readKey = (c: Context): string | null => {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (key.length < 1 || key.length > 200) {
    fail('invalid', { detail: 'The header Idempotency-Key must have 1 to 200 characters' });
  }
  return key;
};

/** Of what makes it the same request: the resource and the body, however its JSON is written. */
const hashOf = async (c: Context): Promise<Buffer> => {
  const body = Buffer.from(await c.req.arrayBuffer());
  const parameters = JSON.stringify(c.req.param());
  return sha256(Buffer.concat([sha256(parameters), hashOfJson(body)]));
};

const keepable = async (
  { secretKeys }: Deps,
  response: Response,
  answersSecret: true | undefined,
): Promise<StoredAnswer> => {
  const body = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(answersSecret ? encrypt(body, secretKeys[0]!) : body),
  };
};

const replay = ({ secretKeys }: Deps, answer: StoredAnswer, answersSecret: true | undefined): Response => {
  const stored = answer.body.toString();
  const headers = { ...answer.headers, 'idempotency-replayed': 'true' };
  const body = answersSecret ? opened(stored, secretKeys) : stored;
  return new Response(body === '' ? null : body, { status: answer.status, headers });
};

const opened = (sealed: string, secretKeys: string[]): string => {
  try {
    return decrypt(sealed, secretKeys);
  } catch {
    return fail('conflict', {
      detail:
        'It was done, but its answer holds a secret that cannot be read any more: SECRET_KEY has changed. For a new ' +
        'secret ask again with another Idempotency-Key',
    });
  }
};
