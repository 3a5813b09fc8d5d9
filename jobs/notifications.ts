import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { type Bell, readFacts, ringAll } from '../src/cmms/facts.ts';
import { collectFaults, type Faults, Refused } from '../src/cmms/faults.ts';
import { key, readFields, requireField } from '../src/cmms/fields.ts';
import { commonShape, isSent, jobAssetShape, jobOrderShape } from '../src/cmms/notification-schemas.ts';
import { notificationNames } from '../src/cmms/preferences.ts';
import { type AssignmentJob, tellAssignment } from '../src/cmms/tell-assignment.ts';
import { sha256 } from '../src/crypto.ts';
import type { Deps } from '../src/deps.ts';
import type { Fault } from '../src/store/notifications.ts';

type Job = { name: string; data: unknown; id?: string };

/**
 * Does what the CMMS asks for, once for each of its keys: the effects and the note that it is done are one
 * transaction. A job that is wrong fails for good and leaves its key free; whatever else goes wrong is thrown
 * as it is, and the job may run again.
 */
export const notifications =
  (deps: Deps) =>
  async (job: Job): Promise<void> => {
    const wrong = collectFaults();
    const { tenant, idempotencyKey, assignment } = readJob(job, wrong);
    const tenantId = await findTenant(deps, tenant, wrong);
    // Without tenant or key there is nothing to remember it by.
    if (!tenantId || idempotencyKey === undefined) throw refusal(deps, job, wrong.all, tenantId);

    const content = wrong.all.length === 0 ? hashOf(job) : Buffer.alloc(0);
    const name = knownName(job.name);
    let bells: Bell[];
    try {
      bells = await deps.store.tenant(tenantId, async (tx) => {
        const faults = collectFaults(wrong.all);
        const before = await tx.notifications.lock(idempotencyKey);
        if (before?.state === 'done') {
          if (before.contentHash.equals(content)) return [];
          throw new Refused('conflict', [...faults.all, usedKey]);
        }
        if (!assignment) throw new Refused('invalid', faults.all);
        const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
        const { messageIds, bells } = await tellAssignment(tx, assignment, facts, faults);
        await tx.notifications.save({
          idempotencyKey,
          contentHash: content,
          name,
          state: 'done',
          faults: [],
          messageIds,
        });
        return bells;
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await deps.store.tenant(tenantId, async (tx) => {
        const before = await tx.notifications.lock(idempotencyKey);
        if (before?.state === 'done') return;
        await tx.notifications.save({
          idempotencyKey,
          contentHash: content,
          name,
          state: 'invalid',
          faults: error.faults,
          messageIds: [],
        });
      });
      throw refusal(deps, job, error.faults, tenantId);
    }
    ringAll(deps, tenantId, bells);
    deps.log.info({ event: 'notification.done', tenantId, job: job.id, name });
  };

const usedKey: Fault = { pointer: '/idempotencyKey', detail: 'was used before with other content' };

type ReadJob = { tenant?: string; idempotencyKey?: string; assignment: AssignmentJob | null };

/** What of a job can be used. Everything that is wrong with it goes to `faults`. */
const readJob = ({ name, data }: Job, faults: Faults): ReadJob => {
  if (!isSent(name)) {
    const isPromised = (notificationNames as readonly string[]).includes(name);
    faults.add(
      '',
      isPromised ? 'has a name this version does not send yet' : 'has a name nothing is known by',
    );
    return { ...readFields(commonShape, only(commonShape, data), collectFaults()), assignment: null };
  }
  const shape = { ...commonShape, workOrder: z.unknown(), assignee: key };
  const { workOrder, assignee, expiresAt, tenant, idempotencyKey } = readFields(shape, data, faults);
  const assignment: AssignmentJob = { name, workOrder: {}, asset: undefined, assignee, expiresAt };
  if (!faults.has('')) {
    for (const field of ['schemaVersion', 'tenant', 'idempotencyKey', 'workOrder', 'assignee']) {
      requireField({ ...only(shape, data) }, field, faults);
    }
  }
  if (workOrder !== undefined) {
    const ofOrder = faults.under('/workOrder');
    const { asset, ...order } = readFields({ ...jobOrderShape, asset: z.unknown() }, workOrder, ofOrder);
    assignment.workOrder = order;
    if (!ofOrder.has('')) for (const field of ['number', 'title']) requireField(order, field, ofOrder);
    assignment.asset =
      asset === undefined || asset === null ? asset : readAsset(asset, ofOrder.under('/asset'));
  }
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    assignment,
  };
};

const readAsset = (given: unknown, faults: Faults): AssignmentJob['asset'] => {
  const asset = readFields(jobAssetShape, given, faults);
  if (!faults.has('')) requireField(asset, 'code', faults);
  return asset;
};

const only = (shape: object, data: unknown): Record<string, unknown> =>
  typeof data === 'object' && data !== null
    ? Object.fromEntries(Object.entries(data).filter(([name]) => Object.hasOwn(shape, name)))
    : {};

const findTenant = async (
  { store }: Deps,
  slug: string | undefined,
  faults: Faults,
): Promise<string | null> => {
  if (slug === undefined) return null;
  const [id] = await store.gate.tenantIds(slug);
  if (!id) faults.add('/tenant', 'is no tenant we know');
  return id ?? null;
};

// A name may be anything, and goes into the log.
const knownName = (name: string): string =>
  (notificationNames as readonly string[]).includes(name) ? name : 'unknown';

/** Of what is asked for, in whatever order its fields came; not of where it came in. */
const hashOf = ({ name, data }: Job): Buffer => {
  const { tenant: _tenant, idempotencyKey: _key, ...content } = data as Record<string, unknown>;
  return sha256(JSON.stringify(sorted({ name, content })));
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
};

/** Fails the job at once and for good: it would be as wrong the next time. */
const refusal = ({ log }: Deps, job: Job, faults: Fault[], tenantId: string | null) => {
  log.warn({
    event: 'notification.invalid',
    ...(tenantId ? { tenantId } : {}),
    job: job.id,
    name: knownName(job.name),
    faults: faults.length,
  });
  const told = faults.slice(0, 20).map(({ pointer, detail }) => `${pointer || '(the job)'} ${detail}`);
  const rest = faults.length > told.length ? `; and ${faults.length - told.length} more` : '';
  return new UnrecoverableError(`invalid: ${told.join('; ')}${rest}`);
};
