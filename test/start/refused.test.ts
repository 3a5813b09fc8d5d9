import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newDataDir, startProduct } from './product.ts';

test('a taken port is one sentence that says what to do, and no PostgreSQL was started', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;

  const product = await startProduct({ port });
  expect(await product.exited).toEqual({ code: 1, signal: null });
  expect(product.lines).toEqual([
    `Port ${port} on 127.0.0.1 is taken: stop what listens there, or set PORT to another one.`,
  ]);
  expect(readdirSync(product.dataDir)).toEqual([]);
});

test('every fault of the environment is named at once, without a value and without a stack', async () => {
  const product = await startProduct({
    env: {
      REDIS_URL: 'not-a-redis',
      TWILIO_ACCOUNT_SID: `AC${'b'.repeat(32)}`,
      WHATSAPP_FROM_NUMBER: '+14155238886',
      WHATSAPP_MESSAGES_PER_SECOND: '-3.5',
    },
  });
  expect(await product.exited).toEqual({ code: 1, signal: null });
  const [head, ...faults] = product.lines;
  expect(head).toBe('The environment has 3 faults:');
  expect(faults.map((line) => /^ {2}- (\w+) .{10,}/.exec(line)?.[1]).sort()).toEqual([
    'REDIS_URL',
    'TWILIO_AUTH_TOKEN',
    'WHATSAPP_MESSAGES_PER_SECOND',
  ]);
  expect(product.text()).not.toMatch(/not-a-redis|-3\.5|bbbb/);
});

test.each([
  ['generated', {}],
  ['given', { SECRET_KEY: 'k'.repeat(32) }],
])('a folder that cannot be used is named with what to do, the secret key being %s', async (_, env) => {
  const file = join(newDataDir(), 'file');
  writeFileSync(file, '');
  const product = await startProduct({ dataDir: join(file, 'data'), env });
  expect(await product.exited).toEqual({ code: 1, signal: null });
  expect(product.lines).toHaveLength(1);
  expect(product.lines[0]).toContain(join(file, 'data'));
  expect(product.lines[0]).toMatch(/cannot be used \(ENOTDIR\).*DATA_DIR/);
});

test('Ctrl-C while it starts ends it, and leaves no PostgreSQL behind', async () => {
  const product = await startProduct();
  const before = await product.waitForLine(/^PostgreSQL 18 runs in .*/);
  product.killGroup('SIGINT');
  expect(await product.exited).toEqual({ code: 0, signal: null });
  expect(before).toContain(product.dataDir);
  expect(product.lines.at(-1)).toBe('stopped');
  expect(existsSync(join(product.dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false);
});
