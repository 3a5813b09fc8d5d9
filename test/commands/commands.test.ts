import { describe, expect, test } from 'vitest';
import type { CallChange, Facts, Undoable } from '../../src/commands/command.ts';
import { call, decide, facts, now, order, outcome, person, secondsAgo, talkAfter } from './facts.ts';

const statuses = ['assigned', 'acknowledged', 'in_progress', 'delayed'] as const;

describe('what a command does to an order in each state', () => {
  const expected = {
    ACK: {
      assigned: ['acknowledged', 'WO-1 acknowledged'],
      acknowledged: ['alreadyAcknowledged'],
      in_progress: ['alreadyAcknowledged'],
      delayed: ['alreadyAcknowledged'],
    },
    START: {
      assigned: ['started', 'WO-1 acknowledged', 'WO-1 started'],
      acknowledged: ['started', 'WO-1 started'],
      in_progress: ['alreadyStarted'],
      delayed: ['started', 'WO-1 resumed'],
    },
    COMPLETE: {
      assigned: ['notStarted'],
      acknowledged: ['notStarted'],
      in_progress: ['completed', 'WO-1 completed'],
      delayed: ['completed', 'WO-1 completed'],
    },
    STATUS: {
      assigned: ['orderDetail'],
      acknowledged: ['orderDetail'],
      in_progress: ['orderDetail'],
      delayed: ['orderDetail'],
    },
    CONFIRM: {
      assigned: ['notScheduled'],
      acknowledged: ['notScheduled'],
      in_progress: ['notScheduled'],
      delayed: ['notScheduled'],
    },
    'NOTE seal': {
      assigned: ['noted', 'WO-1 noted'],
      acknowledged: ['noted', 'WO-1 noted'],
      in_progress: ['noted', 'WO-1 noted'],
      delayed: ['noted', 'WO-1 noted'],
    },
    'DELAY no seal': {
      assigned: ['notAcknowledged'],
      acknowledged: ['delayed', 'WO-1 delayed'],
      in_progress: ['delayed', 'WO-1 delayed'],
      delayed: ['alreadyDelayed'],
    },
    'NEED a seal': {
      assigned: ['needed', 'WO-1 noted'],
      acknowledged: ['needed', 'WO-1 noted'],
      in_progress: ['needed', 'WO-1 noted'],
      delayed: ['needed', 'WO-1 noted'],
    },
    'ESCALATE smoke': {
      assigned: ['escalated', 'WO-1 escalated'],
      acknowledged: ['escalated', 'WO-1 escalated'],
      in_progress: ['escalated', 'WO-1 escalated'],
      delayed: ['escalated', 'WO-1 escalated'],
    },
  } as const;
  const cases = Object.entries(expected).flatMap(([text, byStatus]) =>
    statuses.map((status) => ({
      text,
      status,
      answer: byStatus[status][0],
      steps: byStatus[status].slice(1),
    })),
  );

  test.each(cases)('$text, $status: $answer', ({ text, status, answer, steps }) => {
    const known = facts([order('WO-1', { status })]);
    const [command, ...rest] = text.split(' ');
    if (command !== 'STATUS') {
      expect(outcome(text, known)).toEqual({ answer, about: ['WO-1'], steps });
    }
    const withNumber = `${command} WO-1 ${rest.join(' ')}`.trim();
    expect(outcome(withNumber, known)).toEqual({ answer, about: ['WO-1'], steps });
    expect(outcome(text, { ...known, quoted: ['id of WO-1'] })).toEqual({ answer, about: ['WO-1'], steps });
  });
});

describe('CONFIRM accepts scheduled maintenance', () => {
  const scheduled = (fields: object) =>
    order('PM-1', { kind: 'preventive', scheduled: { on: '2026-12-24' }, ...fields });

  test.each([
    { fields: { status: 'assigned' }, answer: 'confirmed', steps: ['PM-1 confirmed'] },
    {
      fields: { status: 'acknowledged', acknowledgedAt: secondsAgo(60) },
      answer: 'confirmed',
      steps: ['PM-1 confirmed'],
    },
    {
      fields: { status: 'acknowledged', confirmedAt: secondsAgo(60) },
      answer: 'alreadyConfirmed',
      steps: [],
    },
    { fields: { status: 'in_progress' }, answer: 'alreadyConfirmed', steps: [] },
    { fields: { scheduled: null }, answer: 'confirmed', steps: ['PM-1 confirmed'] },
    { fields: { kind: 'corrective' }, answer: 'notScheduled', steps: [] },
  ])('$fields: $answer', ({ fields, answer, steps }) => {
    expect(outcome('confirm', facts([scheduled(fields)]))).toEqual({ answer, about: ['PM-1'], steps });
  });

  test('it is acknowledged by that; when it was acknowledged before stays', () => {
    expect(decide('confirm', facts([scheduled({})])).changes.map(({ set }) => set)).toEqual([
      { status: 'acknowledged', acknowledgedAt: now, confirmedAt: now },
    ]);
    const before = scheduled({ status: 'acknowledged', acknowledgedAt: secondsAgo(60) });
    expect(decide('confirm', facts([before])).changes[0]!.set.acknowledgedAt).toEqual(secondsAgo(60));
  });
});

