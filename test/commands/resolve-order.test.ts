import { describe, expect, test } from 'vitest';
import { decide, facts, order, outcome, secondsAgo } from './facts.ts';

const acknowledgedOne = { answer: 'acknowledged', about: ['WO-1042'], steps: ['WO-1042 acknowledged'] };

describe('a whole number counts in any spelling', () => {
  test.each([
    'WO-1042',
    'wo1042',
    'WO 1042',
    'wo_1042',
    '#WO-1042',
    '(WO-1042)',
    'WO-1042.',
    '“wo-1042”',
    'W-O 10 42',
    'WO-١٠٤٢',
    'WO-१०४२',
    'ＷＯ－１０４２',
    'wo–1042 👍',
  ])('%j', (given) => {
    expect(outcome(`ack ${given}`, facts([order('WO-7'), order('WO-1042')]))).toEqual(acknowledgedOne);
  });
});

describe('a fragment has a digit, ends the number and fits one open order', () => {
  test.each([
    { number: 'WO-1042', given: '1042' },
    { number: 'WO-1042', given: '#1042' },
    { number: 'WO-1042', given: '42' },
    { number: 'WO-1042', given: '١٠٤٢' },
    { number: 'WO-1042', given: 'O-1042' },
    { number: 'WO-001', given: '1' },
    { number: 'WO-1', given: '001' },
    { number: 'WO-007', given: 'WO-7' },
    { number: 'WO-2026-001', given: '1' },
    { number: 'WO-2026-001', given: '#001' },
    { number: 'WO-2026-001', given: '2026-001' },
    { number: 'PM-7A', given: '7a' },
  ])('$given is $number', ({ number, given }) => {
    const known = facts([order('WO-3388'), order(number), order('PM-3399')]);
    expect(outcome(`ack ${given}`, known)).toEqual({
      answer: 'acknowledged',
      about: [number],
      steps: [`${number} acknowledged`],
    });
  });

  test.each(['104', '10', 'WO', 'WO-10', '9', '43'])('%s does not end WO-1042', (given) => {
    expect(outcome(`ack ${given}`, facts([order('WO-1042'), order('WO-7')])).steps).toEqual([]);
  });

  test('the number itself comes before numbers that only end like it', () => {
    const known = facts([order('WO-001'), order('WO-011'), order('WO-021')]);
    expect(outcome('ack 1', known).steps).toEqual(['WO-001 acknowledged']);
    expect(outcome('ack 11', known).steps).toEqual(['WO-011 acknowledged']);
  });

  test('one that fits two asks which of the two', () => {
    const known = facts([order('WO-7'), order('PM-007'), order('WO-12')]);
    expect(outcome('ack 7', known)).toEqual({ answer: 'whichOrder', about: ['PM-007', 'WO-7'], steps: [] });
  });

  test('it never means a closed order', () => {
    const known = facts([order('WO-12')], [order('WO-7', { status: 'completed' })]);
    expect(outcome('ack 7', known)).toEqual({ answer: 'noSuchOrder', about: [], steps: [] });
  });
});

describe('a number that is none of mine changes nothing', () => {
  test.each(['WO-9999', 'WO 9999', '9999', '#9999', 'wo9999', 'x1'])('%s', (given) => {
    const known = facts([order('WO-1042')]);
    const { changes, reply } = decide(`ack ${given}`, known);
    expect({ changes, reply }).toEqual({
      changes: [],
      reply: { key: 'noSuchOrder', values: { given }, orders: [] },
    });
  });

  test.each(['completed', 'cancelled'] as const)('an order of mine that is %s is refused truly', (status) => {
    const closed = order('WO-7', { status, closedAt: secondsAgo(60) });
    for (const command of ['ACK', 'START', 'COMPLETE']) {
      expect(outcome(`${command} wo7`, facts([order('WO-8')], [closed]))).toEqual({
        answer: 'alreadyClosed',
        about: ['WO-7'],
        steps: [],
      });
    }
    expect(outcome('NOTE WO-7 seal replaced', facts([order('WO-8')], [closed])).answer).toBe('alreadyClosed');
  });
});

describe('words left over change nothing and are asked about', () => {
  const known = facts([order('WO-1', { status: 'in_progress' })]);
  test.each([
    ['complete not yet', 'not yet'],
    ['complete tomorrow', 'tomorrow'],
    ['complete 2 seals left', '2 seals left'],
    ['complete WO-1 not yet', 'WO-1 not yet'],
    ['complete WO-9999 please', 'WO-9999 please'],
    ['start after lunch', 'after lunch'],
  ])('%s', (text, leftOver) => {
    const { changes, reply } = decide(text, known);
    expect(changes).toEqual([]);
    expect(reply).toMatchObject({ key: 'whichOrder', values: { leftOver, orders: known.orders } });
  });

  test('a fragment is one word', () => {
    const two = facts([order('WO-21', { status: 'in_progress' }), order('WO-3')]);
    expect(outcome('complete 2 1', two)).toMatchObject({ answer: 'whichOrder', steps: [] });
  });

  test('without any order there is nothing to ask about', () => {
    expect(outcome('complete not yet', facts([]))).toEqual({ answer: 'nothingToDo', about: [], steps: [] });
  });
});

