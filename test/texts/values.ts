import type { AlertNow, NewsValues, OrderLine, ReplyValues } from '../../src/commands/command.ts';
import type { Alert, AlertLine } from '../../src/domain/alert.ts';
import type { OrderStatus, WorkOrder } from '../../src/domain/work-order.ts';
import { alert, asset, monstrous, monstrousAlert, order } from './orders.ts';

/** What texts are filled with. */
type Filling = {
  /** The order with that status; of a list, the one at that place. */
  order: (status: OrderStatus, index?: number) => WorkOrder;
  orders: number;
  /** The alert at that place of a list. */
  alert: (index?: number) => Alert;
  text: string;
  name: string;
  told: string[];
  at: Date;
  count: number;
};

type Cases<Values> = { [Key in keyof Values]: Values[Key][] };

const at = new Date('2024-12-22T14:30:00Z');

const emptyOrder = order({
  number: '7',
  title: '',
  description: null,
  asset: null,
  due: null,
  scheduled: null,
});

/** From what people usually write to nothing at all and to the longest that the API takes. */
export const fillings: Record<string, Filling> = {
  ordinary: {
    order: (status, index = 0) => order({ status, number: `WO-${1042 + index}`, asset, scheduled: { at } }),
    orders: 30,
    alert: (index = 0) => alert({ externalId: `A-${17 + index}`, asset }),
    text: 'seal replaced',
    name: 'Ana Silva',
    told: ['Ben Ortiz', 'Eva Mora'],
    at,
    count: 1,
  },
  empty: {
    order: (status) => ({ ...emptyOrder, status }),
    orders: 1,
    alert: () => alert({ externalId: '7', message: '', asset: { ...asset, name: '' } }),
    text: '',
    name: '',
    told: [],
    at,
    count: 0,
  },
  monstrous: {
    order: (status, index = 0) => ({ ...monstrous(index), status, escalated: true }),
    orders: 500,
    alert: monstrousAlert,
    text: '😀'.repeat(2000),
    name: '😀'.repeat(100),
    told: Array.from({ length: 50 }, () => '😀'.repeat(100)),
    at,
    count: 499,
  },
};

