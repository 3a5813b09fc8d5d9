import { z } from 'zod';
import { type NotificationName, notificationNames } from '../domain/preference.ts';
import type { QuietHours } from '../domain/quiet-hours.ts';

export { type NotificationName, notificationNames } from '../domain/preference.ts';

export type Preferences = {
  paused: boolean;
  kinds: Partial<Record<NotificationName, boolean>>;
  ways: { whatsapp: boolean; sms: boolean; email: boolean };
  quietHours: QuietHours | null;
};

export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like 22:00')
  .meta({ examples: ['22:00'] });

export const quietHours = z
  .strictObject({ from: timeOfDay, to: timeOfDay })
  .refine(({ from, to }) => from !== to, 'must end at another time than it begins');

const choice = z.boolean().nullable().optional();

const kinds = Object.fromEntries(notificationNames.map((name) => [name, choice])) as Record<
  NotificationName,
  typeof choice
>;

/** What a PUT may say: what is left out stays, null goes back to the default. */
export const preferencesChange = z.strictObject({
  paused: choice,
  kinds: z.strictObject(kinds).nullable().optional(),
  ways: z.strictObject({ whatsapp: choice, sms: choice, email: choice }).nullable().optional(),
  quietHours: quietHours.nullable().optional(),
});

/** What a GET answers: nothing left out. */
export const preferencesAnswer = z.strictObject({
  paused: z.boolean(),
  kinds: z.partialRecord(z.enum(notificationNames), z.boolean()),
  ways: z.strictObject({ whatsapp: z.boolean(), sms: z.boolean(), email: z.boolean() }),
  quietHours: z.strictObject({ from: timeOfDay, to: timeOfDay }).nullable(),
});

const defaults: Preferences = {
  paused: false,
  kinds: {},
  ways: { whatsapp: true, sms: true, email: true },
  quietHours: null,
};

/** A person's preferences in full, from what was stored of them. */
export const readPreferences = (stored: Record<string, unknown>): Preferences => {
  const { paused, kinds, ways, quietHours } = stored as Partial<Preferences>;
  return {
    paused: paused ?? defaults.paused,
    kinds: kinds ?? defaults.kinds,
    ways: { ...defaults.ways, ...ways },
    quietHours: quietHours ?? defaults.quietHours,
  };
};

export const changePreferences = (
  before: Preferences,
  change: z.infer<typeof preferencesChange> | null,
): Preferences => {
  if (change === null) return defaults;
  const { paused, kinds, ways, quietHours } = change;
  return {
    paused: paused === undefined ? before.paused : (paused ?? defaults.paused),
    kinds: kinds === undefined ? before.kinds : kinds === null ? {} : merge(before.kinds, kinds),
    ways:
      ways === undefined
        ? before.ways
        : ways === null
          ? defaults.ways
          : { ...defaults.ways, ...merge(before.ways, ways) },
    quietHours: quietHours === undefined ? before.quietHours : quietHours,
  };
};

/** What was changed over what was there; null takes an entry away. */
const merge = <T extends Record<string, boolean>>(
  before: T,
  change: Record<string, boolean | null | undefined>,
): T =>
  Object.fromEntries(
    Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined),
  ) as T;
