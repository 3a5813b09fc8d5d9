import { type CatchUpDeps, catchUp } from '../jobs/schedules/catch-up.ts';
import { erasures } from '../jobs/schedules/erasures.ts';
import { reminders } from '../jobs/schedules/reminders.ts';
import { templates } from '../jobs/schedules/templates.ts';
import type { ErasingDeps } from './cmms/erase-technician.ts';
import type { Processor, Queues, SchedulerEntry } from './queue-backend.ts';

type ScheduleDeps = CatchUpDeps & ErasingDeps & { monotonicMs: () => number };

/** Resolves to `more` when the run has had its time and is to go on once others had theirs. */
type Run = (tenantId: string) => Promise<unknown>;
type Schedule = { pattern: string; run: (deps: ScheduleDeps) => Run };

/** What runs by the clock, once per tenant. The patterns are UTC; each run knows its people's own zones. */
const schedules: Record<string, Schedule> = {
  reminders: { pattern: '*/15 * * * *', run: reminders },
  templates: { pattern: '*/15 * * * *', run: templates },
  erasures: { pattern: '*/5 * * * *', run: erasures },
  'catch-up': { pattern: '*/5 * * * *', run: catchUp },
};

/** Works the jobs of the queue `schedules`. One that has more to do goes on behind those that wait. */
export const runSchedules =
  (deps: ScheduleDeps, { goOn }: Pick<Queues, 'goOn'>): Processor =>
  async ({ name, data }) => {
    const { tenantId } = data as { tenantId: string };
    if ((await schedules[name]?.run(deps)(tenantId)) === 'more') await goOn(name, { tenantId });
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