/** Every reply, in every form that its values can give it. */
export const replyCases = ({
  order,
  orders,
  alert,
  text,
  name,
  told,
  at,
  count,
}: Filling): Cases<ReplyValues> => {
  const list: OrderLine[] = Array.from({ length: orders }, (_, index) => order('assigned', index));
  const open = (['assigned', 'acknowledged', 'in_progress', 'delayed'] as const).map((status) =>
    order(status),
  );
  const [assigned, acknowledged, working, delayed] = open as [WorkOrder, WorkOrder, WorkOrder, WorkOrder];
  const closed = [order('completed'), order('cancelled')];
  const states = (index = 0): AlertNow[] => [
    { alert: alert(index), state: 'open', by: null, at: null },
    { alert: alert(index), state: 'mine', by: name, at },
    { alert: alert(index), state: 'taken', by: name, at },
    { alert: alert(index), state: 'resolved', by: null, at },
  ];
  const alerts = Array.from({ length: orders }, (_, index) => alert(index));
  const several = alerts.map((_, index) => states(index)[index % 4]!);
  return {
    acknowledged: [true, false].map((toConfirm) => ({ order: acknowledged, others: count, toConfirm })),
    alreadyAcknowledged: [acknowledged, working, delayed].map((each) => ({ order: each })),
    started: [true, false].map((either) => ({
      order: working,
      resumed: either,
      others: count,
      paused: !either,
    })),
    alreadyStarted: [{ order: working }],
    completed: [0, 1, count].map((others) => ({ order: closed[0]!, others })),
    alreadyClosed: closed.map((each) => ({ order: each })),
    notStarted: [{ order: assigned }],
    confirmed: [{ order: acknowledged, others: count }],
    alreadyConfirmed: [acknowledged, working].map((each) => ({ order: each })),
    notScheduled: [{ order: assigned }],
    noted: open.map((each) => ({ order: each, text })),
    delayed: [told, []].map((each) => ({ order: delayed, reason: text, told: each })),
    alreadyDelayed: [{ order: delayed }],
    notAcknowledged: [{ order: assigned }],
    escalated: [working, null].flatMap((each) => [told, []].map((names) => ({ order: each, told: names }))),
    needed: [text, 'hand', 'part', 'permit'].map((what) => ({ order: working, what, told })),
    needsText: (['NOTE', 'DELAY', 'NEED'] as const).flatMap((command) =>
      [working, null].map((each) => ({ command, order: each })),
    ),
    whatDoYouNeed: [{ order: working }],
    noAlert: [{}],
    alertTaken: [
      { alerts: [alert()], missed: [], told, others: 0 },
      { alerts, missed: several, told: [], others: count },
    ],
    alertNotTaken: states().slice(1),
    alertResolved: [
      { alerts: [alert()], told },
      { alerts, told: [] },
    ],
    alertNotResolved: states().filter(({ state }) => state !== 'mine'),
    alertEscalated: [told, []].flatMap((names) =>
      [true, false].map((released) => ({ alert: alert(), told: names, released })),
    ),
    alertHelpCalled: [told, []].map((names) => ({ alert: alert(), by: name, at, told: names })),
    alertTakes: [
      ...(['NOTE', 'ATTACH', null] as const).flatMap((command) =>
        states().map((each) => ({ alerts: [each], command })),
      ),
      { alerts: several, command: null },
    ],
    whichAlert: [text, null].flatMap((leftOver) => [
      { action: 'RESPONDING' as const, alerts: several, orders: [], all: true, leftOver },
      { action: 'COMPLETE' as const, alerts: states(), orders: open, all: false, leftOver },
    ]),
    alertDetail: states().flatMap((each) => [told, []].map((names) => ({ ...each, told: names }))),
    alertUndone: [
      { alerts: [states()[0]!], types: ['alert.claimed'], told },
      { alerts: several, types: ['alert.released', 'alert.escalated', 'alert.resolved'], told: [] },
    ],
    alertStaysEscalated: states(),
    alertChangedSince: [name, null].map((by) => ({ alert: alert(), by, at })),
    callTaken: [name, null].flatMap((technician) => [
      { order: working, of: ['work-order.escalated', 'work-order.needed'] as const, technician },
      { order: null, of: ['work-order.escalated'] as const, technician },
    ]),
    callTakenBefore: [working, null].map((each) => ({ order: each, by: name, at })),
    undone: [
      { order: assigned, types: ['work_order.acknowledged', 'work_order.started'], told },
      { order: null, types: ['work_order.escalated'], told: [] },
      { order: assigned, types: ['work_order.something_new'], told },
    ],
    nothingToUndo: [{}],
    tooLateToUndo: [
      ...[working, null].map((each) => ({ order: each, at })),
      { order: null, alert: alert(), at },
    ],
    changedSince: [
      { order: working, by: name, at },
      { order: working, by: null, at: null },
    ],
    myWork: [
      { orders: list, from: 0 },
      { orders: list, from: orders - 1 },
      { orders: open, from: 0 },
      { orders: [], from: 0 },
      ...[list, []].map((each) => ({ orders: each, alerts: several, from: 0 })),
    ],
    pending: [
      ...[list, []].map((each) => ({ orders: each, alerts: states().slice(0, 1), from: 0 })),
      { orders: list, from: 0 },
      { orders: [], from: 0 },
    ],
    counts: [{ counts: { in_progress: 1, delayed: 2, acknowledged: count, assigned: 12 } }, { counts: {} }],
    orderDetail: [...open, ...closed].flatMap((each) => [
      { order: each, from: 0 },
      { order: each, from: Math.floor((each.description?.length ?? 0) / 2) },
    ]),
    noMore: [{}],
    help: [{ name }],
    paused: [true, false].map((already) => ({ already })),
    resumed: [{ missed: list }, { missed: [] }],
    cutOff: [true, false].map((paused) => ({ given: text, paused })),
    nothingToDo: (['START', 'NOTE', 'RESPONDING', 'STATUS'] as const).map((command) => ({ command })),
    noSuchOrder: [{ given: text }],
    orderMoved: [
      { order: working, holder: name, by: name, at },
      { order: working, holder: null, by: null, at },
      { order: working, holder: null, by: null, at: null },
    ],
    whichOrder: (['COMPLETE', 'NOTE', 'ATTACH'] as const).flatMap((action) =>
      [text, null].map((leftOver) => ({ action, rest: text, orders: list, from: 0, leftOver })),
    ),
    didYouMean: [true, false].flatMap((forwarded) => [
      { given: text, options: ['1. x'], forwarded },
      { given: text, options: [text, text, text], forwarded },
    ]),
    notUnderstood: [true, false].map((last) => ({ given: text, last })),
    tooMany: [{ skipped: Array.from({ length: Math.max(1, Math.min(10, count)) }, () => text), more: count }],
    listClosed: [{}],
    notOnList: [{ given: text, count }],
    unreadable: (['sticker', 'reaction', 'unknown'] as const).map((kind) => ({ kind })),
    buttonUseless: [true, false].map((expired) => ({ expired })),
    buttonOutdated: [{ order: assigned }],
    attached: [
      { order: working, kinds: ['image', 'image', 'audio', 'video', 'document', 'contact', 'location'] },
      { order: working, kinds: ['image', 'audio', 'audio', 'video', 'video', 'document', 'document'] },
      { order: working, kinds: ['contact', 'contact', 'location', 'location'] },
    ],
    attachedNowhere: [{ kinds: ['image'] }, { kinds: ['audio', 'audio'] }],
    tooLate: [{ given: text }],
    notDone: [{}],
    notSureWho: [{}],
    enrolled: [{ name }],
    enrolledElsewhere: [{}],
  };
};