test('a button confirms the assignment that its notice told, and no later one', () => {
  const moved = { kind: 'preventive', scheduled: { on: '2026-12-29' }, assignmentNo: 2 } as const;
  const known = facts([order('PM-1', moved)]);
  const tap = (assignmentNo: number) =>
    outcome({ button: { action: 'CONFIRM', orderId: 'id of PM-1', assignmentNo } }, known);
  expect(tap(1)).toEqual({ answer: 'buttonOutdated', about: ['PM-1'], steps: [] });
  expect(tap(2)).toEqual({ answer: 'confirmed', about: ['PM-1'], steps: ['PM-1 confirmed'] });
});

test('ACK of scheduled maintenance says that it is still to be confirmed', () => {
  const toConfirm = (fields: object) => decide('ack', facts([order('WO-1', fields)])).reply.values;
  expect(toConfirm({ kind: 'preventive', scheduled: { on: '2026-12-24' } })).toMatchObject({
    toConfirm: true,
  });
  expect(toConfirm({})).toMatchObject({ toConfirm: false });
});

describe('the steps hold what the order becomes, and what it was', () => {
  const stepsOf = (text: string, status: (typeof statuses)[number]) =>
    decide(text, facts([order('WO-1', { status, startedAt: null, version: 7 })])).changes.map(
      ({ set, before }) => ({ set, before }),
    );

  test('ACK', () => {
    expect(stepsOf('ack', 'assigned')).toEqual([
      {
        set: { status: 'acknowledged', acknowledgedAt: now },
        before: { version: 7, status: 'assigned', acknowledgedAt: null },
      },
    ]);
  });
  test('START from assigned records both, one after the other', () => {
    expect(stepsOf('start', 'assigned')).toEqual([
      {
        set: { status: 'acknowledged', acknowledgedAt: now },
        before: { version: 7, status: 'assigned', acknowledgedAt: null },
      },
      {
        set: { status: 'in_progress', startedAt: now },
        before: { version: 8, status: 'acknowledged', startedAt: null },
      },
    ]);
  });
  test('START from delayed keeps when it was first started', () => {
    expect(stepsOf('start', 'delayed')).toEqual([
      { set: { status: 'in_progress' }, before: { version: 7, status: 'delayed' } },
    ]);
  });
  test('COMPLETE', () => {
    expect(stepsOf('complete', 'in_progress')).toEqual([
      {
        set: { status: 'completed', completedAt: now, closedAt: now },
        before: { version: 7, status: 'in_progress', completedAt: null, closedAt: null },
      },
    ]);
  });
  test('COMPLETE ends an escalation', () => {
    const known = facts([order('WO-1', { status: 'in_progress', escalated: true })]);
    expect(decide('complete', known).changes[0]!.set).toMatchObject({ escalated: false });
  });
  test('NOTE changes nothing but the version', () => {
    expect(stepsOf('note seal', 'delayed')).toEqual([{ set: {}, before: { version: 7 } }]);
  });
});

test('how many others wait is told', () => {
  const waiting = [order('WO-2', { noticeAcceptedAt: secondsAgo(90) }), order('WO-3')];
  const others = (text: string, orders = waiting) =>
    (decide(text, facts(orders)).reply.values as { others: number }).others;
  expect(others('ack')).toBe(1);
  expect(others('start')).toBe(1);
  expect(
    others('complete', [order('WO-4', { status: 'in_progress' }), order('WO-5', { status: 'delayed' })]),
  ).toBe(1);
  expect(others('ack', [order('WO-6')])).toBe(0);
});

test('a resumed order is answered as resumed', () => {
  const resumed = (status: 'delayed' | 'acknowledged') =>
    decide('start', facts([order('WO-1', { status })])).reply.values;
  expect(resumed('delayed')).toMatchObject({ resumed: true });
  expect(resumed('acknowledged')).toMatchObject({ resumed: false });
});

describe('without any open order', () => {
  test.each([
    'ACK',
    'START',
    'COMPLETE',
    'CONFIRM',
    'NOTE seal replaced',
    'DELAY no seal',
    'NEED a seal',
    'NOTE',
  ])('%s has nothing to do', (text) => {
    expect(outcome(text, facts([]))).toEqual({ answer: 'nothingToDo', about: [], steps: [] });
  });
});

