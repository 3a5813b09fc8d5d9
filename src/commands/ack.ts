import { acknowledged, awaitsConfirmation } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { lastNoticed, type Rule } from './resolve-order.ts';

const rule: Rule = {
  command: 'ACK',
  fits: (order) => order.status === 'assigned',
  prefer: lastNoticed,
};

export const ack: Command = (request, facts, now) =>
  onOrder(rule, request, facts, (order, others) =>
    order.status === 'assigned'
      ? change(order, [acknowledged(order, now)], 'acknowledged', {
          order,
          others,
          toConfirm: awaitsConfirmation(order),
        })
      : answer('alreadyAcknowledged', { order }, [order]),
  );
