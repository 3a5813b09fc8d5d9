import { acknowledged, started } from '../domain/work-order.ts';
import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { answer, type Command, change, type Facts, type Request } from './command.ts';
import { myWork } from './my-work.ts';
import { onOrder, onResolution } from './on-order.ts';
import { lastNoticed, latest, type Rule } from './resolve-order.ts';

const rule: Rule = {
  command: 'START',
  fits: ({ status }) => status === 'assigned' || status === 'acknowledged' || status === 'delayed',
  prefer: (candidates, facts) => {
    const ready = candidates.filter((order) => order.status === 'acknowledged');
    if (ready.length > 0) return latest(ready, (order) => order.acknowledgedAt);
    const delayed = candidates.filter((order) => order.status === 'delayed');
    return delayed.length === 1 ? delayed[0]! : lastNoticed(candidates, facts);
  },
};

export const start: Command = (request, facts, now) => {
  if (isBare(request, facts)) {
    const { paused } = facts.technician;
    if (paused || facts.optedOutSince) {
      return { ...answer('resumed', { missed: facts.missed }), paused: paused ? false : null };
    }
    // YES and UNSTOP, and nothing to resume.
    if (request.rest !== '') return answer('help', { name: facts.technician.name });
    // There the word also means "send me messages again": it never starts work by itself.
    if (facts.way === 'sms' && facts.orders.length > 0) {
      const orders = facts.orders.filter(rule.fits).sort(byWhatToDoNext);
      if (orders.length === 0) return myWork(request, facts, now);
      return onResolution(rule, { kind: 'ask', orders, leftOver: null }, '', facts, () => {
        throw new Error('a question has no order yet');
      });
    }
  }
  return onOrder(rule, request, facts, (order, others) => {
    if (order.status === 'in_progress') return answer('alreadyStarted', { order }, [order]);
    const steps = [started(order, now)];
    // Starting says that it was received, too: both are recorded.
    if (order.status === 'assigned') steps.unshift(acknowledged(order, now));
    return change(order, steps, 'started', {
      order,
      resumed: order.status === 'delayed',
      others,
      paused: facts.technician.paused,
    });
  });
};

const isBare = ({ by, rest, orderId }: Request, { quoted }: Facts): boolean =>
  by === 'opt-in' || (rest === '' && orderId === null && quoted.length === 0);
