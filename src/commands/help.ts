import { answer, type Command, type Facts, type OrderFacts, type Request } from './command.ts';
import { currentOrder, resolveOrder, splitOrder } from './resolve-order.ts';

/** All commands in one message; asked about an order, or with words, first what is needed there. */
export const help: Command = (request, facts) => {
  const order = orderMeant(request, facts);
  if (!order) return answer('help', { name: facts.technician.name });
  return {
    ...answer('whatDoYouNeed', { order }, [order]),
    question: {
      options: (['hand', 'part', 'permit'] as const).map((rest) => ({
        action: 'NEED',
        rest,
        orderId: order.id,
        label: rest,
      })),
      freeText: { action: 'NEED', orderId: order.id },
    },
  };
};

const orderMeant = (request: Request, facts: Facts): OrderFacts | null => {
  const { rest, orderId } = request;
  const { named } = splitOrder(request, facts);
  if (named !== '' || orderId || facts.quoted.length === 1) {
    const rule = { command: 'HELP' as const, fits: () => true, prefer: () => null };
    const meant = resolveOrder(rule, { named, orderId }, facts);
    if (meant.kind === 'order') return meant.order;
  }
  return rest === '' ? null : currentOrder(facts.orders);
};
