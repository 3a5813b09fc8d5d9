import { describe, expect, test } from 'vitest';
import { accountSid, ana, ben, sender, setStage } from './stage.ts';

const anasUserId = 'whatsapp:US.4102030405060708';

test('a hidden number: the user id stands for it, and is where answers go', async () => {
  const { simulator, product, connect, send } = await setStage();
  simulator.turn(ana, { hidesNumber: true });
  await simulator.says(ana, 'MY WORK');
  const { form } = product.received[0]!;
  expect(form).toMatchObject({ From: anasUserId, ExternalUserId: anasUserId, ProfileName: 'Ana Souza' });
  expect(product.received[0]!.body).not.toContain('12025550101');
  expect((await connect().messages.list({ from: anasUserId })).map(({ body }) => body)).toEqual(['MY WORK']);

  await send({ to: anasUserId, body: 'one order' });
  await simulator.waitForText(ana, 'one order');
  await simulator.settled();
  expect(product.received.at(-1)!.form).toMatchObject({ To: anasUserId, MessageStatus: 'read' });

  simulator.turn(ana, { hidesNumber: false });
  await simulator.says(ana, 'ACK');
  expect(product.received.at(-1)!.form).toMatchObject({ From: ana, ExternalUserId: anasUserId });
});

test.each([
  ['notOnWhatsApp', 63024],
  ['blocksSender', 63014],
  ['windowClosed', 63016],
] as const)('%s: a send is taken and fails, and only to that phone', async (name, code) => {
  const { simulator, product, send } = await setStage();
  simulator.turn(ana, { [name]: true });
  await send({ to: ana });
  await simulator.settled();
  expect(product.received.map(({ form }) => [form.MessageStatus, form.ErrorCode])).toEqual([
    ['failed', String(code)],
  ]);

  await send({ to: ben });
  simulator.turn(ana, { [name]: false });
  await send({ to: ana });
  await simulator.settled();
  expect([simulator.chat(ana)[1]!.tick, simulator.chat(ben)[0]!.tick]).toEqual(['read', 'read']);
});

test('a closed window is opened by the next message of the person', async () => {
  const { simulator, send } = await setStage();
  simulator.turn(ana, { windowClosed: true });
  await simulator.says(ana, 'ACK');
  await send({});
  await simulator.settled();
  expect(simulator.phones()[0]!.windowClosed).toBe(false);
  expect(simulator.chat(ana)[1]!.tick).toBe('read');
});

describe('a phone whose messages are reordered', () => {
  test('is told of in the wrong order, and its callbacks come in reverse', async () => {
    const { simulator, product, send } = await setStage({ heldMs: 60_000 });
    simulator.turn(ana, { reorders: true });
    const first = simulator.says(ana, 'ACK');
    await simulator.says(ana, 'START');
    await first;
    expect(product.received.map(({ form }) => form.Body)).toEqual(['START', 'ACK']);

    await send({});
    await simulator.settled();
    expect(product.statuses()).toEqual(['read', 'delivered', 'sent']);
  });

  test('is told of all the same when nothing follows', async () => {
    const { simulator, product } = await setStage({ heldMs: 1 });
    simulator.turn(ana, { reorders: true });
    await simulator.says(ana, 'ACK');
    await simulator.says(ana, 'START');
    expect(product.received.map(({ form }) => form.Body)).toEqual(['ACK', 'START']);
  });
});

test('a phone that delays is told of later than others, and so are its callbacks', async () => {
  const { simulator, product, send } = await setStage({ heldMs: 1500 });
  simulator.turn(ana, { delays: true });
  const late = simulator.says(ana, 'ACK');
  await simulator.says(ben, 'START');
  await late;
  expect(product.received.map(({ form }) => form.Body)).toEqual(['START', 'ACK']);

  product.received.length = 0;
  await send({ to: ana });
  await send({ to: ben });
  await simulator.settled();
  const recipients = product.received.map(({ form }) => form.To);
  expect(recipients[0]).toBe(ben);
  expect(recipients).toHaveLength(6);
});

