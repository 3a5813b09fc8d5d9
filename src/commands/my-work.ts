import { byWhatToDoNext } from './by-what-to-do-next.ts';
import { type AlertFacts, answer, type Command, type Facts } from './command.ts';
import { isMine, isOpenAlert, stateOf } from './resolve-alert.ts';

/** Everything that is assigned to the technician, what to do next first; on top the alerts that wait for him. */
export const myWork: Command = (_request, facts) => {
  const orders = [...facts.orders].sort(byWhatToDoNext);
  const alerts = alertsWaiting(facts);
  return answer('myWork', { orders, alerts: alerts.map((each) => stateOf(each, facts)), from: 0 }, orders);
};

/** Those he goes to, and those he was told of that nobody goes to. */
export const alertsWaiting = (facts: Facts): AlertFacts[] => [
  ...facts.alerts.filter((each) => isMine(each, facts)),
  ...facts.alerts.filter(isOpenAlert),
];
