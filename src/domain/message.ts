import { dueDay } from './dates.ts';
import { isOpen, type WorkOrder } from './work-order.ts';

export const lanes = ['critical', 'reply', 'notification', 'digest'] as const;
export type Lane = (typeof lanes)[number];

/** What a row of the log is about; the notices carry the CMMS's job names. */
export type MessageKind =
  | 'command'
  | 'reply'
  | 'work-order.assigned'
  | 'work-order.unassigned'
  | 'maintenance.scheduled'
  | 'work-order.reminder'
  | 'work-order.delayed'
  | 'work-order.escalated'
  | 'work-order.needed'
  | 'work-order.taken'
  | 'work-order.undone'
  | 'technician.opted-out'
  | 'technician.identity-changed'
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

/** Whether a notice about an order is still true, so that nothing untrue is sent. */
export const isStillTrue = (claim: Claim, order: WorkOrder | null, timeZone: string): boolean => {
  if (claim.kind === 'reply' || !order) return true;
  if (claim.kind === 'work-order.unassigned') return order.assigneeId !== claim.technicianId;
  if (claim.kind === 'work-order.taken' || claim.kind === 'work-order.undone') return true;
  if (claim.kind === 'work-order.escalated') return order.escalated;
  if (claim.kind === 'work-order.delayed') return order.status === 'delayed';
  if (claim.kind === 'work-order.needed') return isOpen(order);
  if (order.assigneeId !== claim.technicianId || !isOpen(order)) return false;
  if (claim.kind === 'work-order.reminder') {
    return (order.due && dueDay(order.due, timeZone)) === claim.dueDay;
  }
  return order.status === 'assigned' && order.assignmentNo === claim.assignmentNo;
};

const hour = 60 * 60 * 1000;
const lasts: Partial<Record<MessageKind, number>> = { reply: 2 * hour, 'message.send': 24 * hour };

/** When a message stops being worth sending, unless the sender said so. */
export const expiry = (kind: MessageKind, now: Date): Date =>
  new Date(now.getTime() + (lasts[kind] ?? 7 * 24 * hour));
