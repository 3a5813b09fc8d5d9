import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findFreePort } from '../src/embedded/free-port.ts';
import { account } from './account.ts';
import { addPeople, analyze, apiKey, connectAsOwner, serviceEnv } from './installation.ts';
import { type Servers, startService } from './processes.ts';

const people = 50;
const assetsOfEach = 10;
const alertCount = people * assetsOfEach;
// Others, so that the one who is paged is not held back by what he was sent before.
const remindedPeople = 500;
const remindersToEach = 40;
const perSecond = 80;
const answerMs = 150;
const deadlineMs = 180_000;

/** How long a critical alert takes from its POST to the provider, when many come at once and a row of reminders waits. */
export const measureAlerts = async (servers: Servers) => {
  console.log(
    `\n${alertCount} critical alerts raised at once for ${people} people, ${assetsOfEach} assets each, while ` +
      `${remindedPeople * remindersToEach} reminders wait on the same\nsender at ${perSecond}/s. From the request being sent to ` +
      "the provider's call of a page that carries the alert.\nOne process does everything else; the provider answers " +
      `after ${answerMs} ms. Load of the machine before: ${loadavg()[0]!.toFixed(0)}.`,
  );
  for (const backend of ['redis', 'postgres'] as const) await measureOn(servers, backend);
};

const measureOn = async (servers: Servers, backend: 'redis' | 'postgres') => {
  const database = `bench_alerts_${backend}`;
  const [port, twilioPort] = [await findFreePort(), await findFreePort()];
  const twilio = await startTwilio(twilioPort);
  const env: Record<string, string> = {
    ...(await serviceEnv(servers, { database, redisDb: backend === 'redis' ? 3 : null, port })),
    TWILIO_API_BASE_URL: `http://127.0.0.1:${twilioPort}`,
    WHATSAPP_MESSAGES_PER_SECOND: String(perSecond),
  };
  // It makes the tenant and its sender.
  await (await startService({ ...env, ROLE: 'ingress' })).stop();
  const owner = await connectAsOwner(servers, database);
  await furnish(owner);
  await analyze(servers, database);

  const service = await startService(env);
  try {
    while (twilio.calls.size < 5 * perSecond) await sleep(100);
    const [fromMs, before] = [performance.now(), twilio.calls.size];
    const posted = await Promise.all(Array.from({ length: alertCount }, (_, n) => raise(port, n)));
    const carried = await allCarried(owner, twilio.calls);
    const took = posted.map(({ externalId, sentMs }) => (carried.get(externalId) ?? Infinity) - sentMs);
    const answered = posted.map(({ sentMs, answeredMs }) => answeredMs - sentMs);
    const seconds = (performance.now() - fromMs) / 1000;
    const pages = new Set(carried.values()).size;
    console.log(`  queue on ${backend}`);
    console.log(`    POST to the provider's call: ${written(took)}`);
    const again = posted.filter(({ refused }) => refused > 0).length;
    console.log(`    POST to its answer: ${written(answered)}; ${again} of them asked again after a 503`);
    console.log(
      `    ${pages} messages carried them; ${((twilio.calls.size - before) / seconds).toFixed(1)}/s sent meanwhile, of all lanes`,
    );
  } finally {
    await Promise.all([service.stop(), owner.end()]);
    twilio.stop();
  }
};

/** A Twilio that takes every message after a while, and notes when it was asked for which attempt. */
const startTwilio = async (port: number) => {
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    const atMs = performance.now();
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    let form = '';
    request.on('data', (chunk) => {
      form += chunk;
    });
    request.on('end', () => {
      if (!request.url!.includes('/Messages.json')) return answer(404, { code: 20404, message: 'not here' });
      if (request.method === 'GET') return answer(200, { messages: [], next_page_uri: null });
      const callback = new URL(new URLSearchParams(form).get('StatusCallback')!);
      const attemptId = callback.searchParams.get('a')!;
      calls.set(attemptId, atMs);
      setTimeout(
        () => answer(201, { sid: `SM${attemptId.replaceAll('-', '')}`, status: 'queued' }),
        answerMs,
      );
    });
  });
  await new Promise<void>((listening) => void server.listen(port, '127.0.0.1', listening));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { calls, stop };
};