describe('a text that is missing is asked for, and taken as it comes', () => {
  const known = facts([order('WO-1', { status: 'acknowledged' }), order('12')]);

  test.each([
    ['note', 'NOTE'],
    ['NOTE:', 'NOTE'],
    ['note …', 'NOTE'],
    ['note WO-1', 'NOTE'],
    ['note WO-1:', 'NOTE'],
    ['delay', 'DELAY'],
    ['DELAY WO-1.', 'DELAY'],
    ['need', 'NEED'],
  ])('%s', (text, command) => {
    const asked = decide(text, known);
    expect(asked).toMatchObject({
      changes: [],
      reply: { key: 'needsText', values: { command, order: { number: 'WO-1' } } },
      question: { options: [], freeText: { action: command, orderId: 'id of WO-1' } },
    });
    // It may begin with another order's number, or with what looks like one.
    for (const given of ['12 bolts', '#99 hums', 'WO-1 leaks', 'not yet']) {
      expect(decide(given, known, talkAfter(asked)).changes).toMatchObject([
        { orderId: 'id of WO-1', event: { data: { text: given } } },
      ]);
    }
  });

  test('a command instead of it is a command', () => {
    expect(outcome('ack 12', known, talkAfter(decide('note', known))).steps).toEqual(['12 acknowledged']);
  });

  test('what cannot be delayed needs no reason first', () => {
    expect(outcome('delay', facts([order('WO-1')]))).toMatchObject({ answer: 'notAcknowledged', steps: [] });
    expect(outcome('delay', facts([order('WO-1', { status: 'delayed' })])).answer).toBe('alreadyDelayed');
  });

  test('of several orders one is chosen first, then the text is asked for', () => {
    const two = facts([order('WO-1'), order('WO-2')]);
    const which = decide('note', two);
    expect(which.reply.key).toBe('whichOrder');
    const asked = decide('2', two, talkAfter(which));
    expect(asked.reply).toMatchObject({ key: 'needsText', values: { order: { number: 'WO-2' } } });
    expect(outcome('seal replaced', two, talkAfter(asked)).steps).toEqual(['WO-2 noted']);
  });

  test('the text of a chosen order is not searched for another order', () => {
    const three = facts([order('WO-1'), order('WO-2'), order('12', { status: 'delayed' })]);
    const which = decide('NOTE 12 bolts', facts([order('WO-1'), order('WO-2')]));
    expect(decide('2', three, talkAfter(which)).changes).toMatchObject([
      { orderId: 'id of WO-2', event: { data: { text: '12 bolts' } } },
    ]);
  });
});

describe('who is told', () => {
  const people = (...all: ReturnType<typeof person>[]): Partial<Facts> => ({
    people: { all, supervisorId: 'sofia', onCall: ['otto'] },
  });
  const paula = person('paula', { role: 'planner' });
  const pedro = person('pedro', { role: 'planner' });
  const sofia = person('sofia', { role: 'supervisor' });
  const simon = person('simon', { role: 'supervisor' });
  const otto = person('otto');
  const away = { reachable: false };

  const told = (text: string, known: Partial<Facts>, fields = {}) => {
    const one = order('WO-1', { status: 'in_progress', plannerId: 'pedro', ...fields });
    const { tell, reply } = decide(text, facts([one], [], known));
    expect((reply.values as { told: string[] }).told).toEqual(tell.map(({ to }) => to.name));
    return tell.map(({ to, news }) => `${to.id} ${news.key}`);
  };

  const called = (text: string, known: Partial<Facts>) => {
    const { call: made, reply } = decide(text, facts([order('WO-1', { status: 'in_progress' })], [], known));
    const { kind, people: toTell } = made as Extract<CallChange, { do: 'call' }>;
    expect((reply.values as { told: string[] }).told).toEqual(toTell.map(({ name }) => name));
    return toTell.map(({ id }) => `${id} ${kind}`);
  };

  test.each([
    { known: people(paula, pedro, sofia, otto), expected: ['pedro'] },
    { known: people(paula, { ...pedro, ...away }, sofia, otto), expected: ['paula'] },
    { known: people(paula, person('pia', { role: 'planner' }), sofia), expected: ['paula', 'pia'] },
    { known: people(sofia, simon, otto), expected: ['sofia'] },
    { known: people({ ...sofia, ...away }, simon, otto), expected: ['otto'] },
    { known: people(otto), expected: ['otto'] },
    { known: people({ ...otto, ...away }), expected: [] },
  ])('DELAY: $expected', ({ known, expected }) => {
    expect(told('delay no seal', known)).toEqual(expected.map((id) => `${id} work-order.delayed`));
  });

  test.each([
    { known: people(paula, sofia, simon, otto), expected: ['sofia'] },
    { known: people(paula, { ...sofia, ...away }, simon, otto), expected: ['simon'] },
    { known: people(paula, otto), expected: ['paula'] },
    { known: people(otto), expected: ['otto'] },
    { known: people(), expected: [] },
  ])('ESCALATE and NEED: $expected', ({ known, expected }) => {
    expect(called('escalate smoke', known)).toEqual(expected.map((id) => `${id} work-order.escalated`));
    expect(called('need a hand', known)).toEqual(expected.map((id) => `${id} work-order.needed`));
  });

  test('while a call still runs, ESCALATE and NEED tell those who are next', () => {
    const orderId = 'id of WO-1';
    const calling: Facts['calling'] = [
      { kind: 'work-order.escalated', orderId, again: [otto] },
      { kind: 'work-order.needed', orderId, again: [sofia, simon] },
      { kind: 'work-order.escalated', orderId: null, again: [paula] },
    ];
    const known = facts([order('WO-1')], [], { ...people(sofia, otto), calling });
    expect(called('escalate smoke', known)).toEqual(['otto work-order.escalated']);
    expect(called('need a hand', known)).toEqual(['sofia work-order.needed', 'simon work-order.needed']);
    expect(decide('escalate', known).reply.values).toMatchObject({ told: ['Otto'] });
  });

  test('the event of an escalation says who', () => {
    const { changes } = decide('escalate', facts([order('WO-1')], [], people(sofia)));
    expect(changes[0]).toMatchObject({
      set: { escalated: true },
      event: { data: { text: null, told: ['E-sofia'] } },
    });
  });
});

