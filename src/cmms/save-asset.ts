import type { Asset } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Facts } from './facts.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { type AssetFields, requireField } from './fields.ts';

/** Creates or changes an asset. Throws Refused, with `faults` and what else is wrong, and writes nothing then. */
export const saveAsset = async (
  tx: Tx,
  code: string,
  fields: AssetFields,
  facts: Facts,
  faults: Faults,
): Promise<{ created: boolean }> => {
  // Two may create it at once; there is no row yet to lock.
  await tx.tenants.lock(`asset:${code}`);
  const before = await tx.assets.lock(code);
  if (!before) requireField(fields, 'name', faults);

  const responsible = fields.responsible === undefined ? undefined : (fields.responsible ?? []);
  const people = responsible ? await tx.technicians.findMany(responsible.filter(Boolean)) : [];
  responsible?.forEach((externalId, position) => {
    const pointer = `/responsible/${position}`;
    if (!people.some((person) => person.externalId === externalId))
      faults.add(pointer, 'names nobody we know');
    if (responsible.indexOf(externalId) < position) faults.add(pointer, 'is there twice');
  });
  refuseIfFaulty(faults);

  const asset: Asset = {
    id: before?.id ?? facts.newId(),
    code,
    name: fields.name ?? before?.name ?? code,
    location: fields.location === undefined ? (before?.location ?? null) : fields.location,
  };
  if (before) await tx.assets.update(asset);
  else await tx.assets.insert(asset);
  if (responsible) {
    const ids = responsible.map(
      (externalId) => people.find((person) => person.externalId === externalId)!.id,
    );
    await tx.assets.setResponsible(asset.id, ids);
  }
  return { created: !before };
};

/** An asset that something is about and that may not be there yet: with a name it is made. */
export type NewAsset = { code: string; name: string } | null;

/** Fields that name an asset, once that is there. What is refused later undoes the asset too. */
export const withAsset = async <T extends { asset?: string | null | undefined }>(
  tx: Tx,
  fields: T,
  asset: NewAsset,
  facts: Facts,
  faults: Faults,
): Promise<T> => {
  if (!asset || (await tx.assets.find(asset.code))) return fields;
  // With other faults nothing is saved: that there is no such asset yet is none.
  if (faults.all.length > 0) return { ...fields, asset: undefined };
  await saveAsset(tx, asset.code, { name: asset.name }, facts, faults);
  return fields;
};
