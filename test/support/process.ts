import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export type TestProcess = {
  child: ChildProcess;
  pid: number;
  /** What it has written so far, standard output and error mixed. */
  lines: string[];
  /** The first line, past or to come, that matches. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
  kill(signal?: NodeJS.Signals): void;
  /** As Ctrl-C in a terminal does: the process and what it started, unless that has a session of its own. */
  killGroup(signal?: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const running = new Set<ChildProcess>();

/**
 * Runs a script of ours with exactly `env`, PATH and HOME, so that nothing of this machine's settings leaks in. What
 * still runs at the end of the test file is killed.
 */
export const startProcess = async (options: {
  script: string;
  args?: string[];
  env?: Record<string, string>;
  nodeArgs?: string[];
  uid?: number;
  gid?: number;
  /** Shell commands to run first, such as "umask 077". */
  setUp?: string;
}): Promise<TestProcess> => {
  const { script, args = [], env = {}, nodeArgs = ['--import', 'tsx'], setUp, ...user } = options;
  const node = [process.execPath, ...nodeArgs, script, ...args];
  const [file = '', ...rest] = setUp ? ['/bin/sh', '-c', `${setUp} && exec "$@"`, 'sh', ...node] : node;
  const child = spawn(file, rest, {
    ...user,
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = new Promise<Awaited<TestProcess['exited']>>((resolve) => {
    child.once('exit', () => running.delete(child));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  await once(child, 'spawn');
  const pid = child.pid!;

  const lines: string[] = [];
  const news = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      for (const tell of news) tell();
    });
    stream.on('close', () => {
      if (rest) lines.push(rest);
    });
  }
  let over = false;
  const exited = ended.then((result) => {
    over = true;
    for (const tell of news) tell();
    return result;
  });

  const waitForLine = (pattern: RegExp, timeoutMs = 30_000) =>
    new Promise<string>((resolve, reject) => {
      const settle = (outcome: () => void) => {
        clearTimeout(timer);
        news.delete(look);
        outcome();
      };
      const fail = (what: string) => reject(new Error(`${what} before ${pattern}:\n${lines.join('\n')}`));
      const look = () => {
        const line = lines.find((text) => pattern.test(text));
        if (line !== undefined) settle(() => resolve(line));
        else if (over) settle(() => fail('it ended'));
      };
      const timer = setTimeout(() => settle(() => fail(`${timeoutMs} ms passed`)), timeoutMs);
      news.add(look);
      look();
    });

  return {
    child,
    pid,
    lines,
    waitForLine,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    killGroup: (signal = 'SIGTERM') => killGroup(pid, signal),
    exited,
  };
};

const killGroup = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const killRunning = () => {
  for (const { pid } of running) if (pid) killGroup(pid, 'SIGKILL');
};

afterAll(killRunning);
process.on('exit', killRunning);
