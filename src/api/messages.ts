import { z } from '@hono/zod-openapi';
import { key, moment, orderNumber } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import { deliveryStatuses } from '../domain/delivery-status.ts';
import { lanes } from '../domain/message.ts';
import type { ListedMessage } from '../store/messages.ts';
import { afterNumber, limit, page, readQuery, toPage } from './lists.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const statuses = [...deliveryStatuses, 'received', 'processed', 'disabled'] as const;

const messageAnswer = z
  .strictObject({
    id: z.string(),
    direction: z.enum(['in', 'out']),
    technician: z.string().nullable(),
    way: z.enum(['whatsapp', 'sms', 'email']),
    kind: z.string().nullable(),
    lane: z.enum(lanes).nullable(),
    status: z.enum(statuses),
    reason: z.string().nullable().meta({ description: 'Why it was held back or ended' }),
    text: z.string().nullable().meta({
      description:
        "What it says in full. An attempt with a `template` went in that template's own words: see `templates/{kind}/{locale}`",
    }),
    workOrders: z.array(z.string()),
    alert: z.string().nullable().meta({
      description: 'The alert it is about; of several, the first. `?alert=` finds it by each of them',
    }),
    inReplyTo: z.string().nullable(),
    answeredBy: z.string().nullable(),
    possibleDuplicate: z.boolean(),
    error: z.strictObject({ code: z.string().nullable(), text: z.string().nullable() }).nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    attempts: z.array(
      z.strictObject({
        id: z.string(),
        providerId: z.string().nullable(),
        template: z.string().nullable(),
        status: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    timeline: z
      .array(z.strictObject({ status: z.string(), at: z.iso.datetime(), source: z.enum(['us', 'provider']) }))
      .meta({
        description:
          'What happened to it, by time, over all attempts. The last entry is its status, unless a further attempt is under way',
      }),
  })
  .meta({ id: 'Message' });

const listQuery = {
  limit,
  after: afterNumber,
  technician: key.optional(),
  workOrder: orderNumber.optional(),
  alert: key.optional(),
  direction: z.enum(['in', 'out']).optional(),
  status: z.enum(statuses).optional(),
  since: moment.optional(),
};

export const messageRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/messages',
    summary: 'The log of messages in and out, newest first',
    query: listQuery,
    answers: { 200: answer(page(messageAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after, technician, workOrder, alert, direction, status, since } = readQuery(
        c,
        listQuery,
      );
      const found = await inTenant(c, deps, async (tx) => {
        const person = technician === undefined ? undefined : await tx.technicians.find(technician);
        const order = workOrder === undefined ? undefined : await tx.workOrders.find(workOrder);
        const about = alert === undefined ? undefined : await tx.alerts.find(alert);
        if (person === null || order === null || about === null) return [];
        return tx.messages.list({
          before: after === undefined ? null : Number(after),
          limit: limit + 1,
          ...(person ? { technicianId: person.id } : {}),
          ...(order ? { workOrderId: order.id } : {}),
          ...(about ? { alertId: about.id } : {}),
          ...(direction ? { direction } : {}),
          ...(status ? { status } : {}),
          ...(since ? { since: new Date(since) } : {}),
        });
      });
      const { items, next } = toPage(found, limit, ({ seq }) => String(seq));
      return c.json({ items: items.map(present), next });
    },
  },
  {
    method: 'get',
    path: '/messages/{id}',
    summary: 'One message with its attempts and its timeline',
    answers: { 200: answer(messageAnswer, 'The message'), ...problems(404) },
    handle: async (c) => {
      const id = z.uuid().safeParse(c.req.param('id'));
      const found = id.success ? await inTenant(c, deps, (tx) => tx.messages.get(id.data)) : null;
      return c.json(present(found ?? notFound()));
    },
  },
];

const present = (message: ListedMessage): z.infer<typeof messageAnswer> => ({
  id: message.id,
  direction: message.direction,
  technician: message.technician,
  way: message.way,
  kind: message.kind,
  lane: message.lane as (typeof lanes)[number] | null,
  status: message.status as (typeof statuses)[number],
  reason: message.reason,
  text: message.text,
  workOrders: message.workOrders,
  alert: message.alert,
  inReplyTo: message.inReplyTo,
  answeredBy: message.answeredBy,
  possibleDuplicate: message.possibleDuplicate,
  error: message.error,
  createdAt: message.createdAt.toISOString(),
  expiresAt: message.expiresAt?.toISOString() ?? null,
  attempts: message.attempts.map(({ at, ...attempt }) => ({ ...attempt, at: at.toISOString() })),
  timeline: message.timeline.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
});
