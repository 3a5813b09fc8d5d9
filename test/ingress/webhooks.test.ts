import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createStore, type Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import {
  callback,
  createIngress,
  createSender,
  incoming,
  openSuperuser,
  type Sender,
  signatureOf,
} from './stage.ts';

let database: TestDatabase;
let superuser: Awaited<ReturnType<typeof openSuperuser>>;
let store: Store;
let sender: Sender;
let other: Sender;
const secondary = 'the-secondary-token';

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = await openSuperuser(withDatabase(inject('postgresUrl'), database.name));
  store = createStore({ url: database.appUrl, timeouts: { webhookMs: 60_000 } });
  sender = await createSender(store, { address: 'whatsapp:+14155238886', secondary });
  other = await createSender(store, { address: 'whatsapp:+14155238887' });
});

afterAll(async () => {
  await store.close();
  await superuser.close();
  await database.drop();
});

beforeEach(async () => {
  await superuser.rows('DELETE FROM status_callback');
  await superuser.rows('DELETE FROM message');
  await superuser.rows('DELETE FROM inbound_key');
  await superuser.rows('DELETE FROM conversation');
});

const messages = () => superuser.rows('SELECT * FROM message ORDER BY seq');
const callbacks = () => superuser.rows('SELECT * FROM status_callback ORDER BY seq');
const nothingWasStored = async () => {
  expect(await messages()).toEqual([]);
  expect(await callbacks()).toEqual([]);
  expect(await superuser.rows('SELECT * FROM inbound_key')).toEqual([]);
};

describe('an incoming message', () => {
  test('is stored as it came, rung for, and answered with empty TwiML', async () => {
    const ingress = await createIngress(store);
    const body = incoming(sender, { MessageSid: 'SM1', Body: 'ACK', ExternalUserId: 'whatsapp:US.4102' });

    const answer = await ingress.post('/incoming', body, { token: sender.authToken });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/xml');
    expect(await answer.text()).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
    const [stored, ...more] = await messages();
    expect(more).toEqual([]);
    expect(stored).toMatchObject({
      tenant_id: sender.tenantId,
      channel_id: sender.channelId,
      direction: 'in',
      way: 'whatsapp',
      status: 'received',
      source: 'webhook',
      provider_id: 'SM1',
      text: null,
    });
    expect(stored.raw.toString()).toBe(body);
    expect(Math.abs(stored.received_at.getTime() - Date.now())).toBeLessThan(5000);
    expect(ingress.rung).toEqual([`inbound ${stored.conversation_id}`]);
  });

  test('is answered only once it is committed', async () => {
    let commit = () => {};
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const slow: Store = {
      ...store,
      gate: {
        ...store.gate,
        storeInbound: async (rows) => {
          await committed;
          return store.gate.storeInbound(rows);
        },
      },
    };
    const ingress = await createIngress(slow);
    let answered = false;
    const answer = ingress.post('/incoming', incoming(sender), { token: sender.authToken }).then((it) => {
      answered = true;
      return it;
    });
    // Long enough for an ingress that does not wait to have answered.
    for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
    expect(answered).toBe(false);
    commit();
    expect((await answer).status).toBe(200);
    expect(await messages()).toHaveLength(1);
  });

  test.each([
    ['signed with the secondary token, while tokens are rotated', secondary],
    ['signed with the primary token', null],
  ])('%s is taken', async (_name, token) => {
    const ingress = await createIngress(store);
    const answer = await ingress.post('/incoming', incoming(sender), { token: token ?? sender.authToken });
    expect(answer.status).toBe(200);
    expect(await messages()).toHaveLength(1);
  });

  test('of one sender and of another share nothing, not even the same MessageSid', async () => {
    const ingress = await createIngress(store);
    for (const { address, accountSid, authToken } of [sender, other]) {
      const body = incoming({ ...sender, address, accountSid }, { MessageSid: 'SM1' });
      expect((await ingress.post('/incoming', body, { token: authToken })).status).toBe(200);
    }
    expect((await messages()).map(({ tenant_id }) => tenant_id)).toEqual([sender.tenantId, other.tenantId]);
  });

  test('is kept as disabled, and not rung for, while WhatsApp is switched off', async () => {
    const ingress = await createIngress(store, { enabled: false });
    expect((await ingress.post('/incoming', incoming(sender), { token: sender.authToken })).status).toBe(200);
    expect(await messages()).toMatchObject([{ status: 'disabled' }]);
    expect(ingress.rung).toEqual([]);
  });

  test('to a sender made after the ingress started is taken', async () => {
    const ingress = await createIngress(store);
    const late = await createSender(store, { address: 'whatsapp:+14155230001' });
    expect((await ingress.post('/incoming', incoming(late), { token: late.authToken })).status).toBe(200);
  });
});

