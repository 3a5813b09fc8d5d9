import type { CallKind } from '../domain/chain.ts';
import { supervisorsToTell } from '../domain/who-is-told.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { CallChange, Facts } from './command.ts';

/** A call for help: for the supervisors, or, while one still runs, for whoever is told next. */
export const callFor = (
  kind: CallKind,
  order: WorkOrder | null,
  reason: string | null,
  facts: Facts,
): Extract<CallChange, { do: 'call' }> => {
  const before = facts.calling.find((each) => each.kind === kind && each.orderId === (order?.id ?? null));
  const again = before?.again ?? [];
  return {
    ...{ do: 'call', kind, order, reason },
    people: again.length > 0 ? again : supervisorsToTell(facts.people),
  };
};
