import { describe, expect, test } from 'vitest';
import { ana, authToken, ben, setStage } from './stage.ts';

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
    ['nor as plain text', { 'Content-Type': 'text/plain' }, 415],
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