describe('a status callback', () => {
  test('is stored as it came, rung for, and answered with nothing', async () => {
    const ingress = await createIngress(store);
    const attemptId = randomUUID();
    const body = callback(sender, { MessageSid: 'SM2', MessageStatus: 'read' });

    const answer = await ingress.post(`/status?a=${attemptId}`, body, { token: sender.authToken });

    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe('');
    const [stored, ...more] = await callbacks();
    expect(more).toEqual([]);
    expect(stored).toMatchObject({
      tenant_id: sender.tenantId,
      channel_id: sender.channelId,
      attempt_id: attemptId,
      provider_id: 'SM2',
      applied_to: null,
    });
    expect(stored.raw.toString()).toBe(body);
    expect(stored.match_at).not.toBeNull();
    expect(ingress.rung).toEqual([`delivery-status ${sender.channelId}`]);
    expect(await messages()).toEqual([]);
  });

  test.each(['?a=', '?a=no-uuid', '?a=%00%ff', `?b=${randomUUID()}`, `?a=${'9'.repeat(5000)}`, ''])(
    'whose address names no attempt (%j) is kept',
    async (query) => {
      const ingress = await createIngress(store);
      const answer = await ingress.post(`/status${query}`, callback(sender), { token: sender.authToken });
      expect(answer.status).toBe(204);
      expect(await callbacks()).toMatchObject([{ attempt_id: null }]);
    },
  );

  test('that comes twice is one row, the statuses of one message are several', async () => {
    const ingress = await createIngress(store);
    const path = `/status?a=${randomUUID()}`;
    for (const MessageStatus of ['sent', 'delivered', 'delivered', 'read', 'sent']) {
      const body = callback(sender, { MessageSid: 'SM3', MessageStatus });
      expect((await ingress.post(path, body, { token: sender.authToken })).status).toBe(204);
    }
    for (const ErrorCode of ['63016', '63016', '63024']) {
      const body = callback(sender, { MessageSid: 'SM3', MessageStatus: 'failed', ErrorCode });
      expect((await ingress.post(path, body, { token: sender.authToken })).status).toBe(204);
    }
    const told = (await callbacks()).map(({ raw }) => {
      const form = new URLSearchParams(raw.toString());
      return [form.get('MessageStatus'), form.get('ErrorCode')];
    });
    expect(told).toEqual([
      ['sent', null],
      ['delivered', null],
      ['read', null],
      ['failed', '63016'],
      ['failed', '63024'],
    ]);
    expect(ingress.rung).toHaveLength(5);
  });

  test('is kept while WhatsApp is switched off, so that what was sent before is followed to its end', async () => {
    const ingress = await createIngress(store, { enabled: false });
    expect((await ingress.post('/status', callback(sender), { token: sender.authToken })).status).toBe(204);
    expect(await callbacks()).toHaveLength(1);
    expect(ingress.rung).toEqual([`delivery-status ${sender.channelId}`]);
  });
});

