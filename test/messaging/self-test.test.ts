import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { encrypt } from '../../src/crypto.ts';
import { findFreePort } from '../../src/embedded/free-port.ts';
import type { Provider } from '../../src/messaging/provider.ts';
import { createProviders } from '../../src/messaging/providers.ts';
import { type CheckName, runSelfTest, type SelfTestParts } from '../../src/messaging/self-test.ts';
import type { StoredChannel } from '../../src/store/channels.ts';
import type { Finding } from '../../src/store/self-tests.ts';
import { type Stage, secretKey, setStage } from '../scenarios/stage.ts';

let stage: Stage;
let parts: SelfTestParts;
beforeAll(async () => {
  stage = await setStage({ backend: 'postgres' });
  // Busy with starting, the machine may need longer than the service takes for an answer.
  await stage.until(() =>
    stage.store
      .ping()
      .catch(() => null)
      .then((ms) => ms !== null),
  );
}, 60_000);
afterAll(() => stage.strike());
beforeEach(async () => {
  const { twilioUrl, publicBaseUrl, queues } = stage;
  parts = {
    ...{ queues, publicBaseUrl, twilioApiBaseUrl: twilioUrl, fetch, learningMs: [150] },
    providerOf: createProviders([secretKey], { twilio: twilioUrl, simulator: null }, { callTimeoutMs: 3000 }),
  };
  await setSender({});
});

const account = `AC${'a'.repeat(32)}`;
const sender = 'whatsapp:+14155238886';
const token = 'simulated-token';
const secrets = [token, 'another-token', 'an-api-secret', secretKey];

/** The tenant's sender, other than it should be. */
const setSender = (fields: {
  address?: string;
  accountSid?: string;
  messagingServiceSid?: string | null;
  credentials?: object;
  sealedUnder?: string;
}) =>
  stage.store.tenant(stage.tenantId, async (tx) => {
    const { address = sender, accountSid = account, messagingServiceSid = null } = fields;
    const { credentials = { authToken: token }, sealedUnder = secretKey } = fields;
    for (const { id } of await tx.channels.list()) await tx.channels.retire(id, new Date());
    const sealed = encrypt(JSON.stringify(credentials), sealedUnder);
    await tx.channels.save(
      {
        ...{ id: stage.deps.newId(), way: 'whatsapp', provider: 'twilio', address, accountSid },
        ...{ credentials: sealed, messagingServiceSid, messagesPerSecond: 80 },
      },
      new Date(),
    );
  });

const run = async (other: Partial<SelfTestParts> = {}): Promise<Record<CheckName, Finding[]>> => {
  const found: Partial<Record<CheckName, Finding[]>> = {};
  await runSelfTest(stage.deps, { ...parts, ...other }, stage.tenantId, async (check, findings) => {
    found[check] = findings;
  });
  const told = JSON.stringify(found);
  for (const secret of secrets) expect(told).not.toContain(secret);
  return found as Record<CheckName, Finding[]>;
};

/** What is wrong by each check, in words. */
const problemsIn = (found: Record<string, Finding[]>) =>
  Object.entries(found).flatMap(([check, findings]) =>
    findings.filter(({ isOk }) => isOk === false).map(({ text, todo }) => `${check}: ${text} ${todo}`),
  );

const inboxRows = async () => {
  const [row] = await stage.ask<{ count: string }>(
    'SELECT (SELECT count(*) FROM inbound_key) + (SELECT count(*) FROM status_callback) AS count',
  );
  return Number(row!.count);
};

