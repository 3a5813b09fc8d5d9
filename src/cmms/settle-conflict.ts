import { variantsOf } from '../domain/phone.ts';
import type { Tx } from '../store/store.ts';
import type { Doubt, Technician } from '../store/technicians.ts';
import { giveAddress, spellingsOf } from './enrol.ts';
import type { Bell, Facts } from './facts.ts';
import { collectFaults } from './faults.ts';
import { saveTechnician } from './save-technician.ts';

/**
 * Says whose an identity or a phone is. `accept`: what came last is right. Ring the bells after the commit; null for a
 * conflict that is settled already, or not between these two any more.
 */
export const settleConflict = async (
  tx: Tx,
  { what, id }: { what: 'identity' | 'enrolment'; id: string },
  decision: 'accept' | 'refuse',
  facts: Facts,
): Promise<{ technician: Technician; bells: Bell[] } | null> => {
  await tx.tenants.lock('technicians');
  if (what === 'enrolment') return settleEnrolment(tx, id, decision, facts);
  const doubt = (await tx.technicians.doubts()).find(({ userId }) => userId === id);
  if (!doubt) return null;
  return doubt.disputedBy
    ? settleDispute(tx, { ...doubt, disputedBy: doubt.disputedBy }, decision, facts)
    : settleReplacement(tx, doubt, decision, facts);
};

const settleEnrolment = async (tx: Tx, id: string, decision: 'accept' | 'refuse', facts: Facts) => {
  const enrolment = (await tx.enrolments.conflicts()).find((each) => each.id === id);
  if (!enrolment?.kind || !enrolment.value) return null;
  const { kind, value, technicianId, conflictWith } = enrolment;
  const technician = (await tx.technicians.get(technicianId))!;
  const owners = await tx.technicians.knownBy(spellingsOf({ kind, value }));
  // What was asked was whether it is this one's or that one's.
  const isThirds = owners.some(
    ({ technician: { id: owner, active } }) => active && owner !== technicianId && owner !== conflictWith,
  );
  const isGone = !technician.active || isThirds;
  await tx.enrolments.settle(id, { isGiven: decision === 'accept' && !isGone });
  if (isGone) return null;
  const bells = decision === 'accept' ? await giveAddress(tx, technician, { kind, value }, facts) : [];
  return { technician, bells };
};

/** A user id that was one technician's came from the phone of another. */
const settleDispute = async (
  tx: Tx,
  { userId, disputedBy }: Doubt & { disputedBy: string },
  decision: 'accept' | 'refuse',
  facts: Facts,
) => {
  await tx.technicians.settleDispute(userId);
  const technician = (await tx.technicians.get(disputedBy))!;
  const bells =
    decision === 'accept'
      ? await giveAddress(tx, technician, { kind: 'whatsapp-user-id', value: userId }, facts)
      : await lockPhone(tx, technician, null, facts);
  return { technician, bells };
};

/** Another user id came with a technician's phone than before. */
const settleReplacement = async (
  tx: Tx,
  { technicianId, userId, phone }: Doubt,
  decision: 'accept' | 'refuse',
  facts: Facts,
) => {
  const technician = (await tx.technicians.get(technicianId))!;
  await tx.technicians.takeAway(technicianId, [userId]);
  return { technician, bells: decision === 'refuse' ? await lockPhone(tx, technician, phone, facts) : [] };
};

/** Switches a phone off, or with null every one of theirs, and what WhatsApp told with it. */
const lockPhone = async (
  tx: Tx,
  technician: Technician,
  phone: string | null,
  facts: Facts,
): Promise<Bell[]> => {
  const spellings = phone === null ? null : new Set(variantsOf(phone));
  const isIt = (value: string | null) => value !== null && (spellings === null || spellings.has(value));
  const addresses = (await tx.technicians.addresses(technician.id)).map(
    ({ kind, value, active, learnedWith }) => ({
      ...{ kind, value },
      active: active && !(kind === 'whatsapp-user-id' ? isIt(learnedWith) : isIt(value)),
    }),
  );
  const { bells } = await saveTechnician(tx, technician.externalId, { addresses }, facts, collectFaults());
  return bells;
};
