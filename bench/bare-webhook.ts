import { serve } from '@hono/node-server';
import { Queue } from 'bullmq';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import twilio from 'twilio';

// What one would write first: check the signature, add a job, answer.
const { PORT, REDIS_URL, AUTH_TOKEN } = process.env;
const queue = new Queue('bare-webhook', { connection: new Redis(REDIS_URL!) });
await queue.waitUntilReady();

const app = new Hono();
app.post('/incoming', async (c) => {
  const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
  const signature = c.req.header('X-Twilio-Signature') ?? '';
  if (!twilio.validateRequest(AUTH_TOKEN!, signature, c.req.url, form)) return c.text('Forbidden', 403);
  await queue.add('message', form);
  return c.body('<?xml version="1.0" encoding="UTF-8"?><Response/>', 200, { 'Content-Type': 'text/xml' });
});
serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () => process.send!('ready'));
