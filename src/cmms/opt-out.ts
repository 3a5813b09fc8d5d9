import { readAddress } from '../domain/phone.ts';
import type { Tx } from '../store/store.ts';
import type { Bell, Facts } from './facts.ts';
import { tellAbout } from './tell-people.ts';

/**
 * Notes that the provider keeps our messages from an address because its owner asked it to: no notice goes
 * there until the owner undoes it, and the planner is told, once. Ring the bells after the commit.
 */
export const noteOptOut = async (
  tx: Tx,
  { address, at, messageId }: { address: string; at: Date; messageId: string },
  facts: Omit<Facts, 'actor'>,
): Promise<Bell[]> => {
  const read = readAddress(address);
  const externalId = read ? await tx.technicians.optedOut(read.kind, read.value, at) : null;
  const technician = externalId === null ? null : await tx.technicians.find(externalId);
  if (!read || !technician) return [];
  const way = read.kind === 'sms' ? 'sms' : 'whatsapp';
  await tx.events.add({
    id: facts.newId(),
    type: 'technician.unreachable',
    at: facts.now,
    actor: { kind: 'system', id: null },
    workOrderId: null,
    messageId,
    data: { technician: technician.externalId, reason: 'opted-out', way },
  });
  const values = { name: technician.name, way } as const;
  const news = { key: 'technician.opted-out', values, orderId: null } as const;
  return [
    { queue: 'cmms-events', id: tx.tenantId },
    ...(await tellAbout(tx, technician, 'planners', news, facts)),
  ];
};
