import type { News } from '../commands/command.ts';
import { expiry, type Lane, type MessageKind, type Reason } from '../domain/message.ts';
import { whatsappPhone } from '../domain/phone.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { QuickReplyButton } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Address, Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import type { ButtonAction, Reader, Texts } from '../texts/language.ts';
import { localeFor, textsFor, writeNews, writeNotice } from '../texts/texts.ts';
import type { Facts } from './facts.ts';
import { readPreferences } from './preferences.ts';

export type NoticeKind = keyof Texts['notices'];

export type Notice = {
  technician: Technician;
  order: WorkOrder;
  kind: NoticeKind;
  lane?: Lane;
  /** Sooner than the kind's own expiry, or instead of it where the kind allows. */
  expiresAt?: Date;
  /** The day a reminder says the order is due. */
  dueDay?: string;
};

/**
 * `channelId` null: there is no way to reach the person, and the message is in the log as cancelled.
 * `added` false: this assignment was told before, and `messageId` is that message.
 */
export type Added = { messageId: string; channelId: string | null; added: boolean };

/** Adds a notice about an order to the outbox. Ring `outbound` for the channel after the commit. */
export const addNotice = async (tx: Tx, notice: Notice, facts: Omit<Facts, 'actor'>): Promise<Added> => {
  const { technician, order, kind, lane = 'notification', expiresAt, dueDay = null } = notice;
  const tellsAssignment = kind === 'work-order.assigned' || kind === 'maintenance.scheduled';
  const told = tellsAssignment ? await tx.messages.ofAssignment(order.id, order.assignmentNo) : null;
  if (told) return { messageId: told, channelId: null, added: false };

  const route = await findRoute(tx, technician, facts.newId);
  const heldBack = holdsBack(technician, facts) ?? ('not' in route ? route.not : null);
  const { channelId, conversationId } = 'not' in route ? nowhere : route;
  const usual = expiry(kind, facts.now);
  const messageId = facts.newId();
  const reader = readerOf(technician, facts.tenant, facts.now);
  const added = await tx.outbox.add({
    id: messageId,
    technicianId: technician.id,
    way: 'whatsapp',
    channelId,
    conversationId,
    kind,
    lane,
    text: writeNotice(kind, order, reader),
    buttons: buttonsOf(kind, reader),
    inReplyTo: null,
    workOrderIds: [order.id],
    about: {
      workOrderId: order.id,
      // What is not sent has told nobody: the assignment can still be told when asked for again.
      assignmentNo: tellsAssignment && heldBack === null ? order.assignmentNo : null,
      dueDay,
    },
    dueAt: facts.now,
    expiresAt: !expiresAt || (tellsAssignment && expiresAt > usual) ? usual : expiresAt,
    heldBack,
  });
  if (!added) {
    const before = await tx.messages.ofAssignment(order.id, order.assignmentNo);
    return { messageId: before!, channelId: null, added };
  }
  return { messageId, channelId: heldBack === null ? channelId : null, added };
};

const buttons: Partial<Record<NoticeKind, ButtonAction[]>> = {
  'work-order.assigned': ['ACK', 'START', 'HELP'],
  'maintenance.scheduled': ['CONFIRM', 'START', 'HELP'],
  'work-order.reminder': ['STATUS', 'COMPLETE'],
};

/** The commands a notice offers at one tap, in the reader's words; null if it offers none. */
export const buttonsOf = (kind: NoticeKind, reader: Reader): QuickReplyButton[] | null =>
  buttons[kind]?.map((action) => ({ title: textsFor(reader.locale).buttons[action], action })) ?? null;

/** Tells somebody what a technician did. Ring `outbound` for the channel after the commit. */
export const addNews = (
  tx: Tx,
  person: Technician,
  news: News,
  causedBy: string | null,
  facts: Omit<Facts, 'actor'>,
): Promise<Omit<Added, 'added'>> => {
  const text = writeNews(news, readerOf(person, facts.tenant, facts.now));
  return addText(tx, person, { kind: news.key, text, causedBy, orderId: news.orderId }, facts);
};

/** Tells somebody something that is written already. Ring `outbound` for the channel after the commit. */
export const addText = async (
  tx: Tx,
  person: Technician,
  told: {
    kind: MessageKind;
    text: string;
    causedBy?: string | null;
    orderId?: string | null;
    /** Instead of the kind's own expiry. */
    expiresAt?: Date;
  },
  facts: Omit<Facts, 'actor'>,
): Promise<Omit<Added, 'added'>> => {
  const { kind, text, causedBy = null, orderId = null } = told;
  const route = await findRoute(tx, person, facts.newId);
  const heldBack = holdsBack(person, facts) ?? ('not' in route ? route.not : null);
  const { channelId, conversationId } = 'not' in route ? nowhere : route;
  const messageId = facts.newId();
  await tx.outbox.add({
    id: messageId,
    technicianId: person.id,
    way: 'whatsapp',
    channelId,
    conversationId,
    kind,
    lane: lanes[kind] ?? 'notification',
    text,
    inReplyTo: null,
    causedBy,
    workOrderIds: orderId ? [orderId] : [],
    about: orderId ? { workOrderId: orderId, assignmentNo: null, dueDay: null } : null,
    dueAt: facts.now,
    expiresAt: told.expiresAt ?? expiry(kind, facts.now),
    heldBack,
  });
  return { messageId, channelId: heldBack === null ? channelId : null };
};

// A call for help does not queue up behind the morning's notices.
const lanes: Partial<Record<MessageKind, Lane>> = {
  'work-order.escalated': 'reply',
  'work-order.needed': 'reply',
};

const holdsBack = (person: Technician, facts: Pick<Facts, 'enabled'>): Reason | null =>
  !facts.enabled ? 'disabled' : readPreferences(person.preferences).paused ? 'paused' : null;

const nowhere = { channelId: null, conversationId: null };

/** In whose language and zone a person reads. */
export const readerOf = (technician: Technician, tenant: Tenant, now: Date): Reader => ({
  locale: localeFor(technician.locale, tenant.locale),
  timeZone: technician.timeZone ?? tenant.timeZone,
  now,
});

/** The conversation to tell somebody in, or why there is none. */
const findRoute = async (
  tx: Tx,
  technician: Technician,
  newId: () => string,
): Promise<{ channelId: string; conversationId: string } | { not: 'no-address' | 'opted-out' }> => {
  const channel = (await tx.channels.list()).find(({ way, retiredAt }) => way === 'whatsapp' && !retiredAt);
  const addresses = technician.active ? await tx.technicians.addresses(technician.id) : [];
  const reachable = addresses.filter(({ kind, active }) => active && kind !== 'sms');
  const address = pickAddress(
    reachable.filter(({ optedOutAt }) => optedOutAt === null),
    technician.phone,
  );
  if (!channel || !address) return { not: channel && reachable.length > 0 ? 'opted-out' : 'no-address' };
  const conversationId = await tx.conversations.open(
    channel.id,
    technician.id,
    `whatsapp:${address.value}`,
    newId,
  );
  return { channelId: channel.id, conversationId };
};

const pickAddress = (addresses: Address[], phone: string | null): Address | null =>
  addresses.find(({ kind, value }) => kind === 'whatsapp' && phone && value === whatsappPhone(phone)) ??
  addresses.find(({ kind }) => kind === 'whatsapp') ??
  addresses[0] ??
  null;
