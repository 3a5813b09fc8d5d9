import { derive } from '../crypto.ts';
import { codeMinutes } from '../domain/enrolment-code.ts';
import { variantsOf } from '../domain/phone.ts';
import { readSender, type Sender } from '../identity.ts';
import type { Tx } from '../store/store.ts';
import type { Address, Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { collectFaults } from './faults.ts';
import { saveTechnician } from './save-technician.ts';

/** Keeps a code that enrols the phone it comes from as this technician's, in place of an earlier one. */
export const openEnrolment = async (
  tx: Tx,
  technician: Technician,
  code: string,
  { now, newId }: Pick<Facts, 'now' | 'newId'>,
  secretKeys: string[],
): Promise<{ expiresAt: Date }> => {
  const expiresAt = new Date(now.getTime() + codeMinutes * 60 * 1000);
  const codeHash = hashOf(tx, code, secretKeys[0]!);
  await tx.enrolments.add({ id: newId(), technicianId: technician.id, codeHash, createdAt: now, expiresAt });
  return { expiresAt };
};

// A code is short: without the key its hash could be tried out.
const hashOf = (tx: Tx, code: string, secretKey: string): Buffer =>
  Buffer.from(derive(secretKey, `enrolment:${tx.tenantId}:${code}`), 'hex');

/**
 * Makes the address a good code came from one of its technician's. What is another active technician's already stays
 * so, until somebody says whose it is. Null for any other code. Ring the bells after the commit.
 */
export const useEnrolment = async (
  tx: Tx,
  { code, sender, receivedAt }: { code: string; sender: Sender; receivedAt: Date },
  facts: Omit<Facts, 'actor'>,
  secretKeys: string[],
): Promise<{ isConflict: boolean; bells: Bell[] } | null> => {
  const hashes = secretKeys.map((secretKey) => hashOf(tx, code, secretKey));
  const enrolment = await tx.enrolments.take(hashes, receivedAt);
  const technician = enrolment && (await tx.technicians.get(enrolment.technicianId));
  const address = addressOf(sender);
  if (!enrolment || !technician?.active || !address) return null;
  // As everybody does who gives addresses away.
  await tx.tenants.lock('technicians');
  const { userId } = readSender(sender);
  const owners = await tx.technicians.knownBy([
    ...spellingsOf(address),
    ...(userId ? [{ kind: 'whatsapp-user-id' as const, value: userId }] : []),
  ]);
  const other = owners.find(({ technician: { id, active } }) => active && id !== technician.id);
  await tx.enrolments.cameFrom(enrolment.id, { ...address, conflictWith: other?.technician.id ?? null });
  if (other) return { isConflict: true, bells: [] };
  const actor = { kind: 'technician', id: technician.externalId } as const;
  const bells = await giveAddress(tx, technician, address, { ...facts, actor });
  // Without a name: it is kept for ever.
  await tx.audit.add({
    ...{ id: facts.newId(), userId: null, userName: 'The technician', action: 'technician.enrolled' },
    ...{ subject: technician.externalId, details: {}, address: 'their phone' },
  });
  return { isConflict: false, bells };
};

const addressOf = (sender: Sender): Pick<Address, 'kind' | 'value'> | null => {
  const { phone, userId } = readSender(sender);
  if (phone) return { kind: phone.kind, value: phone.value };
  return userId ? { kind: 'whatsapp-user-id', value: userId } : null;
};

/** A phone is the same whether it is called WhatsApp's or SMS's, and however it is spelled. */
export const spellingsOf = ({ kind, value }: Pick<Address, 'kind' | 'value'>) =>
  kind === 'whatsapp-user-id'
    ? [{ kind, value }]
    : variantsOf(value).flatMap((each) => [
        { kind: 'whatsapp' as const, value: each },
        { kind: 'sms' as const, value: each },
      ]);

/** The address becomes the technician's, whoever had it. */
export const giveAddress = async (
  tx: Tx,
  technician: Technician,
  address: Pick<Address, 'kind' | 'value'>,
  facts: Facts,
): Promise<Bell[]> => {
  const spellings = spellingsOf(address);
  const values = spellings.map(({ value }) => value);
  const owners = await tx.technicians.knownBy(spellings);
  for (const id of new Set(owners.map(({ technician: { id } }) => id))) {
    if (id !== technician.id) await tx.technicians.takeAway(id, values);
  }
  const registered = (await tx.technicians.addresses(technician.id)).filter(
    ({ learnedWith }) => learnedWith === null,
  );
  const isIt = ({ kind, value }: Address) => kind === address.kind && values.includes(value);
  const addresses = registered.some(isIt)
    ? registered.map((each) => (isIt(each) ? { ...each, active: true } : each))
    : [...registered, { ...address, active: true }];
  const given = addresses.map(({ kind, value, active }) => ({ kind, value, active }));
  const { bells } = await saveTechnician(
    tx,
    technician.externalId,
    { addresses: given },
    facts,
    collectFaults(),
  );
  return bells;
};
