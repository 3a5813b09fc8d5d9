import { acknowledged } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { lastNoticed, type Rule } from './resolve-order.ts';

const rule: Rule = {
  command: 'ACK',
  fits: (order) => order.status === 'assigned',
  prefer: lastNoticed,
};

export const ack: Command = (rest, facts, now) =>
  onOrder(rule, rest, facts, (order, others) =>
    order.status === 'assigned'
      ? change(order, [acknowledged(order, now)], 'acknowledged', { order, others })
      : answer('alreadyAcknowledged', { order }, [order]),
  );
