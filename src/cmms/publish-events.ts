import type { Deps } from '../deps.ts';

const batchSize = 500;

/**
 * Gives a tenant's committed events their place in the feed that the CMMS reads, all there are, and has them sent to
 * its endpoints.
 */
export const publishEvents = async (
  { store, ring }: Pick<Deps, 'store' | 'ring'>,
  tenantId: string,
): Promise<void> => {
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
