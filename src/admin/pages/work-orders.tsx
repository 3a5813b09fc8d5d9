import type { Deps } from '../../deps.ts';
import { dayOf } from '../../domain/dates.ts';
import { orderStatuses } from '../../domain/work-order.ts';
import type { FoundOrder, OrderFilter } from '../../store/work-orders.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { Choice, Field, Tick } from '../fields.tsx';
import { Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { asOption, mostToChoose, Options, type People, runners } from '../parts.tsx';
import { orderPath } from '../paths.ts';
import { type AdminRoute, everybody, look, type Visit } from '../route.ts';
import { Day, isLate, Status, statusWords } from '../work-order.tsx';

const pageSize = 50;

/** The work orders, searched by what they are. */
export const workOrderListRoutes = (deps: Deps): AdminRoute[] => [
  {
    method: 'get',
    path: '/work-orders',
    for: everybody,
    liveMs: 5000,
    handle: (visit) => list(deps, visit),
  },
];

type Asked = {
  q: string;
  status: string;
  assignee: string;
  asset: string;
  overdue: string;
  escalated: string;
  after: string;
};

const nobody = 'nobody';

const readAsked = ({ c }: Visit): Asked => {
  const one = (name: string, most = 64) =>
    (c.req.query(name) ?? '').replaceAll('\0', '').trim().slice(0, most);
  const status = one('status');
  return {
    q: one('q', 100),
    status: ['any', ...orderStatuses].includes(status) ? status : '',
    assignee: one('assignee'),
    asset: one('asset'),
    overdue: one('overdue') ? 'yes' : '',
    escalated: one('escalated') ? 'yes' : '',
    after: readCursor(one('after')) ? one('after') : '',
  };
};

const list = async (deps: Deps, visit: Visit) => {
  const asked = readAsked(visit);
  const now = deps.now();
  const { orders, people, assets, unknown } = await look(deps, visit, async (tx) => {
    const choices = {
      people: await tx.technicians.toChoose(mostToChoose),
      assets: await tx.assets.toChoose(mostToChoose),
    };
    const person =
      asked.assignee && asked.assignee !== nobody ? await tx.technicians.find(asked.assignee) : null;
    const asset = asked.asset ? await tx.assets.find(asked.asset) : null;
    if (asked.assignee && asked.assignee !== nobody && !person)
      return { ...choices, orders: [], unknown: `Nobody has the id ${asked.assignee}.` };
    if (asked.asset && !asset)
      return { ...choices, orders: [], unknown: `No asset has the code ${asked.asset}.` };
    const filter: OrderFilter = {
      status: asked.status === '' ? 'not-closed' : orderStatuses.find((status) => status === asked.status),
      assigneeId: asked.assignee === nobody ? null : person?.id,
      assetId: asset?.id,
      escalated: asked.escalated === 'yes',
      overdue: asked.overdue ? { now, today: dayOf(now, visit.tenant.timeZone) } : undefined,
      text: asked.q
        ? {
            words: asked.q,
            assetIds: [...(await tx.assets.idsOf([asked.q, asked.q.toUpperCase()])).values()],
          }
        : undefined,
    };
    const orders = await tx.workOrders.search(filter, {
      after: readCursor(asked.after),
      limit: pageSize + 1,
    });
    return { ...choices, orders, unknown: null };
  });
  return show(visit, <Orders {...{ visit, asked, orders, people, assets, unknown, now }} />);
};

const Orders = (props: {
  visit: Visit;
  asked: Asked;
  orders: FoundOrder[];
  people: People;
  assets: { code: string; name: string }[];
  unknown: string | null;
  now: Date;
}) => {
  const { visit, asked, people, assets, unknown, now } = props;
  const orders = props.orders.slice(0, pageSize);
  const next = props.orders.length > pageSize ? writeCursor(orders.at(-1)!.cursor) : null;
  const table = (
    <OrderTable {...{ visit, orders, now }} nothing={unknown ?? 'No work order fits.'}>
      {next && (
        <p>
          <a href={addressOf({ ...asked, after: next })}>More</a>
        </p>
      )}
    </OrderTable>
  );
  return (
    <Page visit={visit} title="Work orders">
      {runners.includes(visit.user.role) && (
        <p>
          <a class="button" href="/admin/work-orders/-/new">
            New work order
          </a>
        </p>
      )}
      <Filters {...{ asked }} />
      <Options id="people" options={[[nobody, 'nobody'], ...people.map(asOption)]} />
      <Options id="assets" options={assets.map(({ code, name }) => [code, name])} />
      {/* What is searched for reads more than a list, and changes less. */}
      {asked.q ? table : <Live id="orders">{table}</Live>}
    </Page>
  );
};

const addressOf = (asked: Partial<Asked>): string =>
  `/admin/work-orders?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

const Filters = ({ asked }: { asked: Asked }) => (
  <form method="get" action="/admin/work-orders" class="card row">
    <Field
      {...{ label: 'Number, title or asset', name: 'q', type: 'search', value: asked.q, maxlength: 100 }}
    />
    <Choice
      {...{ label: 'Status', name: 'status', value: asked.status }}
      options={[
        ['', 'not closed'],
        ...orderStatuses.map((status) => [status, statusWords[status].toLowerCase()] as const),
        ['any', 'any'],
      ]}
    />
    <Field
      {...{ label: 'Assignee', name: 'assignee', value: asked.assignee, maxlength: 64, list: 'people' }}
    />
    <Field {...{ label: 'Asset', name: 'asset', value: asked.asset, maxlength: 64, list: 'assets' }} />
    <Tick {...{ label: 'Overdue', name: 'overdue', checked: asked.overdue !== '' }} />
    <Tick {...{ label: 'Escalated', name: 'escalated', checked: asked.escalated !== '' }} />
    <button type="submit">Show</button>
  </form>
);

const OrderTable = ({
  visit,
  orders,
  nothing,
  now,
  children,
}: {
  visit: Visit;
  orders: FoundOrder[];
  nothing: string;
  now: Date;
  children?: unknown;
}) => (
  <section class="card" aria-label="Found">
    {orders.length === 0 ? (
      <p>{nothing}</p>
    ) : (
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Work order</th>
            <th scope="col">Status</th>
            <th scope="col">Priority</th>
            <th scope="col">Asset</th>
            <th scope="col">Assignee</th>
            <th scope="col">Due</th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr>
              <td>
                <a href={orderPath(order.number)}>{order.number}</a>
                <br />
                {order.title}
              </td>
              <td data-label="status:">
                <Status order={order} isOverdue={isLate(order, now, visit.tenant.timeZone)} />
              </td>
              <td data-label="priority:">{order.priority}</td>
              <td data-label="asset:">{order.asset ? order.asset.name : '–'}</td>
              <td data-label="assignee:">{order.assigneeName ?? 'nobody'}</td>
              <td data-label="due:">
                <Day when={order.due} zone={visit.zone} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {children}
  </section>
);
