import { readdirSync, readFileSync } from 'node:fs';

const frozen = new Set<number>();

/** Stops a process and its children without ending them, as a machine that hangs: connections stay open, nothing answers. */
export const freezeProcess = (pid: number) => {
  signal(pid, 'SIGSTOP'); // first, so that it makes no more children
  for (const child of childrenOf(pid)) signal(child, 'SIGSTOP');
  frozen.add(pid);
};

export const thawProcess = (pid: number) => {
  if (!frozen.delete(pid)) return;
  for (const child of childrenOf(pid)) signal(child, 'SIGCONT');
  signal(pid, 'SIGCONT');
};

const childrenOf = (pid: number) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);

const parentOf = (name: string) => {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null; // ended meanwhile
  }
};

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

// A frozen server does not hear that its owner has gone.
process.on('exit', () => {
  for (const pid of frozen) thawProcess(pid);
});
