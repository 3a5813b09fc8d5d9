import { z } from '@hono/zod-openapi';
import { eventTypes } from '../cmms/event.ts';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults } from '../cmms/faults.ts';
import { key, readFields } from '../cmms/fields.ts';
import {
  rotateWebhookSecret,
  saveWebhookEndpoint,
  webhookEndpointShape,
} from '../cmms/save-webhook-endpoint.ts';
import type { Deps } from '../deps.ts';
import type { WebhookEndpoint } from '../store/webhook-endpoints.ts';
import { findAddressFault, type WebhookRules } from '../webhooks/address.ts';
import { dropReadOnly, keyToFind, keyToSave, readJson } from './body.ts';
import { afterKey, limit, page, readQuery, toPage } from './lists.ts';
import { fail, notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const endpointAnswer = z
  .strictObject({
    id: z.string(),
    url: z.string(),
    types: z.array(z.enum(eventTypes)).nullable().meta({ description: 'Null: all of them' }),
    active: z.boolean(),
    secret: z
      .string()
      .nullable()
      .meta({ description: 'In the answer that makes it, and never again', examples: ['whsec_…'] }),
    deliveredUpTo: z
      .string()
      .meta({ description: '`after` of the feed of events: what it has got, or did not ask for' }),
    failingSince: z.iso.datetime().nullable(),
    reason: z.string().nullable().meta({ description: 'Why the last try failed; null while it works' }),
    switchedOffAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When it was given up: after a day of failures, or at 410 Gone' }),
  })
  .meta({ id: 'WebhookEndpoint' });

const change = z.strictObject(webhookEndpointShape).partial().meta({ id: 'WebhookEndpointChange' });

const listQuery = { limit, after: afterKey };

export const webhookEndpointRoutes = (deps: Deps, rules: WebhookRules): ApiRoute[] => [
  {
    method: 'put',
    path: '/webhook-endpoints/{id}',
    summary: 'Create or change an endpoint for webhooks',
    description:
      'A new one needs a url; it gets the events from now on, each as one signed POST, in order (Standard Webhooks). ' +
      'One that was switched off and is made active again goes on where it stopped.',
    body: change,
    answers: {
      201: answer(endpointAnswer, 'Created; `secret` is shown this once'),
      200: answer(endpointAnswer, 'Changed'),
      ...problems(409, 413, 415, 422),
    },
    handle: async (c) => {
      const faults = collectFaults();
      const given = c.req.param('id')!;
      const body = dropReadOnly(
        await readJson(c),
        {
          id: (value) => value === given,
          secret: (value) => value === null,
          deliveredUpTo: () => true,
          failingSince: () => true,
          reason: () => true,
          switchedOffAt: () => true,
        },
        faults,
      );
      const fields = readFields(webhookEndpointShape, body, faults);
      const id = keyToSave(given, 'id', key, faults);
      const addressFault = fields.url === undefined ? null : await findAddressFault(fields.url, rules);
      if (addressFault) faults.add('/url', addressFault);
      const saved = await inTenant(c, deps, async (tx) => {
        const facts = { now: deps.now(), newId: deps.newId, secretKeys: deps.secretKeys };
        const saved = await saveWebhookEndpoint(tx, id, fields, facts, collectFaults(faults.all));
        return { ...saved, endpoint: (await tx.webhookEndpoints.find(id))! };
      });
      ringAll(deps, c.get('caller').tenantId, saved.bells);
      return c.json(present(saved.endpoint, saved.secret), saved.created ? 201 : 200);
    },
  },
  {
    method: 'get',
    path: '/webhook-endpoints/{id}',
    summary: 'One endpoint for webhooks',
    answers: { 200: answer(endpointAnswer, 'The endpoint'), ...problems(404) },
    handle: async (c) => {
      const id = keyToFind(c.req.param('id')!);
      const found = await inTenant(c, deps, (tx) => tx.webhookEndpoints.find(id));
      return c.json(present(found ?? notFound()));
    },
  },
  {
    method: 'get',
    path: '/webhook-endpoints',
    summary: 'All endpoints for webhooks, by id',
    query: listQuery,
    answers: { 200: answer(page(endpointAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) => tx.webhookEndpoints.list({ after, limit: limit + 1 }));
      const { items, next } = toPage(found, limit, ({ key }) => key);
      return c.json({ items: items.map((endpoint) => present(endpoint)), next });
    },
  },
  {
    method: 'post',
    path: '/webhook-endpoints/{id}/rotate',
    answersSecret: true,
    summary: 'Give an endpoint a new secret',
    description:
      'For 24 hours every webhook is signed with the earlier one too. 409 after too many rotations within a day, with the ' +
      'time from which on another one is possible: no secret that a receiver may still have is dropped.',
    answers: { 200: answer(endpointAnswer, 'With the new `secret`, shown this once'), ...problems(404, 409) },
    handle: async (c) => {
      const id = keyToFind(c.req.param('id')!);
      const rotated = await inTenant(c, deps, async (tx) => {
        const facts = { now: deps.now(), secretKeys: deps.secretKeys };
        const rotated = (await rotateWebhookSecret(tx, id, facts)) ?? notFound();
        if ('notBefore' in rotated) return fail('conflict', { detail: tooMany(rotated.notBefore) });
        return { ...rotated, endpoint: (await tx.webhookEndpoints.find(id))! };
      });
      const { secret, endpoint } = rotated;
      return c.json(present(endpoint, secret));
    },
  },
];

const tooMany = (notBefore: Date) =>
  `Five secrets sign already; each earlier one does for 24 hours. Another is possible from ${notBefore.toISOString()} on.`;

const present = (
  endpoint: WebhookEndpoint,
  secret: string | null = null,
): z.infer<typeof endpointAnswer> => ({
  id: endpoint.key,
  url: endpoint.url,
  types: endpoint.types as (typeof eventTypes)[number][] | null,
  active: endpoint.active,
  secret,
  deliveredUpTo: String(endpoint.feedNo),
  failingSince: endpoint.failingSince?.toISOString() ?? null,
  reason: endpoint.reason,
  switchedOffAt: endpoint.switchedOffAt?.toISOString() ?? null,
});
