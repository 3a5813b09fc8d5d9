import type { DeliveryStatus } from './delivery-status.ts';
import type { Way } from './message.ts';

/** Why somebody was not reached by a way, as far as a planner can do something about it. */
export type NotReachedWhy =
  | 'not-on-whatsapp'
  | 'blocked'
  | 'opted-out'
  | 'no-such-address'
  | 'no-template'
  | 'not-arrived'
  | 'fault'
  // Where there is no way at all.
  | 'no-address'
  | 'inactive';

/** Reads how a message ended: by our status, and by the provider's code where it failed. */
export const whyNotReached = (ended: {
  way: Way;
  status: DeliveryStatus;
  reason: string | null;
  code: string | null;
}): NotReachedWhy => {
  if (ended.reason === 'opted-out') return 'opted-out';
  // It was his when the message was written.
  if (ended.reason === 'no-address') return 'no-such-address';
  if (ended.reason === 'no-template') return 'no-template';
  if (ended.status !== 'failed') return 'not-arrived';
  const code = ended.code ?? '';
  // In answer to the recipient; other codes of mail servers are about the mail.
  if (ended.way === 'email') return /^(550|551|553)$/.test(code) ? 'no-such-address' : 'fault';
  return whyByCode.get(code) ?? 'fault';
};

/**
 * What one person after the other may not be reached for: a cause of ours or the provider's, which may be that of
 * hundreds, or else the person, by id. Had it not been for the former, a way would have led to him.
 */
export const causeOf = (whys: NotReachedWhy[], technicianId: string): string =>
  whys.find((why) => why === 'no-template' || why === 'fault') ?? technicianId;

// Twilio's error codes, as twilio-errors.ts has them.
const whyByCode = new Map<string, NotReachedWhy>([
  ['63003', 'not-on-whatsapp'],
  ['63024', 'not-on-whatsapp'],
  ['63014', 'blocked'],
  ['63033', 'blocked'],
  ['30004', 'blocked'],
  ['21211', 'no-such-address'],
  ['21612', 'no-such-address'],
  ['21614', 'no-such-address'],
  ['30005', 'no-such-address'],
  ['30006', 'no-such-address'],
  ['30003', 'not-arrived'],
  ['30008', 'not-arrived'],
]);
