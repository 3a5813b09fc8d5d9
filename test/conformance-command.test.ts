import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../src/embedded/free-port.ts';
import { cmmsKey as key, operatorKey, startOn } from './start/on-backend.ts';
import { startProcess } from './support/process.ts';
import { type Asked, startProxy } from './support/proxy.ts';

let running: Awaited<ReturnType<typeof startOn>>;
beforeAll(async () => {
  running = await startOn('postgres');
  return running.stop;
});

const start = async (...args: string[]) => {
  const kit = await startProcess({ script: 'conformance/run.ts', args });
  onTestFinished(() => kit.kill('SIGKILL'));
  return kit;
};

const run = async (...args: string[]) => {
  const kit = await start(...args);
  const { code } = await kit.exited;
  return { code, text: kit.lines.join('\n') };
};

test('tells of each rule, and ends with 0 when all hold', async () => {
  const { url } = running.product;
  const { code, text } = await run('--url', `${url}/api/v1/`, '--key', key, '--only', 'assets');
  expect(text).toMatch(/^pass {2}assets: an asset has exactly the fields/m);
  expect(text).toMatch(/^3 passed, 0 failed, 0 skipped$/m);
  expect(code).toBe(0);
});

test('says when nothing was checked', async () => {
  const given = ['--url', running.product.url, '--key', key];
  const skipped = await run(...given, '--only', 'Standard Webhooks');
  expect(skipped.text).toMatch(/^0 passed, 0 failed, [1-9]\d* skipped\nNothing was checked\.$/m);
  expect(skipped.code).toBe(2);
  const unknown = await run(...given, '--only', 'love letters');
  expect(unknown).toEqual({ code: 2, text: expect.stringMatching(/No rule is called that\.$/) });
});

test('says in one sentence why nothing can be checked', { timeout: 120_000 }, async () => {
  const { url } = running.product;
  const closed = `127.0.0.1:${await findFreePort()}`;
  // Takes every connection, and says nothing.
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const mute = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const stranger = await startProxy(url, async () => ({ status: 200, headers: {}, body: '<html>' }));
  const moved = await startProxy(url, async () => ({ status: 301, headers: { location: url }, body: '' }));
  onTestFinished(stranger.close);
  onTestFinished(moved.close);

  const good = ['--url', url, '--key', key];
  for (const [args, says] of [
    [['--url', url.replace('http://', ''), '--key', key], /must begin with http/],
    [['--url', `http://${closed}`, '--key', key], /^Nothing answers at .*ECONNREFUSED/],
    [['--url', `http://${mute}`, '--key', key], /^Nothing answers at .* within 5 seconds/],
    [['--url', stranger.url, '--key', key], /is not this service/],
    [['--url', moved.url, '--key', key], /leads elsewhere, to http/],
    [['--url', url, '--key', 'not-a-key-of-anybody'], /does not know this --key/],
    [['--url', url, '--key', 'rbm_…'], /--key holds a character that is in no key/],
    [['--url', url, '--key', operatorKey], /must be a tenant's/],
    [[...good, '--operator-key', key], /does not know this --operator-key/],
    [[...good, '--redis', `redis://${closed}`], /Redis of --redis .*ECONNREFUSED/],
    [[...good, '--redis', `redis://${mute}`], /Redis of --redis .* within 5 seconds/],
    [[...good, '--database-queue', `postgres://rbm@${closed}/rbm`], /of --database-queue .*ECONNREFUSED/],
    [[...good, '--receive-at', 'https://tunnel.example.com/x'], /--listen host:port/],
    [[...good, '--receive-at', 'https://tunnel.example.com/x', '--listen', '8080'], /is not like/],
  ] as const) {
    const { code, text } = await run(...args, '--only', 'assets');
    expect(text).toMatch(says);
    expect({ args, text: text.split('\n') }).toEqual({ args, text: [expect.any(String)] });
    expect(code).toBe(2);
  }
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('takes back what it made at %s, and ends with %i', async (signal, expected) => {
  let stop = () => {};
  const proxy = await startProxy(running.product.url, async (asked, pass) => {
    if (!isNewOrder(asked)) return null;
    const answer = await pass(asked);
    stop();
    return answer;
  });
  onTestFinished(proxy.close);
  const kit = await start(
    '--url',
    proxy.url,
    '--key',
    key,
    '--only',
    'the person in progress',
    '--only',
    'lists',
  );
  stop = () => kit.kill(signal);
  expect(await kit.exited).toEqual({ code: expected, signal: null });
  const { body } = await running.product.call(key, 'GET', '/work-orders?limit=200');
  const made = (body.items as { number: string; status: string }[]).filter(({ number }) =>
    number.startsWith('CONF-'),
  );
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter(({ status }) => status !== 'cancelled')).toEqual([]);
});

const isNewOrder = ({ method, path, body }: Asked) =>
  method === 'PUT' && path.startsWith('/api/v1/work-orders/') && 'title' in JSON.parse(body);

test('says what could not be taken back, and ends with 1', async () => {
  const proxy = await startProxy(running.product.url, async ({ method, path, body }) =>
    method === 'PUT' && path.includes('/technicians/') && JSON.parse(body).active === false
      ? {
          status: 409,
          headers: { 'content-type': 'application/problem+json' },
          body: JSON.stringify({
            type: 'urn:rbm:problem:conflict',
            title: 'Conflict',
            status: 409,
            detail: 'No',
            errors: [],
          }),
        }
      : null,
  );
  onTestFinished(proxy.close);
  const { code, text } = await run('--url', proxy.url, '--key', key, '--only', 'keep their order');
  expect(text).toMatch(/^pass {2}assets: .*\n +left behind: .*PUT \/api\/v1\/technicians\/CONF-.* 409/m);
  expect(text).toMatch(/^1 passed, 0 failed, 0 skipped\n2 could not be taken back$/m);
  expect(code).toBe(1);
});
