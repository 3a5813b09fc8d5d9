import { beforeAll, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { WorkOrderFields } from '../../src/cmms/fields.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { sha256 } from '../../src/crypto.ts';
import { createTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';
import { giveWork, picture } from './work.ts';

const panel = usePanel();
type SignedIn = Awaited<ReturnType<typeof panel.signedIn>>;

const asCmms = <T>(work: Parameters<typeof panel.deps.store.tenant<T>>[1]) =>
  panel.deps.store.tenant(panel.tenant.tenantId, work);
const facts = (tx: Parameters<Parameters<typeof asCmms>[0]>[0]) =>
  readFacts(tx, panel.deps, { kind: 'cmms', id: null });
const give = (number: string, fields: WorkOrderFields) =>
  asCmms(async (tx) => saveWorkOrder(tx, number, fields, await facts(tx), collectFaults()));

let attachmentId: string;
beforeAll(async () => {
  ({ attachmentId } = await giveWork(panel));
});

/** The numbers of a list, in its order. */
const numbers = async (browser: SignedIn, query = '') => {
  const { status, text } = await browser.get(`/admin/work-orders${query}`);
  expect(status).toBe(200);
  return [...text.matchAll(/<td><a href="\/admin\/work-orders\/([^"]+)">/g)].map(([, number]) => number);
};
const next = async (browser: SignedIn, query: string) =>
  /href="\/admin\/work-orders(\?[^"]+)"[^>]*>More/
    .exec((await browser.get(`/admin/work-orders${query}`)).text)?.[1]
    ?.replaceAll('&amp;', '&');

test('the list has what is not closed, newest first, and each filter leaves what fits it', async () => {
  const browser = await panel.signedIn('auditor');
  await give('L-1', { title: 'Grease the bearing', assignee: 'E-1', asset: 'PUMP-3', dueAt: '2026-01-05' });
  await give('L-2', { title: 'Replace the seal', dueAt: '2026-01-03T10:00:00Z', priority: 'high' });
  await give('L-3', { title: 'Paint', assignee: 'E-2', status: 'completed' });
  await give('L-4', { title: 'Check 100% of the bolts', dueAt: '2999-01-01' });
  expect(await numbers(browser)).toEqual(['L-4', 'L-2', 'L-1', 'WO-1']);
  expect(await numbers(browser, '?status=any')).toEqual(['L-4', 'L-3', 'L-2', 'L-1', 'WO-1']);
  expect(await numbers(browser, '?status=completed')).toEqual(['L-3']);
  expect(await numbers(browser, '?assignee=E-1')).toEqual(['L-1']);
  expect(await numbers(browser, '?assignee=nobody')).toEqual(['L-4', 'L-2', 'WO-1']);
  // What has been overdue for longest comes first.
  expect(await numbers(browser, '?overdue=yes')).toEqual(['L-2', 'L-1']);
  expect(await numbers(browser, '?escalated=yes')).toEqual([]);
  expect(await numbers(browser, '?asset=PUMP-3')).toEqual(['L-1']);
  for (const [words, found] of [
    ['SEAL', ['L-2', 'WO-1']],
    ['l2', ['L-2']],
    ['pump-3', ['L-1']],
    ['100%', ['L-4']],
    ["_'; --", []],
  ] as const) {
    expect([words, await numbers(browser, `?q=${encodeURIComponent(words)}`)]).toEqual([words, found]);
  }
  for (const query of [
    '?assignee=E-9',
    '?asset=%00',
    '?after=1.x&status=none&q=%00',
    '?after=9.9',
    '?done=constructor',
  ]) {
    expect((await browser.get(`/admin/work-orders${query}`)).status).toBe(200);
  }
  expect((await browser.get('/admin/work-orders?assignee=E-9')).text).toContain('Nobody has the id E-9');
});

test('a long list goes on page by page, and none is left out or there twice', async () => {
  const browser = await panel.signedIn('auditor');
  // At the same moment, so that more than the moment must tell them apart.
  const made = await asCmms(async (tx) => {
    const { order } = await saveWorkOrder(tx, 'M-0', { title: 'Many' }, await facts(tx), collectFaults());
    for (let index = 1; index < 110; index++) {
      // A day ends when the next one begins in UTC.
      const due = index % 2 ? { on: '2026-01-01' } : { at: new Date('2026-01-02T00:00:00Z') };
      const copy = { id: panel.deps.newId(), number: `M-${index}`, due };
      await tx.workOrders.insert({ ...order, ...copy });
    }
    return 110;
  });
  for (const [query, count] of [
    ['?q=many', made],
    ['?q=many&overdue=yes', made - 1],
  ] as const) {
    const all: (string | undefined)[] = [];
    for (let at: string | undefined = query; at; at = await next(browser, at)) {
      all.push(...(await numbers(browser, at)));
    }
    expect([all.length, new Set(all).size]).toEqual([count, count]);
  }
});