/** A server in the place of the proxy; answers its address. */
const serverThat = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A proxy before our ingress that does something to what it passes on. */
const proxyThat = (
  change: (request: { path: string; headers: Record<string, string>; body: string }) => void,
): Promise<string> =>
  serverThat(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = { ...request.headers } as Record<string, string>;
    delete headers['content-length'];
    delete headers.connection;
    const passed = { path: request.url!, headers, body: Buffer.concat(chunks).toString('utf8') };
    change(passed);
    const answer = await fetch(stage.publicBaseUrl + passed.path, {
      ...{ method: 'POST', headers: passed.headers, body: passed.body, redirect: 'manual' },
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(await answer.text());
  });

/** That listens at `base` in our ingress's place: it takes what it is given for the public address. */
const at = (base: string) => ({
  fetch: ((url: string, init: RequestInit) =>
    fetch(url.replace(stage.publicBaseUrl, base), init)) as typeof fetch,
});

test('where all is well nothing is wrong, nothing is sent and nothing is kept', async () => {
  await setSender({ messagingServiceSid: `MG${'a'.repeat(32)}` });
  const before = await inboxRows();
  const found = await run();
  expect(problemsIn({ ...found, templates: [] })).toEqual([]);
  expect(found.address).toHaveLength(2);
  expect(found.sender.map(({ text }) => text)).toEqual([
    '+14155238886 is a WhatsApp sender of this account, and online.',
    'The number is in the messaging service.',
    'Twilio posts messages to this service.',
  ]);
  expect(await inboxRows()).toBe(before);
  expect(
    stage.simulator.requests().filter(({ method, path }) => method === 'POST' && /Messages/.test(path)),
  ).toEqual([]);
});

test.each<[string, () => Promise<void>, RegExp[]]>([
  [
    'a wrong auth token',
    () => setSender({ credentials: { authToken: 'another-token' } }),
    [/^credentials: Twilio refuses the account SID with this auth token/, /^sender: Twilio does not let/],
  ],
  [
    'an API key that is refused beside a right token',
    () =>
      setSender({
        credentials: { authToken: token, apiKeySid: `SK${'1'.repeat(32)}`, apiKeySecret: 'an-api-secret' },
      }),
    [/^credentials: Twilio refuses the API key/],
  ],
  [
    'a number that is no sender of the account',
    () => setSender({ address: 'whatsapp:+14155550199' }),
    [/^sender: \+14155550199 is no WhatsApp sender of this account. It has \+14155238886: enter one/],
  ],
  [
    'a messaging service that is not there',
    () => setSender({ messagingServiceSid: `MG${'9'.repeat(32)}` }),
    [/^sender: The account has no such messaging service/],
  ],
  [
    'credentials under another SECRET_KEY',
    () => setSender({ sealedUnder: 'z'.repeat(32) }),
    [/^credentials: The stored credentials cannot be read/, /^address: The stored credentials cannot/],
  ],
])('%s is named, with what to do', async (_name, spoil, expected) => {
  await spoil();
  const found = await run();
  const problems = problemsIn(found);
  for (const pattern of expected) expect(problems).toContainEqual(expect.stringMatching(pattern));
  // The others went on.
  for (const check of ['database', 'queue', 'workers'] as const)
    expect(problemsIn({ [check]: found[check] })).toEqual([]);
  await setSender({});
  expect(problemsIn({ ...(await run()), templates: [] })).toEqual([]);
});

test('a sender that is offline, elsewhere posted to or in no service is told apart', async () => {
  await setSender({ messagingServiceSid: `MG${'a'.repeat(32)}` });
  const withAccount = (account: Partial<Provider['account']>) => ({
    providerOf: (channel: StoredChannel) => {
      const provider = parts.providerOf(channel);
      return { ...provider, account: { ...provider.account, ...account } };
    },
  });
  const { sender } = await run(
    withAccount({
      sender: async () => ({
        ...({ kind: 'found', status: 'OFFLINE', inboundUrl: null } as const),
        reasons: ['Display name\0 refused.'],
      }),
      messagingService: async () => ({
        ...({ kind: 'found', holdsSender: false } as const),
        inboundUrl: 'https://old.example.com/hook?token=simulated-token',
      }),
    }),
  );
  expect(problemsIn({ sender })).toEqual([
    expect.stringMatching(/but it is OFFLINE. Twilio says: Display name {1,2}refused/),
    expect.stringMatching(/\+14155238886 is not in the messaging service/),
    expect.stringMatching(/Twilio posts messages to https:\/\/old.example.com\/hook, not to this service/),
  ]);
});

test('without a sender it says so, and still looks at the rest', async () => {
  await stage.store.tenant(stage.tenantId, async (tx) => {
    for (const { id } of await tx.channels.list()) await tx.channels.retire(id, new Date());
  });
  const found = await run();
  expect(found.sender[0]!.text).toBe('There is no WhatsApp sender yet.');
  expect(found.database[0]!.isOk).toBe(true);
});

test('Twilio away, or something else in its place, is told apart', async () => {
  const withApi = (url: string) => ({
    providerOf: createProviders([secretKey], { twilio: url, simulator: null }, { callTimeoutMs: 3000 }),
  });
  expect((await run(withApi('http://127.0.0.1:1'))).credentials[0]!.text).toContain(
    'Twilio cannot be reached from here (ECONNREFUSED)',
  );
  const page = await serverThat((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  );
  expect((await run(withApi(page))).credentials[0]!.isOk).toBe(false);
  const broken = await serverThat((_, response) => response.writeHead(503).end());
  expect((await run(withApi(broken))).credentials[0]!.text).toBe('Twilio has a fault of its own (503).');
});

test('each way in which the public address can fail is told apart', async () => {
  const why = async (other: Partial<SelfTestParts>) => {
    const { address } = await run(other);
    return address.map(({ isOk, text, todo }) => `${isOk ? 'ok' : 'problem'}: ${text} ${todo}`).at(-1)!;
  };
  const failing = (code: string) => ({
    fetch: () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) })),
  });
  const answering = async (status: number, headers: Record<string, string>, body = '') =>
    at(
      await serverThat((request, response) => {
        request.resume();
        response.writeHead(status, headers).end(body);
      }),
    );

  expect(await why({ publicBaseUrl: 'http://no-such-name.invalid' })).toMatch(
    /The name no-such-name.invalid leads nowhere/,
  );
  const nowhere = `127.0.0.1:${await findFreePort()}`;
  expect(await why({ publicBaseUrl: `http://${nowhere}` })).toMatch(`Nothing listens at ${nowhere}`);
  // TLS where plain HTTP is spoken.
  expect(await why({ publicBaseUrl: stage.publicBaseUrl.replace('http:', 'https:') })).toMatch(
    /does not speak TLS/,
  );
  expect(await why(failing('CERT_HAS_EXPIRED'))).toMatch(/certificate of \S+ will not do: it has expired/);
  expect(await why(failing('ERR_TLS_CERT_ALTNAME_INVALID'))).toMatch(/it is another name’s/);
  expect(await why(failing('UND_ERR_CONNECT_TIMEOUT'))).toMatch(/did not answer within 10 s/);
  expect(await why(failing('ECONNRESET'))).toMatch(/broke before an answer came/);

  expect(await why(await answering(200, { 'content-type': 'text/html' }, '<!doctype html>'))).toMatch(
    /A web page of something else/,
  );
  expect(await why(await answering(204, {}))).toMatch(/Something else than this service answered/);
  expect(await why(await answering(403, { 'content-type': 'text/plain' }, 'Forbidden'))).toMatch(
    /403 without saying why/,
  );
  expect(await why(await answering(302, { location: 'https://login.example.com/in?secret=1' }))).toMatch(
    /redirects to https:\/\/login.example.com\/in; /,
  );
  expect(await why(await answering(404, { 'content-type': 'text/plain' }))).toMatch(
    /has no \/api\/whatsappwebhook/,
  );
  expect(await why(await answering(502, { 'content-type': 'text/plain' }))).toMatch(
    /does not reach this service/,
  );

  const through = async (change: Parameters<typeof proxyThat>[0]) => why(at(await proxyThat(change)));
  expect(await through(() => {})).toMatch(/^ok: Messages signed/);
  expect(
    await through((passed) => {
      passed.path = passed.path.split('?')[0]!;
    }),
  ).toMatch(/behind the question mark/);
  expect(await through(({ headers }) => void delete headers['x-twilio-signature'])).toMatch(
    /taken the header X-Twilio-Signature off/,
  );
  expect(
    await through((passed) => {
      passed.body = passed.body.replace('Self-test', 'Selftest');
    }),
  ).toMatch(/has changed the form/);
  expect(await through(({ headers }) => void delete headers['x-rbm-check'])).toMatch(
    /Something else|403 without/,
  );
  // What we sign is not what our ingress takes for its address: localhost is another name of it.
  expect(await why({ publicBaseUrl: stage.publicBaseUrl.replace('127.0.0.1', 'localhost') })).toMatch(
    /The process that answered has another PUBLIC_BASE_URL: it takes http:\/\/127.0.0.1:\d+ .* is http:\/\/localhost/,
  );
  await setSender({ address: 'whatsapp:+14155550198' });
  expect(await why({})).toMatch(/^ok/);
});

