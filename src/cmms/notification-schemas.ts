import { z } from 'zod';
import { assetShape, key, moment, orderNumber, text, workOrderShape } from './fields.ts';

/** What every job carries, whatever it asks for. */
export const commonShape = {
  schemaVersion: z.literal(1),
  tenant: text(1, 64),
  idempotencyKey: text(1, 200),
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

const assignment = z.strictObject({
  ...commonShape,
  workOrder: z.strictObject(jobOrderShape),
  assignee: key,
});

/** The jobs of the queue `notifications` that this version sends, by name. */
export const notificationSchemas = {
  'work-order.assigned': assignment,
  'maintenance.scheduled': assignment,
} as const;

export type SentName = keyof typeof notificationSchemas;

/** Whether this version sends it; the contract knows more names. */
export const isSent = (name: string): name is SentName => Object.hasOwn(notificationSchemas, name);
