import type { Deps } from '../../deps.ts';
import { ways } from '../../domain/message.ts';
import { describeFault } from '../../log.ts';
import type { FoundMessages, ListedMessage } from '../../store/messages.ts';
import type { Tx } from '../../store/store.ts';
import { Choice, Field } from '../fields.tsx';
import { Badge, Moment, Page, show } from '../frame.tsx';
import { messagesAsCsv } from '../message-csv.ts';
import { type AskedMessages, addressOf, type ReadSearch, readAsked, readSearch } from '../message-query.ts';
import { asItStands, wayWords } from '../message-words.ts';
import { alertPath, orderPath, technicianPath } from '../paths.ts';
import { statusWords, whatHappened } from '../plain-words.ts';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';

const pageSize = 50;
const exportedAtOnce = 500;

/** The log of messages: searched, and taken along as a spreadsheet. */
export const messageListRoutes = (deps: Deps): AdminRoute[] => [
  {
    method: 'get',
    path: '/messages',
    for: everybody,
    handle: async (visit) => {
      const asked = readAsked(visit);
      const { read, found } = await look(deps, visit, async (tx) => {
        const read = await readSearch(tx, asked, visit);
        const isClear = read.faults.length === 0 && read.people.length === 0;
        return { read, found: isClear ? await findSome(tx, read) : null };
      });
      return show(visit, <Messages {...{ visit, asked, read, found }} />, read.faults.length > 0 ? 422 : 200);
    },
  },
  {
    method: 'get',
    path: '/messages.csv',
    for: everybody,
    handle: async (visit) => {
      const asked = { ...readAsked(visit), before: '' };
      const read = await change(deps, visit, async (tx, note) => {
        const read = await readSearch(tx, asked, visit);
        if (read.faults.length > 0 || read.people.length > 0) return read;
        note('messages.exported', null, read.noted);
        return read;
      });
      if (read.faults.length > 0 || read.people.length > 0)
        return show(visit, <Messages {...{ visit, asked, read, found: null }} />, 422);
      const readPage = async (before: number | null) => {
        try {
          return await look(deps, visit, (tx) =>
            tx.messages.search(read.search, { before, limit: exportedAtOnce }),
          );
        } catch (error) {
          // The browser is told by the connection that breaks off.
          deps.log.error({ event: 'messages.export', ...describeFault(error as Error) });
          throw error;
        }
      };
      const day = deps.now().toISOString().slice(0, 10);
      return visit.c.body(messagesAsCsv(readPage, visit.zone), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="messages-${day}.csv"`,
      });
    },
  },
];

/** Each statement is of bounded effort; where nothing fits, some follow each other. */
const findSome = async (tx: Tx, { search, before }: ReadSearch): Promise<FoundMessages> => {
  let found = await tx.messages.search(search, { before, limit: pageSize });
  for (let more = 4; more > 0 && found.stoppedAt && found.messages.length === 0; more--)
    found = await tx.messages.search(search, { before: found.next, limit: pageSize });
  return found;
};

type Shown = { visit: Visit; asked: AskedMessages; read: ReadSearch; found: FoundMessages | null };

const Messages = ({ visit, asked, read, found }: Shown) => (
  <Page visit={visit} title="Messages" faults={read.faults}>
    <SearchForm asked={asked} />
    {read.people.length > 0 && <People asked={asked} people={read.people} />}
    {found && <Found {...{ visit, asked, found }} />}
  </Page>
);

const any = ['', 'any'] as const;

const SearchForm = ({ asked }: { asked: AskedMessages }) => {
  const { order, alert, direction, way, from, to } = asked;
  const isNarrow = [order, alert, direction, way, from, to].some((each) => each !== '');
  return (
    <form method="get" action="/admin/messages" class="card message-search">
      <div class="several">
        <Field {...{ label: 'Text', name: 'text', value: asked.text, hint: 'Every word must be in it.' }} />
        <Field
          {...{
            label: 'Person',
            name: 'person',
            value: asked.person,
            hint: 'Id, phone or part of the name.',
          }}
        />
        <Choice
          {...{ label: 'Status', name: 'status', value: asked.status, options: [any, ...statusWords] }}
        />
        <Field
          {...{ label: 'Error code', name: 'error', value: asked.error, hint: "The provider's, as 63016." }}
        />
      </div>
      <details open={isNarrow}>
        <summary>By order, alert, way or time</summary>
        <div class="several">
          <Field {...{ label: 'Work order', name: 'order', value: order }} />
          <Field {...{ label: 'Alert', name: 'alert', value: alert }} />
          <Choice
            {...{ label: 'Direction', name: 'direction', value: direction }}
            options={[any, ['out', 'to people'], ['in', 'from people']]}
          />
          <Choice
            {...{ label: 'Way', name: 'way', value: way }}
            options={[any, ...ways.map((each) => [each, wayWords[each]] as const)]}
          />
          <Field
            {...{ label: 'From', name: 'from', type: 'datetime-local', value: atMinute(from, '00:00') }}
          />
          <Field {...{ label: 'To', name: 'to', type: 'datetime-local', value: atMinute(to, '23:59') }} />
        </div>
      </details>
      <div class="actions">
        <button type="submit">Search</button>
        <a class="button quiet" href={addressOf('/admin/messages.csv', asked, { before: '' })}>
          Export as CSV
        </a>
      </div>
    </form>
  );
};

// A day in an address is as good; the field wants a time with it.
const atMinute = (typed: string, time: string) =>
  /^\d{4}-\d\d-\d\d$/.test(typed) ? `${typed}T${time}` : typed;

const People = ({ asked, people }: { asked: AskedMessages; people: ReadSearch['people'] }) => (
  <section class="card" aria-labelledby="who">
    <h2 id="who">Who is meant?</h2>
    <ul>
      {people.map(({ externalId, name }) => (
        <li>
          <a href={addressOf('/admin/messages', asked, { person: externalId, before: '' })}>
            {name} ({externalId})
          </a>
        </li>
      ))}
    </ul>
  </section>
);

const Found = ({ visit, asked, found }: { visit: Visit; asked: AskedMessages; found: FoundMessages }) => {
  const { messages, next, stoppedAt } = found;
  const further = next === null ? null : addressOf('/admin/messages', asked, { before: String(next) });
  return (
    <section class="card messages" aria-label="Messages found">
      <p class="soft">
        {asked.before ? 'Older ones, newest first. ' : 'Newest first. '}
        {stoppedAt ? (
          <>
            Looked through what came after <Moment at={stoppedAt} zone={visit.zone} />. There may be more
            before: give a time, or search further back.
          </>
        ) : (
          next === null && 'There are no older ones.'
        )}
      </p>
      {messages.length === 0 ? (
        <p>Nothing that fits{stoppedAt ? ' so far' : ''}.</p>
      ) : (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">Message</th>
              <th scope="col">About</th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            {messages.map((message) => (
              <Row visit={visit} message={message} />
            ))}
          </tbody>
        </table>
      )}
      {further && (
        <p>
          <a href={further}>{stoppedAt ? 'Search further back' : 'Older'}</a>
        </p>
      )}
    </section>
  );
};

const Row = ({ visit, message }: { visit: Visit; message: ListedMessage }) => {
  const { id, direction, way, workOrders, alert } = message;
  const { tone, word, why } = whatHappened(asItStands(message));
  return (
    <tr>
      <td>
        <Moment at={message.createdAt} zone={visit.zone} />
      </td>
      <td data-label="who:">
        {direction === 'in' ? 'from' : 'to'} <Person message={message} />
        <br />
        <span class="soft">{wayWords[way]}</span>
      </td>
      <td>
        <a href={`/admin/messages/${id}`}>{clip(message.text)}</a>
      </td>
      <td data-label="about:">
        <About workOrders={workOrders} alert={alert} />
      </td>
      <td>
        <Badge tone={tone}>{word}</Badge>
        {(tone === 'bad' || message.failedForNow) && why && (
          <>
            <br />
            <span class="soft">{why}</span>
          </>
        )}
      </td>
    </tr>
  );
};

export const Person = ({ message }: { message: ListedMessage }) =>
  message.technician === null ? (
    <>somebody not registered</>
  ) : (
    <a href={technicianPath(message.technician)}>{message.technicianName}</a>
  );

export const About = ({ workOrders, alert }: Pick<ListedMessage, 'workOrders' | 'alert'>) => {
  const links = [
    ...workOrders.map((number) => [orderPath(number), number] as const),
    ...(alert === null ? [] : [[alertPath(alert), alert] as const]),
  ];
  return links.length === 0 ? (
    <>–</>
  ) : (
    <span>
      {links.map(([href, name], index) => (
        <>
          {index > 0 && ', '}
          <a href={href}>{name}</a>
        </>
      ))}
    </span>
  );
};

const mostShown = 140;

const clip = (text: string | null): string => {
  const flat = (text ?? '').replace(/\s+/g, ' ').trim();
  if (flat === '') return '(no text)';
  return flat.length > mostShown ? `${flat.slice(0, mostShown)}…` : flat;
};
