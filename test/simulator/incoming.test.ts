import { expect, test } from 'vitest';
import { accountSid, ana, ben, sender, setStage } from './stage.ts';

test("what a person says arrives as a signed form with Twilio's fields", async () => {
  const { simulator, product } = await setStage();

  const { sid, httpStatus } = await simulator.says(ana, 'pump 3 is *leaking* & loud ⚠️');

  expect(httpStatus).toBe(200);
  expect(sid).toMatch(/^SM[0-9a-f]{32}$/);
  expect(product.received).toMatchObject([{ url: '/incoming', isSigned: true }]);
  expect(product.received[0]!.form).toMatchObject({
    MessageSid: sid,
    SmsSid: sid,
    SmsMessageSid: sid,
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    From: ana,
    To: sender,
    Body: 'pump 3 is *leaking* & loud ⚠️',
    NumMedia: '0',
    NumSegments: '1',
    SmsStatus: 'received',
    MessageType: 'text',
    ProfileName: 'Ana Souza',
    WaId: '12025550101',
    ExternalUserId: 'whatsapp:US.4102030405060708',
  });
  expect(simulator.chat(ana)).toMatchObject([{ sid, by: 'phone', tick: 'delivered', httpStatus: 200 }]);
});

test("settings after a # in the webhook's address are neither sent nor signed", async () => {
  const fragment = '#rc=2&rp=ct,rt,5xx';
  const { simulator, product } = await setStage();
  const { simulator: other } = await setStage({ incomingUrl: `${product.url}/incoming?a=b${fragment}` });
  await simulator.says(ana, 'one');
  await other.says(ana, 'two');
  expect(product.received).toMatchObject([
    { url: '/incoming', isSigned: true },
    { url: '/incoming?a=b', isSigned: true },
  ]);
});

test('a tapped button, a photo and a place look as Twilio tells them', async () => {
  const { simulator, product } = await setStage();
  await simulator.says(ana, 'Start work', { ButtonText: 'Start work', ButtonPayload: 'start:WO-7' });
  const photo = await simulator.says(ana, '', {
    MediaUrl0: 'https://example.com/1',
    MediaContentType0: 'image/jpeg',
  });
  await simulator.says(ana, '', { Latitude: '25.01', Longitude: '-77.39' });

  const [button, image, place] = product.received.map(({ form }) => form);
  expect(button).toMatchObject({
    MessageType: 'interactive',
    Body: 'Start work',
    ButtonPayload: 'start:WO-7',
  });
  expect(JSON.parse(button!.ChannelMetadata!).data.context).toMatchObject({ ButtonPayload: 'start:WO-7' });
  expect(image).toMatchObject({ MessageType: 'image', NumMedia: '1', Body: '' });
  expect(photo.sid).toMatch(/^MM/);
  expect(place).toMatchObject({ MessageType: 'location', Latitude: '25.01' });
  expect(product.received.every(({ isSigned }) => isSigned)).toBe(true);
});

test('a person who hides the number is known by user id only', async () => {
  const { simulator, product } = await setStage();
  const hidden = 'whatsapp:US.13491208655302741918';
  simulator.addPhone({ address: hidden, name: 'ana.s' });
  await simulator.says(hidden, 'hello');
  expect(product.received[0]!.form).toMatchObject({ From: hidden, ExternalUserId: hidden });
  expect(product.received[0]!.form).not.toHaveProperty('WaId');
});

test('a phone that gets another user id keeps its conversation', async () => {
  const { simulator, product } = await setStage();
  await simulator.says(ana, 'before');
  simulator.addPhone({ address: ana, name: 'Ana S.', userId: 'whatsapp:US.99' });
  await simulator.says(ana, 'after');
  expect(simulator.chat(ana).map(({ text }) => text)).toEqual(['before', 'after']);
  expect(product.received[1]!.form).toMatchObject({
    ProfileName: 'Ana S.',
    ExternalUserId: 'whatsapp:US.99',
  });
});

