import { ringAll } from '../cmms/facts.ts';
import { collectFaults, Refused } from '../cmms/faults.ts';
import { key, readFields, technicianShape } from '../cmms/fields.ts';
import { saveTechnician } from '../cmms/save-technician.ts';
import type { Deps } from '../deps.ts';
import { readPhone, variantsOf } from '../domain/phone.ts';
import type { Fault } from '../store/notifications.ts';
import type { Tx } from '../store/store.ts';
import { change, look, type Visit } from './route.ts';
import { readTechnicianForm, sayFault } from './technician-form.tsx';

/** By the same function as a PUT over HTTP, with every fault named; null where there is none. */
export const saveTechnicianForm = async (deps: Deps, visit: Visit, externalId: string, isNew: boolean) => {
  const faults = collectFaults();
  const { fields: given, rows } = readTechnicianForm(visit.form);
  const fields = readFields(technicianShape, given, faults);
  const read = key.safeParse(externalId);
  if (!read.success) for (const { message } of read.error.issues) faults.add('/externalId', message);
  try {
    const bells = await change(deps, visit, async (tx, note, facts) => {
      const before = await tx.technicians.lock(externalId);
      const anew = collectFaults(faults.all);
      if (isNew && before) anew.add('/externalId', "is another technician's");
      const { bells } = await saveTechnician(tx, externalId, fields, facts, anew);
      note(isNew ? 'technician.added' : 'technician.changed', externalId);
      return bells;
    });
    ringAll(deps, visit.tenant.id, bells);
    return null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return sayFaults(deps, visit, error.faults, given, rows);
  }
};

/** Whose it is, where something is another technician's of this tenant. */
const sayFaults = (
  deps: Deps,
  visit: Visit,
  faults: Fault[],
  { phone, addresses }: Record<string, unknown>,
  rows: number[],
): Promise<string[]> =>
  look(deps, visit, async (tx) => {
    const country = visit.tenant.defaultCountry;
    const sentences: string[] = [];
    for (const fault of faults) {
      const said = sayFault(fault, rows);
      const place = /^\/addresses\/(\d+)/.exec(fault.pointer);
      const taken = place
        ? (addresses as { kind: string; value: string }[])[Number(place[1])]?.value
        : fault.pointer === '/phone' && (phone as string);
      const owner = isTaken(fault) && taken ? await ownerOf(tx, taken, country) : null;
      sentences.push(owner ? `${said.slice(0, -1)}: ${owner}. Take it from them first.` : said);
    }
    return sentences;
  });

const isTaken = ({ detail }: Fault) => detail === "is another technician's";

const ownerOf = async (tx: Tx, typed: string, country: string): Promise<string | null> => {
  const phone = readPhone(typed, country);
  const values = phone ? variantsOf(phone) : [typed];
  const found = await tx.technicians.knownBy(
    (['whatsapp', 'sms', 'whatsapp-user-id'] as const).flatMap((kind) =>
      values.map((value) => ({ kind, value })),
    ),
  );
  const owners = new Set(found.map(({ technician: { name, externalId } }) => `${name} (${externalId})`));
  return owners.size > 0 ? [...owners].join(', ') : null;
};
