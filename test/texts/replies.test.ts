import { describe, expect, test } from 'vitest';
import { commandNames, type NewsValues, type Reply, type ReplyValues } from '../../src/commands/command.ts';
import type { AlertLine } from '../../src/domain/alert.ts';
import type { Reader } from '../../src/texts/language.ts';
import { writeNews, writeReply } from '../../src/texts/texts.ts';
import { monstrous, monstrousAlert, order, reader } from './orders.ts';

const write = <Key extends keyof ReplyValues>(key: Key, values: ReplyValues[Key], as: Partial<Reader> = {}) =>
  writeReply({ key, values, orders: [] } as Reply, { ...reader, ...as }).text;

const news = <Key extends keyof NewsValues>(key: Key, values: NewsValues[Key]) =>
  writeNews({ key, values, orderId: null } as Parameters<typeof writeNews>[0], reader);

const one = order();
const at = new Date('2024-12-22T08:30:00Z');

describe('an answer about an order names its number, its asset and what comes next', () => {
  const acked = order({ status: 'acknowledged' });
  const cases: [string, string, RegExp][] = [
    [
      'acknowledged',
      write('acknowledged', { order: one, others: 0, toConfirm: false }),
      /^✅ Acknowledged\n.*Next: START/s,
    ],
    [
      'acknowledged, to confirm',
      write('acknowledged', { order: one, others: 0, toConfirm: true }),
      /Next: CONFIRM .*START/s,
    ],
    [
      'started',
      write('started', { order: one, resumed: false, others: 0, paused: false }),
      /^▶️ Started\n.*COMPLETE/s,
    ],
    [
      'resumed',
      write('started', { order: one, resumed: true, others: 0, paused: false }),
      /^▶️ Resumed\n.*COMPLETE/s,
    ],
    [
      'started while paused',
      write('started', { order: one, resumed: false, others: 0, paused: true }),
      /stay paused: send only START/s,
    ],
    ['completed', write('completed', { order: one, others: 0 }), /^🏁 Completed\n.*MY WORK/s],
    ['confirmed', write('confirmed', { order: acked, others: 0 }), /Confirmed\n.*Next: START/s],
    [
      'noted',
      write('noted', { order: order({ status: 'in_progress' }), text: 'seal ok' }),
      /^📝 Note saved\n.*“seal ok”.*COMPLETE/s,
    ],
    [
      'noted on what is delayed',
      write('noted', { order: order({ status: 'delayed' }), text: 'seal ok' }),
      /“seal ok”\nNext: START to resume/,
    ],
    ['noted before the start', write('noted', { order: acked, text: 'seal ok' }), /“seal ok”.*Next: START/s],
    [
      'delayed',
      write('delayed', { order: one, reason: 'no seal', told: ['Paula'] }),
      /^⏸️ Delayed\n.*“no seal”.*Told: Paula.*START/s,
    ],
    [
      'delayed, nobody told',
      write('delayed', { order: one, reason: 'no seal', told: [] }),
      /No planner could be told: please call/,
    ],
    [
      'needed',
      write('needed', { order: acked, what: 'a hand', told: ['Sofia'] }),
      /“a hand”.*Told: Sofia.*NOTE.*DELAY/s,
    ],
    [
      'needed on what is delayed already',
      write('needed', { order: order({ status: 'delayed' }), what: 'a hand', told: ['Sofia'] }),
      /Told: Sofia\nNext: START to resume, or COMPLETE\.$/,
    ],
    [
      'needed, nobody told',
      write('needed', { order: one, what: 'a hand', told: [] }),
      /No supervisor could be told/,
    ],
    [
      'escalated',
      write('escalated', { order: one, told: ['Sofia', 'Simon'] }),
      /^🆘 Escalated\n.*Told: Sofia, Simon.*hear from us/s,
    ],
    [
      'escalated, nobody told',
      write('escalated', { order: one, told: [] }),
      /No supervisor could be told: please call/,
    ],
    [
      'call taken',
      write('callTaken', {
        order: one,
        of: ['work-order.escalated', 'work-order.needed'],
        technician: 'Ben',
      }),
      /taking it: escalation and request\n.*Ben is told/s,
    ],
    [
      'call taken before',
      write('callTakenBefore', { order: one, by: 'Sofia', at }),
      /Nothing changed: Sofia is taking it already \(/,
    ],
    [
      'undone',
      write('undone', {
        order: one,
        types: ['work_order.acknowledged', 'work_order.started'],
        told: ['Paula'],
      }),
      /^↩️ Taken back: acknowledgement and start\n.*Now not acknowledged.*Told: Paula.*UNDO again/s,
    ],
    [
      'need what',
      write('whatDoYouNeed', { order: one }),
      /^❓ What do you need for WO-1042\?\n.*1 a hand\n2 a part\n3 a permit\n.*Commands: MY WORK/s,
    ],
    [
      'need what, in words',
      write('needsText', { command: 'NEED', order: one }),
      /Nobody asked yet.*what do you need/s,
    ],
    [
      'a note without text',
      write('needsText', { command: 'NOTE', order: one }),
      /Nothing saved yet.*Send it now/s,
    ],
    [
      'a delay without reason',
      write('needsText', { command: 'DELAY', order: one }),
      /Nothing changed yet: why.*Send the reason/s,
    ],
    [
      'already acknowledged',
      write('alreadyAcknowledged', { order: acked }),
      /Nothing changed: already acknowledged\n.*START/s,
    ],
    [
      'already in progress',
      write('alreadyAcknowledged', { order: order({ status: 'in_progress' }) }),
      /Nothing changed: already in progress\n.*COMPLETE/s,
    ],
    [
      'already started',
      write('alreadyStarted', { order: one }),
      /Nothing changed: already in progress.*COMPLETE/s,
    ],
    [
      'already completed',
      write('alreadyClosed', { order: order({ status: 'completed' }) }),
      /Nothing changed: already completed.*MY WORK/s,
    ],
    [
      'already cancelled',
      write('alreadyClosed', { order: order({ status: 'cancelled' }) }),
      /Nothing changed: already cancelled.*MY WORK/s,
    ],
    [
      'already confirmed',
      write('alreadyConfirmed', { order: acked }),
      /Nothing changed: already confirmed.*START/s,
    ],
    [
      'not scheduled, and begun',
      write('notScheduled', { order: order({ status: 'in_progress' }) }),
      /only scheduled.*NOTE.*COMPLETE\.$/s,
    ],
    ['not scheduled', write('notScheduled', { order: one }), /Nothing changed: only scheduled.*ACK WO-1042/s],
    ['already delayed', write('alreadyDelayed', { order: one }), /Nothing changed: already delayed.*START/s],
    [
      'not acknowledged',
      write('notAcknowledged', { order: one }),
      /Not delayed: not acknowledged yet.*ACK WO-1042 first/s,
    ],
    ['not started', write('notStarted', { order: one }), /not started yet.*START WO-1042 first/s],
    [
      'moved to somebody',
      write('orderMoved', { order: one, holder: 'Ben', by: 'Paula', at }),
      /Nothing changed: it is now with Ben\n.*Paula moved it at 08:30 Dec 22.*MY WORK/s,
    ],
    [
      'moved by the CMMS to nobody',
      write('orderMoved', { order: one, holder: null, by: null, at }),
      /no longer yours\n.*The planner moved it.*MY WORK/s,
    ],
    [
      'too late to undo',
      write('tooLateToUndo', { order: one, at }),
      /Nothing changed.*08:30 Dec 22.*10 minutes.*NOTE/s,
    ],
    [
      'changed since',
      write('changedSince', { order: one, by: 'Paula', at }),
      /Nothing taken back: Paula changed it since \(08:30 Dec 22\).*STATUS WO-1042/s,
    ],
    [
      'attached',
      write('attached', { order: order({ status: 'in_progress' }), kinds: ['image', 'audio', 'image'] }),
      /Kept: 2 photos, 1 voice note\n.*NOTE.*COMPLETE/s,
    ],
    [
      'attached before the start',
      write('attached', { order: one, kinds: ['image'] }),
      /Kept: 1 photo\n.*Next: ACK or START\.$/s,
    ],
    [
      'in full',
      write('orderDetail', { order: one, from: 0 }),
      /Hall B.*High · not acknowledged.*Due: Dec 25, 2024.*Leaks when warm\.\nSeal is on shelf 4\..*ACK or START/s,
    ],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(text).toMatch(expected);
    expect(text).toContain('WO-1042');
    expect(text).toContain('Feed Pump 3');
    expect(text).toContain('Replace the shaft seal');
  });

  test('and how many others wait', () => {
    expect(write('acknowledged', { order: one, others: 1, toConfirm: false })).toContain(
      '1 other order waiting: MY WORK',
    );
    expect(write('started', { order: one, resumed: false, others: 2, paused: false })).toContain(
      '2 other orders waiting',
    );
    expect(write('completed', { order: one, others: 3 })).toContain('3 other orders waiting');
  });

  test('an order without an asset is named all the same', () => {
    expect(write('completed', { order: order({ asset: null }), others: 0 })).toContain(
      '*WO-1042* · no asset',
    );
  });

  test('STATUS says that an order is escalated, and when maintenance is scheduled', () => {
    const text = write('orderDetail', {
      order: order({ escalated: true, scheduled: { at }, status: 'acknowledged' }),
      from: 0,
    });
    expect(text).toContain('High · acknowledged · escalated');
    expect(text).toContain('Scheduled: 08:30 Dec 22');
  });

  test('an escalation about no order says so', () => {
    expect(write('escalated', { order: null, told: ['Sofia'] })).toMatch(/no open order of yours/);
    expect(write('undone', { order: null, types: ['work_order.escalated'], told: ['Sofia'] })).toMatch(
      /Taken back: escalation\nTold: Sofia/,
    );
  });
});

