import { answer, type Command } from './command.ts';
import { whichOrder } from './on-order.ts';
import { readsAll } from './status.ts';

/** Goes on with the last list, or with a long order, as things are now. */
export const more: Command = (_request, facts) => {
  if (!facts.list) return answer('noMore', {});
  const { list, orders } = facts.list;
  const { shown, action, rest } = list;
  const isMine = ({ id }: { id: string }) =>
    facts.orders.some((order) => order.id === id) || facts.closed.some((order) => order.id === id);

  if (list.of === 'orderDetail') {
    const [order] = orders;
    const isShown = shown >= (order?.description?.trim() ?? '').length;
    if (!order || isShown) return answer('noMore', {});
    if (isMine(order)) return answer('orderDetail', { order, from: shown }, [order]);
    return readsAll(facts)
      ? answer('orderDetail', { order, from: shown, readOnly: true }, [order])
      : answer('noMore', {});
  }
  if (list.of === 'whichOrder' && action) {
    if (shown >= orders.length) return answer('noMore', {});
    // The numbers given before must mean the same orders, whatever became of them.
    return {
      ...answer('whichOrder', { action, rest, orders, from: shown, leftOver: null }, orders),
      question: whichOrder(action, rest, orders),
    };
  }
  const mine = orders.filter(isMine);
  const from = orders.slice(0, shown).filter(isMine).length;
  return from >= mine.length
    ? answer('noMore', {})
    : answer(list.of as 'myWork' | 'pending', { orders: mine, from }, mine);
};
