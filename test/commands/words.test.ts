import { describe, expect, test } from 'vitest';
import { commandNames } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/table.ts';
import { joinVocabularies, nearWords } from '../../src/commands/words.ts';
import { en } from '../../src/texts/en.ts';
import { words } from '../../src/texts/texts.ts';
import { alert, call, claimed, decide, facts, order } from './facts.ts';
import { slips } from './slips.ts';

describe('the words of all languages together', () => {
  test('hold every command', () => {
    expect(new Set(words.commands.values())).toEqual(new Set(commandNames));
  });

  test('are written as they are compared: upper case, single spaces', () => {
    for (const word of [...words.commands.keys(), ...words.hints.keys()]) {
      expect(word).toBe(word.normalize('NFKC').toUpperCase().trim().replace(/\s+/g, ' '));
    }
  });
});

describe('words as people misspell them', () => {
  const inHand = facts([
    order('WO-1', { status: 'in_progress' }),
    order('PM-2', { kind: 'preventive', scheduled: { on: '2026-12-24' } }),
    order('WO-3', { status: 'acknowledged' }),
  ]);
  const alerts = [alert('A-1'), claimed('A-2')];
  const calls = [call(order('WO-9', { escalated: true, assigneeId: 'ben' }))];
  const undoable = {
    receivedAt: inHand.receivedAt,
    changes: [
      {
        eventId: 'e1',
        type: 'work_order.noted',
        order: inHand.orders[0]!,
        before: { version: 1 },
        attachment: null,
      },
    ],
    changedSince: null,
    told: [],
  };
  const known = { ...inHand, calls, alerts, undoable };

  test('there are 200 of them', () => {
    expect(slips.length).toBeGreaterThanOrEqual(200);
    expect(new Set(slips.map(([typed]) => typed)).size).toBe(slips.length);
  });

  test.each(slips)('%s for %s changes nothing', (typed) => {
    // Unless it is itself another word that is understood, such as another language's.
    expect(words.commands.get(typed.toUpperCase())).toBeUndefined();
    for (const text of [typed, `${typed} WO-1`, `${typed}: seal replaced`]) {
      expect(decide(text, known)).toMatchObject({
        ...{ changes: [], alerts: [], paused: null, tell: [] },
      });
    }
  });

  test('most are offered what was meant', () => {
    const offered = slips.filter(([typed, command]) =>
      nearWords(typed.toUpperCase(), words)
        .slice(0, 3)
        .some((near) => near.command === command),
    );
    expect(offered.length / slips.length).toBeGreaterThan(0.5);
  });

  test.each([
    ['ACX', []],
    ['STAT', ['START']],
    ['STRAT', ['START']],
    ['SRTTA', []],
    ['CNFRIM', ['CONFIRM']],
    ['CNFRMI', []],
  ])('%s comes near %j: one slip in four letters, two in six', (typed, near) => {
    const english = joinVocabularies({ en: en.vocabulary });
    expect(nearWords(typed, english).map(({ word }) => word)).toEqual(near);
  });

  test('no command that changes something is one slip from one that only reads', () => {
    for (const [word, command] of words.commands) {
      const near = nearWords(word, words).filter((each) => each.command !== command);
      if (commands[command].reads) expect(near.filter((each) => !commands[each.command].reads)).toEqual([]);
    }
  });
});
