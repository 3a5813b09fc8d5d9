import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { startRedis } from '../test/support/redis.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const stopMs = 10_000;

export type Servers = { postgresUrl: string; redisUrl: string; stop: () => Promise<void> };

/** A PostgreSQL with its own defaults, so every commit is synced to disk, and a Redis with its log synced every second. */
export const startServers = async (): Promise<Servers> => {
  const dir = mkdtempSync(join(tmpdir(), 'rbm-bench-'));
  // The server does not run as root and must get through.
  chmodSync(dir, 0o755);
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dir, database: 'bench', log: () => {} }),
    startRedis({ appendOnly: true }),
  ]);
  return {
    postgresUrl: postgres.url,
    redisUrl: redis.url,
    stop: async () => {
      await Promise.all([postgres.stop(), redis.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

export type BenchProcess = { child: ChildProcess; stop: () => Promise<void> };

/** One of the bench's own programs; it tells when it is ready. */
export const startBare = async (script: string, env: Record<string, string>): Promise<BenchProcess> => {
  const started = start(['--import', 'tsx', join(project, 'bench', script)], env, ['ipc']);
  await Promise.race([once(started.child, 'message'), failsWhenItEnds(started.child, script)]);
  return started;
};

/** The service as it is installed, in one role. */
export const startService = async (env: Record<string, string>): Promise<BenchProcess> => {
  const started = start([join(project, 'dist/src/main.js')], env, []);
  const isReady = async () => {
    while (!(await answersReady(`http://127.0.0.1:${env.PORT}/readyz`))) await sleep(50);
  };
  await Promise.race([isReady(), failsWhenItEnds(started.child, 'the service')]);
  return started;
};

const start = (args: string[], env: Record<string, string>, more: 'ipc'[]): BenchProcess => {
  // For a profile of each process: BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=/tmp/profiles'.
  const nodeArgs = process.env.BENCH_NODE_ARGS?.split(' ') ?? [];
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'ignore', 'inherit', ...more],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const late = setTimeout(kill, stopMs);
      await once(child, 'exit');
      clearTimeout(late);
    }
    process.off('exit', kill);
  };
  return { child, stop };
};

const failsWhenItEnds = async (child: ChildProcess, what: string): Promise<never> => {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`${what} ended at its start (${code ?? signal})`);
};

const answersReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
