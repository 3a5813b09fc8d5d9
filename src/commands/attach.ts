import { attached } from '../domain/work-order.ts';
import { type Command, change } from './command.ts';
import { atHand } from './free-text.ts';
import { onResolution } from './on-order.ts';
import { type Rule, resolveOrder, splitOrder } from './resolve-order.ts';

const rule: Rule = { command: 'ATTACH', fits: () => true, prefer: atHand };

/** Keeps what was sent on the order that its caption, the quoted message or the work at hand names. */
export const attach: Command = (request, facts) => {
  const { named } = splitOrder(request, facts);
  const resolution = resolveOrder(rule, { named, orderId: request.orderId }, facts);
  return onResolution(rule, resolution, '', facts, (order) => ({
    ...change(
      order,
      facts.attachments.map(({ id, kind, caption, place }) =>
        attached(order, { attachment: id, kind, text: caption, ...(place ? { place } : {}) }),
      ),
      'attached',
      { order, kinds: facts.attachments.map(({ kind }) => kind) },
    ),
    attach: { ids: facts.attachments.map(({ id }) => id), orderId: order.id },
  }));
};
