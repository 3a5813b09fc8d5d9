import { randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { chains } from '../../jobs/chains.ts';
import { deliveryStatus } from '../../jobs/delivery-status.ts';
import { inbound } from '../../jobs/inbound.ts';
import type { OutboundDeps } from '../../jobs/outbound.ts';
import { resolveAlert } from '../../src/cmms/change-alert.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { encrypt, sha256 } from '../../src/crypto.ts';
import { followOverdue } from '../../src/messaging/overdue.ts';
import type { Outcome } from '../../src/messaging/provider.ts';
import { settleUnclear } from '../../src/messaging/reconcile.ts';
import { recordAccepted, recordOutcome } from '../../src/messaging/record.ts';
import { takeDue } from '../../src/messaging/take.ts';
import type { StoredChannel } from '../../src/store/channels.ts';
import type { Tx } from '../../src/store/store.ts';
import { newSid, type useOutbox } from '../messaging/outbox-stage.ts';
import { withDatabase } from '../support/postgres.ts';
import { testSecretKey } from '../support/tenant.ts';
import { faultsOfTurns, type Setting, type Turn, type World } from './model.ts';
import { witness } from './witness.ts';

export class Died extends Error {}
type Channel = Awaited<ReturnType<ReturnType<typeof useOutbox>['channel']>>;
type Deps = OutboundDeps & { mustWaitForSpill: () => Promise<boolean> };

/** A worker whose transaction of that number, counted from now, is its last: before its commit, or after it. */
export const mortal = (deps: Deps, { at, committed }: { at: number; committed: boolean }): Deps => {
  let left = at;
  const tenant = async <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
    if (left <= 0) throw new Died();
    const result = await deps.store.tenant(tenantId, async (tx) => {
      const done = await work(tx);
      left -= 1;
      if (left === 0 && !committed) throw new Died();
      return done;
    });
    if (left <= 0) throw new Died();
    return result;
  };
  return { ...deps, store: { ...deps.store, tenant } };
};

/** `A-1` and `p1` are the ones of that number. */
const number = (externalId: string) => Number(externalId.replace(/\D+/, ''));

let watching: Promise<pg.Pool> | null = null;
afterAll(async () => (await watching)?.end());

/** Asks past all rules, in a database that is watched. */
const watch = async (databaseUrl: string) => {
  watching ??= (async () => {
    const name = new URL(databaseUrl).pathname.slice(1);
    const pool = new pg.Pool({ connectionString: withDatabase(inject('postgresUrl'), name), max: 4 });
    // The database may be gone before its last connection is.
    pool.on('error', () => {});
    await pool.query(witness);
    return pool;
  })();
  const pool = await watching;
  return async (text: string, values: unknown[]) => (await pool.query(text, values)).rows;
};

