import { describe, expect, test } from 'vitest';
import { ana, authToken, ben, sender, setStage } from './stage.ts';

const anaPath = `/phones/${encodeURIComponent(ana)}`;

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** Reads server-sent events one by one. */
const listen = async (url: string) => {
  const response = await fetch(`${url}/events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<{ event: string; data: Record<string, unknown> }> => {
    const end = text.indexOf('\n\n');
    if (end < 0) {
      const { value, done } = await reader.read();
      if (done) throw new Error('the stream ended');
      text += value;
      return next();
    }
    const lines = text.slice(0, end).split('\n');
    text = text.slice(end + 2);
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
    return { event: field('event'), data: JSON.parse(field('data')) as Record<string, unknown> };
  };
  return { next, ended: async () => (await reader.read()).done };
};

test.each(['', '/simulator'])("mounted at '%s', the page finds its script and style", async (mountedAt) => {
  const { url } = await setStage({ mountedAt });
  const response = await fetch(url);
  const page = await response.text();

  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/<style|\son\w+=|javascript:|https?:\/\//);
  const links = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, link]) => link!);
  expect(links).toHaveLength(2);
  const files = await Promise.all(links.map((link) => fetch(new URL(link, url))));
  expect(files.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
    [200, 'text/css; charset=utf-8'],
    [200, 'text/javascript; charset=utf-8'],
  ]);
  const script = await files[1]!.text();
  expect(() => new Function(script)).not.toThrow();
});

test('with a slash at the end one gets to the page as well', async () => {
  const { url } = await setStage({ mountedAt: '/simulator' });
  const response = await fetch(`${url}/`);
  expect([response.status, response.url]).toEqual([200, url]);
});

test('what is written on a phone goes to the product, as a reply if it quotes', async () => {
  const { url, simulator, product } = await setStage();
  const { sid: quotedSid } = await simulator.says(ana, 'first');
  const response = await post(`${url}${anaPath}/messages`, { text: 'STATUS', quotedSid });

  expect(await response.json()).toMatchObject({ httpStatus: 200 });
  expect(product.received[1]!.form).toMatchObject({
    Body: 'STATUS',
    From: ana,
    OriginalRepliedMessageSid: quotedSid,
    OriginalRepliedMessageSender: ana,
  });
});

test('a message that failed is sent again under its own sid', async () => {
  const { url, simulator, product } = await setStage();
  product.status = 503;
  const { sid } = await simulator.says(ana, 'START');
  product.status = 200;
  expect(await (await post(`${url}/messages/${sid}/again`, {})).json()).toEqual({ sid, httpStatus: 200 });
  expect((await post(`${url}/messages/SM1/again`, {})).status).toBe(404);
});

test('phones, faults, settings and reading can be worked from the page', async () => {
  const { url, simulator, send } = await setStage();

  expect((await post(`${url}/phones`, { name: 'Eve', address: '+1 (202) 555-0199' })).status).toBe(201);
  expect((await post(`${url}/phones`, { name: 'Eve', address: '12' })).status).toBe(400);
  expect((await post(`${url}/phones`, { name: 'Ana', address: ana })).status).toBe(409);
  expect(simulator.phones().at(-1)).toMatchObject({ name: 'Eve', address: 'whatsapp:+12025550199' });

  await post(`${url}/faults`, { kind: 'refuse', code: 63024, to: ben, times: 2 });
  expect((await post(`${url}/faults`, { kind: 'meteor' })).status).toBe(400);
  expect(simulator.faults()).toMatchObject([
    { kind: 'refuse', code: 63024, by: 'callback', to: ben, left: 2 },
  ]);
  await fetch(`${url}/faults`, { method: 'DELETE', headers: { 'Content-Type': 'application/json' } });
  expect(simulator.faults()).toEqual([]);

  await post(`${url}/settings`, { callbackOrder: 'reversed', readReceipts: 'manual' });
  expect([simulator.callbackOrder, simulator.readReceipts]).toEqual(['reversed', 'manual']);
  await send({});
  await simulator.settled();
  await post(`${url}${anaPath}/read`, {});
  expect(simulator.chat(ana)[0]!.tick).toBe('read');
});

test('only what was handed in for approval stands among the templates', async () => {
  const { url, simulator, connect } = await setStage();
  const { contents } = connect().content.v1;
  const create = (name: string) =>
    contents.create({
      friendly_name: name,
      language: 'en',
      types: { 'twilio/text': { body: 'x' } },
    } as never);
  await create('rbm quick reply 1');
  const { sid } = await create('assigned');
  await contents(sid).approvalCreate.create({ name: 'assigned_en', category: 'UTILITY' });
  const shown = async () =>
    ((await (await fetch(`${url}/phones`)).json()) as { contents: object[] }).contents;
  expect(await shown()).toEqual([{ sid, name: 'assigned_en', state: 'pending' }]);
  // Somebody may try what happens to one that is not handed in any more.
  simulator.decide(sid, 'unsubmitted');
  expect(await shown()).toHaveLength(1);
});

test('files, places, reactions and taps go to the product as well', async () => {
  const { url, simulator, product, connect } = await setStage();
  const client = connect();
  const { sid: contentSid } = await client.content.v1.contents.create({
    language: 'en',
    types: { 'twilio/quick-reply': { body: 'WO-1', actions: [{ title: 'Start', id: 'start:WO-1' }] } },
  } as never);
  const { sid } = await client.messages.create({ to: ana, from: sender, contentSid });
  await simulator.settled();
  product.received.length = 0;
  const ask = async (path: string, body: object) => (await post(`${url}${anaPath}${path}`, body)).status;

  const photo = await fetch(`${url}${anaPath}/files?caption=the%20seal`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: 'a photo',
  });
  expect(photo.status).toBe(200);
  expect(await ask('/samples', { kind: 'audio' })).toBe(200);
  expect(await ask('/places', { latitude: 25, longitude: -77, label: 'Dock 4' })).toBe(200);
  expect(await ask('/reactions', { sid, emoji: '👍' })).toBe(200);
  expect(await ask('/taps', { sid, title: 'Start' })).toBe(200);
  expect(await ask('/messages', { text: 'ACK', isForwarded: true })).toBe(200);
  expect(await ask('/edits', {})).toBe(200);

  expect(product.received.map(({ form }) => [form.MessageType, form.Body])).toEqual([
    ['image', 'the seal'],
    ['audio', ''],
    ['location', ''],
    ['reaction', '👍'],
    ['interactive', 'Start'],
    ['text', 'ACK'],
    ['unsupported', ''],
  ]);

  expect(await ask('/samples', { kind: 'elephant' })).toBe(400);
  expect(await ask('/places', { latitude: 91, longitude: 0 })).toBe(400);
  expect(await ask('/reactions', { sid: 'SM1', emoji: '👍' })).toBe(404);
  expect(await ask('/taps', { sid, title: 'Complete' })).toBe(404);
  expect(product.received).toHaveLength(7);
});

test('what a phone sent can be looked at, and nothing in it runs', async () => {
  const { url, simulator } = await setStage();
  await simulator.sends(ana, { kind: 'document', contentType: 'text/html', bytes: Buffer.from('<script>') });
  const { media } = simulator.chat(ana)[0]!;
  const file = await fetch(`${url}/media/${media!.sid}`);
  expect(await file.text()).toBe('<script>');
  expect(file.headers.get('content-security-policy')).toContain('sandbox');
  expect((await fetch(`${url}/media/ME1`)).status).toBe(404);
});

test('a file over 16 MB is turned away', async () => {
  const { url, simulator } = await setStage();
  const response = await fetch(`${url}${anaPath}/files`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: Buffer.alloc(16 * 1024 * 1024 + 1),
  });
  expect([response.status, await response.json()]).toEqual([
    413,
    { message: 'The file is larger than 16 MB.' },
  ]);
  expect(simulator.chat(ana)).toEqual([]);
});

test('switches of a phone, and the approval of a content, can be worked from the page', async () => {
  const { url, simulator } = await setStage({ contents: { [`HX${'1'.repeat(32)}`]: 'Order {{1}}' } });
  const answer = await post(`${url}${anaPath}/switches`, {
    windowClosed: true,
    userId: 'US.1',
    hidesNumber: 1,
  });
  expect(await answer.json()).toMatchObject({
    phones: [{ switches: { windowClosed: true, hidesNumber: false } }, { switches: { windowClosed: false } }],
  });
  expect(simulator.phones()[0]!.userId).toBe('whatsapp:US.4102030405060708');

  const [content] = simulator.contents();
  await post(`${url}/contents/${content!.sid}`, { state: 'paused' });
  expect((await post(`${url}/contents/${content!.sid}`, { state: 'lovely' })).status).toBe(400);
  expect(simulator.contents()).toMatchObject([{ approval: { state: 'paused' } }]);
});

test('nothing can be done on a phone that is not there', async () => {
  const { url } = await setStage();
  const response = await post(`${url}/phones/${encodeURIComponent('whatsapp:+12025550199')}/samples`, {
    kind: 'image',
  });
  expect(response.status).toBe(404);
});

describe('events', () => {
  test('begin with everything and go on with each change', async () => {
    const { url, simulator } = await setStage();
    await simulator.says(ana, 'before');
    const events = await listen(url);

    const state = await events.next();
    expect(state.event).toBe('state');
    expect(state.data).toMatchObject({
      phones: [{ address: ana, number: '+1 202 555 0101', messages: [{ text: 'before' }] }, { address: ben }],
      callbackOrder: 'in-order',
    });

    void simulator.says(ben, 'after');
    expect(await events.next()).toMatchObject({
      event: 'message',
      data: { address: ben, message: { text: 'after', tick: 'sent' } },
    });
    expect(await events.next()).toMatchObject({ data: { message: { text: 'after', tick: 'delivered' } } });
    simulator.fault('lost-callback');
    expect(await events.next()).toMatchObject({
      event: 'settings',
      data: { faults: [{ kind: 'lost-callback' }] },
    });
  });

  test('of the product are told as well, while somebody watches', async () => {
    const event = (id: string, type: string, data = {}) => ({
      id,
      type,
      at: new Date('2026-11-22T09:00:00Z'),
      workOrder: 'WO-7',
      actor: { kind: 'technician', id: 'tech-1' },
      data,
    });
    const started = event('1', 'work_order.started');
    const noted = event('2', 'work_order.noted', { text: 'seal replaced', secret: 'x' });
    const looks = [async () => [started], () => Promise.reject(new Error('the database is away'))];
    const { url } = await setStage({
      latestEvents: () => looks.shift()?.() ?? Promise.resolve([noted, started]),
    });
    const events = await listen(url);
    await events.next();
    expect(await events.next()).toMatchObject({
      event: 'trail',
      data: { events: [{ type: 'work_order.started', workOrder: 'WO-7', text: null }] },
    });
    const { data } = await events.next();
    expect(data.events).toMatchObject([{ text: 'seal replaced' }, { type: 'work_order.started' }]);
    expect(JSON.stringify(data)).not.toContain('secret');
  });

  test('end when the simulator closes', async () => {
    const { url, simulator } = await setStage();
    const events = await listen(url);
    await events.next();
    await simulator.close();
    expect(await events.ended()).toBe(true);
  });
});

describe("another site's page", () => {
  const text = { text: 'COMPLETE' };
  const cases: [string, Record<string, string>, number][] = [
    ['cannot post across sites', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['nor from a sister site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['nor with a browser that names only the origin', { Origin: 'https://evil.example' }, 403],
    ['nor from a document without origin', { Origin: 'null' }, 403],
    ['nor as a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['nor as plain text', { 'Content-Type': 'text/plain;charset=utf-8' }, 415],
    ['nor as a form with files', { 'Content-Type': 'multipart/form-data; boundary=x' }, 415],
  ];
  test.each(cases)('%s', async (_, headers, status) => {
    const { url, simulator } = await setStage();
    const response = await post(`${url}${anaPath}/messages`, text, headers);
    expect(response.status).toBe(status);
    expect(simulator.chat(ana)).toEqual([]);
  });

  test('but this page can', async () => {
    const { url } = await setStage();
    const headers = { 'Sec-Fetch-Site': 'same-origin', Origin: url };
    expect((await post(`${url}${anaPath}/messages`, text, headers)).status).toBe(200);
    expect((await post(`${url}${anaPath}/messages`, text, { Origin: url })).status).toBe(200);
  });
});

test('the auth token is in nothing a page can read', async () => {
  const { url, simulator, send } = await setStage();
  await simulator.says(ana, 'ACK');
  await send({});
  const events = await listen(url);
  const seen = [JSON.stringify(await events.next())];
  for (const path of ['', '/page.js', '/page.css', '/phones'])
    seen.push(await (await fetch(`${url}${path}`)).text());
  seen.push(await (await post(`${url}${anaPath}/messages`, { text: 'START' })).text());
  seen.push(await (await post(`${url}/faults`, { kind: 'refuse' })).text());

  expect(seen.join('\n').length).toBeGreaterThan(10_000);
  expect(seen.join('\n')).not.toContain(authToken);
});
