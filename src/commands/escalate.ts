import { escalated } from '../domain/work-order.ts';
import { callFor } from './call.ts';
import {
  type AlertFacts,
  answer,
  type Command,
  type Decision,
  type Facts,
  type OrderFacts,
  type Request,
} from './command.ts';
import { alertToEscalate, stateOf } from './resolve-alert.ts';
import { currentOrder, type Resolution, type Rule, resolveOrder, splitOrder } from './resolve-order.ts';

const rule: Rule = { command: 'ESCALATE', fits: () => true, prefer: () => null };

/** Calls the supervisor. Never asks which order: whoever calls for help must not be met with a question. */
export const escalate: Command = (request, facts) => {
  const alert = alertToEscalate(request, facts);
  if (alert && alert.known.alert.state !== 'resolved') return aboutAlert(alert.known, alert.text, facts);
  // Of an alert that is over nobody is told any more, but the call for help must not be lost.
  const { meant, text } = alert ? { meant: null, text: alert.text } : orderMeant(request, facts);
  const call = (order: OrderFacts | null) => {
    const reason = text === '' ? null : text;
    const called = callFor('work-order.escalated', order, reason, facts);
    return {
      ...answer('escalated', { order, told: called.people.map(({ name }) => name) }, order ? [order] : []),
      changes: [
        escalated(
          order,
          reason,
          called.people.map(({ externalId }) => externalId),
        ),
      ],
      call: called,
    };
  };
  // An order that is closed or with somebody else cannot be escalated, but the call for help must not be lost.
  return call(meant?.kind === 'order' ? meant.order : null);
};

/** The next people are told, at once; while somebody else goes, the supervisors are. */
const aboutAlert = (known: AlertFacts, text: string, facts: Facts): Decision => {
  const { alert } = known;
  const about = { alertId: alert.id, reason: text === '' ? null : text };
  const { by, at, state } = stateOf(known, facts);
  if (state === 'taken') {
    return {
      ...answer('alertHelpCalled', { alert, by: by!, at: at!, told: facts.nextPeople }, [], [alert]),
      alerts: [{ do: 'help', ...about }],
    };
  }
  const released = state === 'mine';
  return {
    ...answer('alertEscalated', { alert, told: facts.nextPeople, released }, [], [alert]),
    alerts: [{ do: released ? 'release' : 'escalate', ...about }],
  };
};

/** One that is named, tapped or quoted must be mine and open; else my only order, that at hand, that of the last command. */
const orderMeant = (request: Request, facts: Facts): { meant: Resolution | null; text: string } => {
  const { named, text } = splitOrder(request, facts);
  if (named !== '') {
    const meant = resolveOrder(rule, { named, orderId: null }, facts);
    if (meant.kind !== 'ask') return { meant, text };
  }
  // What fits several orders names none of them: it stays part of the reason.
  const reason = request.rest.trim();
  if (request.orderId || facts.quoted.length === 1) {
    const meant = resolveOrder(rule, { named: '', orderId: request.orderId }, facts);
    if (meant.kind !== 'none') return { meant, text: reason };
  }
  const [only, ...more] = facts.orders;
  const order =
    only && more.length === 0
      ? only
      : (currentOrder(facts.orders) ?? facts.orders.find(({ id }) => id === facts.lastOrderId));
  return { meant: order ? { kind: 'order', order, others: 0 } : null, text: reason };
};
