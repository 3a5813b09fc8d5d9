import type { Lane, MessageKind, Reason } from './message.ts';
import { type NotificationName, preferenceOf } from './preference.ts';
import { type QuietHours, quietUntil } from './quiet-hours.ts';

/** What somebody to be told has chosen, or what the tenant has for everybody. */
export type Addressee = {
  active: boolean;
  paused: boolean;
  kinds: Partial<Record<NotificationName, boolean>>;
  quietHours: QuietHours | null;
  timeZone: string;
};

export type HoldBack = { send: true } | { cancel: Reason } | { wait: Date };

const send = { send: true } as const;

/**
 * Whether somebody is to be told now, later or not at all. What is critical and what answers pass, as long as the
 * service is switched on; calls for help, in the answers' lane, wait for no quiet hours. `wait` is their end.
 */
export const holdBack = (
  message: { kind: MessageKind; lane: Lane; expiresAt: Date },
  person: Addressee | null,
  { enabled, now }: { enabled: boolean; now: Date },
): HoldBack => {
  if (!enabled) return { cancel: 'disabled' };
  if (!person || message.kind === 'reply') return send;
  if (!person.active) return { cancel: 'no-address' };
  // The safety floor.
  if (message.lane === 'critical') return send;
  if (person.paused) return { cancel: 'paused' };
  const preference = preferenceOf(message.kind);
  if (preference && person.kinds[preference] === false) return { cancel: 'preference' };
  if (message.lane === 'reply' || !person.quietHours) return send;
  const until = quietUntil(person.quietHours, person.timeZone, now);
  if (!until) return send;
  return message.expiresAt <= until ? { cancel: 'quiet-hours' } : { wait: until };
};
