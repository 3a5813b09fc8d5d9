import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkRules } from '../conformance/check-rules.ts';
import { openQueue } from '../conformance/queue-client.ts';
import { findFreePort } from '../src/embedded/free-port.ts';
import { cmmsKey as key, operatorKey, queueBackends, startOn } from './start/on-backend.ts';

describe.each(queueBackends)('with its queue on %s', (backend) => {
  let running: Awaited<ReturnType<typeof startOn>>;
  beforeAll(async () => {
    running = await startOn(backend);
    return running.stop;
  });

  test('every rule of the contract holds', { timeout: 240_000 }, async () => {
    const queue = await openQueue(running.queueAt);
    onTestFinished(queue.close);
    const port = await findFreePort();
    const results = await checkRules({
      url: running.product.url,
      key,
      tenant: 'default',
      operatorKey,
      addJob: queue.addJob,
      receiveAt: `http://127.0.0.1:${port}/events`,
      listen: { host: '127.0.0.1', port },
      patienceMs: 40_000,
    });
    const failed = results.filter(({ outcome }) => outcome === 'fail');
    expect(failed).toEqual([]);
    expect(results.flatMap(({ left }) => left)).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(40);

    const made = async (list: string, name: 'externalId' | 'number') => {
      const { body } = await running.product.call(key, 'GET', `${list}?limit=200`);
      return (body.items as Record<string, unknown>[]).filter((item) =>
        String(item[name]).startsWith('CONF-'),
      );
    };
    // A check is no news for the people who work there: of what is about an order the kit's own planner is told.
    const { body: sent } = await running.product.call(key, 'GET', '/messages?direction=out&limit=200');
    type Sent = { kind: string; technician: string | null; workOrders: string[]; text: string };
    const disturbing = (sent.items as Sent[]).filter(
      ({ technician, workOrders }) => !technician?.startsWith('CONF-') && workOrders.length > 0,
    );
    expect(disturbing.map(({ kind, technician, text }) => ({ kind, technician, text }))).toEqual([]);

    const people = await made('/technicians', 'externalId');
    expect(people.length).toBeGreaterThan(20);
    expect(people.filter(({ active, phone }) => active || phone !== null)).toEqual([]);
    const orders = await made('/work-orders', 'number');
    expect(orders.length).toBeGreaterThan(20);
    expect(orders.filter(({ status }) => status !== 'cancelled' && status !== 'completed')).toEqual([]);
  });
});
