import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { chains } from '../../jobs/chains.ts';
import { changeAlerts, escalateAlert, resolveAlert, respondFor } from '../../src/cmms/change-alert.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { saveAsset } from '../../src/cmms/save-asset.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveSettings } from '../../src/cmms/settings.ts';
import { tellSeen } from '../../src/cmms/tell-seen.ts';
import { peopleOfNextStep } from '../../src/cmms/whom-to-tell.ts';
import { readNextPeople } from '../../src/conversation/facts.ts';
import { encrypt } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import type { AlertChange } from '../../src/domain/alert.ts';
import type { Way } from '../../src/domain/message.ts';
import { noteOverdueChains } from '../../src/messaging/overdue-chains.ts';
import { failMessage } from '../../src/messaging/record.ts';
import { takeDue } from '../../src/messaging/take.ts';
import { timing } from '../../src/messaging/timing.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant, testSecretKey } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let superuser: pg.Client;
let tenant: TestTenant;
let deps: Deps;
const logged: string[] = [];
const rung: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 8 });
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  deps = {
    store,
    ring: (queue, _tenantId, id) => rung.push(`${queue} ${id}`),
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: true,
  };
});
afterAll(async () => {
  await superuser.end();
  await store.close();
  await database.drop();
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);
const factsOf = (tx: Tx) => readFacts(tx, deps, { kind: 'cmms', id: null });
let phones = 0;
const person = (externalId: string, fields: Record<string, unknown> = {}) =>
  inTenant(async (tx) => {
    const phone = `+1202555${4000 + ++phones}`;
    const named = { name: externalId, phone, ...fields };
    await saveTechnician(tx, externalId, named, await factsOf(tx), collectFaults());
  });
const steps = [
  { waitSeconds: 60, notify: ['supervisor'], ways: ['whatsapp' as const] },
  { waitSeconds: 90, notify: ['on-call', 'NOBODY'], ways: ['whatsapp' as const, 'sms' as const] },
];

beforeEach(async () => {
  logged.length = 0;
  rung.length = 0;
  tenant = await createTenant(store);
  await person('BOSS', { role: 'supervisor' });
  await person('PLAN', { role: 'planner' });
  await person('ANA', { supervisor: 'BOSS' });
  await person('BEN', { supervisor: 'BOSS' });
  await person('CARL');
  await person('NOBODY', { phone: null });
  await inTenant(async (tx) => {
    await saveAsset(
      tx,
      'P-3',
      { name: 'Feed Pump 3', responsible: ['ANA', 'BEN'] },
      await factsOf(tx),
      collectFaults(),
    );
    await saveSettings(tx, { onCall: ['CARL'], escalation: { critical: steps } }, collectFaults());
  });
});

const raise = (fields: Record<string, unknown> = {}) =>
  inTenant(async (tx) => {
    const given = { externalId: 'A-1', asset: 'P-3', message: 'Too hot', severity: 'critical' as const };
    return (await raiseAlert(tx, { ...given, ...fields }, await factsOf(tx), collectFaults())).alert;
  });
const alertNow = async (externalId = 'A-1') => (await inTenant((tx) => tx.alerts.detail(externalId)))!;
const chainOf = async (externalId = 'A-1') => {
  const { id } = await alertNow(externalId);
  return (await inTenant((tx) => tx.chains.ofAlerts([id])))[0]!;
};
/** What a technician says of the alert, by a message of his own. */
const says = async (who: string, what: Record<string, unknown>, externalId = 'A-1') => {
  const { id } = await alertNow(externalId);
  const messageId = randomUUID();
  return inTenant(async (tx) => {
    const technician = (await tx.technicians.find(who))!;
    const facts = await readFacts(tx, deps, { kind: 'technician', id: who });
    const change = { alertId: id, reason: null, ...what } as unknown as AlertChange;
    return changeAlerts(tx, [change], { technician, messageId }, facts);
  });
};
const resolve = () =>
  inTenant(async (tx) => {
    const found = (await tx.alerts.find('A-1'))!;
    const alert = (await tx.alerts.lock([found.id])).get(found.id)!;
    return resolveAlert(tx, alert, { note: null }, await factsOf(tx));
  });
const addSender = async (way: 'sms' | 'email') => {
  const number = 4_000_000 + ++phones;
  const id = randomUUID();
  await inTenant((tx) =>
    tx.channels.save(
      {
        ...{ id, way, provider: way === 'sms' ? 'simulator' : 'smtp', messagesPerSecond: 80 },
        address: way === 'sms' ? `+1415${number}` : `Plant <plant${number}@example.com>`,
        ...{ accountSid: `AC${'b'.repeat(32)}`, messagingServiceSid: null },
        credentials: encrypt(JSON.stringify({ authToken: 'test-token' }), testSecretKey),
      },
      new Date(),
    ),
  );
  return id;
};
/** Everything that is due leaves. */
const send = () => inTenant((tx) => takeDue(tx, deps, tenant.channelId!, 50, timing));
const sendAll = async () => {
  const gone: string[] = [];
  for (;;) {
    const { taken } = await send();
    if (taken.length === 0) return gone;
    gone.push(...taken.map(({ text }) => text));
  }
};
const told = async () =>
  (await inTenant((tx) => tx.messages.list({ before: null, limit: 100 })))
    .reverse()
    .map(({ technician, kind, status, reason }) => [technician, kind, status, reason ?? ''].join(' ').trim());
const query = async (text: string, values: unknown[] = []) =>
  (await superuser.query(text, [tenant.tenantId, ...values])).rows;
const events = async () =>
  (await query('SELECT type, data FROM event WHERE tenant_id = $1 ORDER BY seq')).map(({ type, data }) =>
    type === 'alert.paged' ? `${type} ${data.technician} ${data.step}` : type,
  );
/** The time of the next step comes, and the worker does what is due. */
const pass = async () => {
  const { id } = await chainOf();
  await query("UPDATE chain SET next_at = now() - interval '1 second' WHERE tenant_id = $1");
  await chains(deps)({ tenantId: tenant.tenantId, id });
};

describe('what somebody was told of until he wrote', () => {
  const toldTo = (until: Date) =>
    inTenant(async (tx) => {
      const { id } = (await tx.technicians.find('ANA'))!;
      return tx.alerts.toldTo(id, { until, resolvedSince: new Date(0), now: new Date() });
    });
  const databaseTime = async () => {
    const [row] = await query('SELECT clock_timestamp() AS at WHERE $1::uuid IS NOT NULL');
    return row.at as Date;
  };
  const wait = () => query('SELECT pg_sleep(0.005) WHERE $1::uuid IS NOT NULL');

  test('counts from when it left, and what he was told of since then is told apart', async () => {
    const first = await raise();
    const wroteBefore = await databaseTime();
    await wait();
    await sendAll();
    await wait();
    const wrote = await databaseTime();
    await wait();
    const second = await raise({ externalId: 'A-2' });
    await query(
      "UPDATE message SET due_at = now() - interval '1 second' WHERE tenant_id = $1 AND due_at IS NOT NULL",
    );
    await sendAll();
    const told = await toldTo(wrote);
    expect(told.map(({ id, at }) => [id, at <= wrote])).toEqual([
      [second.id, false],
      [first.id, true],
    ]);
    expect((await toldTo(wroteBefore)).every(({ at }) => at > wroteBefore)).toBe(true);
  });

  test('comes in the order in which one message lists it', async () => {
    const raised: string[] = [];
    for (let n = 0; n < 8; n++) raised.push((await raise({ externalId: `A-${n}` })).id);
    expect(await sendAll()).toHaveLength(2);
    expect((await toldTo(new Date())).map(({ id }) => id)).toEqual(raised);
  });
});

test.each([-60, 60])('a worker whose clock is %i s off pages no later for it', async (seconds) => {
  const { now } = deps;
  deps.now = () => new Date(Date.now() + seconds * 1000);
  await raise();
  deps.now = now;
  const waits = await query(
    'SELECT extract(epoch FROM due_at - created_at)::float8 AS s FROM message WHERE tenant_id = $1',
  );
  expect(waits).toHaveLength(2);
  for (const { s } of waits) expect(Math.abs(s)).toBeLessThan(5);
});

describe('a claim', () => {
  test('stops the chain, withdraws what did not leave, and tells who was told; the first wins', async () => {
    await raise({ recipients: ['ANA', 'BEN', 'CARL'] });
    await query(
      `UPDATE message m SET due_at = now() + interval '1 hour' FROM technician t
       WHERE m.tenant_id = $1 AND t.id = m.technician_id AND t.external_id = 'CARL'`,
    );
    expect(await sendAll()).toHaveLength(2);
    await says('ANA', { do: 'claim' });
    await says('BEN', { do: 'claim' });
    expect(await alertNow()).toMatchObject({ state: 'responding', responder: 'ANA' });
    expect(await chainOf()).toMatchObject({ nextAt: null, ended: 'claimed', exhausted: false });
    expect(await told()).toEqual([
      'ANA alert.raised sending',
      'BEN alert.raised sending',
      'CARL alert.raised cancelled alert-claimed',
      'BEN alert.taken queued',
    ]);
    expect((await events()).at(-1)).toBe('alert.claimed');
    await pass().catch(() => {});
    expect(await told()).toHaveLength(4);
  });

  test('stops what is tried again, and the next way', async () => {
    await raise();
    await sendAll();
    await query("UPDATE attempt SET status = 'failed', state = 'refused' WHERE tenant_id = $1");
    await query(
      "UPDATE message SET due_at = now(), next_attempt = 'retry:2', fallback_seconds = 300, fallback_at = now() WHERE tenant_id = $1",
    );
    await says('ANA', { do: 'claim' });
    expect(await told()).toEqual([
      'ANA alert.raised cancelled alert-claimed',
      'BEN alert.raised cancelled alert-claimed',
    ]);
    expect(
      await query(
        'SELECT FROM message WHERE tenant_id = $1 AND (due_at, fallback_at, fallback_seconds) IS NOT NULL',
      ),
    ).toEqual([]);
  });

  test('that is taken back lets the chain go on at its step, and those who heard of it hear that', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    await sendAll();
    await says('ANA', { do: 'take-back', eventId: randomUUID(), type: 'alert.claimed', before: {} });
    expect(await alertNow()).toMatchObject({ state: 'open', responder: null, claimedAt: null });
    expect(await chainOf()).toMatchObject({ step: 0, turn: 0, ended: null, nextAt: expect.any(Date) });
    expect((await told()).at(-1)).toBe('BEN alert.released queued');
    expect((await events()).at(-1)).toBe('alert.released');
  });

  test('is not told by a next way once somebody else goes, though it failed only then', async () => {
    await addSender('sms');
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    await sendAll();
    const [taken] = await query("SELECT id FROM message WHERE tenant_id = $1 AND kind = 'alert.taken'");
    const fail = () =>
      inTenant((tx) =>
        failMessage(tx, deps, taken.id, { code: '63024', text: 'not on WhatsApp', next: 'other-way' }),
      );
    const next = async () => (await told()).filter((line) => line.startsWith('BEN alert.taken'));
    await says('ANA', { do: 'release' });
    await says('CARL', { do: 'claim' });
    const before = await next();
    await query("UPDATE attempt SET status = 'failed' WHERE tenant_id = $1 AND message_id = $2", [taken.id]);
    await fail();
    // That Carl goes he is told by a message of its own.
    expect(before).toEqual(['BEN alert.taken sending', 'BEN alert.taken queued']);
    expect(await next()).toEqual(['BEN alert.taken failed provider', 'BEN alert.taken queued']);
  });
});

