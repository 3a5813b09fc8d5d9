import { isIP } from 'node:net';
import { isPublicAddress, lookupWhere, type Resolve } from '../public-address.ts';
import { byDns, isLocalName } from './names.ts';

/** Where webhooks may go. */
export type WebhookRules = {
  /** `WEBHOOK_ALLOW_PRIVATE`: also to private addresses, and without TLS. */
  allowPrivate: boolean;
  /**  unless told otherwise. */
  resolve?: Resolve;
};

/** The `lookup` for a connection under these rules; the signal ends it. */
export const lookupFor = (
  { allowPrivate, resolve = byDns({ thenBySystem: allowPrivate }) }: WebhookRules,
  signal: AbortSignal,
) =>
  lookupWhere(allowPrivate ? () => true : isPublicAddress, (host, options, callback) =>
    resolve(host, { ...options, signal }, callback),
  );

/** What is wrong with an endpoint's address as it is written; null if nothing is. */
export const addressFault = (address: string, { allowPrivate }: WebhookRules): string | null => {
  if (/\s|\p{Cc}/u.test(address) || !URL.canParse(address)) return 'must be an address like https://…';
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    return allowPrivate ? 'must begin with https:// or http://' : 'must begin with https://';
  }
  if (url.username || url.password) return 'must hold no user name or password';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && (isIP(host) ? !isPublicAddress(host) : isLocalName(host))) return privateFault;
  return null;
};

const privateFault = 'must not lead to a private address (WEBHOOK_ALLOW_PRIVATE allows it)';

const answerWithinMs = 2000;

/**
 * As above, and whether the name leads to private addresses only, just now. A name that is not found may be set up
 * later: what counts is checked again with every connection.
 */
export const findAddressFault = async (address: string, rules: WebhookRules): Promise<string | null> => {
  const fault = addressFault(address, rules);
  if (fault || rules.allowPrivate) return fault;
  const host = new URL(address).hostname;
  if (isIP(host.replace(/^\[|\]$/g, ''))) return null;
  return new Promise((found) => {
    const over = new AbortController();
    const timer = setTimeout(() => {
      over.abort();
      found(null);
    }, answerWithinMs);
    lookupFor(rules, over.signal)(host, { all: true }, (error) => {
      clearTimeout(timer);
      found(error?.code === 'ENOTPUBLIC' ? privateFault : null);
    });
  });
};
