import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Facts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { addNotice, type NoticeKind } from '../../src/cmms/notify.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import type { WorkOrder } from '../../src/domain/work-order.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import type { Address, Technician } from '../../src/store/technicians.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
let tenant: TestTenant;
const now = new Date('2026-11-22T12:00:00.000Z');
const hours = (count: number) => new Date(now.getTime() + count * 60 * 60 * 1000);

beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 4 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  tenant = await createTenant(store, { timeZone: 'America/New_York' });
});

const technician = (change: Partial<Technician> = {}): Technician => ({
  id: randomUUID(),
  externalId: 'T-1',
  name: 'Maria',
  phone: '+15005550101',
  email: null,
  role: 'technician',
  locale: null,
  timeZone: null,
  supervisorId: null,
  active: true,
  preferences: {},
  lastSeenAt: null,
  ...change,
});

const order = (assigneeId: string): WorkOrder => ({
  id: randomUUID(),
  number: 'WO-1',
  title: 'Seal',
  description: null,
  priority: 'high',
  kind: 'corrective',
  asset: null,
  assigneeId,
  plannerId: null,
  due: { at: new Date('2026-12-25T03:00:00.000Z') },
  scheduled: null,
  status: 'assigned',
  escalated: false,
  version: 1,
  assignmentNo: 1,
  assignedAt: now,
  acknowledgedAt: null,
  startedAt: null,
  completedAt: null,
  confirmedAt: null,
  closedAt: null,
});

const givenOrder = async (tx: Tx, person: Technician, addresses: Address[] = phoneOf(person)) => {
  await tx.technicians.insert(person);
  await tx.technicians.setAddresses(person.id, addresses);
  const stored = order(person.id);
  await tx.workOrders.insert(stored);
  return stored;
};
const phoneOf = ({ phone }: Technician): Address[] =>
  phone ? [{ kind: 'whatsapp', value: phone, active: true }] : [];

const facts = async (tx: Tx, enabled = true): Promise<Omit<Facts, 'actor'>> => ({
  now,
  newId: randomUUID,
  tenant: (await tx.tenants.get())!,
  enabled,
});

const rings = () => [{ queue: 'outbound', id: tenant.channelId }];

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => store.tenant(tenant.tenantId, work);

test("a notice is written in the zone of its reader: his own, else the tenant's", async () => {
  for (const [timeZone, day] of [
    [null, 'Dec 24, 2026'],
    ['Europe/Berlin', 'Dec 25, 2026'],
  ] as const) {
    tenant = await createTenant(store, { timeZone: 'America/New_York' });
    const message = await inTenant(async (tx) => {
      const person = technician({ timeZone });
      const stored = await givenOrder(tx, person);
      const notice = { technician: person, order: stored, kind: 'work-order.assigned' as const };
      const { messageId, bells, added } = await addNotice(tx, notice, await facts(tx));
      expect([bells, added]).toEqual([rings(), true]);
      return tx.messages.get(messageId);
    });
    expect(message).toMatchObject({ status: 'queued', lane: 'notification', way: 'whatsapp' });
    expect(message!.text).toContain(`*Due:* ${day}`);
  }
});

test('an assignment is told once; the second time answers with the message that told it', async () => {
  await inTenant(async (tx) => {
    const person = technician();
    const stored = await givenOrder(tx, person);
    const tell = async (kind: NoticeKind) =>
      addNotice(tx, { technician: person, order: stored, kind }, await facts(tx));
    const first = await tell('work-order.assigned');
    expect(await tell('work-order.assigned')).toMatchObject({
      messageId: first.messageId,
      bells: [],
      added: false,
    });
    expect((await tell('maintenance.scheduled')).messageId).toBe(first.messageId);
    // Other notices are not about the assignment.
    expect((await tell('work-order.unassigned')).added).toBe(true);
    expect((await tell('work-order.reminder')).added).toBe(true);
    expect(await tx.messages.list({ before: null, limit: 10 })).toHaveLength(3);
  });
});

test.each<[string, Partial<Technician>, Address[]]>([
  ['no address', { phone: null }, []],
  ['an address that is switched off', {}, [{ kind: 'whatsapp', value: '+15005550101', active: false }]],
  ['an SMS address only', {}, [{ kind: 'sms', value: '+15005550101', active: true }]],
  ['left', { active: false }, [{ kind: 'whatsapp', value: '+15005550101', active: true }]],
])('who has %s is not told, the log says so, and can be told later', async (_, change, addresses) => {
  await inTenant(async (tx) => {
    const person = technician(change);
    const stored = await givenOrder(tx, person, addresses);
    const tell = async (to: Technician) =>
      addNotice(tx, { technician: to, order: stored, kind: 'work-order.assigned' }, await facts(tx));
    const { messageId, bells } = await tell(person);
    expect(bells).toEqual([{ queue: 'cmms-events', id: tenant.tenantId }]);
    expect(await tx.messages.get(messageId)).toMatchObject({
      status: 'cancelled',
      reason: 'no-address',
      technician: 'T-1',
    });
    await tx.technicians.setAddresses(person.id, [{ kind: 'whatsapp', value: '+15005550101', active: true }]);
    expect(await tell({ ...person, active: true })).toMatchObject({
      bells: rings(),
      added: true,
    });
  });
});

