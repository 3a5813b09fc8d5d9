import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let store: Store;
let close = async () => {};
beforeAll(async () => {
  const database = await createTestDatabase();
  store = createStore({ url: database.appUrl });
  close = async () => {
    await store.close();
    await database.drop();
  };
});
afterAll(() => close());

/** A tenant with events to publish, endpoints that are behind, an unread message, and one to send in that lane. */
const addBusyTenant = async (lane: 'critical' | 'digest') => {
  const { tenantId, channelId } = await createTenant(store);
  const [stored] = await store.gate.storeInbound([
    {
      ...{ kind: 'message', tenantId, channelId: channelId!, id: randomUUID(), key: sha256(randomUUID()) },
      ...{ raw: Buffer.from('Body=hello'), source: 'webhook', status: 'received', receivedAt: null },
      ...{ way: 'whatsapp', address: 'whatsapp:+12025550199', userId: null, providerId: randomUUID() },
      attemptId: null,
    },
  ]);
  await store.tenant(tenantId, async (tx) => {
    const happens = () =>
      tx.events.add({
        ...{ id: randomUUID(), type: 'work_order.noted', at: new Date(0), data: {} },
        ...{ actor: { kind: 'system', id: null }, workOrderId: null, messageId: null },
      });
    await happens();
    await tx.events.publish(10);
    await happens();
    for (let n = 0; n < 4; n++) {
      await tx.webhookEndpoints.insert(
        {
          ...{ id: randomUUID(), key: `e-${n}`, url: 'https://cmms.example.com', types: null },
          ...{ active: true, secrets: [] },
        },
        0,
      );
    }
    await tx.outbox.add({
      ...{
        id: randomUUID(),
        channelId: channelId!,
        conversationId: stored!.conversationId!,
        way: 'whatsapp',
      },
      ...{ technicianId: null, kind: 'reply', lane, text: 'hello', inReplyTo: null, workOrderIds: [] },
      ...{ about: null, dueAt: new Date(0), heldBack: null, expiresAt: new Date('2099-01-01') },
    });
  });
  return { tenantId, channelId };
};

test('no more comes than was asked for, critical first and then one of each kind in turn', async () => {
  for (let n = 0; n < 3; n++) await addBusyTenant('digest');
  const { channelId } = await addBusyTenant('critical');

  const nine = await store.gate.dueWork(0, 9);
  expect(nine.map(({ queue }) => queue)).toEqual([
    'outbound',
    ...['inbound', 'cmms-events', 'webhooks'],
    ...['inbound', 'outbound', 'cmms-events', 'webhooks'],
    'inbound',
  ]);
  expect(nine[0]!.id).toBe(channelId);
  // Each once: four tenants' three, and sixteen endpoints.
  const all = await store.gate.dueWork(0, 100);
  expect(all).toHaveLength(4 * 3 + 16);
  expect(new Set(all.map(({ queue, id }) => `${queue} ${id}`)).size).toBe(all.length);
});
