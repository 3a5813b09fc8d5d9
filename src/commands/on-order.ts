import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type ChangingWord, type Decision, type Facts, type OrderFacts } from './command.ts';
import { type Resolution, type Rule, resolveOrder } from './resolve-order.ts';

/** Runs a command on the order its text means, or answers why there is none. */
export const onOrder = (
  rule: Rule,
  named: string,
  facts: Facts,
  run: (order: OrderFacts, others: number) => Decision,
): Decision => onResolution(rule.command, resolveOrder(rule, named, facts), run);

export const onResolution = (
  command: ChangingWord,
  resolution: Resolution,
  run: (order: OrderFacts, others: number) => Decision,
): Decision => {
  switch (resolution.kind) {
    case 'order':
      return run(resolution.order, resolution.others);
    case 'closed':
      return answer('alreadyClosed', { order: resolution.order }, [resolution.order]);
    case 'not-mine':
      return answer('noSuchOrder', { given: resolution.given });
    case 'none':
      return answer('nothingToDo', { command });
    case 'ask': {
      const orders = [...resolution.orders].sort(byWhatToDoNext);
      return orders.length === 0
        ? answer('nothingToDo', { command })
        : answer('whichOrder', { command, orders, leftOver: resolution.leftOver }, orders);
    }
  }
};
