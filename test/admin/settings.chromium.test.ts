import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { createSimulatorApp } from '../../src/simulator/app.tsx';
import { createSimulator, type Simulator } from '../../src/simulator/engine.ts';
import { useChromium } from './chromium.ts';

const accountSid = `AC${'c'.repeat(32)}`;
const authToken = 'the-right-token-of-the-account';
const from = '+14155238886';
const ana = '+12025550101';

let simulator: Simulator;
let twilio: Server;
const chromium = useChromium(async () => {
  const port = await findFreePort();
  const publicBaseUrl = `http://127.0.0.1:${port}`;
  simulator = createSimulator({
    ...{ accountSid, authToken, from: `whatsapp:${from}` },
    incomingUrl: `${publicBaseUrl}/api/whatsappwebhook/incoming`,
    phones: [{ address: `whatsapp:${ana}`, name: 'Ana Souza' }],
    callbackDelaysMs: { sent: 300, delivered: 300, read: 300 },
    readReceipts: 'manual',
  });
  twilio = serve({ fetch: createSimulatorApp(simulator).fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  if (!twilio.listening) await new Promise((listening) => twilio.once('listening', listening));
  const { port: twilioPort } = twilio.address() as { port: number };
  simulator.apiBaseUrl = `http://127.0.0.1:${twilioPort}`;
  // No account: it is set up in the panel.
  const env = { PUBLIC_BASE_URL: publicBaseUrl, TWILIO_API_BASE_URL: simulator.apiBaseUrl };
  return { port, env };
});
afterAll(async () => {
  await simulator?.close();
  twilio?.close();
});

const selfTest = async (page: Page) => {
  await page.getByRole('link', { name: 'Self-test' }).click();
  await page.getByRole('button', { name: 'Start the self-test' }).click();
};

test('Twilio is set up, the self-test fails and then passes, and the ticks of a test message turn', async () => {
  const { product, apiKey } = chromium;
  const { page, complaints, look } = await chromium.open('/admin/settings/channel', {
    ...{ width: 1280, looksAt: [360] },
  });
  await page.getByRole('heading', { name: 'Sender', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await look('first-steps');
  await page.getByRole('link', { name: 'Set up the sender' }).click();
  expect(await page.getByLabel('When a message comes in', { exact: true }).inputValue()).toContain(
    '/api/whatsappwebhook/incoming',
  );
  await page.getByRole('button', { name: 'Copy: When a message comes in' }).waitFor();
  await page.getByRole('textbox', { name: 'Sender', exact: true }).fill(from);
  await page.getByLabel('Account SID').fill(accountSid);
  await page.getByLabel('Auth token', { exact: true }).fill('the-wrong-token-of-the-account');
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByText('The sender is saved.').waitFor();

  await selfTest(page);
  await page.getByText('Twilio refuses the account SID with this auth token.').waitFor();
  await page.getByRole('heading', { name: /^\d problems$/, level: 2 }).waitFor();
  // The address does not need Twilio.
  await page.getByText('Messages signed like Twilio’s came through').waitFor();

  await page.getByRole('link', { name: 'Sender', exact: true }).click();
  await page.getByLabel('Auth token', { exact: true }).fill(authToken);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The sender is saved.').waitFor();
  await selfTest(page);
  await page.getByRole('heading', { name: 'Everything is as it should be' }).waitFor();

  const saved = await product.call(apiKey, 'PUT', '/technicians/ana', { name: 'Ana Souza', phone: ana });
  expect(saved.status).toBe(201);
  await page.getByRole('link', { name: 'Test message' }).click();
  await page.getByRole('combobox', { name: 'To' }).fill('ana');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const tick = (step: string) => page.locator('.steps .reached', { hasText: step }).first();
  for (const step of ['queued', 'accepted', 'sent', 'delivered']) await tick(step).waitFor();
  expect(await page.locator('.steps .reached').count()).toBe(4);
  simulator.reads(`whatsapp:${ana}`);
  await tick('read').waitFor();
  expect(simulator.sentTo(`whatsapp:${ana}`).map(({ text }) => text)).toEqual([
    expect.stringContaining('test message'),
  ]);

  // Each page on a phone, too.
  for (const name of [
    '',
    'channel',
    'check',
    'test-message',
    'rules',
    'templates',
    'api-keys',
    'webhook-endpoints',
  ]) {
    await page.goto(`${product.url}/admin/settings/${name}`.replace(/\/$/, ''));
    await look(`settings-${name || 'all'}`);
  }
  expect(complaints).toEqual([]);
});