test('an order is shown with its picture, to its own tenant, in a way that nothing in it can run', async () => {
  const browser = await panel.signedIn('auditor');
  const page = await browser.get('/admin/work-orders/wo-1');
  expect(page.status).toBe(200);
  expect(page.text).toContain('Replace the seal');
  expect(page.text).toContain(
    `<img src="/admin/attachments/${attachmentId}" alt="The &lt;b&gt;seal&lt;/b&gt;"`,
  );
  // Whoever only reads sees nothing to press but what signs out.
  expect(page.text.match(/<button/g)).toHaveLength(1);
  expect((await browser.get('/admin/work-orders')).text).not.toContain('New work order');
  const shown = await browser.get(`/admin/attachments/${attachmentId}`);
  expect([shown.status, shown.text]).toEqual([200, picture.toString()]);
  const always = {
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  };
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    ...always,
    'content-type': 'image/jpeg',
    'content-disposition': `inline; filename="image-${attachmentId}.jpg"`,
  });
  // The browser keeps what comes with this in place of what came with the file.
  const etag = shown.headers.get('etag')!;
  const unchanged = await browser.get(`/admin/attachments/${attachmentId}`, { 'if-none-match': etag });
  expect([unchanged.status, Object.fromEntries(unchanged.headers)]).toMatchObject([304, { ...always, etag }]);

  // Whatever is no picture is saved, not opened; what the page shows of it is what its bytes are.
  const seal = (await asCmms((tx) => tx.attachments.get(attachmentId)))!;
  const id = panel.deps.newId();
  await asCmms(async (tx) => {
    await tx.attachments.add({ ...seal, id, kind: 'document', caption: null });
    const known = { contentType: 'text/plain', sizeBytes: 8, sha256: sha256('<script>') };
    await tx.attachments.stored(id, known);
    await panel.files.put(`${panel.tenant.tenantId}/${id}`, Buffer.from('<script>'));
  });
  expect((await browser.get('/admin/work-orders/WO-1')).text).toMatch(
    new RegExp(`<a href="/admin/attachments/${id}" download="">Download: document, text/plain, 1 KB`),
  );
  expect((await browser.get(`/admin/attachments/${id}`)).headers.get('content-disposition')).toBe(
    `attachment; filename="document-${id}.txt"`,
  );

  const other = await createTenant(panel.deps.store, { slug: 'other' });
  const stranger = await panel.signedIn('administrator', other);
  for (const path of ['/admin/work-orders/WO-1', `/admin/attachments/${attachmentId}`]) {
    expect((await stranger.get(path)).status).toBe(404);
  }
  for (const path of ['/admin/work-orders/%00', '/admin/work-orders/WO-99', '/admin/attachments/x']) {
    expect((await browser.get(path)).status).toBe(404);
  }
});

