import { z } from 'zod';
import { priorities } from '../domain/work-order.ts';
import { assetShape, idempotencyKey, key, moment, orderNumber, text, workOrderShape } from './fields.ts';
import type { NotificationName } from './preferences.ts';

/** What every job carries, whatever it asks for. */
export const commonShape = {
  schemaVersion: z.literal(1),
  tenant: text(1, 64).meta({
    minLength: 1,
    maxLength: 64,
    description: "The tenant's slug. Over HTTP it may be left out",
  }),
  idempotencyKey,
  expiresAt: moment.nullable().optional(),
};

/** The asset as a job names it: enough to know it by, or to make it. */
export const jobAssetShape = {
  code: key,
  name: assetShape.name.optional(),
  location: assetShape.location.optional(),
};

const { title, asset: _asset, version: _version, ...optional } = workOrderShape;

/** The PUT's fields. The asset is made with the order, so it is more than its code. */
export const jobOrderShape = {
  number: orderNumber,
  title,
  ...(Object.fromEntries(
    Object.entries({ ...optional, version: workOrderShape.version }).map(([name, schema]) => [
      name,
      schema.optional(),
    ]),
  ) as {
    [Name in Exclude<keyof typeof workOrderShape, 'title' | 'asset'>]: z.ZodOptional<
      (typeof workOrderShape)[Name]
    >;
  }),
  asset: z.strictObject(jobAssetShape).nullable().optional(),
};

/** What the CMMS says of an alert, over HTTP and in a job. */
export const alertShape = {
  externalId: key,
  asset: key,
  message: text(1, 500),
  severity: z.enum(priorities),
  recipients: z.array(key).max(50).nullable().optional(),
  raisedAt: moment.nullable().optional(),
};

export const resolutionShape = { note: text(0, 1500).nullable().optional() };

// Providers count in UTF-16 units, up to 1,600; an emoji is two.
const messageText = text(1, 1500)
  .refine((value) => value.length < 1600, 'is too long for one message: many of its characters count twice')
  .meta({ minLength: 1, maxLength: 1500 });

const assignmentShape = { ...commonShape, workOrder: z.strictObject(jobOrderShape), assignee: key };

/** What each job of the queue `notifications` carries, by its name. */
export const notificationShapes = {
  'work-order.assigned': assignmentShape,
  'maintenance.scheduled': assignmentShape,
  'work-order.reminder': { ...commonShape, number: orderNumber },
  'alert.raised': { ...commonShape, alert: z.strictObject(alertShape) },
  'alert.resolved': { ...commonShape, externalId: key, ...resolutionShape },
  'message.send': { ...commonShape, to: key, text: messageText },
} as const satisfies Record<NotificationName, Record<string, z.ZodType>>;

/** As published: a producer in any language can check a job against it before adding it. */
export const notificationSchemas = Object.fromEntries(
  Object.entries(notificationShapes).map(([name, shape]) => [name, z.strictObject(shape)]),
) as { [Name in NotificationName]: z.ZodObject<(typeof notificationShapes)[Name]> };
