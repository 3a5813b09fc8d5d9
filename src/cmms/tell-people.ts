import type { News } from '../commands/command.ts';
import { plannersToTell, supervisorsToTell } from '../domain/who-is-told.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { addNews } from './notify.ts';

/** Tells those responsible for a technician what happened to him. Ring the bells after the commit. */
export const tellAbout = async (
  tx: Tx,
  technician: Technician,
  whom: 'planners' | 'supervisors',
  news: News,
  facts: Omit<Facts, 'actor'>,
): Promise<Bell[]> => {
  const { supervisorId } = technician;
  const onCall = await tx.settings.onCall();
  const all = await tx.technicians.toTell(technician.id, [
    ...(supervisorId ? [supervisorId] : []),
    ...onCall,
  ]);
  const people = { all, supervisorId, onCall };
  const told = whom === 'planners' ? plannersToTell(people, null) : supervisorsToTell(people);
  const bells: Bell[] = [];
  for (const { id } of told) {
    const person = (await tx.technicians.get(id))!;
    const { channelId } = await addNews(tx, person, news, null, facts);
    if (channelId) bells.push({ queue: 'outbound', id: channelId });
  }
  return bells;
};
