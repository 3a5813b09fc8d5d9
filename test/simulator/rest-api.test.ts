import { describe, expect, test } from 'vitest';
import { accountSid, ana, authToken, ben, sender, setStage } from './stage.ts';

const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

test("a created message is answered with all of Twilio's fields", async () => {
  const { url } = await setStage({ now: () => new Date('2026-11-22T09:15:00.250Z') });

  const response = await fetch(`${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ To: ana, From: sender, Body: 'hello' }),
  });

  expect(response.status).toBe(201);
  expect(response.headers.get('twilio-request-id')).toMatch(/^RQ[0-9a-f]{32}$/);
  const message = (await response.json()) as { sid: string };
  expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  expect(message).toEqual({
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: 'hello',
    date_created: 'Sun, 22 Nov 2026 09:15:00 +0000',
    date_sent: null,
    date_updated: 'Sun, 22 Nov 2026 09:15:00 +0000',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: sender,
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: 'queued',
    subresource_uris: { media: `${uri}/Media.json` },
    tags: null,
    to: ana,
    uri: `${uri}.json`,
  });
});

test('a message through a service is accepted first and gets its sender afterwards', async () => {
  const { connect } = await setStage();
  const client = connect();
  const messagingServiceSid = `MG${'1'.repeat(32)}`;

  const created = await client.messages.create({ to: ana, messagingServiceSid, body: 'hello' });
  expect(created).toMatchObject({ status: 'accepted', from: null, messagingServiceSid });

  expect(await client.messages(created.sid).fetch()).toMatchObject({ from: sender });
});

test('a text is kept and delivered exactly as it was written', async () => {
  const { simulator, connect, send } = await setStage();
  const body = '  *Pump* 3 & 4: 100 % “ok”\r\n\tnext line ⚠️ 😀 +1\n ';

  const { sid } = await send({ body });

  expect((await connect().messages(sid).fetch()).body).toBe(body);
  await simulator.settled();
  expect(simulator.sentTo(ana).map(({ text }) => text)).toEqual([body]);
});

describe('a request Twilio would refuse is refused with its code', () => {
  const content = `HX${'1'.repeat(32)}`;
  const cases: [string, Record<string, string>, number][] = [
    ['no recipient', { From: sender, Body: 'x' }, 21604],
    ['no sender', { To: ana, Body: 'x' }, 21603],
    ['no text at all', { To: ana, From: sender }, 21619],
    ['an empty text', { To: ana, From: sender, Body: '' }, 21602],
    ['a text of 1601 characters', { To: ana, From: sender, Body: 'x'.repeat(1601) }, 21617],
    ['an unknown content id', { To: ana, From: sender, ContentSid: `HX${'9'.repeat(32)}` }, 21655],
    ['variables without a content id', { To: ana, From: sender, Body: 'x', ContentVariables: '{}' }, 21654],
    [
      'a variable of 1601 characters',
      { To: ana, From: sender, ContentSid: content, ContentVariables: `{"1":"${'x'.repeat(1601)}"}` },
      21658,
    ],
    ['a mistyped content id', { To: ana, From: sender, ContentSid: 'HX123' }, 21619],
    [
      'variables that are no JSON',
      { To: ana, From: sender, ContentSid: content, ContentVariables: '{' },
      21656,
    ],
    [
      'an empty variable',
      { To: ana, From: sender, ContentSid: content, ContentVariables: '{"1":""}' },
      21656,
    ],
    ['letters for a number', { To: 'whatsapp:pump', From: sender, Body: 'x' }, 21211],
    ['a number too short', { To: 'whatsapp:+12', From: sender, Body: 'x' }, 21211],
    ['a recipient on another channel', { To: '+12025550101', From: sender, Body: 'x' }, 21910],
    ['another WhatsApp sender', { To: ana, From: 'whatsapp:+12025550188', Body: 'x' }, 63007],
    ['a sender on another channel', { To: ana, From: '+14155238886', Body: 'x' }, 21212],
    [
      'a callback address that is none',
      { To: ana, From: sender, Body: 'x', StatusCallback: '/status' },
      21609,
    ],
  ];

  test.each(cases)('%s', async (_, form, code) => {
    const { url, simulator } = await setStage({ contents: { [content]: 'Order {{1}} is yours.' } });
    const response = await fetch(`${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code,
      message: expect.stringMatching(/\w{3}/),
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status: 400,
    });
    expect(simulator.chat(ana)).toEqual([]);
  });

  test('1600 characters are still taken', async () => {
    const { send } = await setStage();
    expect((await send({ body: '😀'.repeat(800) })).status).toBe('queued');
  });
});

test('a wrong token is answered 401, an unknown message or account 404', async () => {
  const { connect, refusalOf, url } = await setStage();
  const client = connect();
  const foreign = `AC${'b'.repeat(32)}`;

  expect(await refusalOf(connect({ token: 'wrong' }).messages.list({ limit: 1 }))).toMatchObject({
    status: 401,
    code: 20003,
  });
  expect(await refusalOf(client.messages(`SM${'0'.repeat(32)}`).fetch())).toMatchObject({
    status: 404,
    code: 20404,
  });
  expect(await refusalOf(client.api.v2010.accounts(foreign).messages.list({ limit: 1 }))).toMatchObject({
    status: 404,
    code: 20404,
    message: `The requested resource /2010-04-01/Accounts/${foreign}/Messages.json was not found`,
  });
  const elsewhere = await fetch(`${url}/v1/Services`, { headers: { authorization } });
  expect([elsewhere.status, await elsewhere.json()]).toMatchObject([404, { code: 20404 }]);
});