describe('the chain', () => {
  test('goes from step to step, repeats the last, and says once that nobody answers', async () => {
    await raise();
    await pass();
    expect(await chainOf()).toMatchObject({ step: 1, turn: 1, exhausted: false });
    await pass();
    expect(await chainOf()).toMatchObject({ step: 2, turn: 2, exhausted: false });
    await sendAll();
    await pass();
    expect(await chainOf()).toMatchObject({ step: 2, turn: 3, exhausted: true });
    await sendAll();
    await pass();
    expect(await chainOf()).toMatchObject({ step: 2, turn: 4, exhausted: true });
    expect(await told()).toEqual([
      'ANA alert.raised sending',
      'BEN alert.raised sending',
      'BOSS alert.raised sending',
      'CARL alert.raised sending',
      'NOBODY alert.raised cancelled no-address',
      'PLAN technician.not-reached sending',
      'PLAN alert.unanswered sending',
      'CARL alert.raised queued',
      'NOBODY alert.raised cancelled no-address',
      'NOBODY alert.raised cancelled no-address',
    ]);
    expect(logged.filter((line) => line.includes('chain.unanswered'))).toHaveLength(2);
  });

  test('waits for each step from the start of the one before, the last one again for its own time', async () => {
    await raise();
    const waits: number[] = [];
    for (let times = 0; times < 3; times++) {
      const [row] = await query(
        'SELECT extract(epoch FROM next_at - step_at)::float8 AS s FROM chain WHERE tenant_id = $1',
      );
      // A busy machine takes its time to raise it.
      waits.push(Math.floor(row.s / 10) * 10);
      await pass();
    }
    expect(waits).toEqual([60, 90, 90]);
  });

  /** By which ways somebody was paged at the only step, when so many of them fail. */
  const pagedBy = async (who: string, ways: Way[], failures: number) => {
    const step = { waitSeconds: 60, notify: [who], ways };
    await inTenant((tx) => saveSettings(tx, { escalation: { critical: [step] } }, collectFaults()));
    await raise();
    await pass();
    const pages = () =>
      query(
        `SELECT m.id, m.way, m.text FROM message m JOIN technician t ON t.id = m.technician_id
         WHERE m.tenant_id = $1 AND t.external_id = $2 AND m.kind = 'alert.raised' ORDER BY m.seq`,
        [who],
      );
    for (let times = 0; times < failures; times++) {
      const { id } = (await pages()).at(-1)!;
      const fault = { code: '30003', text: 'unreachable', next: 'other-way' as const };
      await inTenant((tx) => failMessage(tx, deps, id, fault));
    }
    return pages();
  };

  test('tells by the ways of its step alone, in their order', async () => {
    await addSender('sms');
    const pages = await pagedBy('BOSS', ['sms', 'whatsapp'], 2);
    expect(pages.map(({ way }) => way)).toEqual(['sms', 'whatsapp']);
  });

  test.each<[string, Way[], object, Way[]]>([
    ['alone, whatever else there is', ['email'], {}, ['email']],
    ['after a text message that failed', ['sms', 'email'], {}, ['sms', 'email']],
    ['where no text message can reach', ['sms', 'email'], { phone: null }, ['email']],
  ])('tells by e-mail %s', async (_, ways, fields, by) => {
    await addSender('sms');
    const mail = await addSender('email');
    await person('CHIEF', { role: 'supervisor', email: 'chief@example.com', ...fields });
    const pages = await pagedBy('CHIEF', ways, by.length - 1);
    expect(pages.map(({ way }) => way)).toEqual(by);
    expect(pages.at(-1)!.text).toMatch(/Too hot[\s\S]*Replies to this e-mail are not read\./);
    const { taken } = await inTenant((tx) => takeDue(tx, deps, mail, 50, timing));
    expect(taken.map(({ to }) => to)).toEqual(['chief@example.com']);
  });

  test('starts no step twice, however often it is rung for', async () => {
    await raise();
    await query("UPDATE chain SET next_at = now() - interval '1 second' WHERE tenant_id = $1");
    const bell = { tenantId: tenant.tenantId, id: (await chainOf()).id };
    await Promise.all([1, 2, 3, 4].map(() => chains(deps)(bell)));
    expect(await chainOf()).toMatchObject({ step: 1, turn: 1 });
    expect((await told()).filter((line) => line.startsWith('BOSS'))).toHaveLength(1);
  });

  test('ends when the alert expires', async () => {
    await raise({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    await query('UPDATE chain SET expires_at = now() WHERE tenant_id = $1');
    await pass();
    expect(await chainOf()).toMatchObject({ ended: 'expired', step: 0 });
  });

  test('with nobody to tell ends, with an alarm', async () => {
    for (const id of ['ANA', 'BEN', 'CARL', 'BOSS', 'PLAN']) await person(id, { active: false });
    await raise();
    expect(await chainOf()).toMatchObject({ ended: 'nobody', exhausted: true });
    await chains(deps)({ tenantId: tenant.tenantId, id: (await chainOf()).id });
    expect(logged.some((line) => line.includes('chain.nobody-told') && line.includes('"alarm":true'))).toBe(
      true,
    );
  });
});

describe('while the service is switched off', () => {
  const switched = (enabled: boolean) => query('UPDATE tenant SET enabled = $2 WHERE id = $1', [enabled]);

  test('the chain starts no step and waits, and goes on once it is switched on', async () => {
    await raise();
    await sendAll();
    await switched(false);
    for (let times = 0; times < 3; times++) await pass();
    expect(await chainOf()).toMatchObject({ step: 0, turn: 0, ended: null, nextAt: expect.any(Date) });
    expect(await told()).toHaveLength(2);
    await switched(true);
    await pass();
    expect(await chainOf()).toMatchObject({ step: 1, turn: 1, ended: null });
    expect((await told()).at(-1)).toBe('BOSS alert.raised queued');
  });

  test.each(['critical', 'low'])('a %s alert waits for its first people', async (severity) => {
    await switched(false);
    await raise({ severity });
    await pass();
    expect(await chainOf()).toMatchObject({ step: 0, ended: null, nextAt: expect.any(Date) });
    expect(await told()).toEqual([]);
    await switched(true);
    await pass();
    expect(await told()).toEqual(['ANA alert.raised queued', 'BEN alert.raised queued']);
    expect(await chainOf()).toMatchObject({ step: 0, ended: severity === 'low' ? 'no-steps' : null });
  });

  test('what was cancelled for it is told anew where no step follows', async () => {
    await raise({ severity: 'low' });
    expect(await chainOf()).toMatchObject({ ended: 'no-steps' });
    await switched(false);
    await sendAll();
    expect((await told()).map((line) => line.slice(4))).toEqual(
      Array(2).fill('alert.raised cancelled disabled'),
    );
    await pass();
    expect(await told()).toHaveLength(2);
    await switched(true);
    await pass();
    expect((await told()).slice(2)).toEqual(['ANA alert.raised queued', 'BEN alert.raised queued']);
    expect(await chainOf()).toMatchObject({ step: 0, ended: 'no-steps', nextAt: null });
  });

  test('of those whom nothing told where no step follows nobody else is told anew', async () => {
    await raise({ severity: 'low' });
    await query(
      `UPDATE message m SET due_at = now() + interval '1 hour' FROM technician t
       WHERE m.tenant_id = $1 AND t.id = m.technician_id AND t.external_id = 'BEN'`,
    );
    expect(await sendAll()).toHaveLength(1);
    await switched(false);
    await query("UPDATE message SET due_at = now() WHERE tenant_id = $1 AND status = 'queued'");
    await sendAll();
    await switched(true);
    await pass();
    expect((await told()).slice(1)).toEqual([
      'BEN alert.raised cancelled disabled',
      'BEN alert.raised queued',
    ]);
    expect(await chainOf()).toMatchObject({ step: 0, ended: 'no-steps', nextAt: null });
  });

  test('what was cancelled for it is told anew', async () => {
    await raise();
    await switched(false);
    await sendAll();
    await pass();
    await switched(true);
    await pass();
    expect((await told()).slice(2)).toEqual(['ANA alert.raised queued', 'BEN alert.raised queued']);
  });
});

test('whom no way leads to is reported once for each alert, with the alert', async () => {
  await inTenant((tx) => saveSettings(tx, { onCall: ['NOBODY'] }, collectFaults()));
  await raise({ recipients: ['ANA', 'NOBODY'] });
  for (let times = 0; times < 3; times++) await pass();
  const reported = await query(
    "SELECT alert_id, data FROM event WHERE tenant_id = $1 AND type = 'technician.unreachable'",
  );
  expect(reported).toEqual([
    { alert_id: (await alertNow()).id, data: { technician: 'NOBODY', reason: 'no-address', ways: [] } },
  ]);
  const [news] = await query(
    "SELECT text FROM message WHERE tenant_id = $1 AND kind = 'technician.not-reached'",
  );
  expect(news.text).toContain('*Feed Pump 3* · Too hot');
});

describe('ESCALATE', () => {
  test('starts the next step at once without whoever sends it, who hears once that it was read', async () => {
    await raise();
    await sendAll();
    const next = await inTenant(async (tx) =>
      peopleOfNextStep(tx, await chainOf(), (await tx.alerts.find('A-1'))!, []),
    );
    expect(next.map(({ externalId }) => externalId)).toEqual(['BOSS']);
    await says('ANA', { do: 'escalate', reason: 'No keys' });
    expect(await chainOf()).toMatchObject({ step: 1, turn: 1, ended: null });
    expect((await events()).slice(-2)).toEqual(['alert.escalated', 'alert.paged BOSS 1']);
    const [page] = await query(
      `SELECT p.message_id AS id FROM page p JOIN technician t ON t.id = p.technician_id
       WHERE p.tenant_id = $1 AND t.external_id = 'BOSS'`,
    );
    for (let times = 0; times < 2; times++) await inTenant((tx) => tellSeen(tx, deps, page.id));
    expect((await told()).filter((line) => line.includes('alert.seen'))).toEqual(['ANA alert.seen queued']);
  });

  test('by the responder releases it, and the next are told at once', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    await sendAll();
    await says('ANA', { do: 'release', reason: 'Car broke down' });
    expect(await alertNow()).toMatchObject({ state: 'open', responder: null, step: 1 });
    expect((await told()).slice(-2)).toEqual(['BOSS alert.raised queued', 'BEN alert.released queued']);
  });

  test('while somebody else goes tells the supervisors, and changes nothing', async () => {
    await raise();
    await says('ANA', { do: 'claim' });
    await says('BEN', { do: 'help', reason: 'It burns' });
    expect(await alertNow()).toMatchObject({ state: 'responding', responder: 'ANA' });
    expect((await told()).at(-1)).toBe('BOSS alert.escalated queued');
  });

  test('while his own supervisor goes tells others, whom the answer names, and says where there is nobody', async () => {
    await raise({ recipients: ['BEN', 'BOSS'] });
    await says('BOSS', { do: 'claim' });
    const named = () =>
      inTenant(async (tx) => {
        const { id } = (await tx.alerts.find('A-1'))!;
        const alert = (await tx.alerts.lock([id])).get(id)!;
        return readNextPeople(tx, alert, (await tx.technicians.find('BEN'))!);
      });
    expect(await named()).toEqual(['PLAN']);
    expect(await says('BEN', { do: 'help' })).toMatchObject({ unheard: [] });
    expect((await told()).at(-1)).toBe('PLAN alert.escalated queued');
    for (const id of ['PLAN', 'CARL']) await person(id, { active: false });
    expect(await named()).toEqual([]);
    expect(await says('BEN', { do: 'help' })).toMatchObject({ unheard: [(await alertNow()).id] });
  });
});

describe('whoever is left untold', () => {
  /** Ben's page waits until his quiet hours are over, and Ana goes. */
  const claimBeforeBenHears = async (fields: Record<string, unknown> = {}) => {
    await raise(fields);
    await query(
      `UPDATE message m SET due_at = now() + interval '1 hour' FROM technician t
       WHERE m.tenant_id = $1 AND t.id = m.technician_id AND t.external_id = 'BEN'`,
    );
    await sendAll();
    await says('ANA', { do: 'claim' });
    expect((await told()).at(1)).toBe('BEN alert.raised cancelled alert-claimed');
  };

  test.each(['critical', 'low'])('is told when the claim of a %s alert is taken back', async (severity) => {
    await claimBeforeBenHears({ severity });
    await says('ANA', { do: 'take-back', eventId: randomUUID(), type: 'alert.claimed', before: {} });
    expect((await told()).slice(2)).toEqual(['BEN alert.raised queued']);
    expect(await chainOf()).toMatchObject({
      step: 0,
      turn: 1,
      ended: severity === 'low' ? 'no-steps' : null,
    });
  });

  test('by a first way that failed, and by no next one for the claim, is told when it is given up', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    const [page] = await query(
      `SELECT m.id FROM message m JOIN technician t ON t.id = m.technician_id
       WHERE m.tenant_id = $1 AND t.external_id = 'BEN' AND m.kind = 'alert.raised'`,
    );
    await query("UPDATE attempt SET status = 'failed' WHERE tenant_id = $1 AND message_id = $2", [page.id]);
    await inTenant((tx) =>
      failMessage(tx, deps, page.id, { code: '63024', text: 'not on WhatsApp', next: 'other-way' }),
    );
    expect((await told()).at(1)).toBe('BEN alert.raised failed provider');
    await says('ANA', { do: 'release', reason: null });
    expect((await told()).filter((line) => line.startsWith('BEN alert.raised'))).toEqual([
      ...['BEN alert.raised failed provider', 'BEN alert.raised queued'],
    ]);
  });

  test('is told when whoever goes gives it up', async () => {
    await claimBeforeBenHears();
    await says('ANA', { do: 'release', reason: null });
    expect((await told()).slice(2)).toEqual(['BOSS alert.raised queued', 'BEN alert.raised queued']);
  });
});

