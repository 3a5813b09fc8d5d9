import { type CatchUpDeps, catchUp } from '../jobs/schedules/catch-up.ts';
import { reminders } from '../jobs/schedules/reminders.ts';
import type { SchedulerEntry } from './queue-backend.ts';

type ScheduleDeps = CatchUpDeps;

type Schedule = { pattern: string; run: (deps: ScheduleDeps) => (tenantId: string) => Promise<void> };

/** What runs by the clock, once per tenant. The patterns are UTC; each run knows its people's own zones. */
export const schedules: Record<string, Schedule> = {
  reminders: { pattern: '*/15 * * * *', run: reminders },
  'catch-up': { pattern: '*/5 * * * *', run: catchUp },
};

/** The job schedulers that must exist for these tenants. */
export const schedulerEntries = (
  tenantIds: string[],
  patterns: Record<string, string> = {},
): SchedulerEntry[] =>
  tenantIds.flatMap((tenantId) =>
    Object.entries(schedules).map(([name, { pattern }]) => ({
      id: `${name}-${tenantId}`,
      name,
      repeat: { pattern: patterns[name] ?? pattern, tz: 'UTC' },
      data: { tenantId },
    })),
  );
