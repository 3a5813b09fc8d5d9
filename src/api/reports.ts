import { z } from '@hono/zod-openapi';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { key, momentOrDay, readWhen } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import { groupings, isTooLong, maxDays, measures, stretchOf, usualDays } from '../domain/response-times.ts';
import { priorities, type When } from '../domain/work-order.ts';
import type { Figures, PageTimes, ReportedGroup } from '../store/times.ts';
import { afterKey, afterNumber, limit, page, readQuery, toPage } from './lists.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const figures = z
  .strictObject({
    count: z.int().meta({ description: 'How many it took some time; the percentiles are theirs' }),
    p50: z.number().nullable(),
    p90: z.number().nullable(),
    p99: z.number().nullable(),
  })
  .meta({ id: 'Percentiles' });

const groupAnswer = z
  .strictObject({
    group: z.string().nullable().meta({
      description:
        "A person's or a supervisor's external id, an asset's code, or a week like 2026-W48; null: people without a supervisor",
    }),
    alerts: z.int(),
    answered: z.int().meta({ description: 'Of people and teams: by themselves' }),
    unanswered: z.int().meta({ description: 'By nobody' }),
    seconds: z.strictObject(
      Object.fromEntries(measures.map((measure) => [measure, figures])) as Record<
        (typeof measures)[number],
        typeof figures
      >,
    ),
  })
  .meta({ id: 'ResponseTimes' });

const time = z.iso.datetime().nullable();

const pageAnswer = z
  .strictObject({
    message: z.string(),
    technician: z.string(),
    step: z.int(),
    ways: z
      .array(z.enum(['whatsapp', 'sms', 'email']))
      .meta({ description: 'By which it went, in this order' }),
    times: z.strictObject({
      paged: z.iso.datetime(),
      sent: time,
      delivered: time,
      read: time,
      answered: time.meta({ description: 'By this person' }),
    }),
  })
  .meta({ id: 'Page' });

const reportQuery = {
  from: momentOrDay
    .optional()
    .meta({ description: `From that moment or day on. Left out: ${usualDays} days before \`to\`` }),
  to: momentOrDay
    .optional()
    .meta({ description: 'Before that moment, or until the end of that day. Left out: now' }),
  by: z.enum(groupings).default('week'),
  severity: z.enum(priorities).optional(),
  limit,
  after: afterKey,
};

const pagesQuery = { limit, after: afterNumber };

/** How long alerts took, one by one and on the whole. */
export const reportRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/alerts/{externalId}/pages',
    summary: 'Who was told of an alert, in this order, and when each had it',
    description:
      'A page that went by several ways was sent, delivered and read when the first of them was. Moments are those at which the provider told us. Nobody tells us what was read by SMS or e-mail, nor what was delivered by e-mail.',
    query: pagesQuery,
    answers: { 200: answer(page(pageAnswer), 'A page of the list'), ...problems(404, 422) },
    handle: async (c) => {
      const { limit, after = '0' } = readQuery(c, pagesQuery);
      const externalId = key.safeParse(c.req.param('externalId'));
      const found = await inTenant(c, deps, async (tx) => {
        const alert = externalId.success ? await tx.alerts.find(externalId.data) : null;
        return alert && tx.times.ofPages(alert.id, { after: Number(after), limit: limit + 1 });
      });
      const { items, next } = toPage(found ?? notFound(), limit, ({ seq }) => String(seq));
      return c.json({ items: items.map(presentPage), next });
    },
  },
  {
    method: 'get',
    path: '/reports/response-times',
    summary: 'How fast people respond to alerts: percentiles by person, team, asset or week',
    description:
      `Of the alerts raised from \`from\` until \`to\`, at most ${maxDays} days. Days and ISO weeks are those of the tenant's time zone. By person: of each alert that was told to this person, or that this person answered; a team is the people of one supervisor, as it is now. So one alert may be in several groups, and only groups with alerts are listed.\n\n` +
      '`answered` is a claim that stands: one that was released, and a resolution by the CMMS without a claim, leave an alert unanswered. `unanswered` counts alerts that nobody has answered; what others have answered is in neither.\n\n' +
      '`raisedToSent` to `answeredToResolved` are counted once for each alert in the group: when the first of its pages, to people of the group, was sent, delivered and read. `pagedToRead` and `pagedToAnswered` are counted once for each alert and person, from the first page on. Moments are those at which the provider told us; SMS is never read, e-mail neither delivered nor read. Percentiles are in seconds and interpolated; null if there is nothing to count.',
    query: reportQuery,
    answers: { 200: answer(page(groupAnswer), 'A page, by `group`'), ...problems(422) },
    handle: async (c) => {
      const { from, to, by = 'week', severity = null, limit, after = null } = readQuery(c, reportQuery);
      const found = await inTenant(c, deps, async (tx) => {
        const { timeZone } = (await tx.tenants.get())!;
        const stretch = stretchOf({ ...whenOf('from', from), ...whenOf('to', to) }, timeZone, deps.now());
        const faults = collectFaults();
        if (stretch.from >= stretch.to) faults.add('/from', 'must be before `to`');
        if (isTooLong(stretch)) faults.add('/from', `must be at most ${maxDays} days before \`to\``);
        refuseIfFaulty(faults);
        return tx.times.report(stretch, { by, severity, after, limit: limit + 1 });
      });
      const { items, next } = toPage(found, limit, ({ group }) => group!);
      return c.json({ items: items.map(presentGroup), next });
    },
  },
];

const whenOf = <Name extends string>(name: Name, given: string | undefined) =>
  (given === undefined ? {} : { [name]: readWhen(given) }) as { [N in Name]?: When };

const presentPage = (told: PageTimes): z.infer<typeof pageAnswer> => ({
  message: told.messageId,
  technician: told.technician,
  step: told.step,
  ways: told.ways,
  times: {
    paged: told.paged.toISOString(),
    sent: told.sent?.toISOString() ?? null,
    delivered: told.delivered?.toISOString() ?? null,
    read: told.read?.toISOString() ?? null,
    answered: told.answered?.toISOString() ?? null,
  },
});

const presentGroup = ({ figures, ...counts }: ReportedGroup): z.infer<typeof groupAnswer> => ({
  ...counts,
  seconds: Object.fromEntries(
    measures.map((measure) => [measure, presentFigures(figures[measure])]),
  ) as z.infer<typeof groupAnswer>['seconds'],
});

const presentFigures = (found: Figures | undefined): z.infer<typeof figures> =>
  found
    ? { count: found.count, p50: toMs(found.p50), p90: toMs(found.p90), p99: toMs(found.p99) }
    : { count: 0, p50: null, p90: null, p99: null };

const toMs = (seconds: number): number => Math.round(seconds * 1000) / 1000;
