import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../src/embedded/free-port.ts';
import { listen } from '../src/http-server.ts';
import { limitBody } from '../src/limit-body.ts';

const mebibyte = 1024 * 1024;

const setUp = async () => {
  const app = new Hono();
  app.use(limitBody(mebibyte, (c, headers) => c.text('Too large', 413, headers)));
  app.post('/read', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
  const port = await findFreePort();
  const server = await listen({ host: '127.0.0.1', port }, (request) => app.fetch(request));
  onTestFinished(() => server.close());
  return async (path: string, body: string | null = null) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body });
    return [answer.status, await answer.text()];
  };
};

// Clients keep their connections, and the next request may go by the same.
test.each([
  ['is refused', '/read', 3 * mebibyte, [413, 'Too large']],
  ['is refused where nobody reads it', '/nowhere', 3 * mebibyte, [413, 'Too large']],
  ['is short, and nobody reads it', '/nowhere', mebibyte - 1, [404, '404 Not Found']],
  ['is read', '/read', mebibyte, [200, String(mebibyte)]],
])('a request after one whose body %s is answered', async (_, path, length, expected) => {
  const send = await setUp();
  for (let i = 0; i < 10; i++) {
    expect(await send(path, 'x'.repeat(length))).toEqual(expected);
    expect(await send('/read', 'next')).toEqual([200, '4']);
  }
});