test("another's order is shown without what to do next", () => {
  expect(write('orderDetail', { order: one, from: 0 })).toContain('Next:');
  expect(write('orderDetail', { order: one, from: 0, readOnly: true })).not.toContain('Next:');
});

describe('an answer that changes nothing says so', () => {
  test.each([
    ['noSuchOrder', write('noSuchOrder', { given: 'WO-9' }), 'WO-9 is not among your orders'],
    ['nothingToDo', write('nothingToDo', { command: 'ACK' }), 'nothing to ACK'],
    ['notUnderstood', write('notUnderstood', { given: 'fix it', last: false }), '“fix it”'],
    ['the fifth not understood', write('notUnderstood', { given: 'fix it', last: true }), 'I stay silent'],
    [
      'didYouMean one',
      write('didYouMean', { given: 'strat', options: ['START'], forwarded: false }),
      'Did you mean START? Reply 1.',
    ],
    [
      'didYouMean two',
      write('didYouMean', { given: 'end', options: ['COMPLETE', 'STOP'], forwarded: false }),
      '1. COMPLETE\n2. STOP',
    ],
    [
      'forwarded',
      write('didYouMean', { given: 'ack', options: ['ACK'], forwarded: true }),
      '“ack” was forwarded',
    ],
    ['listClosed', write('listClosed', {}), 'list is closed'],
    ['notOnList', write('notOnList', { given: '9', count: 4 }), 'from 1 to 4'],
    ['sticker', write('unreadable', { kind: 'sticker' }), 'stickers'],
    ['reaction', write('unreadable', { kind: 'reaction' }), '👍'],
    ['unreadable', write('unreadable', { kind: 'unknown' }), 'sent again'],
    ['expired button', write('buttonUseless', { expired: true }), 'too old'],
    ['forged button', write('buttonUseless', { expired: false }), 'not valid'],
    [
      'outdated button',
      write('buttonOutdated', { order: order({ scheduled: { on: '2024-12-24' } }) }),
      'this button is of an earlier notice',
    ],
    ['nothingToUndo', write('nothingToUndo', {}), 'no change of yours'],
    ['noAlert', write('noAlert', {}), 'no alert'],
    ['tooLate', write('tooLate', { given: 'complete' }), '“complete”'],
    ['enrolled elsewhere', write('enrolledElsewhere', {}), 'another person'],
    ['tooMany', write('tooMany', { skipped: ['ack', 'start'], more: 0 }), '• ack\n• start'],
    ['notDone', write('notDone', {}), 'nothing changed'],
    [
      'whichOrder',
      write('whichOrder', { action: 'COMPLETE', rest: '', orders: [one], from: 0, leftOver: null }),
      'which order?',
    ],
    [
      'leftOver',
      write('whichOrder', { action: 'COMPLETE', rest: '', orders: [one], from: 0, leftOver: 'not yet' }),
      '“not yet” is not one of your orders',
    ],
  ])('%s', (_, text, part) => {
    expect(text).toMatch(/nothing (changed|saved)/i);
    expect(text).toContain(part);
  });
});

