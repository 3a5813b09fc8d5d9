import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/commands/run.ts';
import { facts, now, order, outcome, secondsAgo } from './facts.ts';

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
    'NOTE seal': {
      assigned: ['noted', 'WO-1 noted'],
      acknowledged: ['noted', 'WO-1 noted'],
      in_progress: ['noted', 'WO-1 noted'],
      delayed: ['noted', 'WO-1 noted'],
    },
  } as const;
  const cases = Object.entries(expected).flatMap(([command, byStatus]) =>
    statuses.map((status) => ({
      command,
      status,
      answer: byStatus[status][0],
      steps: byStatus[status].slice(1),
    })),
  );

  test.each(cases)('$command, $status: $answer', ({ command, status, answer, steps }) => {
    const known = facts([order('WO-1', { status })]);
    expect(outcome(command, known)).toEqual({ answer, about: ['WO-1'], steps });
    if (command !== 'NOTE seal') {
      expect(outcome(`${command} WO-1`, known)).toEqual({ answer, about: ['WO-1'], steps });
    }
  });
});

describe('the steps hold what the order becomes', () => {
  const stepsOf = (text: string, status: (typeof statuses)[number]) =>
    runCommand(text, facts([order('WO-1', { status, startedAt: null })]), now).changes.map(({ set }) => set);

  test('ACK', () => {
    expect(stepsOf('ack', 'assigned')).toEqual([{ status: 'acknowledged', acknowledgedAt: now }]);
  });
  test('START from assigned records both', () => {
    expect(stepsOf('start', 'assigned')).toEqual([
      { status: 'acknowledged', acknowledgedAt: now },
      { status: 'in_progress', startedAt: now },
    ]);
  });
  test('START from delayed keeps when it was first started', () => {
    expect(stepsOf('start', 'delayed')).toEqual([{ status: 'in_progress' }]);
  });
  test('COMPLETE', () => {
    expect(stepsOf('complete', 'in_progress')).toEqual([
      { status: 'completed', completedAt: now, closedAt: now },
    ]);
  });
});

test('how many others wait is told', () => {
  const waiting = [order('WO-2', { noticeAcceptedAt: secondsAgo(90) }), order('WO-3')];
  const others = (text: string, orders = waiting) =>
    (runCommand(text, facts(orders), now).reply.values as { others: number }).others;
  expect(others('ack')).toBe(1);
  expect(others('start')).toBe(1);
  expect(
    others('complete', [order('WO-4', { status: 'in_progress' }), order('WO-5', { status: 'delayed' })]),
  ).toBe(1);
  expect(others('ack', [order('WO-6')])).toBe(0);
});

test('a resumed order is answered as resumed', () => {
  const resumed = (status: 'delayed' | 'acknowledged') =>
    runCommand('start', facts([order('WO-1', { status })]), now).reply.values;
  expect(resumed('delayed')).toMatchObject({ resumed: true });
  expect(resumed('acknowledged')).toMatchObject({ resumed: false });
});

describe('without any open order', () => {
  test.each(['ACK', 'START', 'COMPLETE', 'NOTE seal replaced'])('%s has nothing to do', (text) => {
    expect(outcome(text, facts([]))).toEqual({ answer: 'nothingToDo', about: [], steps: [] });
  });
});

test.each(['note', 'NOTE:', 'note …', 'note WO-1', 'note WO-1:'])('%s asks for the text', (text) => {
  expect(outcome(text, facts([order('WO-1')]))).toEqual({ answer: 'noteNeedsText', about: [], steps: [] });
});

test('MY WORK lists what to do next first', () => {
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
  expect(outcome('my work', facts(orders)).about).toEqual([
    'WO-4',
    'WO-3',
    'WO-2',
    'WO-1',
    'WO-8',
    'WO-7',
    'WO-6',
    'WO-10',
    'WO-9',
    'WO-5',
  ]);
  expect(outcome('my work', facts([]))).toEqual({ answer: 'myWork', about: [], steps: [] });
});

test('HELP greets by name', () => {
  expect(runCommand('help', facts([]), now)).toEqual({
    changes: [],
    reply: { key: 'help', values: { name: 'Ana' }, orders: [] },
  });
});

describe('what is no command is said to be none', () => {
  test.each([
    ['seal replaced', 'notUnderstood'],
    ['ACKNOWLEDGE', 'notUnderstood'],
    ['👍', 'notUnderstood'],
    ['', 'textOnly'],
    [' \n ', 'textOnly'],
  ])('%j: %s', (text, answer) => {
    expect(outcome(text, facts([order('WO-1')]))).toEqual({ answer, about: [], steps: [] });
  });
});
