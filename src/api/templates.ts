import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { collectFaults, type Faults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields } from '../cmms/fields.ts';
import { type NotificationName, notificationNames } from '../cmms/preferences.ts';
import { readTemplatePlace, saveTemplate, templateShape } from '../cmms/save-template.ts';
import type { Deps } from '../deps.ts';
import { approvalStatuses } from '../domain/template.ts';
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
      const { before, template, channel } = await inTenant(c, deps, (tx) =>
        saveTemplate(tx, path, fields, faults),
      );
      // Its run asks the provider about what was never asked for.
      if (channel) deps.ring('outbound', c.get('caller').tenantId, channel.id);
      const { kind, locale } = path;
      return c.json(present(template ?? removed(kind, locale)), before || !template ? 200 : 201);
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

const readPath = (c: Context, faults: Faults) =>
  readTemplatePlace({ kind: c.req.param('kind')!, locale: c.req.param('locale')! }, faults);

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
