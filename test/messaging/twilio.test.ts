import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Outcome, Outgoing } from '../../src/messaging/provider.ts';
import { toQuickReply } from '../../src/messaging/quick-replies.ts';
import { createTwilio } from '../../src/messaging/twilio.ts';
import { accountSid, ana, authToken, ben, sender, setStage } from '../simulator/stage.ts';

const text = 'Seal of pump 3 replaced, door code 4711';

const outgoing = (fields: Partial<Outgoing> = {}): Outgoing => ({
  from: sender,
  to: ana,
  text,
  content: null,
  messagingServiceSid: null,
  statusCallback: 'http://127.0.0.1:9/api/whatsappwebhook/status?a=1',
  messageId: 'message-1',
  orderNumber: null,
  at: new Date(0),
  ...fields,
});

/** A provider whose API answers every call like this. */
const twilioThat = async (answer: RequestListener) => {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => close(server));
  return createTwilio(
    { accountSid, authToken },
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
};

const close = (server: Server) =>
  new Promise<void>((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });

const answers =
  (status: number, type: string, body: string): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': type }).end(body);
  };

/** What leaves the provider for logs and pages must hold neither credentials nor what was written to whom. */
const expectDiscreet = (outcome: Outcome) => {
  const told = JSON.stringify(outcome);
  for (const secret of [authToken, 'sk-secret', accountSid, text, '4711', '2025550101', 'Basic ']) {
    expect(told).not.toContain(secret);
  }
};

describe('how a call ends', () => {
  test('taken: with the id', async () => {
    const { simulator, url } = await setStage();
    const outcome = await createTwilio({ accountSid, authToken }, url).send(outgoing());
    expect(outcome).toEqual({ kind: 'accepted', id: expect.stringMatching(/^SM[0-9a-f]{32}$/) });
    await simulator.settled();
    expect(simulator.sentTo(ana)).toMatchObject([{ text, sid: (outcome as { id: string }).id }]);
  });

  test('through a messaging service, which picks the sender', async () => {
    const { simulator, url } = await setStage();
    const messagingServiceSid = `MG${'1'.repeat(32)}`;
    const twilio = createTwilio({ accountSid, authToken }, url);
    expect(await twilio.send(outgoing({ messagingServiceSid }))).toMatchObject({ kind: 'accepted' });
    await simulator.settled();
    expect(simulator.sentTo(ana)).toHaveLength(1);
  });

  test('it calls back where it was told', async () => {
    const { simulator, url, product } = await setStage();
    const statusCallback = `${product.url}/status?a=attempt-1`;
    await createTwilio({ accountSid, authToken }, url).send({ ...outgoing(), statusCallback });
    await simulator.settled();
    expect(product.received.map((callback) => [callback.url, callback.isSigned])).toEqual(
      product.received.map(() => ['/status?a=attempt-1', true]),
    );
    expect(product.statuses()).toEqual(['sent', 'delivered', 'read']);
  });

  test.each([
    { fault: 'too-many-requests', code: '20429', next: 'retry' },
    { fault: 'refuse', refusal: 21211, code: '21211', next: 'stop' },
    { fault: 'refuse', refusal: 21610, code: '21610', next: 'stop' },
    { fault: 'refuse', refusal: 63007, code: '63007', next: 'fix' },
    { fault: 'refuse', refusal: 63038, code: '63038', next: 'retry' },
    { fault: 'refuse', refusal: 21999, code: '21999', next: 'fix' },
  ] as const)('refused with $code: $next', async ({ fault, code, next, ...more }) => {
    const { simulator, url } = await setStage();
    simulator.fault(fault, { by: 'post', ...('refusal' in more ? { code: more.refusal } : {}) });
    const outcome = await createTwilio({ accountSid, authToken }, url).send(outgoing());
    expect(outcome).toEqual({ kind: 'refused', code, text: expect.stringMatching(/^\S+ \S+/), next });
    expectDiscreet(outcome);
    expect(simulator.chat(ana)).toEqual([]);
    expect(simulator.requests()).toHaveLength(1);
  });

  test("refused credentials are not the message's fault: once more after a pause", async () => {
    const { url } = await setStage();
    const outcome = await createTwilio({ accountSid, authToken: 'wrong-token' }, url).send(outgoing());
    expect(outcome).toMatchObject({ kind: 'refused', code: '20003', next: 'retry' });
    expect((outcome as { pauseMs: number }).pauseMs).toBeGreaterThanOrEqual(10_000);
    expect(JSON.stringify(outcome)).not.toContain('wrong-token');
  });

  test.each(['error-after-accepting', 'connection-reset-after-accepting'] as const)(
    '%s: unclear, and it was taken',
    async (fault) => {
      const { simulator, url } = await setStage();
      simulator.fault(fault);
      const outcome = await createTwilio({ accountSid, authToken }, url).send(outgoing());
      expect(outcome).toEqual({ kind: 'unclear', text: expect.stringContaining('no clear answer') });
      expectDiscreet(outcome);
      await simulator.settled();
      // Once: the client does not try again by itself.
      expect(simulator.sentTo(ana)).toHaveLength(1);
      expect(simulator.requests()).toHaveLength(1);
    },
  );

  test('a connection nobody takes is a refusal for now', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    await close(server);
    const outcome = await createTwilio({ accountSid, authToken }, `http://127.0.0.1:${port}`).send(
      outgoing(),
    );
    expect(outcome).toEqual({ kind: 'refused', code: null, text: expect.any(String), next: 'retry' });
    expectDiscreet(outcome);
  });

  const html = `<html><body>Service unavailable ${authToken}</body></html>`;
  test.each<{ what: string; answer: RequestListener }>([
    { what: 'an HTML 503', answer: answers(503, 'text/html', html) },
    { what: 'a 502 without a body', answer: answers(502, 'text/plain', '') },
    { what: 'a 500 with a code', answer: answers(500, 'application/json', '{"code":20500,"status":500}') },
    { what: 'a 400 without a code', answer: answers(400, 'text/html', html) },
    { what: 'a 401 without a code', answer: answers(401, 'text/html', html) },
    { what: 'a 201 without an id', answer: answers(201, 'application/json', '{}') },
    { what: 'a 201 that is no JSON', answer: answers(201, 'text/html', html) },
    {
      what: 'half an answer',
      answer: (_, response) => {
        response.writeHead(201, { 'content-length': '100' });
        response.write('{"sid":', () => response.destroy());
      },
    },
    { what: 'a connection closed without an answer', answer: (request) => request.socket.destroy() },
  ])('$what: unclear', async ({ answer }) => {
    const outcome = await (await twilioThat(answer)).send(outgoing());
    expect(outcome).toMatchObject({ kind: 'unclear' });
    expectDiscreet(outcome);
  });

  test('a 429 that is no JSON is still a refusal for now', async () => {
    const twilio = await twilioThat(answers(429, 'text/html', html));
    expect(await twilio.send(outgoing())).toMatchObject({ kind: 'refused', code: '20429', next: 'retry' });
  });
});

