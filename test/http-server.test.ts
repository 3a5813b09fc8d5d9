import http from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../src/embedded/free-port.ts';
import { listen } from '../src/http-server.ts';

/** A server whose answers to `/slow` are given by hand. */
const setUp = async () => {
  const port = await findFreePort();
  let answerNow = () => {};
  let begin = () => {};
  const begun = new Promise<void>((done) => {
    begin = done;
  });
  const server = await listen(
    { host: '127.0.0.1', port },
    async (request) => {
      if (request.url.endsWith('/slow')) {
        begin();
        await new Promise<void>((end) => {
          answerNow = end;
        });
      }
      return new Response('done');
    },
    (path) => path === '/own',
  );
  onTestFinished(() => server.close());
  const kept = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => kept.destroy());
  const ask = (path: string, agent?: http.Agent) =>
    new Promise<{ status?: number; headers?: http.IncomingHttpHeaders; code?: string }>((answered) => {
      http
        .get({ port, host: '127.0.0.1', path, agent: agent ?? false }, (response) => {
          response.resume();
          response.on('end', () => answered({ status: response.statusCode!, headers: response.headers }));
        })
        .on('error', ({ code }: NodeJS.ErrnoException) => answered({ code: code! }));
    });
  return { server, ask, kept, begun, answerNow: () => answerNow() };
};

test('what is in hand is finished; what comes then is refused', async () => {
  const { server, ask, kept, begun, answerNow } = await setUp();
  const other = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => other.destroy());
  expect((await ask('/', other)).status).toBe(200);
  const slow = ask('/slow', kept);
  const next = ask('/', kept);
  await begun;
  let isDrained = false;
  const drained = server.drain(60_000).then(() => {
    isDrained = true;
  });
  expect((await ask('/')).code).toBe('ECONNREFUSED');
  expect(isDrained).toBe(false);
  answerNow();
  expect((await slow).status).toBe(200);
  // The same connection, which is kept: it is told to go elsewhere.
  const refused = await next;
  if (refused.status !== undefined) {
    expect(refused).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '5' } });
  }
  await drained;
});

test('a port that own jobs still call serves them, and refuses others politely', async () => {
  const { server, ask } = await setUp();
  await server.drain(60_000, true);
  expect((await ask('/own')).status).toBe(200);
  expect(await ask('/')).toMatchObject({
    status: 503,
    headers: { connection: 'close', 'retry-after': '5', 'content-type': 'application/problem+json' },
  });
  await server.close();
  expect((await ask('/own')).code).toBe('ECONNREFUSED');
});

test('a request that does not end holds up the stop no longer than allowed', async () => {
  const { server, ask, begun, answerNow } = await setUp();
  const slow = ask('/slow');
  await begun;
  await server.drain(20);
  answerNow();
  expect((await slow).status).toBe(200);
});
