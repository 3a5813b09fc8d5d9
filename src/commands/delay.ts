import { plannersToTell } from '../domain/who-is-told.ts';
import { delayed } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { atHand, type FreeTextRule, withText } from './free-text.ts';
import { tell } from './tell.ts';

const rule: FreeTextRule = {
  command: 'DELAY',
  fits: ({ status }) => status === 'in_progress' || status === 'acknowledged',
  prefer: atHand,
};

export const delay: Command = (request, facts) =>
  withText(rule, request, facts, (order, reason) => {
    if (order.status === 'delayed') return answer('alreadyDelayed', { order }, [order]);
    if (!rule.fits(order)) return answer('notAcknowledged', { order }, [order]);
    const planners = plannersToTell(facts.people, order.plannerId);
    return {
      ...change(order, [delayed(order, reason)], 'delayed', {
        order,
        reason,
        told: planners.map(({ name }) => name),
      }),
      tell: tell(planners, {
        key: 'work-order.delayed',
        values: { order, by: facts.technician.name, reason },
        orderId: order.id,
      }),
    };
  });
