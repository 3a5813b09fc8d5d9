import type { MiddlewareHandler } from 'hono';
import { sha256 } from '../crypto.ts';
import type { Store } from '../store/store.ts';
import { problem } from './problem.ts';
import type { ApiEnv } from './route.ts';

/** Lets in who holds a key, into its tenant. A missing key and a wrong one get the same answer. */
export const authenticate =
  (store: Pick<Store, 'gate'>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const [, apiKey] = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const caller = apiKey ? await store.gate.keyTenant(sha256(apiKey)) : null;
    if (!caller) {
      return problem('unauthorized', {
        detail: 'Send the header Authorization: Bearer followed by an API key',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    c.set('caller', caller);
    await next();
  };
