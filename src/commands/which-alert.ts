import type { WorkOrder } from '../domain/work-order.ts';
import { type AlertFacts, answer, type Decision, type Facts, type Option } from './command.ts';
import { stateOf } from './resolve-alert.ts';

/** A numbered list of alerts, and of orders where it may be one, that a command may be for; the last choice is all alerts. */
export const whichAlert = (
  action: 'RESPONDING' | 'COMPLETE' | 'STATUS',
  {
    alerts,
    orders = [],
    leftOver = null,
  }: { alerts: AlertFacts[]; orders?: WorkOrder[]; leftOver?: string | null },
  facts: Facts,
): Decision => {
  // Of alerts and orders together "all" would be more than anybody wants.
  const all = action !== 'STATUS' && orders.length === 0 && alerts.length > 1;
  const ids = alerts.map(({ alert }) => alert.id);
  const common = { action, rest: '', orderId: null };
  const options: Option[] = [
    ...alerts.map(({ alert }) => ({ ...common, alertIds: [alert.id], label: alert.externalId })),
    ...orders.map(({ id, number }) => ({ ...common, orderId: id, label: number })),
    ...(all ? [{ ...common, alertIds: ids, label: '', all: true }] : []),
  ];
  const shown = alerts.map((each) => stateOf(each, facts));
  return {
    ...answer(
      'whichAlert',
      { action, alerts: shown, orders, all, leftOver },
      orders,
      alerts.map(({ alert }) => alert),
    ),
    question: { options, freeText: null },
  };
};
