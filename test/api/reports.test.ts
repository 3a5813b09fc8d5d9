import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Grouping, groupings, measures } from '../../src/domain/response-times.ts';
import { type GivenAlert, type GivenPage, giveAlerts, type Reached } from '../support/alerts.ts';
import { useApi } from '../support/api.ts';
import { seed } from '../support/seed.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();

const people = [
  { externalId: 'ana', supervisor: 'dan' },
  { externalId: 'bea', supervisor: 'dan' },
  { externalId: 'cem', supervisor: 'eva' },
  { externalId: 'dan', supervisor: 'eva' },
  { externalId: 'eva', supervisor: null },
  { externalId: 'fay', supervisor: null },
];
const names = people.map(({ externalId }) => externalId);
const secondMs = 1000;
const hourMs = 3600 * secondMs;
const nothing: Reached = { sent: null, delivered: null, read: null };

const reportOf = async (tenant: TestTenant, query: Record<string, string>) =>
  api.get(`/reports/response-times?${new URLSearchParams(query)}`, tenant);

/** All groups, however many pages they take. */
const wholeReport = async (tenant: TestTenant, query: Record<string, string>) => {
  const items = [];
  for (let after: string | null = ''; after !== null; ) {
    const { status, body } = await reportOf(tenant, { ...query, limit: '2', after });
    expect(status).toBe(200);
    items.push(...body.items);
    after = body.next;
  }
  return items;
};

describe('in any zone, a report says what a plain count says', () => {
  // Sundays at whose end a week ends while the clock has just changed, or the year is about to.
  const borders = ['2026-03-29', '2026-10-25', '2026-11-01', '2026-12-27', '2027-01-03'];
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

  const raised = fc
    .tuple(fc.constantFrom(...borders), fc.integer({ min: -60, max: 120 }))
    .map(([day, halfHours]) => Date.parse(`${day}T12:00:00Z`) + (halfHours * hourMs) / 2);
  const later = (maxSeconds: number) => fc.option(fc.integer({ min: -5, max: maxSeconds }));
  const reached = fc.record({ sent: later(60), delivered: later(300), read: later(600) });
  const page = fc.record({
    ...{ person: fc.constantFrom(...names), at: fc.integer({ min: 0, max: 900 }), way: reached },
    further: fc.array(reached, { maxLength: 2 }),
  });
  const given = fc.record({
    ...{ asset: fc.constantFrom('A', 'B', 'C', 'D'), raised },
    severity: fc.constantFrom<GivenAlert['severity']>('high', 'critical'),
    responder: fc.option(fc.constantFrom(...names)),
    ...{ answered: fc.integer({ min: -5, max: 1200 }), resolved: later(9000) },
    pages: fc.array(page, { maxLength: 4 }),
  });

  /** From seconds after it was raised. */
  const toAlert = (one: typeof given extends fc.Arbitrary<infer T> ? T : never, n: number): GivenAlert => {
    const moment = (seconds: number | null) => (seconds === null ? null : one.raised + seconds * secondMs);
    const all = ({ sent, delivered, read }: Reached): Reached => ({
      ...{ sent: moment(sent), delivered: moment(delivered), read: moment(read) },
    });
    return {
      ...{ ...one, externalId: `AL-${n}`, resolved: moment(one.resolved) },
      answered: one.responder ? moment(one.answered) : null,
      pages: one.pages.map((told) => ({
        ...{ ...told, at: moment(told.at)!, way: all(told.way), further: told.further.map(all) },
      })),
    };
  };
  const day = fc
    .tuple(fc.constantFrom(...borders), fc.integer({ min: -2, max: 2 }))
    .map(([around, days]) => dayAfter(around, days));

  test('by person, team, asset and week', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(given, { minLength: 5, maxLength: 30 }),
        fc.constantFrom(...zones),
        fc.option(fc.constantFrom('high', 'critical')),
        fc.tuple(day, day),
        async (alerts, timeZone, severity, days) => {
          const tenant = await createTenant(api.store, { channel: false, timeZone });
          const all = alerts.map(toAlert);
          await giveAlerts(api.asSuperuser, tenant.tenantId, { people, alerts: all });
          const [from, to] = days.sort();
          for (const by of groupings) {
            const query = { from: from!, to: to!, by, ...(severity ? { severity } : {}) };
            const expected = all.filter((each) => {
              const raisedOn = dayIn(timeZone, each.raised);
              return raisedOn >= from! && raisedOn <= to! && (!severity || each.severity === severity);
            });
            expect(await wholeReport(tenant, query)).toEqual(plainReport(expected, by, timeZone));
          }
        },
      ),
      { numRuns: 12, seed },
    );
  });
});

