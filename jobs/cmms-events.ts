import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';

const batchSize = 500;

/** Gives a tenant's committed events their place in the feed that the CMMS reads. */
export const cmmsEvents =
  ({ store }: Deps) =>
  async ({ tenantId }: Doorbell) => {
    while ((await store.tenant(tenantId, (tx) => tx.events.publish(batchSize))) === batchSize) {
      // More were waiting than one transaction should number.
    }
  };
