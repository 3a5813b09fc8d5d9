import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { reminders } from '../../jobs/schedules/reminders.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields, WorkOrderFields } from '../../src/cmms/fields.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import type { Deps } from '../../src/deps.ts';
import { createLog } from '../../src/log.ts';
import { createStore } from '../../src/store/store.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

export type ScanStage = Awaited<ReturnType<typeof setScanStage>>;

/** Tenants, one at a time, a clock to turn and the scan for reminders, on Postgres alone: nothing is sent. */
export const setScanStage = async () => {
  const database = await createTestDatabase();
  const store = createStore({ url: database.appUrl, maxConnections: 8 });
  const superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  const clock = { now: new Date(0) };
  const rung: string[] = [];
  const deps = {
    store,
    ring: (queue: string) => {
      rung.push(queue);
    },
    log: createLog('silent'),
    now: () => clock.now,
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: true,
    monotonicMs: () => performance.now(),
  } satisfies Deps & { monotonicMs: () => number };
  let tenantId = '';
  let people = 0;
  /** Another tenant, with nothing in it yet. */
  const begin = async () => {
    ({ tenantId } = await createTenant(store));
    people = 0;
    clock.now = new Date('2026-12-01T00:00:00Z');
    rung.length = 0;
  };
  const saving = <T>(work: Parameters<typeof store.tenant<T>>[1]) => store.tenant(tenantId, work);
  const factsOf = (tx: Parameters<Parameters<typeof store.tenant>[1]>[0]) =>
    readFacts(tx, deps, { kind: 'cmms', id: null });

  const technician = async (fields: TechnicianFields = {}) => {
    const number = ++people;
    const externalId = `tech-${number}`;
    const phone = `+1202555${String(1000 + number)}`;
    return saving(async (tx) => {
      const given = { name: `Technician ${number}`, phone, ...fields };
      await saveTechnician(tx, externalId, given, await factsOf(tx), collectFaults());
      return { id: (await tx.technicians.find(externalId))!.id, externalId };
    });
  };
  const order = (number: string, fields: WorkOrderFields) =>
    saving(async (tx) => {
      const given = { title: `Repair of ${number}`, ...fields };
      return (await saveWorkOrder(tx, number, given, await factsOf(tx), collectFaults())).order;
    });

  const scan = async (at?: string) => {
    if (at) clock.now = new Date(at);
    while ((await reminders(deps)(tenantId)) === 'more');
  };

  /** What scans have written, oldest first; assignments and what else the set-up brings left out. */
  const written = async () => {
    const all = await saving((tx) => tx.messages.list({ before: null, limit: 1000 }));
    return all.filter(({ kind }) => kind !== null && scanned.includes(kind)).reverse();
  };
  /** The same as `person kind: orders`. */
  const told = async () =>
    (await written()).map(({ technician: who, kind, workOrders }) =>
      `${who} ${kind}: ${workOrders.join(' ')}`.trim(),
    );
  /** As if everything that waits had been sent and got that far. */
  const arrived = (status: 'delivered' | 'read') =>
    superuser.query(
      `UPDATE message SET status = $2, due_at = NULL
       WHERE tenant_id = $1 AND due_at IS NOT NULL AND direction = 'out'`,
      [tenantId, status],
    );
  const strike = async () => {
    await superuser.end();
    await store.close();
    await database.drop();
  };
  return {
    ...{ database, store, superuser, clock, deps, rung, begin, tenantId: () => tenantId },
    ...{ technician, order, scan, written, told, arrived, saving, strike },
  };
};

const scanned = [
  'work-order.reminder',
  'work-order.digest',
  'maintenance.reminder',
  'maintenance.unconfirmed',
  'technician.not-reading',
];
