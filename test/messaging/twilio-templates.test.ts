import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTwilio } from '../../src/messaging/twilio.ts';
import { accountSid, authToken, setStage } from '../simulator/stage.ts';

const proposal = {
  ...{ name: 'rbm_test_en', locale: 'en-US', body: 'Order {{1}} waits for you.', samples: ['WO-1', 'ACK'] },
  buttons: [{ title: 'Acknowledge', id: '{{2}}' }],
};
const request = { name: 'rbm_test_en', category: 'UTILITY' };

/** Templates at the simulated Twilio. */
const atSimulator = async () => {
  const { simulator, url } = await setStage();
  return { simulator, templates: createTwilio({ accountSid, authToken }, url).templates };
};

/** Templates at a Twilio that answers every call like this. */
const thatAnswers = async (status: number, type: string, body: string) => {
  const answer: RequestListener = (asked, response) => {
    asked.resume();
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createTwilio({ accountSid, authToken }, url).templates;
};

test('a template is made, submitted, and its approval followed', async () => {
  const { simulator, templates } = await atSimulator();
  const { sid } = await templates.create(proposal);
  expect(simulator.contents()).toMatchObject([
    {
      ...{ sid, friendlyName: 'rbm_test_en', language: 'en_US', variables: { 1: 'WO-1', 2: 'ACK' } },
      types: { 'twilio/quick-reply': { actions: [{ type: 'QUICK_REPLY', id: '{{2}}' }] } },
    },
  ]);
  const { body, buttons } = proposal;
  expect(await templates.content(sid!)).toEqual({ kind: 'found', content: { body, buttons } });
  expect(await templates.approval(sid!)).toMatchObject({ kind: 'found', status: 'unsubmitted' });

  expect(await templates.requestApproval(sid!, request)).toEqual({ kind: 'asked' });
  // Once more is no fault: Twilio's 92009 says that it was submitted.
  expect(await templates.requestApproval(sid!, request)).toEqual({ kind: 'asked' });
  simulator.decide(sid!, 'rejected', 'TAG_CONTENT_MISMATCH');
  expect(await templates.approval(sid!)).toEqual({
    ...{ kind: 'found', status: 'rejected', category: 'UTILITY', rejectionReason: 'TAG_CONTENT_MISMATCH' },
  });
});

test('a template without buttons is a text', async () => {
  const { templates } = await atSimulator();
  const { sid } = await templates.create({ ...proposal, samples: ['WO-1'], buttons: [] });
  expect(await templates.content(sid!)).toEqual({
    kind: 'found',
    content: { body: proposal.body, buttons: [] },
  });
});

test('a content that is gone is missing', async () => {
  const { templates } = await atSimulator();
  const gone = `HX${'0'.repeat(32)}`;
  expect(await templates.approval(gone)).toEqual({ kind: 'missing' });
  expect(await templates.content(gone)).toEqual({ kind: 'missing' });
});

describe('what is no answer about the template', () => {
  test.each([
    [404, 'text/html', 'not here', '404'],
    [503, 'text/html', '', '503'],
    [401, 'application/json', '{"code":20003,"status":401,"message":"no"}', '20003'],
  ])('%i %s says nothing of it', async (status, type, body, code) => {
    const templates = await thatAnswers(status, type, body);
    expect(await templates.approval('HX1')).toEqual({ kind: 'failed', code });
    expect(await templates.content('HX1')).toEqual({ kind: 'failed', code });
    expect(await templates.create(proposal)).toEqual({ sid: null, code });
    expect(await templates.requestApproval('HX1', request)).toEqual({ kind: 'failed', code });
  });

  test('a state with a new name is no approval', async () => {
    const told = '{"sid":"HX1","whatsapp":{"status":"limited","category":"UTILITY"}}';
    const templates = await thatAnswers(200, 'application/json', told);
    expect(await templates.approval('HX1')).toMatchObject({ kind: 'found', status: 'pending' });
  });
});
