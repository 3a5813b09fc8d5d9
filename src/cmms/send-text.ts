import type { Tx } from '../store/store.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { readMoment } from './fields.ts';
import { addText } from './notify.ts';
import type { Ask } from './read-notification.ts';

/** Sends somebody a text of the CMMS's own. Throws Refused if nobody is known by that id. */
export const sendText = async (
  tx: Tx,
  { to, text, expiresAt }: Extract<Ask, { name: 'message.send' }>,
  facts: Facts,
  faults: Faults,
  id: string = facts.newId(),
): Promise<{ messageIds: string[]; bells: Bell[] }> => {
  const person = to === undefined ? null : await tx.technicians.find(to);
  if (to !== undefined && !person) faults.add('/to', 'names nobody we know');
  refuseIfFaulty(faults);

  const { messageId, bells } = await addText(
    tx,
    person!,
    { id, kind: 'message.send', text: text!, ...(expiresAt ? { expiresAt: readMoment(expiresAt) } : {}) },
    facts,
  );
  return { messageIds: [messageId], bells };
};
