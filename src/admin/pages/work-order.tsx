import { moveTo, noteOnOrder, statusesFrom } from '../../cmms/change-order.ts';
import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { key, text } from '../../cmms/fields.ts';
import { type SavedOrder, saveWorkOrder } from '../../cmms/save-work-order.ts';
import type { Deps } from '../../deps.ts';
import { isOpen, type OrderStatus, orderStatuses } from '../../domain/work-order.ts';
import type { Attachment } from '../../store/attachments.ts';
import type { ListedOrder } from '../../store/work-orders.ts';
import { AttachmentList } from '../attachment-list.tsx';
import type { AuditAction } from '../audit-actions.ts';
import { NotFound } from '../errors.tsx';
import { Field, LongField } from '../fields.tsx';
import { Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import {
  asOption,
  doneOf,
  Fact,
  IdOfNew,
  idOfNew,
  mostToChoose,
  Options,
  type People,
  runners,
} from '../parts.tsx';
import { orderPath, technicianPath } from '../paths.ts';
import { type AdminRoute, backTo, change, everybody, look, type Visit } from '../route.ts';
import { Sure } from '../sure.tsx';
import { type History, readBefore, readHistory, Timeline } from '../timeline.tsx';
import { Day, isLate, numberIn, Status, statusWords, versionIn } from '../work-order.tsx';

const mostAttachments = 40;

const done: Record<string, string> = {
  created: 'The work order is created.',
  known:
    'The form had been sent before: this is the work order that it made. For another one begin a new form.',
  saved: 'The work order is saved.',
  assigned: 'The work order is assigned, and its assignee is being told.',
  'assigned-untold': 'The work order is assigned, but its assignee could not be told: see below why.',
  unassigned: 'Nobody has the work order now.',
  acknowledged: 'The work order is acknowledged for its assignee.',
  moved: 'The status is changed.',
  noted: 'The note is kept.',
};

const ofOrder: AuditAction[] = ['order.created', 'order.changed'];

/** One work order: how it is, how it came to that, and what is done to it by a button. */
export const workOrderRoutes = (deps: Deps): AdminRoute[] => {
  const showOrder = async (visit: Visit, shown: { faults?: string[]; note?: string } = {}) => {
    const before = readBefore(visit);
    const found = await look(deps, visit, async (tx) => {
      const order = await tx.workOrders.detail(numberIn(visit));
      if (!order) return null;
      return {
        order,
        history: await readHistory(
          tx,
          { workOrderId: order.id },
          { subject: order.number, actions: ofOrder },
          before,
        ),
        attachments: await tx.attachments.ofOrder(order.id, mostAttachments),
        people: runners.includes(visit.user.role) ? await tx.technicians.toChoose(mostToChoose) : [],
      };
    });
    if (!found) return show(visit, <NotFound visit={visit} />, 404);
    const isOverdue = isLate(found.order, deps.now(), visit.tenant.timeZone);
    const idOfNote = deps.newId();
    return show(
      visit,
      <Detail {...{ visit, ...found, isOverdue, idOfNote, ...shown }} />,
      shown.faults ? 422 : 200,
    );
  };

  /** What is done to one order; its faults are shown with the order as it is now. */
  const onOrder =
    (
      work: (
        number: string,
        visit: Visit,
      ) => Promise<{ done: string; saved?: SavedOrder } | { faults: string[]; note?: string } | null>,
    ) =>
    async (visit: Visit) => {
      try {
        const result = await work(numberIn(visit), visit);
        if (!result) return show(visit, <NotFound visit={visit} />, 404);
        if ('faults' in result) return showOrder(visit, result);
        ringAll(
          deps,
          visit.tenant.id,
          result.saved?.bells ?? [{ queue: 'cmms-events', id: visit.tenant.id }],
        );
        return visit.c.redirect(backTo(visit, orderPath(numberIn(visit)), result.done), 303);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.why === 'version-conflict') return showOrder(visit, { faults: [changedMeanwhile] });
        return showOrder(visit, { faults: error.faults.map(({ detail }) => `It ${detail}.`) });
      }
    };

  const assign = onOrder(async (number, visit) => {
    const wanted = visit.form('assignee').trim();
    const version = versionIn(visit);
    return change(deps, visit, async (tx, note, facts) => {
      const order = await tx.workOrders.lockByNumber(number);
      if (!order) return null;
      const person = wanted && key.safeParse(wanted).success ? await tx.technicians.find(wanted) : null;
      if (wanted && !person) return { faults: [`Nobody has the id ${wanted}. Choose one from the list.`] };
      if (!isOpen(order)) return { faults: ['The work order is closed: reopen it first.'] };
      const fields = { assignee: person?.externalId ?? null, ...(version === null ? {} : { version }) };
      const saved = await saveWorkOrder(tx, number, fields, facts, collectFaults());
      if (saved.order.version === order.version) return { done: 'saved', saved };
      note('order.assigned', order.number, { to: person?.externalId ?? 'nobody' });
      const isTold = saved.told !== null && saved.told.heldBack === null;
      return { done: person ? (isTold ? 'assigned' : 'assigned-untold') : 'unassigned', saved };
    });
  });

  const moveBy = (wanted: (visit: Visit) => OrderStatus | undefined, result: string) =>
    onOrder(async (number, visit) => {
      const status = wanted(visit);
      return change(deps, visit, async (tx, note, facts) => {
        const order = await tx.workOrders.find(number);
        if (!order) return null;
        if (!status) return { faults: ['Choose a status.'] };
        const saved = await moveTo(tx, number, status, versionIn(visit), facts, collectFaults());
        if (!saved)
          return {
            faults: [
              `It cannot become ${statusWords[status].toLowerCase()} now: it is ${statusWords[order.status].toLowerCase()}.`,
            ],
          };
        note('order.moved', order.number, { status });
        return { done: result, saved };
      });
    });

  const addNote = onOrder(async (number, visit) => {
    const typed = visit.form('text').trim();
    return change(deps, visit, async (tx, note, facts) => {
      const order = await tx.workOrders.find(number);
      if (!order) return null;
      const read = text(1, 1500).safeParse(typed);
      if (!read.success)
        return { faults: read.error.issues.map(({ message }) => `The note ${message}.`), note: typed };
      const id = idOfNew(visit, deps);
      const isNew = await noteOnOrder(tx, number, { id, text: read.data }, facts);
      if (isNew) note('order.noted', order.number);
      // From a page that the browser has kept.
      else if ((await tx.events.get(id))?.data.text !== read.data)
        return { faults: [usedBefore], note: typed };
      return { done: 'noted' };
    });
  });

  return [
    {
      method: 'get',
      path: '/work-orders/:number',
      for: everybody,
      liveMs: 2000,
      handle: (visit) => showOrder(visit),
    },
    { method: 'post', path: '/work-orders/:number/assign', for: runners, handle: assign },
    {
      method: 'post',
      path: '/work-orders/:number/acknowledge',
      for: runners,
      handle: moveBy(() => 'acknowledged', 'acknowledged'),
    },
    {
      method: 'post',
      path: '/work-orders/:number/status',
      for: runners,
      handle: moveBy((visit) => orderStatuses.find((known) => known === visit.form('status')), 'moved'),
    },
    { method: 'post', path: '/work-orders/:number/note', for: runners, handle: addNote },
  ];
};