describe('lists', () => {
  const due = (on: string) => ({ due: { on } });
  const orders = [
    order('WO-1', { priority: 'critical' }),
    order('WO-2', { status: 'acknowledged' }),
    order('WO-3', { status: 'delayed' }),
    order('WO-4', { status: 'in_progress', priority: 'low' }),
    order('WO-5', { priority: 'low', ...due('2026-12-22') }),
    order('WO-6', { priority: 'high', ...due('2026-12-24') }),
    order('WO-7', { priority: 'high', ...due('2026-12-23') }),
    order('WO-8', { priority: 'high', due: { at: new Date('2026-12-23T08:00:00Z') } }),
    order('WO-9', { priority: 'high' }),
    order('WO-10', { priority: 'high' }),
  ];
  const inTurn = ['WO-4', 'WO-3', 'WO-2', 'WO-1', 'WO-8', 'WO-7', 'WO-6', 'WO-10', 'WO-9', 'WO-5'];

  test('MY WORK shows all, what to do next first', () => {
    expect(outcome('my work', facts(orders)).about).toEqual(inTurn);
    expect(outcome('my work', facts([]))).toEqual({ answer: 'myWork', about: [], steps: [] });
  });

  test('PENDING shows what waits for an action, not what is in hand', () => {
    expect(outcome('pending', facts(orders)).about).toEqual(inTurn.slice(1));
    expect(outcome('pending', facts([]))).toEqual({ answer: 'pending', about: [], steps: [] });
  });

  test('STATUS counts', () => {
    expect(decide('status', facts(orders)).reply).toMatchObject({
      key: 'counts',
      values: { counts: { assigned: 7, acknowledged: 1, delayed: 1, in_progress: 1 } },
    });
    expect(decide('status', facts([])).reply.values).toEqual({ counts: {} });
  });

  test.each([
    ['status WO-6', ['WO-6']],
    ['status 6', ['WO-6']],
    ['status wo10', ['WO-10']],
    ['status WO-11', ['WO-11']],
  ])('%s shows that order in full, closed or not', (text, about) => {
    const closed = [order('WO-11', { status: 'completed', closedAt: secondsAgo(60) })];
    expect(outcome(text, facts(orders, closed))).toEqual({ answer: 'orderDetail', about, steps: [] });
  });

  test('STATUS in reply to a message shows its order, or asks which', () => {
    const known = facts(orders);
    expect(outcome('status', { ...known, quoted: ['id of WO-6'] })).toMatchObject({ about: ['WO-6'] });
    expect(outcome('status', { ...known, quoted: ['id of WO-6', 'id of WO-1'] })).toEqual({
      answer: 'whichOrder',
      about: ['WO-1', 'WO-6'],
      steps: [],
    });
    expect(outcome('status WO-99', known).answer).toBe('noSuchOrder');
  });
});