describe('the only one there is', () => {
  test('asks for help: the chain goes on, and the planners hear once', async () => {
    for (const id of ['BEN', 'BOSS']) await person(id, { active: false });
    await inTenant((tx) => saveSettings(tx, { onCall: ['ANA'] }, collectFaults()));
    await raise();
    await sendAll();
    for (let times = 0; times < 2; times++) await says('ANA', { do: 'escalate' });
    expect(await chainOf()).toMatchObject({ step: 2, ended: null, exhausted: true });
    expect((await told()).filter((line) => line.includes('unanswered'))).toEqual([
      'PLAN alert.unanswered queued',
    ]);
    await pass();
    expect((await told()).filter((line) => line.startsWith('ANA'))).toHaveLength(2);
  });

  test('without steps or a supervisor has the planners told, and an alarm rings where nobody is', async () => {
    await person('BOSS', { active: false });
    await raise({ severity: 'low' });
    await sendAll();
    await says('ANA', { do: 'escalate' });
    expect((await told()).at(-1)).toBe('PLAN alert.raised queued');
    for (const id of ['PLAN', 'CARL']) await person(id, { active: false });
    await says('ANA', { do: 'escalate' });
    expect(await chainOf()).toMatchObject({ ended: 'nobody' });
  });

  test('who goes, and works here no more, is gone from his alert', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    await sendAll();
    await person('ANA', { active: false });
    expect(await alertNow()).toMatchObject({ state: 'open', responder: null, step: 1 });
    expect((await told()).slice(-2)).toEqual(['BOSS alert.raised queued', 'BEN alert.released queued']);
    expect(await events()).toContain('alert.released');
  });

  test('who goes to several, and works here no more, is gone from them by one message', async () => {
    const both = ['A-1', 'A-2'];
    for (const externalId of both) await raise({ externalId });
    await sendAll();
    for (const externalId of both) await says('ANA', { do: 'claim' }, externalId);
    await sendAll();
    await person('ANA', { active: false });
    for (const externalId of both)
      expect(await alertNow(externalId)).toMatchObject({ state: 'open', step: 1 });
    expect((await told()).slice(-2)).toEqual(['BOSS alert.raised queued', 'BEN alert.released queued']);
    expect((await events()).filter((type) => type === 'alert.released')).toHaveLength(2);
    const [released] = await query(
      "SELECT text FROM message WHERE tenant_id = $1 AND kind = 'alert.released'",
    );
    expect(released.text).toMatch(/no longer going to 2 alerts\*(\n• .*Too hot){2}/);
  });
});

