import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reminders } from '../../jobs/schedules/reminders.ts';
import { type ScanStage, setScanStage } from './stage.ts';

// In this year each zone with daylight saving changes its clock twice, the southern ones the other way round.
const zones = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Sydney',
  'America/Santiago',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
];
const yearBegins = Date.parse('2026-01-01T00:00:00Z');
const yearEnds = Date.parse('2027-01-01T00:00:00Z');
const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const technicianCount = 200;
const orderCount = 3000;

type Priority = 'low' | 'medium' | 'high' | 'critical';
type Hours = { from: string; to: string };
type Rule = { id: string; days: number; at: string; priorities: Priority[] | null };

const rules: Rule[] = [
  { id: 'week-before', days: 7, at: '08:00', priorities: ['critical'] },
  { id: 'two-days-before', days: 2, at: '08:00', priorities: ['critical', 'high', 'medium'] },
  // An hour that some clocks skip and show twice.
  { id: 'night-before', days: 1, at: '02:30', priorities: ['critical', 'high'] },
  { id: 'day-before', days: 1, at: '08:00', priorities: null },
  { id: 'on-the-day', days: 0, at: '06:30', priorities: null },
  { id: 'overdue', days: -1, at: '08:00', priorities: null },
];
const usualQuietHours = { from: '22:00', to: '06:00' };
const ownQuietHours: (Hours | null)[] = [
  // The hour lies in them: what is found then waits.
  { from: '07:00', to: '09:30' },
  // They end after the day for which it is meant.
  { from: '07:30', to: '00:30' },
  // They begin and end where clocks change.
  { from: '01:00', to: '03:00' },
  { from: '23:00', to: '02:30' },
  ...Array<null>(6).fill(null),
];

type Person = { id: string; name: string; zone: string; own: Hours | null };
type Due = { on: string } | { at: number };
/** How an order is from that moment on. */
type Version = { from: number; assignee: Person | null; due: Due | null; isOpen: boolean };
type Order = { id: string; number: string; priority: Priority; versions: Version[] };

const clocksBegin = yearBegins - 20 * dayMs;
const clocks = new Map<string, string[]>();
const showingsOf = new Map<string, Map<string, number[]>>();

let stage: ScanStage;
beforeAll(async () => {
  stage = await setScanStage();
  await stage.begin();
});
afterAll(() => stage.strike());

test('a year of reminders: each exactly once, at its hour, none in quiet hours, none that is not true', async () => {
  await stage.saving((tx) => tx.settings.save({ reminders: rules, quietHours: usualQuietHours }));
  const people = await givenPeople();
  const orders = Array.from({ length: orderCount }, (_, index) => makeOrder(index, people));
  const changes = orders
    .flatMap((order) => order.versions.map((version) => ({ order, version })))
    .sort((a, b) => a.version.from - b.version.from);

  let ids = 0;
  const newId = () => {
    ids++;
    return randomUUID();
  };
  const scan = reminders({ ...stage.deps, newId });
  const seen: Seen[] = [];
  let next = 0;
  for (const [nth, at] of scans.entries()) {
    const first = next;
    while (next < changes.length && changes[next]!.version.from <= at) next++;
    if (next > first) await write(changes.slice(first, next));
    stage.clock.now = new Date(at);
    const before = ids;
    while ((await scan(stage.tenantId())) === 'more');
    if (ids > before) seen.push(...(await readNew(at, people)));
    // As autovacuum does within a minute of real life.
    if (nth % 250 === 100) {
      await stage.superuser.query('VACUUM (ANALYZE) work_order, message, message_work_order, reminder_mark');
    }
  }

  const expected = orders.flatMap(expectedOf);
  expect(seen.map(wordsOf).sort()).toEqual(expected.map(wordsOf).sort());
  for (const each of seen) {
    if (each.leaves === null) continue;
    const { from, to } = each.person.own ?? usualQuietHours;
    const time = clockOf(each.person.zone)(each.leaves).slice(11);
    expect(from < to ? time < from || time >= to : time < from && time >= to, wordsOf(each)).toBe(true);
  }
  // Of one person's orders there is one message in a scan.
  const messages = new Map(seen.map((each) => [each.message, `${each.person.name} at ${each.found}`]));
  expect(new Set(messages.values()).size).toBe(messages.size);

  // It was a year in which everything came to pass, often.
  expect(seen.length).toBeGreaterThan(2 * orderCount);
  expect(messages.size).toBeLessThan(seen.length - 500);
  expect(seen.filter(({ leaves, found }) => leaves !== null && leaves > found).length).toBeGreaterThan(500);
  expect(seen.filter(({ leaves }) => leaves === null).length).toBeGreaterThan(200);
}, 600_000);