describe('ACK without a number', () => {
  test('takes the only assigned order, beside others at work', () => {
    const known = facts([order('WO-1', { status: 'in_progress' }), order('WO-2')]);
    expect(outcome('ack', known).steps).toEqual(['WO-2 acknowledged']);
  });

  test('takes the one whose notice was accepted last', () => {
    const known = facts([
      order('WO-1', { noticeAcceptedAt: secondsAgo(60) }),
      order('WO-2', { noticeAcceptedAt: secondsAgo(30) }),
      order('WO-3', { noticeAcceptedAt: null }),
      order('WO-4', { status: 'acknowledged', noticeAcceptedAt: secondsAgo(10) }),
    ]);
    const { changes, reply } = decide('ack', known);
    expect(changes.map(({ orderId }) => orderId)).toEqual(['id of WO-2']);
    expect(reply).toMatchObject({ key: 'acknowledged', values: { others: 2 } });
  });

  test.each([
    { seconds: 4.999, taken: 'WO-1' },
    { seconds: 5, taken: 'WO-2' },
  ])('a notice accepted $seconds s before cannot have been read: takes $taken', ({ seconds, taken }) => {
    const known = facts([
      order('WO-1', { noticeAcceptedAt: secondsAgo(60) }),
      order('WO-2', { noticeAcceptedAt: secondsAgo(seconds) }),
    ]);
    expect(outcome('ack', known).steps).toEqual([`${taken} acknowledged`]);
  });

  test('asks when no notice could have been read', () => {
    const known = facts([order('WO-1', { noticeAcceptedAt: secondsAgo(2) }), order('WO-2')]);
    expect(outcome('ack', known)).toEqual({ answer: 'whichOrder', about: ['WO-1', 'WO-2'], steps: [] });
  });
});

test('of two notices accepted at the same moment neither is the last: asks', () => {
  const at = { noticeAcceptedAt: secondsAgo(60) };
  expect(outcome('ack', facts([order('WO-1', at), order('WO-2', at)]))).toMatchObject({
    answer: 'whichOrder',
    steps: [],
  });
});

describe('CONFIRM without a number', () => {
  const scheduled = (number: string, fields = {}) =>
    order(number, { kind: 'preventive', scheduled: { on: '2026-12-24' }, ...fields });

  test('takes the only one that awaits it', () => {
    const known = facts([
      order('WO-1'),
      scheduled('PM-2'),
      scheduled('PM-3', { confirmedAt: secondsAgo(60) }),
    ]);
    expect(outcome('confirm', known).steps).toEqual(['PM-2 confirmed']);
  });

  test('takes the one whose notice was accepted last, though another order was told later', () => {
    const known = facts([
      scheduled('PM-1', { noticeAcceptedAt: secondsAgo(60) }),
      scheduled('PM-2', { noticeAcceptedAt: secondsAgo(30) }),
      order('WO-3', { noticeAcceptedAt: secondsAgo(10) }),
    ]);
    expect(outcome('confirm', known).steps).toEqual(['PM-2 confirmed']);
  });
});

describe('START without a number', () => {
  test('takes an acknowledged order before a newer assigned one', () => {
    const known = facts([
      order('WO-1', { status: 'acknowledged', acknowledgedAt: secondsAgo(7200) }),
      order('WO-2', { assignedAt: secondsAgo(60), noticeAcceptedAt: secondsAgo(59) }),
    ]);
    expect(outcome('start', known).steps).toEqual(['WO-1 started']);
  });

  test('takes the one acknowledged last', () => {
    const known = facts([
      order('WO-1', { status: 'acknowledged', acknowledgedAt: secondsAgo(10) }),
      order('WO-2', { status: 'acknowledged', acknowledgedAt: secondsAgo(500) }),
    ]);
    expect(outcome('start', known).steps).toEqual(['WO-1 started']);
  });

  test('resumes the only delayed one before starting an assigned one', () => {
    const known = facts([
      order('WO-1', { status: 'delayed' }),
      order('WO-2', { noticeAcceptedAt: secondsAgo(60) }),
    ]);
    expect(outcome('start', known).steps).toEqual(['WO-1 resumed']);
  });

  test('else takes the assigned one told last, as ACK does', () => {
    const known = facts([
      order('WO-1', { noticeAcceptedAt: secondsAgo(60) }),
      order('WO-2', { noticeAcceptedAt: secondsAgo(600) }),
    ]);
    expect(outcome('start', known).steps).toEqual(['WO-1 acknowledged', 'WO-1 started']);
  });

  test('asks between two that nothing tells apart', () => {
    expect(outcome('start', facts([order('WO-1'), order('WO-2')])).answer).toBe('whichOrder');
  });
});

