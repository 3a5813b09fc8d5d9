import { z } from 'zod';
import type { ListedEvent } from '../store/events.ts';

export const eventTypes = [
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

/** An event as the CMMS sees it, in the feed and in webhooks alike. */
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
