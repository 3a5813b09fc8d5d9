import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { sha256 } from '../crypto.ts';
import type { Store } from '../store/store.ts';
import { problem } from './problem.ts';
import type { ApiEnv, ApiRoute } from './route.ts';

/** Lets in who holds a key: a tenant's, into its tenant, or the operator's. A missing key and a wrong one get the same answer. */
export const authenticate = (
  store: Pick<Store, 'gate'>,
  operatorKey: string | null,
): MiddlewareHandler<ApiEnv> => {
  const operatorHash = operatorKey ? sha256(operatorKey) : null;
  return async (c, next) => {
    const [, apiKey] = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const hash = apiKey ? sha256(apiKey) : null;
    // Hashes, so that neither time nor length tells anything of the key.
    const isOperator = hash !== null && operatorHash !== null && timingSafeEqual(hash, operatorHash);
    c.set('isOperator', isOperator);
    if (isOperator) return next();
    const caller = hash ? await store.gate.keyTenant(hash) : null;
    if (!caller) {
      return problem('unauthorized', {
        detail: 'Send the header Authorization: Bearer followed by an API key',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    c.set('caller', caller);
    return next();
  };
};

/** Puts the operator into the tenant that the address names, for what is done inside it. */
export const intoNamedTenant =
  (store: Pick<Store, 'gate'>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const [tenantId] = await store.gate.tenantIds(c.req.param('slug')!);
    if (!tenantId) return problem('not-found');
    c.set('caller', { tenantId, keyId: null });
    return next();
  };

/** Keeps a valid key from the routes that are another's: the operator reads nothing of a tenant. */
export const letIn =
  ({ keyOf }: Pick<ApiRoute, 'keyOf'>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    if (c.get('isOperator') === (keyOf === 'operator')) return next();
    const detail =
      keyOf === 'operator'
        ? "This needs the operator's key"
        : "This needs a tenant's key, not the operator's";
    return problem('forbidden', { detail });
  };
