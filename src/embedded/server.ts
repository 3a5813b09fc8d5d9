import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fchownSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Launch, User } from './binaries.ts';
import { clusterIn, logIn } from './cluster.ts';
import { findFreePort } from './free-port.ts';
import { readPostmaster } from './postmaster-file.ts';
import { startWatchedProcess, type WatchedProcess } from './watched-process.ts';

export type Server = { port: number; stop(): Promise<void> };

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_checkpoints: 'off',
  // Statements and details hold phone numbers, texts and passwords.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

const LOG_LIMIT_BYTES = 10_000_000;

/** Starts a server on the complete cluster of `dir` that nobody else runs, or tells why it ended before it was ready. */
export const startServer = async (
  dir: string,
  launch: Launch,
  user: User | undefined,
  options: { log: (line: string) => void; settings?: Record<string, string>; port?: number },
): Promise<Server | { refusal: string }> => {
  const port = options.port ?? (await findFreePort());
  const settings = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const output = openLog(dir, user);
  const logStart = fstatSync(output).size;
  const { child, exited, stop } = await run(
    [launch.postgres, '-D', clusterIn(dir), '-p', String(port), ...settings],
    dir,
    launch,
    output,
  ).finally(() => closeSync(output));

  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const slow = setTimeout(() => options.log(`PostgreSQL is still starting, see ${logIn(dir)}`), 10_000);
  let postmaster = readPostmaster(dir);
  while (isRunning() && !(postmaster?.ready && postmaster.port === port)) {
    await sleep(10);
    postmaster = readPostmaster(dir);
  }
  clearTimeout(slow);
  if (!isRunning()) {
    const said = readFileSync(logIn(dir)).subarray(logStart).toString().trim();
    return { refusal: said.split('\n').slice(-5).join('; ') || `it ended with code ${child.exitCode}` };
  }

  let stopping: Promise<void> | undefined;
  void exited.then(() => {
    if (!stopping) options.log(`PostgreSQL in ${dir} has ended by itself; its log is ${logIn(dir)}`);
  });
  return {
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
};

const openLog = (dir: string, user: User | undefined) => {
  const output = openSync(logIn(dir), 'a', 0o600);
  if (user) fchownSync(output, user.uid, user.gid);
  if (fstatSync(output).size > LOG_LIMIT_BYTES) ftruncateSync(output);
  return output;
};

const run = async (
  command: string[],
  dir: string,
  { prefix, options, pgCtl }: Launch,
  output: number,
): Promise<WatchedProcess> => {
  if (process.platform !== 'win32') {
    return startWatchedProcess([...prefix, ...command], { ...options, output });
  }

  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    ...options,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await once(child, 'spawn');
  child.unref();
  const stop = async () => {
    child.ref();
    execFileSync(pgCtl, ['stop', '-D', clusterIn(dir), '-m', 'fast'], { ...options, windowsHide: true });
    await exited;
  };
  return { child, exited, stop };
};
