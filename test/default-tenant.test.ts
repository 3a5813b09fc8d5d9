import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDefaultTenant } from '../src/default-tenant.ts';
import type { Deps } from '../src/deps.ts';
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
      channel: null,
      apiKey: null,
      generateKey: false,
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