const dayIn = (timeZone: string, at: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 24 * hourMs).toISOString().slice(0, 10);

/** A week belongs to the year in which its Thursday lies. */
const weekIn = (timeZone: string, at: number): string => {
  const day = dayIn(timeZone, at);
  const thursday = dayAfter(day, 4 - (new Date(day).getUTCDay() || 7));
  const year = thursday.slice(0, 4);
  const week = 1 + Math.floor((Date.parse(thursday) - Date.parse(`${year}-01-01`)) / (7 * 24 * hourMs));
  return `${year}-W${String(week).padStart(2, '0')}`;
};

/** One alert after the other, one person after the other. */
const plainReport = (alerts: GivenAlert[], by: Grouping, timeZone: string) => {
  type Group = { alerts: number; answered: number; unanswered: number; seconds: Record<string, number[]> };
  const groups = new Map<string | null, Group>();
  const supervisorOf = new Map(people.map(({ externalId, supervisor }) => [externalId, supervisor]));
  for (const alert of alerts) {
    const concerned = [
      ...new Set([...alert.pages.map(({ person }) => person), ...(alert.responder ? [alert.responder] : [])]),
    ];
    const groupOf = (person: string) =>
      by === 'person'
        ? person
        : by === 'team'
          ? supervisorOf.get(person)!
          : by === 'asset'
            ? alert.asset
            : weekIn(timeZone, alert.raised);
    const names = by === 'person' || by === 'team' ? concerned.map(groupOf) : [groupOf('')];
    for (const name of new Set(names)) {
      const group = groups.get(name) ?? { alerts: 0, answered: 0, unanswered: 0, seconds: {} };
      groups.set(name, group);
      const took = (measure: string, from: number | null, to: number | null) => {
        if (from === null || to === null) return;
        group.seconds[measure] ??= [];
        group.seconds[measure].push(Math.max(to - from, 0) / secondMs);
      };
      const members = concerned.filter((person) => groupOf(person) === name);
      const pages = alert.pages.filter(({ person }) => members.includes(person));
      const isTheirs = alert.responder !== null && members.includes(alert.responder);
      const answered = isTheirs ? alert.answered : null;
      group.alerts++;
      if (isTheirs) group.answered++;
      if (alert.responder === null) group.unanswered++;
      const [sent, delivered, read] = [
        firstOf(pages, 'sent'),
        firstOf(pages, 'delivered'),
        firstOf(pages, 'read'),
      ];
      took('raisedToSent', alert.raised, sent);
      took('sentToDelivered', sent, delivered);
      took('deliveredToRead', delivered, read);
      took('raisedToAnswered', alert.raised, answered);
      took('answeredToResolved', answered, alert.resolved);
      for (const person of members) {
        const own = pages.filter((page) => page.person === person);
        const paged = own.length > 0 ? Math.min(...own.map(({ at }) => at)) : null;
        took('pagedToRead', paged, firstOf(own, 'read'));
        took('pagedToAnswered', paged, person === alert.responder ? alert.answered : null);
      }
    }
  }
  return [...groups]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
    .map(([group, { seconds, ...counts }]) => ({
      ...{ group, ...counts },
      seconds: Object.fromEntries(measures.map((measure) => [measure, figuresOf(seconds[measure] ?? [])])),
    }));
};

const firstOf = (pages: GivenPage[], what: keyof Reached): number | null => {
  const known = pages.flatMap(({ way, further }) => [way, ...further].flatMap((each) => each[what] ?? []));
  return known.length > 0 ? Math.min(...known) : null;
};

const figuresOf = (seconds: number[]) => ({
  ...{ count: seconds.length, p50: percentile(seconds, 0.5) },
  ...{ p90: percentile(seconds, 0.9), p99: percentile(seconds, 0.99) },
});

const percentile = (values: number[], part: number) => {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return expect.closeTo(below + (above - below) * (place % 1), 2);
};

const alert = (n: number, raised: string, more: Partial<GivenAlert> = {}): GivenAlert => ({
  ...{ externalId: `AL-${n}`, asset: 'PUMP-3', severity: 'critical', raised: Date.parse(raised) },
  ...{ responder: null, answered: null, resolved: null, pages: [], ...more },
});

