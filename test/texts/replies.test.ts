import { describe, expect, test } from 'vitest';
import type { Reply, ReplyValues } from '../../src/commands/command.ts';
import type { Reader } from '../../src/texts/language.ts';
import { writeReply } from '../../src/texts/texts.ts';
import { monstrous, order, reader } from './orders.ts';

const write = <Key extends keyof ReplyValues>(key: Key, values: ReplyValues[Key], as: Partial<Reader> = {}) =>
  writeReply({ key, values, orders: [] } as Reply, { ...reader, ...as });

const one = order();

describe('an answer about an order names its number, its asset and what comes next', () => {
  const cases: [string, string, RegExp][] = [
    ['acknowledged', write('acknowledged', { order: one, others: 0 }), /^✅ Acknowledged\n.*Next: START/s],
    ['started', write('started', { order: one, resumed: false, others: 0 }), /^▶️ Started\n.*COMPLETE/s],
    ['resumed', write('started', { order: one, resumed: true, others: 0 }), /^▶️ Resumed\n.*COMPLETE/s],
    ['completed', write('completed', { order: one, others: 0 }), /^🏁 Completed\n.*MY WORK/s],
    ['noted', write('noted', { order: one, text: 'seal ok' }), /^📝 Note saved\n.*“seal ok”.*COMPLETE/s],
    [
      'already acknowledged',
      write('alreadyAcknowledged', { order: order({ status: 'acknowledged' }) }),
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
    ['not started', write('notStarted', { order: one }), /not started yet.*START WO-1042 first/s],
  ];
  test.each(cases)('%s', (_, text, words) => {
    expect(text).toMatch(words);
    expect(text).toContain('WO-1042');
    expect(text).toContain('Feed Pump 3');
  });

  test('and how many others wait', () => {
    expect(write('acknowledged', { order: one, others: 1 })).toContain('1 other order waiting: MY WORK');
    expect(write('started', { order: one, resumed: false, others: 2 })).toContain('2 other orders waiting');
    expect(write('completed', { order: one, others: 3 })).toContain('3 other orders waiting');
  });

  test('an order without an asset is named all the same', () => {
    expect(write('completed', { order: order({ asset: null }), others: 0 })).toContain(
      '*WO-1042* · no asset',
    );
  });
});

describe('an answer that changes nothing says so', () => {
  test.each([
    ['noSuchOrder', write('noSuchOrder', { given: 'WO-9' }), 'WO-9 is not among your orders'],
    ['nothingToDo', write('nothingToDo', { command: 'ACK' }), 'nothing to ACK'],
    ['notUnderstood', write('notUnderstood', { given: 'fix it' }), '“fix it”'],
    ['textOnly', write('textOnly', {}), 'HELP'],
    ['tooLate', write('tooLate', { given: 'complete' }), '“complete”'],
    ['notDone', write('notDone', {}), 'nothing changed'],
    ['noteNeedsText', write('noteNeedsText', {}), 'NOTE seal replaced'],
    [
      'whichOrder',
      write('whichOrder', { command: 'COMPLETE', orders: [one], leftOver: null }),
      'which order?',
    ],
    [
      'leftOver',
      write('whichOrder', { command: 'COMPLETE', orders: [one], leftOver: 'not yet' }),
      '“not yet” is not one of your orders',
    ],
  ])('%s', (_, text, words) => {
    expect(text).toMatch(/nothing (changed|saved)/i);
    expect(text).toContain(words);
  });
});

test('a question lists the orders and shows what to send', () => {
  const text = write('whichOrder', {
    command: 'NOTE',
    orders: [one, order({ number: 'WO-7', status: 'in_progress', due: null })],
    leftOver: null,
  });
  expect(text).toContain('*WO-1042* · Feed Pump 3 · not acknowledged · due Dec 25, 2024');
  expect(text).toContain('*WO-7* · Feed Pump 3 · in progress\n');
  expect(text).toContain('NOTE WO-1042 {text}');
});

test('the list tells how many there are and how many did not fit', () => {
  const orders = Array.from({ length: 500 }, (_, index) => order({ number: `WO-${index}` }));
  const text = write('myWork', { orders });
  const shown = text.match(/^• \*WO-/gmu)!.length;
  expect(text).toContain('(500)');
  expect(text).toContain(`… and ${500 - shown} more`);
  expect(shown).toBeGreaterThan(5);
  expect(write('myWork', { orders: [] })).toContain('No open work orders');
});

test('HELP names every command there is', () => {
  for (const word of ['MY WORK', 'ACK', 'START', 'COMPLETE', 'NOTE', 'HELP']) {
    expect(write('help', { name: 'Ana' })).toContain(`*${word}*`);
  }
});

describe('whatever it is about, an answer can be sent', () => {
  const many = Array.from({ length: 500 }, (_, index) => monstrous(index));
  const huge = '😀'.repeat(2000);
  const big = monstrous();
  const replies: { [Key in keyof ReplyValues]: ReplyValues[Key] } = {
    acknowledged: { order: big, others: 499 },
    alreadyAcknowledged: { order: big },
    started: { order: big, resumed: true, others: 499 },
    alreadyStarted: { order: big },
    completed: { order: big, others: 499 },
    alreadyClosed: { order: big },
    notStarted: { order: big },
    noted: { order: big, text: huge },
    noteNeedsText: {},
    myWork: { orders: many },
    help: { name: huge },
    nothingToDo: { command: 'NOTE' },
    noSuchOrder: { given: huge },
    whichOrder: { command: 'COMPLETE', orders: many, leftOver: huge },
    notUnderstood: { given: huge },
    textOnly: {},
    tooLate: { given: huge },
    notDone: {},
  };
  const variants = Object.entries(replies).flatMap(([key, values]) =>
    ['', 'x'].map((shift) => ({
      key: key as keyof ReplyValues,
      shift,
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          typeof value === 'string' && value.startsWith('😀') ? shift + value : value,
        ]),
      ),
    })),
  );

  test.each(variants)('$key $shift', ({ key, values }) => {
    const text = writeReply({ key, values, orders: [] } as unknown as Reply, reader);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(text.isWellFormed()).toBe(true);
    // Cut by its parts, not at its end: what to do next is still there.
    expect(text.at(-1)).not.toBe('…');
  });
});

test('an unknown language is answered in English', () => {
  expect(write('textOnly', {}, { locale: 'tlh' })).toBe(write('textOnly', {}));
  expect(write('textOnly', {}, { locale: 'en-GB' })).toBe(write('textOnly', {}));
});
