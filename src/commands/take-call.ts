import { escalationTaken, needTaken, type WorkOrder } from '../domain/work-order.ts';
import { answer, type Call, type Decision, type Facts } from './command.ts';
import { tell } from './tell.ts';

/** Calls for help that nobody has taken yet, the last told first. */
export const openCalls = ({ calls }: Facts): Call[] => calls.filter(({ taken }) => taken === null);

/** What is called for about one order. */
export const callsAbout = (orderId: string, calls: Call[]): Call[] =>
  calls.filter(({ order }) => order?.id === orderId);

/** What a call for help is to be taken with: whoever goes to an order goes for all that is called for there. */
export const togetherWith = (call: Call, calls: Call[]): Call[] =>
  call.order ? callsAbout(call.order.id, calls) : [call];

/** The orders that calls are about, each once. */
export const ordersOf = (calls: Call[]): WorkOrder[] => [
  ...new Map(calls.flatMap(({ order }) => (order ? [[order.id, order] as const] : []))).values(),
];

/** Takes calls for help: whoever called hears who comes, and so do the others who were told. */
export const takeCalls = (calls: Call[], { technician }: Facts): Decision => {
  const { order, caller } = calls[0]!;
  const { externalId, name: by } = technician;
  const of = calls.map(({ kind }) => kind);
  const orderId = order?.id ?? null;
  const told = new Map(calls.flatMap((call) => call.told).map((person) => [person.id, person]));
  if (caller) told.delete(caller.id);
  const news = (callerName: string | null) =>
    ({ key: 'work-order.taken', values: { order, of, by, caller: callerName }, orderId }) as const;
  return {
    ...answer('callTaken', { order, of, technician: caller?.name ?? null }, order ? [order] : []),
    changes: calls.map((call) =>
      call.kind === 'work-order.needed' && call.order
        ? needTaken(call.order, externalId)
        : escalationTaken(call.order, externalId),
    ),
    tell: [
      ...tell(caller ? [caller] : [], news(null)),
      ...tell([...told.values()], news(caller?.name ?? '')),
    ],
    call: { do: 'take', ids: calls.map(({ id }) => id) },
  };
};

/** Who has taken a call for help before; null: nobody has taken any of these. */
export const takenBefore = (calls: Call[]): Decision | null => {
  const call = calls.find(({ taken }) => taken !== null);
  return call?.taken
    ? answer('callTakenBefore', { order: call.order, ...call.taken }, call.order ? [call.order] : [])
    : null;
};
