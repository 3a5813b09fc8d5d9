import { describe, expect, test } from 'vitest';
import { ana, ben, sender, setStage } from './stage.ts';

const stranger = 'whatsapp:+12025550199';

test('a message is sent, delivered and read, each told by a signed callback to its own address', async () => {
  const { simulator, product, send } = await setStage();

  const { sid } = await send({ body: 'WO-1 is yours' });
  await simulator.settled();

  expect(product.statuses()).toEqual(['sent', 'delivered', 'read']);
  expect(product.received.every(({ isSigned, url }) => isSigned && url === '/status?a=1')).toBe(true);
  const [sent, delivered] = product.received.map(({ form }) => form);
  expect(sent).toMatchObject({
    MessageSid: sid,
    SmsStatus: 'sent',
    From: sender,
    To: ana,
    StructuredMessage: 'false',
  });
  expect(sent).not.toHaveProperty('EventType');
  expect(delivered).toMatchObject({
    EventType: 'DELIVERED',
    SmsSid: sid,
    ChannelPrefix: 'whatsapp',
    ChannelToAddress: '+1202555XXXX',
    ExternalUserId: 'whatsapp:US.4102030405060708',
  });
  expect(simulator.chat(ana)).toMatchObject([{ sid, by: 'product', text: 'WO-1 is yours', tick: 'read' }]);
});

test('a number without WhatsApp is accepted and fails later', async () => {
  const { simulator, product, connect, send } = await setStage();

  const created = await send({ to: stranger });
  expect(created.status).toBe('queued');
  await simulator.settled();

  expect(product.statuses()).toEqual(['sent', 'undelivered']);
  expect(product.received.at(-1)!.form).toMatchObject({ ErrorCode: '63003', EventType: 'UNDELIVERED' });
  expect(await connect().messages(created.sid).fetch()).toMatchObject({
    status: 'undelivered',
    errorCode: 63003,
  });
});

test('a phone is reached by its user id as well', async () => {
  const { simulator, send } = await setStage();
  await send({ to: 'whatsapp:US.4102030405060708', body: 'hello' });
  expect(await simulator.waitForText(ana, 'hello')).toMatchObject({ by: 'product' });
});

test('callbacks can come in the wrong order', async () => {
  const { simulator, product, send } = await setStage();
  simulator.callbackOrder = 'reversed';
  await send({});
  await simulator.settled();
  expect(product.statuses()).toEqual(['read', 'delivered', 'sent']);
});

test('shuffled callbacks all come, in the order that chance gives', async () => {
  const ranks = [2, 3, 1];
  const { simulator, product, send } = await setStage({
    randomBytes: (count) => {
      const bytes = Buffer.alloc(count, 7);
      if (count === 4) bytes.writeUInt32BE(ranks.shift()!);
      return bytes;
    },
  });
  simulator.callbackOrder = 'shuffled';
  await send({});
  await simulator.settled();
  expect(product.statuses()).toEqual(['read', 'sent', 'delivered']);
});

test('with manual receipts a message is read when the person opens the phone', async () => {
  const { simulator, product, send } = await setStage({ readReceipts: 'manual' });
  await send({ to: ana });
  await send({ to: ben });
  await simulator.settled();
  expect(simulator.chat(ana)[0]!.tick).toBe('delivered');

  simulator.reads(ana);
  simulator.reads(ana);
  await simulator.settled();

  expect(simulator.chat(ana)[0]!.tick).toBe('read');
  expect(simulator.chat(ben)[0]!.tick).toBe('delivered');
  expect(product.statuses().filter((status) => status === 'read')).toHaveLength(1);
});

