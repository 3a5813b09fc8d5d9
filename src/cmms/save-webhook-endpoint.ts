import { z } from 'zod';
import type { Tx } from '../store/store.ts';
import type { WebhookSettings } from '../store/webhook-endpoints.ts';
import { addSecret, firstSecret } from '../webhooks/secrets.ts';
import { eventTypes } from './event.ts';
import type { Bell } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { type Fields, requireField, text } from './fields.ts';

export const webhookEndpointShape = {
  url: text(1, 2048).meta({ examples: ['https://cmms.example.com/rbm-events'] }),
  types: z
    .array(z.enum(eventTypes))
    .min(1, 'must name at least one type; null stands for all')
    .nullable()
    .meta({ description: 'Which events to send; null for all' }),
  active: z.boolean(),
};

type Facts = { now: Date; newId: () => string; secretKeys: string[] };

/**
 * Creates or changes an endpoint. A new one begins at the feed's present end; one that is switched on again goes on
 * where it stopped. The secret is answered when it is made, and never again.
 */
export const saveWebhookEndpoint = async (
  tx: Tx,
  key: string,
  fields: Fields<typeof webhookEndpointShape>,
  facts: Facts,
  faults: Faults,
): Promise<{ created: boolean; secret: string | null; bells: Bell[] }> => {
  // Two may create it at once; there is no row yet to lock.
  await tx.tenants.lock(`webhook-endpoint:${key}`);
  const before = await tx.webhookEndpoints.lock(key);
  if (!before) requireField(fields, 'url', faults);
  refuseIfFaulty(faults);

  const made = before ? null : firstSecret(facts.secretKeys);
  const types = fields.types === undefined ? (before?.types ?? null) : fields.types;
  const endpoint: WebhookSettings = {
    id: before?.id ?? facts.newId(),
    key,
    url: fields.url ?? before!.url,
    types: types && [...new Set(types)],
    active: fields.active ?? before?.active ?? true,
    secrets: made?.secrets ?? before!.secrets,
  };
  if (!before) await tx.webhookEndpoints.insert(endpoint, await tx.events.end());
  else {
    await tx.webhookEndpoints.update(endpoint);
    const isAnother =
      endpoint.url !== before.url ||
      String(endpoint.types) !== String(before.types) ||
      (endpoint.active && !before.active);
    if (isAnother) await tx.webhookEndpoints.startAgain(endpoint.id);
  }
  return {
    created: !before,
    secret: made?.secret ?? null,
    bells: endpoint.active ? [{ queue: 'webhooks', id: endpoint.id }] : [],
  };
};

/**
 * Gives the endpoint a new secret, beside which the one before signs for a day; null if there is no such endpoint. Or
 * says when it can have one, if too many sign already.
 */
export const rotateWebhookSecret = async (
  tx: Tx,
  key: string,
  facts: Pick<Facts, 'now' | 'secretKeys'>,
): Promise<{ secret: string } | { notBefore: Date } | null> => {
  const endpoint = await tx.webhookEndpoints.lock(key);
  if (!endpoint) return null;
  const added = addSecret(endpoint.secrets, facts.now, facts.secretKeys);
  if ('notBefore' in added) return added;
  await tx.webhookEndpoints.update({ ...endpoint, secrets: added.secrets });
  return { secret: added.secret };
};