/** Every third hour, another third of them each day; every quarter of one on the days around a change of some clock. */
const scans = (() => {
  const days = Array.from({ length: (yearEnds - yearBegins) / dayMs }, (_, day) => yearBegins + day * dayMs);
  const changing = new Set(
    days
      .filter((at) =>
        zones.some((zone) => clockOf(zone)(at).slice(11) !== clockOf(zone)(at + dayMs).slice(11)),
      )
      .flatMap((at) => [-1, 0, 1].map((more) => at + more * dayMs)),
  );
  return days.flatMap((day, nth) => {
    const [stepMs, firstMs] = changing.has(day) ? [quarterMs, 0] : [3 * hourMs, (nth % 3) * hourMs];
    return Array.from({ length: dayMs / stepMs }, (_, step) => day + firstMs + step * stepMs);
  });
})();

/** The same numbers in every run: mulberry32. */
const random = (() => {
  let state = 20_260_101;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
})();
const below = (count: number) => Math.floor(random() * count);
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;
/** Some have much to do, so that they get digests. */
const someone = (people: Person[]) => oneOf(below(2) === 0 ? people : people.slice(0, 40));

const givenPeople = () =>
  stage.saving(async (tx) => {
    const people: Person[] = [];
    for (let index = 0; index < technicianCount; index++) {
      const own = ownQuietHours[Math.floor(index / zones.length) % ownQuietHours.length]!;
      const person = { id: randomUUID(), name: `tech-${index}`, zone: zones[index % zones.length]!, own };
      const phone = `+1202556${String(index).padStart(4, '0')}`;
      await tx.technicians.insert({
        ...{ id: person.id, externalId: person.name, name: person.name, phone, email: null },
        ...{ role: 'technician', locale: null, timeZone: person.zone, supervisorId: null, active: true },
        ...{ preferences: own ? { quietHours: own } : {}, lastSeenAt: null },
      });
      await tx.technicians.setAddresses(person.id, [{ kind: 'whatsapp', value: phone, active: true }]);
      people.push(person);
    }
    return people;
  });

/** Made some day, dated anew, taken away, given to somebody else, and closed at last: before it is due or days after. */
const makeOrder = (index: number, people: Person[]): Order => {
  // Whole hours and some minutes: never the moment of a scan.
  const moment = (from: number, hours: number) =>
    Math.floor(from / hourMs) * hourMs + (1 + below(hours)) * hourMs + (1 + below(14)) * minuteMs;
  let from = moment(yearBegins, 360 * 24);
  const versions: Version[] = [{ from, assignee: someone(people), due: dueAfter(from), isOpen: true }];
  for (let changes = below(4); changes > 0; changes--) {
    from = moment(from, 60);
    const { assignee, due } = versions.at(-1)!;
    versions.push(
      oneOf<() => Version>([
        () => ({ from, assignee, due: dueAfter(from), isOpen: true }),
        () => ({ from, assignee: someone(people), due, isOpen: true }),
        () => ({ from, assignee: someone(people), due: dueAfter(from), isOpen: true }),
        () => ({ from, assignee: below(4) === 0 ? null : someone(people), due, isOpen: true }),
        () => ({ from, assignee, due: below(4) === 0 ? null : shifted(due), isOpen: true }),
      ])(),
    );
  }
  versions.push({ ...versions.at(-1)!, from: moment(from, 9 * 24), isOpen: false });
  return {
    ...{ id: randomUUID(), number: `WO-${index}`, versions },
    priority: oneOf<Priority>(['low', 'medium', 'high', 'critical']),
  };
};

const dueAfter = (from: number): Due => {
  const at = Math.floor((from + below(9 * 24) * hourMs) / quarterMs) * quarterMs;
  return below(2) === 0 ? { at } : { on: new Date(at).toISOString().slice(0, 10) };
};

