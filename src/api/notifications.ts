import { z } from '@hono/zod-openapi';
import { text } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import type { Notification } from '../store/notifications.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const notificationAnswer = z
  .strictObject({
    idempotencyKey: z.string(),
    name: z.string(),
    state: z.enum(['accepted', 'done', 'invalid']),
    messages: z.array(z.string()).meta({ description: 'Ids of the messages it led to' }),
    faults: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
  })
  .meta({ id: 'Notification' });

export const notificationRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/notifications/{idempotencyKey}',
    summary: 'What became of something the CMMS asked us to tell',
    answers: { 200: answer(notificationAnswer, 'Its state'), ...problems(404) },
    handle: async (c) => {
      const key = text(1, 200).safeParse(c.req.param('idempotencyKey'));
      const found = key.success ? await inTenant(c, deps, (tx) => tx.notifications.get(key.data)) : null;
      return c.json(present(found ?? notFound()));
    },
  },
];

const present = (notification: Notification): z.infer<typeof notificationAnswer> => ({
  idempotencyKey: notification.idempotencyKey,
  name: notification.name,
  state: notification.state,
  messages: notification.messageIds,
  faults: notification.faults,
});
