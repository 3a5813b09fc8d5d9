import type { ProblemKind } from '../domain/needs-someone.ts';
import { Badge, Form, Moment } from './frame.tsx';
import { wayWords } from './message-words.ts';
import { alertPath, orderPath } from './paths.ts';
import type { Help, readProblems, Shown } from './problems.ts';
import type { Visit } from './route.ts';

/** More people than this are not offered in every row. */
export const mostOffered = 50;

type People = { externalId: string; name: string }[];
type Problems = Awaited<ReturnType<typeof readProblems>>;

export const mayAct = (visit: Visit) => visit.user.role !== 'auditor';

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

/** What needs somebody now, and beside each what helps. */
export const NeedsSomeone = (props: { visit: Visit; problems: Problems; people: People; now: Date }) => {
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
        {whose && <span class="soft line">{whose}</span>}
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

const HelpButton = (props: { visit: Visit; people: People; help: Help | null; what: string }) => {
  const { visit, people, help, what } = props;
  if (!help) return null;
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
      <Action visit={visit} path={`/admin/messages/${help.messageId}/resend`}>
        <input type="hidden" name="way" value={help.way} />
        <button type="submit" aria-label={`${text}: ${what}, to ${help.whom}`}>
          {text}
        </button>
      </Action>
    );
  }
  if (help.do === 'acknowledge') {
    return (
      <Action visit={visit} path={`${orderPath(help.number)}/acknowledge`}>
        <AsSeen version={help.version} />
        <button type="submit" aria-label={`Acknowledge for ${help.whom}: ${what}`}>
          Acknowledge for {help.whom}
        </button>
      </Action>
    );
  }
  const isOrder = help.do === 'assign';
  const offered = isOrder ? people.filter(({ externalId }) => externalId !== help.butNot) : people;
  const place = isOrder ? orderPath(help.number) : alertPath(help.externalId);
  const text = isOrder ? 'Assign' : 'They go';
  if (offered.length === 0 || people.length > mostOffered) {
    return (
      <a
        class="button quiet"
        href={place}
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
    <Form visit={visit} action={path}>
      <input type="hidden" name="back" value="/admin" />
      {children as never}
    </Form>
  </div>
);
