import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { createLog } from '../src/log.ts';
import type { Queues } from '../src/queue-backend.ts';
import { startRecovery } from '../src/recovery.ts';

test("with the queue away nothing waits for other people's servers", async () => {
  const webhook = { queue: 'webhooks', tenantId: randomUUID(), id: randomUUID() };
  const message = { queue: 'outbound', tenantId: randomUUID(), id: randomUUID() };
  const gate = {
    workerSeen: async () => {},
    workerGone: async () => {},
    withLock: async (_: string, work: () => Promise<void>) => work(),
    dueWork: async () => [webhook, message],
  };
  const outbound = vi.fn(async () => {});
  const webhooks = vi.fn(() => new Promise<void>(() => {}));
  const recovery = startRecovery(
    {
      store: { gate },
      log: createLog('silent'),
      newId: randomUUID,
      mustWaitForSpill: async () => false,
    } as never,
    { isUp: async () => false } as unknown as Queues,
    { outbound, webhooks } as never,
    { everyMs: 10, waitedMs: 0 },
  );
  await vi.waitFor(() => expect(outbound.mock.calls.length).toBeGreaterThan(2));
  expect(webhooks).toHaveBeenCalledWith({ tenantId: webhook.tenantId, id: webhook.id });
  await recovery.stop();
});
