import http from 'node:http';
import https from 'node:https';
import { version } from '../version.ts';
import { addressFault, lookupFor, type WebhookRules } from './address.ts';

export type PostOutcome =
  | { kind: 'taken' | 'gone' | 'stopped' }
  /**
   * In plain words, without the address: it may hold a secret of the receiver's. `retryAfter`: the header as it came,
   * with 429 and 503.
   */
  | { kind: 'failed'; reason: string; retryAfter?: string };

export const postLimits = { totalMs: 10_000, answerBytes: 64 * 1024 };

/** Sends one webhook. Only a 2xx says that it was taken; a redirect leads to where nobody has checked. */
export const postWebhook = (
  url: string,
  webhook: { headers: Record<string, string>; body: string },
  rules: WebhookRules,
  stopping: AbortSignal,
  limits = postLimits,
): Promise<PostOutcome> => {
  // The rules may have become stricter since it was saved.
  const fault = addressFault(url, rules);
  if (fault) return Promise.resolve({ kind: 'failed', reason: `the address ${fault}` });

  return new Promise((done) => {
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, limits.totalMs);
    stopping.addEventListener('abort', end, { once: true });
    if (stopping.aborted) end();
    const finish = (outcome: PostOutcome) => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      done(outcome);
    };
    let answered: PostOutcome | null = null;
    const failed = (code: string) => {
      if (answered) finish(answered);
      else if (stopping.aborted) finish({ kind: 'stopped' });
      else if (over.signal.aborted)
        finish({ kind: 'failed', reason: `no answer within ${limits.totalMs / 1000} s` });
      else
        finish({ kind: 'failed', reason: code === 'ENOTPUBLIC' ? 'the name has no public address' : code });
    };

    const { protocol } = new URL(url);
    let request: http.ClientRequest;
    try {
      request = (protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        agent: false,
        signal: over.signal,
        lookup: lookupFor(rules, over.signal),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(webhook.body),
          'accept-encoding': 'identity',
          'user-agent': `rbm-whatsapp/${version}`,
          ...webhook.headers,
        },
      });
    } catch (error) {
      // What cannot be called must count as failed too, or nobody would ever hear of it.
      return failed((error as NodeJS.ErrnoException).code ?? 'it cannot be called');
    }
    request.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? 'no connection'));
    request.on('close', () => failed('no answer'));
    request.on('response', (response) => {
      // The status says it all. The rest is read, within limits, so that the receiver can end in peace.
      const outcome = outcomeOf(response.statusCode ?? 0, response.headers['retry-after']);
      answered = outcome;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limits.answerBytes) response.destroy();
      });
      response.on('error', () => {});
      response.on('close', () => finish(outcome));
    });
    request.end(webhook.body);
  });
};

const outcomeOf = (status: number, retryAfter: string | undefined): PostOutcome => {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status === 410) return { kind: 'gone' };
  if (status >= 300 && status < 400)
    return { kind: 'failed', reason: `status ${status}: redirects are not followed` };
  const asks = (status === 429 || status === 503) && retryAfter !== undefined;
  return { kind: 'failed', reason: `status ${status}`, ...(asks ? { retryAfter } : {}) };
};
