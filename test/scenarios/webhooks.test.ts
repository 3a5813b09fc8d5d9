import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { presentEvent } from '../../src/cmms/event.ts';
import { ringAll } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveWebhookEndpoint } from '../../src/cmms/save-webhook-endpoint.ts';
import { emptyQueue } from '../support/queue.ts';
import { answers, startReceiver, takes } from '../support/receiver.ts';
import { createTenant } from '../support/tenant.ts';
import { backends, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  test('what technicians do reaches each receiver once and in order, while another is down and the queue forgets', async () => {
    const stage = await setStage({ backend, workers: 2 });
    const { deps, tenantId, store } = stage;
    const receivers = [await startReceiver(), await startReceiver()] as const;
    const [up, ailing] = receivers;
    try {
      const save = (key: string, fields: { url?: string; active?: boolean }) =>
        store.tenant(tenantId, (tx) =>
          saveWebhookEndpoint(tx, key, fields, { ...deps, now: new Date() }, collectFaults()),
        );
      const { secret } = await save('up', { url: up.url });
      await save('ailing', { url: ailing.url });
      ailing.will(answers(500));

      const people = await Promise.all([stage.technician(), stage.technician()]);
      for (const [index, tech] of people.entries()) {
        await stage.order(`WO-${index}`, { assignee: tech.externalId });
        await tech.hears(`WO-${index}`);
      }
      for (const command of ['ACK', 'START', 'NOTE one', 'NOTE two']) {
        for (const tech of people) await tech.says(command);
      }
      await stage.quiet();
      await emptyQueue(stage);
      for (const tech of people) {
        await tech.says('COMPLETE');
        await tech.hears('Completed');
      }
      await stage.quiet();
      // Two orders: assigned, acknowledged, started, two notes, completed.
      const feed = await stage.until(async () => {
        const events = await store.tenant(tenantId, (tx) => tx.events.feed({ after: 0, limit: 200 }));
        return events.length === 12 && events;
      });
      await up.hasGot(feed.length);
      expect(up.got.map(({ body }) => JSON.parse(body))).toEqual(feed.map(presentEvent));
      for (const { body, headers } of up.got) {
        new Webhook(secret!).verify(body, headers as Record<string, string>);
      }

      expect(new Set(ailing.ids())).toEqual(new Set([feed[0]!.id]));
      const tried = ailing.got.length;
      ailing.will(takes);
      await save('ailing', { active: false });
      ringAll(deps, tenantId, (await save('ailing', { active: true })).bells);
      await ailing.hasGot(tried + feed.length);
      expect(ailing.ids().slice(tried)).toEqual(feed.map(({ id }) => id));
      expect(up.got).toHaveLength(feed.length);
    } finally {
      await stage.strike();
      for (const receiver of receivers) await receiver.close();
    }
  }, 60_000);

  test('receivers that are slow, of this tenant and of another, hold up no other receiver', async () => {
    const stage = await setStage({ backend });
    const { deps, tenantId, store } = stage;
    const other = await createTenant(store, { channel: false });
    const [slow, healthy] = [await startReceiver(), await startReceiver()];
    try {
      const save = (of: string, key: string, url: string) =>
        store.tenant(of, (tx) =>
          saveWebhookEndpoint(tx, key, { url }, { ...deps, now: new Date() }, collectFaults()),
        );
      const happens = async (of: string) => {
        await store.tenant(of, (tx) =>
          tx.events.add({
            ...{ id: randomUUID(), type: 'work_order.noted', at: new Date(), data: {} },
            ...{ actor: { kind: 'system', id: null }, workOrderId: null, messageId: null },
          }),
        );
        deps.ring('cmms-events', of, of);
      };
      const held: ServerResponse[] = [];
      slow.will((response) => void held.push(response));
      for (let n = 0; n < 40; n++) await save(other.tenantId, `slow-${n}`, `${slow.url}/other/${n}`);
      for (let n = 0; n < 12; n++) await save(tenantId, `slow-${n}`, `${slow.url}/own/${n}`);
      await save(tenantId, 'healthy', healthy.url);
      await happens(other.tenantId);
      await slow.hasGot(32);
      for (let count = 1; count <= 3; count++) {
        await happens(tenantId);
        await healthy.hasGot(count);
      }
      // Every slow one still holds its first webhook.
      await slow.hasGot(44);
      expect(held.filter(({ writableEnded, destroyed }) => writableEnded || destroyed)).toEqual([]);
      slow.will(takes);
      for (const response of held) response.writeHead(204).end();
      await slow.hasGot(40 + 12 * 3);
      // Each of them got everything once, the other tenant's its own.
      const got = slow.got.map(({ path, id }) => `${path} ${id}`);
      expect(new Set(got).size).toBe(got.length);
      expect(slow.got.filter(({ path }) => path.includes('/other/'))).toHaveLength(40);
    } finally {
      await stage.strike();
      await slow.close();
      await healthy.close();
    }
  }, 60_000);
});
