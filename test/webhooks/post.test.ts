import { expect, onTestFinished, test } from 'vitest';
import type { Resolve } from '../../src/public-address.ts';
import type { WebhookRules } from '../../src/webhooks/address.ts';
import { postWebhook } from '../../src/webhooks/post.ts';
import { type Answer, answers, never, startReceiver } from '../support/receiver.ts';

const limits = { totalMs: 20_000, answerBytes: 64 * 1024 };
const soon = { ...limits, totalMs: 300 };
const webhook = { headers: { 'webhook-id': 'e-1' }, body: '{"text":"señal"}' };
const here: WebhookRules = { allowPrivate: true };

const setUp = async (answer?: Answer) => {
  const receiver = await startReceiver();
  onTestFinished(receiver.close);
  if (answer) receiver.will(answer);
  return receiver;
};
const post = (url: string, rules = here, stopping = new AbortController().signal, within = limits) =>
  postWebhook(url, webhook, rules, stopping, within);

test('a webhook arrives as it was given', async () => {
  const receiver = await setUp();
  expect(await post(`${receiver.url}?from=rbm`)).toEqual({ kind: 'taken' });
  expect(receiver.got).toMatchObject([
    { path: '/hook?from=rbm', headers: { 'webhook-id': 'e-1', 'content-type': 'application/json' } },
  ]);
  expect(receiver.got[0]!.body).toBe(webhook.body);
});

test.each([
  ['200', answers(200), { kind: 'taken' }],
  ['299', answers(299), { kind: 'taken' }],
  ['410', answers(410), { kind: 'gone' }],
  ['400', answers(400), { kind: 'failed', reason: 'status 400' }],
  ['503', answers(503), { kind: 'failed', reason: 'status 503' }],
  ['a broken connection', (response) => void response.destroy(), { kind: 'failed', reason: 'ECONNRESET' }],
] as [string, Answer, object][])('%s means what it says', async (_, answer, outcome) => {
  const receiver = await setUp(answer);
  expect(await post(receiver.url)).toEqual(outcome);
  expect(receiver.got).toHaveLength(1);
});

test('no status in time is a failure', async () => {
  const receiver = await setUp(never);
  expect(await post(receiver.url, here, undefined, soon)).toEqual({
    ...{ kind: 'failed', reason: 'no answer within 0.3 s' },
  });
});

test('a redirect is a failure, and its target hears nothing', async () => {
  const [receiver, target] = [await setUp(), await setUp()];
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.will(answers(status, { location: target.url }));
    expect(await post(receiver.url)).toEqual({
      kind: 'failed',
      reason: `status ${status}: redirects are not followed`,
    });
  }
  expect(target.got).toEqual([]);
});

test('an answer without an end is read up to the limit, and counts as what its status says', async () => {
  let written = 0;
  const receiver = await setUp((response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16 * 1024))) written += 16 * 1024;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  expect(await post(receiver.url)).toEqual({ kind: 'taken' });
  // What the system's buffers hold comes on top.
  expect(written).toBeLessThan(16 * 1024 * 1024);
});

test('an answer that stalls after its status counts as what the status says', async () => {
  const receiver = await setUp((response) => void response.writeHead(200).write('…'));
  // Time enough for the status to arrive.
  const within = { ...limits, totalMs: 3000 };
  expect(await post(receiver.url, here, undefined, within)).toEqual({ kind: 'taken' });
});

test('nobody there is a failure', async () => {
  const receiver = await setUp();
  await receiver.close();
  expect(await post(receiver.url)).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
});

test('the scheme counts as what it is, however it is written', async () => {
  const receiver = await setUp();
  expect(await post(receiver.url.replace('http:', 'HTTP:'))).toEqual({ kind: 'taken' });
  // Nobody speaks TLS there: the receiver hears nothing.
  expect(await post(receiver.url.replace('http:', 'HTTPS:'))).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/SSL|EPROTO/),
  });
  expect(receiver.got).toHaveLength(1);
});

test('what cannot even be begun is a failure', async () => {
  const receiver = await setUp();
  const broken = { headers: { 'webhook-id': 'a\nb' }, body: '{}' };
  expect(await postWebhook(receiver.url, broken, here, new AbortController().signal, limits)).toEqual({
    kind: 'failed',
    reason: 'ERR_INVALID_CHAR',
  });
});

test('a process that stops lets go of it', async () => {
  const receiver = await setUp(never);
  const stopping = new AbortController();
  const posted = post(receiver.url, here, stopping.signal);
  await receiver.hasGot(1);
  stopping.abort();
  expect(await posted).toEqual({ kind: 'stopped' });
});

test('a name that has become private since it was checked is not called', async () => {
  const receiver = await setUp();
  const asked: string[] = [];
  const resolve: Resolve = (host, _options, callback) => {
    asked.push(host);
    callback(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  const url = `https://cmms.example.com:${receiver.port}/hook`;
  expect(await post(url, { allowPrivate: false, resolve })).toEqual({
    kind: 'failed',
    reason: 'the name has no public address',
  });
  // Allowed, the same name leads there: it is the rule that keeps it away.
  expect(await post(url.replace('https', 'http'), { allowPrivate: true, resolve })).toEqual({
    kind: 'taken',
  });
  expect(asked).toEqual(['cmms.example.com', 'cmms.example.com']);
  expect(receiver.got).toHaveLength(1);
});

test('an address that was allowed once is not called when it no longer is', async () => {
  const receiver = await setUp();
  for (const url of [
    receiver.url,
    `https://127.0.0.1:${receiver.port}/`,
    `https://localhost:${receiver.port}/`,
  ]) {
    expect(await post(url, { allowPrivate: false })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^the address must/),
    });
  }
  expect(receiver.got).toEqual([]);
});
