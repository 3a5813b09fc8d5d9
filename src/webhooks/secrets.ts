import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { decrypt, encrypt } from '../crypto.ts';
import type { StoredSecret } from '../store/webhook-endpoints.ts';

const overlapMs = 24 * 60 * 60 * 1000;
// Each is a signature in the header of every webhook.
const maxSecrets = 5;

/**
 * A new secret and what is kept then. Earlier ones sign beside it for a day more, so that a receiver which has not
 * heard of it yet, or asked twice, still verifies. When too many do already: from when on there is room for another.
 */
export const addSecret = (
  earlier: StoredSecret[],
  now: Date,
  secretKeys: string[],
): { secret: string; secrets: StoredSecret[] } | { notBefore: Date } => {
  const kept = earlier
    .map((each) => ({ ...each, until: each.until ?? new Date(now.getTime() + overlapMs) }))
    .filter(({ until }) => until > now);
  // None that a receiver may still have is dropped.
  if (kept.length >= maxSecrets) return { notBefore: kept.at(-1)!.until };
  const made = firstSecret(secretKeys);
  return { ...made, secrets: [...made.secrets, ...kept] };
};

/** The secret of an endpoint that has none. */
export const firstSecret = (secretKeys: string[]): { secret: string; secrets: StoredSecret[] } => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return { secret, secrets: [{ sealed: encrypt(secret, secretKeys[0]!), until: null }] };
};

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
