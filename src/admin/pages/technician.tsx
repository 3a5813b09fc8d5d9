import { eraseTechnician, goOnErasing } from '../../cmms/erase-technician.ts';
import { ringAll } from '../../cmms/facts.ts';
import { collectFaults } from '../../cmms/faults.ts';
import { saveTechnician } from '../../cmms/save-technician.ts';
import type { Deps } from '../../deps.ts';
import type { WorkOrder } from '../../domain/work-order.ts';
import { describeFault } from '../../log.ts';
import { NotFound } from '../errors.tsx';
import { Field } from '../fields.tsx';
import { Badge, Form, Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { orderPath, technicianPath } from '../paths.ts';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';
import { saveTechnicianForm } from '../save-technician-form.ts';
import type { PanelParts } from '../settings.ts';
import { Sure } from '../sure.tsx';
import { Badges, editors, findShown, LastSeen, mayEdit, type Shown, Window } from '../technician.tsx';
import { kindNames, TechnicianFields, type Values, valuesOf } from '../technician-form.tsx';

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
  saved: 'Saved.',
  left: "Noted that they left. Nothing reaches them any more, and what they write is answered as a stranger's.",
  returned: 'They are back.',
  erased: 'Their personal data is removed.',
  added: 'The technician is added. Next: enrol their phone, or have them write to us.',
};

/** One technician: how they are reached, and what is changed about them. */
export const technicianRoutes = (deps: Deps, parts: Pick<PanelParts, 'files'>): AdminRoute[] => {
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

  const edit = async (visit: Visit) => {
    const technician = await look(deps, visit, (tx) => findShown(tx, visit));
    if (!technician) return show(visit, <NotFound visit={visit} />, 404);
    const faults = await saveTechnicianForm(deps, visit, technician.externalId, false);
    if (faults) return showOne(visit, { typed: visit.form, faults });
    return visit.c.redirect(`${technicianPath(technician.externalId)}?done=saved`, 303);
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
    const path = technicianPath(visit.c.req.param('externalId')!);
    return visit.c.redirect(`${path}?done=${active ? 'returned' : 'left'}`, 303);
  };

  const erase = async (visit: Visit) => {
    const refusal = await change(deps, visit, async (tx, note, facts) => {
      const technician = await findShown(tx, visit);
      if (!technician) return 'not there';
      if (visit.form('confirm').trim() !== technician.externalId.trim()) return 'unconfirmed';
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
    return visit.c.redirect(`${technicianPath(visit.c.req.param('externalId')!)}?done=erased`, 303);
  };

  return [
    { method: 'get', path: '/technicians/:externalId', for: everybody, handle: (visit) => showOne(visit) },
    { method: 'post', path: '/technicians/:externalId', for: editors, handle: edit },
    { method: 'post', path: '/technicians/:externalId/leave', for: editors, handle: setActive(false) },
    { method: 'post', path: '/technicians/:externalId/return', for: editors, handle: setActive(true) },
    { method: 'post', path: '/technicians/:externalId/erase', for: ['administrator'], handle: erase },
  ];
};

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
              <a href={technicianPath(technician.supervisor)}>{technician.supervisor}</a>
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
          <a class="button" href={`${technicianPath(technician.externalId)}/enrol`}>
            Enrol a phone by a code
          </a>
        </p>
      )}
      {mayEdit(visit) && (
        <section class="card" aria-labelledby="change">
          <h2 id="change">Change</h2>
          <Form visit={visit} action={technicianPath(technician.externalId)} class="fields">
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
            <a href={orderPath(number)}>{number}</a>, {title}{' '}
            <Badge tone="calm">{status.replace('_', ' ')}</Badge>
          </li>
        ))}
        {orders.length > mostOrders && <li>and more</li>}
      </ul>
    )}
  </section>
);

const Leaving = ({ visit, technician }: { visit: Visit; technician: Shown }) => {
  const path = technicianPath(technician.externalId);
  if (technician.active) {
    return (
      <section class="card" aria-labelledby="leave">
        <h2 id="leave">Leaves</h2>
        <p>
          Locks at once: what they write is answered as a stranger's, what still waits for them is not sent,
          alerts they respond to are open again, a code of theirs is void. Their open work orders stay theirs
          until you give them to somebody else. They can be taken back.
        </p>
        <Sure
          visit={visit}
          action={`${path}/leave`}
          ask="They left"
          what={`${technician.name || technician.externalId} is locked out at once.`}
          yes="Yes, they left"
        />
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
    <Form visit={visit} action={`${technicianPath(technician.externalId)}/erase`} class="row">
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
