import { expiry, type Lane } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Address, Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Reader, Texts } from '../texts/language.ts';
import { writeNotice } from '../texts/texts.ts';
import type { Facts } from './facts.ts';

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
  const heldBack = !facts.enabled ? 'disabled' : route ? null : 'no-address';
  const usual = expiry(kind, facts.now);
  const messageId = facts.newId();
  const added = await tx.outbox.add({
    id: messageId,
    technicianId: technician.id,
    way: 'whatsapp',
    channelId: route?.channelId ?? null,
    conversationId: route?.conversationId ?? null,
    kind,
    lane,
    text: writeNotice(kind, order, readerOf(technician, facts.tenant, facts.now)),
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
  return { messageId, channelId: heldBack === null ? route!.channelId : null, added };
};

/** In whose language and zone a person reads. */
export const readerOf = (technician: Technician, tenant: Tenant, now: Date): Reader => ({
  locale: technician.locale ?? tenant.locale,
  timeZone: technician.timeZone ?? tenant.timeZone,
  now,
});

/** The conversation to tell somebody in; null if there is no channel or no address. */
const findRoute = async (tx: Tx, technician: Technician, newId: () => string) => {
  const channel = (await tx.channels.list()).find(({ way, retiredAt }) => way === 'whatsapp' && !retiredAt);
  const address = technician.active
    ? pickAddress(await tx.technicians.addresses(technician.id), technician.phone)
    : null;
  if (!channel || !address) return null;
  const conversationId = await tx.conversations.open(
    channel.id,
    technician.id,
    `whatsapp:${address.value}`,
    newId,
  );
  return { channelId: channel.id, conversationId };
};

const pickAddress = (addresses: Address[], phone: string | null): Address | null => {
  const active = addresses.filter((address) => address.active);
  return (
    active.find(({ kind, value }) => kind === 'whatsapp' && value === phone) ??
    active.find(({ kind }) => kind === 'whatsapp') ??
    active.find(({ kind }) => kind === 'whatsapp-user-id') ??
    null
  );
};
