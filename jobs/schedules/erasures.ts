import { type ErasingDeps, goOnErasing } from '../../src/cmms/erase-technician.ts';

// Then others have their turn.
const maxRunMs = 10_000;

/** Takes away what is left of those who were erased. */
export const erasures = (deps: ErasingDeps) => (tenantId: string) => goOnErasing(deps, tenantId, maxRunMs);
