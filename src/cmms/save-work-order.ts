import { isDeepStrictEqual } from 'node:util';
import { hasMoved } from '../domain/maintenance.ts';
import type { Way } from '../domain/message.ts';
import { assigned, type Change, isOpen, orderKey, type WorkOrder } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { writeNotice } from '../texts/texts.ts';
import { endCalls } from './calls.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { readWhen, requireField, type WorkOrderFields } from './fields.ts';
import { withMailFooter } from './mail-footer.ts';
import { moveOrder } from './move-order.ts';
import { type Added, addNotice, buttonsOf, readerOf } from './notify.ts';

/** How a new assignee is told, where the request says more than the order itself. */
export type HowToTell = { asMaintenance?: boolean; expiresAt?: Date };

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
  idOfNew: string = facts.newId(),
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

  const edited = edit(before ?? newOrder(number, idOfNew), { ...fields, asset, planner });
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

  const anew = before && holder && (await assignAnew(tx, before, moved.order, holder, facts));
  const after = anew ? { ...moved.order, ...anew.set } : moved.order;
  const events = anew ? [...moved.events, anew.event] : moved.events;
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

  if (before) await endCallsOf(tx, before, order);
  if (before && holder) bells.push(...(await closeAssignment(tx, before, order, holder, facts)));
  const told = await announce(tx, { before, order, assignee: assignee ?? holder }, facts, {
    ...howToTell,
    ...(anew ? { asMaintenance: true } : {}),
  });
  bells.push(...(told?.bells ?? []));
  return { order, created: !before, bells, told };
};

/** Tells an order's assignee, once per assignment. */
export const tellAssignee = (
  tx: Tx,
  order: WorkOrder,
  assignee: Technician,
  facts: Facts,
  { asMaintenance = false, expiresAt }: HowToTell,
): Promise<Added> => {
  const kind = noticeKind(order, asMaintenance);
  return addNotice(tx, { technician: assignee, order, kind, ...(expiresAt ? { expiresAt } : {}) }, facts);
};

/** Of an order that cannot be confirmed no notice may ask it, whoever called it maintenance. */
const noticeKind = (
  order: WorkOrder,
  asMaintenance: boolean,
): 'maintenance.scheduled' | 'work-order.assigned' =>
  order.kind === 'preventive' && (order.scheduled || asMaintenance)
    ? 'maintenance.scheduled'
    : 'work-order.assigned';

const lockOrder = async (tx: Tx, number: string): Promise<WorkOrder | null> => {
  const order = await tx.workOrders.lockByNumber(number);
  if (order) return order;
  // Two may create it at once; there is no row yet to lock.
  await tx.tenants.lock(`work-order:${orderKey(number)}`);
  return tx.workOrders.lockByNumber(number);
};

const newOrder = (number: string, id: string): WorkOrder => ({
  id,
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

/** The same assignee's once more: who was told of another date, or has confirmed it, is told of this one. */
const assignAnew = async (
  tx: Tx,
  before: WorkOrder,
  after: WorkOrder,
  holder: Technician,
  facts: Facts,
): Promise<Change | null> => {
  if (!hasMoved(before, after)) return null;
  if (before.confirmedAt === null) {
    const id = await tx.messages.ofAssignment(before.id, before.assignmentNo);
    const told = id === null ? null : await tx.messages.get(id);
    // One that waits is brought up to date instead.
    const waits =
      told?.status === 'queued' ||
      (told?.status === 'sending' && told.attempts.every(({ status }) => status === 'failed'));
    if (told?.kind !== 'maintenance.scheduled' || waits) return null;
  }
  const again = assigned(after, holder, facts.now);
  return { ...again, set: { ...again.set, escalated: after.escalated } };
};

/** Takes back a notice that did not leave yet; somebody who had been told hears that the order is cancelled or no longer his. */
const closeAssignment = async (
  tx: Tx,
  before: WorkOrder,
  order: WorkOrder,
  former: Technician,
  facts: Facts,
): Promise<Bell[]> => {
  if (order.status === 'assigned' && order.assignmentNo === before.assignmentNo) return [];
  const { hadLeft } = await tx.outbox.withdrawAssignment(order.id, before.assignmentNo);
  const kind = endOfAssignment(before, order);
  if (!hadLeft || !kind) return [];
  return (await addNotice(tx, { technician: former, order, kind }, facts)).bells;
};

/** Whoever called for help has no use for it any more. */
const endCallsOf = async (tx: Tx, before: WorkOrder, order: WorkOrder): Promise<void> => {
  if (!isOpen(order) || order.assigneeId !== before.assigneeId) await endCalls(tx, order.id, null);
  else if (before.escalated && !order.escalated) await endCalls(tx, order.id, null, ['work-order.escalated']);
};

/** What whoever had the order is told; null if it is still his, or done. */
const endOfAssignment = (before: WorkOrder, order: WorkOrder) => {
  if (order.status === 'cancelled' && isOpen(before)) return 'work-order.cancelled';
  return order.assigneeId === before.assigneeId ? null : 'work-order.unassigned';
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
  const told = await tx.messages.ofAssignment(order.id, order.assignmentNo);
  const wasMaintenance = told !== null && (await tx.messages.get(told))?.kind === 'maintenance.scheduled';
  const kind = noticeKind(order, howToTell.asMaintenance === true || wasMaintenance);
  const readerBy = (way: Way) => readerOf(assignee, facts.tenant, facts.now, way);
  const writeFor = (way: Way) =>
    withMailFooter(tx, writeNotice(kind, order, readerBy(way)), readerBy(way), assignee);
  await tx.messages.rewriteQueuedNotice(order.id, order.assignmentNo, {
    kind,
    texts: {
      whatsapp: await writeFor('whatsapp'),
      sms: await writeFor('sms'),
      email: await writeFor('email'),
    },
    buttons: buttonsOf(kind, readerBy('whatsapp')),
  });
  return null;
};