describe('HELP', () => {
  const orders = [order('WO-1', { status: 'in_progress' }), order('WO-2')];

  test('alone greets by name, whatever is in hand', () => {
    expect(decide('help', facts(orders))).toMatchObject({
      changes: [],
      question: null,
      reply: { key: 'help', values: { name: 'Ana' }, orders: [] },
    });
  });

  test.each([
    { text: 'help', quoted: ['id of WO-2'], about: 'WO-2' },
    { text: 'help WO-2', quoted: [], about: 'WO-2' },
    { text: 'help the seal is stuck', quoted: [], about: 'WO-1' },
    { text: 'menu', quoted: ['id of WO-2'], about: 'WO-2' },
  ])('$text $quoted asks what is needed for $about', ({ text, quoted, about }) => {
    const known = facts(orders, [], { quoted });
    const asked = decide(text, known);
    expect(asked).toMatchObject({
      changes: [],
      reply: { key: 'whatDoYouNeed', values: { order: { number: about } } },
    });
    const answered = (given: string) => decide(given, facts(orders), talkAfter(asked)).changes;
    expect(answered('2')).toMatchObject([{ orderId: `id of ${about}`, event: { data: { text: 'part' } } }]);
    expect(answered('Part')).toMatchObject([{ event: { data: { text: 'part' } } }]);
    expect(answered('12 bolts and a hand')).toMatchObject([
      { orderId: `id of ${about}`, event: { data: { text: '12 bolts and a hand', need: true } } },
    ]);
    expect(answered('4')).toEqual([]);
  });

  test('about an order of somebody else explains the commands', () => {
    const moved = [{ order: order('WO-9', { assigneeId: 'ben' }), holder: 'Ben', by: null, at: null }];
    const known = facts([], [], { quoted: ['id of WO-9'], moved });
    expect(outcome('help', known).answer).toBe('help');
  });
});

describe('RESPONDING takes a call for help', () => {
  const ben = person('ben');
  const sofia = person('sofia', { role: 'supervisor' });
  const first = order('WO-1', { escalated: true, assigneeId: 'ben' });
  const calls = [
    call(first, { told: [sofia] }),
    call(order('WO-2', { escalated: true, assigneeId: null }), { caller: null }),
  ];
  const needed = call(first, { id: 'need about WO-1', kind: 'work-order.needed' });
  const known = facts([], [], { calls });

  test.each([
    { text: 'responding', quoted: [], taken: 'WO-1' },
    { text: 'responding WO-2', quoted: [], taken: 'WO-2' },
    { text: 'responding 2', quoted: [], taken: 'WO-2' },
    { text: 'responding', quoted: ['id of WO-2'], taken: 'WO-2' },
  ])('$text $quoted: $taken', ({ text, quoted, taken }) => {
    const decision = decide(text, { ...known, quoted });
    expect(decision.reply.key).toBe('callTaken');
    expect(decision.call).toEqual({ do: 'take', ids: [`call about ${taken}`] });
    expect(decision.changes).toMatchObject([
      {
        orderId: `id of ${taken}`,
        set: { escalated: false },
        event: { data: { takenBy: 'E-1' } },
        before: { escalated: true },
      },
    ]);
  });

  test('whoever called hears who comes, and so does who was told as well', () => {
    const news = (caller: string | null) => ({
      ...{ key: 'work-order.taken', orderId: 'id of WO-1' },
      values: { by: 'Ana', of: ['work-order.escalated'], caller },
    });
    expect(decide('responding', known)).toMatchObject({
      reply: { values: { technician: 'Ben' } },
      tell: [
        { to: ben, news: news(null) },
        { to: sofia, news: news('Ben') },
      ],
    });
    expect(decide('responding WO-2', known)).toMatchObject({
      reply: { values: { technician: null } },
      tell: [],
    });
  });

  test('all that is called for about the order is taken, and all of it is said', () => {
    const { changes, call: taken, reply } = decide('responding', { ...known, calls: [needed, ...calls] });
    expect(taken).toEqual({ do: 'take', ids: ['need about WO-1', 'call about WO-1'] });
    expect(reply.values).toMatchObject({ of: ['work-order.needed', 'work-order.escalated'] });
    expect(changes).toMatchObject([
      { set: {}, event: { type: 'work_order.noted', data: { text: null, need: true, takenBy: 'E-1' } } },
      { set: { escalated: false }, event: { type: 'work_order.escalated', data: { takenBy: 'E-1' } } },
    ]);
  });

  test('one that names no order is taken as the last told', () => {
    const { changes, call: taken, reply } = decide('responding', { ...known, calls: [call(null), ...calls] });
    expect(taken).toEqual({ do: 'take', ids: ['call about undefined'] });
    expect(changes).toMatchObject([{ orderId: null, set: {}, event: { data: { takenBy: 'E-1' } } }]);
    expect(reply).toMatchObject({ key: 'callTaken', values: { order: null }, orders: [] });
  });

  test('what somebody else has taken is answered with who, unless another waits', () => {
    const taken = { by: 'Sofia', at: secondsAgo(60) };
    const over = call(first, { taken });
    expect(decide('responding', facts([], [], { calls: [over] }))).toMatchObject({
      ...{ changes: [], call: null, tell: [] },
      reply: { key: 'callTakenBefore', values: { by: 'Sofia', at: secondsAgo(60) } },
    });
    expect(decide('responding', facts([], [], { calls: [over, calls[1]!] })).call).toEqual({
      ...{ do: 'take', ids: ['call about WO-2'] },
    });
    expect(decide('responding WO-1', facts([], [], { calls: [over, calls[1]!] })).reply.key).toBe(
      'callTakenBefore',
    );
  });

  test('without one there is nothing to take; what names none is asked about', () => {
    expect(outcome('responding', facts([order('WO-1')])).answer).toBe('noAlert');
    const asked = decide('responding on my way', known);
    expect(asked).toMatchObject({ changes: [], reply: { key: 'whichOrder' } });
    expect(outcome('2', known, talkAfter(asked)).steps).toEqual(['WO-2 escalated']);
  });
});

