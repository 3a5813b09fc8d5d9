import type { Alert } from '../domain/alert.ts';
import type { Before, Change } from '../domain/work-order.ts';
import { answer, type Command, type Decision, type Facts, type Undoable } from './command.ts';
import { stateOf } from './resolve-alert.ts';
import { tell } from './tell.ts';

const undoMs = 10 * 60 * 1000;

/** Takes back everything the technician's last changing message did, with an event for each step it takes back. */
export const undo: Command = (_request, facts) => {
  const { undoable } = facts;
  if (!undoable) return answer('nothingToUndo', {});
  const { changes, changedSince, told, receivedAt } = undoable;
  const orders = [...new Map(changes.flatMap(({ order }) => (order ? [[order.id, order]] : []))).values()];
  const order = orders[0] ?? null;
  const alerts = changes.flatMap(({ alert }) => alert?.facts ?? []);
  const about = [...new Map(alerts.map(({ alert }) => [alert.id, alert])).values()];
  if (facts.receivedAt.getTime() - receivedAt.getTime() > undoMs) {
    return answer('tooLateToUndo', { order, alert: about[0] ?? null, at: receivedAt }, orders, about);
  }
  if (changedSince) return answer('changedSince', changedSince, orders);
  if (undoable.alertChangedSince) {
    return answer('alertChangedSince', undoable.alertChangedSince, [], [undoable.alertChangedSince.alert]);
  }
  const called = changes.find(({ alert }) => alert && alert.before === null)?.alert?.facts;
  if (called) return answer('alertStaysEscalated', stateOf(called, facts), [], [called.alert]);
  const types = changes.map(({ step, type }) => step ?? type);
  if (about.length > 0) return takeBackAlerts(undoable, types, about, facts);
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

const takeBackAlerts = (
  { changes, told }: Undoable,
  types: string[],
  about: Alert[],
  facts: Facts,
): Decision => {
  const ofAlerts = changes.flatMap(({ eventId, type, alert }) =>
    alert?.before ? [{ eventId, type, facts: alert.facts, before: alert.before }] : [],
  );
  const after = about.map((alert) => {
    const { before, facts: known } = ofAlerts.find((each) => each.facts.alert.id === alert.id)!;
    const { state, responderId } = before;
    const claimedAt = before.claimedAt === null ? null : new Date(before.claimedAt);
    const responder = responderId === facts.technician.id ? facts.technician.name : known.responder;
    return stateOf({ ...known, alert: { ...alert, state, responderId, claimedAt }, responder }, facts);
  });
  return {
    ...answer('alertUndone', { alerts: after, types, told: told.map(({ name }) => name) }, [], about),
    alerts: ofAlerts.reverse().map(({ eventId, type, before, facts: { alert } }) => ({
      ...{ do: 'take-back', alertId: alert.id },
      ...{ eventId, type, before },
    })),
  };
};

const takeBack = ({ eventId, order, before, type }: Undoable['changes'][number]): Change => ({
  orderId: order?.id ?? null,
  set: before ? stateBefore(before) : {},
  event: { type: 'work_order.undone', data: { type }, undoes: eventId },
});

const stateBefore = ({ version: _version, ...state }: Before): Change['set'] =>
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
