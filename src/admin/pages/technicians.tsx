import { eraseTechnician, goOnErasing } from '../../cmms/erase-technician.ts';
import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { key, readFields, technicianShape } from '../../cmms/fields.ts';
import { readPreferences } from '../../cmms/preferences.ts';
import { saveTechnician } from '../../cmms/save-technician.ts';
import type { Deps } from '../../deps.ts';
import { readPhone, variantsOf } from '../../domain/phone.ts';
import { windowOpenUntil } from '../../domain/service-window.ts';
import type { WorkOrder } from '../../domain/work-order.ts';
import { describeFault } from '../../log.ts';
import type { Fault } from '../../store/notifications.ts';
import type { Tx } from '../../store/store.ts';
import { type ListedTechnician, technicianRoles } from '../../store/technicians.ts';
import { NotFound } from '../errors.tsx';
import { Choice, Field } from '../fields.tsx';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';
import type { PanelParts } from '../settings.ts';
import { editors, findShown, mayEdit, pathOf, type Shown, withTroubles } from '../technician.ts';
import {
  kindNames,
  noValues,
  readTechnicianForm,
  sayFault,
  TechnicianFields,
  type Values,
  valuesOf,
} from '../technician-form.tsx';

const pageSize = 50;
const mostOrders = 50;

const whyNotErased = {
  unconfirmed: 'Nothing was erased: type the external id exactly as it stands on this page.',
  'works-here': 'Nothing was erased: note first that they left.',
  'under-way':
    'Nothing was erased: something of theirs is still to be read or sent. Try again in a few minutes, once it is settled.',
};

// As long as somebody waits for a page.
const erasingMs = 5000;

const done: Record<string, string> = {
  imported: 'Imported.',
  saved: 'Saved.',
  left: "Noted that they left. Nothing reaches them any more, and what they write is answered as a stranger's.",
  returned: 'They are back.',
  erased: 'Their personal data is removed.',
  added: 'The technician is added. Next: enrol their phone, or have them write to us.',
};

