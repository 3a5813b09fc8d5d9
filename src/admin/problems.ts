import { isTooLate } from '../cmms/resend.ts';
import { isNewsOfAlert } from '../domain/alert.ts';
import { dayOf } from '../domain/dates.ts';
import type { Way } from '../domain/message.ts';
import {
  alertProblem,
  byUrgency,
  channelProblem,
  minutesBefore,
  orderProblem,
  type Problem,
  type ProblemKind,
  patience,
  rememberedDays,
  toldBefore,
  urgencyOf,
} from '../domain/needs-someone.ts';
import { needsSomebody, whyUnusable } from '../domain/template.ts';
import type { AuditEntry } from '../store/audit.ts';
import type {
  ChannelState,
  FailedMessage,
  OpenAlert,
  OrderToSee,
  Unanswered,
  UntakenCall,
} from '../store/overview.ts';
import type { Tx } from '../store/store.ts';
import { wayWords } from './message-words.ts';
import { alertPath, orderPath } from './paths.ts';
import { whatHappened } from './plain-words.ts';

/** The one thing that helps: a button, or the page where it is put right. */
export type Help =
  | { do: 'resend'; messageId: string; way: Way; another: boolean; whom: string }
  | { do: 'assign'; number: string; version: number; butNot: string | null }
  | { do: 'acknowledge'; number: string; version: number; whom: string }
  | { do: 'respond'; externalId: string }
  | { do: 'see'; href: string; text: string; onlyAdministrators: boolean };

/** As somebody reads it. */
export type Shown = Problem & {
  what: string;
  href: string | null;
  whose: string | null;
  why: string;
  /** Null: nothing here helps. */
  help: Help | null;
};

const mostOfEach = 20;

/** Everything that needs somebody now, by kind, the most urgent first. */
export const readProblems = async (
  tx: Tx,
  tenantZone: string,
  { enabled, now }: { enabled: boolean; now: Date },
): Promise<{ kind: ProblemKind; problems: Shown[]; more: boolean }[]> => {
  const daysAgo = (days: number) => minutesBefore(now, days * 24 * 60);
  const zones = await tx.reminders.zones();
  const [tenant, orders, alerts, calls, failed, unanswered, channels, templates, gaps, endpoints] =
    await Promise.all([
      tx.tenants.get(),
      tx.overview.orders({
        now,
        today: dayOf(now, tenantZone),
        days: new Map(zones.flatMap((zone) => (zone ? [[zone, dayOf(now, zone)]] : []))),
        toldBefore: toldBefore(now),
        toldSince: daysAgo(rememberedDays.notice),
      }),
      tx.overview.alerts(now, minutesBefore(now, patience.critical), daysAgo(rememberedDays.expired)),
      tx.overview.calls(minutesBefore(now, patience.call), daysAgo(rememberedDays.call)),
      tx.overview.failed(daysAgo(rememberedDays.failed), minutesBefore(now, patience.unclear)),
      tx.overview.unanswered(minutesBefore(now, patience.command), daysAgo(rememberedDays.command)),
      tx.overview.channels(now),
      tx.overview.templates(),
      tx.overview.gaps(),
      tx.overview.endpoints(),
    ]);
  return byUrgency<Shown>(
    [
      ...(enabled ? [] : [offByEnvironment]),
      ...(tenant && !tenant.enabled ? [ofSwitchedOff(await tx.audit.last('service.off'))] : []),
      ...channels.flatMap((channel) => ofChannel(channel, now)),
      ...alerts.flatMap((alert) => ofAlert(alert, now)),
      ...calls.map(ofCall),
      ...orders.flatMap((order) => ofOrder(order, tenantZone, { enabled, now })),
      ...failed.map((message) => ofFailed(message, now)),
      ...unanswered.map(ofUnanswered),
      ...templates.flatMap(ofTemplate),
      ...ofGaps(gaps),
      ...endpoints.map(ofEndpoint),
    ],
    mostOfEach,
  );
};

const settings = (path: string, text: string): Help => ({
  ...{ do: 'see', href: `/admin/settings/${path}`, text, onlyAdministrators: true },
});

const offByEnvironment: Shown = {
  ...{ kind: 'switched-off', about: 'environment', urgency: 1, since: null },
  ...{ what: 'The service, for everybody', href: null, whose: null },
  why: 'The environment says WHATSAPP_ENABLED=false: nobody is told anything, and what people write is kept and never run. Whoever runs this installation sets it to true and starts it again.',
  help: null,
};

