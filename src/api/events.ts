import { z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { ListedEvent } from '../store/events.ts';
import { afterNumber, feedPage, limit, readQuery } from './lists.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const eventTypes = [
  'work_order.assigned',
  'work_order.acknowledged',
  'work_order.started',
  'work_order.completed',
  'work_order.delayed',
  'work_order.resumed',
  'work_order.noted',
  'work_order.escalated',
  'work_order.confirmed',
  'work_order.cancelled',
  'work_order.attachment',
  'work_order.undone',
  'alert.raised',
  'alert.paged',
  'alert.claimed',
  'alert.released',
  'alert.escalated',
  'alert.resolved',
  'message.failed',
  'technician.paused',
  'technician.resumed',
  'technician.unreachable',
  'technician.identity_changed',
] as const;

export const eventAnswer = z
  .strictObject({
    id: z.string(),
    type: z.enum(eventTypes),
    at: z.iso.datetime(),
    actor: z.strictObject({
      kind: z.enum(['technician', 'cmms', 'admin', 'system']),
      id: z.string().nullable(),
    }),
    workOrder: z.string().nullable(),
    alert: z.string().nullable(),
    message: z.string().nullable().meta({ description: 'The message that caused it' }),
    undoes: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

const listQuery = { limit, after: afterNumber, type: z.enum(eventTypes).optional() };

export const eventRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/events',
    summary: 'Every change, oldest first',
    query: listQuery,
    answers: { 200: answer(feedPage(eventAnswer), 'A page; `next` goes on from its end'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = '0', type } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) =>
        tx.events.feed({ after: Number(after), limit, ...(type ? { type } : {}) }),
      );
      return c.json({ items: found.map(presentEvent), next: String(found.at(-1)?.feedNo ?? after) });
    },
  },
];

export const presentEvent = (event: ListedEvent): z.infer<typeof eventAnswer> => ({
  id: event.id,
  type: event.type as (typeof eventTypes)[number],
  at: event.at.toISOString(),
  actor: event.actor,
  workOrder: event.workOrder,
  alert: event.alert,
  message: event.messageId,
  undoes: event.undoes,
  data: event.data,
});
