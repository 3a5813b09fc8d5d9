import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';

/** Starts the next step of a chain whose time has come. */
export const chains = (deps: Deps) => async (bell: Doorbell) => {
  // Implemented with src/cmms/chains.ts.
  deps.log.debug({ event: 'chain.rang', chain: bell.id });
};
