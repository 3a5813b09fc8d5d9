import { answer, type Decision, type Facts, type OrderFacts, type Request } from './command.ts';
import { onResolution } from './on-order.ts';
import { currentOrder, type Rule, resolveOrder, splitOrder } from './resolve-order.ts';

export type FreeTextRule = Rule & { command: 'NOTE' | 'DELAY' | 'NEED' };

/** The order at hand, of those the command fits; of all, if it fits none. */
export const atHand: Rule['prefer'] = (candidates, facts) =>
  currentOrder(candidates.length > 0 ? candidates : facts.orders);

/** Runs a command that goes on with a text. Without one it asks for it; that answer is taken as it comes. */
export const withText = (
  rule: FreeTextRule,
  request: Request,
  facts: Facts,
  run: (order: OrderFacts, text: string) => Decision,
): Decision => {
  const { named, text } = splitOrder(request, facts);
  const [unknown] = named === '' && !request.orderId ? (/^#\S*\p{Nd}\S*/u.exec(text) ?? []) : [];
  if (unknown) return answer('noSuchOrder', { given: unknown });
  const resolution = resolveOrder(rule, { named, orderId: request.orderId }, facts);
  if (saysSomething(text)) return onResolution(rule, resolution, text, facts, (order) => run(order, text));
  return onResolution(rule, resolution, '', facts, (order) => {
    // What cannot be done anyway needs no reason first.
    if (!rule.fits(order)) return run(order, '');
    return {
      ...answer('needsText', { command: rule.command, order }, [order]),
      question: { options: [], freeText: { action: rule.command, orderId: order.id } },
    };
  });
};

// A lone "…" says nothing.
const saysSomething = (text: string): boolean => /[^\s\p{P}\p{Cf}]/u.test(text);
