import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchUp } from '../jobs/schedules/catch-up.ts';
import { readFacts } from '../src/cmms/facts.ts';
import { collectFaults } from '../src/cmms/faults.ts';
import { saveTechnician } from '../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../src/cmms/save-work-order.ts';
import { ensureDefaultTenant } from '../src/default-tenant.ts';
import type { Deps } from '../src/deps.ts';
import type { Provider } from '../src/messaging/provider.ts';
import { createProviders } from '../src/messaging/providers.ts';
import type { DescribedChannel } from '../src/sender.ts';
import { createStore } from '../src/store/store.ts';
import { createTestDatabase } from './support/postgres.ts';
import { testSecretKey } from './support/tenant.ts';

let deps: Deps;
let close = async () => {};
beforeAll(async () => {
  const database = await createTestDatabase();
  const store = createStore({ url: database.appUrl });
  deps = {
    store,
    ring: () => {},
    log: pino({ level: 'silent' }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: true,
  };
  close = async () => {
    await store.close();
    await database.drop();
  };
});
afterAll(() => close());

/** A start with that environment. */
const start = async (described: Partial<Parameters<typeof ensureDefaultTenant>[1]>) =>
  (
    await ensureDefaultTenant(deps, {
      channels: [],
      apiKey: null,
      admin: null,
      generate: false,
      defaultCountry: 'US',
      ...described,
    })
  ).tenantId;

test('the country of national phone numbers follows the environment from start to start', async () => {
  const countryAfter = async (defaultCountry: string) => {
    const tenantId = await start({ defaultCountry });
    return (await deps.store.tenant(tenantId, (tx) => tx.tenants.get()))?.defaultCountry;
  };
  expect(await countryAfter('US')).toBe('US');
  expect(await countryAfter('DE')).toBe('DE');
  expect(await countryAfter('DE')).toBe('DE');
});

const sender = (address: string, provider: DescribedChannel['provider'] = 'twilio'): DescribedChannel => ({
  way: 'whatsapp',
  provider,
  address: `whatsapp:${address}`,
  accountSid: `AC${'0'.repeat(32)}`,
  messagingServiceSid: null,
  messagesPerSecond: 80,
  credentials: { authToken: 'token' },
});

const sendersOf = async (tenantId: string) =>
  Object.fromEntries(
    (await deps.store.tenant(tenantId, (tx) => tx.channels.list())).map(({ address, retiredAt }) => [
      address.replace('whatsapp:', ''),
      retiredAt ? 'retired' : 'in use',
    ]),
  );

test('the sender the environment names now is the one notices leave by, and catch-up asks about', async () => {
  await start({ channels: [sender('+15005550001')] });
  const tenantId = await start({ channels: [sender('+15005550002')] });
  expect(await sendersOf(tenantId)).toEqual({ '+15005550001': 'retired', '+15005550002': 'in use' });

  let orders = 0;
  const noticeLeavesBy = () =>
    deps.store.tenant(tenantId, async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
      await saveTechnician(tx, 'A', { name: 'A', phone: '+15005550101' }, facts, collectFaults());
      const order = { title: 'Seal', assignee: 'A' };
      const { bells } = await saveWorkOrder(tx, `WO-${++orders}`, order, facts, collectFaults());
      const { id } = bells.find(({ queue }) => queue === 'outbound')!;
      return (await tx.channels.get(id))!.address;
    });
  expect(await noticeLeavesBy()).toBe('whatsapp:+15005550002');

  const asked: string[] = [];
  const listReceived: Provider['listReceived'] = async (address) => {
    asked.push(address);
    return [];
  };
  const asksAfter = async (hours: number) => {
    asked.length = 0;
    await catchUp({
      ...deps,
      now: () => new Date(deps.now().getTime() + hours * 3_600_000),
      providerOf: () => ({ listReceived }) as Provider,
      mustWaitForSpill: async () => false,
    })(tenantId);
    return asked.toSorted();
  };
  // For a day somebody may still write to the old one unheard.
  expect(await asksAfter(23)).toEqual(['whatsapp:+15005550001', 'whatsapp:+15005550002']);
  expect(await asksAfter(25)).toEqual(['whatsapp:+15005550002']);
  const enable = (enabled: boolean) =>
    deps.store.tenant(tenantId, async (tx) => {
      await tx.tenants.update({ ...(await tx.tenants.get())!, enabled });
    });
  await enable(false);
  expect(await asksAfter(1)).toEqual([]);
  await enable(true);

  await start({ channels: [sender('+15005550001')] });
  expect(await sendersOf(tenantId)).toEqual({ '+15005550001': 'in use', '+15005550002': 'retired' });
  expect(await noticeLeavesBy()).toBe('whatsapp:+15005550001');
});

test('an environment without a sender retires the simulated one, and no other', async () => {
  const tenantId = await start({ channels: [sender('+15005550001')] });
  await start({});
  expect(await sendersOf(tenantId)).toMatchObject({ '+15005550001': 'in use' });
  await start({ channels: [sender('+15005550003', 'simulator')] });
  await start({});
  expect(await sendersOf(tenantId)).toMatchObject({ '+15005550003': 'retired' });
});

test('what waits on a simulated sender without a simulator is asked of nobody', async () => {
  const tenantId = await start({ channels: [sender('+15005550003', 'simulator')] });
  const channels = await deps.store.tenant(tenantId, (tx) => tx.channels.list());
  const simulated = channels.find(({ provider }) => provider === 'simulator')!;
  const provider = createProviders(deps.secretKeys, { twilio: null, simulator: null })(simulated);
  const outgoing = { from: simulated.address, to: 'whatsapp:+15005550101', text: 'hi', content: null };
  expect(
    await provider.send({
      ...outgoing,
      messagingServiceSid: null,
      messageId: 'm',
      orderNumber: null,
      at: new Date(),
      statusCallback: 'https://example.com',
    }),
  ).toMatchObject({ kind: 'refused', next: 'stop' });
  expect(await provider.listReceived(simulated.address, new Date(0))).toEqual([]);
  expect(await provider.listSentTo(outgoing.to, new Date(0))).toEqual([]);
});

describe('the first administrator', () => {
  const administrators = (tenantId: string) =>
    deps.store.tenant(tenantId, (tx) => tx.panelUsers.list({ after: null, limit: 10 }));

  test('is who the environment names, as long as nobody of that address is there', async () => {
    const anna = { email: 'anna@example.com', password: 'three tall ladders' };
    const tenantId = await start({ admin: anna, generate: true });
    const [user, ...others] = await administrators(tenantId);
    expect(others).toEqual([]);
    expect(user).toMatchObject({
      ...{ email: anna.email, name: 'anna' },
      role: 'administrator',
      hasPassword: true,
    });

    await deps.store.tenant(tenantId, (tx) => tx.panelUsers.setRole(user!.id, 'auditor'));
    await Promise.all([start({ admin: { ...anna, password: 'another password' } }), start({ admin: anna })]);
    expect(await administrators(tenantId)).toEqual([{ ...user, role: 'auditor' }]);

    // A new address is a way back for whoever has lost theirs.
    await start({ admin: { email: 'bert@example.com', password: 'three tall ladders' } });
    expect((await administrators(tenantId)).map(({ email }) => email)).toEqual([
      anna.email,
      'bert@example.com',
    ]);
  });

  test('is made up only where keys are, and only for a panel without users', async () => {
    const { generatedAdmin } = await ensureDefaultTenant(deps, {
      ...{ channels: [], apiKey: null, admin: null, generate: true, defaultCountry: 'US' },
    });
    expect(generatedAdmin).toBeNull();
  });
});
