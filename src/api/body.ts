import type { Context } from 'hono';
import { collectFaults, type Faults, refuseIfFaulty } from '../cmms/faults.ts';
import { key } from '../cmms/fields.ts';
import { fail, notFound } from './problem.ts';

/** The request's JSON, whatever it is; ends the request if there is none. */
export const readJson = async (c: Context): Promise<unknown> => {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    fail('unsupported-media-type', { detail: 'Send the header Content-Type: application/json' });
  }
  const bytes = await c.req.arrayBuffer();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('malformed', { detail: 'The body is not JSON in UTF-8' });
  }
};

/** The same where every field may be left out: then the whole body may be. */
export const readJsonIfAny = async (c: Context): Promise<unknown> =>
  (await c.req.arrayBuffer()).byteLength === 0 ? {} : readJson(c);

/** The key a PUT names. Without a usable one nothing else can be looked up, so other faults are told with it. */
export const keyToSave = (given: string, name: string, schema: typeof key, faults: Faults): string => {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  for (const issue of read.error.issues) faults.add(`/${name}`, issue.message);
  refuseIfFaulty(faults);
  return given;
};

/** The key a GET names; one that nothing can have is not there. */
export const keyToFind = (given: string): string => {
  const read = key.safeParse(given);
  return read.success ? read.data : notFound();
};

/**
 * Takes out of a body what only the service sets. It may come back as it was read, so that a CMMS can change
 * a field of what it got and send the whole; anything else there is a fault.
 */
export const dropReadOnly = (
  body: unknown,
  mayBe: Record<string, (given: unknown) => boolean>,
  faults: Faults = collectFaults(),
): unknown => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).filter(([name, given]) => {
      const isUnchanged = Object.hasOwn(mayBe, name) ? mayBe[name] : undefined;
      if (isUnchanged && !isUnchanged(given))
        faults.add(`/${name}`, 'is set by the service and cannot be changed');
      return !isUnchanged;
    }),
  );
};
