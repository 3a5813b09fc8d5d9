import { DateTime } from 'luxon';
import type { Deps } from '../../deps.ts';
import { dayOf, startOfDay } from '../../domain/dates.ts';
import { stretchOf } from '../../domain/response-times.ts';
import type { ReportedGroup } from '../../store/times.ts';
import { FirstSteps, readBeginnings } from '../first-steps.tsx';
import { Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { mayAct, mostOffered, NeedsSomeone } from '../needs-someone.tsx';
import { shownWeeks, Today, Weeks } from '../overview-figures.tsx';
import { doneOf } from '../parts.tsx';
import { readProblems } from '../problems.ts';
import { type AdminRoute, everybody, look, type Visit } from '../route.ts';

const done: Record<string, string> = {
  resent: 'It is sent again.',
  'resent-later': 'It is sent again once their quiet hours are over.',
  'was-resent': 'It was sent again by that way before.',
  assigned: 'The order is assigned, and its assignee is being told.',
  'assigned-untold': 'The order is assigned, but its assignee could not be told.',
  saved: 'Nothing was changed: they have the order already.',
  acknowledged: 'The order is acknowledged for its assignee.',
  responded: 'The alert is claimed. Those who were told hear who is going.',
};

/** What needs somebody now, and how the day and the last weeks went. */
export const overviewRoutes = (deps: Deps): AdminRoute[] => {
  const showOverview = async (visit: Visit) => {
    const now = deps.now();
    const today = startOfDay(dayOf(now, visit.zone), visit.zone);
    const zone = visit.tenant.timeZone;
    // What stays up to date is read again and again; the weeks are not in it.
    const isLive = visit.c.req.header('accept') === 'text/event-stream';
    const [problems, beginnings, people, figures, answered, weeks] = await look(deps, visit, (tx) =>
      Promise.all([
        readProblems(tx, zone, { enabled: deps.enabled, now }),
        readBeginnings(tx),
        mayAct(visit) ? tx.overview.people(mostOffered + 1) : [],
        tx.overview.today(today),
        today < now ? tx.times.report({ from: today, to: now }, { ...all, limit: 2 }) : [],
        isLive
          ? []
          : tx.times.report(stretchOf({ from: { on: firstDay(now, zone) } }, zone, now), {
              ...all,
              limit: shownWeeks + 1,
            }),
      ]),
    );
    return show(
      visit,
      <Page visit={visit} title="Overview" done={doneOf(visit, done)}>
        <Live id="needs-someone">
          {problems.length === 0 && !(beginnings.hasSender && beginnings.hasPeople) ? (
            <FirstSteps {...{ visit, ...beginnings }} />
          ) : (
            <NeedsSomeone {...{ visit, problems, people, now }} />
          )}
        </Live>
        <Live id="today">
          <Today figures={figures} answered={answered} zone={visit.zone} />
        </Live>
        {!isLive && <Weeks weeks={weeksOf(now, zone).map((week) => [week, figuresOf(weeks, week)])} />}
      </Page>,
    );
  };
  return [{ method: 'get', path: '/', for: everybody, handle: showOverview, liveMs: 5000 }];
};

const all = { by: 'week', severity: null, after: null } as const;

const monday = (now: Date, zone: string) => DateTime.fromJSDate(now, { zone }).startOf('week');

const firstDay = (now: Date, zone: string) =>
  monday(now, zone)
    .minus({ weeks: shownWeeks - 1 })
    .toISODate()!;

/** As the report names them. */
const weeksOf = (now: Date, zone: string): string[] =>
  Array.from({ length: shownWeeks }, (_, index) =>
    monday(now, zone)
      .minus({ weeks: shownWeeks - 1 - index })
      .toFormat("kkkk-'W'WW"),
  );

const figuresOf = (groups: ReportedGroup[], week: string) =>
  groups.find(({ group }) => group === week)?.figures.raisedToAnswered ?? null;
