import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { tellCallSeen } from './calls.ts';
import { type Bell, readFacts } from './facts.ts';
import { addNews } from './notify.ts';

/**
 * Tells whoever had somebody paged, or called for help, that he has read it, once; nobody any more once the alert is
 * resolved. Ring the bells after the commit.
 */
export const tellSeen = async (tx: Tx, deps: Deps, messageId: string): Promise<Bell[]> => {
  const pages = await tx.chains.seen(messageId);
  if (pages.length === 0) return [];
  const facts = await readFacts(tx, deps, { kind: 'system', id: null });
  const people = await tx.technicians.getMany(
    pages.flatMap(({ technicianId, askedBy }) => [technicianId, askedBy!]),
  );
  const bells: Bell[] = [];
  for (const page of pages) {
    const { technicianId, askedBy } = page;
    const chain = (await tx.chains.get(page.chainId))!;
    const { alertId, lane } = chain;
    if (alertId === null) {
      bells.push(...(await tellCallSeen(tx, chain, page, facts)));
      continue;
    }
    const alert = (await tx.alerts.getMany([alertId])).get(alertId);
    if (!alert || alert.state === 'resolved') continue;
    const reader = people.get(technicianId)!;
    const news = { key: 'alert.seen', values: { alert, by: reader.name }, orderId: null } as const;
    const about = { lane, alerts: [alert] };
    bells.push(...(await addNews(tx, people.get(askedBy!)!, news, null, facts, about)).bells);
  }
  return bells;
};