const usedBefore = 'Another note was sent by this form already: send this one again if it is wanted as well.';
const changedMeanwhile =
  'The work order has changed since you opened this page, so nothing was done. It is shown as it is now: do it again if it is still right.';

const Detail = (props: {
  visit: Visit;
  order: ListedOrder;
  history: History;
  attachments: Attachment[];
  people: People;
  isOverdue: boolean;
  idOfNote: string;
  faults?: string[];
  note?: string;
}) => {
  const { visit, order, history, attachments, people, isOverdue, idOfNote, faults = [], note = '' } = props;
  const mayChange = runners.includes(visit.user.role);
  return (
    <Page
      visit={visit}
      title={`Work order ${order.number}`}
      faults={faults}
      done={faults.length > 0 ? null : doneOf(visit, done)}
    >
      <Live id="order">
        <Facts {...{ visit, order, isOverdue, mayChange }} />
      </Live>
      {mayChange && (
        <>
          <Options id="people" options={people.map(asOption)} />
          <Live id="actions">
            <Actions {...{ visit, order }} />
          </Live>
          <NoteForm {...{ visit, order, idOfNote, note }} />
        </>
      )}
      <Live id="attachments">
        <AttachmentList {...{ visit, attachments, most: mostAttachments }} />
      </Live>
      <Live id="history">
        <Timeline {...{ visit, history }} path={orderPath(order.number)} />
      </Live>
    </Page>
  );
};

