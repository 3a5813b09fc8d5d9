import { z } from '@hono/zod-openapi';
import { resolveAlert } from '../cmms/change-alert.ts';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields } from '../cmms/fields.ts';
import { alertShape, resolutionShape } from '../cmms/notification-schemas.ts';
import { raiseAlert } from '../cmms/raise-alert.ts';
import type { Deps } from '../deps.ts';
import type { ListedAlert } from '../store/alerts.ts';
import type { Tx } from '../store/store.ts';
import type { AlertTimes } from '../store/times.ts';
import { keyToFind, readJson, readJsonIfAny } from './body.ts';
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
      const { shown, isNew, bells } = await asCmms(c, deps, async (tx, facts) => {
        const faults = collectFaults();
        const raised = await raiseAlert(tx, readFields(alertShape, body, faults), facts, faults);
        return { ...raised, shown: await readOne(tx, raised.alert.externalId) };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(shown, isNew ? 201 : 200);
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
      const found = await inTenant(c, deps, async (tx) =>
        presentAll(tx, await tx.alerts.list({ after, limit: limit + 1 })),
      );
      return c.json(toPage(found, limit, ({ externalId }) => externalId));
    },
  },
  {
    method: 'get',
    path: '/alerts/{externalId}',
    summary: 'One alert',
    answers: { 200: answer(alertAnswer, 'The alert'), ...problems(404) },
    handle: async (c) =>
      c.json(await inTenant(c, deps, (tx) => readOne(tx, keyToFind(c.req.param('externalId')!)))),
  },
  {
    method: 'post',
    path: '/alerts/{externalId}/resolve',
    summary: 'Resolve an alert',
    description:
      'Everybody who was told of it hears once that it is over. One that is resolved stays as it is.',
    body: resolution,
    bodyIsOptional: true,
    answers: { 200: answer(alertAnswer, 'Resolved'), ...problems(404, 413, 415, 422) },
    handle: async (c) => {
      const body = await readJsonIfAny(c);
      const externalId = keyToFind(c.req.param('externalId')!);
      const { shown, bells } = await asCmms(c, deps, async (tx, facts) => {
        const faults = collectFaults();
        const { note = null } = readFields(resolutionShape, body, faults);
        const found = await tx.alerts.find(externalId);
        if (!found) return notFound();
        refuseIfFaulty(faults);
        const locked = (await tx.alerts.lock([found.id])).get(found.id)!;
        const { bells } = await resolveAlert(tx, locked, { note }, facts);
        return { bells, shown: await readOne(tx, found.externalId) };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(shown);
    },
  },
];

const readOne = async (tx: Tx, externalId: string) => {
  const found = await tx.alerts.detail(externalId);
  return (await presentAll(tx, found ? [found] : []))[0] ?? notFound();
};

const presentAll = async (tx: Tx, found: ListedAlert[]) => {
  const times = await tx.times.ofAlerts(found.map(({ id }) => id));
  return found.map((alert) => present(alert, times.get(alert.id)!));
};

const present = (alert: ListedAlert, times: AlertTimes): z.infer<typeof alertAnswer> => ({
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
    raised: times.raised.toISOString(),
    sent: times.sent?.toISOString() ?? null,
    delivered: times.delivered?.toISOString() ?? null,
    read: times.read?.toISOString() ?? null,
    answered: times.answered?.toISOString() ?? null,
    resolved: times.resolved?.toISOString() ?? null,
  },
  pages: alert.pages,
});
