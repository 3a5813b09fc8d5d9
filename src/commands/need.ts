import { needed } from '../domain/work-order.ts';
import { callFor } from './call.ts';
import { type Command, change } from './command.ts';
import { atHand, type FreeTextRule, withText } from './free-text.ts';

const rule: FreeTextRule = { command: 'NEED', fits: () => true, prefer: atHand };

export const need: Command = (request, facts) =>
  withText(rule, request, facts, (order, what) => {
    const call = callFor('work-order.needed', order, what, facts);
    const told = call.people.map(({ name }) => name);
    return { ...change(order, [needed(order, what)], 'needed', { order, what, told }), call };
  });
