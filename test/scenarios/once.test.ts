import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { createInbox } from '../../src/ingress/inbox.ts';
import { twilioWebhooks } from '../../src/ingress/twilio.ts';
import { backends, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  test('the same webhook twelve times at once over two ingresses has one effect and one answer', async () => {
    const stage = await setStage({ backend, workers: 2 });
    // A second ingress with memory of its own, behind the same public address.
    const channels = createChannelDirectory(stage.deps);
    await channels.refresh();
    const inbox = createInbox(stage.deps, null);
    const app = new Hono();
    app.route(
      '/api/whatsappwebhook',
      twilioWebhooks(stage.deps, { channels, inbox, publicBaseUrl: stage.publicBaseUrl }),
    );
    const port = await findFreePort();
    const second = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
    try {
      const tech = await stage.technician();
      await stage.order('WO-1', { assignee: tech.externalId });
      await tech.hears('New Work Order');

      const webhook = stage.simulator.webhook(tech.address, 'note seal replaced');
      const urls = [webhook.url, webhook.url.replace(stage.publicBaseUrl, `http://127.0.0.1:${port}`)];
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          fetch(urls[index % 2]!, { method: 'POST', headers: webhook.headers, body: webhook.body }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
      await tech.hears('Note saved');
      await stage.quiet();

      expect((await stage.eventsOf('WO-1')).filter(({ type }) => type === 'work_order.noted')).toHaveLength(
        1,
      );
      expect(tech.heard()).toHaveLength(2);
    } finally {
      await new Promise((closed) => second.close(closed));
      inbox.close();
      await stage.strike();
    }
  });
});
