import type { Tx } from '../store/store.ts';
import type { StoredAddress, Technician } from '../store/technicians.ts';
import type { Bell, Facts } from './facts.ts';
import { Refused } from './faults.ts';
import { carryOut, type People, type Plan, planTechnician } from './save-technician.ts';
import { type CsvFault, readTechnicianCsv } from './technician-csv.ts';

export type CsvOutcome = {
  line: number;
  externalId: string;
  name: string;
  what: 'created' | 'changed' | 'unchanged';
  /** Of somebody changed: what of them. */
  changes: string[];
};

type Import = { outcomes: CsvOutcome[]; faults: CsvFault[]; carryOut: () => Promise<Bell[]> };

/**
 * What importing a file would do, by the same rules as saving each person in turn, and what is wrong with it. Writes
 * nothing until it is carried out, which is for a file without faults. `isForGood`: it will be.
 */
export const planImport = async (
  tx: Tx,
  csv: string,
  facts: Facts,
  { isForGood }: { isForGood: boolean },
): Promise<Import> => {
  const { people, faults, nameOf } = readTechnicianCsv(csv);
  await tx.tenants.lock('technicians');
  // Not the others: each message of theirs would wait to note when they were last seen.
  const lock = isForGood ? people.map(({ externalId }) => externalId) : [];
  const crowd = gather(await tx.technicians.everybody({ lock }));
  for (const { externalId } of people) crowd.announce(externalId, facts.newId);

  const outcomes: CsvOutcome[] = [];
  const plans: Plan[] = [];
  for (const { line, externalId, fields, faults: own } of people) {
    try {
      const newId = () => crowd.idOf(externalId);
      const plan = await planTechnician(crowd.people, externalId, fields, { ...facts, newId }, own);
      const changes = plan.before ? changesOf(plan, crowd.registered(plan.technician.id)) : [];
      const what = !plan.before ? 'created' : changes.length > 0 ? 'changed' : 'unchanged';
      outcomes.push({ line, externalId, name: plan.technician.name, what, changes });
      if (what !== 'unchanged') plans.push(plan);
      crowd.apply(plan);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      for (const { pointer, detail } of error.faults) {
        faults.push({ line, column: nameOf(pointer.split('/')[1] ?? ''), detail });
      }
    }
  }
  faults.sort((one, two) => one.line - two.line);
  return { outcomes, faults, carryOut: () => carryOutAll(tx, plans, facts) };
};

const carryOutAll = async (tx: Tx, plans: Plan[], facts: Facts): Promise<Bell[]> => {
  const created = plans.filter(({ before }) => !before);
  // Their phones may still be those of others.
  await tx.technicians.insertMany(created.map(({ technician }) => ({ ...technician, phone: null })));
  const bells: Bell[] = [];
  // First those who give a phone or an address away.
  for (const plan of plans) if (plan.before) bells.push(...(await carryOut(tx, plan, facts)));
  await tx.technicians.setPhones(created.map(({ technician }) => technician));
  await tx.technicians.addAddresses(
    created.flatMap(({ technician: { id }, addresses }) =>
      addresses.map((address) => ({ ...address, technicianId: id })),
    ),
  );
  return bells;
};

const labels: [field: keyof Technician, label: string][] = [
  ['name', 'name'],
  ['phone', 'phone'],
  ['email', 'e-mail address'],
  ['role', 'role'],
  ['locale', 'language'],
  ['timeZone', 'time zone'],
  ['supervisorId', 'supervisor'],
  ['active', 'active'],
];

const changesOf = ({ before, technician, addresses }: Plan, registered: StoredAddress[]): string[] => {
  const changed = labels.flatMap(([field, label]) => (before![field] === technician[field] ? [] : [label]));
  const write = (all: { kind: string; value: string; active: boolean }[]) =>
    JSON.stringify(all.map(({ kind, value, active }) => [kind, value, active]).sort());
  const isSame = write(registered) === write(addresses);
  return isSame || changed.includes('phone') ? changed : [...changed, 'addresses'];
};

/** Everybody in memory, as they are and as the lines so far would make them. */
const gather = ({
  technicians,
  addresses,
}: {
  technicians: Technician[];
  addresses: Map<string, StoredAddress[]>;
}) => {
  const byKey = new Map(technicians.map((each) => [each.externalId, each]));
  const phones = new Map(technicians.flatMap(({ phone, id }) => (phone ? [[phone, id] as const] : [])));
  const owners = new Map<string, string>();
  const announced = new Map<string, string>();
  const keyOf = ({ kind, value }: { kind: string; value: string }) => `${kind} ${value}`;
  for (const [id, all] of addresses) for (const address of all) owners.set(keyOf(address), id);
  const registered = (id: string) =>
    (addresses.get(id) ?? []).filter(({ learnedWith }) => learnedWith === null);

  const people: People = {
    lock: async (externalId) => byKey.get(externalId) ?? null,
    // Somebody of a later line may supervise those before.
    find: async (externalId) => {
      const id = announced.get(externalId);
      return byKey.get(externalId) ?? (id ? ({ id } as Technician) : null);
    },
    addresses: async (id) => addresses.get(id) ?? [],
    phoneOwners: async (values) => values.flatMap((value) => phones.get(value) ?? []),
    addressOwners: async (kind, values) =>
      values.flatMap((value) => owners.get(keyOf({ kind, value })) ?? []),
  };

  return {
    people,
    registered,
    announce: (externalId: string, newId: () => string) => {
      if (!byKey.has(externalId) && !announced.has(externalId)) announced.set(externalId, newId());
    },
    idOf: (externalId: string) => announced.get(externalId)!,
    apply: ({ before, technician, addresses: given }: Plan) => {
      const { id } = technician;
      byKey.set(technician.externalId, technician);
      if (before?.phone) phones.delete(before.phone);
      if (technician.phone) phones.set(technician.phone, id);
      const isGiven = new Set(given.map(keyOf));
      const whatsapp = new Set(
        given.flatMap(({ kind, value, active }) => (kind === 'whatsapp' && active ? value : [])),
      );
      const learned = (addresses.get(id) ?? []).filter(
        (address) =>
          address.learnedWith !== null && whatsapp.has(address.learnedWith) && !isGiven.has(keyOf(address)),
      );
      for (const address of addresses.get(id) ?? []) owners.delete(keyOf(address));
      const all = [...given.map((each) => ({ ...unlearned, ...each })), ...learned];
      for (const address of all) owners.set(keyOf(address), id);
      addresses.set(id, all);
    },
  };
};

const unlearned = { learnedWith: null, learnedUnder: null, replacedAt: null, optedOutAt: null };
