import { noted } from '../domain/work-order.ts';
import { answer, type Command, change } from './command.ts';
import { onResolution } from './on-order.ts';
import { currentOrder, findByFragment, findByNumber, type Rule, resolveOrder } from './resolve-order.ts';

const rule: Rule = { command: 'NOTE', fits: () => true, prefer: (candidates) => currentOrder(candidates) };

export const note: Command = (rest, facts) => {
  // Only the first word can name the order, as a whole number or `#001`: "NOTE 12 bar" names none.
  const [first = ''] = rest.split(/\s/u);
  const named = findByNumber(first, facts) ?? (first.startsWith('#') ? findByFragment(first, facts) : null);
  const text = (named ? rest.slice(first.length) : rest).trim();
  // A lone "…" is none either.
  if (!/[^\s\p{P}\p{Cf}]/u.test(text)) return answer('noteNeedsText', {});
  return onResolution(rule.command, named ?? resolveOrder(rule, '', facts), (order) =>
    change(order, [noted(order, text)], 'noted', { order, text }),
  );
};