test('an API key is used instead of the token, which only verifies', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization, request.url);
    answers(201, 'application/json', '{"sid":"SM1"}')(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => close(server));
  const account = { accountSid, authToken, apiKeySid: `SK${'1'.repeat(32)}`, apiKeySecret: 'sk-secret' };
  const twilio = createTwilio(account, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await twilio.send(outgoing())).toEqual({ kind: 'accepted', id: 'SM1' });
  expect(seen).toEqual([
    `Basic ${Buffer.from(`${account.apiKeySid}:sk-secret`).toString('base64')}`,
    `/2010-04-01/Accounts/${accountSid}/Messages.json`,
  ]);
});

describe('quick replies', () => {
  /** What a provider's API is asked, and an answer to all of it. */
  const recording = async (answer: RequestListener) => {
    const asked: { url: string; type: string; body: string; authorization: string }[] = [];
    const twilio = await twilioThat((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        const { 'content-type': type = '', authorization = '' } = request.headers;
        asked.push({ url: request.url!, type, body, authorization });
        answer(request, response);
      });
    });
    return { asked, twilio };
  };
  const { definition, variables } = toQuickReply(`WO-1\n\n${text}`, [
    { title: 'Start', id: 'rbm1.a' },
    { title: 'Help', id: 'rbm1.b' },
  ])!;

  test('their content is made from its definition, with a sample for each variable', async () => {
    const { asked, twilio } = await recording(answers(201, 'application/json', '{"sid":"HX1"}'));
    expect(await twilio.createContent('rbm quick reply 1', definition)).toEqual({ sid: 'HX1' });
    expect(asked).toMatchObject([{ url: '/v1/Content', type: 'application/json' }]);
    expect(asked[0]!.authorization).toMatch(/^Basic /);
    expect(JSON.parse(asked[0]!.body)).toEqual({
      friendly_name: 'rbm quick reply 1',
      language: 'en',
      variables: { 1: '-', 2: '-', 3: '-', 4: '-' },
      types: {
        'twilio/quick-reply': {
          body: '{{1}}\n\n{{2}}',
          actions: [
            { type: 'QUICK_REPLY', title: 'Start', id: '{{3}}' },
            { type: 'QUICK_REPLY', title: 'Help', id: '{{4}}' },
          ],
        },
      },
    });
  });

  test.each([
    [answers(400, 'application/json', '{"code":20001,"status":400,"message":"bad"}'), '20001'],
    [answers(404, 'text/html', ''), '404'],
    [answers(503, 'text/html', ''), '503'],
    [answers(201, 'application/json', '{}'), 'an answer without an id'],
  ])('what could not be made says why, and no more: %#', async (answer, code) => {
    const { twilio } = await recording(answer);
    expect(await twilio.createContent('rbm quick reply 1', definition)).toEqual({ sid: null, code });
  });

  test('a message goes by its content and variables, without a text', async () => {
    const { asked, twilio } = await recording(answers(201, 'application/json', '{"sid":"SM1"}'));
    await twilio.send(outgoing({ content: { sid: 'HX1', variables } }));
    const form = new URLSearchParams(asked[0]!.body);
    expect(form.get('ContentSid')).toBe('HX1');
    expect(JSON.parse(form.get('ContentVariables')!)).toEqual(variables);
    expect(form.has('Body')).toBe(false);
    expect([form.get('From'), form.get('To')]).toEqual([sender, ana]);
  });
});

