import { awaitsConfirmation } from '../domain/work-order.ts';
import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type Command } from './command.ts';
import { alertsWaiting } from './my-work.ts';
import { stateOf } from './resolve-alert.ts';

/** The orders that wait for the technician: to be acknowledged, confirmed, started or resumed; on top the alerts that do. */
export const pending: Command = (_request, facts) => {
  const orders = facts.orders
    .filter((order) => order.status !== 'in_progress' || awaitsConfirmation(order))
    .sort(byWhatToDoNext);
  const alerts = alertsWaiting(facts).map((each) => stateOf(each, facts));
  return answer('pending', { orders, alerts, from: 0 }, orders);
};
