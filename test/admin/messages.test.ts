import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type OutboundDeps, outbound } from '../../jobs/outbound.ts';
import { messagesAsCsv } from '../../src/admin/message-csv.ts';
import { changeAlerts, respondFor } from '../../src/cmms/change-alert.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { addNotice, addText } from '../../src/cmms/notify.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { resend } from '../../src/cmms/resend.ts';
import { saveAsset } from '../../src/cmms/save-asset.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { sendText } from '../../src/cmms/send-text.ts';
import { encrypt } from '../../src/crypto.ts';
import type { Outcome, Provider } from '../../src/messaging/provider.ts';
import { timing } from '../../src/messaging/timing.ts';
import type { FoundMessages, ListedMessage } from '../../src/store/messages.ts';
import { possibleDuplicate } from '../../src/store/outbox.ts';
import type { Tx } from '../../src/store/store.ts';
import { testSecretKey } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();
let planner: Awaited<ReturnType<typeof panel.signedIn>>;
let smsChannel: string;
let answers: Outcome[] = [];
let sent: { to: string; text: string }[] = [];

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => panel.deps.store.tenant(panel.tenant.tenantId, work);
const facts = (tx: Tx) => readFacts(tx, panel.deps, { kind: 'system', id: null });
const person = (externalId: string, fields: object) =>
  inTenant(async (tx) => saveTechnician(tx, externalId, fields, await facts(tx), collectFaults()));
const order = (number: string, fields: object) =>
  inTenant(async (tx) => saveWorkOrder(tx, number, fields, await facts(tx), collectFaults()));
const tell = async (to: string, text: string) => {
  const ask = { name: 'message.send', to, text } as Parameters<typeof sendText>[1];
  const { messageIds } = await inTenant(async (tx) => sendText(tx, ask, await facts(tx), collectFaults()));
  return messageIds[0]!;
};

const provider = {
  send: async ({ to, text }) => {
    sent.push({ to, text });
    return answers.shift() ?? { kind: 'accepted', id: `SM${randomUUID().replaceAll('-', '')}` };
  },
  listSentTo: async () => [],
} as Partial<Provider> as Provider;

/** Sends what is due by a channel. */
const run = (channelId = panel.tenant.channelId!) => {
  const deps: OutboundDeps = {
    ...panel.deps,
    ...{ providerOf: () => provider, timing, publicBaseUrl: 'https://rbm.example.com', random: () => 0.5 },
    ...{ monotonicMs: () => performance.now(), stopping: new AbortController().signal, underWay: new Map() },
  };
  return outbound(deps)({ tenantId: panel.tenant.tenantId, id: channelId });
};

const refused = (code: string, next: 'other-way' | 'stop' | 'retry'): Outcome => ({
  ...{ kind: 'refused', code, next },
  text: 'the number is not on WhatsApp: confirm it with the technician',
});

beforeAll(async () => {
  planner = await panel.signedIn('planner');
  smsChannel = randomUUID();
  await inTenant((tx) =>
    tx.channels.save(
      {
        ...{ id: smsChannel, way: 'sms', provider: 'simulator', address: '+14155550199' },
        ...{ accountSid: `AC${'b'.repeat(32)}`, messagingServiceSid: null, messagesPerSecond: 80 },
        credentials: encrypt(JSON.stringify({ authToken: 'test-token' }), testSecretKey),
      },
      new Date(),
    ),
  );
  const onWhatsapp = (value: string) => ({ addresses: [{ kind: 'whatsapp', value, active: true }] });
  await person('ana', { name: 'Ana Souza', ...onWhatsapp('+12025550101') });
  await person('ben', { name: 'Ben Ode', ...onWhatsapp('+12025550102') });
});
beforeEach(() => {
  answers = [];
  sent = [];
});

const pathOf = (location: string | null) => location?.replace(/\?.*/, '') ?? '';