const furnish = async (owner: pg.Client) => {
  const [channel] = (
    await owner.query('SELECT tenant_id, id FROM channel WHERE address = $1', [account.from])
  ).rows;
  const { tenant_id: tenantId, id: channelId } = channel;
  await addPeople(owner, tenantId, people + remindedPeople);
  await owner.query(
    `WITH made AS (
       INSERT INTO asset (tenant_id, id, code, name)
       SELECT $1, gen_random_uuid(), 'PUMP-' || n, 'Pump ' || n FROM generate_series(0, $2::int - 1) AS n
       RETURNING id, substr(code, 6)::int AS n
     )
     INSERT INTO asset_responsible (tenant_id, asset_id, technician_id, position)
     SELECT $1, made.id, t.id, 0 FROM made
     JOIN technician t ON t.tenant_id = $1 AND t.external_id = 'tech-' || made.n % $3::int`,
    [tenantId, alertCount, people],
  );
  await owner.query(
    `WITH talk AS (
       INSERT INTO conversation (tenant_id, id, channel_id, technician_id)
       SELECT $1, gen_random_uuid(), $2, id FROM technician WHERE tenant_id = $1
       RETURNING id, technician_id
     ), known AS (
       INSERT INTO conversation_address (tenant_id, channel_id, address, conversation_id)
       SELECT $1, $2, 'whatsapp:' || t.phone, talk.id FROM talk
       JOIN technician t ON t.tenant_id = $1 AND t.id = talk.technician_id
     )
     INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane, status,
       text, due_at, expires_at)
     SELECT $1, gen_random_uuid(), 'out', $2, talk.id, t.id, 'whatsapp', 'message.send', 'notification', 'queued',
       'Reminder ' || n, now(), now() + interval '1 hour'
     FROM generate_series(1, $3::int) AS n, talk
     JOIN technician t ON t.tenant_id = $1 AND t.id = talk.technician_id
     WHERE substr(t.external_id, 6)::int >= $4::int`,
    [tenantId, channelId, remindersToEach, people],
  );
};

const raise = async (port: number, n: number) => {
  const externalId = `ALERT-${n}`;
  const alert = { externalId, asset: `PUMP-${n}`, message: `Bearing ${n} at 96 °C`, severity: 'critical' };
  const sentMs = performance.now();
  for (let refused = 0; ; refused++) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(alert),
    });
    const answer = await response.text();
    if (response.ok) return { externalId, sentMs, answeredMs: performance.now(), refused };
    // As a CMMS does; what it takes counts.
    if (response.status !== 503) throw new Error(`POST alerts: ${response.status} ${answer}`);
    await sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
  }
};

/** When the provider was first called with each alert, once it was with all of them. */
const allCarried = async (owner: pg.Client, calls: Map<string, number>): Promise<Map<string, number>> => {
  const givenUpMs = performance.now() + deadlineMs;
  for (;;) {
    const { rows } = await owner.query(
      `SELECT a.external_id, t.id FROM alert a
       JOIN chain c ON c.tenant_id = a.tenant_id AND c.alert_id = a.id
       JOIN page p ON p.tenant_id = c.tenant_id AND p.chain_id = c.id
       JOIN attempt t ON t.tenant_id = p.tenant_id AND t.message_id = p.message_id`,
    );
    const carried = new Map<string, number>();
    for (const { external_id: externalId, id } of rows) {
      const atMs = calls.get(id);
      if (atMs !== undefined) carried.set(externalId, Math.min(atMs, carried.get(externalId) ?? Infinity));
    }
    if (carried.size === alertCount || performance.now() > givenUpMs) return carried;
    await sleep(500);
  }
};

const written = (ms: number[]): string => {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number) => `${sorted[Math.ceil(part * sorted.length) - 1]!.toFixed(0)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, ${at(1)} at most`;
};
