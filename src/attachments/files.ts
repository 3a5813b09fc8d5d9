import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';

/** Where the bytes of attachments are kept. A key is made of ids only: `tenant/attachment`. */
export type Files = {
  /** Resolves once they are kept for good. Putting the same again changes nothing. */
  put: (key: string, bytes: Buffer) => Promise<void>;
  /** Null if there is nothing under that key. */
  open: (key: string) => Promise<ReadableStream<Uint8Array> | null>;
  delete: (key: string) => Promise<void>;
};

/** Files under one folder of this machine, or one that several share. Others on the machine cannot read them. */
export const createFolder = (root: string): Files => {
  const pathOf = (key: string) => join(root, plainKey(key));
  return {
    put: async (key, bytes) => {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Under its final name a file is complete, whenever the machine stops.
      const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
      try {
        const file = await open(draft, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
    },

    open: async (key) => {
      const path = pathOf(key);
      try {
        await stat(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
      return Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
    },

    delete: (key) => rm(pathOf(key), { force: true }),
  };
};

/** A new name lasts only once its folder is written too. Windows cannot do that, and need not. */
const syncFolder = async (path: string) => {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** The key, if it cannot lead anywhere else. */
export const plainKey = (key: string): string => {
  if (!/^[\w-]+\/[\w-]+$/.test(key)) throw new Error('an attachment key is made of two ids');
  return key;
};

export const keyOf = (tenantId: string, attachmentId: string): string => `${tenantId}/${attachmentId}`;
