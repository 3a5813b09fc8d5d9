import { awaitsConfirmation, confirmed } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { lastNoticed, type Rule } from './resolve-order.ts';

const rule: Rule = { command: 'CONFIRM', fits: awaitsConfirmation, prefer: lastNoticed };

export const confirm: Command = (request, facts, now) =>
  onOrder(rule, request, facts, (order, others) => {
    if (awaitsConfirmation(order)) {
      return change(order, [confirmed(order, now)], 'confirmed', { order, others });
    }
    const isScheduled = order.kind === 'preventive' && order.scheduled !== null;
    return answer(isScheduled ? 'alreadyConfirmed' : 'notScheduled', { order }, [order]);
  });