describe('the list', () => {
  test('holds both directions, newest first, by recipient and sender', async () => {
    const { simulator, connect, send } = await setStage();
    const { sid: asked } = await simulator.says(ana, 'MY WORK');
    const { sid: answered } = await send({ to: ana });
    const { sid: other } = await send({ to: ben });
    const client = connect();
    const sids = async (filter: object) => (await client.messages.list(filter)).map(({ sid }) => sid);

    expect(await sids({})).toEqual([other, answered, asked]);
    expect(await sids({ to: ana })).toEqual([answered]);
    expect(await sids({ from: ana, to: sender })).toEqual([asked]);
    expect(await client.messages(asked).fetch()).toMatchObject({ direction: 'inbound', status: 'received' });
  });

  test('is filtered by the moment of sending, to the second, both ends included', async () => {
    let now = new Date('2026-11-22T09:00:00.900Z');
    const { simulator, connect } = await setStage({ now: () => now });
    const first = simulator.receivesButNeverTells(ana, 'one').sid;
    now = new Date('2026-11-22T10:00:00Z');
    const second = simulator.receivesButNeverTells(ana, 'two').sid;
    now = new Date('2026-11-23T10:00:00Z');
    const third = simulator.receivesButNeverTells(ana, 'three').sid;
    const sids = async (filter: object) => (await connect().messages.list(filter)).map(({ sid }) => sid);

    expect(await sids({ dateSentAfter: new Date('2026-11-22T10:00:00Z') })).toEqual([third, second]);
    expect(await sids({ dateSentBefore: new Date('2026-11-22T09:00:00Z') })).toEqual([first]);
    expect(await sids({ dateSent: new Date('2026-11-22T10:00:00Z') })).toEqual([second]);
    expect(await sids({ dateSent: '2026-11-22' })).toEqual([second, first]);
  });

  test('leaves out of a date filter what is not sent yet', async () => {
    const { connect, send } = await setStage({ callbackDelaysMs: { sent: 60_000, delivered: 0, read: 0 } });
    const { sid } = await send({});
    const client = connect();

    expect((await client.messages.list({ to: ana })).map((message) => message.sid)).toEqual([sid]);
    expect(await client.messages.list({ to: ana, dateSentAfter: new Date(0) })).toEqual([]);
  });

  test('comes in pages that new messages do not shift, wherever it is mounted', async () => {
    const { simulator, connect } = await setStage({ mountedAt: '/simulator' });
    const sids = Array.from(
      { length: 7 },
      (_, i) => simulator.receivesButNeverTells(ana, `text ${i}`).sid,
    ).reverse();
    const client = connect();
    expect((await client.messages.list({ from: ana, pageSize: 3 })).map(({ sid }) => sid)).toEqual(sids);

    const first = await client.messages.page({ from: ana, pageSize: 3 });
    simulator.receivesButNeverTells(ana, 'in between');
    const second = await first.nextPage();
    const third = await second!.nextPage();
    const pages = [first, second!, third!].map((page) => page.instances.map(({ sid }) => sid));

    expect(pages).toEqual([sids.slice(0, 3), sids.slice(3, 6), sids.slice(6)]);
    expect(third!.nextPage()).toBeUndefined();
  });
});

test('every call is in the log, with the status it was answered', async () => {
  const { simulator, connect, send, refusalOf } = await setStage();
  const { sid } = await send({});
  await connect().messages(sid).fetch();
  simulator.fault('too-many-requests');
  await refusalOf(send({ to: ben }));

  expect(simulator.requests().map(({ method, to, status }) => [method, to, status])).toEqual([
    ['POST', ana, 201],
    ['GET', null, 200],
    ['POST', ben, 429],
  ]);
});

test('an account tells of itself, its sender and its messaging service in the forms of three APIs', async () => {
  const { url, connect, refusalOf } = await setStage();
  const client = connect();
  expect(await client.api.v2010.accounts(accountSid).fetch()).toMatchObject({
    status: 'active',
    type: 'Full',
  });
  expect(await refusalOf(connect({ token: 'x' }).api.v2010.accounts(accountSid).fetch())).toMatchObject({
    ...{ status: 401, code: 20003 },
  });

  const senders = await client.messaging.v2.channelsSenders.list({ channel: 'whatsapp' });
  expect(senders).toMatchObject([
    { senderId: sender, status: 'ONLINE', sid: expect.stringMatching(/^XE[0-9a-f]{32}$/) },
  ]);
  expect(senders[0]!.webhook.callbackUrl).toMatch(/\/incoming$/);
  const withoutChannel = await fetch(`${url}/v2/Channels/Senders`, { headers: { authorization } });
  expect([withoutChannel.status, await withoutChannel.json()]).toMatchObject([400, { code: 20001 }]);

  const service = client.messaging.v1.services(`MG${accountSid.slice(2)}`);
  expect(await service.fetch()).toMatchObject({ useInboundWebhookOnNumber: true, inboundRequestUrl: null });
  expect(await service.channelSenders.list()).toMatchObject([{ sender, senderType: 'WhatsApp' }]);
  const another = client.messaging.v1.services(`MG${'9'.repeat(32)}`);
  expect(await refusalOf(another.fetch())).toMatchObject({ status: 404, code: 20404 });
});
