import { UnrecoverableError } from 'bullmq';
import { doNotification, knownName } from '../src/cmms/do-notification.ts';
import { readFacts } from '../src/cmms/facts.ts';
import { collectFaults, type Faults, Refused } from '../src/cmms/faults.ts';
import { readNotification } from '../src/cmms/read-notification.ts';
import type { Deps } from '../src/deps.ts';
import type { Fault } from '../src/store/notifications.ts';

type Job = { name: string; data: unknown; id?: string };

/**
 * Does what the CMMS asks for over the queue. A job that is wrong fails for good and leaves its key free;
 * whatever else goes wrong is thrown as it is, and the job may run again.
 */
export const notifications =
  (deps: Deps) =>
  async (job: Job): Promise<void> => {
    const wrong = collectFaults();
    const read = readNotification(job.name, job.data, wrong);
    const tenantId = await findTenant(deps, read.tenant, wrong);
    // Without tenant or key there is nothing to remember it by.
    if (!tenantId || read.idempotencyKey === undefined) throw refusal(deps, job, wrong.all, tenantId);
    try {
      const { isNew } = await doNotification(deps, tenantId, job, read, wrong, (tx) =>
        readFacts(tx, deps, { kind: 'cmms', id: null }),
      );
      const name = knownName(job.name);
      deps.log.info({ event: 'notification.done', tenantId, job: job.id, name, isNew });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw refusal(deps, job, error.faults, tenantId);
    }
  };

const findTenant = async (
  { store }: Deps,
  slug: string | undefined,
  faults: Faults,
): Promise<string | null> => {
  if (slug === undefined) return null;
  const [id] = await store.gate.tenantIds(slug);
  if (!id) faults.add('/tenant', 'is no tenant we know');
  return id ?? null;
};

/** Fails the job at once and for good: it would be as wrong the next time. */
const refusal = ({ log }: Deps, job: Job, faults: Fault[], tenantId: string | null) => {
  log.warn({
    event: 'notification.invalid',
    ...(tenantId ? { tenantId } : {}),
    job: job.id,
    name: knownName(job.name),
    faults: faults.length,
  });
  const told = faults.slice(0, 20).map(({ pointer, detail }) => `${pointer || '(the job)'} ${detail}`);
  const rest = faults.length > told.length ? `; and ${faults.length - told.length} more` : '';
  return new UnrecoverableError(`invalid: ${told.join('; ')}${rest}`);
};
