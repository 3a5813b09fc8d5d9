import type { Alert } from '../domain/alert.ts';
import type { MessageKind, Reason, Way } from '../domain/message.ts';
import { causeOf, type NotReachedWhy } from '../domain/not-reached.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { tellAbout } from './tell-people.ts';

/** Somebody whom a message did not reach by any way, what it was about, and why. */
export type NotReached = {
  message: { id: string; kind: MessageKind };
  person: Technician;
  order: WorkOrder | null;
  /** `failed`: every way there was. Otherwise there was none, and nothing was tried. */
  reason: 'failed' | 'no-address' | 'opted-out';
  /** `way` null: why there was none. */
  ways: { way: Way | null; why: NotReachedWhy }[];
  facts: Omit<Facts, 'actor'>;
};

/**
 * Tells the feed that a message reached its person by no way, and the planner unless he heard of the same cause within
 * the hour. Ring these after the commit.
 */
export const tellNotReached = async (
  tx: Tx,
  { message, person, order, reason, ways, facts }: NotReached,
): Promise<Bell[]> => {
  const alert = message.kind.startsWith('alert.') ? await firstAlertOf(tx, message.id) : null;
  await tx.events.add({
    id: facts.newId(),
    type: 'technician.unreachable',
    at: facts.now,
    actor: { kind: 'system', id: null },
    workOrderId: order?.id ?? null,
    alertId: alert?.id ?? null,
    messageId: message.id,
    data: { technician: person.externalId, reason, ways: ways.flatMap(({ way }) => way ?? []) },
  });
  const bells: Bell[] = [{ queue: 'cmms-events', id: tx.tenantId }];
  // News of that kind would bring forth more of it, without end.
  if (message.kind.startsWith('technician.')) return bells;
  const news = {
    key: 'technician.not-reached',
    values: { name: person.name, order, alert, ways },
    orderId: order?.id ?? null,
  } as const;
  const cause = causeOf(
    ways.map(({ why }) => why),
    person.id,
  );
  const told = await tellAbout(tx, person, 'planners', news, facts, order?.plannerId ?? null, (ids) =>
    tx.notReached.tell(cause, ids),
  );
  return [...bells, ...told];
};

/** Of several in one message the first stands for them: what keeps it from its reader is the same. */
const firstAlertOf = async (tx: Tx, messageId: string): Promise<Alert | null> => {
  const [id] = (await tx.alerts.ofMessages([messageId])).get(messageId) ?? [];
  return id ? ((await tx.alerts.getMany([id])).get(id) ?? null) : null;
};

/** Whoever has left need not know what is not his any more. */
export const needNotKnow = ({ active }: Technician, kind: MessageKind): boolean =>
  !active && (kind === 'work-order.unassigned' || kind === 'work-order.cancelled');

/**
 * The same of a message that is not sent because there is no way at all to its person. What he or the tenant has
 * chosen is nobody's news.
 */
export const tellIfUnreachable = async (
  tx: Tx,
  message: { id: string; kind: MessageKind; heldBack: Reason | null },
  person: Technician,
  about: WorkOrder | string | null,
  facts: Omit<Facts, 'actor'>,
): Promise<Bell[]> => {
  const { kind, heldBack: reason } = message;
  if (reason !== 'no-address' && reason !== 'opted-out') return [];
  if (needNotKnow(person, kind)) return [];
  const order = typeof about === 'string' ? await tx.workOrders.get(about) : about;
  const ways = [{ way: null, why: person.active ? reason : 'inactive' } as const];
  return tellNotReached(tx, { message, person, order, reason, ways, facts });
};