test('an order made in the panel is told to its assignee, acknowledged for him, and its page shows all of it', async () => {
  const browser = await panel.signedIn('planner');
  browser.cookies.set('rbm.zone', 'America%2FNew_York');
  await browser.get('/admin/work-orders/-/new');
  const typed = {
    ...{
      title: 'Grease <the> bearing',
      description: 'First line\r\nSecond',
      priority: 'high',
      kind: 'corrective',
    },
    ...{ asset: 'FAN-7', assetName: 'Roof fan', assignee: 'E-1', dueOn: '2026-12-24', dueTime: '09:30' },
    ...{ zone: 'America/New_York' },
  };
  const made = await browser.post('/admin/work-orders', typed);
  expect([made.status, made.location]).toEqual([303, '/admin/work-orders/P-00001?done=created']);
  const order = (await asCmms((tx) => tx.workOrders.detail('P-00001')))!;
  expect(order).toMatchObject({
    ...{ status: 'assigned', assignee: 'E-1', description: 'First line\nSecond', priority: 'high' },
    ...{ asset: { code: 'FAN-7', name: 'Roof fan' }, due: { at: new Date('2026-12-24T14:30:00Z') } },
  });
  const path = '/admin/work-orders/P-00001';
  const first = await browser.get(`${path}?done=created`);
  expect(first.text).toContain('The work order is created');
  expect(first.text).toContain('Dec 24, 2026, 09:30');
  expect(first.text).toMatch(
    /Assigned to Maria &lt;i&gt;Lopez&lt;\/i&gt;<\/b>, by planner-\w+@example.com in this panel/,
  );
  expect(first.text).toContain('To Maria &lt;i&gt;Lopez&lt;/i&gt; by WhatsApp: the assignment');

  const acknowledged = await browser.post(`${path}/acknowledge`, { back: '/admin?x=1' });
  expect([acknowledged.status, acknowledged.location]).toEqual([303, '/admin?x=1&done=acknowledged']);
  expect((await browser.post(`${path}/acknowledge`)).text).toContain('It cannot become acknowledged now');
  const events = await asCmms((tx) => tx.events.about({ workOrderId: order.id }, { before: null, limit: 9 }));
  expect(events.map(({ type, actor }) => [type, actor])).toEqual([
    ['work_order.acknowledged', { kind: 'admin', id: browser.user.email }],
    ['work_order.assigned', { kind: 'admin', id: browser.user.email }],
  ]);
  await browser.post(`${path}/note`, { text: 'He has <called>' });
  await browser.post(`${path}/status`, { status: 'in_progress' });
  await browser.post(`${path}/status`, { status: 'delayed' });
  const words = (await browser.get(path)).text.match(/<p><b>[^<]+(?=<\/b>, by|<\/b>: )/g)!;
  expect(words.map((word) => word.slice(6))).toEqual([
    ...['Delayed', 'Started', 'Note', 'Acknowledged', 'Created a work order'],
    'Assigned to Maria &lt;i&gt;Lopez&lt;/i&gt;',
  ]);
  expect((await browser.get(path)).text).toContain('He has &lt;called&gt;');

  // Taken from her whom nothing has told yet: her notice is withdrawn. Then another's, who hears of it.
  const taken = await browser.post(`${path}/assign`, { assignee: '' });
  expect(taken.location).toBe(`${path}?done=unassigned`);
  expect((await browser.post(`${path}/assign`, { assignee: 'E-9' })).text).toContain('Nobody has the id E-9');
  await browser.post(`${path}/assign`, { assignee: 'E-2' });
  const told = await asCmms((tx) => tx.messages.about({ workOrderId: order.id }, { before: null, limit: 9 }));
  expect(told.map(({ technician, kind, status }) => [technician, kind, status])).toEqual([
    ['E-2', 'work-order.assigned', 'queued'],
    ['E-1', 'work-order.assigned', 'cancelled'],
  ]);
  await browser.post(`${path}/status`, { status: 'cancelled' });
  expect((await browser.post(`${path}/assign`, { assignee: 'E-1' })).text).toContain('reopen it first');
  await browser.post(`${path}/status`, { status: 'assigned' });
  expect(await asCmms((tx) => tx.workOrders.detail('P-00001'))).toMatchObject({
    status: 'assigned',
    assignee: 'E-2',
  });
  const audited = await asCmms((tx) => tx.audit.list({}, { before: null, limit: 50 }));
  expect(audited.filter(({ subject }) => subject === 'P-00001').map(({ action }) => action)).toEqual([
    ...['order.moved', 'order.moved', 'order.assigned', 'order.assigned', 'order.moved', 'order.moved'],
    ...['order.noted', 'order.moved', 'order.created'],
  ]);
});

test('each button of an order says for whom it speaks', async () => {
  const browser = await panel.signedIn('planner');
  await browser.get('/admin/work-orders/-/new');
  const { location } = await browser.post('/admin/work-orders', { title: 'Oil the gate', assignee: 'E-2' });
  const path = location!.split('?')[0]!;
  const buttons = async () => {
    const part = /<!--live actions-->(.*?)<!--\/live-->/s.exec((await browser.get(path)).text)![1]!;
    return [...part.matchAll(/<button type="submit"( class="quiet")?>([^<]+)/g)].map(
      ([, quiet, text]) => `${text}${quiet ? ', quiet' : ''}`,
    );
  };
  const always = ['Take it from James Park, quiet', 'Yes, cancel it'];
  expect(await buttons()).toEqual([
    ...['Reassign', 'Acknowledge for James Park', 'Start for James Park', 'Complete for James Park'],
    ...always,
  ]);
  await browser.post(`${path}/status`, { status: 'in_progress' });
  await browser.post(`${path}/status`, { status: 'delayed' });
  expect(await buttons()).toEqual([
    ...['Reassign', 'Resume for James Park', 'Complete for James Park'],
    ...always,
  ]);
  await browser.post(`${path}/assign`, { assignee: '' });
  expect(await buttons()).toEqual(['Assign', 'Complete', 'Yes, cancel it']);
});

