import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { templates as templatesSchedule } from '../../jobs/schedules/templates.ts';
import { readButton } from '../../src/buttons.ts';
import type { ApprovalStatus } from '../../src/domain/template.ts';
import type { Tx } from '../../src/store/store.ts';
import { writeNotice } from '../../src/texts/texts.ts';
import { testSecretKey } from '../support/tenant.ts';
import { newSid, refused, timing, unclear, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();
const hour = 60 * 60 * 1000;
const dueDay = '2027-01-31';
const sid = `HX${'a'.repeat(32)}`;
const body = 'Work order {{1}} needs you: {{2}}. Reply HELP for more.';

/** A technician with an order whose window is closed, and what is told about it. */
const stage = async (status: ApprovalStatus | 'not asked' | 'none' = 'approved') => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const order = await on.order({
    assigneeId: ana.id,
    ...{ status: 'assigned', assignmentNo: 7, due: { on: dueDay }, title: "Pump's\n seal" },
  });
  const inTenant = <T>(work: (tx: Tx) => Promise<T>) => on.store.tenant(on.tenantId, work);
  const template = { kind: 'work-order.reminder', locale: 'en', contentSid: sid };
  const approve = (state: ApprovalStatus) =>
    inTenant((tx) =>
      tx.templates.asked(
        template,
        { status: state, category: 'UTILITY', rejectionReason: null, checkedAt: new Date() },
        { body, buttons: [{ title: 'Show', id: '{{3}}' }] },
      ),
    );
  if (status !== 'none') {
    on.provider.templates.has(sid, body, status === 'not asked' ? {} : { status });
    await inTenant((tx) =>
      tx.templates.save({ ...template, variables: ['number', 'title', 'button:STATUS'] }),
    );
    if (status !== 'not asked') await approve(status);
  }
  const writes = (at = new Date()) =>
    inTenant((tx) =>
      tx.conversations.heard(ana.conversationId, at, { technicianId: ana.id, heard: null, talk: null }),
    );
  const whole = writeNotice('work-order.reminder', order, {
    ...{ way: 'whatsapp', locale: 'en', timeZone: 'UTC', now: new Date() },
  });
  const notify = (text = whole, fields = {}) =>
    on.queue(ana, text, {
      ...{ kind: 'work-order.reminder', lane: 'notification' },
      about: { workOrderId: order.id, assignmentNo: null, dueDay },
      ...fields,
    });
  /** The provider says that the newest try was outside the window. */
  const isRefused = async (id: string, errorCode = '63016') => {
    const attempt = (await on.attempts(id)).at(-1)!;
    const facts = { attemptId: attempt.id, providerId: attempt.providerId ?? newSid() };
    await on.callback({ ...facts, status: 'undelivered', errorCode });
    await on.applyCallbacks();
  };
  return {
    ...on,
    newOrder: on.order,
    ana,
    order,
    whole,
    approve,
    writes,
    notify,
    isRefused,
    inTenant,
    template,
  };
};

const shown = 'Work order WO-1 needs you: Pump’s seal. Reply HELP for more.';

test('outside the window a notice goes as its template, with clean values and a signed button', async () => {
  const on = await stage();
  await on.writes(new Date(Date.now() - 24 * hour));
  const id = await on.notify();
  await on.run();
  expect(on.provider.sent).toMatchObject([
    { text: shown, content: { sid, variables: { 1: 'WO-1', 2: 'Pump’s seal' } } },
  ]);
  const payload = on.provider.sent[0]!.content!.variables[3]!;
  expect(readButton(payload, on.tenantId, [testSecretKey], new Date())).toMatchObject({
    ...{ kind: 'valid', action: 'STATUS', orderId: on.order.id, assignmentNo: 7 },
  });
  expect(await on.message(id)).toMatchObject({
    status: 'accepted',
    attempts: [{ template: `work-order.reminder/en/${sid}` }],
  });
  // What reconciliation compares with the provider's list is what the phone shows.
  const [row] = await on.query('SELECT text, content_sid FROM attempt WHERE message_id = $1', [id]);
  expect(row).toEqual({ text: shown, content_sid: null });
});

