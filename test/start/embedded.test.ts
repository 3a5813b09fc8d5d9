import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { version } from '../../src/version.ts';
import {
  amina,
  build,
  eventually,
  expectEachDoneOnce,
  isAlive,
  james,
  maria,
  newDataDir,
  type Product,
  readLog,
  startProduct,
} from './product.ts';

const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe.sequential('one installation through its life', () => {
  const dataDir = newDataDir();
  let product: Product;
  let key = '';
  let acknowledged: string[] = [];

  test('the first start, with no locale and umask 077, says where everything is and shows a key once', async () => {
    product = await startProduct({ dataDir, setUp: 'umask 077' });
    await product.ready();

    for (const path of ['/simulator', '/api/v1', '/docs', '/api/whatsappwebhook/health']) {
      expect(product.text()).toContain(`http://localhost:${product.port}${path}`);
    }
    key = /API key \(shown once\): (\S+)$/m.exec(product.text())![1]!;
    expect(product.text().split(key)).toHaveLength(2);
  });

  test('the root leads to the phones, the documentation loads, and without a key the API is closed', async () => {
    const root = await fetch(product.url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/simulator']);
    for (const path of [
      '/simulator',
      '/docs',
      '/docs/swagger-ui-bundle.js',
      '/api/v1/openapi.json',
      '/readyz',
    ]) {
      expect([path, await product.statusOf(path)]).toEqual([path, 200]);
    }
    expect(await product.statusOf('/api/v1/technicians')).toBe(401);
    expect((await product.call(`${key}x`, 'GET', '/technicians')).status).toBe(401);
  });

  test('a command on a phone changes the work order, is answered there, and can be read by the CMMS', async () => {
    const { body: before } = await product.call(key, 'GET', '/work-orders/WO-8301');
    expect(await product.says(maria, 'ack 8301')).toBe(true);
    await product.hears(maria, /Acknowledged[\s\S]*WO-8301[\s\S]*Feed water pump 7/);

    const { body: after } = await product.call(key, 'GET', '/work-orders/WO-8301');
    expect(after).toEqual({
      ...before,
      status: 'acknowledged',
      version: before.version + 1,
      acknowledgedAt: moment,
    });
    const expected = expect.objectContaining({
      type: 'work_order.acknowledged',
      workOrder: 'WO-8301',
      actor: { kind: 'technician', id: 'E-2037' },
    });
    const { body: history } = await product.call(key, 'GET', '/work-orders/WO-8301/events');
    expect(history.items.at(-1)).toEqual(expected);
    await eventually(async () => expect((await readLog(product, key)).events.at(-1)).toEqual(expected));
  });

  test('a work order put with the printed key reaches the phone of its assignee', async () => {
    const { status, body } = await product.call(key, 'PUT', '/work-orders/WO-9001', {
      title: 'Bearing runs hot',
      asset: 'CNV-112',
      assignee: 'E-2068',
      priority: 'high',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ number: 'WO-9001', status: 'assigned', assignee: 'E-2068' });
    await product.hears(
      amina,
      /New Work Order Assigned[\s\S]*WO-9001[\s\S]*Bearing runs hot[\s\S]*Conveyor 2/,
    );
  });

  test('its templates are submitted and approved by itself, so that a closed window can be tried', async () => {
    await eventually(async () => {
      const { body } = await product.call(key, 'GET', '/templates/message.send/es');
      expect(body).toMatchObject({ variables: ['text', 'button:STATUS'], approval: { status: 'approved' } });
      const metrics = await (await fetch(`${product.url}/metrics`)).text();
      expect(metrics).toContain('rbm_templates{state="approved"} 12');
    });
  });

  test('its health has exactly the agreed shape and tells nothing of a tenant', async () => {
    const response = await fetch(`${product.url}/api/whatsappwebhook/health`);
    const text = await response.text();

    expect(response.status).toBe(200);
    expect(JSON.parse(text)).toStrictEqual({
      status: 'ok',
      version,
      time: moment,
      checks: {
        database: { status: 'ok', latencyMs: expect.any(Number) },
        queue: { status: 'ok', backend: 'postgres' },
        provider: { status: 'ok', name: 'simulator' },
        workers: { status: 'ok', count: 1 },
        oldestUnprocessed: { status: 'ok', seconds: 0 },
        lastWebhook: { status: 'ok', at: moment },
      },
    });
    // A moment may hold any digits.
    const told = text.replaceAll(/"[\d-]+T[\d:.]+Z"/g, '');
    expect(told).not.toMatch(/WO-|E-20|555|Maria|default|AC[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-/i);
  });

  test('Ctrl-C, coming twice with work in flight, ends it and its PostgreSQL in good order', async () => {
    const postgres = product.postgresPid()!;
    expect(isAlive(postgres)).toBe(true);
    const orders = { [maria]: 'WO-8303', [james]: 'WO-8302', [amina]: 'WO-8307' };
    const sending = Object.entries(orders).flatMap(([phone, number]) =>
      Array.from({ length: 10 }, async (_, index) => {
        const note = `${number} measured ${index}`;
        return (await product.says(phone, `NOTE ${number} ${note}`)) ? note : null;
      }),
    );
    await Promise.race(sending);

    const pressedAt = Date.now();
    product.killGroup('SIGINT');
    await sleep(50);
    product.killGroup('SIGINT');
    expect(await product.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - pressedAt).toBeLessThan(20_000);
    expect(product.lines.at(-1)).toBe('stopped');
    expect(isAlive(postgres)).toBe(false);

    acknowledged = (await Promise.all(sending)).filter((note) => note !== null);
    expect(acknowledged.length).toBeGreaterThan(0);
  });

  test('the next start shows no key, takes the first one, and has finished all that was acknowledged', async () => {
    product = await startProduct({ dataDir });
    await product.ready();
    expect(product.text()).not.toMatch(/rbm_/);
    expect((await product.call(key, 'GET', '/technicians')).body.items).toHaveLength(5);
    expect((await product.call(key, 'GET', '/work-orders/WO-8301')).body.status).toBe('acknowledged');
    expect((await product.call(key, 'GET', '/work-orders/WO-9001')).body.title).toBe('Bearing runs hot');

    await expectEachDoneOnce(product, key, acknowledged);
    product.kill('SIGTERM');
    expect(await product.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGTERM to npm start stops what npm started, and PostgreSQL too', async () => {
    product = await startProduct({ dataDir, npm: true });
    await product.ready();
    expect(await product.says(maria, 'MY WORK')).toBe(true);
    await product.hears(maria, /WO-8303/);
    const postgres = product.postgresPid()!;

    product.kill('SIGTERM');
    // Its output ends with the last process that holds it.
    await product.exited;
    expect(product.text()).toMatch(/^stopped$/m);
    await expect(product.statusOf('/livez')).rejects.toThrow();
    expect(isAlive(postgres)).toBe(false);
  });
});

test('of two starts on one folder one runs, and the other says what to do and leaves it alone', async () => {
  const dataDir = newDataDir();
  const both = await Promise.all([1, 2].map(() => startProduct({ dataDir })));
  const first = await Promise.any(both.map((each) => each.ready().then(() => each)));
  const second = both.find((each) => each !== first)!;

  expect(await second.exited).toEqual({ code: 1, signal: null });
  expect(second.lines.at(-1)).toMatch(/^Another process runs the demonstration in .*DATA_DIR/);
  expect(second.lines.at(-1)).toContain(dataDir);
  expect(await first.says(maria, 'MY WORK')).toBe(true);
  await first.hears(maria, /Your work orders/);
  first.killGroup('SIGINT');
  expect(await first.exited).toEqual({ code: 0, signal: null });
});

test('without simulated phones two starts on one folder work side by side', async () => {
  const dataDir = newDataDir();
  const key = 'key-of-the-cmms-0123456789';
  const env = { WHATSAPP_PROVIDER: 'twilio', CMMS_API_KEY: key };
  const both = await Promise.all([1, 2].map(() => startProduct({ dataDir, env })));
  await Promise.all(both.map((each) => each.ready()));

  const [one, other] = both as [Product, Product];
  expect((await one.call(key, 'PUT', '/technicians/T1', { name: 'Ada Berg' })).status).toBe(201);
  expect((await other.call(key, 'GET', '/technicians/T1')).body.name).toBe('Ada Berg');
  // The server ends with the process that started it.
  const [guest, owner] = /^Using the PostgreSQL server/m.test(one.text()) ? [one, other] : [other, one];
  for (const each of [guest, owner]) {
    each.killGroup('SIGINT');
    expect(await each.exited).toEqual({ code: 0, signal: null });
  }
});

test.runIf(process.getuid?.() === 0)('an ordinary user can run it as well', async () => {
  const nobody = { uid: 65534, gid: 65534 };
  const dataDir = newDataDir();
  chownSync(dataDir, nobody.uid, nobody.gid);
  const product = await startProduct({
    dataDir,
    project: projectFor(nobody),
    ...nobody,
    env: { HOME: '/nonexistent' },
  });
  await product.ready();
  expect(statSync(join(dataDir, 'postgres/cluster')).uid).toBe(nobody.uid);
  expect(await product.says(james, 'MY WORK')).toBe(true);
  await product.hears(james, /WO-8302/);
  product.killGroup('SIGINT');
  expect(await product.exited).toEqual({ code: 0, signal: null });
});

/** This checkout, or a copy of what runs where that user may not read it, as under /root. */
const projectFor = (user: { uid: number; gid: number }): string => {
  build();
  const parts = ['package.json', 'dist', 'node_modules'];
  const canRead = ['package.json', 'dist/src/main.js', 'node_modules/hono/package.json'].every(
    (file) => spawnSync('head', ['-c', '1', resolve(file)], { ...user, cwd: '/' }).status === 0,
  );
  if (canRead) return resolve('.');
  const copy = newDataDir();
  chmodSync(copy, 0o755);
  execFileSync('cp', ['-r', ...parts, copy]);
  execFileSync('chmod', ['-R', 'go+rX', copy]);
  return copy;
};
