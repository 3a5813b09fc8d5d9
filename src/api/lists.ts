import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { type Fields, readFields, text } from '../cmms/fields.ts';

// Number would also read 0x10, 1e2 and spaces.
const ofDigits = (given: unknown) =>
  typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : given;

export const limit = z
  .preprocess(ofDigits, z.int('must be a whole number from 1 to 200').min(1).max(200))
  .default(50);

/** Where a list by key goes on. */
export const afterKey = text(0, 200).meta({ description: '`next` of the page before' });

/** Where a list by row number goes on. */
export const afterNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be `next` of the page before')
  .meta({ description: '`next` of the page before' });

export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() });

/** A feed goes on for ever, so there is always a place to go on from. */
export const feedPage = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string() });

/** The query's known parameters; ends the request if any has a fault. Unknown ones say nothing. */
export const readQuery = <S extends Record<string, z.ZodType>>(
  c: Context,
  shape: S,
): Fields<S> & { limit: number } => {
  const faults = collectFaults();
  const given = Object.fromEntries(
    // `?after=` is a list from its beginning.
    Object.entries(c.req.query()).filter(
      ([name, value]) => Object.hasOwn(shape, name) && !(name === 'after' && value === ''),
    ),
  );
  const fields = readFields(shape, given, faults);
  refuseIfFaulty(faults);
  return { limit: 50, ...fields };
};

/** A page of at most `limit` from one row more than that, which only shows whether there is more. */
export const toPage = <T>(found: T[], limit: number, cursor: (last: T) => string) => {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? cursor(items.at(-1)!) : null };
};
