import { supervisorsToTell } from '../domain/who-is-told.ts';
import { escalated } from '../domain/work-order.ts';
import { answer, type Command, type Facts, type OrderFacts, type Request } from './command.ts';
import { onResolution } from './on-order.ts';
import { currentOrder, type Resolution, resolveOrder, splitOrder } from './resolve-order.ts';
import { tell } from './tell.ts';

/** Calls the supervisor. Never asks which order: whoever calls for help must not be met with a question. */
export const escalate: Command = (request, facts) => {
  const { named, text } = splitOrder(request.rest, facts);
  const meant = orderMeant(named, request, facts);
  const call = (order: OrderFacts | null) => {
    const supervisors = supervisorsToTell(facts.people);
    const reason = text === '' ? null : text;
    return {
      ...answer('escalated', { order, told: supervisors.map(({ name }) => name) }, order ? [order] : []),
      changes: [
        escalated(
          order,
          reason,
          supervisors.map(({ externalId }) => externalId),
        ),
      ],
      tell: tell(supervisors, {
        key: 'work-order.escalated',
        values: { order, by: facts.technician.name, reason },
        orderId: order?.id ?? null,
      }),
    };
  };
  return meant ? onResolution({ command: 'ESCALATE' }, meant, text, facts, call) : call(null);
};

/** What is named must be mine and open; else the order at hand, else that of the last command. */
const orderMeant = (named: string, { orderId }: Request, facts: Facts): Resolution | null => {
  const rule = { command: 'ESCALATE' as const, fits: () => true, prefer: () => null };
  if (named !== '' || orderId || facts.quoted.length === 1) {
    const meant = resolveOrder(rule, { named, orderId }, facts);
    if (meant.kind === 'order' || meant.kind === 'closed' || meant.kind === 'moved') return meant;
  }
  const order = currentOrder(facts.orders) ?? facts.orders.find(({ id }) => id === facts.lastOrderId);
  return order ? { kind: 'order', order, others: 0 } : null;
};
