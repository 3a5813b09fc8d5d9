import { readPhone, variantsOf, whatsappPhone } from '../domain/phone.ts';
import type { Tx } from '../store/store.ts';
import type { Address, Technician } from '../store/technicians.ts';
import { releaseAll } from './change-alert.ts';
import type { Bell, Facts } from './facts.ts';
import { type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { requireField, type TechnicianFields, withoutUndefined } from './fields.ts';
import { decideAnew } from './hold-back.ts';
import { changePreferences, readPreferences } from './preferences.ts';

/**
 * Creates or changes a technician. Throws Refused, with `faults` and what else is wrong, and writes nothing then.
 * Ring the bells after the commit.
 */
export const saveTechnician = async (
  tx: Tx,
  externalId: string,
  fields: TechnicianFields,
  facts: Facts,
  faults: Faults,
): Promise<{ created: boolean; bells: Bell[] }> => {
  // One at a time, so that two people cannot be given one phone at once.
  await tx.tenants.lock('technicians');
  const plan = await planTechnician(tx.technicians, externalId, fields, facts, faults);
  if (!plan.before) await tx.technicians.insert(plan.technician);
  return { created: !plan.before, bells: await carryOut(tx, plan, facts) };
};

/** Who is there, as far as saving a technician asks. */
export type People = Pick<Tx['technicians'], 'lock' | 'find' | 'addresses' | 'phoneOwners' | 'addressOwners'>;

export type Plan = {
  /** Null: somebody new. */
  before: Technician | null;
  technician: Technician;
  /** The registered ones: all of them. */
  addresses: Address[];
};

/** What saving would write; throws Refused as it does. */
export const planTechnician = async (
  people: People,
  externalId: string,
  fields: TechnicianFields,
  facts: Pick<Facts, 'tenant' | 'newId'>,
  faults: Faults,
): Promise<Plan> => {
  const before = await people.lock(externalId);
  if (!before) requireField(fields, 'name', faults);

  const country = facts.tenant.defaultCountry;
  const phone = fields.phone ? readPhone(fields.phone, country) : fields.phone;
  if (fields.phone && !phone) faults.add('/phone', 'is not a possible phone number');
  const given =
    fields.addresses === undefined ? undefined : readAddresses(fields.addresses ?? [], country, faults);
  // What was learned comes and goes with its phone, whatever is registered.
  const registered = before
    ? (await people.addresses(before.id)).filter(({ learnedWith }) => learnedWith === null)
    : [];

  let supervisorId: string | null | undefined = fields.supervisor === null ? null : undefined;
  if (fields.supervisor) {
    supervisorId = (await people.find(fields.supervisor))?.id;
    if (!supervisorId) faults.add('/supervisor', 'names nobody we know');
    else if (supervisorId === before?.id) faults.add('/supervisor', 'must be somebody else');
  }

  const technician: Technician = {
    ...(before ?? { ...newcomer, id: facts.newId(), externalId }),
    ...withoutUndefined({
      name: fields.name,
      phone,
      email: fields.email,
      role: fields.role,
      locale: fields.locale ? Intl.getCanonicalLocales(fields.locale)[0] : fields.locale,
      timeZone: fields.timeZone,
      supervisorId,
      active: fields.active,
    }),
  };
  if (fields.preferences !== undefined) {
    technician.preferences = changePreferences(readPreferences(technician.preferences), fields.preferences);
  }
  // The phone's own addresses go with it, also where they come back as they were read.
  const goneWithPhone = new Set(
    before && before.phone !== technician.phone ? addressesOf(before.phone).map(keyOf) : [],
  );
  const addresses = mergeAddresses(
    addressesOf(technician.phone),
    (given ?? registered).filter((address) => !goneWithPhone.has(keyOf(address))),
  );

  const taken = await findTaken(people, technician, addresses);
  if (faults.all.length > 0) for (const { pointer, detail } of taken) faults.add(pointer, detail);
  refuseIfFaulty(faults);
  if (taken.length > 0) throw new Refused('conflict', taken);

  return {
    before,
    technician,
    addresses: addresses.map(({ kind, value, active }) => ({ kind, value, active })),
  };
};

/** Writes a plan; somebody new must have been inserted. */
export const carryOut = async (
  tx: Tx,
  { before, technician, addresses }: Plan,
  facts: Facts,
): Promise<Bell[]> => {
  if (before) await tx.technicians.update(technician);
  await tx.technicians.setAddresses(technician.id, addresses);
  if (!before) return [];
  if (before.active && !technician.active) {
    await tx.conversations.end(technician.id);
    await tx.enrolments.dropOpen(technician.id);
    await tx.enrolments.dropConflicts(technician.id);
  }
  // First the alerts, then the messages: the order in which everybody locks them.
  const released = before.active && !technician.active ? await releaseAll(tx, technician, facts) : [];
  return [...released, ...(await noteChange(tx, before, technician, facts))];
};

/**
 * Tells the feed that a person is no longer told of things, or is again, and holds back what still waits, or no
 * longer does.
 */
const noteChange = async (tx: Tx, before: Technician, after: Technician, facts: Facts): Promise<Bell[]> => {
  const wasPaused = readPreferences(before.preferences).paused;
  const { paused } = readPreferences(after.preferences);
  if (paused && !wasPaused) await tx.outbox.holdBack(after.id);
  const bells = whatCounts(before) === whatCounts(after) ? [] : await decideAnew(tx, after.id);
  const types = new Set([
    ...(paused === wasPaused ? [] : [paused ? 'technician.paused' : 'technician.resumed']),
    ...(after.active === before.active ? [] : [after.active ? 'technician.resumed' : 'technician.paused']),
  ]);
  for (const type of types) {
    await tx.events.add({
      ...{ id: facts.newId(), type, at: facts.now, actor: facts.actor, workOrderId: null, messageId: null },
      data: { technician: after.externalId, active: after.active, paused },
    });
  }
  return types.size > 0 ? [...bells, { queue: 'cmms-events', id: tx.tenantId }] : bells;
};

/** What decides whether a message that waits for quiet hours goes on waiting. */
const whatCounts = ({ active, timeZone, preferences }: Technician): string => {
  const { kinds, ways, quietHours } = readPreferences(preferences);
  return JSON.stringify([active, timeZone, kinds, ways, quietHours]);
};

const newcomer = {
  name: '',
  phone: null,
  email: null,
  role: 'technician',
  locale: null,
  timeZone: null,
  supervisorId: null,
  active: true,
  preferences: {},
  lastSeenAt: null,
} as const;

type Placed = Address & { pointer?: string };

const readAddresses = (
  given: NonNullable<TechnicianFields['addresses']>,
  country: string,
  faults: Faults,
): Placed[] => {
  const seen = new Set<string>();
  return given.flatMap(({ kind, value: spelled, active = true }, position) => {
    const pointer = `/addresses/${position}`;
    // What is wrong with it has been said.
    if (kind === undefined || spelled === undefined) return [];
    const phone = kind === 'whatsapp-user-id' ? null : readPhone(spelled, country);
    const value =
      kind === 'whatsapp-user-id'
        ? readUserId(spelled)
        : phone && kind === 'whatsapp'
          ? whatsappPhone(phone)
          : phone;
    if (!value) {
      const expected =
        kind === 'whatsapp-user-id' ? 'a WhatsApp user id like US.1349' : 'a possible phone number';
      faults.add(`${pointer}/value`, `is not ${expected}`);
      return [];
    }
    if (seen.has(keyOf({ kind, value }))) faults.add(pointer, 'is there twice');
    seen.add(keyOf({ kind, value }));
    return [{ kind, value, active, pointer }];
  });
};

const readUserId = (value: string): string | null =>
  /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/.test(value) ? value : null;

/** The addresses a phone has by itself. */
const addressesOf = (phone: string | null): Placed[] =>
  phone === null
    ? []
    : [
        { kind: 'sms', value: phone, active: true, pointer: '/phone' },
        { kind: 'whatsapp', value: whatsappPhone(phone), active: true, pointer: '/phone' },
      ];

const keyOf = ({ kind, value }: Pick<Address, 'kind' | 'value'>): string => `${kind} ${value}`;

/** The phone's own addresses and the rest, which may say that the phone's are not active. */
const mergeAddresses = (ofPhone: Placed[], rest: Placed[]): Placed[] => [
  ...new Map([...ofPhone, ...rest].map((each) => [keyOf(each), each])).values(),
];

/** What of it is somebody else's, in whatever spelling, and where it was asked for. */
const findTaken = async (people: People, { id, phone }: Technician, addresses: Placed[]) => {
  const pointers = new Set<string>();
  const isAnothers = (owners: string[]) => owners.some((owner) => owner !== id);
  if (phone && isAnothers(await people.phoneOwners(variantsOf(phone)))) pointers.add('/phone');
  for (const { kind, value, pointer } of addresses) {
    const values = kind === 'whatsapp-user-id' ? [value] : variantsOf(value);
    if (isAnothers(await people.addressOwners(kind, values))) pointers.add(pointer ?? '/addresses');
  }
  return [...pointers].map((pointer) => ({ pointer, detail: "is another technician's" }));
};
