import type { News } from '../commands/command.ts';
import type { AlertLine } from '../domain/alert.ts';

/** What one message of a technician can come to for several alerts at once. */
const kinds = ['alert.taken', 'alert.released', 'alert.reopened', 'alert.resolved'] as const;

export type AlertNewsKind = (typeof kinds)[number];

export const isAlertNews = (kind: string): kind is AlertNewsKind => kinds.some((each) => each === kind);

/** What others are told that somebody did to these alerts. */
export const alertNews = (kind: AlertNewsKind, alerts: AlertLine[], by: string): News =>
  kind === 'alert.resolved'
    ? { key: kind, values: { alerts, by, note: null }, orderId: null }
    : { key: kind, values: { alerts, by }, orderId: null };
