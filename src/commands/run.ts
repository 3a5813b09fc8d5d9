import type { Before, Change, WorkOrder } from '../domain/work-order.ts';
import { attach } from './attach.ts';
import type { Decision, Facts, Request } from './command.ts';
import { notForAlerts } from './resolve-alert.ts';
import { commands } from './table.ts';

/** A change and what was there before it, so that UNDO can put it back. */
type RecordedChange = Change & { before: Before | null };

export type RecordedDecision = Omit<Decision, 'changes'> & { changes: RecordedChange[] };

/** What a request does and how it is answered. Pure: the same facts give the same decision. */
export const runCommand = (request: Request, facts: Facts, now: Date): RecordedDecision => {
  const made = notForAlerts(request, facts) ?? commands[request.action].run(request, facts, now);
  const decision = keepAttachments(request, made, facts, now);
  return { ...decision, changes: withBefore(decision, facts) };
};

/**
 * What came with a command belongs to the order that the command changed or told of. It waits for the answer
 * where that is asked; where it finds no order, the reply says so.
 */
const keepAttachments = (request: Request, decision: Decision, facts: Facts, now: Date): Decision => {
  if (facts.attachments.length === 0 || decision.reply.key === 'attachedNowhere') return decision;
  const kinds = facts.attachments.map(({ kind }) => kind);
  const onNone = { ...decision, reply: { ...decision.reply, kept: { kinds, onOrder: false } } };
  if (decision.question) {
    const asked = {
      ...decision,
      question: { ...decision.question, attachments: facts.attachments.map(({ id }) => id) },
    };
    return request.action === 'ATTACH' ? asked : { ...asked, reply: onNone.reply };
  }
  if (request.action === 'ATTACH') return decision.attach ? decision : onNone;
  const [order, ...more] = decision.reply.orders;
  const isMine = facts.orders.some(({ id }) => id === order?.id);
  // UNDO takes attachments off.
  if (!isMine || more.length > 0 || decision.attach) return onNone;
  const kept = attach({ action: 'ATTACH', rest: '', orderId: order!.id, by: 'words' }, facts, now);
  return {
    ...decision,
    changes: [...decision.changes, ...kept.changes],
    attach: kept.attach,
    reply: { ...decision.reply, kept: { kinds, onOrder: true } },
  };
};

const withBefore = ({ changes }: Decision, facts: Facts): RecordedChange[] => {
  const known = new Map<string, WorkOrder>();
  for (const order of [
    ...(facts.undoable?.changes.flatMap(({ order }) => order ?? []) ?? []),
    ...facts.calls.flatMap(({ order }) => order ?? []),
    ...facts.closed,
    ...facts.orders,
  ]) {
    known.set(order.id, order);
  }
  return changes.map((change) => {
    const order = change.orderId === null ? undefined : known.get(change.orderId);
    if (!order) return { ...change, before: null };
    known.set(order.id, { ...order, ...change.set, version: order.version + 1 });
    const keys = Object.keys(change.set) as (keyof Change['set'])[];
    return {
      ...change,
      before: { version: order.version, ...Object.fromEntries(keys.map((key) => [key, order[key]])) },
    };
  });
};
