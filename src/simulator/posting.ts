import type { UnderWay } from './under-way.ts';
import type { Webhook } from './webhooks.ts';

// What Twilio waits for a webhook's answer, connecting included.
const timeoutMs = 15_000;

export type PostForm = (webhook: Webhook) => Promise<number>;

/** Posts signed forms to the product; resolves with the status of its answer, 0 when there was none. */
export const createPosting =
  (underWay: UnderWay, request: typeof fetch): PostForm =>
  ({ url, headers, body }) =>
    underWay.track(async () => {
      const signal = AbortSignal.any([underWay.closed, AbortSignal.timeout(timeoutMs)]);
      try {
        const response = await request(url, { method: 'POST', headers, body, redirect: 'manual', signal });
        await response.arrayBuffer();
        return response.status;
      } catch {
        // Refused, reset or too slow: to Twilio one and the same, and it goes on.
        return 0;
      }
    });