test('in the window, and in answers, no template is used', async () => {
  const on = await stage();
  await on.inTenant((tx) => tx.templates.save({ ...on.template, kind: 'message.send', variables: ['text'] }));
  await on.queue(on.ana, 'an answer', { kind: 'reply' });
  await on.run();
  await on.writes();
  await on.notify();
  await on.run();
  expect(on.provider.sent.map(({ text, content }) => [text, content])).toEqual([
    ['an answer', null],
    [on.whole, null],
  ]);
});

test('a window that closes between the writing of a notice and its sending is closed', async () => {
  const on = await stage();
  await on.writes();
  await on.notify('soon', { expiresAt: new Date(Date.now() + 48 * hour) });
  await on.run({ now: () => new Date(Date.now() + 24 * hour) });
  expect(on.provider.texts()).toEqual([shown]);
});

test('a kind that has none goes as message.send, its text on one line and short enough', async () => {
  const on = await stage('none');
  await on.inTenant((tx) =>
    tx.templates.save({ kind: 'message.send', locale: 'en', contentSid: sid, variables: ['text'] }),
  );
  on.provider.templates.has(sid, 'News for you: {{1}} (that is all)');
  await on.run();
  await on.notify(`*Delayed*\n\nWO-1 ${'x'.repeat(1500)}`, { kind: 'work-order.taken' });
  await on.run();
  const [sent] = on.provider.sent;
  expect(sent!.text).toMatch(/^News for you: \*Delayed\* · WO-1 x+… \(that is all\)$/);
  expect(sent!.text).toHaveLength(1024);
});

test('a digest as a template tells its orders apart, and does not say how to answer', async () => {
  const on = await stage('none');
  await on.inTenant((tx) =>
    tx.templates.save({ kind: 'message.send', locale: 'en', contentSid: sid, variables: ['text'] }),
  );
  on.provider.templates.has(sid, '{{1}}');
  await on.run();
  const second = await on.newOrder({
    assigneeId: on.ana.id,
    ...{ status: 'assigned', assignmentNo: 1, due: { on: dueDay }, title: 'Mast\nchain' },
  });
  await on.inTenant((tx) =>
    tx.outbox.add({
      ...{ id: randomUUID(), technicianId: on.ana.id, way: 'whatsapp', channelId: on.channelId },
      ...{ conversationId: on.ana.conversationId, kind: 'work-order.digest', lane: 'digest' },
      ...{ text: 'the whole digest', inReplyTo: null, about: null, heldBack: null },
      ...{ workOrderIds: [on.order.id, second.id], dueDays: [dueDay, dueDay] },
      ...{ dueAt: new Date(Date.now() - 1000), expiresAt: new Date(Date.now() + hour) },
    }),
  );
  await on.run();
  await on.run();
  expect(on.provider.texts()).toEqual([
    expect.stringMatching(
      /^Work Order Reminders \(2\): 1\) WO-1 Pump’s seal, [^;]*; 2\) WO-2 Mast chain, [^;]*\d days?$/,
    ),
  ]);
});

test.each<[ApprovalStatus, RegExp]>([
  ['paused', /WhatsApp has paused its template/],
  ['rejected', /rejected its template: submit other words/],
  ['disabled', /disabled its template for good/],
  ['missing', /no such content: correct contentSid/],
  ['unsubmitted', /npm run templates -- submit/],
  ['pending', /waits for WhatsApp/],
])('with a template that is %s the notice fails before any call, and says why', async (status, why) => {
  const on = await stage(status);
  const id = await on.notify();
  await on.run();
  expect(on.provider.sent).toEqual([]);
  expect(await on.message(id)).toMatchObject({
    ...{ status: 'failed', reason: 'no-template', attempts: [] },
    error: { code: null, text: expect.stringMatching(why) },
  });
  expect(on.logged).toContainEqual(expect.objectContaining({ event: 'message.failed', alarm: true }));
  expect(await on.events()).toMatchObject([
    { type: 'message.failed', messageId: id, data: { nextWay: null } },
    { type: 'technician.unreachable', messageId: id },
  ]);
  expect(on.bells).toContainEqual(expect.objectContaining({ queue: 'cmms-events' }));
});