describe('lists', () => {
  test('hold what was sent to one address, and not what it wrote', async () => {
    const { simulator, url, send } = await setStage();
    const twilio = createTwilio({ accountSid, authToken }, url);
    const { sid } = await send({ to: ana, body: text });
    await send({ to: ben });
    await simulator.says(ana, 'my work');
    const messagingServiceSid = `MG${'1'.repeat(32)}`;
    const viaService = await twilio.send(outgoing({ messagingServiceSid }));

    expect(await twilio.listSentTo(ana, new Date(0))).toMatchObject([
      { id: (viaService as { id: string }).id, direction: 'out', to: ana },
      { id: sid, direction: 'out', from: sender, to: ana, text, createdAt: expect.any(Date) },
    ]);
  });

  test('hold what came in for us, and not what we sent', async () => {
    const { simulator, url, send } = await setStage();
    const first = simulator.receivesButNeverTells(ana, '  seal\nreplaced ');
    const second = simulator.receivesButNeverTells(ben, 'ack');
    await send({ to: ana });
    expect(
      await createTwilio({ accountSid, authToken }, url).listReceived(sender, new Date(0)),
    ).toMatchObject([
      { id: second.sid, direction: 'in', from: ben, text: 'ack' },
      {
        id: first.sid,
        direction: 'in',
        from: ana,
        to: sender,
        text: '  seal\nreplaced ',
        status: 'received',
      },
    ]);
  });

  test('are read over all pages, as far back as asked', async () => {
    let now = new Date('2026-11-22T08:00:00Z');
    const { simulator, url } = await setStage({ now: () => now });
    const receive = (count: number) =>
      Array.from({ length: count }, (_, index) => simulator.receivesButNeverTells(ana, `text ${index}`).sid);
    receive(450);
    now = new Date('2026-11-22T09:00:00Z');
    const wanted = receive(450).reverse();

    const listed = await createTwilio({ accountSid, authToken }, url).listReceived(
      sender,
      new Date('2026-11-22T09:00:00Z'),
    );
    expect(listed.map(({ id }) => id)).toEqual(wanted);
    // The reading ends on the page where that moment is passed: 900 messages are five pages of 200.
    expect(simulator.requests()).toHaveLength(3);
  });

  test('throw when they cannot be had, rather than look empty', async () => {
    const twilio = await twilioThat(answers(503, 'text/html', ''));
    await expect(twilio.listSentTo(ana, new Date(0))).rejects.toThrow();
    await expect(twilio.listReceived(sender, new Date(0))).rejects.toThrow();
  });
});
