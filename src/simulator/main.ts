import { serve } from '@hono/node-server';
import { createSimulatorApp } from './app.tsx';
import { createSimulator } from './engine.ts';

const env = process.env;
const host = env.HOST ?? '127.0.0.1';
const port = Number(env.PORT ?? 3001);
const target = (env.TARGET ?? 'http://localhost:3000').replace(/\/+$/, '');
const accountSid = env.TWILIO_ACCOUNT_SID ?? `AC${'5'.repeat(32)}`;
const authToken = env.TWILIO_AUTH_TOKEN ?? 'simulated-auth-token';
const from = `whatsapp:${(env.WHATSAPP_FROM_NUMBER ?? '+14155238886').replace(/^whatsapp:/, '')}`;

const smsFrom = env.SMS_FROM_NUMBER ?? '+14155550100';

const phones = [
  { address: 'whatsapp:+12025550101', name: 'Ana Souza' },
  { address: 'whatsapp:+12025550102', name: 'Ben Carter' },
  { address: 'whatsapp:+12025550103', name: 'Chloé Martin' },
];

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

if (!Number.isInteger(port) || port < 0 || port > 65_535)
  fail(`PORT is "${env.PORT}": it must be a number from 0 to 65535.`);
if (!/^https?:$/.test(URL.canParse(target) ? new URL(target).protocol : ''))
  fail(`TARGET is "${target}": it must be the product's address, like http://localhost:3000.`);

const simulator = createSimulator({
  accountSid,
  authToken,
  from,
  smsFrom,
  incomingUrl: `${target}/api/whatsappwebhook/incoming`,
  phones,
});

const server = serve({ fetch: createSimulatorApp(simulator).fetch, hostname: host, port }, (address) => {
  const url = `http://${host === '127.0.0.1' ? 'localhost' : host}:${address.port}`;
  simulator.apiBaseUrl = url;
  console.log(`The phones are at ${url}; what they send goes to ${target}.
${env.TARGET ? '' : 'For a product elsewhere, start this with TARGET=http://localhost:4000 or wherever it is.\n'}
Start the product with:
  PUBLIC_BASE_URL=${target}
  TWILIO_API_BASE_URL=${url}
  TWILIO_ACCOUNT_SID=${accountSid}
  TWILIO_AUTH_TOKEN=${env.TWILIO_AUTH_TOKEN === undefined ? authToken : '(the one this process has)'}
  WHATSAPP_FROM_NUMBER=${from}
  SMS_FROM_NUMBER=${smsFrom}

and register these phones as technicians:
${phones.map(({ address, name }) => `  ${address.replace('whatsapp:', '')}  ${name}`).join('\n')}`);
});

server.on('error', (error: NodeJS.ErrnoException) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is taken. Stop what listens there, or set PORT to another one.`
      : `Cannot listen on ${host}:${port}: ${error.message}`,
  ),
);

const stop = async () => {
  server.close();
  await simulator.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
