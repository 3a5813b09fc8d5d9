import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../src/embedded/free-port.ts';
import { cmmsKey, queueBackends, startOn } from './start/on-backend.ts';
import { eventually } from './start/product.ts';
import { startProcess } from './support/process.ts';

type Running = Awaited<ReturnType<typeof startOn>>;

const environment = ({ product }: Running) => ({ RBM_URL: product.url, RBM_KEY: cmmsKey });

/** Runs an example to its end, as its own first lines say. */
const runExample = async (script: string, args: string[], env: Record<string, string>) => {
  const example = await startProcess({ script: `examples/${script}`, args, env });
  const { code } = await example.exited;
  return { code, lines: example.lines };
};

const runShell = (script: string, args: string[], env: Record<string, string>) => {
  const { status, stdout, stderr } = spawnSync('bash', [`examples/curl/${script}`, ...args], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { code: status, lines: stdout.trimEnd().split('\n'), stderr };
};

describe.each(queueBackends)('with its queue on %s', (backend) => {
  let running: Running;
  beforeAll(async () => {
    running = await startOn(backend);
    return running.stop;
  });

  test('the TypeScript producer assigns an order, once', async () => {
    const { redis, database } = running.queueAt;
    const env = {
      ...(redis ? { REDIS_URL: redis } : {}),
      ...(database ? { QUEUE_DATABASE_URL: database } : {}),
    };
    const add = (assignment = '4711') =>
      runExample('typescript-producer/assign.ts', [assignment, 'WO-801', 'E-2037', 'Check belt'], env);
    const { code, lines } = await add();
    expect(lines).toEqual(['assignment-4711']);
    expect(code).toBe(0);
    expect((await add()).code).toBe(0);

    const { call } = running.product;
    await eventually(async () => {
      const { body } = await call(cmmsKey, 'GET', `/notifications/${lines[0]}`);
      expect(body).toMatchObject({ state: 'done', messages: [expect.any(String)] });
    });
    expect((await call(cmmsKey, 'GET', '/work-orders/WO-801')).body).toMatchObject({
      title: 'Check belt',
      assignee: 'E-2037',
      status: 'assigned',
    });
    const told = async () => (await call(cmmsKey, 'GET', '/messages?workOrder=WO-801')).body.items;
    expect(await told()).toHaveLength(1);

    // Taken away and given back: another assignment of the same order to the same person.
    await call(cmmsKey, 'PUT', '/work-orders/WO-801', { assignee: null });
    expect((await add('4712')).code).toBe(0);
    await eventually(async () => {
      const assignments = (await told()).filter(
        ({ kind }: { kind: string }) => kind === 'work-order.assigned',
      );
      expect(assignments).toHaveLength(2);
    });
  });

  test('the TypeScript producer says that the queue is away, and ends', async () => {
    const closed = `127.0.0.1:${await findFreePort()}`;
    const env =
      backend === 'redis'
        ? { REDIS_URL: `redis://${closed}` }
        : { QUEUE_DATABASE_URL: `postgres://rbm@${closed}/rbm` };
    const { code, lines } = await runExample(
      'typescript-producer/assign.ts',
      ['4713', 'WO-805', 'E-2037', 'X'],
      env,
    );
    expect(lines).toEqual([expect.stringMatching(/^The queue did not take the job: .*ECONNREFUSED/)]);
    expect(code).toBe(1);
  });

  if (backend === 'postgres') return;

  test('the shell scripts assign an order and read what happened', async () => {
    const assigned = runShell('assign.sh', ['WO-802', 'E-2037', 'Check belt'], environment(running));
    expect(assigned).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(assigned.lines.join(''))).toMatchObject({ number: 'WO-802', status: 'assigned' });

    const place = await eventually(async () => {
      const { code, lines } = runShell('read-events.sh', [], environment(running));
      expect(code).toBe(0);
      const next = lines.pop()!;
      const events = lines.flatMap((page) => JSON.parse(page).items);
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'work_order.assigned', workOrder: 'WO-802' }),
      );
      return next;
    });
    expect(runShell('read-events.sh', [place], environment(running)).lines).toEqual([place]);
  });

  test('the shell scripts take whatever a number may hold', async () => {
    for (const number of ['WO/802 ä?#', 'WO-802%2F&+']) {
      const assigned = runShell('assign.sh', [number, 'E-2037', 'Check belt'], environment(running));
      expect(assigned).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(assigned.lines.join(''))).toMatchObject({ number });
    }
  });

  test('the shell script that sends a reading raises an alert past the limit', async () => {
    const { call } = running.product;
    await call(cmmsKey, 'PUT', '/assets/PUMP-7', { name: 'Pump 7' });
    const metrics = [{ metric: 'temperature', high: 80, severity: 'low' }];
    await call(cmmsKey, 'PUT', '/assets/PUMP-7/thresholds', { metrics });
    const sent = runShell('send-reading.sh', ['PUMP-7', 'temperature', '93.4'], environment(running));
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(sent.lines.join(''))).toEqual({
      ...{ accepted: 1, rejected: [], alerts: [expect.stringMatching(/^PUMP-7:temperature:/)] },
    });
  });

  test('the shell scripts show the key to nobody on the machine', () => {
    // A curl that tells its command line, as `ps` does.
    const folder = mkdtempSync(join(tmpdir(), 'rbm-curl-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'curl'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const told = runShell('assign.sh', ['WO-806', 'E-2037', 'Check belt'], {
      ...environment(running),
      PATH: `${folder}:${process.env.PATH}`,
    });
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.lines).toContain(`${running.product.url}/api/v1/work-orders/WO-806`);
    expect(told.lines.join('\n')).not.toContain(cmmsKey);
  });

  test('a shell script says what was wrong and fails', () => {
    const { code, lines } = runShell('assign.sh', ['WO-803', 'NOBODY', 'Check belt'], environment(running));
    expect(code).not.toBe(0);
    expect(JSON.parse(lines.join('')).errors).toMatchObject([{ pointer: '/assignee' }]);
  });

  test('the shell script sends a notification, once', async () => {
    const send = () =>
      runShell('send-notification.sh', ['gate-4', 'E-2037', 'Gate 4 is closed today.'], environment(running));
    expect(send()).toMatchObject({ code: 0, stderr: '' });
    expect(send()).toMatchObject({ code: 0, stderr: '' });
    await eventually(async () => {
      const { body } = await running.product.call(
        cmmsKey,
        'GET',
        '/messages?technician=E-2037&direction=out',
      );
      const texts = (body.items as { text: string }[]).filter(({ text }) =>
        text.includes('Gate 4 is closed'),
      );
      expect(texts).toHaveLength(1);
    });
  });

  test('the typed client is generated, compiles and assigns an order', { timeout: 120_000 }, async () => {
    const document = await (await fetch(`${running.product.url}/api/v1/openapi.json`)).text();
    writeFileSync('examples/typed-client/openapi.json', document);
    for (const command of [
      ['npm', 'run', '--silent', 'typed-client'],
      ['node_modules/.bin/tsc', '-p', 'examples/typed-client'],
    ]) {
      const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    }
    const assign = (assignee: string) =>
      runExample('typed-client/assign.ts', ['WO-804', assignee, 'Check belt'], environment(running));
    expect(await assign('E-2037')).toEqual({
      code: 0,
      lines: ['WO-804 is assigned, version 1', expect.stringMatching(/Z work_order\.assigned by cmms$/)],
    });
    expect(await assign('NOBODY')).toEqual({ code: 1, lines: [expect.stringMatching(/^\/assignee /)] });
  });
});

