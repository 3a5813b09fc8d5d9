import type { Doorbell } from '../queues.ts';

// A tenant's endpoints may be slow all at once, and one of its own that is not still has its turn. What waits for a
// receiver costs a connection and little else.
const limits = { perTenant: 32, inAll: 256 };

/**
 * Runs an endpoint's deliveries beside the queue: a receiver takes seconds to answer, and the queue's few slots are
 * everybody's. At most one run per endpoint at a time; a bell that comes meanwhile makes another one follow. A tenant
 * with nothing under way has room at once, however many of others' are slow; else who has the fewest under way is next.
 */
export const createRuns = (run: (bell: Doorbell) => Promise<void>, { perTenant, inAll } = limits) => {
  const running = new Map<string, { done: Promise<void>; again: boolean }>();
  const countOf = new Map<string, number>();
  const waiting = new Map<string, Doorbell>();
  let stopped = false;

  const start = (bell: Doorbell) => {
    if (stopped) return;
    const { tenantId, id } = bell;
    const underWay = running.get(keyOf(bell));
    if (underWay) underWay.again = true;
    else {
      waiting.set(keyOf({ tenantId, id }), bell);
      fill();
    }
  };

  const fill = () => {
    for (let next = choose(); next && !stopped; next = choose()) begin(next);
  };

  const choose = (): Doorbell | null => {
    let best: Doorbell | null = null;
    for (const bell of waiting.values()) {
      const count = underWayOf(bell);
      const isRoom = count === 0 || (count < perTenant && running.size < inAll);
      if (isRoom && (!best || count < underWayOf(best))) best = bell;
      if (best && underWayOf(best) === 0) break;
    }
    return best;
  };

  const underWayOf = ({ tenantId }: Doorbell) => countOf.get(tenantId) ?? 0;

  const begin = (bell: Doorbell) => {
    const key = keyOf(bell);
    waiting.delete(key);
    countOf.set(bell.tenantId, underWayOf(bell) + 1);
    const done = run(bell).finally(() => {
      const { again } = running.get(key)!;
      running.delete(key);
      const left = underWayOf(bell) - 1;
      if (left > 0) countOf.set(bell.tenantId, left);
      else countOf.delete(bell.tenantId);
      if (again) start(bell);
      else fill();
    });
    running.set(key, { done, again: false });
  };

  /** Begins nothing more; resolves once what is under way has ended. */
  const stop = async (): Promise<void> => {
    stopped = true;
    waiting.clear();
    await Promise.allSettled([...running.values()].map(({ done }) => done));
  };

  return { start, stop };
};

const keyOf = ({ tenantId, id }: Doorbell) => `${tenantId} ${id}`;
