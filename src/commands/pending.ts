import { awaitsConfirmation } from '../domain/work-order.ts';
import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type Command } from './command.ts';

/** The orders that wait for the technician: to be acknowledged, confirmed, started or resumed. */
export const pending: Command = (_request, facts) => {
  const orders = facts.orders
    .filter((order) => order.status !== 'in_progress' || awaitsConfirmation(order))
    .sort(byWhatToDoNext);
  return answer('pending', { orders, from: 0 }, orders);
};