test('the process that answers with another token says so, and to nobody else', async () => {
  const before = await inboxRows();
  const posted: { url: string; init: RequestInit }[] = [];
  // The ingress keeps what it knew: the row is changed behind its back.
  await setSender({ credentials: { authToken: 'another-token' } });
  await run();
  await stage.alter(
    `UPDATE channel SET credentials = '${encrypt(JSON.stringify({ authToken: token }), secretKey)}'
     WHERE retired_at IS NULL AND way = 'whatsapp'`,
  );
  const recording = (async (url: string, init: RequestInit) => {
    posted.push({ url, init });
    return fetch(url, init);
  }) as typeof fetch;
  const { address } = await run({ fetch: recording });
  expect(address[0]!.text).toContain('knows another auth token');
  const { url, init } = posted[0]!;
  const { 'X-RBM-Check': _note, ...withoutNote } = init.headers as Record<string, string>;
  const refused = await fetch(url, { ...init, headers: withoutNote });
  expect([refused.status, await refused.text()]).toEqual([403, 'Forbidden']);
  const forged = await fetch(url, {
    ...init,
    headers: { ...withoutNote, 'X-RBM-Check': 'eyJ1cmwiOiJ4In0.AAAA' },
  });
  expect([forged.status, await forged.text()]).toEqual([403, 'Forbidden']);
  expect(await inboxRows()).toBe(before);
});

