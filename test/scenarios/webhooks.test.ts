import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { presentEvent } from '../../src/cmms/event.ts';
import { ringAll } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveWebhookEndpoint } from '../../src/cmms/save-webhook-endpoint.ts';
import { emptyQueue } from '../support/queue.ts';
import { answers, startReceiver, takes } from '../support/receiver.ts';
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
});