describe.each([
  {
    path: '/incoming',
    form: incoming,
    addressField: 'To',
    ok: 200,
    required: ['MessageSid', 'AccountSid', 'From', 'To'],
  },
  {
    path: '/status',
    form: callback,
    addressField: 'From',
    ok: 204,
    required: ['MessageSid', 'AccountSid', 'From', 'MessageStatus'],
  },
])('$path', ({ path, form, addressField, ok, required }) => {
  const refused = async (expected: number, body: string, sent: Parameters<typeof sendTo>[1]) => {
    const { status, rung } = await sendTo(body, sent);
    expect(status).toBe(expected);
    expect(rung).toEqual([]);
    await nothingWasStored();
  };
  const sendTo = async (
    body: string,
    sent: { token: string | null; headers?: Record<string, string>; origin?: string },
  ) => {
    const ingress = await createIngress(store);
    const answer = await ingress.post(path, body, sent);
    return { status: answer.status, text: await answer.text(), rung: ingress.rung };
  };

  test('refuses a request without a signature', () => refused(403, form(sender), { token: null }));

  test.each(['', 'forged', 'ü', `${'A'.repeat(27)}=`])('refuses the signature %j', (signature) =>
    refused(403, form(sender), { token: null, headers: { 'X-Twilio-Signature': signature } }),
  );

  test('refuses a signature made with another token', () =>
    refused(403, form(sender), { token: 'not-the-token' }));

  test('refuses a form that was changed after it was signed', async () => {
    const body = form(sender, { MessageSid: 'SM1' });
    const headers = { 'X-Twilio-Signature': signatureOf(sender.authToken, path, body) };
    const changed = body.replace('SM1', 'SM2');
    expect(changed).not.toBe(body);
    await refused(403, changed, { token: null, headers });
    expect((await sendTo(body, { token: null, headers })).status).toBe(ok);
  });

  test('refuses a form that was signed for another address', async () => {
    const body = form(sender);
    const headers = { 'X-Twilio-Signature': signatureOf(sender.authToken, `${path}?more=1`, body) };
    await refused(403, body, { token: null, headers });
  });

  test('refuses another account', () =>
    refused(403, form(sender, { AccountSid: other.accountSid }), { token: sender.authToken }));

  test('refuses an address that is no sender of ours', () =>
    refused(403, form(sender, { [addressField]: 'whatsapp:+19995550000' }), { token: sender.authToken }));

  test.each(['whatsapp:+14155238886\0', `whatsapp:+${'1'.repeat(50_000)}`])(
    'refuses the address %.30j',
    (address) => refused(403, form(sender, { [addressField]: address }), { token: sender.authToken }),
  );

  test("refuses another tenant's valid token, whichever way the sender is forged", async () => {
    const forged = { [addressField]: sender.address };
    await refused(403, form(other, forged), { token: other.authToken });
    await refused(403, form(other, { ...forged, AccountSid: sender.accountSid }), { token: other.authToken });
    await refused(403, form(sender, { AccountSid: other.accountSid }), { token: other.authToken });
    // Named twice: what is checked must be what is stored.
    const twice = `${addressField}=${encodeURIComponent(sender.address)}&${form(other)}`;
    await refused(403, twice, { token: other.authToken });
  });

  test.each(required)('refuses a form without %s', async (field) => {
    const without = new URLSearchParams(form(sender));
    without.delete(field);
    await refused(400, without.toString(), { token: sender.authToken });
    await refused(400, form(sender, { [field]: '' }), { token: sender.authToken });
  });

  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencodedx',
  ])('refuses %s', (type) =>
    refused(400, form(sender), { token: sender.authToken, headers: { 'Content-Type': type } }),
  );

  test('refuses an empty body', () => refused(400, '', { token: sender.authToken }));

  test('takes 64 KiB, and refuses one byte more, told in advance or not', async () => {
    const bare = form(sender, { MessageSid: 'SM1', Extra: '' });
    const full = form(sender, { MessageSid: 'SM1', Extra: 'x'.repeat(64 * 1024 - bare.length) });
    expect(full).toHaveLength(64 * 1024);
    await refused(413, `${full}x`, { token: sender.authToken });
    await refused(413, `${full}x`, {
      token: sender.authToken,
      headers: { 'Content-Length': String(full.length + 1) },
    });
    await refused(413, 'x'.repeat(1024 * 1024), { token: null });
    expect((await sendTo(full, { token: sender.authToken })).status).toBe(ok);
  });

  test('goes by the public address, whatever Host and its relatives say', async () => {
    const lies = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '8443',
      Forwarded: 'host=evil.example;proto=http',
      'X-Original-URL': '/elsewhere',
    };
    const { status } = await sendTo(form(sender), {
      token: sender.authToken,
      headers: lies,
      origin: 'http://evil.example:8080',
    });
    expect(status).toBe(ok);
  });

  test('refuses a signature over the address that Host tells', async () => {
    const body = form(sender);
    const headers = {
      Host: 'evil.example',
      'X-Twilio-Signature': signatureOf(sender.authToken, path, body, 'https://evil.example'),
    };
    await refused(403, body, { token: null, headers, origin: 'https://evil.example' });
  });

  test('never echoes what it was sent, and never answers in plain text with 2xx', async () => {
    const { status, text } = await sendTo(form(sender, { Body: '<Message>hello</Message>' }), {
      token: 'not-the-token',
    });
    expect(status).toBe(403);
    expect(text).not.toContain('hello');
  });
});