test('a form tells every fault at once and keeps what was typed', async () => {
  const browser = await panel.signedIn('administrator');
  await browser.get('/admin/work-orders/-/new');
  const { status, text } = await browser.post('/admin/work-orders', {
    ...{ number: 'wo1', title: ' ', description: 'kept &', priority: 'urgent', kind: 'corrective' },
    ...{
      asset: 'FAN-99',
      assignee: 'E-77',
      planner: 'E-88',
      dueOn: '2026-13-45',
      dueTime: '',
      scheduledTime: '08:00',
    },
  });
  expect(status).toBe(422);
  for (const fault of [
    'Number is taken: another work order has it.',
    'Title is required.',
    'Priority ',
    'Asset is not among the assets: give its name as well, and it is added.',
    'Assignee names nobody we know.',
    'Planner names nobody we know.',
    'Due needs a day',
    'Scheduled needs a day',
  ]) {
    expect(text).toContain(`<p>${fault}`);
  }
  for (const kept of ['kept &amp;', 'value="FAN-99"', 'value="E-77"', 'value="wo1"', 'value="2026-13-45"']) {
    expect(text).toContain(kept);
  }
  const broken = await browser.post('/admin/work-orders', {
    title: 'x',
    asset: 'FAN-99',
    assetName: 'x'.repeat(201),
  });
  expect(broken.text).toContain('Name of the new asset must be at most 200 characters.');
  expect(await asCmms((tx) => tx.assets.find('FAN-99'))).toBeNull();
});

test('a form that is posted twice, at once or later, makes one order and one note', async () => {
  const browser = await panel.signedIn('planner');
  const idIn = ({ text }: { text: string }) => /name="new" value="([^"]+)"/.exec(text)![1]!;
  const typed = {
    ...{ new: idIn(await browser.get('/admin/work-orders/-/new')), title: 'Only once', priority: 'low' },
    ...{ kind: 'corrective', assignee: 'E-1', asset: 'ONCE-1', assetName: 'Once', zone: 'UTC' },
  };
  // What is refused may be sent again with the same id.
  const refused = await browser.post('/admin/work-orders', { ...typed, title: '' });
  expect([refused.status, idIn(refused)]).toEqual([422, typed.new]);
  const both = await Promise.all([1, 2].map(() => browser.post('/admin/work-orders', typed)));
  const [path, again] = both.map(({ location }) => location!.split('?')[0]!);
  expect(again).toBe(path);
  expect(both.map(({ location }) => location!.split('?')[1]).sort()).toEqual(['done=created', 'done=known']);
  const later = await browser.post('/admin/work-orders', typed);
  expect(later.location).toBe(`${path}?done=known`);
  expect((await browser.get(later.location!)).text).toContain('The form had been sent before');
  expect(await asCmms((tx) => tx.workOrders.get(typed.new))).toMatchObject({ title: 'Only once' });
  const about = { workOrderId: typed.new };
  expect(await asCmms((tx) => tx.messages.about(about, { before: null, limit: 9 }))).toHaveLength(1);

  const note = { new: idIn(await browser.get(path!)), text: 'Said once' };
  const noted = await Promise.all([1, 2].map(() => browser.post(`${path}/note`, note)));
  expect(noted.map(({ location }) => location)).toEqual([`${path}?done=noted`, `${path}?done=noted`]);
  const other = await browser.post(`${path}/note`, { ...note, text: 'Said as well' });
  expect([other.status, other.text.includes('Said as well</textarea>')]).toEqual([422, true]);
  expect(idIn(other)).not.toBe(note.new);
  await browser.post(`${path}/note`, { new: idIn(other), text: 'Said as well' });
  const events = await asCmms((tx) => tx.events.about(about, { before: null, limit: 9 }));
  expect(events.flatMap(({ type, data }) => (type === 'work_order.noted' ? [data.text] : []))).toEqual([
    ...['Said as well', 'Said once'],
  ]);
  const audited = await asCmms((tx) => tx.audit.list({}, { before: null, limit: 50 }));
  const number = path!.split('/').at(-1);
  expect(audited.filter(({ subject }) => subject === number).map(({ action }) => action)).toEqual([
    ...['order.noted', 'order.noted', 'order.created'],
  ]);
});