/** The technicians: all of them, one, and what is changed about one by its form. */
export const technicianRoutes = (deps: Deps, parts: Pick<PanelParts, 'files'>): AdminRoute[] => {
  const showList = async (visit: Visit) => {
    const asked = readQuery(visit);
    const found = await look(deps, visit, async (tx) => {
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
      return withTroubles(tx, await tx.technicians.search(wanted, page));
    });
    return show(visit, <Technicians visit={visit} asked={asked} found={found} now={deps.now()} />);
  };

  const showOne = async (visit: Visit, shown: { typed?: Values; faults?: string[] } = {}) => {
    const found = await look(deps, visit, async (tx) => {
      const technician = await findShown(tx, visit);
      if (!technician) return null;
      return {
        technician,
        orders: await tx.workOrders.openOf(technician.id, mostOrders + 1),
        isBeingErased: await tx.erasure.goesOn(technician.id),
      };
    });
    if (!found) return show(visit, <NotFound visit={visit} />, 404);
    const { typed = valuesOf(found.technician), faults } = shown;
    const page = <One {...{ visit, ...found, values: typed, faults: faults ?? [], now: deps.now() }} />;
    return show(visit, page, faults ? 422 : 200);
  };

  /** By the same function as a PUT over HTTP, with every fault named. */
  const save = async (visit: Visit, externalId: string, isNew: boolean) => {
    const faults = collectFaults();
    const { fields: given, rows } = readTechnicianForm(visit.form);
    const fields = readFields(technicianShape, given, faults);
    const read = key.safeParse(externalId);
    if (!read.success) for (const { message } of read.error.issues) faults.add('/externalId', message);
    try {
      const bells = await change(deps, visit, async (tx, note, facts) => {
        const before = await tx.technicians.lock(externalId);
        const anew = collectFaults(faults.all);
        if (isNew && before) anew.add('/externalId', "is another technician's");
        const { bells } = await saveTechnician(tx, externalId, fields, facts, anew);
        note(isNew ? 'technician.added' : 'technician.changed', externalId);
        return bells;
      });
      ringAll(deps, visit.tenant.id, bells);
      return null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return sayFaults(visit, error.faults, given, rows);
    }
  };

  /** Whose it is, where something is another technician's of this tenant. */
  const sayFaults = (
    visit: Visit,
    faults: Fault[],
    { phone, addresses }: Record<string, unknown>,
    rows: number[],
  ): Promise<string[]> =>
    look(deps, visit, async (tx) => {
      const country = visit.tenant.defaultCountry;
      const sentences: string[] = [];
      for (const fault of faults) {
        const said = sayFault(fault, rows);
        const place = /^\/addresses\/(\d+)/.exec(fault.pointer);
        const taken = place
          ? (addresses as { kind: string; value: string }[])[Number(place[1])]?.value
          : fault.pointer === '/phone' && (phone as string);
        const owner = isTaken(fault) && taken ? await ownerOf(tx, taken, country) : null;
        sentences.push(owner ? `${said.slice(0, -1)}: ${owner}. Take it from them first.` : said);
      }
      return sentences;
    });

  const add = async (visit: Visit) => {
    const externalId = visit.form('externalId').trim();
    const faults = await save(visit, externalId, true);
    if (!faults) return visit.c.redirect(`${pathOf(externalId)}?done=added`, 303);
    return show(visit, <New visit={visit} values={visit.form} faults={faults} />, 422);
  };

  const edit = async (visit: Visit) => {
    const technician = await look(deps, visit, (tx) => findShown(tx, visit));
    if (!technician) return show(visit, <NotFound visit={visit} />, 404);
    const faults = await save(visit, technician.externalId, false);
    if (faults) return showOne(visit, { typed: visit.form, faults });
    return visit.c.redirect(`${pathOf(technician.externalId)}?done=saved`, 303);
  };

  /** Leaving locks at once, and coming back unlocks, by the function that a PUT of `active` uses. */
  const setActive = (active: boolean) => async (visit: Visit) => {
    const bells = await change(deps, visit, async (tx, note, facts) => {
      const technician = await findShown(tx, visit);
      if (!technician) return null;
      if (technician.active === active) return [];
      const saved = await saveTechnician(tx, technician.externalId, { active }, facts, collectFaults());
      note(active ? 'technician.returned' : 'technician.left', technician.externalId);
      return saved.bells;
    });
    if (!bells) return show(visit, <NotFound visit={visit} />, 404);
    ringAll(deps, visit.tenant.id, bells);
    const path = pathOf(visit.c.req.param('externalId')!);
    return visit.c.redirect(`${path}?done=${active ? 'returned' : 'left'}`, 303);
  };

  const erase = async (visit: Visit) => {
    const refusal = await change(deps, visit, async (tx, note, facts) => {
      const technician = await findShown(tx, visit);
      if (!technician) return 'not there';
      if (visit.form('confirm').trim() !== technician.externalId) return 'unconfirmed';
      const refused = await eraseTechnician(tx, technician.externalId, facts);
      if (!refused) note('technician.erased', technician.externalId);
      return refused;
    });
    if (refusal === 'not there') return show(visit, <NotFound visit={visit} />, 404);
    if (refusal) return showOne(visit, { faults: [whyNotErased[refusal]] });
    // What is not done by then, or fails, goes on by the clock.
    await goOnErasing({ ...deps, files: parts.files }, visit.tenant.id, erasingMs).catch((error) =>
      deps.log.warn({ event: 'erasing.interrupted', ...describeFault(error) }),
    );
    return visit.c.redirect(`${pathOf(visit.c.req.param('externalId')!)}?done=erased`, 303);
  };

  return [
    { method: 'get', path: '/technicians', for: everybody, handle: showList },
    {
      method: 'get',
      path: '/technicians/new',
      for: editors,
      handle: async (visit) => show(visit, <New visit={visit} values={noValues} />),
    },
    { method: 'post', path: '/technicians/new', for: editors, handle: add },
    { method: 'get', path: '/technicians/:externalId', for: everybody, handle: (visit) => showOne(visit) },
    { method: 'post', path: '/technicians/:externalId', for: editors, handle: edit },
    { method: 'post', path: '/technicians/:externalId/leave', for: editors, handle: setActive(false) },
    { method: 'post', path: '/technicians/:externalId/return', for: editors, handle: setActive(true) },
    { method: 'post', path: '/technicians/:externalId/erase', for: ['administrator'], handle: erase },
  ];
};

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

const isTaken = ({ detail }: Fault) => detail === "is another technician's";

