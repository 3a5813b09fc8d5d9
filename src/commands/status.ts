import { type OrderStatus, orderKey, type WorkOrder } from '../domain/work-order.ts';
import { type AlertFacts, answer, type Command, type Decision, type Facts, type Request } from './command.ts';
import { onResolution } from './on-order.ts';
import { alertInWords, alertsNamed, alertsPointedAt, stateOf } from './resolve-alert.ts';
import { findNamed, type Resolution, resolveOrder } from './resolve-order.ts';
import { whichAlert } from './which-alert.ts';

const rule = { command: 'STATUS' as const, fits: () => true, prefer: () => null };

/** How many orders are in which state; of an order that is named, quoted or tapped, all there is to know. */
export const status: Command = (request, facts) => {
  const { rest, orderId } = request;
  const alerts = alertsMeant(request, facts);
  if (alerts.length > 0) return ofAlerts(alerts, facts);
  if (rest === '' && orderId === null && facts.quoted.length === 0) {
    const counts: Partial<Record<OrderStatus, number>> = {};
    for (const order of facts.orders) counts[order.status] = (counts[order.status] ?? 0) + 1;
    return answer('counts', { counts });
  }
  const resolution = resolveOrder(rule, { named: rest, orderId }, facts);
  if (resolution.kind === 'moved' && readsAll(facts)) return show(resolution.moved.order, true);
  return onResolution(rule, readable(resolution), '', facts, (order) => show(order));
};

/** What is named, and is no order of his, may be an alert. */
const alertsMeant = (request: Request, facts: Facts): AlertFacts[] => {
  const { rest } = request;
  if (orderKey(rest) === '') return alertsPointedAt(request, facts) ?? [];
  const byId = alertInWords(rest, facts);
  return byId.length > 0 || findNamed(rest, facts) ? byId : alertsNamed(rest, facts.alerts);
};

const ofAlerts = (alerts: AlertFacts[], facts: Facts): Decision => {
  const [known, ...more] = alerts;
  if (more.length > 0) return whichAlert('STATUS', { alerts }, facts);
  const { alert, others } = known!;
  return answer('alertDetail', { ...stateOf(known!, facts), told: others }, [], [alert]);
};

/** Supervisors and planners are told of orders that are others', and may read what they are told of. */
export const readsAll = ({ technician }: Pick<Facts, 'technician'>): boolean =>
  technician.role !== 'technician';

const show = (order: WorkOrder, readOnly = false): Decision =>
  answer('orderDetail', { order, from: 0, ...(readOnly ? { readOnly } : {}) }, [order]);

// Reading what is closed does no harm.
const readable = (resolution: Resolution): Resolution =>
  resolution.kind === 'closed' ? { ...resolution, kind: 'order', others: 0 } : resolution;