test('a message that was not taken is marked, and can be sent again under the same sid', async () => {
  const { simulator, product } = await setStage();
  product.status = 503;
  const { sid, httpStatus } = await simulator.says(ana, 'START');
  expect(httpStatus).toBe(503);
  expect(simulator.chat(ana)).toMatchObject([{ tick: 'failed', httpStatus: 503 }]);

  product.status = 200;
  expect(await simulator.sendAgain(sid)).toEqual({ sid, httpStatus: 200 });

  expect(product.received[1]).toEqual(product.received[0]);
  expect(simulator.chat(ana)).toMatchObject([{ sid, tick: 'delivered', httpStatus: 200 }]);
});

test('nobody listening is status 0, not an exception', async () => {
  const { simulator, product } = await setStage();
  await product.stop();
  expect(await simulator.says(ana, 'START')).toMatchObject({ httpStatus: 0 });
  expect(simulator.chat(ana)).toMatchObject([{ tick: 'failed', httpStatus: 0 }]);
});

test('closing gives up on an answer that does not come', async () => {
  const { simulator, product } = await setStage();
  product.status = 'silent';
  const said = simulator.says(ana, 'START');
  await simulator.close();
  expect(await said).toMatchObject({ httpStatus: 0 });
});

test('a webhook can be held back, reordered and repeated', async () => {
  const { simulator, product } = await setStage();
  const first = simulator.webhook(ana, 'ACK');
  const second = simulator.webhook(ana, 'START');
  expect(product.received).toEqual([]);

  await simulator.post(second);
  await simulator.post(first);
  await simulator.post(first);

  expect(product.received.map(({ form }) => form.Body)).toEqual(['START', 'ACK', 'ACK']);
  expect(product.received.map(({ form }) => form.MessageSid)).toEqual([second.sid, first.sid, first.sid]);
  expect(product.received.every(({ isSigned }) => isSigned)).toBe(true);
  expect(simulator.chat(ana).map(({ text }) => text)).toEqual(['ACK', 'START']);
});

test('a duplicated webhook is two requests with one sid, for that phone only', async () => {
  const { simulator, product } = await setStage();
  simulator.fault('duplicate-webhook', { to: ana });
  await simulator.says(ben, 'ACK');
  await simulator.says(ana, 'ACK');
  await simulator.says(ana, 'START');

  expect(product.received.map(({ form }) => [form.From, form.Body])).toEqual([
    [ben, 'ACK'],
    [ana, 'ACK'],
    [ana, 'ACK'],
    [ana, 'START'],
  ]);
  expect(product.received[2]).toEqual(product.received[1]);
});

test('a message that Twilio never told is in its list all the same', async () => {
  const { simulator, product, connect } = await setStage();
  const { sid: silent } = simulator.receivesButNeverTells(ana, 'ACK');
  simulator.fault('lost-webhook');
  const { sid: lost } = await simulator.says(ana, 'START');

  expect(product.received).toEqual([]);
  expect((await connect().messages.list({ to: sender })).map(({ sid }) => sid)).toEqual([lost, silent]);
  expect(simulator.chat(ana).map(({ tick }) => tick)).toEqual(['sent', 'sent']);
});

test('an address that is none gets no phone, and only phones can speak', async () => {
  const { simulator } = await setStage();
  expect(() => simulator.addPhone({ address: '12025550199', name: 'X' })).toThrow('is no address');
  await expect(simulator.says('whatsapp:+12025550199', 'hi')).rejects.toThrow('addPhone');
});

test('changes are told as they happen, until one stops listening', async () => {
  const { simulator } = await setStage();
  const seen: string[] = [];
  const stop = simulator.onChange((change) =>
    seen.push(change.kind === 'message' ? `${change.message.text} ${change.message.tick}` : change.kind),
  );
  await simulator.says(ana, 'ACK');
  simulator.fault('lost-callback');
  stop();
  await simulator.says(ana, 'START');
  expect(seen).toEqual(['ACK sent', 'ACK delivered', 'state']);
});
