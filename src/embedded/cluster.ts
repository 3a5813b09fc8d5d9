import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch, User } from './binaries.ts';

export const clusterIn = (dir: string) => join(dir, 'cluster');
export const logIn = (dir: string) => join(dir, 'server.log');

/**
 * Whom to run the server of `dir` as: undefined for ourselves, another user when we are root. An existing cluster is
 * left to the user who made it. Refuses one that we cannot run.
 */
export const serverUser = (dir: string): User | undefined => {
  const cluster = clusterIn(dir);
  const ownerUid = existsSync(cluster) ? statSync(cluster).uid : undefined;
  const ownUid = process.getuid?.();
  if (ownUid !== 0) {
    if (ownUid === undefined || ownerUid === undefined || ownerUid === ownUid) return;
    throw new Error(
      `${cluster} belongs to another user (uid ${ownerUid}, we are ${ownUid}). Start as that user, give the folder away with "chown -R ${ownUid} ${dir}" while no server runs on it, or set DATA_DIR to another folder.`,
    );
  }

  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const user =
    ownerUid === undefined
      ? (users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody'))
      : users.find(({ uid }) => uid === ownerUid && uid !== 0);
  if (user) return user;
  throw new Error(
    ownerUid === undefined
      ? `PostgreSQL never runs as root and there is no user "postgres" or "nobody" to run it as on ${dir}. Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server.`
      : `${cluster} belongs to uid ${ownerUid}, as whom no server can run here. Give the folder to an ordinary user with chown -R while no server runs on it, or set DATA_DIR to another folder.`,
  );
};

/** Makes the cluster of `dir` unless there is one. Safe to run in two processes at once: the first to finish wins. */
export const ensureCluster = async (dir: string, launch: Launch, user: User | undefined) => {
  const cluster = clusterIn(dir);
  if (existsSync(cluster)) return refuseOtherVersion(cluster, launch.major);
  removeOldDrafts(dir);

  // Under its final name a cluster is always complete, its password included.
  const draft = mkdtempSync(join(dir, 'draft-'));
  const passwordFile = `${draft}.password`;
  try {
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
    if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
    await runInitdb(launch, draft, passwordFile);
    renameSync(passwordFile, join(draft, 'password'));
    renameSync(draft, cluster);
  } catch (cause) {
    if (!existsSync(cluster)) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `A PostgreSQL cluster could not be made in ${dir}: ${reason}. Mend that, set DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.`,
        { cause },
      );
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
  }
};

const refuseOtherVersion = (cluster: string, major: string) => {
  const versionFile = join(cluster, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    throw new Error(
      `${cluster} is damaged: ${versionFile} is missing. Restore the folder from a backup, or move it away to start with an empty cluster.`,
    );
  }
  const found = readFileSync(versionFile, 'utf8').trim();
  if (found === major) return;
  throw new Error(
    `${cluster} was made by PostgreSQL ${found}, and this release brings ${major}, which cannot read it. Go back to the release that made it and save the data with pg_dump; then move the folder away and start with an empty one, or set DATABASE_URL to a PostgreSQL ${found} server that holds the data.`,
  );
};

// Only a process killed while it ran initdb leaves a draft behind.
const removeOldDrafts = (dir: string) => {
  for (const name of readdirSync(dir).filter((entry) => entry.startsWith('draft-'))) {
    const path = join(dir, name);
    const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > 10 * 60_000) rmSync(path, { recursive: true, force: true });
  }
};

const runInitdb = async ({ prefix, options, initdb }: Launch, draft: string, passwordFile: string) => {
  const [file = '', ...args] = [
    ...[...prefix, initdb, '-D', draft, '-U', 'postgres', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'],
    // Said in full, because the environment's locale is often none, or one that is not installed.
    ...['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
  try {
    await promisify(execFile)(file, args, { ...options, windowsHide: true });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    throw new Error(stderr?.trim().replaceAll('\n', ' ') || message);
  }
};

export const readPassword = (dir: string) => {
  const file = join(clusterIn(dir), 'password');
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `The password of the PostgreSQL cluster cannot be read from ${file}. Restore that file, or move ${dir} away to start with an empty cluster.`,
      { cause },
    );
  }
};