test('a day of a clock change is the whole day, and its week ends where the day does', async () => {
  const tenant = await createTenant(api.store, { channel: false, timeZone: 'Europe/Berlin' });
  const alerts = [
    alert(1, '2026-10-24T21:59:59.999Z'),
    alert(2, '2026-10-24T22:00:00.000Z'),
    alert(3, '2026-10-25T22:59:59.999Z'),
    alert(4, '2026-10-25T23:00:00.000Z'),
  ];
  await giveAlerts(api.asSuperuser, tenant.tenantId, { people, alerts });
  const counts = async (from: string, to: string) =>
    (await wholeReport(tenant, { from, to })).map(({ group, alerts }) => [group, alerts]);
  expect(await counts('2026-10-25', '2026-10-25')).toEqual([['2026-W43', 2]]);
  expect(await counts('2026-10-24', '2026-10-26')).toEqual([
    ['2026-W43', 3],
    ['2026-W44', 1],
  ]);
  // A moment given as the end is none of it, one given as the beginning is.
  expect(await counts('2026-10-24T22:00:00Z', '2026-10-26T00:00:00+01:00')).toEqual([['2026-W43', 2]]);
});

test('unless told otherwise it is about the last 28 days, by week', async () => {
  const tenant = await createTenant(api.store, { channel: false });
  api.setNow(new Date('2026-11-22T12:00:00Z'));
  const alerts = [
    alert(1, '2026-10-25T11:59:59Z'),
    alert(2, '2026-10-25T12:00:00Z'),
    alert(3, '2026-11-22T11:59:59Z'),
    alert(4, '2026-11-22T12:00:00Z'),
  ];
  await giveAlerts(api.asSuperuser, tenant.tenantId, { people, alerts });
  const { body } = await reportOf(tenant, {});
  const none = { count: 0, p50: null, p90: null, p99: null };
  const group = {
    ...{ alerts: 1, answered: 0, unanswered: 1 },
    seconds: Object.fromEntries(measures.map((measure) => [measure, none])),
  };
  expect(body).toEqual({
    items: [
      { group: '2026-W43', ...group },
      { group: '2026-W47', ...group },
    ],
    next: null,
  });
  const before = await reportOf(tenant, { to: '2026-10-25' });
  expect(before.body.items).toMatchObject([{ group: '2026-W43', alerts: 2 }]);
});

test.each([
  [{ from: '2026-11-22', to: '2026-11-21' }, '/from', 'must be before `to`'],
  [{ from: '2026-11-22T08:00:00Z', to: '2026-11-22T08:00:00Z' }, '/from', 'must be before `to`'],
  [{ from: '2025-01-01', to: '2026-11-22' }, '/from', 'must be at most 400 days before `to`'],
  [{ from: 'yesterday' }, '/from', expect.stringContaining('or a day like')],
  [{ to: '2026-02-30' }, '/to', expect.stringContaining('or a day like')],
  [{ by: 'month' }, '/by', expect.stringContaining('"week"')],
  [{ severity: 'urgent' }, '/severity', expect.stringContaining('"critical"')],
])('%j is refused', async (query, pointer, detail) => {
  const { status, body } = await reportOf(api.tenant, query);
  expect([status, body.errors]).toEqual([422, [{ pointer, detail }]]);
});

test("an alert's pages are listed as they came to pass, to its own tenant", async () => {
  const tenant = await createTenant(api.store, { channel: false });
  const begin = Date.parse('2026-11-22T08:00:00Z');
  const at = (seconds: number) => begin + seconds * secondMs;
  const page = (person: string, seconds: number, way: Partial<Reached>) => ({
    ...{ person, at: at(seconds), way: { ...nothing, ...way }, further: [nothing] },
  });
  const told = alert(1, '2026-11-22T08:00:00Z', {
    ...{ responder: 'bea', answered: at(95) },
    pages: [
      page('ana', 1, { sent: at(4) }),
      page('bea', 60, { sent: at(61), delivered: at(62), read: at(90) }),
    ],
  });
  await giveAlerts(api.asSuperuser, tenant.tenantId, { people, alerts: [told] });
  const times = (...seconds: (number | null)[]) =>
    Object.fromEntries(
      ['paged', 'sent', 'delivered', 'read', 'answered'].map((name, n) => {
        const after = seconds[n] ?? null;
        return [name, after === null ? null : new Date(at(after)).toISOString()];
      }),
    );
  const message = expect.any(String);
  const ways = ['whatsapp', 'sms'];
  const first = await api.get('/alerts/AL-1/pages?limit=1', tenant);
  expect(first.body.items).toEqual([{ message, technician: 'ana', step: 0, ways, times: times(1, 4) }]);
  const second = await api.get(`/alerts/AL-1/pages?after=${first.body.next}`, tenant);
  expect(second.body).toEqual({
    items: [{ message, technician: 'bea', step: 1, ways, times: times(60, 61, 62, 90, 95) }],
    next: null,
  });
  expect((await api.get('/alerts/AL-1/pages')).status).toBe(404);
  expect((await api.get('/alerts/AL-2/pages', tenant)).status).toBe(404);
});
