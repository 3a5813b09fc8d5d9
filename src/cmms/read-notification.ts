import { z } from 'zod';
import { collectFaults, type Faults } from './faults.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import {
  alertShape,
  commonShape,
  jobAssetShape,
  jobOrderShape,
  notificationShapes,
} from './notification-schemas.ts';
import { type NotificationName, notificationNames } from './preferences.ts';
import type { AlertFields } from './raise-alert.ts';
import type { AssignmentJob } from './tell-assignment.ts';

/** What of a job can be used. Its name, with what it asks for; null for a name nothing is known by. */
export type ReadNotification = {
  tenant: string | undefined;
  idempotencyKey: string | undefined;
  ask: Ask | null;
};

export type Ask =
  | AssignmentJob
  | {
      name: 'work-order.reminder';
      number: string | undefined;
      expiresAt: string | null | undefined;
    }
  | {
      name: 'message.send';
      to: string | undefined;
      text: string | undefined;
      expiresAt: string | null | undefined;
    }
  | { name: 'alert.raised'; alert: AlertFields | null; expiresAt: string | null | undefined }
  | { name: 'alert.resolved'; externalId: string | undefined; note: string | null | undefined };

/** Reads a job from the queue or from HTTP. Everything that is wrong with it goes to `faults`. */
export const readNotification = (name: string, data: unknown, faults: Faults): ReadNotification => {
  if (!isNotificationName(name)) {
    faults.add('', 'has a name nothing is known by');
    const { tenant, idempotencyKey } = readFields(commonShape, only(commonShape, data), collectFaults());
    return { tenant, idempotencyKey, ask: null };
  }
  const read = readWhole(shapeOf(name), data, faults);
  const { tenant, idempotencyKey } = read as Fields<typeof commonShape>;
  return { tenant, idempotencyKey, ask: readAsk(name, read, faults) };
};

const isNotificationName = (name: string): name is NotificationName =>
  (notificationNames as readonly string[]).includes(name);

// The alert, the order and its asset are read by themselves, so that what is right in them can be looked up.
const shapeOf = (name: NotificationName) =>
  name === 'work-order.assigned' || name === 'maintenance.scheduled'
    ? { ...notificationShapes[name], workOrder: z.unknown() }
    : name === 'alert.raised'
      ? { ...notificationShapes[name], alert: z.unknown() }
      : notificationShapes[name];

const readAsk = (name: NotificationName, read: Record<string, unknown>, faults: Faults): Ask => {
  const field = <T>(name: string) => read[name] as T | undefined;
  const expiresAt = field<string | null>('expiresAt');
  switch (name) {
    case 'work-order.assigned':
    case 'maintenance.scheduled':
      return {
        name,
        ...readOrder(read.workOrder, faults),
        assignee: field('assignee'),
        expiresAt,
      };
    case 'work-order.reminder':
      return { name, number: field('number'), expiresAt };
    case 'message.send':
      return { name, to: field('to'), text: field('text'), expiresAt };
    case 'alert.raised': {
      if (read.alert !== undefined)
        return { name, alert: readWhole(alertShape, read.alert, faults.under('/alert')), expiresAt };
      if (!faults.has('')) requireField({}, 'alert', faults);
      return { name, alert: null, expiresAt };
    }
    case 'alert.resolved':
      return { name, externalId: field('externalId'), note: field('note') };
  }
};

const readOrder = (given: unknown, faults: Faults): Pick<AssignmentJob, 'workOrder' | 'asset'> => {
  if (given === undefined) {
    // Of what is no object at all nothing more need be said.
    if (!faults.has('')) requireField({}, 'workOrder', faults);
    return { workOrder: {}, asset: undefined };
  }
  const ofOrder = faults.under('/workOrder');
  const { asset, ...workOrder } = readWhole({ ...jobOrderShape, asset: z.unknown() }, given, ofOrder);
  const isLeftOut = asset === undefined || asset === null;
  return { workOrder, asset: isLeftOut ? asset : readWhole(jobAssetShape, asset, ofOrder.under('/asset')) };
};

/** The fields that are as they should be. Those that are missing and must not be are among the faults. */
const readWhole = <S extends Record<string, z.ZodType>>(
  shape: S,
  given: unknown,
  faults: Faults,
): Fields<S> => {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  const fields = readFields(shape, given, faults);
  if (!isObject) return fields;
  for (const [name, schema] of Object.entries(shape)) {
    if (!schema.safeParse(undefined).success) requireField(fields, name, faults);
  }
  return fields;
};

const only = (shape: object, data: unknown): Record<string, unknown> =>
  typeof data === 'object' && data !== null
    ? Object.fromEntries(Object.entries(data).filter(([name]) => Object.hasOwn(shape, name)))
    : {};
