import type { News } from '../commands/command.ts';
import { plannersToTell, supervisorsToTell } from '../domain/who-is-told.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { addNews } from './notify.ts';

/**
 * Tells those responsible for a technician what happened to him, `plannerId` first where an order has one.
 * Ring the bells after the commit.
 */
export const tellAbout = async (
  tx: Tx,
  technician: Technician,
  whom: 'planners' | 'supervisors',
  news: News,
  facts: Omit<Facts, 'actor'>,
  plannerId: string | null = null,
  /** Leaves out who is not to be told this time. */
  choose: (ids: string[]) => Promise<string[]> = async (ids) => ids,
): Promise<Bell[]> => {
  const { supervisorId } = technician;
  const onCall = await tx.settings.onCall();
  const all = await tx.technicians.toTell(technician.id, [
    ...(supervisorId ? [supervisorId] : []),
    ...(plannerId ? [plannerId] : []),
    ...onCall,
  ]);
  const people = { all, supervisorId, onCall };
  const concerned = whom === 'planners' ? plannersToTell(people, plannerId) : supervisorsToTell(people);
  const chosen = new Set(await choose(concerned.map(({ id }) => id)));
  const bells: Bell[] = [];
  for (const { id } of concerned.filter((each) => chosen.has(each.id))) {
    const person = (await tx.technicians.get(id))!;
    bells.push(...(await addNews(tx, person, news, null, facts)).bells);
  }
  return bells;
};
