import type { Lane, MessageKind } from './message.ts';
import type { Asset, Priority } from './work-order.ts';

export const alertStates = ['open', 'responding', 'resolved'] as const;
type AlertState = (typeof alertStates)[number];

/** Something is wrong with an asset, and somebody is to go. */
export type Alert = {
  id: string;
  externalId: string;
  asset: Asset;
  message: string;
  severity: Priority;
  /** Ids of who was named to be told first. */
  recipients: string[];
  state: AlertState;
  raisedAt: Date;
  /** Who goes, or went, and since when by the database's clock. */
  responderId: string | null;
  claimedAt: Date | null;
  resolvedAt: Date | null;
  /** Null: it is worth telling until it is resolved. */
  expiresAt: Date | null;
  version: number;
};

/** What an alert was before a change, for whoever takes it back. Moments as text. */
export type AlertBefore = {
  version: number;
  state: AlertState;
  responderId: string | null;
  claimedAt: string | null;
};

/**
 * What somebody who was told of an alert does about it. `release`: whoever goes cannot, and the next people are told;
 * `escalate`: nobody goes, and they are told at once; `help`: somebody goes, and the supervisors are told.
 */
export type AlertChange =
  | { do: 'claim' | 'resolve'; alertId: string }
  | { do: 'release' | 'escalate' | 'help'; alertId: string; reason: string | null }
  | { do: 'take-back'; alertId: string; eventId: string; type: string; before: AlertBefore };

/** What texts say of an alert. */
export type AlertLine = Pick<Alert, 'externalId' | 'asset' | 'message' | 'severity' | 'raisedAt'>;

/** It says what became of an alert, as it was when it was written; a page is written anew whenever it is said. */
export const isNewsOfAlert = (kind: string): boolean => kind.startsWith('alert.') && kind !== 'alert.raised';

/**
 * Why what a message of that kind says of an alert does not hold any more; null: it does. `by`: the id of whoever's
 * message it tells of; null: nobody's.
 */
export const whyUntrue = (
  kind: MessageKind,
  { state, responderId }: Pick<Alert, 'state' | 'responderId'>,
  by: string | null,
): 'alert-claimed' | 'order-moved-on' | null => {
  const unless = (...states: AlertState[]) =>
    states.includes(state) ? null : state === 'responding' ? 'alert-claimed' : 'order-moved-on';
  switch (kind) {
    case 'alert.raised':
    case 'alert.released':
    case 'alert.unanswered':
      return unless('open');
    case 'alert.taken':
      // Somebody else may go by now.
      return state === 'responding' && (by === null || by === responderId) ? null : 'order-moved-on';
    case 'alert.resolved':
      return state === 'resolved' ? null : 'order-moved-on';
    default:
      return unless('open', 'responding');
  }
};

/** The lane of what is said of an alert. */
export const laneOf = ({ severity }: Pick<Alert, 'severity'>): Lane =>
  severity === 'critical' ? 'critical' : 'notification';

const week = 7 * 24 * 60 * 60 * 1000;
const year = 365 * 24 * 60 * 60 * 1000;

/** Until when an alert is worth telling unless the CMMS says so; null: until it is resolved. */
export const alertExpiry = (severity: Priority, now: Date): Date | null =>
  severity === 'critical' ? null : new Date(now.getTime() + week);

/** When a message about it expires. Every message does; one that is good until the alert is resolved, in a year. */
export const messageExpiry = ({ expiresAt }: Pick<Alert, 'expiresAt'>, now: Date): Date =>
  expiresAt ?? new Date(now.getTime() + year);

/** What left longer ago makes no page wait. */
export const gatherWithinSeconds = 60;

/** How long a page waits for others to join it, by how many left for the same person within that time. */
export const gatherSeconds = (sentLately: number): number => [0, 3, 10][sentLately] ?? 30;