test('a form that is behind shows what has changed meanwhile and overwrites nothing', async () => {
  const browser = await panel.signedIn('planner');
  await give('S-1', { title: 'Inspect', description: 'as it was', dueAt: '2026-12-01T10:20:30.456Z' });
  const path = '/admin/work-orders/S-1';
  const form = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/name="(version|was|zone)" value="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!.replaceAll('&quot;', '"'),
      ]),
    );
  const shown = form((await browser.get(`${path}/edit`)).text);
  const typed = { ...JSON.parse(shown.was!), ...shown, title: 'Inspect twice' };
  await give('S-1', { title: 'Inspect today', priority: 'critical' });

  const refused = await browser.post(path, typed);
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('Changed meanwhile');
  expect(refused.text).toMatch(
    /<b>Title<\/b>: it was “Inspect” and is now “Inspect today”; you typed “Inspect twice”/,
  );
  expect(refused.text).toMatch(/<b>Priority<\/b>: it was “medium” and is now “critical”\./);
  expect(await asCmms((tx) => tx.workOrders.find('S-1'))).toMatchObject({ title: 'Inspect today' });

  // Once more, knowing: what was typed is saved, and nothing else is touched.
  const again = form(refused.text);
  const saved = await browser.post(path, { ...JSON.parse(again.was!), ...again, title: 'Inspect twice' });
  expect(saved.location).toBe(`${path}?done=saved`);
  expect(await asCmms((tx) => tx.workOrders.find('S-1'))).toMatchObject({
    ...{ title: 'Inspect twice', priority: 'critical', due: { at: new Date('2026-12-01T10:20:30.456Z') } },
  });
  expect((await browser.get(path)).text).toMatch(/<b>Changed a work order<\/b>: title, by Some planner/);

  const behind = await browser.post(`${path}/assign`, { assignee: 'E-1', version: '1' });
  expect([behind.status, behind.text.includes('has changed since you opened this page')]).toEqual([
    422,
    true,
  ]);
  expect(await asCmms((tx) => tx.workOrders.find('S-1'))).toMatchObject({ assigneeId: null });
  // Its address takes forms only: where the page goes on reading is said.
  expect(behind.text).toContain(`data-live-from="${path}"`);
  expect((await browser.get(path)).text).not.toContain('data-live-from');
});

test('what the CMMS wrote is not rewritten for its line ends and spaces when another field is saved', async () => {
  const browser = await panel.signedIn('planner');
  const description = ' One\r\nTwo\rThree ';
  await give('S-2', { title: 'Inspect', description });
  const path = '/admin/work-orders/S-2';
  const form = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/name="(version|was|zone)" value="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!.replaceAll('&quot;', '"'),
      ]),
    );
  const shown = form((await browser.get(`${path}/edit`)).text);
  // As a browser sends it.
  const sent = { ...JSON.parse(shown.was!), description: ' One\r\nTwo\r\nThree ' };
  const saved = await browser.post(path, { ...sent, ...shown, title: 'Inspect twice' });
  expect(saved.location).toBe(`${path}?done=saved`);
  expect(await asCmms((tx) => tx.workOrders.find('S-2'))).toMatchObject({
    ...{ title: 'Inspect twice', description },
  });
});

test('a long history is shown in parts, the newest first', async () => {
  const browser = await panel.signedIn('auditor');
  const { order } = await give('H-1', { title: 'Long' });
  await asCmms(async (tx) => {
    for (let index = 0; index < 130; index++) {
      const at = new Date(Date.parse('2026-11-01T00:00:00Z') + Math.floor(index / 2) * 1000);
      await tx.events.add({
        ...{ id: panel.deps.newId(), type: 'work_order.noted', at, actor: { kind: 'system', id: null } },
        ...{ workOrderId: order.id, messageId: null, data: { text: `note-${index}.` } },
      });
    }
  });
  const seen: string[] = [];
  for (let path: string | undefined = '/admin/work-orders/H-1'; path; ) {
    const { text } = await browser.get(path);
    seen.push(...[...text.matchAll(/note-\d+\./g)].map(([note]) => note));
    path = /href="([^"]+)"[^>]*>Earlier/.exec(text)?.[1];
  }
  expect(new Set(seen).size).toBe(130);
  expect(seen).toHaveLength(130);
  expect(seen[0]).toMatch(/note-12[89]/);
});