test('who is paged on a release hears that alone', async () => {
  await raise({ recipients: ['ANA', 'BOSS'] });
  await sendAll();
  await says('ANA', { do: 'claim' });
  await sendAll();
  await says('ANA', { do: 'release', reason: null });
  expect((await told()).slice(3)).toEqual(['BOSS alert.raised queued']);
});

test('a chain whose step is long overdue rings an alarm, once', async () => {
  await raise();
  const { id } = await chainOf();
  const overdue = async (by: string) => {
    await query('UPDATE chain SET next_at = now() - $2::interval WHERE tenant_id = $1', [by]);
    await noteOverdueChains(deps);
    return logged.filter((line) => line.includes('chain.overdue') && line.includes(id));
  };
  expect(await overdue('30 seconds')).toEqual([]);
  expect(await overdue('3 minutes')).toEqual([expect.stringContaining('"alarm":true')]);
  expect((await overdue('4 minutes')).filter((line) => line.includes('"alarm":true'))).toHaveLength(1);
});

test('a chain that cannot go on rings an alarm', async () => {
  await raise();
  await query("UPDATE chain SET next_at = now() - interval '1 second' WHERE tenant_id = $1");
  const { id } = await chainOf();
  const broken: Store = {
    ...store,
    tenant: (tenantId, work) =>
      store.tenant(tenantId, (tx) =>
        work({ ...tx, chains: { ...tx.chains, addPage: () => Promise.reject(new Error('no such locale')) } }),
      ),
  };
  const bell = { tenantId: tenant.tenantId, id };
  await expect(chains({ ...deps, store: broken })(bell)).rejects.toThrow();
  expect(logged.some((line) => line.includes('chain.failed') && line.includes('"alarm":true'))).toBe(true);
});

