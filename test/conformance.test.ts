import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkRules } from '../conformance/check-rules.ts';
import { openQueue } from '../conformance/queue-client.ts';
import { findFreePort } from '../src/embedded/free-port.ts';
import { cmmsKey as key, operatorKey, queueBackends, startOn } from './start/on-backend.ts';
import { startProcess } from './support/process.ts';

describe.each(queueBackends)('with its queue on %s', (backend) => {
  let running: Awaited<ReturnType<typeof startOn>>;
  beforeAll(async () => {
    running = await startOn(backend);
    return running.stop;
  });

  test('every rule of the contract holds', { timeout: 240_000 }, async () => {
    const queue = await openQueue(running.queueAt);
    onTestFinished(queue.close);
    const results = await checkRules({
      url: running.product.url,
      key,
      tenant: 'default',
      operatorKey,
      addJob: queue.addJob,
      receiveAt: `http://127.0.0.1:${await findFreePort()}/events`,
      patienceMs: 15_000,
    });
    const failed = results.filter(({ outcome }) => outcome === 'fail');
    expect(failed).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(40);

    const made = async (list: string, name: 'externalId' | 'number') => {
      const { body } = await running.product.call(key, 'GET', `${list}?limit=200`);
      return (body.items as Record<string, unknown>[]).filter((item) =>
        String(item[name]).startsWith('CONF-'),
      );
    };
    const people = await made('/technicians', 'externalId');
    expect(people.length).toBeGreaterThan(20);
    expect(people.filter(({ active, phone }) => active || phone !== null)).toEqual([]);
    const orders = await made('/work-orders', 'number');
    expect(orders.length).toBeGreaterThan(20);
    expect(orders.filter(({ status }) => status !== 'cancelled' && status !== 'completed')).toEqual([]);
  });

  test('the command tells of each rule, and ends with 1 when one does not hold', async () => {
    const run = async (...args: string[]) => {
      const kit = await startProcess({
        script: 'conformance/run.ts',
        args: ['--url', running.product.url, ...args],
      });
      onTestFinished(() => kit.kill('SIGKILL'));
      const { code } = await kit.exited;
      return { code, text: kit.lines.join('\n') };
    };
    const right = await run('--key', key, '--only', 'assets');
    expect(right.text).toMatch(/^pass {2}assets: an asset has exactly the fields/m);
    expect(right.text).toMatch(/^3 passed, 0 failed, 0 skipped$/m);
    expect(right.code).toBe(0);

    const wrong = await run('--key', 'not-a-key-of-anybody', '--only', 'assets');
    expect(wrong.text).toMatch(/^fail {2}assets: .*\n +expected .*201\n +came +401/m);
    expect(wrong.code).toBe(1);

    expect((await run()).code).toBe(2);
  });
});
