import { z } from '@hono/zod-openapi';
import { key } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import { afterKey, limit, page, readQuery } from './lists.ts';
import { fail, notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const severities = ['low', 'medium', 'high', 'critical'] as const;
const moment = z.iso.datetime().nullable();

const alertAnswer = z
  .strictObject({
    externalId: z.string(),
    asset: z.string(),
    message: z.string(),
    severity: z.enum(severities),
    recipients: z.array(z.string()),
    state: z.enum(['open', 'responding', 'resolved']),
    raisedAt: z.iso.datetime(),
    responder: z.string().nullable(),
    step: z.int().nullable(),
    exhausted: z.boolean(),
    times: z.strictObject({
      raised: moment,
      sent: moment,
      delivered: moment,
      read: moment,
      answered: moment,
      resolved: moment,
    }),
    pages: z.array(z.string()),
  })
  .meta({ id: 'Alert' });

const thresholdsAnswer = z
  .strictObject({
    metrics: z.array(
      z.strictObject({
        metric: z.string(),
        high: z.number().nullable(),
        low: z.number().nullable(),
        clear: z.number().nullable(),
        severity: z.enum(severities),
      }),
    ),
  })
  .meta({ id: 'Thresholds' });

const listQuery = { limit, after: afterKey };

const notYet = { description: 'Not in this version: answers 501.', answers: problems(404, 501) };
const notImplemented = async () =>
  fail('not-implemented', { detail: 'Nothing was stored and nobody was told' });

/** What the contract promises of alerts. This version raises none, so there is none to be found. */
export const alertRoutes = (deps: Deps): ApiRoute[] => [
  { method: 'post', path: '/alerts', summary: 'Raise an alert', ...notYet, handle: notImplemented },
  {
    method: 'get',
    path: '/alerts',
    summary: 'All alerts, by external id',
    query: listQuery,
    answers: { 200: answer(page(alertAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      readQuery(c, listQuery);
      return c.json({ items: [], next: null });
    },
  },
  {
    method: 'get',
    path: '/alerts/{externalId}',
    summary: 'One alert',
    answers: { 200: answer(alertAnswer, 'The alert'), ...problems(404) },
    handle: async () => notFound(),
  },
  {
    method: 'post',
    path: '/alerts/{externalId}/resolve',
    summary: 'Resolve an alert',
    ...notYet,
    handle: notImplemented,
  },
  {
    method: 'put',
    path: '/assets/{code}/thresholds',
    summary: "Set the limits of an asset's readings",
    ...notYet,
    handle: notImplemented,
  },
  {
    method: 'get',
    path: '/assets/{code}/thresholds',
    summary: "The limits of an asset's readings",
    answers: { 200: answer(thresholdsAnswer, 'None are set'), ...problems(404) },
    handle: async (c) => {
      const code = key.safeParse(c.req.param('code'));
      const asset = code.success ? await inTenant(c, deps, (tx) => tx.assets.find(code.data)) : null;
      if (!asset) return notFound();
      return c.json({ metrics: [] });
    },
  },
  {
    method: 'post',
    path: '/readings',
    summary: 'Send readings to be compared with thresholds',
    ...notYet,
    handle: notImplemented,
  },
];
