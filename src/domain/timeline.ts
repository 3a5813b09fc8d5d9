import { type DeliveryStatus, isAsFarAs } from './delivery-status.ts';

export type TimelineEntry = { status: string; at: Date; source: 'us' | 'provider' };

type Told = { status: DeliveryStatus; at: Date };

/** One try to send it, and what the provider told of it, in any order. */
export type Try = {
  sendingAt: Date;
  acceptedAt: Date | null;
  status: DeliveryStatus;
  /** When that became its status; null while it is being sent. */
  statusAt: Date | null;
  told: Told[];
};

/**
 * What happened to a message, by time. The last entry is its status, unless it goes on: then the newest try's
 * entries come last, also while an earlier one had got further.
 */
export const timelineOf = (
  message: {
    beganAs: 'received' | 'queued';
    beganAt: Date;
    status: string;
    /** When that became its status; null if it began so. */
    statusAt: Date | null;
  },
  tries: Try[],
): TimelineEntry[] => {
  const { status, statusAt, beganAs, beganAt } = message;
  const began: TimelineEntry = { status: beganAs, at: beganAt, source: 'us' };
  const happened = [began, ...tries.flatMap(entriesOf)].sort((a, b) => a.at.getTime() - b.at.getTime());
  const entries = happened.slice(0, endOf(happened, status, statusAt));
  const last = entries.at(-1) ?? began;
  const isMissing = ends.has(status)
    ? last.status !== status
    : !entries.some((entry) => entry.status === status);
  if (!isMissing) return entries;
  const isRefused = status === 'failed' && tries.at(-1)?.status === 'failed';
  const at = statusAt && statusAt > last.at ? statusAt : last.at;
  return [...entries, { status, at, source: isRefused ? 'provider' : 'us' }];
};

const ends = new Set(['failed', 'expired', 'cancelled', 'processed', 'disabled']);

const entriesOf = ({ sendingAt, acceptedAt, status, statusAt, told }: Try): TimelineEntry[] => {
  const news: Told[] = [
    ...(acceptedAt ? [{ status: 'accepted' as const, at: acceptedAt }] : []),
    ...told,
    // Of a try that was refused the message tells, if that was its end.
    ...(statusAt && status !== 'sending' && status !== 'failed' ? [{ status, at: statusAt }] : []),
  ];
  // News overtake each other: what was told late had happened by the time something further was told.
  const happenedAt = (what: DeliveryStatus) =>
    Math.min(...news.filter((each) => isAsFarAs(each.status, what)).map(({ at }) => at.getTime()));
  const statuses = [...new Set(news.map((each) => each.status))].sort((a, b) => (isAsFarAs(a, b) ? 1 : -1));
  return [
    { status: 'sending', at: sendingAt, source: 'us' },
    ...statuses.map((each) => ({
      status: each,
      at: new Date(Math.max(happenedAt(each), sendingAt.getTime())),
      source: each === 'unknown' ? ('us' as const) : ('provider' as const),
    })),
  ];
};

/** Up to where entries count: what other tries tell after it has arrived or ended changes nothing. */
const endOf = (entries: TimelineEntry[], status: string, statusAt: Date | null): number => {
  if (status === 'delivered' || status === 'read') {
    return entries.findLastIndex((entry) => entry.status === status) + 1 || entries.length;
  }
  const later = ends.has(status) && statusAt ? entries.findIndex(({ at }) => at > statusAt) : -1;
  return later === -1 ? entries.length : later;
};