describe('the all-clear', () => {
  test('goes once to everybody who may have been told of it, and not to who resolves it', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    await sendAll();
    await says('ANA', { do: 'resolve' });
    await resolve();
    expect((await told()).filter((line) => line.includes('resolved'))).toEqual(['BEN alert.resolved queued']);
    expect(await chainOf()).toMatchObject({ ended: 'resolved' });
  });

  test('is withdrawn when the resolution is taken back', async () => {
    await raise();
    await sendAll();
    await says('ANA', { do: 'claim' });
    const { claimedAt } = await alertNow();
    await says('ANA', { do: 'resolve' });
    const before = {
      ...{ version: 2, state: 'responding', claimedAt: claimedAt!.toISOString() },
      responderId: (await alertNow()).responderId,
    };
    await says('ANA', { do: 'take-back', eventId: randomUUID(), type: 'alert.resolved', before });
    expect(await alertNow()).toMatchObject({ state: 'responding', responder: 'ANA', resolvedAt: null });
    expect((await told()).at(-1)).toBe('BEN alert.resolved cancelled order-moved-on');
  });
});

describe('many at once', () => {
  test('become one message for each, that lists those still open when it leaves', async () => {
    for (const externalId of ['A-1', 'A-2', 'A-3'])
      await raise({ externalId, message: `Fault ${externalId}` });
    expect(await told()).toHaveLength(2);
    await says('BEN', { do: 'claim' }, 'A-2');
    const [text] = await sendAll();
    expect(text).toMatch(/2 CRITICAL EQUIPMENT ALERTS[\s\S]*Fault A-1[\s\S]*Fault A-3/);
    expect(text).not.toContain('A-2');
    // What comes within the minute is gathered.
    await raise({ externalId: 'A-4' });
    expect(await sendAll()).toEqual([]);
    const [due] = await query(
      "SELECT extract(epoch FROM due_at - created_at)::float8 AS s FROM message WHERE tenant_id = $1 AND status = 'queued' LIMIT 1",
    );
    expect(due.s).toBeGreaterThan(1);
    expect(due.s).toBeLessThan(5);
  });
});

