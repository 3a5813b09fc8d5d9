import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withMailFooter } from '../../src/cmms/mail-footer.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import type { Address, Technician } from '../../src/store/technicians.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createTenant } from '../support/tenant.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  store = createStore({ url: database.appUrl, maxConnections: 2 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const phone = '+15005550101';
const onWhatsapp: Address = { kind: 'whatsapp', value: phone, active: true };
const bySms: Address = { kind: 'sms', value: phone, active: true };
const nowhere = 'No phone of yours can answer here: tell your planner instead.';

test.each<[string, boolean, Address[], string[]]>([
  ['both ways', true, [onWhatsapp, bySms], ['to NUMBER on WhatsApp', 'text message, write to SMS']],
  ['no text messages here', false, [onWhatsapp, bySms], ['to NUMBER on WhatsApp']],
  ['no WhatsApp there', true, [bySms], ['text message, write to SMS']],
  ['text messages are the only way there and not here', false, [bySms], [nowhere]],
  ['no phone at all', true, [], [nowhere]],
])('an e-mail names the ways that its reader can answer by: %s', async (_, withSms, addresses, says) => {
  const { tenantId } = await createTenant(store);
  const person: Technician = {
    ...{ id: randomUUID(), externalId: 'T-1', name: 'Maria', phone: addresses.length > 0 ? phone : null },
    ...{ email: 'maria@example.com', role: 'technician', locale: null, timeZone: null, supervisorId: null },
    ...{ active: true, preferences: {}, lastSeenAt: null },
  };
  const { text, number, sms } = await store.tenant(tenantId, async (tx) => {
    await tx.technicians.insert(person);
    await tx.technicians.setAddresses(person.id, addresses);
    const [whatsapp] = await tx.channels.list();
    const sms = {
      ...whatsapp!,
      id: randomUUID(),
      way: 'sms' as const,
      address: `+1415555${randomInt(1000, 9999)}`,
    };
    if (withSms) await tx.channels.save(sms, new Date());
    const reader = { way: 'email', locale: 'en', timeZone: 'UTC', now: new Date() } as const;
    return {
      text: await withMailFooter(tx, 'Told.', reader, person),
      number: whatsapp!.address.replace('whatsapp:', ''),
      sms: sms.address,
    };
  });
  const [told, ...footer] = text.split('\n').filter((line) => line !== '');
  expect([told, footer[0]]).toEqual(['Told.', 'Replies to this e-mail are not read.']);
  expect(footer.slice(1)).toEqual(
    says.map((part) => expect.stringContaining(part.replace('NUMBER', number).replace('SMS', sms))),
  );
});
