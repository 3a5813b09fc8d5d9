import type { Deps } from '../../deps.ts';
import { readPhone, variantsOf } from '../../domain/phone.ts';
import { type ListedTechnician, technicianRoles } from '../../store/technicians.ts';
import { Choice, Field } from '../fields.tsx';
import { Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { technicianPath } from '../paths.ts';
import { type AdminRoute, everybody, look, type Visit } from '../route.ts';
import { Badges, LastSeen, mayEdit, type Shown, Window, withTroubles } from '../technician.tsx';

const pageSize = 50;

const done: Record<string, string> = { imported: 'Imported.' };

/** The technicians, searched by who they are. */
export const technicianListRoutes = (deps: Deps): AdminRoute[] => [
  { method: 'get', path: '/technicians', for: everybody, handle: (visit) => list(deps, visit) },
];

type Asked = { q: string; role: string; state: string; after: string };

const readQuery = ({ c }: Visit): Asked => {
  // Postgres takes no NUL in a text.
  const read = (name: string) => (c.req.query(name) ?? '').replaceAll('\0', '').trim().slice(0, 200);
  return { q: read('q'), role: read('role'), state: read('state'), after: read('after') };
};

/** What of a phone was typed, in whatever spelling; null for what is none. */
const digitsIn = (typed: string): string | null => {
  const digits = typed.replace(/\D/g, '').replace(/^0+/, '');
  return /^[\d\s()+./-]+$/.test(typed) && digits.length >= 3 ? digits : null;
};

const list = async (deps: Deps, visit: Visit) => {
  const asked = readQuery(visit);
  const { found, isEmpty } = await look(deps, visit, async (tx) => {
    const spelled = asked.q === '' ? null : readPhone(asked.q, visit.tenant.defaultCountry);
    const phones = spelled === null ? [] : variantsOf(spelled);
    const wanted = {
      text: asked.q || null,
      digits: digitsIn(asked.q),
      ids: [
        ...(await tx.technicians.addressOwners('whatsapp', phones)),
        ...(await tx.technicians.addressOwners('sms', phones)),
      ],
      role: technicianRoles.find((role) => role === asked.role) ?? null,
      active: asked.state === 'all' ? null : asked.state !== 'left',
    };
    const page = { after: asked.after || null, limit: pageSize + 1 };
    const found = await withTroubles(tx, await tx.technicians.search(wanted, page));
    const isEmpty = found.length === 0 && (await tx.technicians.list({ after: null, limit: 1 })).length === 0;
    return { found, isEmpty };
  });
  return show(visit, <Technicians {...{ visit, asked, found, isEmpty, now: deps.now() }} />);
};

type Props = {
  visit: Visit;
  asked: Asked;
  found: Shown[];
  /** Nobody is registered at all. */
  isEmpty: boolean;
  now: Date;
};

const Technicians = (props: Props) => {
  const { visit, asked, isEmpty, now } = props;
  const found = props.found.slice(0, pageSize);
  const more = new URLSearchParams({
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== '')),
    after: found.at(-1)?.externalId ?? '',
  });
  return (
    <Page visit={visit} title="Technicians" done={doneOf(visit, done)}>
      <form class="card row" method="get" action="/admin/technicians">
        <Field
          {...{ label: 'Name, external id or phone', name: 'q', type: 'search' }}
          {...{ value: asked.q, maxlength: 200 }}
        />
        <Choice
          {...{ label: 'Role', name: 'role', value: asked.role }}
          options={[['', 'Every role'], ...technicianRoles.map((role) => [role, role] as const)]}
        />
        <Choice
          {...{ label: 'Who', name: 'state', value: asked.state }}
          options={[
            ['', 'Who works here'],
            ['left', 'Who left'],
            ['all', 'Everybody'],
          ]}
        />
        <button type="submit">Show</button>
      </form>
      <p class="row">
        {mayEdit(visit) && (
          <>
            <a class="button quiet" href="/admin/technicians/-/new">
              Add a technician
            </a>
            <a class="button quiet" href="/admin/technicians/-/import">
              Import from CSV
            </a>
          </>
        )}
        <a class="button quiet" href="/admin/technicians/-/conflicts">
          Conflicts
        </a>
      </p>
      <section class="card" aria-label="Technicians found">
        {found.length === 0 ? (
          <p>
            {isEmpty
              ? `Nobody is registered yet.${mayEdit(visit) ? ' Add somebody, or import a list.' : ''}`
              : 'Nobody fits.'}
          </p>
        ) : (
          <table class="list people">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Phone</th>
                <th scope="col">Role</th>
                <th scope="col">WhatsApp window</th>
                <th scope="col">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <tr class={each.active ? '' : 'off'}>
                  <td>
                    <a href={technicianPath(each.externalId)}>
                      <b>{each.name || 'Erased'}</b>
                    </a>{' '}
                    <Badges of={each} />
                    <br />
                    <span class="soft">{each.externalId}</span>
                  </td>
                  <td data-label="phone:">{phoneOf(each) ?? 'none'}</td>
                  <td data-label="role:">{each.role}</td>
                  <td data-label="window:">
                    <Window of={each} now={now} visit={visit} />
                  </td>
                  <td data-label="last seen:">
                    <LastSeen of={each} visit={visit} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {props.found.length > pageSize && (
          <p>
            <a href={`/admin/technicians?${more}`}>More</a>
          </p>
        )}
      </section>
    </Page>
  );
};

const phoneOf = ({ phone, addresses }: ListedTechnician): string | null =>
  phone ?? addresses.find(({ active, kind }) => active && kind !== 'whatsapp-user-id')?.value ?? null;
