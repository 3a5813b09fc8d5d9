import { completed } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { currentOrder, type Rule } from './resolve-order.ts';

const rule: Rule = {
  command: 'COMPLETE',
  fits: ({ status }) => status === 'in_progress' || status === 'delayed',
  prefer: (candidates, facts) => currentOrder(candidates.length > 0 ? candidates : facts.orders),
};

export const complete: Command = (request, facts, now) =>
  onOrder(rule, request, facts, (order, others) =>
    rule.fits(order)
      ? change(order, [completed(order, now)], 'completed', { order, others })
      : answer('notStarted', { order }, [order]),
  );