const ownerOf = async (tx: Tx, typed: string, country: string): Promise<string | null> => {
  const phone = readPhone(typed, country);
  const values = phone ? variantsOf(phone) : [typed];
  const found = await tx.technicians.knownBy(
    (['whatsapp', 'sms', 'whatsapp-user-id'] as const).flatMap((kind) =>
      values.map((value) => ({ kind, value })),
    ),
  );
  const owners = new Set(found.map(({ technician: { name, externalId } }) => `${name} (${externalId})`));
  return owners.size > 0 ? [...owners].join(', ') : null;
};

const Technicians = (props: { visit: Visit; asked: Asked; found: Shown[]; now: Date }) => {
  const { visit, asked, now } = props;
  const found = props.found.slice(0, pageSize);
  const more = new URLSearchParams({
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== '')),
    after: found.at(-1)?.externalId ?? '',
  });
  return (
    <Page visit={visit} title="Technicians" done={doneOf(visit, done)}>
      <form class="row" method="get" action="/admin/technicians">
        <Field
          {...{ label: 'Search', name: 'q', value: asked.q, maxlength: 200 }}
          hint="A part of the name or external id, or a phone in any spelling."
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
            <a class="button quiet" href="/admin/technicians/new">
              Add a technician
            </a>
            <a class="button quiet" href="/admin/technicians/import">
              Import from CSV
            </a>
          </>
        )}
        <a class="button quiet" href="/admin/technicians/conflicts">
          Conflicts
        </a>
      </p>
      <section class="card" aria-label="Technicians found">
        {found.length === 0 ? (
          <p>Nobody fits.</p>
        ) : (
          <table class="list">
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
                    <a href={pathOf(each.externalId)}>
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

const Badges = ({ of }: { of: Shown }) => (
  <>
    {!of.active && <Badge tone="calm">left</Badge>}
    {readPreferences(of.preferences).paused && <Badge tone="busy">paused</Badge>}
    {of.optedOut && <Badge tone="bad">opted out</Badge>}
    {of.conflict && <Badge tone="bad">conflict</Badge>}
  </>
);

const Window = ({ of, now, visit }: { of: Shown; now: Date; visit: Visit }) => {
  const until = windowOpenUntil(of, now);
  return until ? (
    <>
      open until <Moment at={until} zone={visit.zone} />
    </>
  ) : (
    <>closed</>
  );
};

const LastSeen = ({ of, visit }: { of: Shown; visit: Visit }) =>
  of.lastSeenAt ? <Moment at={of.lastSeenAt} zone={visit.zone} /> : <>never</>;

const New = ({ visit, values, faults }: { visit: Visit; values: Values; faults?: string[] }) => (
  <Page visit={visit} title="Add a technician" faults={faults ?? []}>
    <section class="card" aria-label="The new technician">
      <Form visit={visit} action="/admin/technicians/new" class="fields">
        <Field
          {...{ label: 'External id', name: 'externalId', required: true, maxlength: 64 }}
          value={values('externalId')}
          hint="Their key in your CMMS. It stays for ever."
        />
        <TechnicianFields values={values} />
        <p>
          <button type="submit">Add</button>
        </p>
      </Form>
    </section>
  </Page>
);

const One = (props: {
  visit: Visit;
  technician: Shown;
  orders: WorkOrder[];
  isBeingErased: boolean;
  values: Values;
  faults: string[];
  now: Date;
}) => {
  const { visit, technician, orders, isBeingErased, values, now } = props;
  return (
    <Page
      visit={visit}
      title={technician.name || 'Erased technician'}
      faults={props.faults}
      done={doneOf(visit, done)}
    >
      <p class="soft">
        {technician.externalId}, {technician.role} <Badges of={technician} />
      </p>
      {isBeingErased && (
        <p>
          Who they are is removed, and what they wrote is shown nowhere any more. That and their name are
          still being taken out of the log: it takes a while where much was said, and goes on by itself.
        </p>
      )}
      <section class="card" aria-labelledby="reach">
        <h2 id="reach">How they are reached</h2>
        <dl class="facts">
          <dt>Phone</dt>
          <dd>{technician.phone ?? 'none'}</dd>
          <dt>WhatsApp window</dt>
          <dd>
            <Window of={technician} now={now} visit={visit} />
          </dd>
          <dt>Last seen</dt>
          <dd>
            <LastSeen of={technician} visit={visit} />
          </dd>
          <dt>Supervisor</dt>
          <dd>
            {technician.supervisor ? (
              <a href={pathOf(technician.supervisor)}>{technician.supervisor}</a>
            ) : (
              'none'
            )}
          </dd>
          <dt>Addresses</dt>
          <dd>
            {technician.addresses.length === 0
              ? 'none'
              : technician.addresses.map(({ kind, value, active }) => (
                  <span class="line">
                    {kindNames[kind]} {value}
                    {active ? '' : ', switched off'}
                  </span>
                ))}
          </dd>
        </dl>
      </section>
      {mayEdit(visit) && technician.active && (
        <p>
          <a class="button" href={`${pathOf(technician.externalId)}/enrol`}>
            Enrol a phone by a code
          </a>
        </p>
      )}
      {mayEdit(visit) && (
        <section class="card" aria-labelledby="change">
          <h2 id="change">Change</h2>
          <Form visit={visit} action={pathOf(technician.externalId)} class="fields">
            <TechnicianFields values={values} />
            <p>
              <button type="submit">Save</button>
            </p>
          </Form>
        </section>
      )}
      <Orders technician={technician} orders={orders} />
      {mayEdit(visit) && <Leaving visit={visit} technician={technician} />}
    </Page>
  );
};

const Orders = ({ technician, orders }: { technician: Shown; orders: WorkOrder[] }) => (
  <section class="card" aria-labelledby="orders">
    <h2 id="orders">Open work orders</h2>
    {!technician.active && orders.length > 0 && (
      <p class="faults">They left, and these are still theirs: give each to somebody else.</p>
    )}
    {orders.length === 0 ? (
      <p>None.</p>
    ) : (
      <ul>
        {orders.slice(0, mostOrders).map(({ number, title, status }) => (
          <li>
            <a href={`/admin/work-orders/${encodeURIComponent(number)}`}>{number}</a>, {title}{' '}
            <Badge tone="calm">{status.replace('_', ' ')}</Badge>
          </li>
        ))}
        {orders.length > mostOrders && <li>and more</li>}
      </ul>
    )}
  </section>
);

const Leaving = ({ visit, technician }: { visit: Visit; technician: Shown }) => {
  const path = pathOf(technician.externalId);
  if (technician.active) {
    return (
      <section class="card" aria-labelledby="leave">
        <h2 id="leave">Leaves</h2>
        <p>
          Locks at once: what they write is answered as a stranger's, what still waits for them is not sent,
          alerts they respond to are open again, a code of theirs is void. Their open work orders stay theirs
          until you give them to somebody else. They can be taken back.
        </p>
        <Form visit={visit} action={`${path}/leave`}>
          <button type="submit" class="grave">
            {technician.name || technician.externalId} left
          </button>
        </Form>
      </section>
    );
  }
  return (
    <>
      <section class="card" aria-labelledby="return">
        <h2 id="return">Left</h2>
        <p>Nothing reaches them, and what they write is answered as a stranger's.</p>
        <Form visit={visit} action={`${path}/return`}>
          <button type="submit" class="quiet">
            Take them back
          </button>
        </Form>
      </section>
      {visit.user.role === 'administrator' && <Erasing visit={visit} technician={technician} />}
    </>
  );
};

const Erasing = ({ visit, technician }: { visit: Visit; technician: Shown }) => (
  <section class="card" aria-labelledby="erase">
    <h2 id="erase">Erase their personal data</h2>
    <p>
      <b>Goes, for good:</b> name, phones, e-mail address, WhatsApp identities, language, preferences; the
      text of every message from and to them, what they wrote in notes and reasons, their photos, voice notes
      and places; what others were told in their words; their name in what others were told.
    </p>
    <p>
      <b>Stays:</b> the external id; when which kind of message came, went and was read; which order or alert
      was changed when, under the external id; the keys that keep anything from being done twice; the audit.
      Work orders, alerts and assets are your CMMS's: what people wrote there is not touched, nor what it has
      fetched before.
    </p>
    <Form visit={visit} action={`${pathOf(technician.externalId)}/erase`} class="row">
      <Field
        {...{
          label: `Type ${technician.externalId} to confirm`,
          name: 'confirm',
          required: true,
          maxlength: 64,
        }}
        autocomplete="off"
      />
      <button type="submit" class="grave">
        Erase for good
      </button>
    </Form>
  </section>
);