describe('a sender in a service with Advanced Opt-Out', () => {
  const service = `MG${accountSid.slice(2)}`;

  test('answers STOP itself, tells it, and sends nothing more until START', async () => {
    const { simulator, product, connect, send } = await setStage({ advancedOptOut: true });
    await simulator.says(ana, ' Stop ');
    expect(product.received[0]!.form).toMatchObject({ OptOutType: 'STOP', MessagingServiceSid: service });
    await simulator.waitForText(ana, 'unsubscribed');

    await send({ body: 'not wanted' });
    await simulator.settled();
    expect(simulator.chat(ana).at(-1)).toMatchObject({ text: 'not wanted', errorCode: 21610 });
    await simulator.says(ana, 'HELP');
    await simulator.settled();
    expect(simulator.sentTo(ana)).toHaveLength(1);

    await simulator.says(ana, 'start');
    await simulator.waitForText(ana, 're-subscribed');
    await send({ body: 'wanted' });
    await simulator.waitForText(ana, 'wanted');
    expect((await connect().messages.list({ to: ana })).map(({ direction }) => direction)).toContain(
      'outbound-reply',
    );
  });

  test('leaves alone what is more than the bare word', async () => {
    const { simulator, product } = await setStage({ advancedOptOut: true });
    await simulator.says(ana, 'START WO-7');
    await simulator.settled();
    expect(product.received[0]!.form).not.toHaveProperty('OptOutType');
    expect(simulator.sentTo(ana)).toEqual([]);
  });

  test('outside one, the words are plain messages', async () => {
    const { simulator, product, send } = await setStage();
    await simulator.says(ana, 'STOP');
    await send({ from: sender, body: 'still here' });
    await simulator.waitForText(ana, 'still here');
    expect(product.received[0]!.form).not.toHaveProperty('OptOutType');
    expect(simulator.sentTo(ana)).toHaveLength(1);
  });
});

describe('a long code for text messages', () => {
  const smsFrom = '+14155550100';
  const phone = '+12025550103';
  const smsStage = () => setStage({ smsFrom, phones: [{ address: phone, name: 'Cruz Mora' }] });

  test('takes and brings text messages in their own form', async () => {
    const { simulator, product, send } = await smsStage();
    await simulator.says(phone, 'ACK WO-7');
    const { form } = product.received[0]!;
    expect(form).toMatchObject({ From: phone, To: smsFrom, Body: 'ACK WO-7' });
    expect(
      Object.keys(form).filter((name) => /ProfileName|WaId|ChannelMetadata|ExternalUserId/.test(name)),
    ).toEqual([]);

    await send({ to: phone, from: smsFrom, body: 'Acknowledged' });
    await simulator.waitForText(phone, 'Acknowledged');
    await simulator.settled();
    const steps = product.received.flatMap((each) => each.form.MessageStatus ?? []);
    expect(steps).toEqual(['sent', 'delivered']);
    await expect(send({ to: phone, from: sender })).rejects.toMatchObject({ code: 21910 });
  });

  test.each(['STOP', 'end', 'Cancel', 'QUIT', 'REVOKE', 'OPTOUT', 'STOPALL', 'UNSUBSCRIBE'])(
    '%s is answered, told without a word about it, and refuses every send until START',
    async (word) => {
      const { simulator, product, send } = await smsStage();
      await simulator.says(phone, word);
      await simulator.waitForText(phone, 'unsubscribed');
      expect(product.received[0]!.form).toMatchObject({ Body: word });
      expect(product.received[0]!.form).not.toHaveProperty('OptOutType');
      await expect(send({ to: phone, from: smsFrom })).rejects.toMatchObject({ code: 21610 });
      await simulator.says(phone, 'HELP');
      await simulator.settled();
      expect(simulator.sentTo(phone)).toHaveLength(1);

      await simulator.says(phone, 'start');
      await simulator.waitForText(phone, 're-subscribed');
      await send({ to: phone, from: smsFrom, body: 'wanted' });
      await simulator.waitForText(phone, 'wanted');
    },
  );

  test.each(['HELP', 'info'])("%s gets Twilio's own answer", async (word) => {
    const { simulator, product } = await smsStage();
    await simulator.says(phone, word);
    await simulator.waitForText(phone, 'Reply STOP to unsubscribe');
    expect(product.received[0]!.form).not.toHaveProperty('OptOutType');
  });

  test('START WO-7 is a plain message', async () => {
    const { simulator } = await smsStage();
    await simulator.says(phone, 'START WO-7');
    await simulator.settled();
    expect(simulator.sentTo(phone)).toEqual([]);
  });

  test('there is none unless asked for', async () => {
    const { simulator, send } = await setStage({ phones: [{ address: phone, name: 'Cruz Mora' }] });
    await expect(send({ to: phone, from: smsFrom })).rejects.toMatchObject({ code: 21212 });
    await expect(simulator.says(phone, 'hello')).rejects.toThrow('takes no text messages');
  });
});