test('a question lists the orders with the numbers to reply with', () => {
  const text = write('whichOrder', {
    action: 'NOTE',
    rest: 'seal replaced',
    orders: [one, order({ number: 'WO-7', status: 'in_progress', due: null })],
    from: 0,
    leftOver: null,
  });
  expect(text).toContain('1. *WO-1042* · Feed Pump 3 · not acknowledged · due Dec 25, 2024');
  expect(text).toContain('2. *WO-7* · Feed Pump 3 · in progress\n');
  expect(text).toMatch(/Reply with its number.*NOTE/);
});

test('a question about a photo says that it is kept', () => {
  const values = { action: 'ATTACH' as const, rest: '', orders: [one], from: 0, leftOver: null };
  expect(write('whichOrder', values)).toMatch(/^❓ Kept, but for which order\?/);
  expect(write('attachedNowhere', { kinds: ['location'] })).toContain('1 location');
});

test('lists without an entry say so', () => {
  expect(write('myWork', { orders: [], from: 0 })).toContain('No open work orders');
  expect(write('pending', { orders: [], from: 0 })).toContain('No order waits');
  expect(write('resumed', { missed: [] })).toContain('missed none');
  expect(write('noMore', {})).toContain('nothing more');
});

test('STATUS counts what there is', () => {
  const text = write('counts', { counts: { in_progress: 1, assigned: 12 } });
  expect(text).toMatch(/Your orders \(13\)\*\n1 in progress\n12 not acknowledged\n/);
  expect(text).not.toContain('delayed');
  expect(write('counts', { counts: {} })).toContain('(0)');
});