/** The same day at another hour, perhaps. */
const shifted = (due: Due | null): Due | null =>
  due && 'at' in due ? { at: due.at + (below(5) - 2) * hourMs } : due;

/** As the CMMS would, but without its notices. */
const write = async (changes: { order: Order; version: Version }[]) => {
  const rows = changes.map(({ order: { id, number, priority }, version: { assignee, due, isOpen } }) => ({
    ...{ id, number, priority, assignee: assignee?.id ?? null, status: isOpen ? 'assigned' : 'completed' },
    on: due && 'on' in due ? due.on : null,
    at: due && 'at' in due ? new Date(due.at) : null,
  }));
  // One order may change twice between two scans.
  const last = [...new Map(rows.map((row) => [row.id, row])).values()];
  await stage.superuser.query(
    `INSERT INTO work_order (tenant_id, id, number, number_key, title, priority, kind, assignee_id, due_on, due_at, status)
     SELECT $1, id, number, number, number, priority, 'corrective', assignee, "on", at, status
     FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, number text, priority text, assignee uuid, "on" date,
       at timestamptz, status text)
     ON CONFLICT (tenant_id, id) DO UPDATE SET assignee_id = excluded.assignee_id, due_on = excluded.due_on,
       due_at = excluded.due_at, status = excluded.status`,
    [stage.tenantId(), JSON.stringify(last)],
  );
};

/** A reminder of one order. `leaves` null: kept back, since quiet hours end after the day, `on`, that it is for. */
type Expected = {
  order: string;
  person: Person;
  dueOn: string;
  on: string;
  found: number;
  leaves: number | null;
};
type Seen = Expected & { message: string };

const wordsOf = ({ order, person, dueOn, on, found, leaves }: Expected) =>
  `${order} to ${person.name}, due ${dueOn}, of ${on}, found ${iso(found)}, ${leaves === null ? 'kept back' : `leaves ${iso(leaves)}`}`;

const iso = (at: number) => new Date(at).toISOString();

/** What a scan has written; from then on it has arrived and was read. */
const readNew = async (found: number, people: Person[]): Promise<Seen[]> => {
  const { rows } = await stage.superuser.query(
    `WITH fresh AS (
       SELECT * FROM message WHERE tenant_id = $1 AND direction = 'out' AND seq > $2
     ), arrived AS (
       UPDATE message SET status = 'read', reason = NULL, due_at = NULL WHERE tenant_id = $1 AND id IN (SELECT id FROM fresh)
     )
     SELECT m.id, m.seq, m.kind, m.status, m.reason, m.technician_id, m.due_at, m.expires_at,
       round(extract(epoch FROM m.due_at - m.created_at) / 60)::int AS due_in_minutes, w.number,
       coalesce(o.due_day, m.due_day)::text AS due_on, count(*) OVER (PARTITION BY m.id)::int AS orders
     FROM fresh m JOIN message_work_order o ON o.tenant_id = $1 AND o.message_id = m.id
     JOIN work_order w ON w.tenant_id = $1 AND w.id = o.work_order_id`,
    [stage.tenantId(), lastSeq],
  );
  const byId = new Map(people.map((person) => [person.id, person]));
  return rows.map((row): Seen => {
    lastSeq = Math.max(lastSeq, Number(row.seq));
    const person = byId.get(row.technician_id)!;
    expect(row.kind).toBe(row.orders === 1 ? 'work-order.reminder' : 'work-order.digest');
    if (row.due_at === null) expect(row).toMatchObject({ status: 'cancelled', reason: 'quiet-hours' });
    else expect(row).toMatchObject({ status: 'queued' });
    return {
      ...{ order: row.number, person, dueOn: row.due_on, found, message: row.id },
      on: clockOf(person.zone)(row.expires_at.getTime()).slice(0, 10),
      // By the database's clock, which is not this year's.
      leaves: row.due_at && found + row.due_in_minutes * 60_000,
    };
  });
};
let lastSeq = 0;

/**
 * Worked out from an order's history alone, day by day: on each day for which some rule asks, at the first scan from
 * the earliest hour of those rules on at which it is somebody's; once a day for each due day, whoever has the order.
 */
