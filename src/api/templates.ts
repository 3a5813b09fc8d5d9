import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { collectFaults, type Faults, refuseIfFaulty } from '../cmms/faults.ts';
import { languageTag, readFields, requireField } from '../cmms/fields.ts';
import { type NotificationName, notificationNames } from '../cmms/preferences.ts';
import type { Deps } from '../deps.ts';
import type { Template } from '../store/templates.ts';
import { dropReadOnly, readJson } from './body.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const ofOrder = [
  ...['number', 'title', 'description', 'priority', 'kind', 'asset', 'assignee', 'planner', 'dueAt'],
  ...['scheduledFor', 'status', 'technician'],
];
const ofAlert = ['externalId', 'asset', 'message', 'severity', 'raisedAt', 'technician'];

/** What a variable can take: the fields of what is told, and the reader's name. */
const fieldsOf: Record<NotificationName, string[]> = {
  'work-order.assigned': ofOrder,
  'maintenance.scheduled': ofOrder,
  'work-order.reminder': [...ofOrder, 'dueIn'],
  'alert.raised': ofAlert,
  'alert.resolved': [...ofAlert, 'note'],
  'message.send': ['text', 'technician'],
};

const templateAnswer = z
  .strictObject({
    kind: z.enum(notificationNames),
    locale: z.string(),
    contentSid: z.string(),
    variables: z
      .array(z.string())
      .meta({ description: 'The field that each variable takes, in their order' }),
    approval: z.null().meta({ description: 'What Twilio says of it; not asked for yet' }),
  })
  .meta({ id: 'Template' });

const templateShape = {
  contentSid: z
    .string()
    .regex(/^HX[0-9a-fA-F]{32}$/, 'must be HX and 32 hexadecimal digits')
    .meta({ examples: [`HX${'0'.repeat(32)}`] }),
  variables: z.array(z.string().max(64)).max(100).nullable().meta({
    description: 'Of work orders: their fields; of alerts: theirs; `text`; and the reader: `technician`',
  }),
};

const change = z.strictObject(templateShape).partial().meta({ id: 'TemplateChange' });

export const templateRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/templates/{kind}/{locale}',
    summary: 'Name the content that stands for a notice outside the service window',
    description:
      'Kinds are the job names. A new one needs `contentSid`. Kept and shown; no message uses it yet.',
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
        if (!fieldsOf[kind].includes(field))
          faults.add(`/variables/${place}`, `must be one of ${fieldsOf[kind].join(', ')}`);
      }
      const { created, template } = await inTenant(c, deps, async (tx) => {
        await tx.tenants.lock('templates');
        const before = await tx.templates.get(kind, locale);
        const found = collectFaults(faults.all);
        if (!before) requireField(fields, 'contentSid', found);
        refuseIfFaulty(found);
        const template = {
          ...{ kind, locale, contentSid: fields.contentSid ?? before!.contentSid },
          variables: fields.variables === undefined ? (before?.variables ?? []) : (fields.variables ?? []),
        };
        await tx.templates.save(template);
        return { created: !before, template };
      });
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

const present = (template: Template): z.infer<typeof templateAnswer> => ({
  kind: template.kind as NotificationName,
  locale: template.locale,
  contentSid: template.contentSid,
  variables: template.variables,
  approval: null,
});