test('a pause says what still comes, its end what was held back', () => {
  expect(write('paused', { already: false })).toMatch(/are paused\..*Critical alerts still come.*START/s);
  expect(write('paused', { already: true })).toContain('paused already');
  expect(write('resumed', { missed: [order({ number: 'WO-7' })] })).toContain(
    'To start work, send START WO-7.',
  );
  expect(write('resumed', { missed: [one, order({ number: 'WO-7' })] })).toMatch(
    /on again.*held back \(2\).*WO-1042.*WO-7.*START \{number\}/s,
  );
});

test('HELP names every command, in one message', () => {
  const text = write('help', { name: 'Ana' });
  for (const name of commandNames) expect(text).toContain(`*${name}*`);
});

describe('what somebody else is told names who did it and the order', () => {
  test.each([
    [
      'work-order.delayed',
      news('work-order.delayed', { order: one, by: 'Ana', reason: 'no seal' }),
      /Delayed\* by Ana\n.*“no seal”.*Priority: High/s,
    ],
    [
      'work-order.escalated',
      news('work-order.escalated', { order: one, by: 'Ana', reason: 'smoke' }),
      /Ana needs a supervisor.*“smoke”.*RESPONDING/s,
    ],
    [
      'work-order.needed',
      news('work-order.needed', { order: one, by: 'Ana', what: 'a hand' }),
      /Ana needs something.*“a hand”.*RESPONDING/s,
    ],
    [
      'work-order.needed, twice',
      news('work-order.needed', { order: one, by: 'Ana', what: 'hand\na crane' }),
      /“hand; a crane”/s,
    ],
    [
      'work-order.taken',
      news('work-order.taken', {
        ...{ order: one, by: 'Sofia', caller: null },
        of: ['work-order.escalated', 'work-order.needed'],
      }),
      /Sofia takes your escalation and request/,
    ],
    [
      'work-order.taken, for others',
      news('work-order.taken', { order: one, of: ['work-order.needed'], by: 'Sofia', caller: 'Ana' }),
      /Sofia takes the request of Ana.*You need not do anything/s,
    ],
    [
      'call.seen',
      news('call.seen', { order: one, of: ['work-order.escalated'], name: 'Sofia' }),
      /Sofia has read your escalation/,
    ],
    [
      'call.unanswered',
      news('call.unanswered', { order: one, of: ['work-order.needed'] }),
      /Nobody has taken your request yet.*Please call/s,
    ],
    [
      'work-order.undone',
      news('work-order.undone', { order: one, by: 'Ana', types: ['work_order.delayed'] }),
      /Taken back\* by Ana: delay\n.*Now not acknowledged/s,
    ],
    [
      'maintenance.unconfirmed',
      news('maintenance.unconfirmed', { order: order({ scheduled: { on: '2024-12-24' } }), by: 'Ana' }),
      /not confirmed\* by Ana\n.*Scheduled:\* Dec 24, 2024$/s,
    ],
  ])('%s', (_, text, expected) => {
    expect(text).toMatch(expected);
    expect(text).toContain('WO-1042');
    expect(text).toContain('Feed Pump 3');
  });

  test('or that there was none', () => {
    const text = news('work-order.escalated', { order: null, by: 'Ana', reason: null });
    expect(text).toContain('No order was named');
    expect(text).toContain('RESPONDING');
  });

  test('or the technician and the way', () => {
    expect(news('technician.opted-out', { name: 'Ana', way: 'sms' })).toMatch(/Ana.*text messages/);
    expect(news('technician.opted-out', { name: 'Ana', way: 'whatsapp' })).toMatch(/Ana.*WhatsApp/);
    expect(news('technician.identity-changed', { name: 'Ana' })).toMatch(/Ana.*identity/);
    expect(news('technician.not-reading', { name: 'Ana', since: at })).toMatch(
      /Ana.*not read the last three reminders, the first of 08:30 Dec 22\. No more/,
    );
  });

  test('who was not reached, by which ways and why', () => {
    const ways = [
      { way: 'whatsapp', why: 'not-on-whatsapp' },
      { way: 'sms', why: 'no-such-address' },
    ] as const;
    const told = news('technician.not-reached', { name: 'Ana', order: one, alert: null, ways: [...ways] });
    expect(told).toContain('Ana');
    expect(told).toContain(one.number);
    expect(told).toMatch(
      /WhatsApp: the number is not on WhatsApp\n.*Text message: the address does not exist/,
    );
    // Otherwise silence would read as if the others had got theirs.
    expect(told).toMatch(/within the hour are not told one by one: they are in the message log/);
  });
});

