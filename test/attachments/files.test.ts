import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBucket } from '../../src/attachments/bucket.ts';
import { createFolder, type Files, keyOf } from '../../src/attachments/files.ts';

const newKey = () => keyOf(randomUUID(), randomUUID());
const readAll = async (files: Files, key: string) => {
  const stream = await files.open(key);
  return stream && Buffer.from(await new Response(stream).arrayBuffer());
};

const useFolder = () => {
  const root = mkdtempSync(join(tmpdir(), 'rbm-files-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
};

type Asked = { method: string; path: string; headers: IncomingMessage['headers']; body: Buffer };

/** A bucket at this machine that checks what S3 checks first. */
const useBucket = async ({ prefix = '' } = {}) => {
  const objects = new Map<string, Buffer>();
  const asked: Asked[] = [];
  const bucket = { status: null as number | null };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body });
    const signed =
      /^AWS4-HMAC-SHA256 Credential=AKIA1\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=[0-9a-f]{64}$/.exec(
        headers.authorization ?? '',
      )?.[1];
    if (!signed?.split(';').includes('host') || !headers['x-amz-date']) return response.writeHead(403).end();
    if (bucket.status) return response.writeHead(bucket.status).end('<Error>secret words</Error>');
    if (method === 'PUT') {
      const sha256 = createHash('sha256').update(body).digest('hex');
      if (headers['content-length'] !== String(body.length)) return response.writeHead(411).end();
      if (headers['x-amz-content-sha256'] !== sha256) return response.writeHead(400).end();
      objects.set(path, body);
      return response.writeHead(200).end();
    }
    if (method === 'DELETE') {
      objects.delete(path);
      return response.writeHead(204).end();
    }
    const found = objects.get(path);
    return found ? response.writeHead(200).end(found) : response.writeHead(404).end('<Error/>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const files = createBucket({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/my-bucket${prefix}`,
    region: 'eu-central-1',
    accessKeyId: 'AKIA1',
    secretAccessKey: 's3-secret',
  });
  return { files, objects, asked, bucket };
};

describe.each([
  ['a folder', async () => createFolder(useFolder())],
  ['a bucket', async () => (await useBucket()).files],
])('%s', (_, create) => {
  test('gives back what was put, also when it was put twice', async () => {
    const files = await create();
    const key = newKey();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
    await files.put(key, bytes);
    await files.put(key, bytes);
    expect((await readAll(files, key))?.equals(bytes)).toBe(true);
    expect(await files.open(newKey())).toBeNull();
  });

  test('forgets what is deleted, also when it was not there', async () => {
    const files = await create();
    const key = newKey();
    await files.put(key, Buffer.from('x'));
    await files.delete(key);
    await files.delete(key);
    expect(await files.open(key)).toBeNull();
  });

  test.each(['../secret-key', 'a/../b', 'a', 'a/b/c', '/etc/passwd', 'a/.', ''])(
    'takes no key like %j',
    async (key) => {
      const files = await create();
      for (const call of [
        () => files.put(key, Buffer.from('x')),
        () => files.open(key),
        () => files.delete(key),
      ]) {
        await expect((async () => call())()).rejects.toThrow('made of two ids');
      }
    },
  );
});

test('a folder leaves nothing half-written, and nothing that others may read', async () => {
  const root = useFolder();
  const files = createFolder(root);
  const key = newKey();
  const [folder = '', name = ''] = key.split('/');
  // Its name is taken by a folder: the last step cannot succeed.
  await createFolder(join(root, folder)).put(`${name}/x`, Buffer.from('x'));
  await expect(files.put(key, Buffer.from('x'))).rejects.toThrow();
  expect(readdirSync(join(root, folder))).toEqual([name]);

  const other = newKey();
  await files.put(other, Buffer.from('x'));
  expect(statSync(join(root, other)).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, other.split('/')[0] ?? '')).mode & 0o777).toBe(0o700);
});

test('a bucket is asked by path, under its prefix', async () => {
  const { files, asked, objects } = await useBucket({ prefix: '/rbm/' });
  const key = newKey();
  await files.put(key, Buffer.from('x'));
  await readAll(files, key);
  await files.delete(key);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
    ['PUT', 'GET', 'DELETE'].map((method) => `${method} /my-bucket/rbm/${key}`),
  );
  expect(objects.size).toBe(0);
});

test.each([403, 500, 503])('a bucket that answers %i is a failure that names no secret', async (status) => {
  const { files, bucket, asked } = await useBucket();
  bucket.status = status;
  for (const call of [
    () => files.put(newKey(), Buffer.from('x')),
    () => files.open(newKey()),
    () => files.delete(newKey()),
  ]) {
    await expect(call()).rejects.toThrow(new Error(`the bucket for attachments answered ${status}`));
  }
  expect(asked).toHaveLength(3);
});
