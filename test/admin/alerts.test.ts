import { beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/store/store.ts';
import { createTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';
import { giveWork } from './work.ts';

const panel = usePanel();
beforeAll(() => giveWork(panel));

const read = <T>(work: (tx: Tx) => Promise<T>) => panel.deps.store.tenant(panel.tenant.tenantId, work);
const messagesOf = async (externalId: string) => {
  const { id } = (await read((tx) => tx.alerts.find(externalId)))!;
  const found = await read((tx) => tx.messages.about({ alertId: id }, { before: null, limit: 20 }));
  return found.map(({ technician, kind, status }) => [technician, kind, status]).toReversed();
};

test('an alert is raised once it was seen who is told, claimed for somebody, and resolved', async () => {
  const browser = await panel.signedIn('planner');
  const form = await browser.get('/admin/alerts/-/new');
  expect(form.text).toMatch(/name="externalId" type="text" value="P-\d{8}-[0-9a-f]{6}"/);
  const typed = {
    ...{ externalId: 'hot/1', asset: 'FAN-7', assetName: 'Roof fan', severity: 'critical' },
    ...{ message: 'Bearing <hot>', recipients: 'E-1, E-2' },
  };
  const preview = await browser.post('/admin/alerts', typed);
  expect(preview.status).toBe(200);
  expect(preview.text).toContain('Bearing &lt;hot&gt;');
  expect(preview.text).toContain(
    'Told first, whom you named: <b>Maria &lt;i&gt;Lopez&lt;/i&gt;, James Park</b>',
  );
  expect(preview.text).toContain('Nothing is sent yet');
  expect(await read((tx) => tx.alerts.find('hot/1'))).toBeNull();
  expect(await read((tx) => tx.assets.find('FAN-7'))).toBeNull();
  expect((await browser.post('/admin/alerts', { ...typed, step: 'change' })).text).toContain('value="FAN-7"');

  const raised = await browser.post('/admin/alerts', { ...typed, step: 'raise' });
  expect([raised.status, raised.location]).toEqual([303, '/admin/alerts/hot%2F1?done=raised']);
  // Sent twice it is raised once.
  expect((await browser.post('/admin/alerts', { ...typed, step: 'raise' })).location).toBe(
    '/admin/alerts/hot%2F1?done=known',
  );
  const path = '/admin/alerts/hot%2F1';
  const open = await browser.get(`${path}?done=raised`);
  expect(open.text).toContain('Nobody is going');
  expect(open.text).toMatch(/Raised: told Maria &lt;i&gt;Lopez&lt;\/i&gt;, James Park<\/b>, by planner-\w+@/);
  expect((await browser.get('/admin/alerts')).text).toContain('2, read by 0');

  expect((await browser.post(`${path}/respond`, { technician: 'E-9' })).text).toContain(
    'Nobody has the id “E-9”',
  );
  const claimed = await browser.post(`${path}/respond`, { technician: 'E-2', back: '/admin' });
  expect([claimed.status, claimed.location]).toEqual([303, '/admin?done=responded']);
  expect((await browser.post(`${path}/respond`, { technician: 'E-1' })).text).toContain('Nothing was done');
  expect((await browser.post(`${path}/escalate`, { reason: '' })).text).toContain('Nothing was done');
  expect(await read((tx) => tx.alerts.detail('hot/1'))).toMatchObject({
    state: 'responding',
    responder: 'E-2',
  });
  // He need not be told any more that somebody must go, but that it is him.
  expect(await messagesOf('hot/1')).toEqual([
    ['E-1', 'alert.raised', 'cancelled'],
    ['E-2', 'alert.raised', 'cancelled'],
    ['E-2', 'alert.taken', 'queued'],
  ]);
  const going = (await browser.get(path)).text;
  expect(going).toContain('James Park is going');
  expect(going).toContain('You are going');
  expect(going).toMatch(/Claimed for James Park, who is going<\/b>, by planner-\w+@/);

  expect((await browser.post(`${path}/resolve`, { note: 'x'.repeat(1501) })).text).toContain(
    'Note must be at most 1500 characters.',
  );
  const resolved = await browser.post(`${path}/resolve`, { note: 'Greased' });
  expect(resolved.location).toBe(`${path}?done=resolved`);
  const over = (await browser.get(path)).text;
  expect(over).toContain('Greased');
  expect(over).not.toContain('Do something');
  expect((await browser.post(`${path}/resolve`)).text).toContain('It is resolved already.');
  expect((await browser.get('/admin/alerts')).text).not.toContain('hot/1');
  expect((await browser.get('/admin/alerts?state=resolved&severity=critical&asset=FAN-7')).text).toContain(
    'hot/1',
  );
  const audited = await read((tx) => tx.audit.list({}, { before: null, limit: 50 }));
  expect(audited.filter(({ subject }) => subject === 'hot/1').map(({ action }) => action)).toEqual([
    ...['alert.resolved', 'alert.responded', 'alert.raised'],
  ]);
});

test('the next people are told before their time when somebody says so', async () => {
  const browser = await panel.signedIn('administrator');
  await read(async (tx) => {
    const step = { waitSeconds: 300, notify: ['E-2'], ways: ['whatsapp'] };
    await tx.settings.save({ ...(await tx.settings.get()), escalation: { high: [step] } });
  });
  const typed = { externalId: 'A-2', asset: 'PUMP-3', severity: 'high', message: 'Leaks', recipients: 'E-1' };
  const preview = await browser.post('/admin/alerts', typed);
  expect(preview.text).toContain('Step 1, 5 min later without an answer: E-2 by WhatsApp');
  await browser.post('/admin/alerts', { ...typed, step: 'raise' });
  const before = (await browser.get('/admin/alerts/A-2')).text;
  expect(before).toContain('The first people were told.');
  expect(before).toMatch(/Next: <time[^>]+>[^<]+<\/time>, James Park by WhatsApp\./);
  const { location } = await browser.post('/admin/alerts/A-2/escalate', { reason: 'It floods' });
  expect(location).toBe('/admin/alerts/A-2?done=escalated');
  const after = (await browser.get('/admin/alerts/A-2')).text;
  expect(after).toContain('Step 1 of 1 has been reached.');
  expect(after).toContain('Escalated: told James Park');
  expect(after).toContain('It floods');
  expect(await messagesOf('A-2')).toEqual([
    ['E-1', 'alert.raised', 'queued'],
    ['E-2', 'alert.raised', 'queued'],
  ]);
});

test('where no step is left, whoever wants the next people told reads that nobody is', async () => {
  const browser = await panel.signedIn('administrator');
  await read(async (tx) => {
    await tx.settings.save({ ...(await tx.settings.get()), escalation: { low: [] } });
  });
  const typed = { externalId: 'A-9', asset: 'PUMP-3', severity: 'low', message: 'Rust', recipients: 'E-1' };
  await browser.post('/admin/alerts', { ...typed, step: 'raise' });
  const { location } = await browser.post('/admin/alerts/A-9/escalate', { reason: '' });
  expect(location).toBe('/admin/alerts/A-9?done=nobody-told');
  expect((await browser.get(location!)).text).toContain('Nobody further could be told');
});

test('the form tells every fault at once, and nobody else sees or changes anything', async () => {
  const browser = await panel.signedIn('planner');
  const { status, text } = await browser.post('/admin/alerts', {
    ...{
      externalId: '..',
      asset: 'FAN-99',
      severity: 'high',
      message: 'x'.repeat(501),
      recipients: 'E-1;E-8,E-9',
    },
    step: 'raise',
  });
  expect(status).toBe(422);
  for (const fault of [
    'Reference must be more than dots.',
    'Asset is not among the assets: give its name as well, and it is added.',
    'What is wrong must be at most 500 characters.',
    'Whom to tell first “E-8” names nobody we know.',
    'Whom to tell first “E-9” names nobody we know.',
  ]) {
    expect(text).toContain(`<p>${fault}</p>`);
  }
  expect(text).toContain('E-1;E-8,E-9');
  expect((await browser.post('/admin/alerts', {})).text).toContain('<p>Severity is required.</p>');

  const auditor = await panel.signedIn('auditor');
  for (const path of ['/admin/alerts', '/admin/alerts/A-1']) {
    const shown = await auditor.get(path);
    expect(shown.text).toContain('Too hot');
    expect(shown.text).not.toContain('Raise an alert');
    expect(shown.text.match(/method="post"/g)).toHaveLength(1);
  }
  const stranger = await panel.signedIn(
    'administrator',
    await createTenant(panel.deps.store, { slug: 'other' }),
  );
  expect((await stranger.get('/admin/alerts/A-1')).status).toBe(404);
  for (const path of ['/admin/alerts/none', '/admin/alerts/%00']) {
    expect((await browser.get(path)).status).toBe(404);
    expect((await browser.post(`${path}/resolve`)).status).toBe(404);
  }
  for (const query of ['?asset=none', '?asset=%00', '?state=x&severity=y&after=z']) {
    expect((await browser.get(`/admin/alerts${query}`)).status).toBe(200);
  }
});