describe('a claim against a page that is about to leave', () => {
  /** Resolves once somebody waits for a lock that another transaction holds. */
  const isWaited = async () => {
    for (;;) {
      const { rows } = await superuser.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      if (rows.length > 0) return;
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  const gate = () => {
    let open = () => {};
    const opened = new Promise<void>((done) => {
      open = done;
    });
    return { open, opened };
  };
  const late = () =>
    query(`SELECT FROM attempt t JOIN message_alert x ON x.message_id = t.message_id JOIN alert a ON a.id = x.alert_id
           JOIN message m ON m.id = t.message_id
           WHERE t.tenant_id = $1 AND m.kind = 'alert.raised' AND t.sending_at > a.claimed_at`);

  test('waits for the mark, and then counts the page as one that may have arrived', async () => {
    await raise({ recipients: ['ANA', 'BEN'] });
    const commit = gate();
    const marked = gate();
    const sending = inTenant(async (tx) => {
      const { taken } = await takeDue(tx, deps, tenant.channelId!, 50, timing);
      marked.open();
      await commit.opened;
      return taken.length;
    });
    await marked.opened;
    const claiming = says('ANA', { do: 'claim' });
    await isWaited();
    commit.open();
    expect(await sending).toBe(2);
    await claiming;
    expect(await told()).toEqual([
      ...['ANA alert.raised sending', 'BEN alert.raised sending', 'BEN alert.taken queued'],
    ]);
    expect(await late()).toEqual([]);
  });

  test('that comes first is waited for, and the page does not leave', async () => {
    await raise({ recipients: ['ANA', 'BEN'] });
    const { id } = await alertNow();
    const commit = gate();
    const claimed = gate();
    const claiming = inTenant(async (tx) => {
      const technician = (await tx.technicians.find('ANA'))!;
      await changeAlerts(
        tx,
        [{ do: 'claim', alertId: id }],
        { technician, messageId: randomUUID() },
        await factsOf(tx),
      );
      claimed.open();
      await commit.opened;
    });
    await claimed.opened;
    const sending = send();
    await isWaited();
    commit.open();
    await claiming;
    expect((await sending).taken).toEqual([]);
    expect((await told()).slice(0, 2)).toEqual([
      ...['ANA alert.raised cancelled alert-claimed', 'BEN alert.raised cancelled alert-claimed'],
    ]);
    expect(await late()).toEqual([]);
  });
});

describe('somebody at a desk', () => {
  const admin = (tx: Tx) => readFacts(tx, deps, { kind: 'admin', id: 'desk@example.com' });
  const claimFor = async (who: string) => {
    const { id } = await alertNow();
    return inTenant(async (tx) => respondFor(tx, id, (await tx.technicians.find(who))!, await admin(tx)));
  };
  const eventsNow = async () => {
    const { id } = await alertNow();
    const events = await inTenant((tx) => tx.events.about({ alertId: id }, { before: null, limit: 20 }));
    return events.filter(({ type }) => type !== 'alert.paged').toReversed();
  };

  test('claims for a technician what he then gives back himself, and only while it is open', async () => {
    await raise();
    expect((await claimFor('BEN')).isDone).toBe(true);
    expect((await claimFor('ANA')).isDone).toBe(false);
    expect(await alertNow()).toMatchObject({ state: 'responding', responder: 'BEN' });
    expect((await chainOf()).ended).toBe('claimed');
    await says('BEN', { do: 'release' });
    expect(await alertNow()).toMatchObject({ state: 'open', responder: null });
    expect((await eventsNow()).map(({ type, actor, data }) => [type, actor.kind, data])).toEqual([
      ['alert.raised', 'cmms', expect.anything()],
      ['alert.claimed', 'admin', { technician: 'BEN' }],
      ['alert.released', 'technician', {}],
    ]);
  });

  test('has the next people told before their time, and nobody once somebody goes', async () => {
    const { id } = await raise();
    const escalate = () => inTenant(async (tx) => escalateAlert(tx, id, 'It floods', await admin(tx)));
    expect((await escalate()).isDone).toBe(true);
    expect(await chainOf()).toMatchObject({ step: 1, ended: null });
    const [, escalated] = await eventsNow();
    expect(escalated).toMatchObject({
      ...{ type: 'alert.escalated', actor: { kind: 'admin', id: 'desk@example.com' } },
      data: { step: 1, told: ['BOSS'], text: 'It floods' },
    });
    await claimFor('ANA');
    expect((await escalate()).isDone).toBe(false);
  });
});
