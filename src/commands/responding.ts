import { escalationTaken } from '../domain/work-order.ts';
import { answer, type Command, change, type Decision, type Facts, type Request } from './command.ts';
import { whichOrder } from './on-order.ts';
import { endingLike } from './resolve-order.ts';
import { tell } from './tell.ts';

/** Takes the escalation the person was told of last, or the one that is named or quoted; the technician hears who comes. */
export const responding: Command = (request, facts) => {
  const escalation = escalationMeant(request, facts);
  if (!escalation) return facts.escalations.length > 0 ? ask(request, facts) : answer('noAlert', {});
  const { order, assignee } = escalation;
  const { name, externalId } = facts.technician;
  return {
    ...change(order, [escalationTaken(order, externalId)], 'escalationTaken', {
      order,
      technician: assignee?.name ?? null,
    }),
    tell: tell(assignee ? [assignee] : [], {
      key: 'work-order.taken',
      values: { order, by: name },
      orderId: order.id,
    }),
  };
};

const ask = ({ rest }: Request, { escalations }: Facts): Decision => {
  const orders = escalations.map(({ order }) => order);
  return {
    ...answer(
      'whichOrder',
      { action: 'RESPONDING', rest: '', orders, from: 0, leftOver: rest || null },
      orders,
    ),
    question: whichOrder('RESPONDING', '', orders),
  };
};

const escalationMeant = ({ rest, orderId }: Request, { escalations, quoted }: Facts) => {
  const byId = (id: string) => escalations.find(({ order }) => order.id === id);
  if (rest !== '') {
    const [order, ...more] = endingLike(
      rest,
      escalations.map((each) => each.order),
    );
    return order && more.length === 0 ? byId(order.id) : undefined;
  }
  if (orderId) return byId(orderId);
  return quoted.length === 1 ? byId(quoted[0]!) : escalations[0];
};
