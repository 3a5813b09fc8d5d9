import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from 'pino';
import { describeFault } from '../log.ts';

/** What all routes are mounted on. A fault that no part of it answers is a line of the log and tells the caller nothing. */
export const createApp = (log: Logger) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    // Without the address: it may hold a phone.
    log.error({ event: 'http.error', method: c.req.method, ...describeFault(error) }, 'request failed');
    return c.text('The fault is ours', 500);
  });
  return app;
};