test('a user id is used where no phone is known', async () => {
  await inTenant(async (tx) => {
    const person = technician({ phone: null });
    const stored = await givenOrder(tx, person, [
      { kind: 'whatsapp-user-id', value: 'US.1349', active: true },
    ]);
    const notice = { technician: person, order: stored, kind: 'work-order.assigned' as const };
    expect((await addNotice(tx, notice, await facts(tx))).bells).toEqual(rings());
    const conversation = await tx.conversations.open(
      tenant.channelId!,
      person.id,
      'whatsapp:US.1349',
      randomUUID,
    );
    expect((await tx.conversations.addresses([conversation])).get(conversation)).toEqual({
      reply: 'whatsapp:US.1349',
      notice: 'whatsapp:US.1349',
    });
  });
});

test('while the service is switched off a notice is kept as cancelled', async () => {
  await inTenant(async (tx) => {
    const person = technician();
    const stored = await givenOrder(tx, person);
    const notice = { technician: person, order: stored, kind: 'work-order.assigned' as const };
    const { messageId, bells } = await addNotice(tx, notice, await facts(tx, false));
    expect(bells).toEqual([]);
    expect(await tx.messages.get(messageId)).toMatchObject({ status: 'cancelled', reason: 'disabled' });
  });
});

test.each<[NoticeKind, string[]]>([
  ['work-order.assigned', ['Acknowledge → ACK', 'Start → START', 'Help → HELP']],
  ['maintenance.scheduled', ['Confirm → CONFIRM', 'Start → START', 'Help → HELP']],
  ['work-order.reminder', ['Status → STATUS', 'Complete → COMPLETE']],
  ['work-order.unassigned', []],
  ['work-order.cancelled', []],
])('%s offers the buttons %j', async (kind, expected) => {
  await inTenant(async (tx) => {
    const person = technician();
    const stored = await givenOrder(tx, person);
    const notice = { technician: person, order: stored, kind };
    const aMomentAgo = new Date(Date.now() - 1000);
    const { messageId } = await addNotice(tx, notice, { ...(await facts(tx)), now: aMomentAgo });
    const [due] = await tx.outbox.lockDue([messageId]);
    expect((due!.buttons ?? []).map(({ title, action }) => `${title} → ${action}`)).toEqual(expected);
  });
});

test('a notice that becomes another before it leaves has the buttons of what it says', async () => {
  await inTenant(async (tx) => {
    const person = technician();
    const stored = await givenOrder(tx, person);
    const notice = { technician: person, order: stored, kind: 'work-order.assigned' as const };
    const aMomentAgo = new Date(Date.now() - 1000);
    const now = { ...(await facts(tx)), now: aMomentAgo };
    const { messageId } = await addNotice(tx, notice, now);
    const scheduled = { kind: 'preventive' as const, scheduledFor: '2026-12-24' };
    const asCmms = { ...now, actor: { kind: 'cmms' as const, id: null } };
    await saveWorkOrder(tx, stored.number, scheduled, asCmms, collectFaults());
    const [due] = await tx.outbox.lockDue([messageId]);
    expect(due).toMatchObject({ kind: 'maintenance.scheduled', buttons: [{ action: 'CONFIRM' }, {}, {}] });
  });
});

test.each<[NoticeKind, Date | undefined, Date]>([
  ['work-order.assigned', undefined, hours(7 * 24)],
  ['work-order.assigned', hours(2), hours(2)],
  ['work-order.assigned', hours(30 * 24), hours(7 * 24)],
  ['maintenance.scheduled', hours(30 * 24), hours(7 * 24)],
  ['work-order.reminder', hours(5), hours(5)],
])('%s that should expire at %s expires at %s', async (kind, expiresAt, expected) => {
  await inTenant(async (tx) => {
    const person = technician();
    const stored = await givenOrder(tx, person);
    const { messageId } = await addNotice(
      tx,
      { technician: person, order: stored, kind, ...(expiresAt ? { expiresAt } : {}) },
      await facts(tx),
    );
    expect((await tx.messages.get(messageId))!.expiresAt).toEqual(expected);
  });
});

test.each<[NoticeKind, boolean, string | null]>([
  ['work-order.reminder', true, 'there is no address to write to'],
  ['work-order.assigned', false, 'they are registered as inactive'],
  // What is not theirs any more need not concern them.
  ['work-order.unassigned', false, null],
])('%s for somebody with no way, active %s: the planner reads %s', async (kind, active, why) => {
  await inTenant(async (tx) => {
    const planner = technician({ externalId: 'P-1', phone: '+15005550102', role: 'planner' });
    await tx.technicians.insert(planner);
    await tx.technicians.setAddresses(planner.id, phoneOf(planner));
    const person = technician({ phone: null, active });
    const stored = await givenOrder(tx, person);
    const { bells } = await addNotice(tx, { technician: person, order: stored, kind }, await facts(tx));
    const told = (await tx.messages.list({ before: null, limit: 10 })).filter(
      (message) => message.technician === 'P-1',
    );
    expect(told.map(({ kind }) => kind)).toEqual(why === null ? [] : ['technician.not-reached']);
    expect(told[0]?.text ?? '').toContain(why ?? '');
    expect(bells).toEqual(why === null ? [] : [{ queue: 'cmms-events', id: tenant.tenantId }, ...rings()]);
  });
});
