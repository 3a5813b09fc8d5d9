import type { Fault } from '../store/notifications.ts';

/** Gathers everything that is wrong with what was asked, so that all of it is said at once. */
export type Faults = {
  /** `pointer` is a JSON Pointer below this collector's own place. The detail repeats nothing that was sent. */
  add(pointer: string, detail: string): void;
  has(pointer: string): boolean;
  /** Whether something is wrong at this place or below it. */
  hasWithin(pointer: string): boolean;
  under(prefix: string): Faults;
  all: Fault[];
};

/** Begins with what was found before. A transaction that may be repeated begins anew each time. */
export const collectFaults = (found: Fault[] = []): Faults => {
  const all = [...found];
  const under = (prefix: string): Faults => ({
    add: (pointer, detail) => {
      all.push({ pointer: storable(prefix + pointer), detail });
    },
    has: (pointer) => all.some((fault) => fault.pointer === prefix + pointer),
    hasWithin: (pointer) => all.some((fault) => `${fault.pointer}/`.startsWith(`${prefix}${pointer}/`)),
    under: (more) => under(prefix + more),
    all,
  });
  return under('');
};

/** A JSON Pointer to a place inside what was sent. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

// Field names are the sender's: Postgres keeps neither NUL nor half a surrogate pair.
const storable = (pointer: string): string => pointer.replace(/\p{Cc}|\p{Cs}/gu, '\uFFFD');

/** Why something cannot be saved as asked. Thrown inside the transaction, so that nothing of it stays. */
export class Refused extends Error {
  readonly why: 'invalid' | 'conflict' | 'version-conflict';
  readonly faults: Fault[];
  constructor(why: Refused['why'], faults: Fault[]) {
    super(`${why}: ${faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')}`);
    this.why = why;
    this.faults = faults;
  }
}

export const refuseIfFaulty = (faults: Faults): void => {
  if (faults.all.length > 0) throw new Refused('invalid', faults.all);
};
