import type { Deps } from './deps.ts';
import { readAddress, variantsOf, whatsappPhone } from './domain/phone.ts';
import type { Heard } from './store/conversations.ts';
import type { Tx } from './store/store.ts';
import type { StoredAddress, Technician } from './store/technicians.ts';

/** Who a message came from, as the provider writes it. */
export type Sender = { from: string; userId: string | null; channelId: string; messageId: string };

export type Identity = {
  /** Null for somebody we do not know. */
  technician: Technician | null;
  /** False when the phone is the technician's and the user id somebody else's: answer, and change nothing. */
  mayAct: boolean;
  /** The supervisor is to be told, now and not again. The event is added: ring `cmms-events` after the commit. */
  changed: boolean;
  /** For `conversations.heard`. */
  heard: Heard;
};

/**
 * Who wrote: by the user id, which WhatsApp gives to one person with one phone, else by the phone in any
 * spelling. A user id told together with a technician's phone is learned, so that he is known once WhatsApp
 * hides the phone. Another one than was learned may be the phone's next owner: it takes the place of the
 * old one, and is reported once.
 */
export const identify = async (
  tx: Tx,
  sender: Sender,
  deps: Pick<Deps, 'now' | 'newId'>,
): Promise<Identity> => {
  const { phone, userId } = readSender(sender);
  const found = await tx.technicians.knownBy([
    ...(phone ? variantsOf(phone.value).map((value) => ({ kind: phone.kind, value })) : []),
    ...(userId ? [{ kind: 'whatsapp-user-id' as const, value: userId }] : []),
  ]);
  const known = found.filter(({ technician, address }) => technician.active && address.active);
  const byUserId = known.find(({ address }) => address.kind === 'whatsapp-user-id') ?? null;
  const ofPhone = known.filter(({ address }) => address.kind === phone?.kind);
  const identity = { mayAct: true, changed: false };

  if (byUserId && ofPhone.length === 0) {
    const { technician, address } = byUserId;
    // A phone that we know as switched off is not answered, but the person is.
    const isNewPhone = phone !== null && found.length === 1;
    const heard = isNewPhone
      ? { on: address.value, as: sender.from }
      : { on: address.learnedWith ?? (await phoneOf(tx, technician)) ?? address.value, as: null };
    return { ...identity, technician, heard };
  }

  const heard = { on: phone ? spelledAsStored(phone) : userId, as: sender.from };
  const owners = new Set(ofPhone.map(({ technician }) => technician.id));
  const byPhone =
    ofPhone.find(({ technician }) => technician.id === byUserId?.technician.id) ??
    (owners.size === 1 ? ofPhone[0]! : null);
  // Two people under one phone: a guess could be the wrong one.
  if (!byPhone || !phone) return { ...identity, technician: null, heard };

  const { technician } = byPhone;
  const self = { ...identity, technician, heard: { ...heard, on: byPhone.address.value } };
  if (!userId || phone.kind !== 'whatsapp' || byUserId?.technician.id === technician.id) return self;
  if (byUserId) {
    const isNews = await tx.technicians.disputeUserId(userId, technician.id);
    if (isNews) await tellChange(tx, sender, technician, byUserId.technician, deps);
    return { ...self, mayAct: false, changed: isNews };
  }
  const before = found.find(({ address }) => address.kind === 'whatsapp-user-id') ?? null;
  return { ...self, changed: await learn(tx, sender, userId, byPhone, before, deps) };
};

type Known = { technician: Technician; address: StoredAddress };

/** The phone and the WhatsApp user id a message came from, as far as it tells them. */
export const readSender = ({ from, userId }: Sender) => {
  const sender = readAddress(from);
  const told = userId ? readAddress(userId) : null;
  const id = [told, sender].find((address) => address?.kind === 'whatsapp-user-id');
  return { phone: sender && sender.kind !== 'whatsapp-user-id' ? sender : null, userId: id?.value ?? null };
};

const spelledAsStored = ({ kind, value }: { kind: string; value: string }): string =>
  kind === 'whatsapp' ? whatsappPhone(value) : variantsOf(value)[0]!;

/** Twilio takes a phone in any country, a user id not yet in all: where there is one phone, that is used. */
const phoneOf = async (tx: Tx, technician: Technician): Promise<string | null> => {
  const phones = activePhones(await tx.technicians.addresses(technician.id));
  return phones.length === 1 ? phones[0]!.value : null;
};

const activePhones = (addresses: StoredAddress[]) =>
  addresses.filter(({ kind, active }) => kind === 'whatsapp' && active);

/** Keeps the user id with the phone. Answers whether it is a change that somebody has to hear of. */
const learn = async (
  tx: Tx,
  sender: Sender,
  userId: string,
  { technician, address: phone }: Known,
  before: Known | null,
  deps: Pick<Deps, 'now' | 'newId'>,
): Promise<boolean> => {
  const isOwn = before?.technician.id === technician.id;
  // The CMMS switched it off; the phone is still his.
  if (isOwn && before.address.replacedAt === null) return false;
  const addresses = await tx.technicians.addresses(technician.id);
  const account = (await tx.channels.get(sender.channelId))?.accountSid ?? null;
  const replaces = addresses
    .filter(
      ({ kind, active, value, learnedUnder, learnedWith }) =>
        kind === 'whatsapp-user-id' &&
        active &&
        // Another account, or the form for companies with several, has user ids of its own for the same person.
        (learnedUnder === null || learnedUnder === account) &&
        isOfCompany(value) === isOfCompany(userId) &&
        // A second phone has one of its own too.
        (learnedWith === phone.value || (learnedWith === null && activePhones(addresses).length === 1)),
    )
    .map(({ value }) => value);
  const isLearned = await tx.technicians.learnUserId({
    ...{ technicianId: technician.id, phone: phone.value, userId, account, replaces },
    at: deps.now(),
  });
  const formerOwner = before && !isOwn && before.address.active ? before.technician : null;
  if (!isLearned || (replaces.length === 0 && !formerOwner)) return false;
  await tellChange(tx, sender, technician, formerOwner, deps);
  return true;
};

const isOfCompany = (userId: string): boolean => userId.slice(3).startsWith('ENT.');

const tellChange = (
  tx: Tx,
  sender: Sender,
  technician: Technician,
  other: Technician | null,
  { now, newId }: Pick<Deps, 'now' | 'newId'>,
): Promise<void> =>
  tx.events.add({
    id: newId(),
    type: 'technician.identity_changed',
    at: now(),
    actor: { kind: 'system', id: null },
    workOrderId: null,
    messageId: sender.messageId,
    data: {
      technician: technician.externalId,
      kind: 'whatsapp-user-id',
      // Whom we knew the user id as; null for a new one.
      other: other?.externalId ?? null,
    },
  });