const ofSwitchedOff = (switched: AuditEntry | null): Shown => ({
  ...{ kind: 'switched-off', about: 'service', urgency: 0, since: switched?.at ?? null },
  ...{ what: 'The service', href: null, whose: switched && `by ${switched.userName}` },
  why: 'It is switched off: nobody is told anything, and what people write is kept and not answered.',
  help: settings('channel', 'Go to where it is switched on'),
});

const channelWords = {
  refused:
    'The provider refuses our credentials, so nothing leaves. Enter account and token anew and run the self-test.',
  failing: 'The provider takes nothing or does not answer. What waits is tried again and again.',
  stuck: 'Messages have waited to be sent for too long. The service may be overloaded, or no worker runs.',
};

const ofChannel = (channel: ChannelState, now: Date): Shown[] => {
  const problem = channelProblem(channel, now);
  if (!problem) return [];
  return [
    {
      ...{ kind: 'channel', about: `channel:${channel.id}`, urgency: 0, since: problem.since },
      ...{ what: `${wayWords[channel.way]} sender`, href: null, whose: channel.address },
      ...{ why: channelWords[problem.why], help: settings('channel', 'Look at the sender') },
    },
  ];
};

const ofAlert = (alert: OpenAlert, now: Date): Shown[] => {
  const problem = alertProblem(alert, now);
  if (!problem) return [];
  const { externalId, told, reached } = alert;
  const waits = alert.exhausted
    ? 'Everybody there is has been told, and nobody goes.'
    : 'Nobody has said that they go.';
  const answer = alert.expiredAt ? 'It has expired, and nobody went.' : waits;
  const people = told === 0 ? 'Nobody could be told.' : `Told: ${told}. Have it for certain: ${reached}.`;
  return [
    {
      ...{ kind: 'alert', about: `alert:${alert.id}`, urgency: urgencyOf(alert.severity), ...problem },
      ...{
        what: `${alert.asset}: ${alert.message}`,
        href: alertPath(externalId),
      },
      ...{ whose: `${externalId}, ${alert.severity}`, why: `${answer} ${people}` },
      help: { do: 'respond', externalId },
    },
  ];
};

const ofCall = (call: UntakenCall): Shown => {
  const { id, caller, order, reason, messageId, at, isOver } = call;
  const href = order ? orderPath(order.number) : messageId && `/admin/messages/${messageId}`;
  return {
    ...{ kind: 'call', about: order ? `order:${order.id}` : `call:${id}`, since: at },
    urgency: urgencyOf(order?.priority ?? 'high'),
    ...{ what: `${caller ?? 'Somebody'}: ${callWords[call.kind]}`, href },
    whose:
      [order && `${order.number}: ${order.title}`, reason && shorten(reason)].filter(Boolean).join(', ') ||
      null,
    why: isOver ? 'Everybody there is has been told, and nobody has taken it.' : 'Nobody has taken it yet.',
    help: {
      ...{ do: 'see', href: href ?? '/admin/messages?direction=in', onlyAdministrators: false },
      text: order ? 'Look at the order' : 'See the message',
    },
  };
};

const callWords: Record<UntakenCall['kind'], string> = {
  'work-order.escalated': 'calls for a supervisor',
  'work-order.needed': 'needs something',
};

const ofOrder = (order: OrderToSee, tenantZone: string, at: { enabled: boolean; now: Date }): Shown[] => {
  const { assignee } = order;
  const facts = { ...order, heardAt: assignee?.heardAt ?? null };
  const problem = orderProblem(facts, assignee?.timeZone ?? tenantZone, at);
  if (!problem) return [];
  return [
    {
      ...{ ...problem, about: `order:${order.id}`, urgency: urgencyOf(order.priority) },
      ...{ what: `${order.number}: ${order.title}`, href: orderPath(order.number) },
      whose: [order.asset, assignee?.name, order.priority].filter(Boolean).join(', '),
      ...whyOfOrder[problem.kind](order, assignee?.name ?? 'Its assignee'),
    },
  ];
};

type Why = { why: string; help: Help };

const whyOfOrder: Record<
  'unreached' | 'late' | 'unread' | 'unacknowledged',
  (order: OrderToSee, name: string) => Why
