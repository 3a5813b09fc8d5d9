import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { collectFaults, type Faults, refuseIfFaulty } from '../cmms/faults.ts';
import { languageTag, readFields, requireField } from '../cmms/fields.ts';
import { type NotificationName, notificationNames } from '../cmms/preferences.ts';
import { templateFields } from '../cmms/template-fields.ts';
import type { Deps } from '../deps.ts';
import { approvalStatuses } from '../domain/template.ts';
import { whatsappChannel } from '../messaging/poll-templates.ts';
import type { Template } from '../store/templates.ts';
import { dropReadOnly, readJson } from './body.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const templateAnswer = z
  .strictObject({
    kind: z.enum(notificationNames),
    locale: z.string(),
    contentSid: z.string().nullable().meta({ description: 'Null only in the answer to its removal' }),
    variables: z
      .array(z.string())
      .meta({ description: 'The field that each variable takes, in their order' }),
    approval: z
      .strictObject({
        status: z.enum(approvalStatuses).meta({ description: 'missing: the provider has no such content' }),
        category: z.string().nullable(),
        rejectionReason: z.string().nullable(),
        checkedAt: z.iso.datetime(),
      })
      .nullable()
      .meta({ description: 'What the provider says of it; null until it has been asked' }),
  })
  .meta({ id: 'Template' });

const templateShape = {
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

const change = z.strictObject(templateShape).partial().meta({ id: 'TemplateChange' });

export const templateRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/templates/{kind}/{locale}',
    summary: 'Name the content that stands for a notice outside the service window',
    description:
      'Kinds are the job names. A new one needs `contentSid`. What has no template of its own kind goes as `message.send`. With another `contentSid` the approval is asked for anew. ' +
      'Null as `contentSid` takes the template away: the answer then shows nothing of it, and GET answers 404. Any language tag ' +
      'is taken; a template is used for people with that locale, or its language.',
    body: change,
    answers: {
      201: answer(templateAnswer, 'Created'),
      200: answer(templateAnswer, 'Changed'),
      ...problems(413, 415, 422),
    },
    handle: async (c) => {
      const faults = collectFaults();
      const unchanged = {
        ...{ kind: (value: unknown) => value === c.req.param('kind') },
        ...{ locale: (value: unknown) => value === c.req.param('locale'), approval: () => true },
      };
      const fields = readFields(templateShape, dropReadOnly(await readJson(c), unchanged, faults), faults);
      const path = readPath(c, faults);
      if (!path) return refuseIfFaulty(faults) as never;
      const { kind, locale } = path;
      for (const [place, field] of (fields.variables ?? []).entries()) {
        if (!templateFields[kind].includes(field))
          faults.add(`/variables/${place}`, `must be one of ${templateFields[kind].join(', ')}`);
      }
      const { created, template, channel } = await inTenant(c, deps, async (tx) => {
        await tx.tenants.lock('templates');
        const before = await tx.templates.get(kind, locale);
        const found = collectFaults(faults.all);
        if (fields.contentSid === null) {
          refuseIfFaulty(found);
          await tx.templates.remove(kind, locale);
          return { created: false, template: removed(kind, locale), channel: null };
        }
        if (!before) requireField(fields, 'contentSid', found);
        refuseIfFaulty(found);
        const template = {
          ...{ kind, locale, contentSid: fields.contentSid ?? before!.contentSid },
          variables: fields.variables === undefined ? (before?.variables ?? []) : (fields.variables ?? []),
        };
        await tx.templates.save(template);
        return {
          created: !before,
          template: (await tx.templates.get(kind, locale))!,
          channel: await whatsappChannel(tx),
        };
      });
      // Its run asks the provider about what was never asked for.
      if (channel) deps.ring('outbound', c.get('caller').tenantId, channel.id);
      return c.json(present(template), created ? 201 : 200);
    },
  },
  {
    method: 'get',
    path: '/templates/{kind}/{locale}',
    summary: 'The content that stands for a notice, and its approval',
    answers: { 200: answer(templateAnswer, 'The template'), ...problems(404) },
    handle: async (c) => {
      const path = readPath(c, collectFaults());
      const found = path && (await inTenant(c, deps, (tx) => tx.templates.get(path.kind, path.locale)));
      return c.json(present(found ?? notFound()));
    },
  },
];

/** What the address names, in one spelling; null if it names nothing, with the faults. */
const readPath = (c: Context, faults: Faults): { kind: NotificationName; locale: string } | null => {
  const kind = notificationNames.find((name) => name === c.req.param('kind'));
  if (!kind) faults.add('/kind', `must be one of ${notificationNames.join(', ')}`);
  const locale = languageTag.safeParse(c.req.param('locale'));
  if (!locale.success) for (const { message } of locale.error.issues) faults.add('/locale', message);
  return kind && locale.success ? { kind, locale: Intl.getCanonicalLocales(locale.data)[0]! } : null;
};

const removed = (kind: NotificationName, locale: string) => ({
  ...{ kind, locale, contentSid: null, variables: [], approval: null },
});

type Shown = Omit<Template, 'contentSid' | 'content'> & { contentSid: string | null };

const present = (template: Shown): z.infer<typeof templateAnswer> => ({
  kind: template.kind as NotificationName,
  locale: template.locale,
  contentSid: template.contentSid,
  variables: template.variables,
  approval: template.approval && {
    ...template.approval,
    checkedAt: template.approval.checkedAt.toISOString(),
  },
});