test("a language's template that can be used comes before the reader's own that cannot", async () => {
  const on = await stage();
  const own = { ...on.template, locale: 'en-GB', contentSid: `HX${'b'.repeat(32)}` };
  await on.query("UPDATE technician SET locale = 'en-GB' WHERE id = $1", [on.ana.id]);
  await on.inTenant(async (tx) => {
    await tx.templates.save({ ...own, variables: [] });
    const paused = {
      status: 'paused' as const,
      category: null,
      rejectionReason: null,
      checkedAt: new Date(),
    };
    await tx.templates.asked(own, paused, null);
    await tx.templates.save({ ...on.template, variables: ['dueAt'] });
  });
  await on.notify();
  await on.run();
  // Dates as the reader writes them.
  expect(on.provider.sent).toMatchObject([{ content: { sid, variables: { 1: '31 Jan 2027' } } }]);
});

test('63016 on a plain text with a usable template: the template, once', async () => {
  const on = await stage();
  await on.writes();
  const id = await on.notify();
  await on.run();
  await on.isRefused(id);
  await on.run();
  expect(on.provider.texts()).toEqual([on.whole, shown]);
  expect(await on.attempts(id)).toMatchObject([{ reason: 'first' }, { reason: 'failed:63016' }]);

  await on.isRefused(id);
  await on.run();
  expect(on.provider.sent).toHaveLength(2);
  expect(await on.message(id)).toMatchObject({
    ...{ status: 'failed', reason: 'no-template', error: { code: '63016' } },
  });
});

test.each([
  ['63016', /approved/],
  ['63028', /number of variables/],
])('a template that is refused (%s) is named, and asked about at once', async (code, why) => {
  const on = await stage();
  await on.query("UPDATE template SET asked_at = asked_at - interval '1 minute' WHERE tenant_id = $1", [
    on.tenantId,
  ]);
  const id = await on.notify();
  await on.run();
  on.provider.templates.has(sid, body, { status: 'paused' });
  await on.isRefused(id, code);
  expect(on.bells.at(-1)).toMatchObject({ queue: 'outbound', id: on.channelId });
  await on.run();

  const { error } = await on.message(id);
  expect(error).toMatchObject({ code, text: expect.stringContaining(`work-order.reminder/en (${sid})`) });
  expect(error!.text).toMatch(why);
  expect(error!.text).not.toMatch(/24 hours/);
  expect(on.provider.templates.asked).toEqual([sid]);
  expect(on.logged).toContainEqual(
    expect.objectContaining({ event: 'template.unusable', alarm: true, status: 'paused' }),
  );
});

test('63016 as the answer of a call is treated alike', async () => {
  const on = await stage();
  await on.writes();
  on.provider.will(refused('63016', 'template'));
  const id = await on.notify();
  await on.run();
  expect(on.provider.texts()).toEqual([on.whole, shown]);
  expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null });
});

test.each(['none', 'paused'] as const)(
  '63016 with a template that is %s: no-template, in plain words',
  async (status) => {
    const on = await stage(status);
    await on.writes();
    const id = await on.notify();
    await on.run();
    await on.isRefused(id);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({
      ...{ status: 'failed', reason: 'no-template' },
      error: { code: '63016', text: expect.stringMatching(status === 'none' ? /none is set/ : /paused/) },
    });
  },
);

