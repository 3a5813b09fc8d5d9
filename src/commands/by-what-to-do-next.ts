import { priorities } from '../domain/work-order.ts';
import type { OrderFacts } from './command.ts';

const turn = ['in_progress', 'delayed', 'acknowledged', 'assigned'];

/** What to do next comes first: what is in hand, then by priority, then by due time. */
export const byWhatToDoNext = (a: OrderFacts, b: OrderFacts): number =>
  turn.indexOf(a.status) - turn.indexOf(b.status) ||
  priorities.indexOf(b.priority) - priorities.indexOf(a.priority) ||
  dueTime(a) - dueTime(b) ||
  a.number.localeCompare(b.number);

const dueTime = ({ due }: OrderFacts): number =>
  due ? ('at' in due ? due.at.getTime() : Date.parse(`${due.on}T23:59:59Z`)) : Number.MAX_SAFE_INTEGER;
