import { noted } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onResolution } from './on-order.ts';
import { currentOrder, findByNumber, type Rule, resolveOrder } from './resolve-order.ts';

const rule: Rule = { command: 'NOTE', fits: () => true, prefer: (candidates) => currentOrder(candidates) };

export const note: Command = (rest, facts) => {
  // Only the first word can name the order, and only as a whole number: "NOTE pressure 12 bar" names none.
  const [first = ''] = rest.split(/\s/u);
  const named = findByNumber(first.replace(/[:,;.]+$/u, ''), facts);
  const text = (named ? rest.slice(first.length) : rest).trim();
  if (text === '') return answer('noteNeedsText', {});
  return onResolution(rule.command, named ?? resolveOrder(rule, '', facts), (order) =>
    change(order, [noted(order, text)], 'noted', { order, text }),
  );
};