describe('the webhook receiver', () => {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes....').toString('base64')}`;
  const event = { id: 'e-1', type: 'work_order.started', workOrder: 'WO-7', data: {} };
  let url: string;
  let lines: string[];
  let stop: () => void;

  beforeAll(async () => {
    const port = await findFreePort();
    const receiver = await startProcess({
      script: 'examples/webhook-receiver/receive.ts',
      env: { WEBHOOK_SECRET: secret, PORT: String(port) },
    });
    await receiver.waitForLine(/^listening/);
    url = `http://127.0.0.1:${port}/`;
    lines = receiver.lines;
    stop = () => receiver.kill();
  });
  afterAll(() => stop());

  const send = async (change: { id?: string; at?: Date; body?: string; signedWith?: string } = {}) => {
    const { id = 'msg-1', at = new Date(), body = JSON.stringify(event), signedWith = secret } = change;
    const { status } = await fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(signedWith).sign(id, at, JSON.stringify(event)),
      },
      body,
    });
    return status;
  };
  const done = () => lines.filter((line) => line.startsWith('work_order.started WO-7'));

  test('does an event once, however often it comes', async () => {
    expect(await send()).toBe(204);
    expect(await send()).toBe(204);
    await eventually(async () => expect(done()).toHaveLength(1));
    expect(await send({ id: 'msg-2' })).toBe(204);
    await eventually(async () => expect(done()).toHaveLength(2));
  });

  test('refuses what is not signed, altered, or old', async () => {
    onTestFinished(() => expect(done().length).toBeLessThanOrEqual(2));
    const other = `whsec_${Buffer.from('another secret of 32 bytes......').toString('base64')}`;
    expect(await send({ id: 'msg-3', signedWith: other })).toBe(401);
    expect(await send({ id: 'msg-4', body: JSON.stringify({ ...event, workOrder: 'WO-8' }) })).toBe(401);
    expect(await send({ id: 'msg-5', at: new Date(Date.now() - 3_600_000) })).toBe(401);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('refuses a body that is far too large', async () => {
    expect(await send({ id: 'msg-6', body: 'x'.repeat(300 * 1024) })).toBe(413);
  });
});
