export const deliveryStatuses = [
  'queued',
  'sending',
  'unknown',
  'accepted',
  'sent',
  'failed',
  'delivered',
  'read',
  'expired',
  'cancelled',
] as const;

export type DeliveryStatus = (typeof deliveryStatuses)[number];

// Callbacks for one message overtake each other; a late "sent" must not undo "delivered". What ended
// without being sent ranks with "failed": only proof of arrival replaces it.
const rank: Record<DeliveryStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  accepted: 3,
  sent: 4,
  failed: 5,
  expired: 5,
  cancelled: 5,
  delivered: 6,
  read: 7,
};

/** The status after news: only a higher rank replaces. */
export const forward = (current: DeliveryStatus, news: DeliveryStatus): DeliveryStatus =>
  rank[news] > rank[current] ? news : current;

/** Whether one status is at least as far as another. */
export const isAsFarAs = (status: DeliveryStatus, other: DeliveryStatus): boolean =>
  rank[status] >= rank[other];

/** What a provider's word means here (Twilio's MessageStatus enum); null for words that say nothing about delivery. */
export const fromTwilio = (word: string): DeliveryStatus | null => twilioWords.get(word) ?? null;

const twilioWords = new Map<string, DeliveryStatus>([
  ['accepted', 'accepted'],
  ['scheduled', 'accepted'],
  ['queued', 'accepted'],
  ['sending', 'accepted'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);