describe('UNDO', () => {
  const done = (fields: Partial<Undoable> = {}): Undoable => ({
    receivedAt: secondsAgo(60),
    changes: [
      {
        eventId: 'e1',
        type: 'work_order.acknowledged',
        order: order('WO-1', { status: 'in_progress', version: 3 }),
        before: { version: 1, status: 'assigned', acknowledgedAt: null },
        attachment: null,
      },
      {
        eventId: 'e2',
        type: 'work_order.started',
        order: order('WO-1', { status: 'in_progress', version: 3 }),
        before: { version: 2, status: 'acknowledged', startedAt: null },
        attachment: null,
      },
    ],
    changedSince: null,
    told: [],
    ...fields,
  });
  const undo = (undoable: Undoable | null) => decide('undo', facts([], [], { undoable }));

  test('takes back every step, the last first', () => {
    expect(undo(done()).changes).toMatchObject([
      {
        orderId: 'id of WO-1',
        set: { status: 'acknowledged', startedAt: null },
        event: { type: 'work_order.undone', undoes: 'e2' },
      },
      {
        orderId: 'id of WO-1',
        set: { status: 'assigned', acknowledgedAt: null },
        event: { type: 'work_order.undone', undoes: 'e1' },
      },
    ]);
    expect(undo(done()).changes[0]!.set).not.toHaveProperty('version');
    expect(undo(done()).reply.values).toMatchObject({
      types: ['work_order.acknowledged', 'work_order.started'],
    });
  });

  test('moments come back as moments', () => {
    const [first] = done().changes;
    const before = {
      version: 1,
      status: 'in_progress',
      completedAt: null,
      startedAt: '2026-12-22T08:00:00.000Z',
    };
    expect(undo(done({ changes: [{ ...first!, before }] })).changes[0]!.set).toEqual({
      status: 'in_progress',
      completedAt: null,
      startedAt: new Date('2026-12-22T08:00:00.000Z'),
    });
  });

  test.each([
    { seconds: 600, answer: 'undone' },
    { seconds: 600.001, answer: 'tooLateToUndo' },
  ])('$seconds s later: $answer', ({ seconds, answer }) => {
    const { changes, reply } = undo(done({ receivedAt: secondsAgo(seconds) }));
    expect(reply.key).toBe(answer);
    expect(changes.length > 0).toBe(answer === 'undone');
  });

  test('tells those who were told of the change', () => {
    const paula = person('paula', { role: 'planner' });
    expect(undo(done({ told: [paula] }))).toMatchObject({
      reply: { values: { told: ['Paula'] } },
      tell: [{ to: paula, news: { key: 'work-order.undone', values: { by: 'Ana' }, orderId: 'id of WO-1' } }],
    });
  });

  test('takes an attachment off its order', () => {
    const [first] = done().changes;
    const changes = [
      { ...first!, type: 'work_order.attachment', before: { version: 3 }, attachment: 'a1' },
      { ...first!, type: 'work_order.attachment', before: { version: 4 }, attachment: 'a2' },
    ];
    expect(undo(done({ changes })).attach).toEqual({ ids: ['a1', 'a2'], orderId: null });
    expect(undo(done()).attach).toBeNull();
  });

  test('an escalation about no order is taken back as well', () => {
    const changes = [
      { eventId: 'e1', type: 'work_order.escalated', order: null, before: null, attachment: null },
    ];
    expect(undo(done({ changes }))).toMatchObject({
      changes: [{ orderId: null, set: {}, event: { undoes: 'e1' } }],
      reply: { key: 'undone', values: { order: null }, orders: [] },
    });
  });

  test('without a change there is nothing to take back', () => {
    expect(undo(null)).toMatchObject({ changes: [], reply: { key: 'nothingToUndo' } });
  });
});