test('without any template the text goes, and the provider decides', async () => {
  const on = await stage('none');
  const id = await on.notify();
  await on.run();
  expect(on.provider.texts()).toEqual([on.whole]);
  expect(await on.message(id)).toMatchObject({ attempts: [{ template: null }] });
});

test.each(['approved', 'none', 'paused'] as const)(
  'who wrote between the sending and 63016 gets the text once more, the template being %s',
  async (status) => {
    const on = await stage(status);
    await on.writes(new Date(Date.now() - hour));
    const id = await on.notify();
    await on.run();
    await on.writes(new Date(Date.now() + 1000));
    await on.isRefused(id);
    await on.run();
    expect(on.provider.texts()).toEqual([on.whole, on.whole]);
    expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null });
  },
);

test('a late 63016 of the first try changes nothing once the template is on its way', async () => {
  const on = await stage();
  await on.writes();
  const id = await on.notify();
  await on.run();
  await on.isRefused(id);
  await on.run();
  const [first] = await on.attempts(id);
  await on.callback({ attemptId: first!.id, providerId: newSid(), status: 'failed', errorCode: '63016' });
  await on.applyCallbacks();
  await on.run();
  expect(on.provider.sent).toHaveLength(2);
  expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null, error: null });
});

test('a new template is asked about with the next run; its words are then known', async () => {
  const on = await stage('not asked');
  await on.run();
  expect(on.provider.templates.asked).toEqual([sid]);
  expect(await on.inTenant((tx) => tx.templates.get('work-order.reminder', 'en'))).toMatchObject({
    approval: { status: 'approved', category: 'UTILITY', rejectionReason: null },
    content: { body },
  });
  await on.run();
  expect(on.provider.templates.asked).toEqual([sid]);
});

describe('a template of unknown words, and a call with an unclear end', () => {
  const unclearly = async () => {
    const on = await stage('not asked');
    on.provider.templates.contents.delete(sid);
    on.provider.will({ kind: 'accepted', id: 'SM-held' }, unclear);
    await on.notify();
    await on.run();
    const id = await on.notify();
    await on.run();
    const [attempt] = await on.attempts(id);
    const at = (ms: number, fields: { id?: string; from?: string } = {}) =>
      on.listed({
        ...{ text: 'Words nobody here knows.', to: on.ana.address, ...fields },
        createdAt: new Date(attempt!.sendingAt.getTime() + ms),
      });
    return { on, id, at };
  };

  test('adopts the only message of that time that is nobody else’s', async () => {
    const { on, id, at } = await unclearly();
    on.provider.listed = [
      at(-1000, { id: 'SM-held' }),
      at(300, { id: 'SM-its' }),
      at(400, { id: 'SM-of-another-sender', from: 'whatsapp:+14150000000' }),
      at(-120_000, { id: 'SM-before' }),
      at(120_000, { id: 'SM-later' }),
    ];
    await on.query(`UPDATE attempt SET look_at = clock_timestamp() WHERE message_id = $1`, [id]);
    await on.run();
    expect(await on.attempts(id)).toMatchObject([
      { state: 'accepted', providerId: 'SM-its', from: 'adopted' },
    ]);
    expect(on.provider.sent).toHaveLength(2);
  });

  test('of several adopts none, and is not sent again', async () => {
    const { on, id, at } = await unclearly();
    on.provider.listed = [at(300), at(400)];
    for (const _ of timing.lookAfterMs) {
      await on.query(`UPDATE attempt SET look_at = clock_timestamp() WHERE message_id = $1`, [id]);
      await on.run();
    }
    expect(await on.attempts(id)).toMatchObject([{ state: 'lost', providerId: null }]);
    expect(await on.message(id)).toMatchObject({ status: 'unknown', possibleDuplicate: false });
    expect(await on.dueInSeconds(id)).toBeNull();
    expect(on.logged).toContainEqual(expect.objectContaining({ event: 'message.unknown', alarm: true }));
    expect(on.provider.sent).toHaveLength(2);
  });
});

