import { z } from 'zod';
import type { StoredChannel } from '../store/channels.ts';
import type { Tx } from '../store/store.ts';
import type { Template } from '../store/templates.ts';
import { collectFaults, type Faults, refuseIfFaulty } from './faults.ts';
import { type Fields, languageTag, requireField } from './fields.ts';
import { type NotificationName, notificationNames } from './preferences.ts';
import { inUse } from './save-tenant.ts';
import { templateFields } from './template-fields.ts';

export const templateShape = {
  contentSid: z
    .string()
    .regex(/^HX[0-9a-fA-F]{32}$/, 'must be HX and 32 hexadecimal digits')
    .nullable()
    .meta({ description: 'Null takes the template away', examples: [`HX${'0'.repeat(32)}`] }),
  variables: z.array(z.string().max(64)).max(100).nullable().meta({
    description:
      'Of work orders: their fields; of alerts: theirs; `text`; the reader: `technician`; and for the id of a quick reply `button:` with a command, as `button:ACK`',
  }),
};

type Place = { kind: NotificationName; locale: string };

/** What is named, in one spelling; null if it is nothing, with the faults. */
export const readTemplatePlace = (given: { kind: string; locale: string }, faults: Faults): Place | null => {
  const kind = notificationNames.find((name) => name === given.kind);
  if (!kind) faults.add('/kind', `must be one of ${notificationNames.join(', ')}`);
  const locale = languageTag.safeParse(given.locale);
  if (!locale.success) for (const { message } of locale.error.issues) faults.add('/locale', message);
  return kind && locale.success ? { kind, locale: Intl.getCanonicalLocales(locale.data)[0]! } : null;
};

/**
 * Sets or takes away (`template` null) what stands for a notice outside the service window. Throws Refused, with
 * `faults`, and writes nothing then. `channel`: whose run asks the provider about it, to be rung after the commit.
 */
export const saveTemplate = async (
  tx: Tx,
  { kind, locale }: Place,
  fields: Fields<typeof templateShape>,
  faults: Faults,
): Promise<{ before: Template | null; template: Template | null; channel: StoredChannel | null }> => {
  const found = collectFaults(faults.all);
  for (const [place, field] of (fields.variables ?? []).entries()) {
    if (!templateFields[kind].includes(field))
      found.add(`/variables/${place}`, `must be one of ${templateFields[kind].join(', ')}`);
  }
  await tx.tenants.lock('templates');
  const before = await tx.templates.get(kind, locale);
  if (fields.contentSid === null) {
    refuseIfFaulty(found);
    await tx.templates.remove(kind, locale);
    return { before, template: null, channel: null };
  }
  if (!before) requireField(fields, 'contentSid', found);
  refuseIfFaulty(found);
  await tx.templates.save({
    ...{ kind, locale, contentSid: fields.contentSid ?? before!.contentSid },
    variables: fields.variables === undefined ? (before?.variables ?? []) : (fields.variables ?? []),
  });
  return { before, template: await tx.templates.get(kind, locale), channel: inUse(await tx.channels.list()) };
};