/** A tenant with people and a chain as told, and everything that can happen to its alerts. */
export const setModelStage = async (on: Channel, setting: Setting) => {
  const { tenantId, store } = on;
  const query = await watch(on.databaseUrl);

  const people = setting.people.map((person, number) => ({
    ...person,
    id: randomUUID(),
    externalId: `p${number}`,
    phone: `+1202555${1000 + number}`,
  }));
  const smsChannel: Omit<StoredChannel, 'createdAt' | 'retiredAt'> = {
    id: randomUUID(),
    way: 'sms',
    provider: 'simulator',
    address: `+1415${randomInt(1_000_000, 9_999_999)}`,
    accountSid: `AC${'0'.repeat(32)}`,
    credentials: encrypt(JSON.stringify({ authToken: 'test-token' }), testSecretKey),
    messagingServiceSid: null,
    messagesPerSecond: 1000,
  };
  const externalIds = (numbers: number[]) => numbers.map((number) => people[number]!.externalId);
  await store.tenant(tenantId, async (tx) => {
    await tx.channels.save(smsChannel, new Date());
    for (const { id, externalId, role, ways, phone } of people) {
      await tx.technicians.insert({
        ...{ id, externalId, name: `Person ${externalId}`, phone: null, email: null, role, locale: null },
        ...{ timeZone: null, supervisorId: null, active: true, preferences: {}, lastSeenAt: null },
      });
      await tx.technicians.setAddresses(
        id,
        ways.map((kind) => ({ kind, value: phone, active: true })),
      );
    }
    const assetId = randomUUID();
    await tx.assets.insert({ id: assetId, code: 'P-1', name: 'Pump', location: null });
    await tx.assets.setResponsible(
      assetId,
      setting.responsible.map((number) => people[number]!.id),
    );
    const steps = setting.steps.map((step) => ({
      ...step,
      notify: step.notify.map((whom) => (typeof whom === 'number' ? people[whom]!.externalId : whom)),
    }));
    await tx.settings.save({
      onCall: externalIds(setting.onCall),
      escalation: { critical: steps, high: steps },
      fallbackSeconds: 60,
    });
  });
  for (const [number, { under }] of setting.people.entries()) {
    if (under === number || !people[under]) continue;
    await query('UPDATE technician SET supervisor_id = $1 WHERE id = $2', [
      people[under].id,
      people[number]!.id,
    ]);
  }
  const channels = await store.tenant(tenantId, (tx) => tx.channels.list());

  const deps: Deps = { ...on.deps, now: () => new Date(), mustWaitForSpill: async () => false };
  const inOne = <T>(by: Deps, work: (tx: Tx) => Promise<T>) => by.store.tenant(tenantId, work);

  const raise = (by: Deps, number: number) =>
    inOne(by, async (tx) => {
      const facts = await readFacts(tx, by, { kind: 'cmms', id: null });
      const { severity, recipients } = setting.alerts[number]!;
      const fields = {
        externalId: `A-${number}`,
        asset: 'P-1',
        message: `Bearing ${number} is hot`,
        severity,
        recipients: recipients.length > 0 ? externalIds(recipients) : undefined,
      };
      await raiseAlert(tx, fields, facts, collectFaults());
    });

  const resolve = (by: Deps, number: number) =>
    inOne(by, async (tx) => {
      const known = await tx.alerts.find(`A-${number}`);
      if (!known) return;
      const alert = (await tx.alerts.lock([known.id])).get(known.id)!;
      const facts = await readFacts(tx, by, { kind: 'cmms', id: null });
      await resolveAlert(tx, alert, { note: null }, facts);
    });

  const heard = new Set<string>();
  const say = async (by: Deps, who: number, text: string) => {
    const person = people[who]!;
    const way = person.ways[0];
    if (!way) return;
    const channel = channels.find((each) => each.way === way)!;
    const address = way === 'sms' ? person.phone : `whatsapp:${person.phone}`;
    const sid = newSid();
    const form = new URLSearchParams({
      ...{ MessageSid: sid, AccountSid: channel.accountSid, From: address, To: channel.address },
      ...{ Body: text, NumMedia: '0' },
    });
    const [row] = await store.gate.storeInbound([
      {
        ...({
          kind: 'message',
          tenantId,
          channelId: channel.id,
          id: randomUUID(),
          key: sha256(sid),
        } as const),
        ...({ raw: Buffer.from(form.toString()), source: 'webhook', status: 'received' } as const),
        ...{ receivedAt: null, way, address, userId: null, providerId: sid, attemptId: null },
      },
    ]);
    heard.add(row!.conversationId!);
    await inbound(by)({ tenantId, id: row!.conversationId! });
  };

  /** What a worker that died has left unread. */
  const listen = async () => {
    for (const id of heard) await inbound(deps)({ tenantId, id });
  };

  /** Sends what is due once, on every channel; `ends`: how the calls end, `during`: what happens in the first one. */
  const send = async (by: Deps, ends: Outcome[] = [], during: () => Promise<void> = async () => {}) => {
    const outcomes = [...ends];
    let meanwhile: (() => Promise<void>) | null = during;
    for (const channel of channels) {
      const { taken } = await inOne(by, (tx) => takeDue(tx, by, channel.id, 50, by.timing));
      for (const { attemptId, messageId, tries } of taken) {
        await meanwhile?.();
        meanwhile = null;
        const attempt = { id: attemptId, messageId, channelId: channel.id, tries };
        const outcome = outcomes.shift() ?? { kind: 'accepted', id: newSid() };
        if (outcome.kind === 'accepted')
          await inOne(by, (tx) => recordAccepted(tx, attempt, newSid(), 'answer', by.timing));
        else await inOne(by, (tx) => recordOutcome(tx, by, attempt, outcome, by.timing));
      }
    }
    await meanwhile?.();
  };

  /** Looks after what has no clear outcome and what has not arrived in time. */
  const lookAfter = async (by: Deps) => {
    for (const channel of channels) {
      await settleUnclear(by, tenantId, channel, on.provider.provider, by.timing);
      await followOverdue(by, tenantId, channel.id);
    }
  };

  const timers = async (by: Deps) => {
    const due = await query(
      'SELECT id FROM chain WHERE tenant_id = $1 AND next_at <= clock_timestamp() ORDER BY id',
      [tenantId],
    );
    for (const { id } of due) await chains(by)({ tenantId, id });
  };

  /** Rings for every chain, whether its time has come or not. */
  const ringAnyway = async (by: Deps) => {
    for (const { id } of await query('SELECT id FROM chain WHERE tenant_id = $1 ORDER BY id', [tenantId]))
      await chains(by)({ tenantId, id });
  };

  /** A callback of the provider about one of the messages that were sent. */
  const report = async (by: Deps, which: number, status: 'delivered' | 'read' | 'undelivered') => {
    const sent = await query(
      `SELECT id, provider_id, channel_id FROM attempt WHERE tenant_id = $1 AND provider_id IS NOT NULL
         AND status IN ('accepted', 'sent', 'delivered') ORDER BY sending_at DESC, id LIMIT 12`,
      [tenantId],
    );
    const attempt = sent[which % Math.max(1, sent.length)];
    if (!attempt) return;
    await on.callback({
      ...{ channelId: attempt.channel_id, attemptId: attempt.id, providerId: attempt.provider_id, status },
      ...(status === 'undelivered' ? { errorCode: '30003' } : {}),
    });
    await deliveryStatus(by)({ tenantId, id: attempt.channel_id });
  };

  const pass = async (seconds: number) => {
    await query('SELECT pass($1, $2)', [tenantId, seconds]);
  };

  const world = async (): Promise<World> => {
    const rows = await query(
      `SELECT a.external_id, a.state, t.external_id AS responder, c.step, c.turn, c.next_at IS NOT NULL AS runs,
         coalesce(c.next_at <= clock_timestamp(), false) AS due, jsonb_array_length(c.steps) AS steps,
         (SELECT coalesce(jsonb_agg(DISTINCT q.external_id), '[]') FROM page p
          JOIN technician q ON q.tenant_id = p.tenant_id AND q.id = p.technician_id
          WHERE p.tenant_id = a.tenant_id AND p.chain_id = c.id) AS may_know,
         (SELECT coalesce(jsonb_agg(DISTINCT q.external_id), '[]') FROM page p
          JOIN technician q ON q.tenant_id = p.tenant_id AND q.id = p.technician_id
          JOIN message m ON m.tenant_id = p.tenant_id AND (m.id = p.message_id OR m.fallback_of = p.message_id)
          JOIN attempt s ON s.tenant_id = m.tenant_id AND s.message_id = m.id
            AND s.status IN ('accepted', 'sent', 'delivered', 'read')
          WHERE p.tenant_id = a.tenant_id AND p.chain_id = c.id) AS knows,
         -- Those that tell of others as well may go.
         (SELECT count(*)::int FROM page p
          JOIN message m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
            AND m.due_at IS NOT NULL AND m.status = 'queued' AND m.fallback_of IS NULL AND NOT EXISTS (
              SELECT FROM message_alert r JOIN alert o ON o.tenant_id = r.tenant_id AND o.id = r.alert_id
              WHERE r.tenant_id = p.tenant_id AND r.message_id = p.message_id AND o.state = 'open')
          WHERE p.tenant_id = a.tenant_id AND p.chain_id = c.id) AS waiting
       FROM alert a JOIN chain c ON c.tenant_id = a.tenant_id AND c.alert_id = a.id
       LEFT JOIN technician t ON t.tenant_id = a.tenant_id AND t.id = a.responder_id
       WHERE a.tenant_id = $1`,
      [tenantId],
    );
    return setting.alerts.map((_, n) => {
      const row = rows.find((each) => each.external_id === `A-${n}`);
      if (!row) return null;
      const { state, step, turn, steps, runs, due } = row;
      return {
        ...{ state, step, turn, steps, runs, due },
        responder: row.responder === null ? null : number(row.responder),
        knows: row.knows.map(number).sort(),
        mayKnow: withSupervisors(row.may_know.map(number)),
        waiting: row.waiting,
      };
    });
  };

  // What his people were paged for, a supervisor may answer.
  const withSupervisors = (numbers: number[]): number[] => [
    ...new Set(numbers.flatMap((each) => [each, setting.people[each]!.under])),
  ];

  const turns = async (): Promise<Turn[]> =>
    (
      await query(
        `SELECT a.external_id, p.turn, p.step, max(q.external_id) AS asked_by, array_agg(t.external_id ORDER BY t.external_id) AS people,
           coalesce(bool_or(e.id IS NOT NULL), false) AS released, coalesce(bool_or(e.undoes IS NOT NULL), false) AS undone
         FROM page p JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id
         JOIN alert a ON a.tenant_id = c.tenant_id AND a.id = c.alert_id
         JOIN technician t ON t.tenant_id = p.tenant_id AND t.id = p.technician_id
         LEFT JOIN technician q ON q.tenant_id = p.tenant_id AND q.id = p.asked_by
         LEFT JOIN event e ON e.tenant_id = p.tenant_id AND e.alert_id = a.id AND e.type = 'alert.released'
           AND EXISTS (SELECT FROM seen_row r JOIN seen_row s ON s.tenant_id = r.tenant_id AND s.xid = r.xid
             WHERE r.tenant_id = $1 AND r.kind = 'page' AND r.id = p.id AND s.kind = 'event' AND s.id = e.id)
         WHERE p.tenant_id = $1 GROUP BY a.external_id, p.turn, p.step ORDER BY a.external_id, p.turn`,
        [tenantId],
      )
    ).map(({ external_id, turn, step, asked_by, people, released, undone }) => ({
      ...{ alert: number(external_id), turn, step, people: people.map(number), released, undone },
      askedBy: asked_by === null ? null : number(asked_by),
    }));

  const seen = async (): Promise<string[]> => [
    ...(await query('SELECT * FROM faults($1)', [tenantId])).map(({ fault, what }) => `${fault} (${what})`),
    ...faultsOfTurns(setting, await turns()),
  ];

  /** Works until nothing is left to do at once; what it meets then is all sent. */
  const settle = async () => {
    await listen();
    for (let round = 0; round < 20; round++) {
      await lookAfter(deps);
      await timers(deps);
      await send(deps);
      const [next] = await query(
        `SELECT extract(epoch FROM min(at) - clock_timestamp())::float8 AS seconds FROM (
           SELECT due_at AS at FROM message WHERE tenant_id = $1
           UNION ALL SELECT next_at FROM chain WHERE tenant_id = $1 AND next_at <= clock_timestamp()) AS due`,
        [tenantId],
      );
      // What is gathered waits for half a minute; what waits for longer is another matter.
      if (next!.seconds === null || next!.seconds > 40) return;
      // What is due and does not go waits for one under way, of which somebody must find out what became of it.
      await pass(next!.seconds > 0 ? next!.seconds + 0.01 : 30);
    }
    throw new Error('it never comes to rest');
  };

  /** What a chain that runs does when its time has come: the faults of what it leaves undone. */
  const goOn = async (): Promise<string[]> => {
    const before = await world();
    const [next] = await query(
      'SELECT extract(epoch FROM max(next_at) - clock_timestamp())::float8 AS seconds FROM chain WHERE tenant_id = $1',
      [tenantId],
    );
    if (next!.seconds === null) return [];
    await pass(Math.max(0, next!.seconds) + 0.01);
    await timers(deps);
    return (await world()).flatMap((alert, n) => {
      const earlier = before[n];
      if (!alert || !earlier?.runs) return [];
      return alert.turn > earlier.turn || !alert.runs ? [] : [`the chain of alert ${n} stands still`];
    });
  };

  /** ESCALATE of whoever was told of no alert calls for help about an order: another matter, with chains of its own. */
  const forgetCalls = async () => {
    await query(
      `UPDATE chain SET ended = 'withdrawn', next_at = NULL WHERE tenant_id = $1 AND kind <> 'alert.raised'`,
      [tenantId],
    );
    await query(
      `UPDATE message SET status = 'cancelled', due_at = NULL, fallback_at = NULL, fallback_seconds = NULL
       WHERE tenant_id = $1 AND kind = 'work-order.escalated' AND status = 'queued'`,
      [tenantId],
    );
  };

  /** Nothing of it is worked on any more, so that others' tests are not held up. */
  const leave = async () => {
    await query('UPDATE message SET due_at = NULL, fallback_at = NULL WHERE tenant_id = $1', [tenantId]);
  };

  return {
    deps,
    people,
    query,
    tenantId,
    ...{ raise, resolve, say, listen, send, lookAfter, timers, ringAnyway, report, pass },
    ...{ world, turns, seen, settle, goOn, forgetCalls, leave },
  };
};
