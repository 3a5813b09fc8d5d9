import { z } from '@hono/zod-openapi';
import { raiseAlert, resolveAlert } from '../cmms/alerts.ts';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields } from '../cmms/fields.ts';
import { alertShape, resolutionShape } from '../cmms/notification-schemas.ts';
import type { Deps } from '../deps.ts';
import type { ListedAlert } from '../store/alerts.ts';
import { keyToFind, readJson } from './body.ts';
import { afterKey, limit, page, readQuery, toPage } from './lists.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, asCmms, inTenant, problems } from './route.ts';

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

const listQuery = { limit, after: afterKey };

const newAlert = z.strictObject(alertShape).meta({ id: 'NewAlert' });
const resolution = z.strictObject(resolutionShape).meta({ id: 'Resolution' });

export const alertRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'post',
    path: '/alerts',
    summary: 'Raise an alert',
    description:
      'Pages the recipients it names, else those responsible for the asset, else whoever is on call, else the ' +
      'supervisors, else the planners; the escalation of the settings then goes on until somebody responds. ' +
      'Critical ones go at once, whatever their readers have switched off or paused and in quiet hours. One ' +
      'whose `externalId` is known is answered as it is.',
    body: newAlert,
    answers: {
      201: answer(alertAnswer, 'Raised'),
      200: answer(alertAnswer, 'Raised before: as it is'),
      ...problems(413, 415, 422),
    },
    handle: async (c) => {
      const body = await readJson(c);
      const { alert, isNew, bells } = await asCmms(c, deps, async (tx, facts) => {
        const faults = collectFaults();
        const raised = await raiseAlert(tx, readFields(alertShape, body, faults), facts, faults);
        return { ...raised, alert: (await tx.alerts.detail(raised.alert.externalId))! };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(present(alert), isNew ? 201 : 200);
    },
  },
  {
    method: 'get',
    path: '/alerts',
    summary: 'All alerts, by external id',
    query: listQuery,
    answers: { 200: answer(page(alertAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) => tx.alerts.list({ after, limit: limit + 1 }));
      const { items, next } = toPage(found, limit, ({ externalId }) => externalId);
      return c.json({ items: items.map(present), next });
    },
  },
  {
    method: 'get',
    path: '/alerts/{externalId}',
    summary: 'One alert',
    answers: { 200: answer(alertAnswer, 'The alert'), ...problems(404) },
    handle: async (c) => {
      const found = await inTenant(c, deps, (tx) => tx.alerts.detail(keyToFind(c.req.param('externalId')!)));
      return c.json(present(found ?? notFound()));
    },
  },
  {
    method: 'post',
    path: '/alerts/{externalId}/resolve',
    summary: 'Resolve an alert',
    description:
      'Everybody who was told of it hears once that it is over. One that is resolved stays as it is.',
    body: resolution,
    answers: { 200: answer(alertAnswer, 'Resolved'), ...problems(404, 413, 415, 422) },
    handle: async (c) => {
      const body = await readJson(c);
      const externalId = keyToFind(c.req.param('externalId')!);
      const { alert, bells } = await asCmms(c, deps, async (tx, facts) => {
        const faults = collectFaults();
        const { note = null } = readFields(resolutionShape, body, faults);
        const found = await tx.alerts.find(externalId);
        if (!found) return notFound();
        refuseIfFaulty(faults);
        const locked = (await tx.alerts.lock([found.id])).get(found.id)!;
        const by = { technicianId: null, messageId: null, note };
        const { bells } = await resolveAlert(tx, locked, by, facts);
        return { bells, alert: (await tx.alerts.detail(found.externalId))! };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(present(alert));
    },
  },
];

const present = (alert: ListedAlert): z.infer<typeof alertAnswer> => ({
  externalId: alert.externalId,
  asset: alert.asset.code,
  message: alert.message,
  severity: alert.severity,
  recipients: alert.recipientKeys,
  state: alert.state,
  raisedAt: alert.raisedAt.toISOString(),
  responder: alert.responder,
  step: alert.step,
  exhausted: alert.exhausted,
  times: {
    raised: alert.raisedAt.toISOString(),
    sent: null,
    delivered: null,
    read: null,
    answered: alert.claimedAt?.toISOString() ?? null,
    resolved: alert.resolvedAt?.toISOString() ?? null,
  },
  pages: alert.pages,
});
