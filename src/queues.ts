import { z } from 'zod';

/** Every queue and what its jobs carry. Ids only, but for `notifications` and `spill`, which hold the facts themselves. */
export const queueNames = [
  'inbound',
  'outbound',
  'delivery-status',
  'attachments',
  'chains',
  'cmms-events',
  'webhooks',
  'notifications',
  'schedules',
  'spill',
] as const;

export type QueueName = (typeof queueNames)[number];

/** A ring says whose work waits: a conversation, a channel, an alert's chain, a webhook endpoint, or the tenant itself. */
export const doorbell = z.object({ tenantId: z.uuid(), id: z.uuid() });
export type Doorbell = z.infer<typeof doorbell>;

export type DoorbellQueue =
  | 'inbound'
  | 'outbound'
  | 'delivery-status'
  | 'attachments'
  | 'chains'
  | 'cmms-events'
  | 'webhooks';
