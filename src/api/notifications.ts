import { z } from '@hono/zod-openapi';
import { doNotification } from '../cmms/do-notification.ts';
import { readFacts } from '../cmms/facts.ts';
import { collectFaults, Refused } from '../cmms/faults.ts';
import { readFields, requireField, text } from '../cmms/fields.ts';
import { notificationShapes } from '../cmms/notification-schemas.ts';
import { type NotificationName, notificationNames } from '../cmms/preferences.ts';
import { readNotification } from '../cmms/read-notification.ts';
import type { Deps } from '../deps.ts';
import type { Fault, Notification } from '../store/notifications.ts';
import { readJson } from './body.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, keyLabel, problems } from './route.ts';

const notificationAnswer = z
  .strictObject({
    id: z.string(),
    idempotencyKey: z.string(),
    name: z.string(),
    state: z.enum(['accepted', 'done', 'invalid']),
    messages: z.array(z.string()).meta({ description: 'Ids of the messages it led to' }),
    faults: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).meta({
      description: 'Pointers into the data',
    }),
  })
  .meta({ id: 'Notification' });

const acceptedAnswer = z
  .strictObject({
    id: z.string(),
    idempotencyKey: z.string(),
    status: z.enum(['accepted', 'duplicate']),
  })
  .meta({ id: 'AcceptedNotification' });

const requestOf = (name: NotificationName) => {
  const { tenant, ...shape } = notificationShapes[name];
  const data = z.strictObject({ ...shape, tenant: tenant.optional() });
  return z.strictObject({ name: z.literal(name), data });
};

const request = z
  .union(
    notificationNames.map(requestOf) as [ReturnType<typeof requestOf>, ...ReturnType<typeof requestOf>[]],
  )
  .meta({ id: 'NotificationRequest' });

const requestShape = { name: text(1, 200), data: z.unknown() };

export const notificationRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'post',
    path: '/notifications',
    summary: 'Ask for somebody to be told something',
    description:
      'The same jobs as on the queue, done once for each idempotencyKey and content, for ever. What is wrong with ' +
      'one is told at once and does not use up its key. 202 says that its messages are stored, not that they ' +
      'have arrived.',
    body: request,
    answers: {
      202: answer(acceptedAnswer, 'Stored, or stored before under the same key'),
      ...problems(409, 413, 415, 422),
    },
    handle: async (c) => {
      const wrong = collectFaults();
      const { name, data } = readFields(requestShape, await readJson(c), wrong);
      if (!wrong.has('')) for (const field of ['name', 'data']) requireField({ name, data }, field, wrong);
      if (name === undefined || data === undefined) throw new Refused('invalid', wrong.all);

      const { tenantId } = c.get('caller');
      const facts = await inTenant(c, deps, async (tx) => ({
        slug: (await tx.tenants.get())?.slug,
        label: await keyLabel(c, tx),
      }));
      const ofData = collectFaults();
      const read = readNotification(name, withTenant(data, facts.slug), ofData);
      if (read.tenant !== undefined && read.tenant !== facts.slug) {
        ofData.add('/tenant', "is not this key's tenant");
      }
      const all = collectFaults([...wrong.all, ...ofData.all]);
      try {
        const { id, isNew } = await doNotification(deps, tenantId, { name, data }, read, all, (tx) =>
          readFacts(tx, deps, { kind: 'cmms', id: facts.label }),
        );
        const status = isNew ? 'accepted' : 'duplicate';
        return c.json({ id, idempotencyKey: read.idempotencyKey!, status }, 202);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const isBesideData = (fault: Fault) => wrong.all.includes(fault);
        const ofJob = error.faults.filter((fault) => !isBesideData(fault));
        throw new Refused(error.why, [...error.faults.filter(isBesideData), ...inRequest(data, ofJob)]);
      }
    },
  },
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

/** Over HTTP the key says whose it is. */
const withTenant = (data: unknown, slug: string | undefined): unknown =>
  isObject(data) && !Object.hasOwn(data, 'tenant') ? { ...data, tenant: slug } : data;

/** A fault of the job as a whole is one of its name, unless the data are none at all. */
const inRequest = (data: unknown, faults: Fault[]): Fault[] =>
  faults.map(({ pointer, detail }) => ({
    pointer: pointer === '' && isObject(data) ? '/name' : `/data${pointer}`,
    detail,
  }));

const isObject = (data: unknown): data is object =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

const present = (notification: Notification): z.infer<typeof notificationAnswer> => ({
  id: notification.id,
  idempotencyKey: notification.idempotencyKey,
  name: notification.name,
  state: notification.state,
  messages: notification.messageIds,
  faults: notification.faults,
});
