import { type Chain, nextStep, type Step } from '../domain/chain.ts';
import type { Lane, Way } from '../domain/message.ts';
import type { Asset } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { readPreferences } from './preferences.ts';
import { canBeReached } from './route.ts';

/** Whom the next step would tell, as things stand now. */
export const peopleOfNextStep = async (
  tx: Tx,
  chain: Chain,
  subject: { asset: Asset | null },
  except: string[],
): Promise<Technician[]> => {
  let at: Chain = chain;
  for (;;) {
    const next = nextStep(at);
    if (next === null) return helpersOf(tx, except, chain.lane);
    const step: Step = at.steps[next - 1]!;
    const people = without(await peopleNamed(tx, at, subject, step.notify), except);
    const told = await reachableOf(tx, people, chain.lane, step.ways);
    if (told.length > 0) return told;
    if (next === at.steps.length)
      return reachableOf(tx, without(await toldSoFar(tx, at.id), except), chain.lane, step.ways);
    at = { ...at, step: next };
  }
};

/** The first who can be told that these people need help: their supervisors, all of them, planners, who is on call. */
export const helpersOf = async (tx: Tx, ids: string[], lane: Lane): Promise<Technician[]> => {
  for (const group of [
    () => supervisorsOf(tx, ids),
    () => tx.technicians.inRole('supervisor'),
    () => tx.technicians.inRole('planner'),
    () => onCall(tx),
  ]) {
    const people = await reachableOf(tx, without(await group(), ids), lane);
    if (people.length > 0) return people;
  }
  return [];
};

const reachableOf = async (tx: Tx, people: Technician[], lane: Lane, ways?: Way[]) => {
  const reachable: Technician[] = [];
  for (const person of people) {
    const options = { evenSwitchedOff: lane === 'critical', ...(ways ? { ways } : {}) };
    if (!person.active) continue;
    const isPaused = lane !== 'critical' && readPreferences(person.preferences).paused;
    if (!isPaused && (await canBeReached(tx, person, options))) reachable.push(person);
  }
  return reachable;
};

/** Everybody a step names, in that order, each once. */
export const peopleNamed = async (
  tx: Tx,
  chain: Pick<Chain, 'id' | 'callerId'>,
  { asset }: { asset: Asset | null },
  notify: string[],
): Promise<Technician[]> => {
  const named: Technician[] = [];
  for (const who of notify) {
    if (who === 'responsible') named.push(...(asset ? await tx.technicians.responsibleFor(asset.code) : []));
    else if (who === 'on-call') named.push(...(await onCall(tx)));
    else if (who === 'supervisor') {
      const first = (await tx.chains.pages(chain.id)).flatMap(({ step, technicianId }) =>
        step === 0 ? technicianId : [],
      );
      named.push(...(await supervisorsOf(tx, chain.callerId ? [chain.callerId] : first)));
    } else {
      const person = await tx.technicians.find(who);
      if (person) named.push(person);
    }
  }
  return distinct(named.filter(({ active }) => active));
};

export const onCall = async (tx: Tx): Promise<Technician[]> => inOrder(tx, await tx.settings.onCall());

/** The supervisors of these people; if they have none, all there are. */
const supervisorsOf = async (tx: Tx, ids: string[]): Promise<Technician[]> => {
  const people = await inOrder(tx, ids);
  const own = await inOrder(
    tx,
    people.flatMap(({ supervisorId }) => supervisorId ?? []),
  );
  const active = own.filter((each) => each.active);
  return active.length > 0 ? distinct(active) : tx.technicians.inRole('supervisor');
};

/** Everybody who was told of it, in the order they were. */
export const toldSoFar = async (tx: Tx, chainId: string): Promise<Technician[]> =>
  distinct(
    await inOrder(
      tx,
      (await tx.chains.pages(chainId)).map(({ technicianId }) => technicianId),
    ),
  );

export const inOrder = async (tx: Tx, ids: string[]): Promise<Technician[]> => {
  const found = await tx.technicians.getMany([...new Set(ids)]);
  return ids.flatMap((id) => found.get(id) ?? []);
};

export const without = (people: Technician[], ids: string[]): Technician[] =>
  people.filter(({ id }) => !ids.includes(id));

export const distinct = (people: Technician[]): Technician[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

/** All planners; if there are none, the supervisors, else whoever is on call. */
export const plannersOf = async (tx: Tx): Promise<Technician[]> => {
  for (const group of [
    () => tx.technicians.inRole('planner'),
    () => tx.technicians.inRole('supervisor'),
    () => onCall(tx),
  ]) {
    const people = await group();
    if (people.length > 0) return people;
  }
  return [];
};