test('what the provider will not tell is asked for once a minute, and somebody hears of it after an hour, once', async () => {
  const on = await stage('not asked');
  const other = { ...on.template, kind: 'message.send', contentSid: `HX${'b'.repeat(32)}` };
  await on.inTenant((tx) => tx.templates.save({ ...other, variables: ['text'] }));
  const passes = (time: string) =>
    on.query(
      `UPDATE template SET questioned_at = questioned_at - $1::interval, vain_since = vain_since - $1::interval
       WHERE tenant_id = $2`,
      [time, on.tenantId],
    );
  const alarms = () => on.logged.filter(({ event }) => event === 'templates.not-told');
  // No answer of Twilio's own: the second is not even asked about, nor by the next run.
  on.provider.templates.states.set(sid, { kind: 'failed', code: '503' });
  on.provider.templates.states.set(other.contentSid, { kind: 'failed', code: '503' });
  await on.run();
  await Promise.all([on.run(), on.run()]);
  expect(on.provider.templates.asked).toHaveLength(1);
  await passes('61 seconds');
  await Promise.all([on.run(), on.run()]);
  expect(on.provider.templates.asked).toHaveLength(2);
  expect(alarms()).toEqual([]);

  for (const _ of ['first', 'second']) {
    await passes('1 hour');
    await on.run();
    expect(alarms()).toMatchObject([{ alarm: true, notTold: ['message.send/en', 'work-order.reminder/en'] }]);
  }
  // Told at last, that is over.
  on.provider.templates.has(sid, body);
  on.provider.templates.has(other.contentSid, body);
  await passes('1 hour');
  await on.run();
  const [told] = await on.query('SELECT vain_since, vain_told_at FROM template WHERE tenant_id = $1', [
    on.tenantId,
  ]);
  expect(told).toEqual({ vain_since: null, vain_told_at: null });
});

test('an approved template that the provider says once is not there goes on being used', async () => {
  const on = await stage();
  const poll = () => templatesSchedule(on.deps)(on.tenantId);
  const state = async () =>
    (await on.inTenant((tx) => tx.templates.get('work-order.reminder', 'en')))!.approval!.status;
  on.provider.templates.states.delete(sid);
  await poll();
  expect(await state()).toBe('approved');
  await on.notify();
  await on.run();
  expect(on.provider.texts()).toEqual([shown]);
  // In a row is what counts.
  on.provider.templates.has(sid, body);
  await poll();
  on.provider.templates.states.delete(sid);
  await poll();
  expect(await state()).toBe('approved');
  await poll();
  expect(await state()).toBe('missing');
});

test('a change of state that wants somebody is said once, and so are the languages without a template', async () => {
  const on = await stage();
  const poll = () => templatesSchedule(on.deps)(on.tenantId);
  const alarms = () => on.logged.filter(({ alarm }) => alarm);
  await poll();
  expect(alarms()).toEqual([
    expect.objectContaining({
      event: 'templates.lacking',
      lacking: [
        'alert.raised',
        'alert.resolved',
        'maintenance.scheduled',
        'message.send',
        'work-order.assigned',
      ].map((kind) => `${kind}/en`),
    }),
  ]);
  on.provider.templates.has(sid, body, { status: 'paused' });
  await poll();
  await poll();
  expect(alarms().slice(1)).toEqual([
    expect.objectContaining({ event: 'template.unusable', status: 'paused', before: 'approved' }),
  ]);
  on.provider.templates.has(sid, body, { status: 'approved', category: 'MARKETING' });
  await poll();
  await poll();
  on.provider.templates.states.delete(sid);
  await poll();
  await poll();
  expect(alarms().slice(2)).toMatchObject([
    { event: 'template.marketing' },
    { event: 'template.unusable', status: 'missing', before: 'approved' },
  ]);
  expect(await on.store.gate.templateStates()).toEqual(
    expect.arrayContaining([{ state: 'missing', count: expect.any(Number) }]),
  );
});
