import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { type Files, plainKey } from './files.ts';

export type BucketSettings = {
  /** The bucket by path, `https://s3.example.com/bucket`; more path becomes a prefix of every key. */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
};

const answerMs = 30_000;

/** A bucket of Amazon S3 or of anything that speaks its language. */
export const createBucket = ({ url, ...credentials }: BucketSettings): Files => {
  // Who asks tries again by itself.
  const client = new AwsClient({ ...credentials, service: 's3', retries: 0 });
  const addressOf = (key: string) => `${url.replace(/\/+$/, '')}/${plainKey(key)}`;

  return {
    put: async (key, bytes) => {
      const response = await client.fetch(addressOf(key), {
        method: 'PUT',
        // Copied into an array of its own, since a Buffer may lie in memory that it shares.
        body: new Uint8Array(bytes),
        headers: {
          'content-type': 'application/octet-stream',
          // Signed with it: a bucket that got other bytes refuses them.
          'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
        },
        signal: AbortSignal.timeout(answerMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw refusal(response);
    },

    open: async (key) => {
      const answered = new AbortController();
      const timer = setTimeout(() => answered.abort(), answerMs);
      try {
        const response = await client.fetch(addressOf(key), { method: 'GET', signal: answered.signal });
        if (response.ok) return response.body;
        await response.body?.cancel();
        if (response.status === 404) return null;
        throw refusal(response);
      } finally {
        clearTimeout(timer);
      }
    },

    delete: async (key) => {
      const response = await client.fetch(addressOf(key), {
        method: 'DELETE',
        signal: AbortSignal.timeout(answerMs),
      });
      await response.body?.cancel();
      if (!response.ok && response.status !== 404) throw refusal(response);
    },
  };
};

const refusal = ({ status }: Response) => new Error(`the bucket for attachments answered ${status}`);
