import type { ListedEvent } from '../../src/store/events.ts';
import type { Tx } from '../../src/store/store.ts';

/** What happened to an order, oldest first, with what nobody has published yet. */
export const eventsOfOrder = async (tx: Tx, workOrderId: string): Promise<ListedEvent[]> => {
  await tx.events.publish(1000);
  return tx.events.feed({ after: 0, limit: 200, workOrderId });
};
