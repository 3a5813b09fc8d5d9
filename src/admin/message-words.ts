import type { Way } from '../domain/message.ts';
import type { ListedMessage } from '../store/messages.ts';

/** What kinds of messages are called in the panel. */
export const kindWords: Record<string, string> = {
  reply: 'answer',
  'work-order.assigned': 'the assignment',
  'work-order.unassigned': 'no longer theirs',
  'work-order.cancelled': 'the order is cancelled',
  'maintenance.scheduled': 'scheduled maintenance',
  'work-order.reminder': 'reminder',
  'work-order.digest': 'list of reminders',
  'maintenance.reminder': 'reminder to confirm',
  'maintenance.unconfirmed': 'maintenance not confirmed',
  'work-order.delayed': 'the order is delayed',
  'work-order.escalated': 'call for a supervisor',
  'work-order.needed': 'something is needed',
  'work-order.taken': 'a call is taken',
  'work-order.undone': 'a change was taken back',
  'alert.raised': 'the alert',
  'alert.taken': 'somebody is going',
  'alert.released': 'nobody is going any more',
  'alert.reopened': 'not resolved yet',
  'alert.escalated': 'a supervisor is needed',
  'alert.unanswered': 'nobody has answered',
  'alert.seen': 'the call was read',
  'alert.resolved': 'it is resolved',
  'call.seen': 'the call was read',
  'call.unanswered': 'nobody has taken the call',
  'technician.opted-out': 'somebody has opted out',
  'technician.identity-changed': 'somebody has another number at WhatsApp',
  'technician.not-reached': 'somebody was not reached',
  'technician.not-reading': 'reminders are not read',
  'message.send': 'a text',
};

/** A message that is tried again later, as its last try ended; any other as it is. */
export const asItStands = (message: ListedMessage): ListedMessage =>
  message.failedForNow ? { ...message, status: 'queued', error: message.failedForNow.error } : message;

export const wayWords: Record<Way, string> = { whatsapp: 'WhatsApp', sms: 'SMS', email: 'e-mail' };
