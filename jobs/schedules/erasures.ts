import { goOnErasing } from '../../src/cmms/erase-technician.ts';
import type { Deps } from '../../src/deps.ts';

// Then others have their turn.
const maxRunMs = 10_000;

/** Takes those who were erased out of what others were told, where that could not be done at once. */
export const erasures = (deps: Deps) => (tenantId: string) => goOnErasing(deps, tenantId, maxRunMs);