describe('COMPLETE and NOTE without a number mean the order at hand', () => {
  const at = (number: string, status: 'assigned' | 'acknowledged' | 'in_progress' | 'delayed') =>
    order(number, { status });

  test('COMPLETE takes the only one in progress, though another is delayed', () => {
    const known = facts([at('WO-1', 'delayed'), at('WO-2', 'in_progress'), at('WO-3', 'assigned')]);
    expect(outcome('complete', known).steps).toEqual(['WO-2 completed']);
  });

  test('COMPLETE with two in progress asks, and lists only them', () => {
    const known = facts([at('WO-1', 'in_progress'), at('WO-2', 'in_progress'), at('WO-3', 'assigned')]);
    expect(outcome('complete', known)).toEqual({ answer: 'whichOrder', about: ['WO-1', 'WO-2'], steps: [] });
  });

  test('COMPLETE takes the only delayed one', () => {
    expect(outcome('complete', facts([at('WO-1', 'delayed'), at('WO-2', 'assigned')])).steps).toEqual([
      'WO-1 completed',
    ]);
  });

  test.each([
    { orders: [at('WO-1', 'in_progress'), at('WO-2', 'delayed')], taken: 'WO-1' },
    { orders: [at('WO-1', 'acknowledged'), at('WO-2', 'delayed')], taken: 'WO-2' },
    { orders: [at('WO-1', 'acknowledged'), at('WO-2', 'assigned')], taken: 'WO-1' },
    { orders: [at('WO-1', 'assigned')], taken: 'WO-1' },
  ])('NOTE goes to $taken', ({ orders, taken }) => {
    expect(outcome('note seal replaced', facts(orders)).steps).toEqual([`${taken} noted`]);
  });

  test.each([
    { orders: [at('WO-1', 'in_progress'), at('WO-2', 'in_progress'), at('WO-3', 'delayed')] },
    { orders: [at('WO-1', 'delayed'), at('WO-2', 'delayed'), at('WO-3', 'acknowledged')] },
    { orders: [at('WO-1', 'assigned'), at('WO-2', 'assigned')] },
  ])('NOTE asks between several ($orders.0.status)', ({ orders }) => {
    expect(outcome('note seal replaced', facts(orders))).toMatchObject({ answer: 'whichOrder', steps: [] });
  });
});

describe('in NOTE only the first word can name an order, and only as a whole number', () => {
  const current = order('WO-1', { status: 'in_progress' });
  const other = order('WO-0012');

  test.each([
    ['NOTE pressure 12 bar', 'WO-1', 'pressure 12 bar'],
    ['NOTE 12 bar', 'WO-1', '12 bar'],
    ['NOTE pressure WO-0012', 'WO-1', 'pressure WO-0012'],
    ['NOTE WO-0012 12 bar', 'WO-0012', '12 bar'],
    ['note wo0012: 12 bar', 'WO-0012', '12 bar'],
    ['note #WO-0012\n12 bar\n👍', 'WO-0012', '12 bar\n👍'],
    ['note #0012 12 bar', 'WO-0012', '12 bar'],
    ['note #12 12 bar', 'WO-0012', '12 bar'],
    ['note WO-9999 is the same fault', 'WO-1', 'WO-9999 is the same fault'],
    ['note -5 °C\nin the tank', 'WO-1', '-5 °C\nin the tank'],
  ])('%j', (text, number, noted) => {
    const { changes, reply } = decide(text, facts([current, other]));
    expect(changes).toMatchObject([
      { orderId: `id of ${number}`, set: {}, event: { type: 'work_order.noted', data: { text: noted } } },
    ]);
    expect(reply).toMatchObject({ key: 'noted', values: { text: noted } });
  });
});

describe('what names no order of mine after #', () => {
  const known = facts([order('WO-1', { status: 'in_progress' }), order('WO-2')]);
  test.each(['NOTE #99 seal replaced', 'DELAY #99 no seal', 'NEED #WO-77 a seal'])('%s', (text) => {
    expect(outcome(text, known)).toEqual({ answer: 'noSuchOrder', about: [], steps: [] });
  });

  test('never stands in the way of ESCALATE', () => {
    const { changes } = decide('ESCALATE #99 smoke', known);
    expect(changes).toMatchObject([{ orderId: 'id of WO-1', event: { data: { text: '#99 smoke' } } }]);
  });
});