describe('whatever it is about, it can be sent', () => {
  const many = Array.from({ length: 500 }, (_, index) => monstrous(index));
  const huge = '😀'.repeat(2000);
  const told = Array.from({ length: 50 }, () => huge);
  const big = monstrous();
  const bigAlerts = Array.from({ length: 500 }, (_, index) => monstrousAlert(index));
  const bigStates = bigAlerts.map((each) => ({ alert: each, state: 'taken' as const, by: huge, at }));
  const kinds = ['image', 'audio', 'video', 'document', 'contact', 'location'] as const;
  const replies: { [Key in keyof ReplyValues]: ReplyValues[Key] } = {
    acknowledged: { order: big, others: 499, toConfirm: true },
    alreadyAcknowledged: { order: big },
    started: { order: big, resumed: true, others: 499, paused: true },
    alreadyStarted: { order: big },
    completed: { order: big, others: 499 },
    alreadyClosed: { order: big },
    notStarted: { order: big },
    confirmed: { order: big, others: 499 },
    alreadyConfirmed: { order: big },
    notScheduled: { order: big },
    noted: { order: big, text: huge },
    delayed: { order: big, reason: huge, told },
    alreadyDelayed: { order: big },
    notAcknowledged: { order: big },
    escalated: { order: big, told },
    needed: { order: big, what: huge, told },
    needsText: { command: 'DELAY', order: big },
    whatDoYouNeed: { order: big },
    noAlert: {},
    alertTaken: { alerts: bigAlerts, missed: bigStates, told, others: 499 },
    alertNotTaken: bigStates[0]!,
    alertResolved: { alerts: bigAlerts, told },
    alertNotResolved: bigStates[0]!,
    alertEscalated: { alert: bigAlerts[0]!, told, released: true },
    alertHelpCalled: { alert: bigAlerts[0]!, by: huge, at, told },
    alertTakes: { alerts: bigStates, command: 'NOTE' },
    whichAlert: { action: 'RESPONDING', alerts: bigStates, orders: many, all: true, leftOver: huge },
    alertDetail: { ...bigStates[0]!, told },
    alertUndone: { alerts: bigStates, types: ['alert.claimed'], told },
    alertStaysEscalated: bigStates[0]!,
    alertChangedSince: { alert: bigAlerts[0]!, by: huge, at },
    callTaken: { order: big, of: ['work-order.escalated', 'work-order.needed'], technician: huge },
    callTakenBefore: { order: big, by: huge, at },
    undone: { order: big, types: ['work_order.acknowledged', 'work_order.started'], told },
    nothingToUndo: {},
    tooLateToUndo: { order: big, at },
    changedSince: { order: big, by: huge, at },
    myWork: { orders: many, alerts: bigStates, from: 0 },
    pending: { orders: many, from: 7 },
    counts: { counts: { assigned: 500, acknowledged: 500, in_progress: 500, delayed: 500 } },
    orderDetail: { order: big, from: 0 },
    noMore: {},
    help: { name: huge },
    paused: { already: true },
    resumed: { missed: many },
    nothingToDo: { command: 'MY WORK' },
    noSuchOrder: { given: huge },
    cutOff: { given: huge, paused: true },
    orderMoved: { order: big, holder: huge, by: huge, at },
    whichOrder: { action: 'RESPONDING', rest: huge, orders: many, from: 0, leftOver: huge },
    didYouMean: { given: huge, options: [huge, huge, huge], forwarded: false },
    notUnderstood: { given: huge, last: true },
    tooMany: { skipped: told.slice(0, 10), more: 490 },
    listClosed: {},
    notOnList: { given: huge, count: 500 },
    unreadable: { kind: 'unknown' },
    buttonUseless: { expired: true },
    buttonOutdated: { order: big },
    attached: { order: big, kinds: [...kinds, ...kinds] },
    attachedNowhere: { kinds: [...kinds, ...kinds] },
    tooLate: { given: huge },
    notDone: {},
    notSureWho: {},
    enrolled: { name: huge },
    enrolledElsewhere: {},
  };
  const shiftedBy = (shift: string, values: object) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' && value.startsWith('😀') ? shift + value : value,
      ]),
    );
  const variants = <Key extends string>(all: Record<Key, object>) =>
    Object.entries(all).flatMap(([key, values]) =>
      ['', 'x'].map((shift) => ({ key: key as Key, shift, values: shiftedBy(shift, values as object) })),
    );

  test.each(variants(replies))('$key $shift', ({ key, values }) => {
    const { text } = writeReply({ key, values, orders: [] } as unknown as Reply, reader);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(text.isWellFormed()).toBe(true);
    // Cut by its parts, not at its end: what to do next is still there.
    expect(text.at(-1)).not.toBe('…');
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  const hugeAlert: AlertLine = {
    ...{ externalId: 'A-1', message: huge, severity: 'critical', raisedAt: at },
    asset: { id: 'pump', code: 'P-3', name: huge, location: huge },
  };
  const allNews: { [Key in keyof NewsValues]: NewsValues[Key] } = {
    'work-order.delayed': { order: big, by: huge, reason: huge },
    'work-order.escalated': { order: big, by: huge, reason: huge },
    'work-order.needed': { order: big, by: huge, what: huge },
    'work-order.taken': {
      order: big,
      of: ['work-order.escalated', 'work-order.needed'],
      by: huge,
      caller: huge,
    },
    'call.seen': { order: big, of: ['work-order.escalated', 'work-order.needed'], name: huge },
    'call.unanswered': { order: big, of: ['work-order.escalated', 'work-order.needed'] },
    'work-order.undone': { order: big, by: huge, types: ['work_order.delayed'] },
    'alert.taken': { alerts: [hugeAlert, hugeAlert], by: huge },
    'alert.released': { alerts: [hugeAlert, hugeAlert], by: huge },
    'alert.reopened': { alerts: [hugeAlert, hugeAlert], by: huge },
    'alert.escalated': { alert: hugeAlert, by: huge, reason: huge, responder: huge },
    'alert.unanswered': { alert: hugeAlert, told: Array.from({ length: 30 }, () => huge) },
    'alert.seen': { alert: hugeAlert, by: huge },
    'alert.resolved': { alerts: [hugeAlert], by: huge, note: huge },
    'technician.opted-out': { name: huge, way: 'sms' },
    'technician.identity-changed': { name: huge },
    'technician.not-reached': { name: huge, order: one, alert: null, ways: [{ way: 'sms', why: 'fault' }] },
    'technician.not-reading': { name: huge, since: at },
    'maintenance.unconfirmed': { order: big, by: huge },
  };
  test.each(variants(allNews))('$key $shift', ({ key, values }) => {
    const text = news(key, values as never);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(text.isWellFormed()).toBe(true);
  });
});

test('an unknown language is answered in English', () => {
  expect(write('listClosed', {}, { locale: 'tlh' })).toBe(write('listClosed', {}));
  expect(write('listClosed', {}, { locale: 'en-GB' })).toBe(write('listClosed', {}));
});
