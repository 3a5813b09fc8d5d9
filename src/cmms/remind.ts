import {
  byUrgency,
  type DueReminder,
  isNotReading,
  type ReminderRule,
  reminderDue,
  unreadInARow,
} from '../domain/reminder.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { ReminderMark } from '../store/reminders.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { writeDigest } from '../texts/texts.ts';
import type { Bell, Facts } from './facts.ts';
import { type Added, addNotice, addText } from './notify.ts';
import { tellAbout } from './tell-people.ts';

export type Reminded = { orders: number; messages: number; bells: Bell[] };

type Due = { order: WorkOrder; reminder: DueReminder; zone: string };

/**
 * Reminds these people of what of these orders is due and not marked yet: one message each, and the marks with it, so
 * that nothing is reminded of twice, whoever else scans. Ring the bells after the commit.
 */
export const remindPeople = async (
  tx: Tx,
  technicianIds: string[],
  orderIds: string[],
  rules: ReminderRule[],
  facts: Facts,
): Promise<Reminded> => {
  const [orders, people] = await Promise.all([
    tx.workOrders.lockMany(orderIds),
    tx.technicians.getMany(technicianIds),
  ]);

  const due = [...orders.values()].flatMap((order): (Due & { technician: Technician })[] => {
    // Whoever got it meanwhile is reminded in his own turn, of all that is his.
    const technician = people.get(order.assigneeId ?? '');
    if (!technician) return [];
    const zone = zoneOf(technician, facts);
    const reminder = reminderDue(order, rules, zone, facts.now);
    return reminder ? [{ technician, order, reminder, zone }] : [];
  });
  const marked = await tx.reminders.mark(due.flatMap(marksOf));
  const marks = new Map<string, number>();
  for (const { workOrderId } of marked) marks.set(workOrderId, (marks.get(workOrderId) ?? 0) + 1);
  // A rule that was added or whose hour changed since this morning does not remind again.
  const fresh = due.filter(({ order, reminder }) => marks.get(order.id) === reminder.rules.length);

  const dueOf = new Map<Technician, Due[]>();
  for (const { technician, ...each } of fresh) {
    dueOf.set(technician, [...(dueOf.get(technician) ?? []), each]);
  }
  const last = await tx.reminders.last(
    [...dueOf.keys()].map(({ id }) => id),
    unreadInARow,
  );
  // What one person's message waits for is on its way together with the others'.
  const told = await Promise.all(
    [...dueOf].map(async ([technician, own]) => {
      const before = last.get(technician.id);
      const isStopped = before !== undefined && isNotReading(before);
      const added = await remind(tx, technician, own, isStopped ? notReadText : null, facts);
      return { technician, added, stoppedSince: isStopped ? before.since : null };
    }),
  );
  const bells = told.flatMap(({ added }) => added.bells);
  for (const { technician, added, stoppedSince } of told) {
    if (stoppedSince === null || added.heldBack !== 'preference') continue;
    bells.push(...(await noteNotReading(tx, technician, stoppedSince, facts)));
  }
  await tx.reminders.goOnFor(
    told.flatMap(({ technician, stoppedSince }) => (stoppedSince === null ? technician.id : [])),
  );
  return { orders: fresh.length, messages: told.length, bells };
};

const zoneOf = (technician: Technician, facts: Facts) => technician.timeZone ?? facts.tenant.timeZone;

const marksOf = ({ order, reminder: { rules, dueOn, sentOn }, zone }: Due): ReminderMark[] =>
  rules.map((rule) => ({ workOrderId: order.id, rule, dueOn, sentOn, zone }));

const notReadText = 'the last three reminders were not read';

/** One order is the contract's reminder, several are a digest. */
const remind = (
  tx: Tx,
  technician: Technician,
  due: Due[],
  keptBack: string | null,
  facts: Facts,
): Promise<Pick<Added, 'bells' | 'heldBack'>> => {
  const [first] = due as [Due];
  const { expiresAt } = first.reminder;
  if (due.length === 1) {
    const { order, reminder } = first;
    const notice = { technician, order, kind: 'work-order.reminder', dueDay: reminder.dueOn } as const;
    return addNotice(tx, { ...notice, expiresAt, keptBack }, facts);
  }
  const inOrder = due.map(({ order }) => order).sort(byUrgency(zoneOf(technician, facts)));
  const days = new Map(due.map(({ order, reminder }) => [order.id, reminder.dueOn]));
  return addText(
    tx,
    technician,
    {
      kind: 'work-order.digest',
      text: (reader) => writeDigest(inOrder, reader),
      orders: inOrder.map(({ id }) => ({ id, dueDay: days.get(id)! })),
      expiresAt,
      keptBack,
    },
    facts,
  );
};

/** Tells the planner, once until he reads again, that somebody is not reminded any more. */
const noteNotReading = async (tx: Tx, technician: Technician, since: Date, facts: Facts): Promise<Bell[]> => {
  if (!(await tx.reminders.stopFor(technician.id, facts.now))) return [];
  await tx.events.add({
    ...{ id: facts.newId(), type: 'technician.unreachable', at: facts.now, actor: facts.actor },
    ...{ workOrderId: null, messageId: null },
    data: { technician: technician.externalId, reason: 'not-read' },
  });
  const news = {
    key: 'technician.not-reading',
    values: { name: technician.name, since },
    orderId: null,
  } as const;
  return [
    { queue: 'cmms-events', id: tx.tenantId },
    ...(await tellAbout(tx, technician, 'planners', news, facts)),
  ];
};
