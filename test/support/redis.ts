import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { startWatchedProcess, type WatchedProcess } from '../../src/embedded/watched-process.ts';
import { freezeProcess, thawProcess } from './freeze.ts';

export type TestRedis = {
  url: string;
  port: number;
  stop(): Promise<void>;
  /** As kill -9. */
  kill(): void;
  /** Again on the same port and folder, once a server that was stopped or killed has gone. */
  start(): Promise<void>;
  /** Keeps every connection open and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Stops it for good and removes its folder. */
  close(): Promise<void>;
};

/** A Redis server of one's own. It forgets everything when it stops, unless `appendOnly`. */
export const startRedis = async ({ appendOnly = false } = {}): Promise<TestRedis> => {
  const dir = mkdtempSync(join(tmpdir(), 'rbm-redis-'));
  const pidFile = join(dir, 'redis.pid');
  const port = await findFreePort();
  let server: WatchedProcess | undefined;
  let pid = 0;

  const start = async () => {
    if (pid) return;
    await server?.exited;
    server = await startWatchedProcess(
      [
        ...[
          'redis-server',
          '--port',
          String(port),
          '--bind',
          '127.0.0.1',
          '--dir',
          dir,
          '--pidfile',
          pidFile,
        ],
        ...['--logfile', join(dir, 'redis.log'), '--save', '', '--appendonly', appendOnly ? 'yes' : 'no'],
      ],
      { env: { PATH: process.env.PATH }, output: 'ignore' },
    );
    while (!(await answersPing(port))) {
      if (server.child.exitCode !== null) throw new Error(readFileSync(join(dir, 'redis.log'), 'utf8'));
      await sleep(5);
    }
    pid = Number(readFileSync(pidFile, 'utf8'));
  };
  const stop = async () => {
    thawProcess(pid);
    pid = 0;
    await server?.stop();
  };

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop,
    kill: () => {
      thawProcess(pid);
      if (pid) process.kill(pid, 'SIGKILL');
      pid = 0;
    },
    start,
    freeze: () => freezeProcess(pid),
    thaw: () => thawProcess(pid),
    close: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const answersPing = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
