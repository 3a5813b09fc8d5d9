import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type Command } from './command.ts';

/** Everything that is assigned to the technician, what to do next first. */
export const myWork: Command = (_request, facts) => {
  const orders = [...facts.orders].sort(byWhatToDoNext);
  return answer('myWork', { orders, from: 0 }, orders);
};
