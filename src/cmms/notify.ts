import type { News } from '../commands/command.ts';
import type { Alert } from '../domain/alert.ts';
import { expiry, type Lane, type MessageKind, type Reason, type Way } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { QuickReplyButton } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import type { ButtonAction, Reader, Texts } from '../texts/language.ts';
import { localeFor, textsFor, writeNews, writeNotice } from '../texts/texts.ts';
import type { Bell, Facts } from './facts.ts';
import { holdsBack, whenDue } from './hold-back.ts';
import { withMailFooter } from './mail-footer.ts';
import { tellIfUnreachable } from './not-reached.ts';
import { findRoute, type NoRoute, type Route } from './route.ts';
import { readSettings } from './settings.ts';

export type NoticeKind = keyof Texts['notices'];

export type Notice = {
  technician: Technician;
  order: WorkOrder;
  kind: NoticeKind;
  lane?: Lane;
  /** Sooner than the kind's own expiry, or instead of it where the kind allows. */
  expiresAt?: Date;
  /** The day a reminder says the order is due, or its maintenance scheduled. */
  dueDay?: string;
  /** Why it is kept back although nothing else keeps it back, in words; null: it is not. */
  keptBack?: string | null;
};

/**
 * `added` false: this assignment was told before, and `messageId` is that message.
 * `heldBack`: why it is not to be sent, and in the log as cancelled.
 * `bells`: to ring after the commit.
 */
export type Added = {
  messageId: string;
  added: boolean;
  heldBack: Reason | null;
  bells: Bell[];
};

/** Adds a notice about an order to the outbox, and tells the planner if there is no way to the person. */
export const addNotice = async (tx: Tx, notice: Notice, facts: Omit<Facts, 'actor'>): Promise<Added> => {
  const { technician, order, kind, lane = 'notification', expiresAt, dueDay = null } = notice;
  const tellsAssignment = kind === 'work-order.assigned' || kind === 'maintenance.scheduled';
  const told = tellsAssignment ? await tx.messages.ofAssignment(order.id, order.assignmentNo) : null;
  if (told) return { messageId: told, added: false, heldBack: null, bells: [] };

  const usual = expiry(kind, facts.now);
  const ends = !expiresAt || (tellsAssignment && expiresAt > usual) ? usual : expiresAt;
  const to = await howToTell(tx, technician, { kind, lane, expiresAt: ends }, facts);
  const { way, channelId, conversationId } = to;
  const heldBack = to.heldBack ?? (notice.keptBack ? 'preference' : null);
  const messageId = facts.newId();
  const reader = readerOf(technician, facts.tenant, facts.now, way);
  const added = await tx.outbox.add({
    id: messageId,
    technicianId: technician.id,
    way,
    channelId,
    conversationId,
    kind,
    lane,
    text: await withMailFooter(tx, writeNotice(kind, order, reader), reader, technician),
    buttons: buttonsOf(kind, reader),
    fallbackSeconds: to.fallbackSeconds,
    inReplyTo: null,
    workOrderIds: [order.id],
    about: {
      workOrderId: order.id,
      // What is not sent has told nobody: the assignment can still be told when asked for again.
      assignmentNo: tellsAssignment && heldBack === null ? order.assignmentNo : null,
      dueDay,
    },
    ...to.due,
    expiresAt: ends,
    heldBack,
    heldBackText: to.heldBack === null ? (notice.keptBack ?? null) : null,
  });
  if (!added) {
    const before = await tx.messages.ofAssignment(order.id, order.assignmentNo);
    return { messageId: before!, added, heldBack: null, bells: [] };
  }
  const bells = await bellsOf(tx, { id: messageId, kind, heldBack, channelId }, technician, order, facts);
  return { messageId, added, heldBack, bells };
};

const buttons: Partial<Record<NoticeKind, ButtonAction[]>> = {
  'work-order.assigned': ['ACK', 'START', 'HELP'],
  'maintenance.scheduled': ['CONFIRM', 'START', 'HELP'],
  'work-order.reminder': ['STATUS', 'COMPLETE'],
  'maintenance.reminder': ['CONFIRM', 'START', 'HELP'],
};

/** The commands a notice offers at one tap, in the reader's words; null if it offers none. */
export const buttonsOf = (kind: NoticeKind, reader: Reader): QuickReplyButton[] | null =>
  buttons[kind]?.map((action) => ({ title: textsFor(reader.locale).buttons[action], action })) ?? null;

/** Tells somebody what a technician did. */
export const addNews = (
  tx: Tx,
  person: Technician,
  news: News,
  causedBy: string | null,
  facts: Omit<Facts, 'actor'>,
  about: { lane?: Lane; alerts?: Alert[] } = {},
): Promise<Omit<Added, 'added'>> => {
  const text = (reader: Reader) => writeNews(news, reader);
  return addText(tx, person, { kind: news.key, text, causedBy, orderId: news.orderId, ...about }, facts);
};

