import { type Addressee, type HoldBack, holdBack } from '../domain/hold-back.ts';
import type { Lane, MessageKind } from '../domain/message.ts';
import type { QuietHours } from '../domain/quiet-hours.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Bell, Facts } from './facts.ts';
import { readPreferences } from './preferences.ts';

/** Whether a message is for somebody's outbox now, later or not at all, as things stand. */
export const holdsBack = async (
  tx: Tx,
  person: Technician,
  message: { kind: MessageKind; lane: Lane; expiresAt: Date },
  facts: Pick<Facts, 'enabled' | 'tenant' | 'now'>,
): Promise<HoldBack> =>
  holdBack(message, addresseeOf(person, facts.tenant, await quietHoursOfAll(tx)), facts);

/** When a message that is not held back for good is due, by whichever clock, and what it waits for until then. */
export const whenDue = (held: HoldBack, now: Date) =>
  'wait' in held
    ? { dueAt: { inMs: held.wait.getTime() - now.getTime() }, waitsFor: 'quiet-hours' as const }
    : { dueAt: { inMs: 0 } };

/** The hours in which nobody of the tenant's is told anything that can wait, unless he has hours of his own. */
export const quietHoursOfAll = async (tx: Tx): Promise<QuietHours | null> =>
  ((await tx.settings.get()).quietHours as QuietHours | undefined) ?? null;

/** What somebody has chosen, and the tenant's choice where he has made none. */
export const addresseeOf = (
  { active, timeZone, preferences }: Pick<Technician, 'active' | 'timeZone' | 'preferences'>,
  tenant: Pick<Tenant, 'timeZone'>,
  ofAll: QuietHours | null,
): Addressee => {
  const { paused, kinds, quietHours } = readPreferences(preferences);
  return {
    active,
    paused,
    kinds,
    quietHours: quietHours ?? ofAll,
    timeZone: timeZone ?? tenant.timeZone,
  };
};

/**
 * Has what waits for the end of quiet hours decided anew: somebody's, or everybody's. Ring the bells after the
 * commit.
 */
export const decideAnew = async (tx: Tx, technicianId: string | null): Promise<Bell[]> =>
  (await tx.outbox.endWaiting(technicianId)).map((id) => ({ queue: 'outbound', id }));
