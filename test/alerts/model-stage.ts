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
  const { holder } = setting;
  if (holder !== null)
    await on.order({ assigneeId: people[holder]!.id, status: 'in_progress', priority: 'high' });

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
    let sent = 0;
    for (const channel of channels) {
      const { taken } = await inOne(by, (tx) => takeDue(tx, by, channel.id, 50, by.timing));
      sent += taken.length;
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
    return sent;
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

  /** The day is over for which calls call. */
  const endDayOfCalls = async () => {
    await query(
      `UPDATE chain SET expires_at = clock_timestamp(), next_at = CASE WHEN next_at IS NOT NULL THEN clock_timestamp() END
       WHERE tenant_id = $1 AND kind <> 'alert.raised'`,
      [tenantId],
    );
  };

  const alertsNow = async (): Promise<World['alerts']> => {
    const rows = await query(
      `SELECT a.external_id, a.state, t.external_id AS responder, c.step, c.turn, c.next_at IS NOT NULL AS runs,
         coalesce(c.next_at <= clock_timestamp(), false) AS due, jsonb_array_length(c.steps) AS steps,
         -- Whoever hears that nobody answers, or that somebody does not go, may go as well.
         (SELECT coalesce(jsonb_agg(DISTINCT q.external_id), '[]') FROM technician q
          WHERE q.tenant_id = a.tenant_id AND (
            EXISTS (SELECT FROM page p WHERE p.tenant_id = q.tenant_id AND p.technician_id = q.id AND p.chain_id = c.id)
            OR EXISTS (SELECT FROM message_alert r JOIN message m ON m.tenant_id = r.tenant_id AND m.id = r.message_id
              WHERE r.tenant_id = q.tenant_id AND r.alert_id = a.id AND m.technician_id = q.id
                AND m.kind IN ('alert.unanswered', 'alert.released', 'alert.escalated', 'alert.reopened')))) AS may_know,
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

  const callsNow = async (): Promise<World['calls']> =>
    (
      await query(
        `SELECT c.kind, t.external_id AS caller, c.work_order_id IS NOT NULL AS of_order, c.ended, q.external_id AS taken_by,
           c.caused_by, c.ended_by, e.external_id AS ender, c.step, c.turn, jsonb_array_length(c.steps) AS steps,
           coalesce(c.next_at <= clock_timestamp(), false) AS due, c.expires_at <= clock_timestamp() AS expired,
           c.created_at < clock_timestamp() - interval '6 days' AS forgotten, c.next_at IS NOT NULL AS runs, p.*
         FROM chain c JOIN technician t ON t.tenant_id = c.tenant_id AND t.id = c.caller_id
         LEFT JOIN technician q ON q.tenant_id = c.tenant_id AND q.id = c.taken_by
         LEFT JOIN message m ON m.tenant_id = c.tenant_id AND m.id = c.ended_by
         LEFT JOIN technician e ON e.tenant_id = m.tenant_id AND e.id = m.technician_id
         CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(DISTINCT r.external_id), '[]') AS may_know,
             coalesce(jsonb_agg(DISTINCT r.external_id) FILTER (WHERE EXISTS (
               SELECT FROM attempt s WHERE s.tenant_id = w.tenant_id AND s.message_id = w.id
                 AND s.status IN ('accepted', 'sent', 'delivered', 'read'))), '[]') AS knows,
             count(*) FILTER (WHERE w.due_at IS NOT NULL AND w.status = 'queued' AND w.fallback_of IS NULL)::int AS waiting
           FROM page g JOIN technician r ON r.tenant_id = g.tenant_id AND r.id = g.technician_id
           JOIN message w ON w.tenant_id = g.tenant_id AND (w.id = g.message_id OR w.fallback_of = g.message_id)
           WHERE g.tenant_id = c.tenant_id AND g.chain_id = c.id) p
         WHERE c.tenant_id = $1 AND c.kind <> 'alert.raised' ORDER BY c.created_at, c.id`,
        [tenantId],
      )
    ).map((row) => {
      const { kind, ended, step, turn, steps, due, expired, forgotten, waiting, runs } = row;
      if (runs !== (ended === null))
        throw new Error(`a call ${ended ? `that is ${ended} runs` : 'stands still'}`);
      return {
        ...{ kind, ended, step, turn, steps, due, expired, forgotten, waiting },
        ...{ caller: number(row.caller), ofOrder: row.of_order, began: row.caused_by, endedBy: row.ended_by },
        takenBy: row.taken_by === null ? null : number(row.taken_by),
        ender: row.ender === null ? null : number(row.ender),
        knows: row.knows.map(number),
        mayKnow: row.may_know.map(number),
      };
    });

  const world = async (): Promise<World> => {
    const [alerts, calls, [order]] = await Promise.all([
      alertsNow(),
      callsNow(),
      query('SELECT status, escalated FROM work_order WHERE tenant_id = $1', [tenantId]),
    ]);
    const isOpen = order?.status !== 'completed';
    return {
      ...{ alerts, calls, steps: setting.steps.length },
      order: holder === null ? null : { holder, isOpen, escalated: order!.escalated },
    };
  };

  // What his people were paged for, a supervisor may answer.
  const withSupervisors = (numbers: number[]): number[] => [
    ...new Set(numbers.flatMap((each) => [each, setting.people[each]!.under])),
  ];

  const turns = async (): Promise<Turn[]> =>
    (
      await query(
        `SELECT coalesce('alert ' || a.external_id, c.kind || ' ' || c.id) AS of, k.external_id AS caller,
           p.turn, p.step, max(q.external_id) AS asked_by, array_agg(t.external_id ORDER BY t.external_id) AS people,
           EXISTS (SELECT FROM chain o WHERE o.tenant_id = c.tenant_id AND o.ended = 'withdrawn' AND o.ended_by = c.caused_by
             AND o.kind = c.kind AND o.id <> c.id) AS follows,
           coalesce(bool_or(e.id IS NOT NULL), false) AS released, coalesce(bool_or(e.undoes IS NOT NULL), false) AS undone
         FROM page p JOIN chain c ON c.tenant_id = p.tenant_id AND c.id = p.chain_id
         LEFT JOIN alert a ON a.tenant_id = c.tenant_id AND a.id = c.alert_id
         LEFT JOIN technician k ON k.tenant_id = c.tenant_id AND k.id = c.caller_id
         JOIN technician t ON t.tenant_id = p.tenant_id AND t.id = p.technician_id
         LEFT JOIN technician q ON q.tenant_id = p.tenant_id AND q.id = p.asked_by
         LEFT JOIN event e ON e.tenant_id = p.tenant_id AND e.alert_id = a.id AND e.type = 'alert.released'
           AND EXISTS (SELECT FROM seen_row r JOIN seen_row s ON s.tenant_id = r.tenant_id AND s.xid = r.xid
             WHERE r.tenant_id = $1 AND r.kind = 'page' AND r.id = p.id AND s.kind = 'event' AND s.id = e.id)
         WHERE p.tenant_id = $1 GROUP BY a.external_id, c.tenant_id, c.id, c.kind, c.ended, c.caused_by, k.external_id, p.turn, p.step
         ORDER BY 1, p.turn`,
        [tenantId],
      )
    ).map(({ of, caller, follows, turn, step, asked_by, people, released, undone }) => ({
      ...{ of, follows, turn, step, people: people.map(number), released, undone },
      caller: caller === null ? null : number(caller),
      askedBy: asked_by === null ? null : number(asked_by),
    }));

  const seen = async (): Promise<string[]> => [
    ...(await query('SELECT * FROM faults($1)', [tenantId])).map(({ fault, what }) => `${fault} (${what})`),
    ...faultsOfTurns(setting, await turns()),
  ];

  /** Works until nothing is left to do at once; what it meets then is all sent. */
  const settle = async () => {
    await listen();
    for (let round = 0; round < 40; round++) {
      await lookAfter(deps);
      await timers(deps);
      const sent = await send(deps);
      const [next] = await query(
        `SELECT extract(epoch FROM min(at) - clock_timestamp())::float8 AS seconds FROM (
           SELECT due_at AS at FROM message WHERE tenant_id = $1
           UNION ALL SELECT next_at FROM chain WHERE tenant_id = $1 AND next_at <= clock_timestamp()) AS due`,
        [tenantId],
      );
      // What is gathered waits for half a minute; what waits for longer is another matter.
      if (next!.seconds === null || next!.seconds > 40) return;
      // Of one conversation one goes at a time, and repeated calls must not come in faster.
      if (next!.seconds <= 0 && sent > 0) continue;
      // What is due and does not go waits for one under way, of which somebody must find out what became of it.
      await pass(next!.seconds > 0 ? next!.seconds + 0.01 : 30);
    }
    throw new Error('it never comes to rest');
  };

  /** What a chain that runs does when its time has come: the faults of what it leaves undone. */
  const goOn = async (): Promise<string[]> => {
    const read = 'SELECT id, turn, next_at IS NOT NULL AS runs FROM chain WHERE tenant_id = $1';
    const before = await query(read, [tenantId]);
    const [next] = await query(
      'SELECT extract(epoch FROM max(next_at) - clock_timestamp())::float8 AS seconds FROM chain WHERE tenant_id = $1',
      [tenantId],
    );
    if (next!.seconds === null) return [];
    await pass(Math.max(0, next!.seconds) + 0.01);
    await timers(deps);
    const now = await query(read, [tenantId]);
    return before.flatMap((earlier) => {
      const chain = now.find(({ id }) => id === earlier.id)!;
      const goesOn = !earlier.runs || !chain.runs || chain.turn > earlier.turn;
      return goesOn ? [] : [`chain ${chain.id} stands still`];
    });
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
    ...{ raise, resolve, say, listen, send, lookAfter, timers, ringAnyway, report, pass, endDayOfCalls },
    ...{ world, turns, seen, settle, goOn, leave },
  };
};
