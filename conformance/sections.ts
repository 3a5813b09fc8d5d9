import { alerts } from './alerts.ts';
import { assets } from './assets.ts';
import { errors } from './errors.ts';
import { events } from './events.ts';
import { general } from './general.ts';
import { idempotency } from './idempotency.ts';
import { lists } from './lists.ts';
import { messages } from './messages.ts';
import { notifications } from './notifications.ts';
import { queue } from './queue.ts';
import { readings } from './readings.ts';
import type { Section } from './rule.ts';
import { settings } from './settings.ts';
import { technicians } from './technicians.ts';
import { templates } from './templates.ts';
import { tenants } from './tenants.ts';
import { webhookEndpoints } from './webhook-endpoints.ts';
import { webhooks } from './webhooks.ts';
import { words } from './words.ts';
import { workOrders } from './work-orders.ts';

/** The contract, in its order. */
export const sections: Section[] = [
  { name: 'general', rules: general },
  { name: 'lists', rules: lists },
  { name: 'errors', rules: errors },
  { name: 'idempotency', rules: idempotency },
  { name: 'technicians', rules: technicians },
  { name: 'assets', rules: assets },
  { name: 'work-orders', rules: workOrders },
  { name: 'events', rules: events },
  { name: 'messages', rules: messages },
  { name: 'words', rules: words },
  { name: 'alerts', rules: alerts },
  { name: 'readings', rules: readings },
  { name: 'settings', rules: settings },
  { name: 'templates', rules: templates },
  { name: 'webhook-endpoints', rules: webhookEndpoints },
  { name: 'webhooks', rules: webhooks },
  { name: 'notifications', rules: notifications },
  { name: 'queue', rules: queue },
  { name: 'tenants', rules: tenants },
];
