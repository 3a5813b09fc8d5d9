import { acknowledged, started } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { lastNoticed, latest, type Rule } from './resolve-order.ts';

const rule: Rule = {
  command: 'START',
  fits: ({ status }) => status === 'assigned' || status === 'acknowledged' || status === 'delayed',
  prefer: (candidates, facts) => {
    const ready = candidates.filter((order) => order.status === 'acknowledged');
    if (ready.length > 0) return latest(ready, (order) => order.acknowledgedAt);
    const delayed = candidates.filter((order) => order.status === 'delayed');
    return delayed.length === 1 ? delayed[0]! : lastNoticed(candidates, facts);
  },
};

export const start: Command = (rest, facts, now) =>
  onOrder(rule, rest, facts, (order, others) => {
    if (order.status === 'in_progress') return answer('alreadyStarted', { order }, [order]);
    const steps = [started(order, now)];
    // Starting says that it was received, too: both are recorded.
    if (order.status === 'assigned') steps.unshift(acknowledged(order, now));
    return change(order, steps, 'started', { order, resumed: order.status === 'delayed', others });
  });