const alertOf = ({ order, text, at }: Pick<Filling, 'order' | 'text' | 'at'>): AlertLine => ({
  ...{ externalId: 'A-1', message: text, severity: 'critical', raisedAt: at },
  asset: order('assigned').asset ?? { id: 'asset', code: 'P-3', name: text, location: null },
});

/** What people are paged with: one alert, several, a flood. */
export const pageCases = (filling: Filling): AlertLine[][] => {
  const alert = alertOf(filling);
  const less = { ...alert, severity: 'high' as const };
  return [
    [alert],
    [less],
    [alert, alert],
    [less, alert],
    Array.from({ length: filling.orders }, () => alert),
  ];
};

export const newsCases = ({ order, orders, text, name, at }: Filling): Cases<NewsValues> => {
  const working = order('in_progress');
  const alert = alertOf({ order, text, at });
  const lists = [[alert], Array.from({ length: orders + 1 }, () => alert)];
  return {
    'work-order.delayed': [{ order: order('delayed'), by: name, reason: text }],
    'work-order.escalated': [
      { order: working, by: name, reason: text },
      { order: working, by: name, reason: null },
      { order: null, by: name, reason: text },
    ],
    'work-order.needed': [text, 'hand', 'part', 'permit'].map((what) => ({ order: working, by: name, what })),
    'work-order.taken': [null, name].flatMap((caller) => [
      { order: working, of: ['work-order.escalated', 'work-order.needed'] as const, by: name, caller },
      { order: null, of: ['work-order.escalated'] as const, by: name, caller },
    ]),
    'call.seen': [working, null].map((each) => ({
      order: each,
      of: ['work-order.escalated'] as const,
      name,
    })),
    'call.unanswered': [working, null].map((each) => ({
      order: each,
      of: ['work-order.escalated'] as const,
    })),
    'work-order.undone': [
      { order: working, by: name, types: ['work_order.delayed', 'work_order.noted'] },
      { order: null, by: name, types: ['work_order.escalated'] },
    ],
    'alert.taken': lists.map((alerts) => ({ alerts, by: name })),
    'alert.released': lists.map((alerts) => ({ alerts, by: name })),
    'alert.reopened': lists.map((alerts) => ({ alerts, by: name })),
    'alert.escalated': [text, null].map((reason) => ({ alert, by: name, reason, responder: name })),
    'alert.unanswered': [[], [name], Array.from({ length: 30 }, () => name)].map((told) => ({ alert, told })),
    'alert.seen': [{ alert, by: name }],
    'alert.resolved': [
      ...lists.map((alerts) => ({ alerts, by: null, note: null })),
      ...lists.map((alerts) => ({ alerts, by: name, note: text })),
    ],
    'technician.opted-out': (['sms', 'whatsapp'] as const).map((way) => ({ name, way })),
    'technician.identity-changed': [{ name }],
    'technician.not-reached': [
      { name, order: null, alert: null, ways: [] },
      {
        name,
        order: order('assigned'),
        alert: null,
        ways: [
          { way: 'whatsapp', why: 'not-on-whatsapp' },
          { way: 'sms', why: 'opted-out' },
          { way: 'email', why: 'fault' },
          { way: null, why: 'no-address' },
        ],
      },
    ],
    'technician.not-reading': [{ name, since: at }],
    'maintenance.unconfirmed': [{ order: order('assigned'), by: name }],
  };
};

/** The orders of every notice: due at every distance, scheduled or not. */
export const noticeOrders = ({ order }: Filling): WorkOrder[] => [
  order('assigned'),
  ...['2024-12-12', '2024-12-21', '2024-12-22', '2024-12-23', '2024-12-30'].map((on) => ({
    ...order('assigned'),
    due: { on },
    scheduled: { on },
  })),
];

export const noticeKinds = [
  'work-order.assigned',
  'work-order.unassigned',
  'work-order.cancelled',
  'maintenance.scheduled',
  'work-order.reminder',
  'maintenance.reminder',
] as const;

/** As many as there may be, due at every distance. */
export const digestOrders = (filling: Filling): WorkOrder[] => [
  ...noticeOrders(filling),
  ...Array.from({ length: filling.orders }, (_, index) => filling.order('assigned', index)),
];
