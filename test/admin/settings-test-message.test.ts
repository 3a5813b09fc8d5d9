import { expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { createTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();

test('it is sent as the CMMS would send it, to an external id or a phone, and its ticks are shown', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'ticks' });
  await store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    const fields = { name: 'Ana Souza', phone: '+1 202 555 0101' };
    await saveTechnician(tx, 'ana', fields, facts, collectFaults());
  });
  const rung: string[] = [];
  panel.deps.ring = (queue) => void rung.push(queue);
  const browser = await panel.signedIn('administrator', tenant);
  expect((await browser.get('/admin/settings/test-message')).text).toContain('<option value="ana">Ana Souza');

  const wrong = await browser.post('/admin/settings/test-message', { to: 'nobody', text: ' ' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('To names nobody we know.');
  expect(wrong.text).toContain('Text must not be empty.');
  expect(wrong.text).toContain('value="nobody"');

  const sent = await browser.post('/admin/settings/test-message', {
    to: '(202) 555-0101',
    text: 'Hello <b>',
  });
  expect(sent.status).toBe(303);
  expect(rung).toContain('outbound');
  const id = new URLSearchParams(sent.location!.split('?')[1]).get('message')!;
  const message = await store.tenant(tenant.tenantId, (tx) => tx.messages.get(id));
  expect(message).toMatchObject({
    technician: 'ana',
    kind: 'message.send',
    text: 'Hello <b>',
    status: 'queued',
  });
  const reached = async () =>
    [...(await browser.get(sent.location!)).text.matchAll(/class="reached".*?<b>(\w+)</gs)].map(
      ([, step]) => step,
    );
  expect(await reached()).toEqual(['queued']);
  await store.tenant(tenant.tenantId, (tx) => tx.messages.moveTo(id, 'delivered'));
  expect(await reached()).toEqual(['queued', 'accepted', 'sent', 'delivered']);

  panel.setNow(new Date(Date.now() + 60_000));
  const waiting = await browser.post('/admin/settings/test-message', { to: 'ana', text: 'Again' });
  panel.setNow(new Date(Date.now() + 120_000));
  expect((await browser.get(waiting.location!)).text).toContain('It still waits.');
  const waitingId = waiting.location!.split('message=')[1]!;
  // Refused for something that passes, it stays so until the next try.
  await store.tenant(tenant.tenantId, (tx) => tx.messages.moveTo(waitingId, 'sending'));
  expect((await browser.get(waiting.location!)).text).toContain('It still waits.');
  await store.tenant(tenant.tenantId, (tx) => tx.messages.moveTo(waitingId, 'failed'));
  const failed = await browser.get(waiting.location!);
  expect(failed.text).toContain('badge bad');
  expect(failed.text).toContain('Send it again, or by another way.');
  expect((await browser.get('/admin/audit')).text).toContain('Sent a test message: ana');
  expect((await browser.get('/admin/audit')).text).not.toContain('Hello');
  expect(panel.logged.join('')).not.toContain('Hello');

  const stranger = await panel.signedIn('administrator');
  expect((await stranger.get(sent.location!)).status).toBe(404);
  expect((await stranger.get('/admin/settings/test-message?message=x')).status).toBe(404);
});

test('its form posted twice, at once or later, sends one message', async () => {
  const { store } = panel.deps;
  const tenant = await createTenant(store, { slug: 'once' });
  await store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    const fields = { name: 'Ana Souza', phone: '+1 202 555 0102' };
    await saveTechnician(tx, 'ana', fields, facts, collectFaults());
  });
  const browser = await panel.signedIn('administrator', tenant);
  const page = '/admin/settings/test-message';
  const id = /name="new" value="([^"]+)"/.exec((await browser.get(page)).text)![1]!;
  const form = { new: id, to: 'ana', text: 'Hello' };
  const sent = await Promise.all([1, 2].map(() => browser.post(page, form)));
  sent.push(await browser.post(page, form));
  expect(sent.map(({ location }) => location)).toEqual(Array(3).fill(`${page}?message=${id}`));
  const messages = await store.tenant(tenant.tenantId, (tx) => tx.messages.list({ before: null, limit: 9 }));
  expect(messages.filter(({ kind }) => kind === 'message.send').map((message) => message.id)).toEqual([id]);
  expect((await browser.get('/admin/audit')).text.match(/Sent a test message: ana/g)).toHaveLength(1);
});
