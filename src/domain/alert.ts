import type { Asset, Priority } from './work-order.ts';

export type AlertState = 'open' | 'responding' | 'resolved';

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
