import type { Deps } from '../deps.ts';
import type { DoorbellQueue } from '../queues.ts';
import type { Actor } from '../store/events.ts';
import type { Tx } from '../store/store.ts';
import type { Tenant } from '../store/tenants.ts';

/** What saving and telling may know besides the database. */
export type Facts = {
  now: Date;
  newId: () => string;
  tenant: Tenant;
  actor: Actor;
  /** False: what would be sent is kept in the log as cancelled. */
  enabled: boolean;
};

/** A doorbell to ring once the transaction is committed. */
export type Bell = { queue: DoorbellQueue; id: string };

export const readFacts = async (tx: Tx, deps: Deps, actor: Actor): Promise<Facts> => {
  const tenant = await tx.tenants.get();
  if (!tenant) throw new Error(`tenant ${tx.tenantId} is gone`);
  return { now: deps.now(), newId: deps.newId, tenant, actor, enabled: deps.enabled && tenant.enabled };
};

export const ringAll = (deps: Pick<Deps, 'ring'>, tenantId: string, bells: Bell[]): void => {
  for (const { queue, id } of bells) deps.ring(queue, tenantId, id);
};
