import { createHook } from 'node:async_hooks';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lookupFor } from '../../src/webhooks/address.ts';
import { byDns } from '../../src/webhooks/names.ts';
import { postWebhook } from '../../src/webhooks/post.ts';

/** A DNS server that gives every name these addresses; none: it knows no name; null: it never answers. */
const startDns = async (addresses: { a: string[]; aaaa: string[] } | null) => {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  let heard = () => {};
  const asked = new Promise<void>((done) => {
    heard = done;
  });
  socket.on('message', (query, from) => {
    heard();
    if (!addresses) return;
    // The name ends with an empty label; its type and class follow.
    const end = query.indexOf(0, 12) + 5;
    const isV6 = query.readUInt16BE(end - 4) === 28;
    const data = isV6 ? addresses.aaaa.map(bytes6) : addresses.a.map(bytes4);
    const isKnown = addresses.a.length + addresses.aaaa.length > 0;
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(data.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = data.map((bytes) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, isV6 ? 28 : 1, 0, 1, 0, 0, 0, 60, 0, bytes.length]), bytes]),
    );
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { servers: [`127.0.0.1:${(socket.address() as AddressInfo).port}`], asked };
};
const bytes4 = (address: string) => Buffer.from(address.split('.').map(Number));
const bytes6 = (address: string) =>
  Buffer.from(
    address
      .split(':')
      .map((part) => part.padStart(4, '0'))
      .join(''),
    'hex',
  );

const find = (resolve: ReturnType<typeof byDns>, host: string) =>
  new Promise((found) =>
    resolve(host, { all: true }, (error, addresses) => found(error ? error.code : addresses)),
  );

/** What the process asks of the system's few threads while this goes on. */
const threadsUsed = async (work: () => Promise<unknown>) => {
  const types: string[] = [];
  const hook = createHook({ init: (_id, type) => void types.push(type) }).enable();
  await work();
  hook.disable();
  return types.filter((type) => type === 'GETADDRINFOREQWRAP').length;
};

const six = '2600:1f18:0:0:0:0:0:1';

test('a name has the addresses of both kinds that DNS knows', async () => {
  const { servers } = await startDns({ a: ['8.8.8.8', '10.0.0.1'], aaaa: [six] });
  expect(await find(byDns({ thenBySystem: false, servers }), 'cmms.example.com')).toMatchObject([
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
    { family: 6 },
  ]);
  const one = await startDns({ a: [], aaaa: [six] });
  expect(await find(byDns({ thenBySystem: false, servers: one.servers }), 'cmms.example.com')).toHaveLength(
    1,
  );
});

test('what DNS answers is checked like any address', async () => {
  const { servers } = await startDns({ a: ['127.0.0.1'], aaaa: ['fd00:0:0:0:0:0:0:1'] });
  const outcome = await postWebhook(
    'https://cmms.example.com/hook',
    { headers: {}, body: '{}' },
    { allowPrivate: false, resolve: byDns({ thenBySystem: false, servers }) },
    new AbortController().signal,
  );
  expect(outcome).toEqual({ kind: 'failed', reason: 'the name has no public address' });
});

test('names that nobody answers for keep no thread of the process busy, and end when the process stops', async () => {
  const { servers, asked } = await startDns(null);
  const stopping = new AbortController();
  const rules = { allowPrivate: true, resolve: byDns({ thenBySystem: true, servers }) };
  const used = await threadsUsed(async () => {
    const posts = Array.from({ length: 8 }, (_, n) =>
      postWebhook(`https://cmms-${n}.example.com/`, { headers: {}, body: '{}' }, rules, stopping.signal),
    );
    await asked;
    stopping.abort();
    expect(new Set((await Promise.all(posts)).map(({ kind }) => kind))).toEqual(new Set(['stopped']));
  });
  expect(used).toBe(0);
});

test('without a word about how, names are asked of DNS', async () => {
  const over = new AbortController();
  const used = await threadsUsed(
    () =>
      new Promise((ended) => {
        lookupFor({ allowPrivate: false }, over.signal)('cmms.invalid', { all: true }, ended);
        over.abort();
      }),
  );
  expect(used).toBe(0);
});

test('where private addresses are allowed, the system is asked for what DNS does not know', async () => {
  const { servers } = await startDns({ a: [], aaaa: [] });
  expect(await find(byDns({ thenBySystem: true, servers }), 'localhost')).toContainEqual({
    address: '127.0.0.1',
    family: 4,
  });
  const used = await threadsUsed(() => find(byDns({ thenBySystem: true, servers }), 'no-such.invalid'));
  expect(used).toBe(1);
  expect(await find(byDns({ thenBySystem: false, servers }), 'no-such.invalid')).toBe('ENOTFOUND');
});