test('a message that failed is found by its error, read, sent again by another way, and arrives', async () => {
  answers = [refused('63003', 'other-way')];
  const id = await tell('ben', 'Bring the ladder =now');
  await run();
  const list = await planner.get('/admin/messages?error=63003&from=2026-01-01');
  expect(list.text).toContain('Bring the ladder =now');
  expect(list.text).toContain('The number is not on WhatsApp: confirm it with the technician (error 63003).');
  for (const query of [
    'person=Ben',
    'person=ben',
    'text=LADDER+bring',
    'status=failed',
    'direction=out&way=whatsapp',
  ])
    expect([query, (await planner.get(`/admin/messages?${query}`)).text]).toEqual([
      query,
      expect.stringContaining(`/admin/messages/${id}"`),
    ]);
  for (const query of [
    'person=ana',
    'text=ladders',
    'status=read',
    'error=63016',
    'way=sms',
    'to=2026-01-01',
  ])
    expect([query, (await planner.get(`/admin/messages?${query}`)).text]).toEqual([
      query,
      expect.not.stringContaining(`/admin/messages/${id}"`),
    ]);

  const { text } = await planner.get(`/admin/messages/${id}`);
  expect(text).toContain('data-live');
  expect(text).toContain('Ask the person which number their WhatsApp has');
  expect(text).toContain('the person had not written lately');
  expect(text).toContain('It went as plain text.');
  expect(text).toContain('+12025550102');

  // There is no address for it yet: why not is said, and nothing is sent.
  const refusal = await planner.post(`/admin/messages/${id}/resend`, { way: 'sms' });
  expect([refusal.status, refusal.text]).toEqual([422, expect.stringContaining('cannot be reached by SMS')]);
  expect(refusal.text).toContain(`data-live-from="/admin/messages/${id}"`);
  await person('ben', {
    addresses: [
      { kind: 'whatsapp', value: '+12025550102', active: true },
      { kind: 'sms', value: '+12025550102', active: true },
    ],
  });
  const again = await planner.post(`/admin/messages/${id}/resend`, { way: 'sms' });
  expect([again.status, again.location]).toEqual([
    303,
    expect.stringMatching(/^\/admin\/messages\/[\w-]+\?done=resent$/),
  ]);
  const twice = await planner.post(`/admin/messages/${id}/resend`, { way: 'sms' });
  expect(twice.location).toBe(`${pathOf(again.location)}?done=was-resent`);
  await run(smsChannel);
  await run(smsChannel);
  expect(sent.slice(1)).toEqual([{ to: '+12025550102', text: 'Bring the ladder =now' }]);

  const newId = pathOf(again.location).split('/').at(-1)!;
  await inTenant((tx) => tx.messages.moveTo(newId, 'delivered'));
  const arrived = await planner.get(`${pathOf(again.location)}?done=resent`);
  expect(arrived.text).toContain('It is sent again. This is the new message');
  expect(arrived.text).toMatch(/What happened: <span class="badge good">delivered/);
  expect(arrived.text).toContain('The one that this repeats, by WhatsApp');
  expect((await planner.get(`/admin/messages/${id}`)).text).toContain('Sent again by SMS');
  // It has arrived: not once more by any way.
  const third = await planner.post(`/admin/messages/${id}/resend`, { way: 'whatsapp' });
  expect([third.status, third.text]).toEqual([422, expect.stringContaining('It has arrived')]);

  const audited = await inTenant((tx) =>
    tx.audit.list({ action: 'message.resent' }, { before: null, limit: 10 }),
  );
  expect(audited).toMatchObject(
    [{ userName: planner.user.email, subject: id, details: { way: 'sms', as: newId } }].map(
      ({ userName: _name, ...entry }) => entry,
    ),
  );
});

test('two clicks at one moment send it once', async () => {
  answers = [refused('63003', 'stop')];
  const id = await tell('ana', 'Twice tapped');
  await run();
  const results = await Promise.all(
    [1, 2, 3].map(() => inTenant(async (tx) => resend(tx, id, 'whatsapp', await facts(tx)))),
  );
  expect(results.map((each) => each?.kind).toSorted()).toEqual(['resent', 'was-resent', 'was-resent']);
  expect(new Set(results.map((each) => each && 'messageId' in each && each.messageId)).size).toBe(1);
  await run();
  expect(sent).toHaveLength(2);
});

