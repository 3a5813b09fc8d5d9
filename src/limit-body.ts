import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';

// The rest of the body is not read, so the connection cannot be used again.
const headers = { connection: 'close' };

/** Refuses bodies of more than `maxBytes`. A shorter one that is not read leaves the connection usable. */
export const limitBody = (
  maxBytes: number,
  tooLarge: (c: Context, headers: Record<string, string>) => Response | Promise<Response>,
): MiddlewareHandler => {
  const limit = bodyLimit({ maxSize: maxBytes, onError: (c) => tooLarge(c, headers) });
  return (c, next) => {
    // Node reads no more than the length that is told. Only without one must the body be looked at as a stream, which
    // costs a quarter of what a webhook costs in all, and which nobody but its reader can empty.
    const isShort = Number(c.req.header('Content-Length') ?? Number.NaN) <= maxBytes;
    return isShort && !c.req.header('Transfer-Encoding') ? next() : limit(c, next);
  };
};