const expectedOf = ({ number, priority, versions }: Order): Expected[] => {
  const reminded = new Map<string, Expected>();
  for (const [nth, { from, assignee: person, due, isOpen }] of versions.entries()) {
    if (!isOpen || !person || !due) continue;
    const until = versions[nth + 1]!.from;
    const clock = clockOf(person.zone);
    const dueOn = 'on' in due ? due.on : clock(due.at).slice(0, 10);
    const lastDay = Date.parse(clock(until).slice(0, 10));
    for (let day = Date.parse(clock(from).slice(0, 10)); day <= lastDay; day += dayMs) {
      const left = (Date.parse(dueOn) - day) / dayMs;
      const on = iso(day).slice(0, 10);
      const hours = rules
        .filter((rule) => (rule.days < 0 ? left <= rule.days : left === rule.days))
        .filter((rule) => rule.priorities?.includes(priority) ?? true)
        .map(({ at }) => hourOn(person.zone, on, at));
      if (hours.length === 0) continue;
      const found = firstScan(Math.max(Math.min(...hours), from));
      if (found === undefined || found >= until || clock(found).slice(0, 10) !== on) continue;
      const once = `${dueOn} ${on}`;
      if (reminded.has(once)) continue;
      const quietUntil = endOfQuiet(person, found) ?? found;
      const leaves = clock(quietUntil).slice(0, 10) === on ? quietUntil : null;
      reminded.set(once, { order: number, person, dueOn, on, found, leaves });
    }
  }
  return [...reminded.values()];
};

const firstScan = (from: number): number | undefined => {
  let [low, high] = [0, scans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scans[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return scans[low];
};

/** When a clock there shows that hour, first; where it skips it, as much later as it was set forward. */
const hourOn = (zone: string, day: string, time: string): number => {
  const shown = shownIn(zone).get(`${day} ${time}`)?.[0];
  if (shown !== undefined) return shown;
  for (let back = 1; ; back++) {
    const earlier = new Date(Date.parse(`${day}T${time}Z`) - back * quarterMs).toISOString();
    const before = shownIn(zone)
      .get(`${earlier.slice(0, 10)} ${earlier.slice(11, 16)}`)
      ?.at(-1);
    if (before !== undefined) return before + back * quarterMs;
  }
};

/** The end of the quiet hours in which that lies: one stretch a night, from the first showing of its beginning on. */
const endOfQuiet = ({ zone, own }: Person, at: number): number | null => {
  const { from, to } = own ?? usualQuietHours;
  const today = Date.parse(clockOf(zone)(at).slice(0, 10));
  for (const day of [today - dayMs, today]) {
    const [begins] = showings(zone, iso(day).slice(0, 10), from);
    const ends = showings(zone, iso(from < to ? day : day + dayMs).slice(0, 10), to).at(-1)!;
    if (begins! <= at && at < ends) return ends;
  }
  return null;
};

/** Every moment at which a clock there shows that; where it skips it, the one at which it goes on. */
const showings = (zone: string, day: string, time: string): number[] => {
  for (let later = 0; ; later++) {
    const shown = new Date(Date.parse(`${day}T${time}Z`) + later * quarterMs).toISOString();
    const found = shownIn(zone).get(`${shown.slice(0, 10)} ${shown.slice(11, 16)}`);
    if (found) return found;
  }
};

// What a clock in a zone shows at each quarter of an hour, asked of the system's own tables; and when it shows that.
function clockOf(zone: string): (at: number) => string {
  const quarters = clocks.get(zone) ?? readClock(zone);
  return (at) => quarters[Math.floor((at - clocksBegin) / quarterMs)]!;
}

function shownIn(zone: string): Map<string, number[]> {
  const known = showingsOf.get(zone);
  if (known) return known;
  const found = new Map<string, number[]>();
  for (const [quarter, shown] of (clocks.get(zone) ?? readClock(zone)).entries()) {
    found.set(shown, [...(found.get(shown) ?? []), clocksBegin + quarter * quarterMs]);
  }
  showingsOf.set(zone, found);
  return found;
}

function readClock(zone: string): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: zone, hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  const quarters = Array.from({ length: (420 * dayMs) / quarterMs }, (_, quarter) =>
    format.format(clocksBegin + quarter * quarterMs).replace(',', ''),
  );
  clocks.set(zone, quarters);
  return quarters;
}