describe('faults', () => {
  test('429: the message is not taken, and only as often as asked for', async () => {
    const { simulator, send, refusalOf } = await setStage();
    simulator.fault('too-many-requests', { times: 2 });

    expect(await refusalOf(send({}))).toMatchObject({ status: 429, code: 20429 });
    expect(await refusalOf(send({}))).toMatchObject({ status: 429, code: 20429 });
    await send({ body: 'third' });

    expect(simulator.chat(ana).map(({ text }) => text)).toEqual(['third']);
    expect(simulator.faults()).toEqual([]);
  });

  test('500 after accepting: the message arrives all the same', async () => {
    const { simulator, send, refusalOf } = await setStage();
    simulator.fault('error-after-accepting');
    expect(await refusalOf(send({ body: 'taken' }))).toMatchObject({ status: 500, code: 20500 });
    await simulator.waitForText(ana, 'taken');
  });

  test('time-out after accepting: the answer never comes, the message does', async () => {
    const { simulator, connect, refusalOf } = await setStage();
    simulator.fault('timeout-after-accepting');
    const send = connect({ timeout: 1500 }).messages.create({ to: ana, from: sender, body: 'taken' });
    expect(await refusalOf(send)).toMatchObject({ code: 'ECONNABORTED' });
    await simulator.waitForText(ana, 'taken');
    expect(simulator.requests()).toMatchObject([{ status: 0 }]);
  });

  test('connection reset after accepting: the client sees it break, the message arrives', async () => {
    const { simulator, send, refusalOf } = await setStage();
    simulator.fault('connection-reset-after-accepting');
    expect(await refusalOf(send({ body: 'taken' }))).toMatchObject({ code: 'ECONNRESET' });
    await simulator.waitForText(ana, 'taken');
  });

  test('a refusal at once has its code, and nothing is sent', async () => {
    const { simulator, send, refusalOf } = await setStage();
    simulator.fault('refuse', { code: 21211, by: 'post' });
    expect(await refusalOf(send({}))).toMatchObject({ status: 400, code: 21211 });
    expect(simulator.chat(ana)).toEqual([]);
  });

  test('a refusal by callback comes after the message was accepted', async () => {
    const { simulator, product, send } = await setStage();
    simulator.fault('refuse', { code: 63016, by: 'callback' });
    simulator.fault('refuse', { code: 63018, as: 'failed' });

    await send({ body: 'first' });
    await simulator.settled();
    await send({ body: 'second' });
    await simulator.settled();

    expect(product.received.map(({ form }) => [form.MessageStatus, form.ErrorCode])).toEqual([
      ['sent', undefined],
      ['undelivered', '63016'],
      ['failed', '63018'],
    ]);
    expect(simulator.sentTo(ana)).toEqual([]);
    expect(simulator.chat(ana).map(({ tick }) => tick)).toEqual(['failed', 'failed']);
  });

  test('a lost callback is the one asked for; the message itself arrives', async () => {
    const { simulator, product, send } = await setStage();
    simulator.fault('lost-callback', { status: 'delivered' });
    await send({});
    await simulator.settled();
    expect(product.statuses()).toEqual(['sent', 'read']);
    expect(simulator.chat(ana)[0]!.tick).toBe('read');
  });

  test('a callback can come twice', async () => {
    const { simulator, product, send } = await setStage();
    simulator.fault('duplicate-callback');
    await send({});
    await simulator.settled();
    expect(product.statuses()).toEqual(['sent', 'sent', 'delivered', 'read']);
  });

  test('for one phone leave the others alone, until they are cleared', async () => {
    const { simulator, send, refusalOf } = await setStage();
    simulator.fault('too-many-requests', { to: ben, times: 3 });
    await send({ to: ana });
    await refusalOf(send({ to: ben }));
    simulator.clearFaults();
    await send({ to: ben, body: 'now' });
    await simulator.waitForText(ben, 'now');
  });
});

describe('waiting for a text', () => {
  test('finds what has arrived before and what is still to come', async () => {
    const { simulator, send } = await setStage();
    await send({ body: 'early bird' });
    await simulator.settled();
    expect((await simulator.waitForText(ana, /early/)).text).toBe('early bird');

    const coming = simulator.waitForText(ana, 'late');
    await send({ body: 'later' });
    expect((await coming).text).toBe('later');
  });

  test('takes each message once', async () => {
    const { simulator, send } = await setStage();
    const first = await send({ body: 'completed' });
    const second = await send({ body: 'completed' });
    const heard = [
      await simulator.waitForText(ana, 'completed'),
      await simulator.waitForText(ana, 'completed'),
    ];
    expect(heard.map(({ sid }) => sid)).toEqual([first.sid, second.sid]);
  });

  test('gives up in time and says what came instead', async () => {
    const { simulator, send } = await setStage();
    await send({ body: 'already completed' });
    await simulator.settled();
    await expect(simulator.waitForText(ana, 'acknowledged', { timeoutMs: 20 })).rejects.toThrow(
      'Ana Souza did not get acknowledged within 20 ms. Unheard so far:\n  "already completed"',
    );
  });
});

test('after closing, what was under way is not told any more', async () => {
  const { simulator, product, send } = await setStage({
    callbackDelaysMs: { sent: 60_000, delivered: 0, read: 0 },
  });
  await send({});
  await simulator.close();
  expect(product.received).toEqual([]);
});
