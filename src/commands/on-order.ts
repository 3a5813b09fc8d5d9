import type { WorkOrder } from '../domain/work-order.ts';
import { byWhatToDoNext } from './by-what-to-do-next.ts';
import {
  type Action,
  answer,
  type Decision,
  type Facts,
  type OrderFacts,
  type Question,
  type Request,
} from './command.ts';
import { type Resolution, type Rule, resolveOrder } from './resolve-order.ts';

/** Runs a command on the order that is meant, or answers why there is none. What follows its words must name the order. */
export const onOrder = (
  rule: Rule,
  request: Request,
  facts: Facts,
  run: (order: OrderFacts, others: number) => Decision,
): Decision =>
  onResolution(
    rule,
    resolveOrder(rule, { named: request.rest, orderId: request.orderId }, facts),
    '',
    facts,
    run,
  );

/** The same once it is known which order is meant. `text` is what the command goes on with once the order is chosen. */
export const onResolution = (
  { command }: Pick<Rule, 'command'>,
  resolution: Resolution,
  text: string,
  facts: Facts,
  run: (order: OrderFacts, others: number) => Decision,
): Decision => {
  switch (resolution.kind) {
    case 'order':
      return run(resolution.order, resolution.others);
    case 'closed':
      return answer('alreadyClosed', { order: resolution.order }, [resolution.order]);
    case 'moved': {
      const { order, holder, by, at } = resolution.moved;
      return answer('orderMoved', { order, holder, by, at }, [order]);
    }
    case 'not-mine':
      return answer('noSuchOrder', { given: resolution.given });
    case 'none':
      return nothingToDo(command, facts);
    case 'ask': {
      if (resolution.orders.length === 0) return nothingToDo(command, facts);
      const orders = [...resolution.orders].sort(byWhatToDoNext);
      return {
        ...answer(
          'whichOrder',
          { action: command, rest: text, orders, from: 0, leftOver: resolution.leftOver },
          orders,
        ),
        question: whichOrder(command, text, orders),
      };
    }
  }
};

/** A numbered list of orders, one of which the command is meant for. */
export const whichOrder = (action: Action, rest: string, orders: WorkOrder[]): Question => ({
  options: orders.map(({ id, number }) => ({ action, rest: '', orderId: id, label: number })),
  freeText: null,
  rest,
});

const nothingToDo = (command: Rule['command'], facts: Facts): Decision =>
  command === 'ATTACH'
    ? answer('attachedNowhere', { kinds: facts.attachments.map(({ kind }) => kind) })
    : answer('nothingToDo', { command });