/** Tells somebody something that is no notice of an order, and the planner if there is no way to the person. */
export const addText = async (
  tx: Tx,
  person: Technician,
  told: {
    /** The message's; null: a new one. */
    id?: string | null;
    kind: MessageKind;
    /** A function writes it for each way. */
    text: string | ((reader: Reader) => string);
    causedBy?: string | null;
    orderId?: string | null;
    /** Instead of the kind's own expiry. */
    expiresAt?: Date;
    /** Of a digest: its orders, each with the day it is due. */
    orders?: { id: string; dueDay: string }[];
    /** Instead of the kind's own. */
    lane?: Lane;
    /** The alerts it is about. */
    alerts?: Alert[];
    /** As of a notice. */
    keptBack?: string | null;
  },
  facts: Omit<Facts, 'actor'>,
): Promise<Omit<Added, 'added'>> => {
  const { kind, text, causedBy = null, orderId = null, keptBack = null } = told;
  const lane = told.lane ?? lanes[kind] ?? 'notification';
  const expiresAt = told.expiresAt ?? expiry(kind, facts.now);
  const to = await howToTell(tx, person, { kind, lane, expiresAt }, facts);
  const { way, channelId, conversationId, next } = to;
  const heldBack = to.heldBack ?? (keptBack ? 'preference' : null);
  const writeFor = (each: Way) => {
    const reader = readerOf(person, facts.tenant, facts.now, each);
    return typeof text === 'string' ? text : text(reader);
  };
  const messageId = told.id ?? facts.newId();
  await tx.outbox.add({
    id: messageId,
    technicianId: person.id,
    way,
    channelId,
    conversationId,
    kind,
    lane,
    text: await withMailFooter(tx, writeFor(way), readerOf(person, facts.tenant, facts.now, way), person),
    otherTexts:
      typeof text === 'string' ? null : Object.fromEntries(next.map((each) => [each, writeFor(each)])),
    fallbackSeconds: to.fallbackSeconds,
    inReplyTo: null,
    causedBy,
    workOrderIds: told.orders?.map(({ id }) => id) ?? (orderId ? [orderId] : []),
    dueDays: told.orders?.map(({ dueDay }) => dueDay) ?? [],
    alertIds: told.alerts?.map(({ id }) => id) ?? [],
    about: orderId ? { workOrderId: orderId, assignmentNo: null, dueDay: null } : null,
    ...to.due,
    expiresAt,
    heldBack,
    heldBackText: to.heldBack === null ? keptBack : null,
  });
  const bells = await bellsOf(tx, { id: messageId, kind, heldBack, channelId }, person, orderId, facts);
  return { messageId, heldBack, bells };
};

const bellsOf = async (
  tx: Tx,
  message: { id: string; kind: MessageKind; heldBack: Reason | null; channelId: string | null },
  person: Technician,
  about: WorkOrder | string | null,
  facts: Omit<Facts, 'actor'>,
): Promise<Bell[]> =>
  message.heldBack === null && message.channelId !== null
    ? [{ queue: 'outbound', id: message.channelId }]
    : tellIfUnreachable(tx, message, person, about, facts);

// A call for help does not queue up behind the morning's notices.
const lanes: Partial<Record<MessageKind, Lane>> = {
  'work-order.escalated': 'reply',
  'work-order.needed': 'reply',
  'work-order.taken': 'reply',
  'call.seen': 'reply',
  'call.unanswered': 'reply',
  'work-order.digest': 'digest',
};

/** By which way somebody is told something, when, and for how long that way may take; or why he is not. */
export const howToTell = async (
  tx: Tx,
  person: Technician,
  message: { kind: MessageKind; lane: Lane; expiresAt: Date },
  facts: Omit<Facts, 'actor'>,
  byWays: Way[] | null = null,
) => {
  const options = { evenSwitchedOff: message.lane === 'critical', ...(byWays ? { ways: byWays } : {}) };
  const route = await findRoute(tx, person, facts.newId, options);
  const held = await holdsBack(tx, person, message, facts);
  const heldBack: Reason | null = 'cancel' in held ? held.cancel : 'not' in route ? route.not : null;
  const due = whenDue(held, facts.now);
  const fallbackSeconds = await waitForNext(tx, route, facts);
  return { heldBack, due, fallbackSeconds, ...('not' in route ? nowhere : route) };
};

/** The place of a message that can go nowhere: in the log. */
const nowhere = { way: 'whatsapp', channelId: null, conversationId: null, next: [] as Way[] } as const;

/** How long a message may take to arrive by its way, in seconds; null if there is no other. */
export const waitForNext = async (
  tx: Tx,
  route: Route | NoRoute,
  { tenant }: Pick<Facts, 'tenant'>,
): Promise<number | null> =>
  'not' in route || route.next.length === 0 ? null : (await readSettings(tx, tenant)).fallbackSeconds;

/** In whose language and zone a person reads. */
export const readerOf = (
  technician: Technician,
  tenant: Tenant,
  now: Date,
  way: Way = 'whatsapp',
): Reader => ({
  way,
  locale: localeFor(technician.locale, tenant.locale),
  timeZone: technician.timeZone ?? tenant.timeZone,
  now,
});
