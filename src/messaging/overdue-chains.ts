import type { Deps } from '../deps.ts';
import { alarmFor } from './alarms.ts';

const overdueMs = 2 * 60 * 1000;
const most = 500;

/**
 * Rings for each tenant of which a chain's next step has been due for long and did not start, whatever keeps it: the
 * people whom it would tell know nothing yet.
 */
export const noteOverdueChains = async ({
  store,
  log,
  now,
}: Pick<Deps, 'store' | 'log' | 'now'>): Promise<void> => {
  const overdue = (await store.gate.dueWork(overdueMs, most)).filter(({ queue }) => queue === 'chains');
  for (const tenantId of new Set(overdue.map((each) => each.tenantId))) {
    const { alarm, more } = alarmFor([tenantId, 'chain.overdue'], now());
    if (!alarm) continue;
    const [first, ...others] = overdue.filter((each) => each.tenantId === tenantId);
    // The critical ones come first.
    const about = { tenantId, chainId: first!.id, others: others.length, more };
    log.error({ event: 'chain.overdue', alarm, ...about });
  }
};
