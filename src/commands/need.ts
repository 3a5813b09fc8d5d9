import { supervisorsToTell } from '../domain/who-is-told.ts';
import { needed } from '../domain/work-order.ts';
import { type Command, change } from './command.ts';
import { atHand, type FreeTextRule, withText } from './free-text.ts';
import { tell } from './tell.ts';

const rule: FreeTextRule = { command: 'NEED', fits: () => true, prefer: atHand };

export const need: Command = (request, facts) =>
  withText(rule, request, facts, (order, what) => {
    const supervisors = supervisorsToTell(facts.people);
    return {
      ...change(order, [needed(order, what)], 'needed', {
        order,
        what,
        told: supervisors.map(({ name }) => name),
      }),
      tell: tell(supervisors, {
        key: 'work-order.needed',
        values: { order, by: facts.technician.name, what },
        orderId: order.id,
      }),
    };
  });