describe('MORE', () => {
  const orders = [order('WO-1'), order('WO-2'), order('WO-3')];
  const list = (fields: object, of: 'myWork' | 'pending' | 'whichOrder' | 'orderDetail' = 'myWork') => ({
    list: { of, orderIds: orders.map(({ id }) => id), shown: 2, action: null, rest: '', ...fields },
    orders,
  });
  const more = (known: ReturnType<typeof list> | null, mine = orders) =>
    decide('more', facts(mine, [], { list: known }));

  test('goes on with the list', () => {
    expect(more(list({}))).toMatchObject({ reply: { key: 'myWork', values: { from: 2 } } });
    expect(more(list({}, 'pending'))).toMatchObject({ reply: { key: 'pending', values: { from: 2 } } });
  });

  test('what is no longer mine is left out, and nothing is skipped for it', () => {
    const { reply } = more(list({}), orders.slice(1));
    expect(reply).toMatchObject({ values: { from: 1 } });
    expect(reply.orders.map(({ number }) => number)).toEqual(['WO-2', 'WO-3']);
  });

  test('of a question keeps its numbers, whatever became of the orders', () => {
    const asked = more(list({ action: 'NOTE', rest: 'seal' }, 'whichOrder'), orders.slice(1));
    expect(asked).toMatchObject({ reply: { key: 'whichOrder', values: { from: 2 } } });
    expect(asked.question!.options.map(({ label }) => label)).toEqual(['WO-1', 'WO-2', 'WO-3']);
    expect(outcome('3', facts(orders), talkAfter(asked)).steps).toEqual(['WO-3 noted']);
  });

  test('reads on in a long order, also one that was closed meanwhile, not one that has gone', () => {
    const detail = {
      ...list({ shown: 1200 }, 'orderDetail'),
      orders: [{ ...orders[0]!, description: 'x'.repeat(1300) }],
    };
    expect(more(detail)).toMatchObject({ reply: { key: 'orderDetail', values: { from: 1200 } } });
    expect(decide('more', facts([], [orders[0]!], { list: detail })).reply.key).toBe('orderDetail');
    expect(more(detail, []).reply.key).toBe('noMore');
    expect(more({ ...detail, orders: orders.slice(0, 1) }).reply.key).toBe('noMore');
  });

  test('at the end, or without a list, there is no more', () => {
    expect(more(null).reply.key).toBe('noMore');
    expect(more(list({ shown: 3 })).reply.key).toBe('noMore');
    expect(more(list({ shown: 3, action: 'ACK' }, 'whichOrder')).reply.key).toBe('noMore');
  });
});

describe('STOP and START pause and resume notifications', () => {
  const missed = [order('WO-5')];
  const orders = [order('WO-1', { noticeAcceptedAt: secondsAgo(60) }), order('WO-2')];
  const paused = facts(orders, [], { paused: true, missed });

  test.each(['stop', 'STOP!', 'stopall', 'unsubscribe', 'OPTOUT'])('%s pauses', (text) => {
    expect(decide(text, facts(orders))).toMatchObject({
      paused: true,
      changes: [],
      reply: { key: 'paused', values: { already: false } },
    });
    expect(decide(text, paused)).toMatchObject({ paused: true, reply: { values: { already: true } } });
  });

  test('STOP with words is not about messages', () => {
    const asked = decide('STOP the pump leaks', facts(orders));
    expect(asked).toMatchObject({
      paused: null,
      changes: [],
      reply: { key: 'didYouMean', values: { options: ['STOP', 'DELAY the pump leaks'] } },
    });
    expect(decide('1', facts(orders), talkAfter(asked)).paused).toBe(true);
    const inHand = facts([order('WO-1', { status: 'in_progress' })]);
    expect(decide('2', inHand, talkAfter(asked))).toMatchObject({
      paused: null,
      changes: [{ event: { type: 'work_order.delayed', data: { text: 'the pump leaks' } } }],
    });
  });

  test('bare START while paused only resumes, and lists what was missed', () => {
    expect(decide('start', paused)).toMatchObject({
      paused: false,
      changes: [],
      reply: { key: 'resumed', values: { missed } },
    });
  });

  test.each([
    { how: 'a number', message: 'start WO-2', known: {} },
    { how: 'a button', message: { button: { action: 'START', orderId: 'id of WO-2' } }, known: {} },
    { how: 'a quote', message: 'start', known: { quoted: ['id of WO-2'] } },
  ])('START with $how starts work and says the pause stays', ({ message, known }) => {
    expect(decide(message, { ...paused, ...known })).toMatchObject({
      paused: null,
      changes: [{ orderId: 'id of WO-2' }, { orderId: 'id of WO-2' }],
      reply: { key: 'started', values: { paused: true } },
    });
  });

  test('START tomorrow while paused does neither', () => {
    expect(decide('start tomorrow', paused)).toMatchObject({ paused: null, changes: [] });
  });

  test('on SMS a bare START never starts work', () => {
    const asked = decide('start', facts(orders, [], { way: 'sms' }));
    expect(asked).toMatchObject({ changes: [], paused: null, reply: { key: 'whichOrder' } });
    const one = facts([order('WO-1')], [], { way: 'sms' });
    expect(outcome('start', one)).toEqual({ answer: 'whichOrder', about: ['WO-1'], steps: [] });
    expect(outcome('1', one, talkAfter(decide('start', one))).steps).toEqual([
      'WO-1 acknowledged',
      'WO-1 started',
    ]);
    expect(outcome('start WO-1', one).steps).toHaveLength(2);
    expect(decide('start', facts([], [], { way: 'sms' })).changes).toEqual([]);
    expect(decide('start', { ...paused, way: 'sms' }).paused).toBe(false);
  });
});

