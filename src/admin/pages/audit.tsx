import { DateTime } from 'luxon';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import type { AuditEntry, AuditFilter } from '../../store/audit.ts';
import { auditActions, isAuditAction } from '../audit-actions.ts';
import { Field } from '../fields.tsx';
import { Moment, Page, show } from '../frame.tsx';
import { type AdminRoute, look, type Visit } from '../route.ts';

const pageSize = 50;
const userId = z.uuid();

/** Who changed what, when and from where. What came over the API is in the events. */
export const auditRoutes = (deps: Deps): AdminRoute[] => [
  {
    method: 'get',
    path: '/audit',
    for: ['administrator', 'auditor'],
    handle: async (visit: Visit) => {
      const asked = readAsked(visit);
      const { entries, people } = await look(deps, visit, async (tx) => ({
        entries: await tx.audit.list(filterOf(asked, visit.zone), {
          before: Number(asked.before) || null,
          limit: pageSize + 1,
        }),
        people: await tx.panelUsers.list({ after: null, limit: 500 }),
      }));
      return show(visit, <Audit {...{ visit, asked, entries, people }} />);
    },
  },
];

type Asked = { action: string; user: string; from: string; to: string; before: string };

const readAsked = ({ c }: Visit): Asked => {
  const one = (name: string) => c.req.query(name) ?? '';
  const day = (text: string) =>
    DateTime.fromISO(text).isValid && /^\d{4}-\d\d-\d\d$/.test(text) ? text : '';
  return {
    action: isAuditAction(one('action')) ? one('action') : '',
    user: userId.safeParse(one('user')).success ? one('user') : '',
    from: day(one('from')),
    to: day(one('to')),
    before: /^\d{1,15}$/.test(one('before')) ? one('before') : '',
  };
};

/** Days are the reader's, the last one included. */
const filterOf = ({ action, user, from, to }: Asked, zone: string): AuditFilter => ({
  ...(action ? { action } : {}),
  ...(user ? { userId: user } : {}),
  ...(from ? { since: DateTime.fromISO(from, { zone }).toJSDate() } : {}),
  ...(to ? { until: DateTime.fromISO(to, { zone }).plus({ days: 1 }).toJSDate() } : {}),
});

type Person = { id: string; name: string; email: string };

const Audit = (props: { visit: Visit; asked: Asked; entries: AuditEntry[]; people: Person[] }) => {
  const { visit, asked, people } = props;
  const entries = props.entries.slice(0, pageSize);
  const query = ({ ...changed }: Partial<Asked>) =>
    `/admin/audit?${new URLSearchParams(Object.entries({ ...asked, ...changed }).filter(([, value]) => value))}`;
  return (
    <Page visit={visit} title="Audit">
      <FilterForm asked={asked} people={people} />
      <section class="card" aria-label="Entries">
        {entries.length === 0 ? (
          <p>Nothing that fits.</p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr>
                  <td>
                    <Moment at={entry.at} zone={visit.zone} />
                  </td>
                  <td data-label="who:">{entry.userName}</td>
                  <td data-label="what:">
                    {isAuditAction(entry.action) ? auditActions[entry.action] : entry.action}
                    {entry.subject ? `: ${entry.subject}` : ''}
                    <Details details={entry.details} />
                  </td>
                  <td data-label="from:">{entry.address}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {props.entries.length > pageSize && (
          <p>
            <a href={query({ before: String(entries.at(-1)!.seq) })}>Older</a>
          </p>
        )}
      </section>
    </Page>
  );
};

const Details = ({ details }: { details: Record<string, unknown> }) => {
  const parts = Object.entries(details).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return parts.length === 0 ? null : (
    <>
      <br />
      <span class="soft">{parts.join(', ')}</span>
    </>
  );
};

const FilterForm = ({ asked, people }: { asked: Asked; people: Person[] }) => (
  <form method="get" action="/admin/audit" class="card row">
    <p class="field">
      <label for="action">What</label>
      <select id="action" name="action">
        <option value="">everything</option>
        {Object.entries(auditActions).map(([action, label]) => (
          <option value={action} selected={action === asked.action}>
            {label}
          </option>
        ))}
      </select>
    </p>
    <p class="field">
      <label for="user">Who</label>
      <select id="user" name="user">
        <option value="">everybody</option>
        {people.map(({ id, name, email }) => (
          <option value={id} selected={id === asked.user}>
            {name} ({email})
          </option>
        ))}
      </select>
    </p>
    <Field {...{ label: 'From', name: 'from', type: 'date', value: asked.from }} />
    <Field {...{ label: 'To', name: 'to', type: 'date', value: asked.to }} />
    <button type="submit">Show</button>
  </form>
);
