import { changeOrder, createOrder } from '../../cmms/change-order.ts';
import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import type { Deps } from '../../deps.ts';
import { orderKinds, priorities } from '../../domain/work-order.ts';
import type { Tx } from '../../store/store.ts';
import type { ListedOrder } from '../../store/work-orders.ts';
import { NotFound } from '../errors.tsx';
import { Choice, Field, LongField } from '../fields.tsx';
import { Form, Page, show } from '../frame.tsx';
import {
  changesSince,
  emptyOrder,
  fieldsOf,
  labels,
  type OrderForm,
  readNumber,
  readOrderForm,
  sayFaults,
  sayFields,
  type TypedOrder,
  typedOf,
  typedOver,
} from '../order-form.ts';
import { asOption, IdOfNew, idOfNew, mostToChoose, Options, type People, runners } from '../parts.tsx';
import { orderPath } from '../paths.ts';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import { numberIn, versionIn } from '../work-order.tsx';

/** Making a work order, and changing one: what a PUT of the API does. */
export const workOrderFormRoutes = (deps: Deps): AdminRoute[] => {
  const choices = async (tx: Tx): Promise<Choices> => ({
    people: await tx.technicians.toChoose(mostToChoose),
    assets: await tx.assets.toChoose(mostToChoose),
  });

  const showNew = async (
    visit: Visit,
    shown: { id: string; typed: TypedOrder; number: string; zone: string; faults?: string[] },
  ) => {
    const chosen = await look(deps, visit, choices);
    return show(visit, <NewOrder {...{ visit, ...chosen, ...shown }} />, shown.faults ? 422 : 200);
  };

  const create = async (visit: Visit) => {
    const form = readOrderForm(visit);
    const typedNumber = visit.form('number').trim();
    const id = idOfNew(visit, deps);
    try {
      const saved = await change(deps, visit, async (tx, note, facts) => {
        const faults = collectFaults();
        const number = readNumber(typedNumber, faults);
        const { fields, asset } = fieldsOf(form, faults);
        const isNewAsset = asset !== null && (await tx.assets.find(asset.code)) === null;
        const made = await createOrder(tx, { id, number }, fields, asset, facts, faults);
        if (!made.created) return made;
        if (isNewAsset) note('asset.added', asset.code, { name: asset.name });
        note('order.created', made.order.number);
        return made;
      });
      ringAll(deps, visit.tenant.id, saved.bells);
      const done = saved.created ? 'created' : 'known';
      return visit.c.redirect(`${orderPath(saved.order.number)}?done=${done}`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { typed, zone } = form;
      return showNew(visit, { id, typed, number: typedNumber, zone, faults: sayFaults(error.faults) });
    }
  };

  const showEdit = async (
    visit: Visit,
    shown: { form?: OrderForm; faults?: string[]; isBehind?: boolean } = {},
  ) => {
    const { form, faults = [], isBehind = false } = shown;
    const found = await look(deps, visit, async (tx) => {
      const order = await tx.workOrders.detail(numberIn(visit));
      return order && { order, ...(await choices(tx)) };
    });
    if (!found) return show(visit, <NotFound visit={visit} />, 404);
    const { order } = found;
    const zone = form?.zone ?? visit.zone;
    const now = typedOf(order, zone);
    // With other faults it stays the form of the version that it was.
    const isKept = form !== undefined && !isBehind;
    const typed = isKept ? form.typed : form ? typedOver(form, now) : now;
    return show(
      visit,
      <EditOrder
        {...{ visit, ...found, zone, faults, typed }}
        was={isKept ? form.was : now}
        version={isKept ? (versionIn(visit) ?? order.version) : order.version}
        changes={form && isBehind ? changesSince(form, now) : null}
      />,
      form ? 422 : 200,
    );
  };

  const save = async (visit: Visit) => {
    const form = readOrderForm(visit);
    try {
      const saved = await change(deps, visit, async (tx, note, facts) => {
        const order = await tx.workOrders.lockByNumber(numberIn(visit));
        if (!order) return null;
        const faults = collectFaults();
        const version = versionIn(visit);
        if (version === null) throw new Refused('invalid', [{ pointer: '', detail: noVersion }]);
        const { fields, asset } = fieldsOf(form, faults);
        const isNewAsset = asset !== null && (await tx.assets.find(asset.code)) === null;
        const wanted = { ...fields, version };
        const done = await changeOrder(tx, order.number, wanted, asset, facts, faults);
        if (isNewAsset) note('asset.added', asset.code, { name: asset.name });
        if (done.order.version !== order.version) {
          note('order.changed', order.number, { fields: sayFields(fields) });
        }
        return done;
      });
      if (!saved) return show(visit, <NotFound visit={visit} />, 404);
      ringAll(deps, visit.tenant.id, saved.bells);
      return visit.c.redirect(`${orderPath(saved.order.number)}?done=saved`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.why === 'version-conflict') return showEdit(visit, { form, isBehind: true });
      return showEdit(visit, { form, faults: sayFaults(error.faults) });
    }
  };

  return [
    {
      method: 'get',
      path: '/work-orders/-/new',
      for: runners,
      handle: (visit) =>
        showNew(visit, { id: deps.newId(), typed: emptyOrder, number: '', zone: visit.zone }),
    },
    { method: 'post', path: '/work-orders', for: runners, handle: create },
    {
      method: 'get',
      path: '/work-orders/:number/edit',
      for: runners,
      handle: (visit) => showEdit(visit),
    },
    { method: 'post', path: '/work-orders/:number', for: runners, handle: save },
  ];
};

const noVersion = 'does not say which version it was made from: load the page again';

type Choices = { people: People; assets: { code: string; name: string }[] };

const NewOrder = (
  props: Choices & {
    visit: Visit;
    id: string;
    typed: TypedOrder;
    number: string;
    zone: string;
    faults?: string[];
  },
) => {
  const { visit, id, typed, number, zone, people, assets, faults = [] } = props;
  return (
    <Page visit={visit} title="New work order" faults={faults}>
      <section class="card" aria-label="The work order">
        <Form visit={visit} action="/admin/work-orders" class="fields">
          <IdOfNew id={id} />
          <Field
            {...{ label: 'Number', name: 'number', value: number, maxlength: 64 }}
            hint="Left empty it gets the next of the form P-00001."
          />
          <OrderFields {...{ typed, zone, people, assets }} />
          <p>
            <button type="submit">Create</button>
          </p>
        </Form>
      </section>
    </Page>
  );
};

const EditOrder = (
  props: Choices & {
    visit: Visit;
    order: ListedOrder;
    typed: TypedOrder;
    was: TypedOrder;
    zone: string;
    version: number;
    faults: string[];
    changes: ReturnType<typeof changesSince> | null;
  },
) => {
  const { visit, order, typed, was, zone, version, faults, changes, people, assets } = props;
  return (
    <Page visit={visit} title={`Edit work order ${order.number}`} faults={faults}>
      {changes && <Conflict changes={changes} />}
      <section class="card" aria-label="The work order">
        <Form visit={visit} action={orderPath(order.number)} class="fields">
          <input type="hidden" name="version" value={String(version)} />
          <input type="hidden" name="was" value={JSON.stringify(was)} />
          <OrderFields {...{ typed, zone, people, assets }} />
          <div class="actions">
            <button type="submit">Save</button>
            <a class="button quiet" href={orderPath(order.number)}>
              Back
            </a>
          </div>
        </Form>
      </section>
    </Page>
  );
};

/** What has become of the order since the form was made. Nothing of the form is saved yet. */
const Conflict = ({ changes }: { changes: ReturnType<typeof changesSince> }) => (
  <section class="card faults" role="alert" aria-labelledby="conflict">
    <h2 id="conflict">Changed meanwhile</h2>
    <p>
      Somebody has changed this work order since you opened it, so nothing is saved yet. Below is what it is
      now, with what you typed. Save again if it is right.
    </p>
    {changes.length === 0 ? (
      <p>Nothing of what is in this form has changed: its status, or what was noted, has.</p>
    ) : (
      <ul>
        {changes.map(({ name, was, now, yours }) => (
          <li>
            <b>{labels[name]}</b>: it was “{was}” and is now “{now}”
            {yours === null ? '.' : `; you typed “${yours}”, which replaces that when you save.`}
          </li>
        ))}
      </ul>
    )}
  </section>
);

const OrderFields = ({ typed, zone, people, assets }: Choices & { typed: TypedOrder; zone: string }) => {
  const of = (name: keyof TypedOrder) => ({ label: labels[name], name, value: typed[name] });
  return (
    <>
      <input type="hidden" name="zone" value={zone} />
      <Options id="people" options={people.map(asOption)} />
      <Options id="assets" options={assets.map(({ code, name }) => [code, name])} />
      <Field {...of('title')} required maxlength={200} />
      <LongField {...of('description')} maxlength={10_000} />
      <div class="row">
        <Choice {...of('priority')} options={priorities.map((each) => [each, each])} />
        <Choice {...of('kind')} options={orderKinds.map((each) => [each, each])} />
      </div>
      <div class="row">
        <Field
          {...of('asset')}
          maxlength={64}
          list="assets"
          hint="Its code: type a part of it or of the name."
        />
        <Field {...of('assetName')} maxlength={200} hint="Only if the asset is not there yet." />
      </div>
      <div class="row">
        <Field {...of('assignee')} maxlength={64} list="people" hint="By their id. They are told." />
        <Field {...of('planner')} maxlength={64} list="people" hint="Hears of delays." />
      </div>
      <div class="row">
        <Field {...of('dueOn')} type="date" />
        <Field {...of('dueTime')} type="time" hint={`In ${zone}. Empty: until the end of the day.`} />
      </div>
      <div class="row">
        <Field {...of('scheduledOn')} type="date" hint="Of maintenance: when it is to be done." />
        <Field {...of('scheduledTime')} type="time" hint={`In ${zone}.`} />
      </div>
    </>
  );
};
