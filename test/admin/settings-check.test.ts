import { expect, test, vi } from 'vitest';
import { createTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();

test('it runs behind the page, which shows each check as it ends, in words and with what to do', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'checked', channel: false });
  const browser = await panel.signedIn('administrator', tenant);
  expect((await browser.get('/admin/settings/check')).text).toContain('Does everything work?');
  const started = await browser.post('/admin/settings/check');
  expect([started.status, started.location]).toEqual([303, '/admin/settings/check']);
  const page = await vi.waitFor(
    async () => {
      const { text } = await browser.get('/admin/settings/check');
      expect(text).toMatch(/\d problems/);
      return text;
    },
    { timeout: 30_000, interval: 50 },
  );
  expect(page).toMatch(/Database.*badge good.*It answers within \d+ ms/s);
  expect(page).toContain('There is no WhatsApp sender yet.');
  expect(page).toContain('Set one up under Sender.');
  expect(page).toContain('No worker is alive');
  expect((await browser.get('/admin/audit')).text).toContain('Started the self-test');
});

test('one at a time: while one runs no other begins', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'once' });
  const selfTests = <T>(work: (tests: { start(id: string): Promise<boolean> }) => Promise<T>) =>
    panel.deps.store.tenant(tenant.tenantId, (tx) => work(tx.selfTests));
  const id = panel.deps.newId();
  expect(await selfTests((tests) => tests.start(id))).toBe(true);
  const browser = await panel.signedIn('administrator', tenant);
  await browser.post('/admin/settings/check');
  const running = await browser.get('/admin/settings/check');
  expect(running.text).toContain('It runs');
  expect(running.text).toContain('checking');
  const stored = await panel.deps.store.tenant(tenant.tenantId, (tx) => tx.selfTests.get());
  expect(stored).toMatchObject({ id, isLost: false });
});