> = {
  unreached: (order, name) => ({
    why: `${name} was not told. ${[...new Set(order.notices.map(whyEnded))].join(' ')}`,
    help: anotherWay(order),
  }),
  late: (order, name) => ({
    why: order.assignee ? lateWords(name, order.notices)[order.status] : 'Nobody has it.',
    help: somebodyElse(order),
  }),
  unread: (order, name) => {
    const isUnclear = order.notices.every(({ status }) => status === 'unknown');
    // What is on its way is not sent again.
    return {
      why: isUnclear
        ? `It is unclear whether the notice has left, and ${name} has not written since.`
        : `The notice has left by WhatsApp, and ${name} has not read it.`,
      help: isUnclear ? anotherWay(order) : somebodyElse(order),
    };
  },
  unacknowledged: ({ number, version, notices }, name) => ({
    why: notices.some(({ readAt, status }) => readAt || status === 'read')
      ? `${name} has read the notice and not acknowledged the order.`
      : `${name} was told by ${waysIn(notices).join(' and ')} and has not acknowledged the order.`,
    help: { do: 'acknowledge', number, version, whom: name },
  }),
};

const lateWords = (name: string, notices: OrderToSee['notices']): Record<OrderToSee['status'], string> => ({
  open: 'Nobody has it.',
  assigned: notices.some(({ readAt }) => readAt)
    ? `${name} has read of it and not acknowledged it.`
    : `${name} has not acknowledged it.`,
  acknowledged: `${name} has acknowledged it and not started.`,
  in_progress: `${name} has started and is not done.`,
  delayed: `${name} has put it off.`,
  completed: '',
  cancelled: '',
});

const waysIn = (notices: OrderToSee['notices']) => [
  ...new Set(notices.filter(({ sentAt }) => sentAt).map(({ way }) => wayWords[way])),
];

const whyEnded = (notice: OrderToSee['notices'][number]): string => {
  const { error } = notice;
  const { why, word } = whatHappened({
    ...{ ...notice, direction: 'out' },
    error: error.code !== null || error.text !== null ? error : null,
  });
  // Where there was no way at all, the message names none.
  const byNone = ['no-address', 'paused'].includes(notice.reason ?? '');
  return `${byNone ? '' : `${wayWords[notice.way]}: `}${why ?? word}`;
};

/** The next way that was not tried; where there is none, somebody else. */
const anotherWay = (order: OrderToSee): Help => {
  const { assignee, notices } = order;
  const way = assignee?.ways.find(
    (each) => !notices.some((notice) => notice.way === each && wasTried(notice)),
  );
  const last = notices.at(-1);
  // Whoever has paused is told by no other way either.
  return way && last && last.reason !== 'paused'
    ? { do: 'resend', messageId: last.id, way, another: true, whom: assignee!.name }
    : somebodyElse(order);
};

const somebodyElse = ({ number, version, assignee }: OrderToSee): Help => ({
  ...{ do: 'assign', number, version, butNot: assignee?.externalId ?? null },
});

const wasTried = ({ status, reason }: { status: string; reason: string | null }) =>
  status !== 'cancelled' || (reason !== 'no-address' && reason !== 'disabled');

const ofFailed = (message: FailedMessage, now: Date): Shown => {
  const { technician, order, alert, kind, id } = message;
  const whom = technician?.name ?? 'somebody';
  const { why, word } = whatHappened({ ...message, direction: 'out' });
  // Whoever has the order no longer is told so, whatever becomes of it.
  const isAboutOrder = order !== null && kind !== 'work-order.cancelled' && kind !== 'work-order.unassigned';
  return {
    ...{ kind: kind === 'reply' ? 'unanswered' : 'failed', since: message.at },
    about: isAboutOrder ? `order:${order.id}` : alert ? `alert:${alert.id}` : aboutPerson(message),
    // Who did not hear of an alert comes first.
    urgency: alert ? 2 : order ? 1 : 0,
    ...{ what: `${kindWords[kind] ?? 'Message'} for ${whom}`, href: `/admin/messages/${id}` },
    whose: order?.number ?? alert?.externalId ?? null,
    why: `${missed(message, whom)} ${wayWords[message.way]}: ${why ?? word}`,
    help: sendAgain(message, whom, now),
  };
};

const missed = ({ kind, status }: FailedMessage, whom: string): string => {
  if (status === 'unknown') return `It is unclear whether ${whom} got it.`;
  return kind === 'reply' ? `${whom} wrote, and the answer did not arrive.` : `${whom} did not get it.`;
};