describe('a button, an answer or a quote names the order', () => {
  const mine = [order('WO-1'), order('WO-2', { status: 'in_progress' })];
  const closed = [order('WO-3', { status: 'completed', closedAt: secondsAgo(60) })];
  const moved = [
    { order: order('WO-4', { assigneeId: 'ben' }), holder: 'Ben', by: 'Paula', at: secondsAgo(600) },
    { order: order('WO-5', { assigneeId: null, status: 'open' as const }), holder: null, by: null, at: null },
  ];
  const known = facts(mine, closed, { moved });

  test.each([
    ['WO-1', { answer: 'acknowledged', about: ['WO-1'], steps: ['WO-1 acknowledged'] }],
    ['WO-2', { answer: 'alreadyAcknowledged', about: ['WO-2'], steps: [] }],
    ['WO-3', { answer: 'alreadyClosed', about: ['WO-3'], steps: [] }],
    ['WO-4', { answer: 'orderMoved', about: ['WO-4'], steps: [] }],
    ['WO-5', { answer: 'orderMoved', about: ['WO-5'], steps: [] }],
  ])('%s', (number, expected) => {
    const orderId = `id of ${number}`;
    expect(outcome({ text: 'ACK', button: { action: 'ACK', orderId } }, known)).toEqual(expected);
    expect(outcome('ack', { ...known, quoted: [orderId] })).toEqual(expected);
  });

  test('the answer says who has it, who moved it and when', () => {
    expect(decide({ button: { action: 'START', orderId: 'id of WO-4' } }, known).reply.values).toMatchObject({
      holder: 'Ben',
      by: 'Paula',
      at: secondsAgo(600),
    });
  });

  test('a number in the text comes before the quote', () => {
    expect(outcome('ack WO-1', { ...known, quoted: ['id of WO-2'] }).steps).toEqual(['WO-1 acknowledged']);
  });

  test('several in the quoted message are chosen among', () => {
    const three = facts([order('WO-1'), order('WO-2'), order('WO-6', { noticeAcceptedAt: secondsAgo(60) })]);
    expect(outcome('ack', { ...three, quoted: ['id of WO-1', 'id of WO-2'] })).toEqual({
      answer: 'whichOrder',
      about: ['WO-1', 'WO-2'],
      steps: [],
    });
    expect(outcome('ack', { ...known, quoted: ['id of WO-1', 'id of WO-2'] }).steps).toEqual([
      'WO-1 acknowledged',
    ]);
    expect(outcome('complete', { ...known, quoted: ['id of WO-4', 'id of WO-5'] })).toMatchObject({
      answer: 'orderMoved',
      steps: [],
    });
  });
});

test('ESCALATE keeps a first word that fits several orders as part of the reason', () => {
  const known = facts([order('WO-1'), order('PM-01'), order('WO-7', { status: 'in_progress' })]);
  expect(decide('ESCALATE #1 smokes', known)).toMatchObject({
    question: null,
    changes: [{ orderId: 'id of WO-7', event: { data: { text: '#1 smokes' } } }],
  });
});

describe('ESCALATE never asks which order', () => {
  const at = (number: string, status: 'assigned' | 'acknowledged' | 'in_progress' | 'delayed') =>
    order(number, { status });
  const two = [at('WO-1', 'assigned'), at('WO-2', 'assigned')];

  test.each([
    { told: 'the only one', orders: [at('WO-1', 'assigned')], known: {}, order: 'id of WO-1' },
    { told: 'the one at hand', orders: [...two, at('WO-3', 'in_progress')], known: {}, order: 'id of WO-3' },
    { told: 'the last command', orders: two, known: { lastOrderId: 'id of WO-2' }, order: 'id of WO-2' },
    { told: 'the quoted one', orders: two, known: { quoted: ['id of WO-1'] }, order: 'id of WO-1' },
    { told: 'none', orders: two, known: {}, order: null },
    {
      told: 'none of several quoted',
      orders: two,
      known: { quoted: ['id of WO-1', 'id of WO-2'] },
      order: null,
    },
    { told: 'none that has gone', orders: two, known: { lastOrderId: 'id of WO-9' }, order: null },
    { told: 'none at all', orders: [], known: {}, order: null },
  ])('$told', ({ orders, known, order: orderId }) => {
    const { changes, question } = decide('ESCALATE smoke in hall B', facts(orders, [], known));
    expect(changes).toMatchObject([
      { orderId, event: { type: 'work_order.escalated', data: { text: 'smoke in hall B' } } },
    ]);
    expect(question).toBeNull();
  });
});

test('a long row of digits with words behind it is read at once', () => {
  const known = facts([order('WO-1')]);
  expect(outcome(`ack ${'1'.repeat(200_000)} x`, known)).toMatchObject({ steps: [] });
}, 5000);
