import { canBeConfirmed, confirmed } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onOrder } from './on-order.ts';
import { lastNoticed, type Rule } from './resolve-order.ts';

const rule: Rule = { command: 'CONFIRM', fits: canBeConfirmed, prefer: lastNoticed };

export const confirm: Command = (request, facts, now) =>
  onOrder(rule, request, facts, (order, others) => {
    if (canBeConfirmed(order)) {
      // Under a notice of before, a tap would accept a date that nobody has read there.
      const { assignmentNo = order.assignmentNo } = request;
      if (assignmentNo !== order.assignmentNo) return answer('buttonOutdated', { order }, [order]);
      return change(order, [confirmed(order, now)], 'confirmed', { order, others });
    }
    return answer(order.kind === 'preventive' ? 'alreadyConfirmed' : 'notScheduled', { order }, [order]);
  });
