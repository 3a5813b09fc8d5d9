import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

// The shell reads a pipe of which we hold the other end. When we are gone, even by kill -9, the read ends and the
// program is asked to stop. The program itself must not hold the pipe, and a SIGTERM meant for a whole service
// (systemd) must not take the shell away before the program has finished.
const WATCH = `
  trap "" TERM
  exec 3<&0
  "$@" 3<&- &
  program=$!
  { read -r _ <&3; kill -INT $program; } 2>/dev/null &
  watcher=$!
  wait $program
  code=$?
  kill -KILL $watcher 2>/dev/null
  exit $code`;

export type WatchedProcess = { child: ChildProcess; exited: Promise<void>; stop(): Promise<void> };

/**
 * Runs a program that takes SIGINT as the request to stop. It lives in a session of its own, so Ctrl-C does not reach
 * it, it does not keep this process alive, and it is asked to stop as soon as this process ends in any way.
 */
export const startWatchedProcess = async (
  command: string[],
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'> & { output: number | 'ignore' },
): Promise<WatchedProcess> => {
  const { output, ...rest } = options;
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', ...command], {
    ...rest,
    detached: true,
    stdio: ['pipe', output, output],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await once(child, 'spawn');

  const pipe = child.stdin as Socket;
  pipe.on('error', () => {}); // it broke because the shell is gone, which "exit" reports
  pipe.unref();
  child.unref();

  const stop = async () => {
    child.ref();
    pipe.end();
    await exited;
  };
  return { child, exited, stop };
};
