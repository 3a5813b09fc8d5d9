import { publishEvents } from '../src/cmms/publish-events.ts';
import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';

/** Tells the CMMS what changed: through the feed, and through webhooks. */
export const cmmsEvents =
  (deps: Deps) =>
  ({ tenantId }: Doorbell): Promise<void> =>
    publishEvents(deps, tenantId);
