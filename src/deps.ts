import type { Logger } from 'pino';
import type { DoorbellQueue } from './queues.ts';
import type { Store } from './store/store.ts';

/** Rings for work that was committed: at once, without waiting, best effort. What it misses, the recovery timer rings for. */
export type Ring = (queue: DoorbellQueue, tenantId: string, id: string, afterMs?: number) => void;

/** What jobs, routes and pages are given. Rules get the time and ids from here and read none themselves. */
export type Deps = {
  store: Store;
  ring: Ring;
  log: Logger;
  now: () => Date;
  newId: () => string;
  /** Decrypts and encrypts what is stored of credentials; the first key is the current one. */
  secretKeys: string[];
  /** False: nothing is sent and nothing that comes in is run (`WHATSAPP_ENABLED`). */
  enabled: boolean;
};
