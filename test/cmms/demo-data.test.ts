import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { addDemoData } from '../../src/demo-data.ts';
import type { Deps } from '../../src/deps.ts';
import { orderStatuses } from '../../src/domain/work-order.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { eventsOfOrder } from '../support/events.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
const deps = { now: () => new Date('2026-11-22T12:00:00.000Z'), newId: randomUUID, enabled: true } as Deps;

beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 4 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

test('an empty tenant gets people, assets and orders in every state, and no messages', async () => {
  const { tenantId } = await createTenant(store);
  await store.tenant(tenantId, async (tx) => {
    const people = await addDemoData(tx, deps);
    expect(people.filter(({ role }) => role === 'technician').map(({ phone }) => phone)).toEqual([
      '+15005550101',
      '+15005550102',
      '+15005550103',
    ]);
    const orders = await tx.workOrders.list({ after: null, limit: 200 });
    expect(orders).toHaveLength(12);
    expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(orderStatuses));
    for (const order of orders) {
      const events = await eventsOfOrder(tx, order.id);
      expect(order.version).toBe(1 + events.length);
      expect(order.assigneeId === null).toBe(order.status === 'open');
    }
    expect(await tx.messages.list({ before: null, limit: 1 })).toEqual([]);
    expect(await addDemoData(tx, deps)).toEqual([]);
  });

  // The orders are as if the CMMS had made them: one can be given to somebody else.
  await store.tenant(tenantId, async (tx) => {
    const [order] = await tx.workOrders.list({ after: null, limit: 1, status: 'assigned' });
    const others = (await tx.technicians.list({ after: null, limit: 9 })).filter(
      ({ externalId, role }) => role === 'technician' && externalId !== order!.assignee,
    );
    const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
    const fields = { assignee: others[0]!.externalId };
    const { told } = await saveWorkOrder(tx, order!.number, fields, facts, collectFaults());
    expect(told).toMatchObject({ added: true });
    expect(await tx.messages.list({ before: null, limit: 9 })).toHaveLength(1);
  });
});

test('who has people already keeps what he has', async () => {
  const { tenantId } = await createTenant(store);
  await store.tenant(tenantId, async (tx) => {
    await tx.technicians.insert({
      id: randomUUID(),
      externalId: 'X',
      name: 'X',
      phone: null,
      email: null,
      role: 'technician',
      locale: null,
      timeZone: null,
      supervisorId: null,
      active: true,
      preferences: {},
      lastSeenAt: null,
    });
    expect(await addDemoData(tx, deps)).toEqual([]);
    expect(await tx.assets.list({ after: null, limit: 1 })).toEqual([]);
  });
});