// Whoever is not reached misses reminder after reminder, which is one thing; each other message says something else.
const aboutPerson = ({ id, kind, technician }: FailedMessage): string => {
  const isItsOwn = ['message.send', 'work-order.cancelled', 'work-order.unassigned'].includes(kind);
  if (isItsOwn || !technician) return `message:${id}`;
  return `${kind === 'reply' ? 'answer' : 'person'}:${technician.externalId}`;
};

const sendAgain = (message: FailedMessage, whom: string, now: Date): Help => {
  const { id, kind, way, ways, tried, isResent } = message;
  // Where it was asked it is answered.
  const untried = kind === 'reply' ? undefined : ways.find((each) => !tried.includes(each));
  const again = isResent ? undefined : ways.find((each) => each === way);
  const other = untried ?? again;
  return other && !isNewsOfAlert(kind) && !isTooLate(message, now)
    ? { do: 'resend', messageId: id, way: other, another: other !== way, whom }
    : { do: 'see', href: `/admin/messages/${id}`, text: 'See the message', onlyAdministrators: false };
};

const kindWords: Partial<Record<FailedMessage['kind'], string>> = {
  reply: 'Answer',
  'work-order.reminder': 'Reminder',
  'work-order.digest': 'Reminders',
  'maintenance.reminder': 'Reminder',
  'work-order.unassigned': 'Word that the order is no longer theirs',
  'work-order.cancelled': 'Word that the order is cancelled',
  'work-order.escalated': 'Call for help',
  'work-order.needed': 'Call for help',
  'alert.raised': 'Alert',
  'alert.taken': 'Word of who goes',
  'alert.resolved': 'All-clear',
};

const ofUnanswered = ({ id, technician, setAside, text, at }: Unanswered): Shown => ({
  ...{ kind: 'unanswered', about: `answer:${technician?.externalId ?? id}`, urgency: setAside ? 1 : 0 },
  ...{ since: at, what: `Message from ${technician?.name ?? 'an unknown number'}` },
  ...{ href: `/admin/messages/${id}`, whose: text && shorten(text) },
  why: setAside
    ? 'It could not be dealt with, for a fault of this service. Nothing was changed, and its sender was told so.'
    : 'It has come in and is not dealt with yet. If more of them wait, no worker may be running.',
  help: { do: 'see', href: `/admin/messages/${id}`, text: 'See the message', onlyAdministrators: false },
});

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const ofTemplate = (template: Awaited<ReturnType<Tx['overview']['templates']>>[number]): Shown[] => {
  const { kind, locale, rejectionReason, since } = template;
  const status = template.status as Parameters<typeof needsSomebody>[0] | null;
  if (status && !needsSomebody(status)) return [];
  return [
    {
      ...{ kind: 'template', about: `template:${kind}:${locale}`, urgency: 1, since },
      ...{ what: `${kind}, ${locale}`, href: null, whose: null },
      why: status
        ? sentence(whyUnusable({ status, rejectionReason, category: null, checkedAt: since }))
        : 'The provider has told nothing of it, however often it was asked.',
      help: settings('templates', 'Look at the templates'),
    },
  ];
};

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const mostNamed = 4;

const ofGaps = (gaps: { kind: string; locale: string; since: Date }[]): Shown[] => {
  if (gaps.length === 0) return [];
  const names = gaps.slice(0, mostNamed).map(({ kind, locale }) => `${kind} (${locale})`);
  return [
    {
      ...{ kind: 'template', about: 'gaps', urgency: 0, what: 'Templates that are not there', href: null },
      since: new Date(Math.min(...gaps.map(({ since }) => since.getTime()))),
      whose: `${names.join(', ')}${gaps.length > mostNamed ? ' and more' : ''}`,
      why: 'Whoever has not written for 24 hours cannot be sent these by WhatsApp.',
      help: settings('templates', 'Look at the templates'),
    },
  ];
};

const ofEndpoint = ({ key, reason, since }: { key: string; reason: string | null; since: Date }): Shown => ({
  ...{ kind: 'webhook', about: `webhook:${key}`, urgency: 0, since, what: key, href: null, whose: null },
  why: `It failed for too long and gets no events any more.${reason ? ` Last: ${reason}` : ''}`,
  help: settings('webhook-endpoints', 'Look at the endpoint'),
});