test('what is not true any more is not sent again; what still is, is sent in the words of today', async () => {
  answers = [refused('63003', 'stop'), refused('63003', 'stop')];
  const messageOf = async (number: string) => {
    const { told } = await order(number, { title: 'Replace the seal', assignee: 'ana' });
    return told!.messageId;
  };
  const [moved, same] = [await messageOf('WO-1'), await messageOf('WO-2')];
  await run();
  await run();
  await order('WO-1', { assignee: 'ben' });
  await order('WO-2', { title: 'Replace both seals' });
  sent = [];
  const refusal = await planner.post(`/admin/messages/${moved}/resend`, { way: 'whatsapp' });
  expect([refusal.status, refusal.text]).toEqual([422, expect.stringContaining('is not true any more')]);
  const again = await planner.post(`/admin/messages/${same}/resend`, { way: 'whatsapp' });
  expect(again.location).toMatch(/done=resent$/);
  await run();
  expect(sent.map(({ text }) => text).filter((text) => text.includes('WO-2'))).toEqual([
    expect.stringContaining('Replace both seals'),
  ]);
  // The order moves on before it leaves: then it does not.
  answers = [refused('63003', 'stop')];
  const late = await messageOf('WO-3');
  await run();
  sent = [];
  const waits = await planner.post(`/admin/messages/${late}/resend`, { way: 'whatsapp' });
  await order('WO-3', { assignee: null });
  await run();
  expect(
    sent.filter(({ text }) => text.includes('New Work Order Assigned') && text.includes('WO-3')),
  ).toEqual([]);
  expect((await planner.get(pathOf(waits.location))).text).toContain('badge calm">not sent');
});

