import { noted, type OrderStatus, orderKey, type WorkOrder } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Facts } from './facts.ts';
import { type Faults, Refused } from './faults.ts';
import { requireField, type WorkOrderFields } from './fields.ts';
import { type NewAsset, withAsset } from './save-asset.ts';
import { type SavedOrder, saveWorkOrder } from './save-work-order.ts';

/**
 * Creates a work order; one whose number is taken is a fault. Without a number it gets the next of the form P-00001.
 * If there is one of that id, it is answered as it is. Throws Refused with every fault. Ring the bells after the commit.
 */
export const createOrder = async (
  tx: Tx,
  { id, number: given }: { id: string; number: string | null },
  fields: WorkOrderFields,
  asset: NewAsset,
  facts: Facts,
  faults: Faults,
): Promise<SavedOrder> => {
  // A form may be posted twice at once; there is no row yet to lock.
  await tx.tenants.lock(`new work order:${id}`);
  const known = await tx.workOrders.get(id);
  if (known) return { order: known, created: false, bells: [], told: null };
  const number = given ?? (await nextNumber(tx));
  if (orderKey(number) !== '' && (await tx.workOrders.find(number))) faults.add('/number', isTaken);
  requireField(fields, 'title', faults);
  const order = await withAsset(tx, fields, asset, facts, faults);
  const saved = await saveWorkOrder(tx, number, order, facts, faults, {}, id);
  // Created by somebody else at the same moment: what was saved is undone.
  if (!saved.created) throw new Refused('invalid', [{ pointer: '/number', detail: isTaken }]);
  return saved;
};

const isTaken = 'is taken: another work order has it';

/** Changes fields of an order, as long as it has that version. Throws Refused, also as `saveWorkOrder` does. */
export const changeOrder = async (
  tx: Tx,
  number: string,
  fields: WorkOrderFields,
  asset: NewAsset,
  facts: Facts,
  faults: Faults,
): Promise<SavedOrder> =>
  saveWorkOrder(tx, number, await withAsset(tx, fields, asset, facts, faults), facts, faults);

const nextNumber = async (tx: Tx): Promise<string> => {
  await tx.tenants.lock('order number of the panel');
  const last = await tx.workOrders.lastOfPanel();
  return `P-${String(Number(last?.slice(1) ?? 0) + 1).padStart(5, '0')}`;
};

/** Where an order may go from here when somebody at a desk says so, besides to another person. */
export const statusesFrom = (order: Pick<WorkOrder, 'status' | 'assigneeId'>): OrderStatus[] => {
  switch (order.status) {
    case 'open':
      return ['completed', 'cancelled'];
    case 'assigned':
      return ['acknowledged', 'in_progress', 'completed', 'cancelled'];
    case 'acknowledged':
      return ['in_progress', 'delayed', 'completed', 'cancelled'];
    case 'in_progress':
      return ['delayed', 'completed', 'cancelled'];
    case 'delayed':
      return ['in_progress', 'completed', 'cancelled'];
    default:
      return order.assigneeId === null ? ['open'] : ['assigned', 'open'];
  }
};

/**
 * Moves an order to a status, as it is now; `version` null: whatever happened before. Null if it cannot go there from
 * where it is. Throws Refused if it is behind. Ring the bells after the commit.
 */
export const moveTo = async (
  tx: Tx,
  number: string,
  status: OrderStatus,
  version: number | null,
  facts: Facts,
  faults: Faults,
): Promise<SavedOrder | null> => {
  const order = await tx.workOrders.lockByNumber(number);
  const isBehind = version !== null && order?.version !== version;
  if (!order || (!isBehind && !statusesFrom(order).includes(status))) return null;
  return saveWorkOrder(tx, number, { status, version: version ?? order.version }, facts, faults);
};

/**
 * Adds a note to an order, as a technician's NOTE does; false if something is noted under that id already. Ring for
 * `cmms-events` after the commit.
 */
export const noteOnOrder = async (
  tx: Tx,
  number: string,
  { id, text }: { id: string; text: string },
  facts: Facts,
): Promise<boolean> => {
  const order = await tx.workOrders.lockByNumber(number);
  if (!order) throw new Refused('invalid', [{ pointer: '/number', detail: 'names no work order we know' }]);
  if ((await tx.events.get(id)) !== null) return false;
  const { actor, now } = facts;
  await tx.workOrders.apply([{ ...noted(order, text), before: null }], { actor, at: now, newId: () => id });
  return true;
};
