import { dueDay } from './dates.ts';
import { isUnconfirmed } from './maintenance.ts';
import { isStillDue } from './reminder.ts';
import { isOpen, type WorkOrder } from './work-order.ts';

export const lanes = ['critical', 'reply', 'notification', 'digest'] as const;
export type Lane = (typeof lanes)[number];

export const ways = ['whatsapp', 'sms', 'email'] as const;
export type Way = (typeof ways)[number];

/** What a row of the log is about; the notices carry the CMMS's job names. */
export type MessageKind =
  | 'command'
  | 'reply'
  | 'work-order.assigned'
  | 'work-order.unassigned'
  | 'work-order.cancelled'
  | 'maintenance.scheduled'
  | 'work-order.reminder'
  | 'work-order.digest'
  | 'maintenance.reminder'
  | 'maintenance.unconfirmed'
  | 'work-order.delayed'
  | 'work-order.escalated'
  | 'work-order.needed'
  | 'work-order.taken'
  | 'work-order.undone'
  | 'alert.raised'
  | 'alert.taken'
  | 'alert.released'
  | 'alert.reopened'
  | 'alert.escalated'
  | 'alert.unanswered'
  | 'alert.seen'
  | 'alert.resolved'
  | 'call.seen'
  | 'call.unanswered'
  | 'technician.opted-out'
  | 'technician.identity-changed'
  | 'technician.not-reached'
  | 'technician.not-reading'
  | 'message.send';

/** Why a message was held back or ended, in the contract's words. */
export type Reason =
  | 'paused'
  | 'preference'
  | 'quiet-hours'
  | 'order-moved-on'
  | 'alert-claimed'
  | 'disabled'
  | 'no-template'
  | 'no-address'
  | 'opted-out'
  | 'expired'
  | 'provider';

/** A notice and what it claimed when it was written. */
export type Claim = {
  kind: MessageKind | null;
  technicianId: string | null;
  assignmentNo: number | null;
  dueDay: string | null;
};

// What has happened, whatever became of the order.
const alwaysTrue: Claim['kind'][] = ['work-order.taken', 'work-order.undone', 'call.seen', 'call.unanswered'];

/** Whether a notice about an order is still true, so that nothing untrue is sent. */
export const isStillTrue = (claim: Claim, order: WorkOrder | null, timeZone: string): boolean => {
  if (claim.kind === 'reply' || !order) return true;
  if (claim.kind === 'work-order.unassigned') return order.assigneeId !== claim.technicianId;
  if (claim.kind === 'work-order.cancelled') return order.status === 'cancelled';
  if (alwaysTrue.includes(claim.kind)) return true;
  if (claim.kind === 'work-order.escalated') return order.escalated;
  if (claim.kind === 'work-order.delayed') return order.status === 'delayed';
  if (claim.kind === 'work-order.needed' || claim.kind === 'technician.not-reached') return isOpen(order);
  if (claim.kind === 'maintenance.unconfirmed') return isUnconfirmed(order);
  if (claim.kind === 'work-order.reminder') return isStillDue(order, claim, timeZone);
  if (order.assigneeId !== claim.technicianId || !isOpen(order)) return false;
  if (claim.kind === 'maintenance.reminder') {
    return isUnconfirmed(order) && dueDay(order.scheduled!, timeZone) === claim.dueDay;
  }
  return order.status === 'assigned' && order.assignmentNo === claim.assignmentNo;
};

const hour = 60 * 60 * 1000;
const lasts: Partial<Record<MessageKind, number>> = { reply: 2 * hour, 'message.send': 24 * hour };

/** When a message stops being worth sending, unless the sender said so. */
export const expiry = (kind: MessageKind, now: Date): Date =>
  new Date(now.getTime() + (lasts[kind] ?? 7 * 24 * hour));
