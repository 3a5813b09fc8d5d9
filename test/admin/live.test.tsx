import { Hono } from 'hono';
import knex from 'knex';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLive, Live, livePartsOf } from '../../src/admin/live.tsx';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { listen } from '../../src/http-server.ts';
import { usePanel } from './panel.ts';

const running = new AbortController().signal;

/** Reads so many events of a stream, and leaves. */
const read = async (response: Response, count: number) => {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.split('\n\n').length <= count) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as { id: string; html: string });
};

const pageOf = (count: number) =>
  (
    <main>
      <Live id="count">
        <b>{count}</b>
      </Live>
      <p>{count}</p>
      <Live id="same">&lt;same&gt;</Live>
    </main>
  ).toString();

test('the live parts of a page are sent once, and then whichever has changed', async () => {
  const live = createLive(() => {}, running);
  let count = 0;
  const app = new Hono().get('/', (c) => live(c, 'ana', 1, async () => pageOf(Math.floor(count++ / 3))));
  const events = await read(await app.request('/'), 4);
  expect(events).toEqual([
    { id: 'count', html: '<b>0</b>' },
    { id: 'same', html: '&lt;same&gt;' },
    { id: 'count', html: '<b>1</b>' },
    { id: 'count', html: '<b>2</b>' },
  ]);
});

test('the stream ends when the page is not for the visitor any more', async () => {
  const live = createLive(() => {}, running);
  const pages = [pageOf(1), null];
  const app = new Hono().get('/', (c) => live(c, 'ana', 1, async () => pages.shift() ?? null));
  expect(await read(await app.request('/'), 99)).toHaveLength(2);
});

test('what a page that cannot be read throws ends the stream, and nothing of it is shown', async () => {
  const faults: unknown[] = [];
  const live = createLive((error) => faults.push(error), running);
  const app = new Hono().get('/', (c) => live(c, 'ana', 1, () => Promise.reject(new Error('secret'))));
  expect(await (await app.request('/')).text()).toBe('');
  expect(faults).toEqual([new Error('secret')]);
});

test('there is an end to how many are open at once, of one user and of all, and one that is left makes room', async () => {
  const live = createLive(() => {}, running);
  const app = new Hono().get('/:user', (c) => live(c, c.req.param('user'), 1, async () => pageOf(1)));
  const openAll = (user: string) => Promise.all(Array.from({ length: 10 }, () => app.request(`/${user}`)));
  const open = await openAll('0');
  expect((await app.request('/0')).status).toBe(204);
  for (let user = 1; user < 20; user++) open.push(...(await openAll(String(user))));
  expect(open.every(({ status }) => status === 200)).toBe(true);
  expect((await app.request('/20')).status).toBe(204);
  await open[0]!.body!.cancel();
  await expect.poll(async () => (await app.request('/0')).status).toBe(200);
  for (const response of open.slice(1)) await response.body!.cancel();
});

test('a browser that does not read loses its place when the time is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const live = createLive(() => {}, running);
  const app = new Hono().get('/', (c) => live(c, 'ana', 60_000, async () => pageOf(1)));
  const open = await Promise.all(Array.from({ length: 10 }, () => app.request('/')));
  expect((await app.request('/')).status).toBe(204);
  await vi.advanceTimersByTimeAsync(10 * 60 * 1000);
  expect((await app.request('/')).status).toBe(200);
  expect(open.every(({ bodyUsed }) => !bodyUsed)).toBe(true);
});

test('a page of which nothing changes says so before a proxy gives it up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const live = createLive(() => {}, running);
  const app = new Hono().get('/', (c) => live(c, 'ana', 10_000, async () => '<!--live a-->same<!--/live-->'));
  const reader = (await app.request('/')).body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe('data: {"id":"a","html":"same"}\n\n');
  const next = reader.read();
  await vi.advanceTimersByTimeAsync(59_000);
  expect((await next).value).toBe(': nothing new\n\n');
  await reader.cancel();
});

test('an open page holds up no stop of the process', async () => {
  const stopping = new AbortController();
  const live = createLive(() => {}, stopping.signal);
  const app = new Hono().get('/', (c) => live(c, 'ana', 3_600_000, async () => pageOf(1)));
  const port = await findFreePort();
  const server = await listen({ host: '127.0.0.1', port }, (request, env) => app.fetch(request, env));
  onTestFinished(() => server.close());
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const text = response.text();
  stopping.abort();
  await server.drain(3_600_000);
  expect(await text).toContain('"id":"count"');
});

describe('of the panel', () => {
  const panel = usePanel();
  const stream = { accept: 'text/event-stream' };

  test('what an open page asks by itself does not prolong the session', async () => {
    const browser = await panel.signedIn('auditor');
    panel.stopping.abort();
    const soon = new Date(Date.now() + 60_000);
    const mine = { tenant_id: panel.tenant.tenantId, user_id: browser.user.id };
    const database = knex({ client: 'pg', connection: panel.databaseUrl });
    onTestFinished(() => database.destroy());
    const session = () => database('admin_session').where(mine);
    await session().update({ expires_at: soon });
    const ends = async () => (await session().first()).expires_at;
    const { status, headers } = await browser.get('/admin', stream);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await ends()).toEqual(soon);
    await browser.get('/admin');
    expect((await ends()).getTime()).toBeGreaterThan(soon.getTime());
  });

  test('a HEAD of a live page is no stream', async () => {
    const browser = await panel.signedIn('auditor');
    const head = await browser.head('/admin', stream);
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  });
});

test('the parts of a page are found by their ids', () => {
  expect([...livePartsOf(pageOf(7)).keys()]).toEqual(['count', 'same']);
});
