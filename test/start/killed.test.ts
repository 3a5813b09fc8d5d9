import { serve } from '@hono/node-server';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { createSimulatorApp } from '../../src/simulator/app.tsx';
import { createSimulator } from '../../src/simulator/engine.ts';
import { eventually, expectEachDoneOnce, isAlive, newDataDir, readLog, startProduct } from './product.ts';

const key = 'key-of-the-cmms-0123456789';
const people = [1, 2].map((number) => ({
  externalId: `T${number}`,
  phone: `+1202555010${number}`,
  address: `whatsapp:+1202555010${number}`,
  order: `WO-${number}`,
  notes: Array.from({ length: 20 }, (_, index) => `WO-${number} reading ${index}`),
}));

/** A Twilio that outlives the product, and what the product must know of it. */
const startTwilio = async (productUrl: string) => {
  const port = await findFreePort();
  const simulator = createSimulator({
    accountSid: `AC${'e'.repeat(32)}`,
    authToken: 'a-token-for-one-test',
    from: 'whatsapp:+14155238886',
    incomingUrl: `${productUrl}/api/whatsappwebhook/incoming`,
    phones: people.map(({ address, externalId }) => ({ address, name: externalId })),
    callbackDelaysMs: { sent: 0, delivered: 0, read: 0 },
    readReceipts: 'manual',
  });
  let onSend = (_count: number) => {};
  let sends = 0;
  const app = createSimulatorApp(simulator);
  const server = serve({
    // Tells of a send once Twilio has taken it, before the product gets the answer.
    fetch: async (request, env) => {
      const answer = await app.fetch(request, env);
      if (request.method === 'POST') onSend(++sends);
      return answer;
    },
    hostname: '127.0.0.1',
    port,
  });
  onTestFinished(async () => {
    await simulator.close();
    server.close();
  });
  return {
    simulator,
    onSend: (listener: (count: number) => void) => {
      onSend = listener;
    },
    env: {
      TWILIO_ACCOUNT_SID: simulator.accountSid,
      TWILIO_AUTH_TOKEN: 'a-token-for-one-test',
      TWILIO_API_BASE_URL: `http://127.0.0.1:${port}`,
      WHATSAPP_FROM_NUMBER: simulator.from,
      // Slow enough that much is still to be done when the process dies.
      WHATSAPP_MESSAGES_PER_SECOND: '4',
      PUBLIC_BASE_URL: productUrl,
      CMMS_API_KEY: key,
    },
  };
};

test('kill -9 in the middle of a stream: what was acknowledged is done once and answered once', async () => {
  const port = await findFreePort();
  const twilio = await startTwilio(`http://127.0.0.1:${port}`);
  const { simulator } = twilio;
  const installation = { dataDir: newDataDir(), port, env: twilio.env, quick: true };
  let product = await startProduct(installation);
  await product.ready();
  expect(await product.statusOf('/simulator')).toBe(404);
  for (const { externalId, phone, order } of people) {
    await product.call(key, 'PUT', `/technicians/${externalId}`, { name: externalId, phone });
    const fields = { title: `Job of ${externalId}`, assignee: externalId, status: 'in_progress' };
    expect((await product.call(key, 'PUT', `/work-orders/${order}`, fields)).status).toBe(201);
  }

  let restarted = Promise.resolve();
  const dying = new Promise<void>((resolve) => {
    twilio.onSend((count) => {
      if (count !== 8) return;
      product.kill('SIGKILL');
      restarted = startAgain();
      resolve();
    });
  });
  const startAgain = async () => {
    const postgres = product.postgresPid()!;
    await product.exited;
    await eventually(async () => expect(isAlive(postgres)).toBe(false));
    product = await startProduct(installation);
  };

  // As Twilio does with a retry policy: what was not acknowledged comes again under its own sid.
  const repeat = (sid: string) =>
    eventually(async () => expect((await simulator.sendAgain(sid)).httpStatus).toBe(200));
  let refused = 0;
  const streams = people.map(async ({ address, order, notes }) => {
    const sids: string[] = [];
    for (const [index, note] of notes.entries()) {
      if (index === 10) await dying;
      const { sid, httpStatus } = await simulator.says(address, `NOTE ${order} ${note}`);
      if (httpStatus !== 200) {
        refused++;
        await repeat(sid);
      }
      sids.push(sid);
    }
    // Its acknowledgement may have been lost on the way.
    await repeat(sids[9]!);
  });
  await Promise.all([...streams, dying.then(() => restarted)]);
  expect(refused).toBeGreaterThan(0);
  await product.ready();
  await eventually(async () => {
    for (const { address, notes } of people) expect(answersTo(address)).toHaveLength(notes.length);
  }, 60_000);
  await expectEachDoneOnce(
    product,
    key,
    people.flatMap(({ notes }) => notes),
  );
  const { events } = await readLog(product, key);
  for (const { address, order, notes } of people) {
    const noted = events.filter(({ type, workOrder }) => type === 'work_order.noted' && workOrder === order);
    expect(noted.map(({ data }) => data.text)).toEqual(notes);
    expect(answersTo(address).map((text) => /“(.*)”/.exec(text)?.[1])).toEqual(notes);
  }
  product.kill('SIGTERM');
  expect(await product.exited).toEqual({ code: 0, signal: null });

  function answersTo(address: string) {
    return simulator
      .chat(address)
      .filter(({ by, text }) => by === 'product' && text.includes('Note saved'))
      .map(({ text }) => text);
  }
});