const Facts = (props: { visit: Visit; order: ListedOrder; isOverdue: boolean; mayChange: boolean }) => {
  const { visit, order, isOverdue, mayChange } = props;
  const person = (externalId: string | null, name: string | null) =>
    externalId === null ? 'nobody' : <a href={technicianPath(externalId)}>{name ?? externalId}</a>;
  const moments = [
    ['Assigned', order.assignedAt],
    ['Acknowledged', order.acknowledgedAt],
    ['Confirmed', order.confirmedAt],
    ['Started', order.startedAt],
    ['Completed', order.completedAt],
  ] as const;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{order.title}</h2>
      <p>
        <Status {...{ order, isOverdue }} />
      </p>
      {order.description && <p class="kept">{order.description}</p>}
      <dl class="facts">
        <Fact name="Assignee">{person(order.assignee, order.assigneeName)}</Fact>
        <Fact name="Planner">{person(order.planner, order.plannerName)}</Fact>
        <Fact name="Asset">
          {order.asset ? `${order.asset.name} (${order.asset.code})` : 'none'}
          {order.asset?.location ? `, ${order.asset.location}` : ''}
        </Fact>
        <Fact name="Priority">{order.priority}</Fact>
        <Fact name="Kind">{order.kind}</Fact>
        <Fact name="Due">
          <Day when={order.due} zone={visit.zone} />
        </Fact>
        <Fact name="Scheduled">
          <Day when={order.scheduled} zone={visit.zone} />
        </Fact>
        {moments.map(
          ([name, at]) =>
            at && (
              <Fact name={name}>
                <Moment at={at} zone={visit.zone} />
              </Fact>
            ),
        )}
      </dl>
      {mayChange && (
        <p>
          <a class="button quiet" href={`${orderPath(order.number)}/edit`}>
            Edit
          </a>
        </p>
      )}
    </section>
  );
};

const Actions = ({ visit, order }: { visit: Visit; order: ListedOrder }) => {
  const action = (what: string) => `${orderPath(order.number)}/${what}`;
  const version = <input type="hidden" name="version" value={String(order.version)} />;
  const statuses = statusesFrom(order);
  return (
    <section class="card" aria-labelledby="do">
      <h2 id="do">Do something</h2>
      {isOpen(order) && (
        <Form visit={visit} action={action('assign')} class="row">
          {version}
          <Field
            {...{ label: order.assignee ? 'Give it to' : 'Assign to', name: 'assignee', list: 'people' }}
            {...{ required: true, maxlength: 64 }}
            hint="By their id: type a part of it or of the name."
          />
          <button type="submit">{order.assignee ? 'Reassign' : 'Assign'}</button>
        </Form>
      )}
      <div class="actions">
        {order.status === 'assigned' && (
          <Form visit={visit} action={action('acknowledge')}>
            {version}
            <button type="submit">Acknowledge for {order.assigneeName}</button>
          </Form>
        )}
        {statuses
          .filter((status) => status !== 'acknowledged' && status !== 'cancelled')
          .map((status) => (
            <Form visit={visit} action={action('status')}>
              {version}
              <input type="hidden" name="status" value={status} />
              <button type="submit" {...(onward.includes(status) ? {} : { class: 'quiet' })}>
                {moves(order)[status]}
              </button>
            </Form>
          ))}
      </div>
      <div class="actions">
        {isOpen(order) && order.assignee && (
          <Form visit={visit} action={action('assign')}>
            {version}
            <input type="hidden" name="assignee" value="" />
            <button type="submit" class="quiet">
              Take it from {order.assigneeName}
            </button>
          </Form>
        )}
        {statuses.includes('cancelled') && (
          <Sure
            visit={visit}
            action={action('status')}
            ask="Cancel the work order"
            what="It is closed, and whoever was told of it hears so at once."
            yes="Yes, cancel it"
          >
            {version}
            <input type="hidden" name="status" value="cancelled" />
          </Sure>
        )}
      </div>
    </section>
  );
};

const onward: OrderStatus[] = ['in_progress', 'completed'];

const moves = ({ assigneeName, status }: ListedOrder): Partial<Record<OrderStatus, string>> => {
  const forWhom = assigneeName ? ` for ${assigneeName}` : '';
  return {
    open: 'Reopen, with nobody on it',
    assigned: `Reopen${forWhom}`,
    in_progress: `${status === 'delayed' ? 'Resume' : 'Start'}${forWhom}`,
    delayed: `Mark as delayed${forWhom}`,
    completed: `Complete${forWhom}`,
  };
};

const NoteForm = (props: { visit: Visit; order: ListedOrder; idOfNote: string; note: string }) => {
  const { visit, order, idOfNote, note } = props;
  return (
    <section class="card" aria-labelledby="note">
      <h2 id="note">Note something</h2>
      <Form visit={visit} action={`${orderPath(order.number)}/note`} class="fields">
        <IdOfNew id={idOfNote} />
        <LongField
          {...{ label: 'Note', name: 'text', required: true, maxlength: 1500, rows: 3, value: note }}
        />
        <p>
          <button type="submit">Keep the note</button>
        </p>
      </Form>
    </section>
  );
};
