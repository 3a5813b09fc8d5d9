import { isDeepStrictEqual } from 'node:util';
import { isOpen, orderKey, type WorkOrder } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { writeNotice } from '../texts/texts.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { readWhen, requireField, type WorkOrderFields } from './fields.ts';
import { moveOrder } from './move-order.ts';
import { type Added, addNotice, buttonsOf, type NoticeKind, readerOf } from './notify.ts';

/** How a new assignee is told, where the request says more than the order itself. */
export type HowToTell = { kind?: NoticeKind; expiresAt?: Date };

export type SavedOrder = { order: WorkOrder; created: boolean; bells: Bell[]; told: Added | null };

/**
 * Creates or changes a work order with all that follows: events, the notice to a new assignee, the word to
 * the former one. Throws Refused, with `faults` and what else is wrong. Ring the bells after the commit.
 */
export const saveWorkOrder = async (
  tx: Tx,
  number: string,
  fields: WorkOrderFields,
  facts: Facts,
  faults: Faults,
  howToTell: HowToTell = {},
): Promise<SavedOrder> => {
  const before = await lockOrder(tx, number);
  if (!before) requireField(fields, 'title', faults);

  const asset = fields.asset ? await tx.assets.find(fields.asset) : (fields.asset as null | undefined);
  if (fields.asset && !asset) faults.add('/asset', 'is no asset we know');
  const find = async (name: 'assignee' | 'planner') => {
    const person = fields[name] ? await tx.technicians.find(fields[name]) : fields[name];
    if (fields[name] && !person) faults.add(`/${name}`, 'names nobody we know');
    return person as Technician | null | undefined;
  };
  const assignee = await find('assignee');
  const planner = await find('planner');
  const holder = before?.assigneeId ? await tx.technicians.get(before.assigneeId) : null;

  const edited = edit(before ?? newOrder(number, facts), { ...fields, asset, planner });
  const isBehind = before !== null && typeof fields.version === 'number' && fields.version !== before.version;
  const moved = moveOrder(
    edited,
    {
      assignee,
      status: fields.status,
      current: holder,
      informed: !before || typeof fields.version === 'number',
    },
    facts.now,
  );
  // What the status may be depends on these two.
  const knowsState = !isBehind && !faults.has('/assignee') && !faults.has('/version');
  if ('fault' in moved && knowsState) faults.add('/status', moved.fault);
  refuseIfFaulty(faults);
  if (isBehind || 'fault' in moved) {
    throw new Refused('version-conflict', [
      { pointer: '/version', detail: "is not the order's present version" },
    ]);
  }

  const { order: after, events } = moved;
  if (before && isDeepStrictEqual(after, before))
    return { order: before, created: false, bells: [], told: null };
  const order = { ...after, version: before ? before.version + 1 : 1 };
  if (before) await tx.workOrders.update(order);
  else await tx.workOrders.insert(order);
  for (const { type, data = {} } of events) {
    await tx.events.add({
      id: facts.newId(),
      type,
      at: facts.now,
      actor: facts.actor,
      workOrderId: order.id,
      messageId: null,
      data,
    });
  }
  const bells: Bell[] = events.length > 0 ? [{ queue: 'cmms-events', id: tx.tenantId }] : [];

  if (before && holder) bells.push(...(await closeAssignment(tx, before, order, holder, facts)));
  const told = await announce(tx, { before, order, assignee: assignee ?? holder }, facts, howToTell);
  if (told?.channelId) bells.push({ queue: 'outbound', id: told.channelId });
  return { order, created: !before, bells, told };
};

/** Tells an order's assignee, once per assignment. */
export const tellAssignee = (
  tx: Tx,
  order: WorkOrder,
  assignee: Technician,
  facts: Facts,
  { kind = noticeKind(order), expiresAt }: HowToTell,
): Promise<Added> =>
  addNotice(tx, { technician: assignee, order, kind, ...(expiresAt ? { expiresAt } : {}) }, facts);

const noticeKind = (order: WorkOrder): 'maintenance.scheduled' | 'work-order.assigned' =>
  order.kind === 'preventive' && order.scheduled ? 'maintenance.scheduled' : 'work-order.assigned';

const lockOrder = async (tx: Tx, number: string): Promise<WorkOrder | null> => {
  const order = await tx.workOrders.lockByNumber(number);
  if (order) return order;
  // Two may create it at once; there is no row yet to lock.
  await tx.tenants.lock(`work-order:${orderKey(number)}`);
  return tx.workOrders.lockByNumber(number);
};

const newOrder = (number: string, facts: Facts): WorkOrder => ({
  id: facts.newId(),
  number,
  title: '',
  description: null,
  priority: 'medium',
  kind: 'corrective',
  asset: null,
  assigneeId: null,
  plannerId: null,
  due: null,
  scheduled: null,
  status: 'open',
  escalated: false,
  version: 1,
  assignmentNo: 0,
  assignedAt: null,
  acknowledgedAt: null,
  startedAt: null,
  completedAt: null,
  confirmedAt: null,
  closedAt: null,
});

type Edits = Omit<WorkOrderFields, 'asset' | 'planner'> & {
  asset: WorkOrder['asset'] | undefined;
  planner: Technician | null | undefined;
};

const edit = (order: WorkOrder, edits: Edits): WorkOrder => ({
  ...order,
  title: edits.title ?? order.title,
  description: edits.description === undefined ? order.description : edits.description,
  priority: edits.priority ?? order.priority,
  kind: edits.kind ?? order.kind,
  asset: edits.asset === undefined ? order.asset : edits.asset,
  plannerId: edits.planner === undefined ? order.plannerId : (edits.planner?.id ?? null),
  due: edits.dueAt === undefined ? order.due : readWhen(edits.dueAt),
  scheduled: edits.scheduledFor === undefined ? order.scheduled : readWhen(edits.scheduledFor),
});

/** Takes back a notice that did not leave yet; somebody who had been told, and lost the order, hears of it. */
const closeAssignment = async (
  tx: Tx,
  before: WorkOrder,
  order: WorkOrder,
  former: Technician,
  facts: Facts,
): Promise<Bell[]> => {
  if (order.status === 'assigned' && order.assignmentNo === before.assignmentNo) return [];
  const { hadLeft } = await tx.outbox.withdrawAssignment(order.id, before.assignmentNo);
  if (!hadLeft || order.assigneeId === former.id) return [];
  const { channelId } = await addNotice(
    tx,
    { technician: former, order, kind: 'work-order.unassigned' },
    facts,
  );
  return channelId ? [{ queue: 'outbound', id: channelId }] : [];
};

const announce = async (
  tx: Tx,
  { before, order, assignee }: { before: WorkOrder | null; order: WorkOrder; assignee: Technician | null },
  facts: Facts,
  howToTell: HowToTell,
): Promise<Added | null> => {
  if (order.status !== 'assigned' || !isOpen(order) || !assignee) return null;
  if (order.assignmentNo !== before?.assignmentNo) return tellAssignee(tx, order, assignee, facts, howToTell);
  // A notice that waits must not tell what was true before.
  const kind = noticeKind(order);
  const reader = readerOf(assignee, facts.tenant, facts.now);
  await tx.messages.rewriteQueuedNotice(order.id, order.assignmentNo, {
    kind,
    text: writeNotice(kind, order, reader),
    buttons: buttonsOf(kind, reader),
  });
  return null;
};
