import type { Child } from 'hono/jsx';
import { DateTime } from 'luxon';
import type { AuditEntry } from '../store/audit.ts';
import type { ListedEvent } from '../store/events.ts';
import type { ListedMessage } from '../store/messages.ts';
import type { Tx } from '../store/store.ts';
import { type AuditAction, auditActions, isAuditAction } from './audit-actions.ts';
import { sayEvent, sayStatus } from './event-words.ts';
import { Badge, Moment } from './frame.tsx';
import { kindWords, wayWords } from './message-words.ts';
import { whatHappened } from './plain-words.ts';
import type { Visit } from './route.ts';

const pageSize = 60;

type Entry = { at: Date } & ({ event: ListedEvent } | { message: ListedMessage } | { audited: AuditEntry });

export type History = {
  entries: Entry[];
  /** Names of the people in it, by their external ids. */
  names: Map<string, string>;
  /** Where what happened before begins; null: there is nothing before. */
  earlier: Date | null;
  /** Null: up to now. */
  before: Date | null;
};

/** What happened to an order or an alert: the newest of it, or of what was before a moment. */
export const readHistory = async (
  tx: Tx,
  subject: { workOrderId: string } | { alertId: string },
  audited: { subject: string; actions: AuditAction[] },
  before: Date | null,
): Promise<History> => {
  const page = { before, limit: pageSize + 1 };
  const events = await tx.events.about(subject, page);
  const messages = await tx.messages.about(subject, page);
  const entries: Entry[] = [
    ...events.map((event) => ({ at: event.at, event })),
    ...messages.map((message) => ({ at: message.createdAt, message })),
    ...(await tx.audit.about(audited.subject, audited.actions, page)).map((entry) => ({
      at: entry.at,
      audited: entry,
    })),
  ].sort((a, b) => b.at.getTime() - a.at.getTime());
  const last = entries[pageSize - 1];
  // What happened at the same moment stays together: the next page begins before it.
  const shown = last ? entries.filter(({ at }) => at >= last.at) : entries;
  const keys = [
    ...events.flatMap(({ actor, data }) => [actor.id ?? '', ...peopleIn(data)]),
    ...messages.map(({ technician }) => technician ?? ''),
  ].filter(Boolean);
  const people = await tx.technicians.findMany([...new Set(keys)]);
  return {
    entries: shown,
    names: new Map(people.map(({ externalId, name }) => [externalId, name])),
    earlier: last && shown.length < entries.length ? last.at : null,
    before,
  };
};

const peopleIn = (data: Record<string, unknown>): string[] =>
  [data.assignee, data.technician, data.takenBy, data.told]
    .flat()
    .filter((key): key is string => typeof key === 'string');

/** The moment a page of the past was asked for; null: none. */
export const readBefore = ({ c }: Visit): Date | null => {
  const asked = DateTime.fromISO(c.req.query('before') ?? '', { zone: 'utc' });
  return asked.isValid && asked.year > 1970 && asked.year < 9999 ? asked.toJSDate() : null;
};

/** Newest first: who did what, and what became of every message. */
export const Timeline = ({ visit, history, path }: { visit: Visit; history: History; path: string }) => {
  const { entries, earlier, before, names } = history;
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      {before && (
        <p>
          Before <Moment at={before} zone={visit.zone} />. <a href={path}>The newest</a>
        </p>
      )}
      {entries.length === 0 && <p>Nothing yet.</p>}
      <ol class="timeline">
        {entries.map((entry) => (
          <li>
            <p class="soft">
              <Moment at={entry.at} zone={visit.zone} />
            </p>
            {'event' in entry ? (
              <Event event={entry.event} names={names} />
            ) : 'message' in entry ? (
              <Message visit={visit} message={entry.message} names={names} />
            ) : (
              <Audited entry={entry.audited} />
            )}
          </li>
        ))}
      </ol>
      {earlier && (
        <p>
          <a href={`${path}?before=${encodeURIComponent(earlier.toISOString())}`}>Earlier</a>
        </p>
      )}
    </section>
  );
};

type Names = Map<string, string>;

const Event = ({ event, names }: { event: ListedEvent; names: Names }) => {
  const { what, quote } = sayEvent(event, (key) => names.get(key) ?? key);
  const who = whoDid(event, names);
  return (
    <>
      <p>
        <b>{what}</b>
        {who && `, by ${who}`}
      </p>
      {quote && <Quote>{quote}</Quote>}
    </>
  );
};

const whoDid = ({ actor }: ListedEvent, names: Names): string | null => {
  switch (actor.kind) {
    case 'technician':
      return names.get(actor.id ?? '') ?? actor.id ?? 'a technician';
    case 'admin':
      return `${actor.id ?? 'somebody'} in this panel`;
    case 'cmms':
      return 'the CMMS';
    default:
      return null;
  }
};

const Audited = ({ entry }: { entry: AuditEntry }) => (
  <p>
    <b>{isAuditAction(entry.action) ? auditActions[entry.action] : entry.action}</b>
    {typeof entry.details.fields === 'string' ? `: ${entry.details.fields}` : ''}, by {entry.userName} in this
    panel
  </p>
);

const Message = ({ visit, message, names }: { visit: Visit; message: ListedMessage; names: Names }) => {
  const { direction, technician, way, kind, text, timeline } = message;
  const person = technician === null ? 'an unknown number' : (names.get(technician) ?? technician);
  const { tone, word, why, todo } = whatHappened(message);
  const [first] = timeline;
  return (
    <>
      <p>
        {direction === 'in' ? `${person} wrote` : `To ${person}`} by {wayWords[way]}
        {kind && direction === 'out' ? `: ${kindWords[kind] ?? kind}` : ''} <Badge tone={tone}>{word}</Badge>{' '}
        <a
          href={`/admin/messages/${message.id}`}
          aria-label={`details: the message ${direction === 'in' ? 'from' : 'to'} ${person}`}
        >
          details
        </a>
      </p>
      {text && <Quote>{text.length > mostShown ? `${text.slice(0, mostShown)}…` : text}</Quote>}
      {why && <p class={tone === 'bad' ? 'bad' : 'soft'}>{why}</p>}
      {todo && <p>{todo}</p>}
      {direction === 'out' && first && (
        <p class="soft">
          {timeline.slice(0, mostSteps).map(({ status, at }, place) => (
            <>
              {place > 0 && ' → '}
              {sayStatus(status)} <Clock at={at} from={first.at} zone={visit.zone} />
            </>
          ))}
        </p>
      )}
    </>
  );
};

const mostShown = 400;
const mostSteps = 20;

const Quote = ({ children }: { children?: Child }) => <blockquote>{children}</blockquote>;

/** To the second, with the day where it is another one. */
export const Clock = ({ at, from, zone }: { at: Date; from: Date; zone: string }) => {
  const moment = DateTime.fromJSDate(at, { zone }).setLocale('en');
  const isSameDay = moment.hasSame(DateTime.fromJSDate(from, { zone }), 'day');
  return (
    <time datetime={at.toISOString()}>{moment.toFormat(isSameDay ? 'HH:mm:ss' : 'LLL d, HH:mm:ss')}</time>
  );
};
