import type { Before, Change } from '../domain/work-order.ts';
import { answer, type Command, type Decision, type Undoable } from './command.ts';
import { tell } from './tell.ts';

const undoMs = 10 * 60 * 1000;

/** Takes back everything the technician's last changing message did, with an event for each step it takes back. */
export const undo: Command = (_request, facts) => {
  const { undoable } = facts;
  if (!undoable) return answer('nothingToUndo', {});
  const { changes, changedSince, told, receivedAt } = undoable;
  const orders = [...new Map(changes.flatMap(({ order }) => (order ? [[order.id, order]] : []))).values()];
  const order = orders[0] ?? null;
  if (facts.receivedAt.getTime() - receivedAt.getTime() > undoMs) {
    return answer('tooLateToUndo', { order, at: receivedAt }, orders);
  }
  if (changedSince) return answer('changedSince', changedSince, orders);
  const types = changes.map(({ step, type }) => step ?? type);
  const steps = [...changes].reverse().map(takeBack);
  const after =
    order && Object.assign({}, order, ...steps.map(({ orderId, set }) => (orderId === order.id ? set : {})));
  return {
    ...answer('undone', { order: after, types, told: told.map(({ name }) => name) }, orders),
    changes: steps,
    tell: tell(told, {
      key: 'work-order.undone',
      values: { order: after, by: facts.technician.name, types },
      orderId: order?.id ?? null,
    }),
    attach: takenOff(undoable),
  };
};

const takeBack = ({ eventId, order, before, type }: Undoable['changes'][number]): Change => ({
  orderId: order?.id ?? null,
  set: before ? stateOf(before) : {},
  event: { type: 'work_order.undone', data: { type }, undoes: eventId },
});

const stateOf = ({ version: _version, ...state }: Before): Change['set'] =>
  Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key,
      key.endsWith('At') && typeof value === 'string' ? new Date(value) : value,
    ]),
  );

const takenOff = ({ changes }: Undoable): Decision['attach'] => {
  const ids = changes.flatMap(({ attachment }) => attachment ?? []);
  return ids.length > 0 ? { ids, orderId: null } : null;
};