test('pauses hold, what is under way is left alone, and what may have arrived is sent again with a warning', async () => {
  answers = [{ kind: 'unclear', text: 'no clear answer' }];
  const id = await tell('ana', 'Is the gate shut?');
  const waiting = await planner.post(`/admin/messages/${id}/resend`, { way: 'whatsapp' });
  expect([waiting.status, waiting.text]).toEqual([422, expect.stringContaining('still on its way')]);
  await run();
  expect((await planner.get(`/admin/messages/${id}`)).text).toContain('It may have arrived: nobody knows');
  await person('ana', { preferences: { paused: true } });
  const paused = await planner.post(`/admin/messages/${id}/resend`, { way: 'whatsapp' });
  expect([paused.status, paused.text]).toEqual([422, expect.stringContaining('has paused messages')]);
  await person('ana', { preferences: { paused: false } });
  const again = await planner.post(`/admin/messages/${id}/resend`, {
    way: 'whatsapp',
    back: '/admin/alerts?x=1',
  });
  expect(again.location).toBe('/admin/alerts?x=1&done=resent');
  expect((await planner.get(`/admin/messages?text=gate`)).text.match(/Is the gate shut\?/g)).toHaveLength(2);
  const copies = await inTenant((tx) => tx.messages.search({ words: ['gate'] }, { before: null, limit: 9 }));
  expect(copies.messages.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([true, false]);

  // The try that was to follow the unclear one is not made any more.
  await inTenant((tx) => tx.outbox.sendAgain(id, 0, possibleDuplicate));
  await run();
  await run();
  expect(sent.map(({ text }) => text)).toEqual(['Is the gate shut?', 'Is the gate shut?']);

  for (const way of ['', 'pigeon'])
    expect((await planner.post(`/admin/messages/${id}/resend`, { way })).status).toBe(422);
  for (const unknown of ['x', randomUUID()]) {
    expect((await planner.get(`/admin/messages/${unknown}`)).status).toBe(404);
    expect((await planner.post(`/admin/messages/${unknown}/resend`, { way: 'sms' })).status).toBe(404);
  }
  const auditor = await panel.signedIn('auditor');
  expect((await auditor.get(`/admin/messages/${id}`)).text).not.toContain('/resend');
  expect((await auditor.post(`/admin/messages/${id}/resend`, { way: 'sms' })).status).toBe(403);
});

test('a page of an alert is sent again while the alert is open, and belongs to it', async () => {
  await inTenant(async (tx) => saveAsset(tx, 'PUMP-3', { name: 'Pump 3' }, await facts(tx), collectFaults()));
  const fields = { externalId: 'A-1', asset: 'PUMP-3', message: 'Hot', recipients: ['ana'] };
  answers = [refused('63003', 'stop')];
  const { messageIds, alert } = await inTenant(async (tx) =>
    raiseAlert(tx, { ...fields, severity: 'critical' }, await facts(tx), collectFaults()),
  );
  await run();
  sent = [];
  const again = (id: string) => planner.post(`/admin/messages/${id}/resend`, { way: 'whatsapp' });
  expect((await again(messageIds[0]!)).location).toMatch(/done=resent$/);
  answers = [refused('63003', 'stop')];
  await run();
  expect(sent[0]!.text).toContain('CRITICAL EQUIPMENT ALERT');
  const { messages } = await inTenant((tx) =>
    tx.messages.search({ alertId: alert.id, status: 'failed' }, { before: null, limit: 9 }),
  );
  expect(messages).toHaveLength(2);
  const ana = (await inTenant((tx) => tx.technicians.find('ana')))!;
  await inTenant((tx) => tx.alerts.claim(alert.id, ana.id));
  const taken = await again(messages[0]!.id);
  expect([taken.status, taken.text]).toEqual([422, expect.stringContaining('Somebody has taken the alert')]);
});

test('who goes to an alert, or that it is over, is not told again: it may have changed twice since', async () => {
  await inTenant(async (tx) => saveAsset(tx, 'PUMP-4', { name: 'Pump 4' }, await facts(tx), collectFaults()));
  const onWhatsapp = (value: string) => ({ addresses: [{ kind: 'whatsapp', value, active: true }] });
  await person('dan', { name: 'Dan Roe', ...onWhatsapp('+12025550111') });
  await person('eva', { name: 'Eva Moll', ...onWhatsapp('+12025550112') });
  const fields = { externalId: 'A-2', asset: 'PUMP-4', message: 'Hot', recipients: ['dan', 'eva'] };
  const { alert } = await inTenant(async (tx) =>
    raiseAlert(tx, { ...fields, severity: 'critical' }, await facts(tx), collectFaults()),
  );
  await run();
  const dan = (await inTenant((tx) => tx.technicians.find('dan')))!;
  answers = Array.from({ length: 6 }, () => refused('63003', 'stop'));
  const { bells } = await inTenant(async (tx) => respondFor(tx, alert.id, dan, await facts(tx)));
  expect(bells).not.toEqual([]);
  await run();
  await run();
  answers = [];
  const { messages } = await inTenant((tx) =>
    tx.messages.search({ alertId: alert.id, status: 'failed' }, { before: null, limit: 9 }),
  );
  // That he goes, and to Dan himself: "you are going".
  expect(messages.map(({ kind, technician }) => [kind, technician]).toSorted()).toEqual([
    ['alert.taken', 'dan'],
    ['alert.taken', 'eva'],
  ]);
  const say = (who: string, what: 'release' | 'claim') =>
    inTenant(async (tx) => {
      const technician = (await tx.technicians.find(who))!;
      const change = { do: what, alertId: alert.id, reason: null };
      await changeAlerts(tx, [change], { technician, messageId: randomUUID() }, await facts(tx));
    });
  await say('dan', 'release');
  await say('eva', 'claim');
  sent = [];
  for (const { id } of messages) {
    expect((await planner.get(`/admin/messages/${id}`)).text).not.toContain('/resend');
    const again = await planner.post(`/admin/messages/${id}/resend`, { way: 'whatsapp' });
    expect([again.status, again.text]).toEqual([422, expect.stringContaining('what became of an alert')]);
  }
  expect((await planner.get('/admin')).text).not.toContain(`${messages[0]!.id}/resend`);
  await run();
  expect(sent.filter(({ text }) => text.includes('Dan Roe is going'))).toEqual([]);
});

test('an answer or a text whose time is over is not sent again', async () => {
  await person('gil', {
    name: 'Gil Tan',
    addresses: [{ kind: 'whatsapp', value: '+12025550131', active: true }],
  });
  const ask = {
    ...{ name: 'message.send', to: 'gil', text: 'The gate closes at 15:00' },
    expiresAt: new Date(Date.now() + 60 * 60_000).toISOString(),
  } as Parameters<typeof sendText>[1];
  const id = await inTenant(async (tx) => {
    const { messageIds } = await sendText(tx, ask, await facts(tx), collectFaults());
    const [gil] = await tx.technicians.findMany(['gil']);
    const reply = { kind: 'reply', lane: 'reply', text: 'Nothing is open' } as const;
    return [messageIds[0]!, (await addText(tx, gil!, reply, await facts(tx))).messageId];
  });
  answers = Array.from({ length: 4 }, () => refused('63003', 'stop'));
  await run();
  await run();
  answers = [];
  const afterMs = async (each: string, ms: number) =>
    inTenant(async (tx) => {
      const later = { ...(await facts(tx)), now: new Date(Date.now() + ms) };
      return resend(tx, each, 'whatsapp', later);
    });
  const tooLate = { kind: 'refused', why: 'too-late' };
  expect(await afterMs(id[0]!, 61 * 60_000)).toEqual(tooLate);
  expect(await afterMs(id[1]!, 121 * 60_000)).toEqual(tooLate);
  expect(await afterMs(id[0]!, 0)).toMatchObject({ kind: 'resent' });
});

test('an assignment that a pause held back is told by sending it again, and once', async () => {
  await person('ana', { preferences: { paused: true } });
  const { told } = await order('WO-7', { title: 'Oil it', assignee: 'ana' });
  const again = () => planner.post(`/admin/messages/${told!.messageId}/resend`, { way: 'whatsapp' });
  expect((await again()).text).toContain('has paused messages');
  await person('ana', { preferences: { paused: false } });
  expect((await again()).location).toMatch(/done=resent$/);
  const asked = await order('WO-7', { title: 'Oil it', assignee: 'ana' });
  expect(asked.told?.added ?? false).toBe(false);
  await run();
  expect(sent.filter(({ text }) => text.includes('WO-7'))).toHaveLength(1);
  // Held back once more, and told meanwhile by what the CMMS asked for.
  await person('ana', { preferences: { paused: true } });
  const held = await order('WO-8', { title: 'Clean it', assignee: 'ana' });
  await person('ana', { preferences: { paused: false } });
  await inTenant(async (tx) => {
    const [technician, stored] = [await tx.technicians.find('ana'), await tx.workOrders.find('WO-8')];
    const notice = { technician: technician!, order: stored!, kind: 'work-order.assigned' } as const;
    await addNotice(tx, notice, await facts(tx));
  });
  const late = await planner.post(`/admin/messages/${held.told!.messageId}/resend`, { way: 'whatsapp' });
  expect([late.status, late.text]).toEqual([422, expect.stringContaining('has been told since')]);
});

test('what cannot be looked for is said, with what was typed', async () => {
  await person('ana-2', { name: 'Ana Lima', phone: '+12025550103' });
  await tell('ana-2', 'Call me');
  const { status, text } = await planner.get(
    '/admin/messages?person=nobody%00&order=WO-99&alert=A-99&from=yesterday&to=2026-02-30&text=%3Cb%3E',
  );
  expect(status).toBe(422);
  for (const fault of [
    'Nobody is known as &quot;nobody&quot;',
    'no work order &quot;WO-99&quot;',
    'no alert &quot;A-99&quot;',
    'From: &quot;yesterday&quot;',
    'To: &quot;2026-02-30&quot;',
    'value="&lt;b&gt;"',
  ])
    expect(text).toContain(fault);
  const several = await planner.get('/admin/messages?person=Ana&status=failed');
  expect(several.text).toContain('Who is meant?');
  expect(several.text).toContain('/admin/messages?person=ana-2&amp;status=failed');
  expect((await planner.get('/admin/messages?person=202+555+0103&text=')).text).toContain('Call me');
});

test('the same search is taken along as a spreadsheet, that calculates nothing and says when it is whole', async () => {
  await run();
  answers = [refused('63003', 'stop')];
  await tell('ana', '=HYPERLINK("https://evil.example","x"), Straße\nand more');
  await run();
  const browser = await panel.signedIn('auditor');
  browser.cookies.set('rbm.zone', 'Asia%2FTokyo');
  const { status, headers, text } = await browser.get('/admin/messages.csv?text=hyperlink');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="messages-[\d-]+\.csv"$/);
  // `Response.text()` takes the mark away.
  const lines = text.replace(/^\uFEFF/, '').split('\r\n');
  expect(lines[0]).toMatch(/^"Id","Time \(Asia\/Tokyo\)","Time \(UTC\)",.*,"Text"$/);
  expect(lines[1]).toMatch(
    /,"ana","Ana Souza","whatsapp","message.send","failed","provider","63003","The number is/,
  );
  expect(lines[1]).toMatch(/,"'=HYPERLINK\(""https:\/\/evil.example"",""x""\), Straße\nand more"$/);
  expect(lines.slice(2)).toEqual(['"End of export: 1 messages."', '']);
  const [entry] = await inTenant((tx) =>
    tx.audit.list({ action: 'messages.exported' }, { before: null, limit: 9 }),
  );
  // The audit is kept for ever: no words, and nobody but by the external id.
  expect(entry).toMatchObject({ userName: expect.any(String), details: { text: true } });
  const { phone } = (await inTenant((tx) => tx.technicians.find('ana')))!;
  for (const person of ['Ana Souza', phone!]) {
    await browser.get(`/admin/messages.csv?person=${encodeURIComponent(person)}&status=failed`);
    const [newest] = await inTenant((tx) => tx.audit.list({}, { before: null, limit: 1 }));
    expect(newest).toMatchObject({ action: 'messages.exported' });
    expect(newest!.details).toEqual({ person: 'ana', status: 'failed' });
  }
  expect((await browser.get('/admin/messages.csv?person=nobody')).status).toBe(422);
});

