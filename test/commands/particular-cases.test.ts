import { describe, expect, test } from 'vitest';
import type { Undoable } from '../../src/commands/command.ts';
import type { Talk } from '../../src/commands/talk.ts';
import { decide, facts, order, outcome, secondsAgo, talkAfter } from './facts.ts';

// What went wrong elsewhere, or would: each by the message that shows it.

test('NOTE pressure 12 bar: a number inside the text names no order', () => {
  const known = facts([order('WO-1', { status: 'in_progress' }), order('WO-12'), order('12')]);
  expect(decide('NOTE pressure 12 bar', known).changes).toMatchObject([
    { orderId: 'id of WO-1', event: { type: 'work_order.noted', data: { text: 'pressure 12 bar' } } },
  ]);
  // A fragment is no name there either: 12 bar are 12 bar.
  const without = facts([order('WO-1', { status: 'in_progress' }), order('WO-12')]);
  expect(decide('NOTE 12 bar', without).changes).toMatchObject([
    { orderId: 'id of WO-1', event: { data: { text: '12 bar' } } },
  ]);
});

test('complete not yet: changes nothing and asks', () => {
  const known = facts([order('WO-1', { status: 'in_progress' })]);
  const asked = decide('complete not yet', known);
  expect(asked).toMatchObject({
    changes: [],
    reply: { key: 'whichOrder', values: { leftOver: 'not yet' } },
    question: { options: [{ action: 'COMPLETE', orderId: 'id of WO-1' }] },
  });
  expect(outcome('1', known, talkAfter(asked)).steps).toEqual(['WO-1 completed']);
});

test('START with an older acknowledged order and a newer assigned one: the acknowledged one', () => {
  const known = facts([
    order('WO-1', { status: 'acknowledged', acknowledgedAt: secondsAgo(86_400) }),
    order('WO-2', { assignedAt: secondsAgo(30), noticeAcceptedAt: secondsAgo(29), priority: 'critical' }),
  ]);
  expect(outcome('start', known)).toEqual({ answer: 'started', about: ['WO-1'], steps: ['WO-1 started'] });
  expect(decide('start', known).reply.values).toMatchObject({ others: 1 });
});

describe('an old button after reassignment', () => {
  const button = { action: 'START', orderId: 'id of WO-1' };
  test('says who has it and who moved it', () => {
    const moved = [
      { order: order('WO-1', { assigneeId: 'ben' }), holder: 'Ben', by: 'Paula', at: secondsAgo(3600) },
    ];
    expect(decide({ text: 'START', button }, facts([order('WO-2')], [], { moved }))).toMatchObject({
      changes: [],
      question: null,
      reply: {
        key: 'orderMoved',
        values: { order: { number: 'WO-1' }, holder: 'Ben', by: 'Paula', at: secondsAgo(3600) },
      },
    });
  });
  test('never falls back on an order of mine', () => {
    expect(decide({ text: 'START', button }, facts([order('WO-2')])).changes).toEqual([]);
  });
});

describe('a number after the list is closed', () => {
  const known = facts([order('WO-1'), order('WO-2')]);
  const asked = talkAfter(decide('ack', known));
  test.each([
    { why: 'a new command came', talk: { hadList: true } as Talk },
    { why: '10 minutes have passed', talk: talkAfter(decide('ack', known), 601) },
  ])('$why: it is told so', ({ talk }) => {
    expect(outcome('2', known, talk)).toEqual({ answer: 'listClosed', about: [], steps: [] });
  });
  test('in time it is the answer', () => {
    expect(outcome('2', known, asked).steps).toEqual(['WO-2 acknowledged']);
  });
  test('an order that was moved after it was listed is refused', () => {
    const moved = [{ order: order('WO-2', { assigneeId: 'ben' }), holder: 'Ben', by: null, at: null }];
    expect(outcome('2', facts([order('WO-1')], [], { moved }), asked)).toMatchObject({
      answer: 'orderMoved',
      steps: [],
    });
  });
});

describe('UNDO', () => {
  const one = order('WO-1', { status: 'in_progress', version: 3 });
  const message = (eventId: string, type: string, before: object, seconds: number): Undoable => ({
    receivedAt: secondsAgo(seconds),
    changes: [{ eventId, type, order: one, before: { version: 2, ...before }, attachment: null }],
    changedSince: null,
    told: [],
  });

  test('two UNDOs: the second takes back the change before', () => {
    const first = decide(
      'undo',
      facts([one], [], { undoable: message('e2', 'work_order.started', { status: 'acknowledged' }, 30) }),
    );
    const second = decide(
      'undo',
      facts([one], [], { undoable: message('e1', 'work_order.acknowledged', { status: 'assigned' }, 60) }),
    );
    expect(first.changes).toMatchObject([{ set: { status: 'acknowledged' }, event: { undoes: 'e2' } }]);
    expect(second.changes).toMatchObject([{ set: { status: 'assigned' }, event: { undoes: 'e1' } }]);
    // What an UNDO did is an event of another kind, which names what it took back: it is not itself undone.
    expect(second.changes[0]!.event.type).toBe('work_order.undone');
  });

  test('UNDO after the planner changed the order: nothing, and who it was', () => {
    const undoable = {
      ...message('e1', 'work_order.started', { status: 'assigned' }, 30),
      changedSince: { order: one, by: 'Paula', at: secondsAgo(10) },
    };
    expect(decide('undo', facts([one], [], { undoable }))).toMatchObject({
      changes: [],
      tell: [],
      attach: null,
      reply: { key: 'changedSince', values: { order: { number: 'WO-1' }, by: 'Paula', at: secondsAgo(10) } },
    });
  });

  test('it is measured from when it was sent, however late it is worked off', () => {
    const undoable = message('e1', 'work_order.started', { status: 'assigned' }, 900);
    expect(outcome('undo', facts([one], [], { undoable, receivedAt: secondsAgo(305) })).answer).toBe(
      'undone',
    );
    expect(outcome('undo', facts([one], [], { undoable, receivedAt: secondsAgo(299) })).answer).toBe(
      'tooLateToUndo',
    );
  });
});

test('STOP, then START WO-1, then START: pauses, works, resumes', () => {
  const one = order('WO-1', { status: 'acknowledged' });
  const two = order('WO-2', { status: 'acknowledged' });
  expect(decide('STOP', facts([one, two]))).toMatchObject({ paused: true, changes: [] });

  const paused = { paused: true, missed: [two] };
  expect(decide('START WO-1', facts([one, two], [], paused))).toMatchObject({
    paused: null,
    changes: [{ orderId: 'id of WO-1', set: { status: 'in_progress' } }],
    reply: { key: 'started', values: { paused: true } },
  });

  const started = { ...one, status: 'in_progress' as const };
  expect(decide('START', facts([started, two], [], paused))).toMatchObject({
    paused: false,
    changes: [],
    reply: { key: 'resumed', values: { missed: [two] } },
  });
  // Only now is a bare START about work again.
  expect(outcome('START', facts([started, two])).steps).toEqual(['WO-2 started']);
});
