import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

const start = (env: Record<string, string>) => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/simulator/main.ts'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};

const output = (child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp) =>
  new Promise<string>((resolve, reject) => {
    let text = '';
    child[stream]!.on('data', (chunk: Buffer) => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    });
    child.once('close', () => reject(new Error(`it ended after ${text}`)));
  });

test('on its own it says how to point the product at it, serves the phones, and stops when told', async () => {
  const child = start({ PORT: '0', TARGET: 'http://localhost:4000/', TWILIO_AUTH_TOKEN: 'mine-and-secret' });
  const ended = once(child, 'close');
  const text = await output(child, 'stdout', /Chloé/);

  expect(text).toContain('PUBLIC_BASE_URL=http://localhost:4000\n');
  expect(text).toContain('WHATSAPP_FROM_NUMBER=whatsapp:+14155238886');
  expect(text).not.toContain('mine-and-secret');
  const url = /TWILIO_API_BASE_URL=(\S+)/.exec(text)![1]!;
  expect((await fetch(`${url}/phones`)).status).toBe(200);
  const events = await fetch(`${url}/events`);

  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await events.text().catch(() => null);
}, 20_000);

test('without TARGET it says how to name a product elsewhere', async () => {
  const text = await output(start({ PORT: '0' }), 'stdout', /Chloé/);
  expect(text).toContain(
    'what they send goes to http://localhost:3000.\nFor a product elsewhere, start this with TARGET=',
  );
}, 20_000);

test('a taken port is named, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;

  const child = start({ PORT: String(port) });
  const ended = once(child, 'close');
  expect(await output(child, 'stderr', /\n/)).toMatch(`Port ${port} on 127.0.0.1 is taken`);
  expect(await ended).toEqual([1, null]);
}, 20_000);