describe('attachments are kept', () => {
  const photo = { id: 'a1', kind: 'image' as const, caption: null, place: null };
  const place = { id: 'a2', kind: 'location' as const, caption: null, place: { latitude: 1, longitude: 2 } };
  const sent = (text: string, known: Facts) => decide({ text, hasAttachments: true }, known);
  const inHand = [order('WO-1', { status: 'in_progress' }), order('WO-2')];

  test.each([
    { text: '', quoted: [], orderId: 'id of WO-1' },
    { text: 'the seal', quoted: [], orderId: 'id of WO-1' },
    { text: 'WO-2 the seal', quoted: [], orderId: 'id of WO-2' },
    { text: '#2', quoted: [], orderId: 'id of WO-2' },
    { text: '#99 the seal', quoted: [], orderId: 'id of WO-1' },
    { text: '12 bar', quoted: ['id of WO-2'], orderId: 'id of WO-2' },
  ])('caption "$text" $quoted: $orderId', ({ text, quoted, orderId }) => {
    expect(sent(text, facts(inHand, [], { quoted, attachments: [photo, place] }))).toMatchObject({
      attach: { ids: ['a1', 'a2'], orderId },
      changes: [
        { orderId, event: { type: 'work_order.attachment', data: { attachment: 'a1', kind: 'image' } } },
        { orderId, event: { data: { attachment: 'a2', place: { latitude: 1, longitude: 2 } } } },
      ],
      reply: { key: 'attached', values: { kinds: ['image', 'location'] } },
    });
  });

  test('for which of several orders is asked; without any they are kept with none', () => {
    const two = facts([order('WO-1'), order('WO-2')], [], { attachments: [photo] });
    const asked = sent('', two);
    expect(asked).toMatchObject({
      attach: null,
      changes: [],
      reply: { key: 'whichOrder', values: { action: 'ATTACH' } },
    });
    expect(decide('2', two, talkAfter(asked)).attach).toEqual({ ids: ['a1'], orderId: 'id of WO-2' });
    expect(sent('', facts([], [], { attachments: [photo] })).reply.key).toBe('attachedNowhere');
  });

  test('what a caption only asks about gets none, nor does an order that is closed', () => {
    const closed = [order('WO-3', { status: 'completed' })];
    const known = facts([...inHand, order('WO-4', { status: 'in_progress' })], closed, {
      attachments: [photo],
    });
    for (const caption of ['complete', 'my work', 'complete WO-3']) {
      expect(sent(caption, known)).toMatchObject({ attach: null, changes: [] });
    }
  });

  test('a command in the caption is run, and they go where it went', () => {
    const known = facts(inHand, [], { attachments: [photo] });
    expect(sent('complete', known)).toMatchObject({
      reply: { key: 'completed' },
      attach: { ids: ['a1'], orderId: 'id of WO-1' },
      changes: [{ event: { type: 'work_order.completed' } }, { event: { type: 'work_order.attachment' } }],
    });
    expect(sent('ack WO-2', known).attach).toEqual({ ids: ['a1'], orderId: 'id of WO-2' });
  });
});

test.each(['supervisor', 'planner', 'technician'] as const)(
  "STATUS by button shows another's order to those who are told of it, to read only: %s",
  (role) => {
    const theirs = order('WO-6', { assigneeId: 'ben' });
    const moved = [{ order: theirs, holder: 'Ben', by: null, at: null }];
    const { reply, changes } = decide(
      { button: { action: 'STATUS', orderId: theirs.id, assignmentNo: 1 } },
      facts([], [], { role, moved }),
    );
    expect(changes).toEqual([]);
    expect(reply).toMatchObject(
      role === 'technician'
        ? { key: 'orderMoved', values: { holder: 'Ben' } }
        : { key: 'orderDetail', values: { order: theirs, readOnly: true } },
    );
  },
);
