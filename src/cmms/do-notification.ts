import type { Deps } from '../deps.ts';
import { hashOfValue } from '../json.ts';
import type { Fault } from '../store/notifications.ts';
import type { Tx } from '../store/store.ts';
import { resolveAlert } from './change-alert.ts';
import { type Bell, type Facts, ringAll } from './facts.ts';
import { collectFaults, type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { notificationNames } from './preferences.ts';
import { raiseAlert } from './raise-alert.ts';
import type { Ask, ReadNotification } from './read-notification.ts';
import { sendText } from './send-text.ts';
import { tellAssignment } from './tell-assignment.ts';
import { tellReminder } from './tell-reminder.ts';

type Job = { name: string; data: unknown };

/**
 * Does what the CMMS asks for, once for each of its keys: the effects and the note that it is done are one
 * transaction. Throws Refused with every fault of a job that is wrong; the note of that leaves its key free.
 */
export const doNotification = async (
  deps: Deps,
  tenantId: string,
  job: Job,
  { idempotencyKey, ask }: ReadNotification,
  wrong: Faults,
  readFacts: (tx: Tx) => Promise<Facts>,
): Promise<{ id: string; isNew: boolean }> => {
  const contentHash = wrong.all.length === 0 ? hashOf(job) : Buffer.alloc(0);
  const about = { idempotencyKey: idempotencyKey!, contentHash, name: knownName(job.name) };
  const lock = async (tx: Tx) =>
    idempotencyKey === undefined ? null : tx.notifications.lock(idempotencyKey);
  try {
    const { bells, ...done } = await deps.store.tenant(tenantId, async (tx) => {
      const faults = collectFaults(wrong.all);
      const before = await lock(tx);
      if (before?.state === 'done') {
        if (before.contentHash.equals(contentHash)) return { id: before.id, isNew: false, bells: [] };
        throw new Refused('invalid', [...faults.all, usedKey]);
      }
      if (!ask) throw new Refused('invalid', faults.all);
      const { messageIds, bells } = await carryOut(tx, ask, await readFacts(tx), faults);
      refuseIfFaulty(faults);
      const id = before?.id ?? deps.newId();
      await tx.notifications.save({ ...about, id, state: 'done', faults: [], messageIds });
      return { id, isNew: true, bells };
    });
    ringAll(deps, tenantId, bells);
    return done;
  } catch (error) {
    if (error instanceof Refused && idempotencyKey !== undefined) {
      await deps.store.tenant(tenantId, async (tx) => {
        const before = await lock(tx);
        if (before?.state === 'done') return;
        const id = before?.id ?? deps.newId();
        await tx.notifications.save({ ...about, id, state: 'invalid', faults: error.faults, messageIds: [] });
      });
    }
    throw error;
  }
};

/** A job's name as it may be kept and logged: what nothing is known by may be anything. */
export const knownName = (name: string): string =>
  (notificationNames as readonly string[]).includes(name) ? name : 'unknown';

const usedKey: Fault = { pointer: '/idempotencyKey', detail: 'was used before with other content' };

const carryOut = async (
  tx: Tx,
  ask: Ask,
  facts: Facts,
  faults: Faults,
): Promise<{ messageIds: string[]; bells: Bell[] }> => {
  switch (ask.name) {
    case 'work-order.assigned':
    case 'maintenance.scheduled':
      return tellAssignment(tx, ask, facts, faults);
    case 'work-order.reminder':
      return tellReminder(tx, ask, facts, faults);
    case 'message.send':
      return sendText(tx, ask, facts, faults);
    case 'alert.raised':
      // What it lacks altogether is among the faults.
      if (!ask.alert) throw new Refused('invalid', faults.all);
      return raiseAlert(tx, { ...ask.alert, expiresAt: ask.expiresAt }, facts, faults.under('/alert'));
    case 'alert.resolved':
      return resolveNamed(tx, ask, facts, faults);
  }
};

const resolveNamed = async (
  tx: Tx,
  { externalId, note = null }: Extract<Ask, { name: 'alert.resolved' }>,
  facts: Facts,
  faults: Faults,
) => {
  const found = externalId === undefined ? null : await tx.alerts.find(externalId);
  if (externalId !== undefined && !found) faults.add('/externalId', 'names no alert we know');
  refuseIfFaulty(faults);
  const alert = (await tx.alerts.lock([found!.id])).get(found!.id)!;
  return resolveAlert(tx, alert, { note }, facts);
};

/** Of what is asked for, in whatever order its fields came; not of where it came in. */
const hashOf = ({ name, data }: Job): Buffer => {
  const { tenant: _tenant, idempotencyKey: _key, ...content } = data as Record<string, unknown>;
  return hashOfValue({ name, content });
};
