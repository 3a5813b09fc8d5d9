import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';

const batchSize = 500;

/** Gives a tenant's committed events their place in the feed that the CMMS reads, and has them sent to its endpoints. */
export const cmmsEvents =
  ({ store, ring }: Deps) =>
  async ({ tenantId }: Doorbell) => {
    for (;;) {
      const { count, endpoints } = await store.tenant(tenantId, async (tx) => {
        const count = await tx.events.publish(batchSize);
        return { count, endpoints: count > 0 ? await tx.webhookEndpoints.activeIds() : [] };
      });
      for (const id of endpoints) ring('webhooks', tenantId, id);
      // Else more were waiting than one transaction should number.
      if (count < batchSize) return;
    }
  };
