import { DateTime } from 'luxon';
import type { Deps } from '../../deps.ts';
import { dayOf, startOfDay } from '../../domain/dates.ts';
import type { ProblemKind } from '../../domain/needs-someone.ts';
import { stretchOf } from '../../domain/response-times.ts';
import type { TodaysFigures } from '../../store/overview.ts';
import type { ReportedGroup } from '../../store/times.ts';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { doneOf } from '../parts.tsx';
import { type Help, readProblems, type Shown, wayWords } from '../problems.ts';
import { type AdminRoute, everybody, look, type Visit } from '../route.ts';

/** More people than this are not offered in every row. */
const mostOffered = 50;
const shownWeeks = 8;

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

type People = { externalId: string; name: string }[];
type Problems = Awaited<ReturnType<typeof readProblems>>;

/** What needs somebody now, and how the day and the last weeks went. */
export const overviewRoutes = (deps: Deps): AdminRoute[] => {
  const showOverview = async (visit: Visit) => {
    const now = deps.now();
    const today = startOfDay(dayOf(now, visit.zone), visit.zone);
    const zone = visit.tenant.timeZone;
    // What stays up to date is read again and again; the weeks are not in it.
    const isLive = visit.c.req.header('accept') === 'text/event-stream';
    const [problems, people, figures, answered, weeks] = await look(deps, visit, (tx) =>
      Promise.all([
        readProblems(tx, zone, { enabled: deps.enabled, now }),
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
          <NeedsSomeone {...{ visit, problems, people, now }} />
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

const mayAct = (visit: Visit) => visit.user.role !== 'auditor';

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

const sections: Record<ProblemKind, { title: string; about: string; rest: string | null }> = {
  'switched-off': {
    title: 'The service is switched off',
    about: 'As long as that is so, nothing is sent.',
    rest: null,
  },
  channel: {
    title: 'Messages cannot leave',
    about: 'As long as that is so, nobody is told anything by this way.',
    rest: null,
  },
  alert: {
    title: 'Alerts nobody goes to',
    about: 'Ask somebody, then say here who goes: the others are told.',
    rest: '/admin/alerts',
  },
  call: {
    title: 'Calls for help nobody took',
    about: 'A technician has asked for somebody or something. Call them, or give the order to somebody else.',
    rest: '/admin/work-orders',
  },
  unreached: {
    title: 'Nobody was reached',
    about: 'They have an order and do not know of it.',
    rest: '/admin/work-orders',
  },
  late: {
    title: 'Late',
    about: 'The due time is over and the order is not done.',
    rest: '/admin/work-orders',
  },
  unacknowledged: {
    title: 'Not acknowledged',
    about:
      'They were told and have not said that they have it. If they have told you, acknowledge it for them.',
    rest: '/admin/work-orders',
  },
  unread: {
    title: 'Not read',
    about: 'The notice has left, and nothing says that anybody has seen it.',
    rest: '/admin/work-orders',
  },
  unanswered: {
    title: 'Not answered',
    about: 'Somebody wrote and waits.',
    rest: '/admin/messages?direction=in',
  },
  failed: {
    title: 'Not delivered',
    about: 'These reached their people in no way.',
    rest: '/admin/messages?status=failed',
  },
  template: {
    title: 'Templates in trouble',
    about: 'Whoever has not written for 24 hours can be sent approved templates only.',
    rest: '/admin/settings/templates',
  },
  webhook: {
    title: 'Webhook endpoints switched off',
    about: 'Another system no longer hears what happens here.',
    rest: '/admin/settings/webhook-endpoints',
  },
};

const NeedsSomeone = (props: { visit: Visit; problems: Problems; people: People; now: Date }) => {
  const { visit, problems, people, now } = props;
  if (problems.length === 0) {
    return (
      <section class="card calm" aria-labelledby="needs">
        <h2 id="needs">Nothing needs anyone now</h2>
        <p class="soft">
          Everybody was reached, nothing is late, every alert has somebody. This page stays up to date by
          itself.
        </p>
      </section>
    );
  }
  return (
    <div class="needs">
      <h2>What needs someone now</h2>
      {problems.map((section) => (
        <Section {...{ visit, people, now }} {...section} />
      ))}
    </div>
  );
};

const Section = (props: Problems[number] & { visit: Visit; people: People; now: Date }) => {
  const { kind, problems, more, visit, people, now } = props;
  const { title, about, rest } = sections[kind];
  return (
    <section class="card" aria-labelledby={`needs-${kind}`}>
      <h3 id={`needs-${kind}`}>
        {title} <Badge tone="bad">{more ? `${problems.length}+` : problems.length}</Badge>
      </h3>
      <p class="soft">{about}</p>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Why</th>
            <th scope="col">For how long</th>
            {mayAct(visit) && <th scope="col">What helps</th>}
          </tr>
        </thead>
        <tbody>
          {problems.map((problem) => (
            <Row {...{ visit, problem, people, now }} />
          ))}
        </tbody>
      </table>
      {more && rest && (
        <p>
          There are more. <a href={rest}>See them all</a>
        </p>
      )}
    </section>
  );
};

const Row = (props: { visit: Visit; problem: Shown; people: People; now: Date }) => {
  const { visit, problem, people, now } = props;
  const { what, href, whose, why, since, help } = problem;
  return (
    <tr>
      <td>
        <b>{href ? <a href={href}>{what}</a> : what}</b>
        {whose && (
          <>
            <br />
            <span class="soft">{whose}</span>
          </>
        )}
      </td>
      <td>{why}</td>
      <td data-label="for:">
        {since ? lasted(now.getTime() - since.getTime()) : 'not known'}
        {since && (
          <>
            <br />
            <span class="soft">
              since <Moment at={since} zone={visit.zone} />
            </span>
          </>
        )}
      </td>
      {mayAct(visit) && (
        <td>
          <HelpButton {...{ visit, people, help, what }} />
        </td>
      )}
    </tr>
  );
};

const lasted = (ms: number): string => {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return counted(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
};

const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;

const HelpButton = (props: { visit: Visit; people: People; help: Help; what: string }) => {
  const { visit, people, help, what } = props;
  if (help.do === 'see') {
    if (help.onlyAdministrators && visit.user.role !== 'administrator') {
      return <span class="soft">An administrator can mend it.</span>;
    }
    return (
      <a class="button quiet" href={help.href} aria-label={`${help.text}: ${what}`}>
        {help.text}
      </a>
    );
  }
  if (help.do === 'resend') {
    const text = help.another ? `Send by ${wayWords[help.way]}` : 'Send again';
    return (
      <Action visit={visit} path={`/messages/${help.messageId}/resend`}>
        <input type="hidden" name="way" value={help.way} />
        <button type="submit" aria-label={`${text}: ${what}, to ${help.whom}`}>
          {text}
        </button>
      </Action>
    );
  }
  if (help.do === 'acknowledge') {
    return (
      <Action visit={visit} path={`/work-orders/${encodeURIComponent(help.number)}/acknowledge`}>
        <AsSeen version={help.version} />
        <button type="submit" aria-label={`Acknowledge for ${help.whom}: ${what}`}>
          Acknowledge for {help.whom}
        </button>
      </Action>
    );
  }
  const isOrder = help.do === 'assign';
  const offered = isOrder ? people.filter(({ externalId }) => externalId !== help.butNot) : people;
  const place = isOrder
    ? `/work-orders/${encodeURIComponent(help.number)}`
    : `/alerts/${encodeURIComponent(help.externalId)}`;
  const text = isOrder ? 'Assign' : 'They go';
  if (offered.length === 0 || people.length > mostOffered) {
    return (
      <a
        class="button quiet"
        href={`/admin${place}`}
        aria-label={`${isOrder ? 'Give it to somebody' : 'Say who goes'}: ${what}`}
      >
        {isOrder ? 'Give it to somebody' : 'Say who goes'}
      </a>
    );
  }
  return (
    <Action visit={visit} path={`${place}/${isOrder ? 'assign' : 'respond'}`}>
      {help.do === 'assign' && <AsSeen version={help.version} />}
      <select
        name={isOrder ? 'assignee' : 'technician'}
        required
        aria-label={`${isOrder ? 'Who gets' : 'Who goes to'} ${what}`}
      >
        <option value="">{isOrder ? 'Give it to …' : 'Who goes?'}</option>
        {offered.map(({ externalId, name }) => (
          <option value={externalId}>{name}</option>
        ))}
      </select>{' '}
      <button type="submit" aria-label={`${text}: ${what}`}>
        {text}
      </button>
    </Action>
  );
};

/** Whoever has got it meanwhile is not acknowledged for. */
const AsSeen = ({ version }: { version: number }) => (
  <input type="hidden" name="version" value={String(version)} />
);

const Action = ({ visit, path, children }: { visit: Visit; path: string; children?: unknown }) => (
  <div class="actions">
    <Form visit={visit} action={`/admin${path}`}>
      <input type="hidden" name="back" value="/admin" />
      {children as never}
    </Form>
  </div>
);

const Today = ({
  figures,
  answered,
  zone,
}: {
  figures: TodaysFigures;
  answered: ReportedGroup[];
  zone: string;
}) => {
  const { sent, delivered, read, failed, heard, seconds, isPartial } = figures;
  const bars = [
    ['Sent', sent, sent],
    ['Delivered', delivered, sent],
    ['Read', read, sent],
    ['Failed', failed, sent + failed],
    ['Commands answered', figures.answered, heard],
  ] as const;
  const alerts = answered.reduce((sum, group) => sum + group.alerts, 0);
  const claimed = answered.reduce((sum, group) => sum + group.answered, 0);
  const took = answered.at(-1)?.figures.raisedToAnswered;
  return (
    <section class="card" aria-labelledby="today-title">
      <h2 id="today-title">Today</h2>
      <p class="soft">
        Since midnight in {zone}.
        {isPartial && ' There was so much that only the last 20,000 messages are counted.'}
      </p>
      <dl class="figures">
        {bars.map(([label, count, of]) => (
          <div>
            <dt>{label}</dt>
            <dd>
              {count.toLocaleString('en')}
              {of > 0 && of !== count && <span class="soft"> of {of.toLocaleString('en')}</span>}
              <Bar share={of > 0 ? count / of : 0} isBad={label === 'Failed'} />
            </dd>
          </div>
        ))}
      </dl>
      <p>
        {seconds
          ? `Half of the commands were answered within ${duration(seconds.p50)}, nine of ten within ${duration(seconds.p90)}.`
          : 'No command was answered yet.'}{' '}
        {alerts === 0
          ? 'No alert was raised.'
          : `Alerts raised: ${alerts}. Taken: ${claimed}${took ? `, half of them within ${duration(took.p50)}, nine of ten within ${duration(took.p90)}` : ''}.`}
      </p>
    </section>
  );
};

/** The number beside it says as much. */
const Bar = ({ share, isBad }: { share: number; isBad: boolean }) => (
  <svg class={isBad ? 'bar bad' : 'bar'} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="rail" width="100" height="4" />
    <rect width={(share * 100).toFixed(1)} height="4" />
  </svg>
);

const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
};

type Week = readonly [week: string, figures: { count: number; p50: number; p90: number } | null];

const Weeks = ({ weeks }: { weeks: Week[] }) => (
  <section class="card" aria-labelledby="weeks">
    <h2 id="weeks">How fast alerts are taken</h2>
    {weeks.every(([, figures]) => !figures) ? (
      <p class="soft">No alert was taken in the last {shownWeeks} weeks.</p>
    ) : (
      <>
        <p class="soft">
          From raising an alert until somebody says that they go, by week: half of the alerts on the left,
          nine of ten on the right.
        </p>
        <WeeksChart weeks={weeks} />
        <details>
          <summary>The same as a table</summary>
          <WeeksTable weeks={weeks} />
        </details>
      </>
    )}
  </section>
);

const chart = { height: 100, bar: 17, step: 44, label: 18 };

const WeeksChart = ({ weeks }: { weeks: Week[] }) => {
  const { height, bar, step, label } = chart;
  const longest = Math.max(...weeks.map(([, figures]) => figures?.p90 ?? 0), 1);
  const of = (seconds: number) => Math.max(2, (seconds / longest) * height);
  const spoken = weeks.flatMap(([week, figures]) =>
    figures
      ? `${week}: half within ${duration(figures.p50)}, nine of ten within ${duration(figures.p90)}`
      : [],
  );
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${weeks.length * step} ${height + label * 2}`}
      role="img"
      aria-label={`Time until an alert is taken. ${spoken.join('; ')}.`}
    >
      {weeks.map(([week, figures], index) => {
        const x = index * step + (step - bar * 2) / 2;
        return (
          <>
            {figures && (
              <>
                <rect class="p50" {...column(x, of(figures.p50))} />
                <rect class="p90" {...column(x + bar, of(figures.p90))} />
                <text x={String(x + bar)} y={String(label + height - of(figures.p90) - 4)}>
                  {duration(figures.p90)}
                </text>
              </>
            )}
            <text x={String(x + bar)} y={String(height + label * 2 - 4)}>
              {week.slice(5)}
            </text>
          </>
        );
      })}
    </svg>
  );
};

const column = (x: number, tall: number) => ({
  ...{ x: String(x), y: (chart.label + chart.height - tall).toFixed(1) },
  ...{ width: String(chart.bar), height: tall.toFixed(1) },
});

const WeeksTable = ({ weeks }: { weeks: Week[] }) => (
  <table class="list">
    <thead>
      <tr>
        <th scope="col">Week</th>
        <th scope="col">Alerts taken</th>
        <th scope="col">Half within</th>
        <th scope="col">Nine of ten within</th>
      </tr>
    </thead>
    <tbody>
      {weeks.map(([week, figures]) => (
        <tr>
          <td>{week}</td>
          <td data-label="alerts taken:">{figures?.count ?? 0}</td>
          <td data-label="half within:">{figures ? duration(figures.p50) : '–'}</td>
          <td data-label="nine of ten within:">{figures ? duration(figures.p90) : '–'}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
