import { advanceCall } from '../src/cmms/calls.ts';
import {
  addEvents,
  type Paged,
  pageUntold,
  startNextStep,
  subjectOf,
  whileOffSeconds,
} from '../src/cmms/chains.ts';
import { type Bell, type Facts, readFacts, ringAll } from '../src/cmms/facts.ts';
import { beginChain } from '../src/cmms/raise-alert.ts';
import type { Deps } from '../src/deps.ts';
import type { Alert } from '../src/domain/alert.ts';
import type { Chain } from '../src/domain/chain.ts';
import { describeFault } from '../src/log.ts';
import { alarmFor } from '../src/messaging/alarms.ts';
import type { Doorbell } from '../src/queues.ts';
import { isPassing, type Tx } from '../src/store/store.ts';

/**
 * Starts the next step of a chain whose time has come, and comes back for the one after that. One transaction, under
 * the alert's lock: a worker that dies in it has done nothing, and one that comes too late finds nothing to do.
 */
export const chains = (deps: Deps) => async (bell: Doorbell) => {
  const { store, ring, log, now } = deps;
  const { tenantId, id } = bell;
  const came = await store
    .tenant(tenantId, async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'system', id: null });
      const started = await advance(tx, id, facts);
      return { ...started, chain: await tx.chains.get(id), againInMs: await tx.chains.dueInMs(id) };
    })
    .catch((error: unknown) => {
      // It is tried again, but what does not pass by itself stops the chain: somebody must see to it.
      if (!isPassing(error)) {
        const alarm = alarmFor([tenantId, 'chain.failed', id], now());
        log.error({
          event: 'chain.failed',
          ...alarm,
          tenantId,
          chainId: id,
          ...describeFault(error as Error),
        });
      }
      throw error;
    });
  ringAll(deps, tenantId, came.bells);
  if (came.againInMs !== null) ring('chains', tenantId, id, Math.max(0, came.againInMs) + 50);

  const { chain, told } = came;
  if (!chain) return;
  const about = { tenantId, chainId: id, kind: chain.kind, alert: came.alert };
  if (told !== null) log.info({ event: 'chain.step', ...about, step: chain.step, turn: chain.turn, told });
  if (chain.ended === 'nobody') {
    const alarm = alarmFor([tenantId, 'chain.nobody-told', id], now());
    log.error({ event: 'chain.nobody-told', ...alarm, ...about });
  } else if (told !== null && chain.exhausted && chain.ended === null) {
    const alarm = alarmFor([tenantId, 'chain.unanswered', id], now());
    log.error({ event: 'chain.unanswered', ...alarm, ...about, turn: chain.turn });
  } else if (came.isExpired) log.warn({ event: 'chain.expired', ...about });
};

type Advanced = {
  bells: Bell[];
  /** How many people were told; null: no step was started. */
  told: number | null;
  alert: string | null;
  isExpired: boolean;
};

const nothing: Advanced = { bells: [], told: null, alert: null, isExpired: false };

const advance = async (tx: Tx, id: string, facts: Facts): Promise<Advanced> => {
  const found = await tx.chains.get(id);
  if (!found) return nothing;
  const { alertId } = found;
  if (alertId === null) return { ...nothing, ...(await advanceCall(tx, found, facts)) };
  const alert = (await tx.alerts.lock([alertId])).get(alertId)!;
  const about = { ...nothing, alert: alert.externalId };
  const chain = (await tx.chains.lock(id))!;
  const due = await tx.chains.isDue(id);
  if (due === 'no') return about;
  if (due === 'expired') {
    await tx.chains.end(id, 'expired');
    return { ...about, isExpired: true };
  }
  // Its end stands in the chain; this is for whatever did not know of chains.
  if (alert.state !== 'open') {
    await tx.chains.end(id, alert.state === 'resolved' ? 'resolved' : 'claimed');
    return about;
  }
  if (!facts.enabled) {
    await tx.chains.goOn(id, whileOffSeconds);
    return about;
  }
  const paged = !(await hasBegun(tx, chain))
    ? await beginChain(tx, chain, alert, facts)
    : chain.steps.length === 0
      ? await tellDisabled(tx, chain, alert, facts)
      : await startNextStep(tx, chain, subjectOf(alert, facts.now), { by: 'time' }, facts);
  await addEvents(tx, paged.events);
  const bells: Bell[] = paged.events.length > 0 ? [{ queue: 'cmms-events', id: tx.tenantId }] : [];
  return { ...about, bells: [...paged.bells, ...bells], told: paged.told.length };
};

/** Of a chain without steps, the first people met a service that was switched off, but for some: the others are told. */
const tellDisabled = async (tx: Tx, { id }: Chain, alert: Alert, facts: Facts): Promise<Paged> => {
  await tx.chains.end(id, 'no-steps');
  const how = { except: null, askedBy: null, isStarted: false, reasons: ['disabled' as const] };
  return pageUntold(tx, id, subjectOf(alert, facts.now), how, facts);
};

/** Whether the first people were told; not if all that was for them met a service that was switched off. */
const hasBegun = async (tx: Tx, { id, step }: Chain): Promise<boolean> => {
  if (step > 0) return true;
  const untold = new Set(await tx.chains.untold(id, ['disabled']));
  return (await tx.chains.pages(id)).some(({ technicianId }) => !untold.has(technicianId));
};
