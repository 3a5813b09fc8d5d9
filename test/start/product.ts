import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { readPostmaster } from '../../src/embedded/postmaster-file.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

/** People of the demonstration data, by their phones. */
export const maria = 'whatsapp:+15005550101';
export const james = 'whatsapp:+15005550102';
export const amina = 'whatsapp:+15005550103';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
type Json = any;
type Bubble = { by: 'phone' | 'product'; text: string };

export type Product = Awaited<ReturnType<typeof startProduct>>;

// A start takes seconds where many tests share a machine.
vi.setConfig({ testTimeout: 90_000 });

const patienceMs = 30_000;

const products = new Set<TestProcess>();
const dataDirs = new Set<string>();

/** A folder for one installation, removed with the test file. */
export const newDataDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'rbm-start-'));
  dataDirs.add(dir);
  return dir;
};

afterAll(async () => {
  for (const product of products) product.killGroup('SIGKILL');
  await Promise.all([...products].map(({ exited }) => exited));
  // A PostgreSQL whose owner was killed needs a moment to end.
  for (const dir of dataDirs) rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
});

/**
 * Starts what `npm start` starts, in a process group of its own, with nothing but the given environment: the build, as
 * it is what people run and twice as fast as from source, brought up to date first. `npm: true` goes through npm itself.
 */
export const startProduct = async (
  options: {
    dataDir?: string;
    port?: number;
    env?: Record<string, string>;
    npm?: boolean;
    /** Another folder with the build and its packages than this one. */
    project?: string;
    /** From source, with the waits around a provider shortened: what died unsent is not looked for three minutes. */
    quick?: boolean;
  } & Pick<Parameters<typeof startProcess>[0], 'setUp' | 'uid' | 'gid'> = {},
) => {
  const {
    npm,
    project,
    quick,
    dataDir = newDataDir(),
    port = await findFreePort(),
    env = {},
    ...rest
  } = options;
  if (!quick) build();
  const child = await startProcess({
    ...(quick
      ? { script: 'test/support/quick-service.ts' }
      : npm
        ? { script: npmScript(), args: ['start'], nodeArgs: [] }
        : { script: 'dist/src/main.js', nodeArgs: [] }),
    env: {
      DATA_DIR: dataDir,
      PORT: String(port),
      ...(npm ? { npm_config_update_notifier: 'false' } : {}),
      ...env,
    },
    ...(project ? { setUp: `cd '${project}'` } : {}),
    ...rest,
  });
  products.add(child);
  void child.exited.then(() => products.delete(child));
  const url = `http://127.0.0.1:${port}`;

  /** One call of the API. */
  const call = async (key: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };

  /** Somebody writes on a simulated phone. True once the product has acknowledged the webhook. */
  const says = async (phone: string, text: string): Promise<boolean> => {
    const answer = await fetch(`${url}/simulator/phones/${encodeURIComponent(phone)}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text }),
    })
      .then((response) => response.json() as Json)
      .catch(() => null);
    return answer?.httpStatus === 200;
  };

  const chat = async (phone: string): Promise<Bubble[]> => {
    const { phones } = (await (await fetch(`${url}/simulator/phones`)).json()) as Json;
    return phones.find(({ address }: Json) => address === phone)?.messages ?? [];
  };

  return {
    ...child,
    waitForLine: (pattern: RegExp) => child.waitForLine(pattern, patienceMs),
    url,
    port,
    dataDir,
    /** Resolves once it has said that it runs. */
    ready: () => child.waitForLine(/^ {2}Stop with Ctrl-C$/, patienceMs),
    text: () => child.lines.join('\n'),
    statusOf: async (path: string) => (await fetch(url + path, { redirect: 'manual' })).status,
    call,
    says,
    hears: (phone: string, what: RegExp) =>
      eventually(async () => {
        const texts = (await chat(phone)).filter(({ by }) => by === 'product').map(({ text }) => text);
        expect(texts).toContainEqual(expect.stringMatching(what));
      }),
    postgresPid: () => readPostmaster(join(dataDir, 'postgres'))?.pid ?? null,
  };
};

let isBuilt = false;
/** Once per test file; without changes since the last build nothing is written. */
export const build = () => {
  if (isBuilt) return;
  const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
  isBuilt = true;
};

const npmScript = () => realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim());

/** Asks until it holds, for what tells nobody when it happens. */
export const eventually = <T>(check: () => Promise<T>, timeoutMs = patienceMs): Promise<T> =>
  vi.waitFor(check, { timeout: timeoutMs, interval: 50 });

export const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** All messages, newest first, and all events, oldest first. */
export const readLog = async ({ call }: Pick<Product, 'call'>, key: string) => {
  const [messages, events] = await Promise.all(
    ['/messages?limit=200', '/events?limit=200'].map(async (path) => {
      const { status, body } = await call(key, 'GET', path);
      expect(status).toBe(200);
      return body.items as Json[];
    }),
  );
  return { messages: messages!, events: events! };
};

/**
 * Waits until each of these notes, sent by phone, has one row, one event and one answer that left in one attempt, and
 * nothing that was received is left undone.
 */
export const expectEachDoneOnce = (product: Pick<Product, 'call'>, key: string, notes: string[]) =>
  eventually(async () => {
    const { messages, events } = await readLog(product, key);
    const received = messages.filter(({ direction }) => direction === 'in');
    for (const { id, text, status } of received) {
      const replies = messages.filter(({ inReplyTo }) => inReplyTo === id);
      expect({ text, status, replies: replies.map(summaryOf) }).toEqual({
        text,
        status: 'processed',
        replies: [{ left: true, attempts: 1, possibleDuplicate: false }],
      });
    }
    const texts = events
      .filter(({ type }) => type === 'work_order.noted')
      .map(({ data }) => data.text as string);
    for (const note of notes) {
      expect(received.filter(({ text }) => text.endsWith(` ${note}`))).toHaveLength(1);
      expect(texts.filter((text) => text === note)).toHaveLength(1);
    }
    // What was kept but not acknowledged any more is no less done once.
    expect(new Set(texts).size).toBe(texts.length);
  });

const summaryOf = ({ status, attempts, possibleDuplicate }: Json) => ({
  left: ['accepted', 'sent', 'delivered', 'read'].includes(status),
  attempts: attempts.length,
  possibleDuplicate,
});
