import { askForConfirmations, maintenanceWindows } from '../../src/cmms/ask-confirmation.ts';
import { readFacts, ringAll } from '../../src/cmms/facts.ts';
import { type Reminded, remindPeople } from '../../src/cmms/remind.ts';
import { readSettings } from '../../src/cmms/settings.ts';
import type { Deps } from '../../src/deps.ts';
import { reminderWindows } from '../../src/domain/reminder.ts';
import type { Tx } from '../../src/store/store.ts';

// A batch is one transaction: whole people, few enough that a technician's command about an order that it has locked
// does not wait for long.
const maxPeople = 10;
const maxOrders = 100;
const ordersPerLine = 5000;

// Other tenants wait for the place.
const maxRunMs = 2000;

// Where the rules name no hour.
const usualHour = '08:00';

/**
 * Reminds people of what is due, each once its hour has passed where he lives, and asks about maintenance that
 * is not confirmed. Every decision is marked with its message, so the scan may stop anywhere and run twice.
 * `more`: its time was over before it was done.
 */
export const reminders =
  (deps: Deps & { monotonicMs: () => number }) =>
  async (tenantId: string): Promise<'done' | 'more'> => {
    const { store, log, monotonicMs } = deps;
    const startedAtMs = monotonicMs();
    const passedMs = () => Math.round(monotonicMs() - startedAtMs);
    const total = { people: 0, orders: 0, messages: 0, failed: 0 };
    let failure: unknown = null;
    let nextLine = ordersPerLine;
    const note = (event: string) => log.info({ event, tenantId, ...total, ms: passedMs() });

    const batches = await store.tenant(tenantId, (tx) => planBatches(tx, deps));
    let left = batches.length;
    for (const { people, work } of batches) {
      left--;
      try {
        const { bells, orders, messages } = await store.tenant(tenantId, work);
        total.people += people;
        total.orders += orders;
        total.messages += messages;
        ringAll(deps, tenantId, distinct(bells));
      } catch (error) {
        // The others are not to miss theirs; what failed is found again by the next scan.
        failure = error;
        total.failed += people;
      }
      if (total.orders >= nextLine) {
        nextLine = total.orders + ordersPerLine;
        note('reminders.progress');
      }
      // What is told is not found again, so each run comes further; where nothing was, the next might not.
      if (left > 0 && total.messages > 0 && passedMs() >= maxRunMs) {
        note('reminders.goes-on');
        return 'more';
      }
    }
    if (total.messages > 0 || failure) note('reminders.scanned');
    if (failure) throw new Error('some people could not be reminded', { cause: failure });
    return 'done';
  };

type Batch = { people: number; work: (tx: Tx) => Promise<Reminded> };

/** Whom there is something for just now; most of the time nobody. */
const planBatches = async (tx: Tx, deps: Deps): Promise<Batch[]> => {
  const [facts, ownZones] = await Promise.all([
    readFacts(tx, deps, { kind: 'system', id: null }),
    tx.reminders.zones(),
  ]);
  const { tenant, now } = facts;
  const { reminders: rules } = await readSettings(tx, tenant);
  const zones = [...new Set(ownZones.map((zone) => zone ?? tenant.timeZone))];
  const hour = rules[0]?.at ?? usualHour;
  const windows = zones.flatMap((zone) => reminderWindows(rules, zone, now));
  const maintenance = zones.flatMap((zone) => maintenanceWindows(zone, hour, now));
  const [people, unconfirmed] = await Promise.all([
    windows.length > 0 ? tx.reminders.peopleToRemind(windows, tenant.timeZone) : [],
    maintenance.length > 0 ? tx.reminders.unconfirmed(maintenance, tenant.timeZone) : [],
  ]);
  return [
    ...inBatches(people).map((batch): Batch => {
      const ids = batch.map(({ technicianId }) => technicianId);
      const orderIds = batch.flatMap((each) => each.orderIds);
      return { people: ids.length, work: (own) => remindPeople(own, ids, orderIds, rules, facts) };
    }),
    ...Array.from({ length: Math.ceil(unconfirmed.length / maxPeople) }, (_, part): Batch => {
      const ids = unconfirmed.slice(part * maxPeople, (part + 1) * maxPeople);
      return { people: ids.length, work: (own) => askForConfirmations(own, ids, hour, facts) };
    }),
  ];
};

type Waiting = { technicianId: string; orderIds: string[] };

const inBatches = (people: Waiting[]): Waiting[][] => {
  const batches: Waiting[][] = [];
  let orders = maxOrders;
  for (const each of people) {
    if (orders + each.orderIds.length > maxOrders || batches.at(-1)!.length === maxPeople) {
      batches.push([]);
      orders = 0;
    }
    batches.at(-1)!.push(each);
    orders += each.orderIds.length;
  }
  return batches;
};

const distinct = <T extends { queue: string; id: string }>(bells: T[]): T[] => [
  ...new Map(bells.map((bell) => [`${bell.queue} ${bell.id}`, bell])).values(),
];
