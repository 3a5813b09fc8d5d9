import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import twilio from 'twilio';
import { onTestFinished } from 'vitest';
import { createSimulatorApp } from '../../src/simulator/app.tsx';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/engine.ts';
import type { LatestEvents } from '../../src/simulator/page/routes.tsx';

export const accountSid = `AC${'a'.repeat(32)}`;
export const authToken = 'a-token-nobody-may-see';
export const sender = 'whatsapp:+14155238886';
export const ana = 'whatsapp:+12025550101';
export const ben = 'whatsapp:+12025550102';

type Received = { url: string; form: Record<string, string>; body: string; isSigned: boolean };

/** A simulator served over HTTP, a real Twilio client for it, and a server in the product's place. */
export const setStage = async (
  options: Partial<SimulatorOptions> & { mountedAt?: string; latestEvents?: LatestEvents } = {},
) => {
  const { mountedAt = '', latestEvents, ...simulatorOptions } = options;
  const product = await startProduct();
  const simulator = createSimulator({
    accountSid,
    authToken,
    from: sender,
    incomingUrl: `${product.url}/incoming`,
    phones: [
      { address: ana, name: 'Ana Souza', userId: 'US.4102030405060708' },
      { address: ben, name: 'Ben Carter' },
    ],
    callbackDelaysMs: { sent: 0, delivered: 0, read: 0 },
    ...simulatorOptions,
  });

  const app = new Hono().route(
    mountedAt || '/',
    createSimulatorApp(simulator, { basePath: mountedAt, ...(latestEvents ? { latestEvents } : {}) }),
  );
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const url = `${urlOf(server)}${mountedAt}`;
  simulator.apiBaseUrl = url;

  onTestFinished(async () => {
    await simulator.close();
    await stop(server);
    await product.stop();
  });

  const connect = (clientOptions: { token?: string; timeout?: number } = {}) => {
    const client = twilio(accountSid, clientOptions.token ?? authToken, {
      timeout: clientOptions.timeout ?? 5000,
    });
    client.api.baseUrl = url;
    client.content.baseUrl = url;
    client.messaging.baseUrl = url;
    return client;
  };

  const send = (params: { to?: string; body?: string; from?: string }) =>
    connect().messages.create({
      to: ana,
      from: sender,
      body: 'hello',
      statusCallback: `${product.url}/status?a=1`,
      ...params,
    });

  /** The refusal the client throws. */
  const refusalOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown as { status?: number; code: number | string; message: string },
    );
    if (!error) throw new Error('it was not refused');
    return error;
  };

  return { simulator, product, url, connect, send, refusalOf };
};

const startProduct = async () => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const form = Object.fromEntries(new URLSearchParams(body));
    const url = `${urlOf(server)}${request.url}`;
    const signature = String(request.headers['x-twilio-signature']);
    received.push({
      url: request.url!,
      form,
      body,
      isSigned: twilio.validateRequest(authToken, signature, url, form),
    });
    if (product.status !== 'silent') response.writeHead(product.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const product = {
    url: urlOf(server),
    /** What it answers, if anything. */
    status: 200 as number | 'silent',
    received,
    statuses: () =>
      received.filter(({ url }) => url.startsWith('/status')).map(({ form }) => form.MessageStatus),
    stop: () => stop(server),
  };
  return product;
};

const textOf = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const stop = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
