import type { Facts, OrderFacts } from '../../src/commands/command.ts';
import { runCommand } from '../../src/commands/run.ts';

export const now = new Date('2026-12-22T09:00:00.000Z');

/** A moment that many seconds before `now`. */
export const secondsAgo = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

const pump = { id: 'asset-1', code: 'P-3', name: 'Pump 3', location: 'Hall B' };

/** An order of the technician's; assigned unless told otherwise. */
export const order = (number: string, fields: Partial<OrderFacts> = {}): OrderFacts => ({
  id: `id of ${number}`,
  number,
  title: `Repair for ${number}`,
  description: null,
  priority: 'medium',
  kind: 'corrective',
  asset: pump,
  assigneeId: 'ana',
  plannerId: null,
  due: null,
  scheduled: null,
  status: 'assigned',
  escalated: false,
  version: 1,
  assignmentNo: 1,
  assignedAt: secondsAgo(3600),
  acknowledgedAt: null,
  startedAt: null,
  completedAt: null,
  confirmedAt: null,
  closedAt: null,
  noticeAcceptedAt: null,
  ...fields,
});

export const facts = (orders: OrderFacts[], closed: OrderFacts[] = []): Facts => ({
  technician: { id: 'ana', externalId: 'E-1', name: 'Ana' },
  orders,
  closed,
  receivedAt: now,
});

/** What a message does, in short: the answer's key, the orders it is about, and each step with its order. */
export const outcome = (text: string, known: Facts) => {
  const { changes, reply } = runCommand(text, known, now);
  const all = [...known.orders, ...known.closed];
  return {
    answer: reply.key,
    about: reply.orders.map(({ number }) => number),
    steps: changes.map(
      ({ orderId, event }) => `${all.find(({ id }) => id === orderId)?.number} ${event.type.split('.')[1]}`,
    ),
  };
};
