import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type Command } from './command.ts';

export const myWork: Command = (_rest, facts) => {
  const orders = [...facts.orders].sort(byWhatToDoNext);
  return answer('myWork', { orders }, orders);
};
