import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ApiAnswer } from './api.ts';
import type { Simulator } from './engine.ts';
import { sendFile } from './files.ts';
import { type LatestEvents, pageRoutes } from './page/routes.tsx';
import { notFound } from './rest-api.ts';
import { abandoned } from './under-way.ts';

type Env = { Bindings: { incoming?: IncomingMessage } };

const smallBody = bodyLimit({ maxSize: 256 * 1024 });

/**
 * The simulator over HTTP: Twilio's REST API for the product, and the phones' page for people. Mounted somewhere else
 * than at the root, it must be told where.
 */
export const createSimulatorApp = (
  simulator: Simulator,
  { basePath = '', latestEvents }: { basePath?: string; latestEvents?: LatestEvents } = {},
) => {
  const app = new Hono<Env>();
  const pathOf = (c: Context) => c.req.path.slice(basePath.length);

  app.use('/2010-04-01/*', smallBody).use('/v1/*', smallBody).use('/v2/*', smallBody);

  const callApi = async (c: Context<Env>) => {
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded');
    // Read as text: a form parser may trim or normalise what the product wrote.
    const body = c.req.method === 'POST' ? await c.req.text() : '';
    const answer = simulator.api({
      method: c.req.method,
      path: pathOf(c),
      authorization: c.req.header('authorization'),
      params: isForm ? new URLSearchParams(body) : new URL(c.req.url).searchParams,
      json: isForm ? undefined : parseJson(body),
    });
    return respond(c, answer);
  };

  const respond = async (c: Context<Env>, answer: ApiAnswer) => {
    if (answer.kind === 'answer') {
      if (answer.status === 401) c.header('WWW-Authenticate', 'Basic realm="Twilio API"');
      c.header('Twilio-Request-Id', `RQ${crypto.randomUUID().replaceAll('-', '')}`);
      c.header('Twilio-Concurrent-Requests', '1');
      if (answer.location) c.header('Location', answer.location);
      c.status(answer.status as 200);
      return answer.body === null ? c.body(null) : c.json(answer.body as object);
    }

    const socket = c.env.incoming?.socket;
    if (answer.kind === 'silence') await abandoned(AbortSignal.any([c.req.raw.signal, simulator.closed]));
    if (!socket) return c.body(null, 504);
    socket.resetAndDestroy();
    return RESPONSE_ALREADY_SENT;
  };

  for (const paths of ['/2010-04-01/*', '/v1/*', '/v2/*']) app.all(paths, callApi);

  // Where Twilio's redirect leads: the link itself is the permission, and credentials beside it are refused.
  app.get('/cdn/:account/:sid', (c) => {
    if (c.req.header('authorization')) return c.text('Only one auth mechanism allowed', 400);
    const file = simulator.follow(c.req.param('sid'), c.req.query('Signature') ?? '');
    return file ? sendFile(c, file) : c.text('Access denied', 403);
  });

  app.route('/', pageRoutes(simulator, basePath, latestEvents ?? null));

  // Not notFound: where the app is mounted, the outer one's answer would be given.
  app.all('*', (c) => (pathOf(c) === '/' ? c.redirect(basePath) : c.json(notFound(pathOf(c)), 404)));

  return app;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
