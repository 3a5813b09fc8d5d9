import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { decrypt, encrypt } from '../crypto.ts';
import type { StoredSecret } from '../store/webhook-endpoints.ts';

const overlapMs = 24 * 60 * 60 * 1000;
// Each is a signature in the header of every webhook.
const maxSecrets = 5;

/**
 * A new secret and what is kept then. Earlier ones sign beside it for a day more, so that a receiver which has not
 * heard of it yet, or asked twice, still verifies.
 */
export const addSecret = (
  earlier: StoredSecret[],
  now: Date,
  secretKeys: string[],
): { secret: string; secrets: StoredSecret[] } => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const kept = earlier
    .map((each) => ({ ...each, until: each.until ?? new Date(now.getTime() + overlapMs) }))
    .filter(({ until }) => until > now);
  const newest = { sealed: seal(secret, secretKeys), until: null };
  return { secret, secrets: [newest, ...kept].slice(0, maxSecrets) };
};

/** As it is kept: under the current key. */
export const seal = (secret: string, secretKeys: string[]): string => encrypt(secret, secretKeys[0]!);

/** The headers of the Standard Webhooks specification, with one signature for each secret in use. */
export const sign = (
  event: { id: string; body: string },
  secrets: StoredSecret[],
  now: Date,
  secretKeys: string[],
): Record<string, string> => ({
  'webhook-id': event.id,
  'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
  'webhook-signature': secrets
    .filter(({ until }) => until === null || until > now)
    .map(({ sealed }) => new Webhook(decrypt(sealed, secretKeys)).sign(event.id, now, event.body))
    .join(' '),
});
