import { z } from '@hono/zod-openapi';
import { eventAnswer, presentEvent } from '../cmms/event.ts';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults, Refused } from '../cmms/faults.ts';
import { key, orderNumber, readFields, workOrderShape, writeWhen } from '../cmms/fields.ts';
import { publishEvents } from '../cmms/publish-events.ts';
import { saveWorkOrder } from '../cmms/save-work-order.ts';
import type { Deps } from '../deps.ts';
import { orderKey, orderKinds, orderStatuses, priorities } from '../domain/work-order.ts';
import type { ListedOrder } from '../store/work-orders.ts';
import { dropReadOnly, keyToFind, keyToSave, readJson } from './body.ts';
import { afterKey, afterNumber, feedPage, limit, page, readQuery, toPage } from './lists.ts';
import { notFound, problem, problemAnswer } from './problem.ts';
import { type ApiRoute, answer, asCmms, inTenant, problems } from './route.ts';

const moment = z.iso.datetime().nullable();
const momentOrDay = z
  .string()
  .nullable()
  .meta({ examples: ['2026-12-25T09:00:00.000Z', '2026-12-25'], description: 'As it was given' });

const workOrderAnswer = z
  .strictObject({
    number: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    priority: z.enum(priorities),
    kind: z.enum(orderKinds),
    asset: z.string().nullable(),
    assignee: z.string().nullable(),
    planner: z.string().nullable(),
    dueAt: momentOrDay,
    scheduledFor: momentOrDay,
    status: z.enum(orderStatuses),
    escalated: z.boolean(),
    version: z.int(),
    assignedAt: moment,
    acknowledgedAt: moment,
    startedAt: moment,
    completedAt: moment,
    confirmedAt: moment,
  })
  .meta({ id: 'WorkOrder' });

type WorkOrderAnswer = z.infer<typeof workOrderAnswer>;

const change = z.strictObject(workOrderShape).partial().meta({ id: 'WorkOrderChange' });

const conflictAnswer = problemAnswer
  .extend({ current: workOrderAnswer.optional() })
  .meta({ id: 'WorkOrderProblem' });

const listQuery = {
  limit,
  after: afterKey,
  assignee: key.optional(),
  status: z.enum(orderStatuses).optional(),
};
const eventsQuery = { limit, after: afterNumber };

const setByService = [
  'escalated',
  'assignedAt',
  'acknowledgedAt',
  'startedAt',
  'completedAt',
  'confirmedAt',
] as const;

export const workOrderRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/work-orders/{number}',
    summary: 'Create or change a work order',
    description:
      'A new one needs a title. `version` makes sure that nothing changed since you read it; without it `status` ' +
      'may only be `cancelled` or `open`, or anything for a new order. A new assignee is told once. What only ' +
      'the service sets may be sent back as it was read.',
    body: change,
    answers: {
      201: answer(workOrderAnswer, 'Created'),
      200: answer(workOrderAnswer, 'Changed, or as it was'),
      ...problems(413, 415, 422),
      409: {
        description: 'Behind the present version, which is in `current`',
        content: { 'application/problem+json': { schema: conflictAnswer } },
      },
    },
    handle: async (c) => {
      const received = collectFaults();
      const given = c.req.param('number')!;
      const body = await readJson(c);
      const number = keyToSave(given, 'number', orderNumber, received);
      try {
        const { order, created, bells } = await asCmms(c, deps, async (tx, facts) => {
          const faults = collectFaults(received.all);
          const before = await tx.workOrders.detail(number);
          const changeable = dropReadOnly(body, unchanged(number, before && present(before), body), faults);
          const fields = readFields(workOrderShape, changeable, faults);
          const saved = await saveWorkOrder(tx, number, fields, facts, faults);
          return { ...saved, order: (await tx.workOrders.detail(number))! };
        });
        ringAll(deps, c.get('caller').tenantId, bells);
        return c.json(present(order), created ? 201 : 200);
      } catch (error) {
        if (!(error instanceof Refused) || error.why !== 'version-conflict') throw error;
        const current = await inTenant(c, deps, (tx) => tx.workOrders.detail(number));
        return problem('version-conflict', {
          errors: error.faults,
          extra: { current: current && present(current) },
        });
      }
    },
  },
  {
    method: 'get',
    path: '/work-orders/{number}',
    summary: 'One work order',
    answers: { 200: answer(workOrderAnswer, 'The work order'), ...problems(404) },
    handle: async (c) => {
      const number = keyToFind(c.req.param('number')!);
      const found = await inTenant(c, deps, (tx) => tx.workOrders.detail(number));
      return c.json(present(found ?? notFound()));
    },
  },
  {
    method: 'get',
    path: '/work-orders',
    summary: 'All work orders, by number',
    query: listQuery,
    answers: { 200: answer(page(workOrderAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null, assignee, status } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, async (tx) => {
        const technician = assignee === undefined ? undefined : await tx.technicians.find(assignee);
        if (technician === null) return [];
        return tx.workOrders.list({
          after,
          limit: limit + 1,
          ...(technician ? { assigneeId: technician.id } : {}),
          ...(status ? { status } : {}),
        });
      });
      const { items, next } = toPage(found, limit, (order) => order.number);
      return c.json({ items: items.map(present), next });
    },
  },
  {
    method: 'get',
    path: '/work-orders/{number}/events',
    summary: 'What happened to a work order, oldest first',
    query: eventsQuery,
    answers: {
      200: answer(feedPage(eventAnswer), 'A page; `next` goes on from its end'),
      ...problems(404, 422),
    },
    handle: async (c) => {
      const number = keyToFind(c.req.param('number')!);
      const { limit, after = '0' } = readQuery(c, eventsQuery);
      // In the feed's order, so that no page passes by what a slow transaction is about to commit.
      await publishEvents(deps, c.get('caller').tenantId);
      const found = await inTenant(c, deps, async (tx) => {
        const order = await tx.workOrders.find(number);
        return order && tx.events.feed({ after: Number(after), limit, workOrderId: order.id });
      });
      const items = found ?? notFound();
      return c.json({ items: items.map(presentEvent), next: String(items.at(-1)?.feedNo ?? after) });
    },
  },
];

const unchanged = (number: string, before: WorkOrderAnswer | null, body: unknown) => {
  const { version } = Object(body) as { version?: unknown };
  // It was read from another version: that is the conflict to tell, not what differs since.
  const isBehind = before !== null && typeof version === 'number' && version !== before.version;
  return {
    number: (given: unknown) => typeof given === 'string' && orderKey(given) === orderKey(number),
    ...Object.fromEntries(
      setByService.map((name) => [
        name,
        (given: unknown) => isBehind || given === (before?.[name] ?? (name === 'escalated' ? false : null)),
      ]),
    ),
  };
};

const present = (order: ListedOrder): WorkOrderAnswer => ({
  number: order.number,
  title: order.title,
  description: order.description,
  priority: order.priority,
  kind: order.kind,
  asset: order.asset?.code ?? null,
  assignee: order.assignee,
  planner: order.planner,
  dueAt: writeWhen(order.due),
  scheduledFor: writeWhen(order.scheduled),
  status: order.status,
  escalated: order.escalated,
  version: order.version,
  assignedAt: order.assignedAt?.toISOString() ?? null,
  acknowledgedAt: order.acknowledgedAt?.toISOString() ?? null,
  startedAt: order.startedAt?.toISOString() ?? null,
  completedAt: order.completedAt?.toISOString() ?? null,
  confirmedAt: order.confirmedAt?.toISOString() ?? null,
});