const read = async (stream: ReadableStream<Uint8Array>) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(await new Response(stream).arrayBuffer());
const message = (seq: number): ListedMessage => ({
  ...{
    id: String(seq),
    seq,
    direction: 'out',
    technician: null,
    technicianName: null,
    way: 'sms',
    kind: null,
  },
  ...{ lane: null, status: 'read', reason: null, text: '+1', workOrderId: null, workOrders: [], alert: null },
  ...{ inReplyTo: null, answeredBy: null, possibleDuplicate: false, error: null, createdAt: new Date(0) },
  ...{ failedForNow: null, expiresAt: null, attempts: [], timeline: [] },
});
const page = (seqs: number[], next: number | null): FoundMessages => ({
  messages: seqs.map(message),
  next,
  stoppedAt: null,
});

test('an export goes on over pages without anything, ends at the most there may be, and breaks off when one fails', async () => {
  const pages = [page([9, 8], 8), page([], 5), page([4, 3], null)];
  const whole = await read(messagesAsCsv(async () => pages.shift()!, 'UTC'));
  expect(whole.startsWith('\uFEFF"Id"')).toBe(true);
  expect(whole.match(/^"\d"/gm)).toEqual(['"9"', '"8"', '"4"', '"3"']);
  expect(whole).toContain('"\'+1"');
  expect(whole).toContain('"End of export: 4 messages."');
  const cut = await read(messagesAsCsv(async () => page([3, 2, 1], null), 'UTC', 2));
  expect(cut).toContain('"Cut after 2 messages');
  expect(cut).not.toContain('End of export');
  const failing = [page([9], 9)];
  const broken = messagesAsCsv(async () => failing.shift() ?? Promise.reject(new Error('away')), 'UTC');
  await expect(read(broken)).rejects.toThrow('away');
});

test('what was refused for something that passes says so while it waits for the next try', async () => {
  answers = [refused('20429', 'retry')];
  const id = await tell('ana', 'Not now');
  await run();
  const { text } = await planner.get(`/admin/messages/${id}`);
  expect(text).toMatch(/badge busy">waiting<\/span><\/h2><p>[^<]*\(error 20429\)/);
  expect(text).toContain('It is tried again at');
  const list = await planner.get('/admin/messages?text=Not+now');
  expect(list.text).toMatch(/badge busy">waiting<.*\(error 20429\)/);
  const { text: exported } = await planner.get('/admin/messages.csv?text=Not+now');
  expect(exported).toMatch(/\(error 20429\)/);
});

test('what a message is about is said in words', async () => {
  await order('WO-2206', { title: 'Grease the bearing', assignee: 'ben' });
  const list = await planner.get('/admin/messages?order=WO-2206');
  const [path] = /\/admin\/messages\/[\w-]{36}/.exec(list.text)!;
  const { text } = await planner.get(path);
  expect(text).toContain('<dt>Kind</dt><dd>the assignment</dd>');
  expect(text).not.toContain('Lane');
});
