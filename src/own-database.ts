import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/postgres.ts';

/** A start that cannot go on, said so that the person who started it can mend it. */
export class StartError extends Error {
  readonly advice = true;
}

const folderIn = (dataDir: string): string => join(dataDir, 'postgres');

/** Whether a start has made a database in this folder before. */
export const hasOwnDatabase = (dataDir: string): boolean => existsSync(folderIn(dataDir));

/** The server of an installation that brings its own, started or adopted: see `startEmbeddedPostgres`. */
export const startOwnPostgres = (dataDir: string, log: (line: string) => void): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dir: folderIn(dataDir), database: 'rbm', log }).catch((cause: Error) => {
    // The launcher's complaints all say what to do.
    throw new StartError(cause.message, { cause });
  });

/** The key of an installation that brings its own database, made once and kept beside it. */
export const ownSecretKey = (dataDir: string): string => {
  const file = join(dataDir, 'secret-key');
  try {
    if (!existsSync(file)) makeSecretKey(dataDir, file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new StartError(
      `The folder ${resolve(dataDir)} cannot be used (${(error as NodeJS.ErrnoException).code}): make it writable for this user, or set DATA_DIR to another one.`,
    );
  }
};

/** Under its final name the file is complete from the first moment on, for another start that reads it. */
const makeSecretKey = (dataDir: string, file: string) => {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString('hex'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    // Another start made it at the same moment.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};