test('a check that hangs ends by itself, and holds nothing up', async () => {
  const found = await run({
    deadlineMs: 3000,
    fetch: () => new Promise(() => {}),
    queues: { ...stage.queues, isUp: () => Promise.reject(new Error('of our own')) },
  });
  expect(found.address[0]!.text).toContain('did not end within');
  expect(found.queue[0]!.text).toContain('the fault is ours');
  expect(found.database[0]!.isOk).toBe(true);
});

test('templates: what is approved, rejected, missing and lacking', async () => {
  await stage.technician({ locale: 'es' });
  const { simulator, store, tenantId } = stage;
  const make = async (state: 'approved' | 'rejected') => {
    const provider = parts.providerOf(
      (await store.tenant(tenantId, (tx) => tx.channels.list())).find((each) => !each.retiredAt)!,
    );
    const made = await provider.templates.create({
      ...{ name: `t_${state}`, locale: 'en', body: 'Text {{1}}', samples: ['x'], buttons: [] },
    });
    simulator.decide(made.sid!, state, state === 'rejected' ? 'too loud' : undefined);
    return made.sid!;
  };
  const [approved, rejected] = [await make('approved'), await make('rejected')];
  await store.tenant(tenantId, async (tx) => {
    for (const [kind, contentSid] of [
      ['message.send', approved],
      ['work-order.assigned', rejected],
      ['alert.raised', `HX${'0'.repeat(32)}`],
    ] as const)
      await tx.templates.save({ kind, locale: 'en', contentSid, variables: [] });
  });
  const { templates } = await run();
  const texts = templates.map(({ isOk, text, todo }) => `${isOk} ${text} ${todo}`);
  expect(texts).toEqual([
    expect.stringMatching(/^false alert.raised in en: the provider has no such content/),
    expect.stringMatching(/^true message.send in en: approved/),
    expect.stringMatching(/^false work-order.assigned in en: WhatsApp has rejected its template.*too loud/),
    expect.stringMatching(/^false .* in es: there is no template/),
  ]);
});
