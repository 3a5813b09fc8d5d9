import { isOpen } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { type Fields, readMoment, type WorkOrderFields, withoutUndefined } from './fields.ts';
import type { jobAssetShape, jobOrderShape } from './notification-schemas.ts';
import { saveAsset } from './save-asset.ts';
import { type SavedOrder, saveWorkOrder, tellAssignee } from './save-work-order.ts';

export type AssignmentJob = {
  name: 'work-order.assigned' | 'maintenance.scheduled';
  /** What of it can be used; what cannot is among the faults. */
  workOrder: Omit<Fields<typeof jobOrderShape>, 'asset'>;
  asset: Fields<typeof jobAssetShape> | null | undefined;
  assignee: string | undefined;
  expiresAt: string | null | undefined;
};

/**
 * Brings order and asset to what the job says, assigns the order and tells the assignee, once per assignment. A job
 * that is behind changes nothing, but that it assigns an order which nobody has had. Throws Refused with every fault; then nothing of it may stay.
 */
export const tellAssignment = async (
  tx: Tx,
  job: AssignmentJob,
  facts: Facts,
  faults: Faults,
): Promise<{ messageIds: string[]; bells: Bell[] }> => {
  const ofOrder = faults.under('/workOrder');
  const { number, ...fields } = job.workOrder;
  if (fields.assignee !== undefined && fields.assignee !== job.assignee) {
    ofOrder.add('/assignee', "differs from the job's own assignee");
  }
  const assignee = job.assignee === undefined ? null : await tx.technicians.find(job.assignee);
  if (job.assignee !== undefined && !assignee) faults.add('/assignee', 'names nobody we know');
  // Everything else is about an order that has a number.
  if (number === undefined) refuseIfFaulty(faults);

  const before = await tx.workOrders.lockByNumber(number!);
  const version = fields.version ?? null;
  const isBehind = before !== null && version !== null && version < before.version;
  const howToTell = {
    asMaintenance: job.name === 'maintenance.scheduled',
    ...(job.expiresAt ? { expiresAt: readMoment(job.expiresAt) } : {}),
  };
  let saved: SavedOrder;
  if (isBehind) {
    refuseIfFaulty(faults);
    // Whoever has the order by now, or was relieved of it, has it from somebody who knew more than the job.
    const hasBeenSomebodys = before.assignmentNo > 0;
    const change = isOpen(before) && !hasBeenSomebodys ? { assignee: job.assignee! } : {};
    saved = await saveWorkOrder(tx, number!, change, facts, faults, howToTell);
  } else {
    const order: WorkOrderFields = {
      ...withoutUndefined(fields),
      ...(await saveJobAsset(tx, job.asset, facts, ofOrder.under('/asset'))),
      ...(assignee ? { assignee: assignee.externalId } : {}),
    };
    if (howToTell.asMaintenance) order.kind ??= 'preventive';
    saved = await saveWorkOrder(tx, number!, order, facts, ofOrder, howToTell).catch(namingPlace);
  }
  const { order, bells, told } = saved;
  if (told) return { messageIds: [told.messageId], bells };
  if (!assignee || order.status !== 'assigned' || order.assigneeId !== assignee.id)
    return { messageIds: [], bells };
  const added = await tellAssignee(tx, order, assignee, facts, howToTell);
  return { messageIds: [added.messageId], bells: [...bells, ...added.bells] };
};

/** Saves the asset and answers how the order refers to it. One that is new and has no name goes by its code. */
const saveJobAsset = async (
  tx: Tx,
  asset: AssignmentJob['asset'],
  facts: Facts,
  faults: Faults,
): Promise<{ asset?: string | null }> => {
  if (asset === null) return { asset };
  // A job with faults is refused in the end; the asset's own have been found.
  if (asset?.code === undefined || faults.all.length > 0) return {};
  const { code, ...fields } = withoutUndefined(asset);
  const isNew = (await tx.assets.find(code!)) === null;
  await saveAsset(tx, code!, { ...(isNew ? { name: code! } : {}), ...fields }, facts, faults);
  return { asset: code! };
};

// The save says "/version"; the job has it below its work order.
const namingPlace = (error: unknown): never => {
  if (!(error instanceof Refused) || error.why === 'invalid') throw error;
  throw new Refused(
    'invalid',
    error.faults.map((fault) => ({ ...fault, pointer: `/workOrder${fault.pointer}` })),
  );
};
