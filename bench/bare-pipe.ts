import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import twilio from 'twilio';
import { account } from './account.ts';

// What one would write first: a job that works, a job that sends. As many at once as the service's own queues.
const commandsAtOnce = 16;
const sendsAtOnce = 200;

const { REDIS_URL, TWILIO_API_BASE_URL } = process.env;
const connection = new Redis(REDIS_URL!, { maxRetriesPerRequest: null });
const client = twilio(account.accountSid, account.authToken);
client.api.baseUrl = TWILIO_API_BASE_URL!;

const sends = new Queue('bare-second', { connection });
const workers = [
  new Worker(
    'bare-first',
    async ({ data: { to, body } }) => {
      const text = new URLSearchParams(body).get('Body') ?? '';
      await sends.add('send', { to, text: `Noted: ${text}` }, { removeOnComplete: true });
    },
    { connection, concurrency: commandsAtOnce },
  ),
  new Worker(
    'bare-second',
    async ({ data: { to, text } }) => {
      const { sid } = await client.messages.create({ from: account.from, to, body: text });
      return sid;
    },
    { connection, concurrency: sendsAtOnce },
  ),
];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.send!('ready');
