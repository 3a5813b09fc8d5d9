import { priorities } from '../domain/work-order.ts';
import { answer, type Command, type OrderFacts } from './command.ts';

export const myWork: Command = (_rest, facts) => {
  const orders = [...facts.orders].sort(byWhatToDoNext);
  return answer('myWork', { orders }, orders);
};

const turn = ['in_progress', 'delayed', 'acknowledged', 'assigned'];

const byWhatToDoNext = (a: OrderFacts, b: OrderFacts): number =>
  turn.indexOf(a.status) - turn.indexOf(b.status) ||
  priorities.indexOf(b.priority) - priorities.indexOf(a.priority) ||
  dueTime(a) - dueTime(b) ||
  a.number.localeCompare(b.number);

const dueTime = ({ due }: OrderFacts): number =>
  due ? ('at' in due ? due.at.getTime() : Date.parse(`${due.on}T23:59:59Z`)) : Number.MAX_SAFE_INTEGER;
