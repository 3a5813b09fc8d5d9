import type { Fault } from '../store/notifications.ts';

/** What is wrong with a form: in words for the head of the page, and at its fields. */
export type FormFaults = { all: string[]; at: (name: string) => string | undefined };

export const noFaults: FormFaults = { all: [], at: () => undefined };

/** `fieldOf`: the field that a fault's pointer means, and how it is called on the page. */
export const formFaults = (
  faults: Fault[],
  fieldOf: (pointer: string) => { name: string; label: string } | null,
): FormFaults => {
  const placed = faults.map(({ pointer, detail }) => ({ field: fieldOf(pointer), detail }));
  return {
    all: placed.map(({ field, detail }) => `${field ? `${field.label} ` : ''}${detail}.`),
    at: (name) =>
      placed
        .filter(({ field }) => field?.name === name)
        .map(({ detail }) => `${detail[0]!.toUpperCase()}${detail.slice(1)}.`)
        .join(' ') || undefined,
  };
};
