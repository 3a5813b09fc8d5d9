import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { clusterIn } from './cluster.ts';

/** What a server has written down about itself, and still holds. */
export type Postmaster = { pid: number; port: number; ready: boolean };

/** Reads which server holds the cluster of `dir`, or null. The file of a server that is dead is removed. */
export const findPostmaster = (dir: string): Postmaster | null => {
  const postmaster = readPostmaster(dir);
  if (!postmaster || isServerOf(dir, postmaster.pid)) return postmaster;
  // PostgreSQL removes such a file itself, unless the process number now belongs to something else of the same user,
  // as after the restart of a container. Nothing is awaited since it was read: another starter cannot have replaced it.
  rmSync(postmasterFile(dir), { force: true });
  return null;
};

export const readPostmaster = (dir: string): Postmaster | null => {
  try {
    const lines = readFileSync(postmasterFile(dir), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const postmasterFile = (dir: string) => join(clusterIn(dir), 'postmaster.pid');

const isServerOf = (dir: string, pid: number) => {
  // Just created and not yet written, or left empty by a crash of the machine.
  if (!pid)
    return Date.now() - (statSync(postmasterFile(dir), { throwIfNoEntry: false })?.mtimeMs ?? 0) < 2000;
  try {
    if (process.platform === 'linux') {
      const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const folder = args[args.indexOf('-D') + 1] ?? '';
      return (
        basename(program) === 'postgres' && (!isAbsolute(folder) || realpathSync(folder) === clusterIn(dir))
      );
    }
    if (process.platform === 'win32') return process.kill(pid, 0);
    return /postgres$/.test(
      execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' }).trim(),
    );
  } catch {
    return false; // no such process
  }
};
