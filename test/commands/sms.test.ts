import { describe, expect, test } from 'vitest';
import { decide, facts, order, outcome, talkAfter } from './facts.ts';

const sms = { way: 'sms' as const };
const orders = [
  order('WO-1'),
  order('WO-2', { status: 'in_progress' }),
  order('WO-3', { status: 'delayed' }),
];
const known = facts(orders, [], sms);

describe('what Twilio acts upon by itself as a text message', () => {
  test.each(['STOP', 'stop', ' Stop ', 'STOPALL', 'unsubscribe', 'OPTOUT'])('%s pauses, too', (text) => {
    expect(decide(text, known)).toMatchObject({
      changes: [],
      paused: true,
      reply: { key: 'cutOff', values: { paused: true } },
    });
  });

  test.each(['END', 'end', 'CANCEL', 'Quit', 'REVOKE'])(
    '%s may have been about the work: it pauses and changes nothing',
    (text) => {
      expect(decide(text, known)).toMatchObject({
        changes: [],
        paused: null,
        question: null,
        reply: { key: 'cutOff', values: { given: text.toUpperCase(), paused: false } },
      });
      expect(
        decide(text, { ...known, technician: { ...known.technician, paused: true } }).reply,
      ).toMatchObject({
        values: { paused: true },
      });
    },
  );

  test.each(['START', 'Unstop', 'yes'])('%s while paused only resumes', (text) => {
    const paused = facts(orders, [], { ...sms, paused: true, missed: [orders[0]!] });
    expect(decide(text, paused)).toMatchObject({
      changes: [],
      paused: false,
      reply: { key: 'resumed', values: { missed: [{ number: 'WO-1' }] } },
    });
  });

  test.each(['START', 'UNSTOP', 'YES'])('%s after having opted out lists what was missed', (text) => {
    const back = facts(orders, [], { ...sms, optedOutSince: new Date(0), missed: [orders[0]!] });
    expect(decide(text, back)).toMatchObject({ changes: [], paused: null, reply: { key: 'resumed' } });
  });

  test.each(['UNSTOP', 'yes'])('%s with nothing to resume shows the menu', (text) => {
    expect(decide(text, known)).toMatchObject({ changes: [], paused: null, reply: { key: 'help' } });
  });

  test('YES never answers a question', () => {
    const talk = talkAfter(decide('COMPLET', known));
    expect(outcome('YES', known, talk)).toEqual({ answer: 'help', about: [], steps: [] });
  });

  test.each(['HELP', 'info', 'MENU', 'ayuda'])('%s shows the menu', (text) => {
    expect(decide(text, known).reply.key).toBe('help');
  });
});

describe('a bare START by SMS', () => {
  test.each(['start', 'INICIAR', 'resume', 'Start!'])('%s lists the orders that could be started', (text) => {
    expect(outcome(text, known)).toEqual({ answer: 'whichOrder', about: ['WO-3', 'WO-1'], steps: [] });
  });

  test('shows the orders where none can be started', () => {
    expect(outcome('start', facts([orders[1]!], [], sms))).toMatchObject({ answer: 'myWork', steps: [] });
    expect(outcome('start', facts([], [], sms))).toMatchObject({ answer: 'nothingToDo', steps: [] });
  });

  test('with a number starts work', () => {
    expect(outcome('START WO-3', known).steps).toEqual(['WO-3 resumed']);
    expect(outcome('start 1', known).steps).toEqual(['WO-1 acknowledged', 'WO-1 started']);
  });
});

test.each<[string, string[]]>([
  ['ACK WO-1', ['WO-1 acknowledged']],
  ['ACK', ['WO-1 acknowledged']],
  ['COMPLETE WO-2', ['WO-2 completed']],
  ['NOTE WO-2 seal replaced', ['WO-2 noted']],
  ['DELAY WO-2 no seal', ['WO-2 delayed']],
  ['STOP the pump', []],
  ['END of shift', []],
  ['yes please', []],
])('"%s" by SMS does %j', (text, steps) => {
  expect(outcome(text, known).steps).toEqual(steps);
  expect(decide(text, known).paused).toBeNull();
});

describe('by SMS nothing is offered that is a word of Twilio’s', () => {
  const offered = (text: string) => decide(text, known).question?.options.map(({ label }) => label);

  test.each([
    ['STOP the pump', ['PAUSE', 'DELAY the pump']],
    ['PAUSA', ['PAUSAR']],
    ['END of shift', ['COMPLETE of shift', 'PAUSE of shift']],
    ['SALIR', ['TERMINAR', 'PAUSAR']],
    ['BEGIN', ['START {number}']],
    ['GO WO-1', ['START WO-1']],
    ['STRAT', ['START {number}']],
    ['SEGUIR', ['INICIAR']],
  ])('%s: %j', (text, labels) => {
    expect(offered(text)).toEqual(labels);
  });
});

describe('on WhatsApp the same words are ours', () => {
  const there = facts([order('WO-1')]);
  test.each([
    ['START', { answer: 'started', steps: ['WO-1 acknowledged', 'WO-1 started'] }],
    ['END', { answer: 'didYouMean', steps: [] }],
    ['CANCEL', { answer: 'didYouMean', steps: [] }],
    ['QUIT', { answer: 'didYouMean', steps: [] }],
    ['YES', { answer: 'notUnderstood', steps: [] }],
    ['REVOKE', { answer: 'notUnderstood', steps: [] }],
    ['STOP', { answer: 'paused', steps: [] }],
  ])('%s', (text, expected) => {
    expect(outcome(text, there)).toMatchObject(expected);
  });
});
