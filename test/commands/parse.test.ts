import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/commands/parse.ts';
import { words } from '../../src/texts/texts.ts';

const parse = (text: string) => parseCommand(text, [...words.commands.keys()]);

describe('a command is its whole first word, whatever stands around it', () => {
  test.each([
    ['ACK', 'ACK', ''],
    ['ack', 'ACK', ''],
    ['aCk', 'ACK', ''],
    ['  ack \n', 'ACK', ''],
    ['ack.', 'ACK', ''],
    ['ACK!!!', 'ACK', ''],
    ['¿ack?', 'ACK', ''],
    ['"ack"', 'ACK', ''],
    ['“Ack”', 'ACK', ''],
    ['«ack»', 'ACK', ''],
    ["'start' WO-7", 'START', 'WO-7'],
    ['*START* WO-7', 'START', 'WO-7'],
    ['_complete_', 'COMPLETE', ''],
    ['- ack', 'ACK', ''],
    ['✅ ack', 'ACK', ''],
    ['\u200Back\u200B', 'ACK', ''],
    ['\uFEFFack \u200EWO-7', 'ACK', 'WO-7'],
    ['\u00A0ack\u00A0WO-7', 'ACK', 'WO-7'],
    ['ack\tWO-7', 'ACK', 'WO-7'],
    ['ack\nWO-7', 'ACK', 'WO-7'],
    ['ack: WO-7', 'ACK', 'WO-7'],
    ['ack, WO-7', 'ACK', 'WO-7'],
    ['ACK-WO-7', 'ACK', 'WO-7'],
    ['▶️ START WO-7', 'START', 'WO-7'],
    ['ack #7', 'ACK', '#7'],
    ['my work', 'MY WORK', ''],
    ['MY   WORK', 'MY WORK', ''],
    ['my\nwork', 'MY WORK', ''],
    ['my-work', 'MY WORK', ''],
    ['"my" "work"', 'MY WORK', ''],
    ['my\u200B work?', 'MY WORK', ''],
    ['ＡＣＫ', 'ACK', ''],
    ['ｓｔａｒｔ　ＷＯ－７', 'START', 'ＷＯ－７'],
  ])('%j', (text, word, rest) => {
    expect(parse(text)).toEqual({ word, rest });
  });
});

describe('what only begins like a command is none', () => {
  test.each([
    'ACKNOWLEDGE',
    'acknowledged WO-7',
    'ack1',
    'started',
    'notes are in the office',
    'completely done',
    'ack\u0301',
    'mywork',
    'my workload',
    'please ack',
    'I will start now',
    'work',
    '👍',
    '...',
    '',
  ])('%j', (text) => {
    expect(parse(text)).toBeNull();
  });
});

describe('what follows is kept as it was sent', () => {
  test.each([
    ['note: seal replaced', 'seal replaced'],
    ['NOTE - seal replaced', 'seal replaced'],
    ['NOTE – seal replaced', 'seal replaced'],
    ['note… seal replaced', 'seal replaced'],
    ['note:seal replaced', 'seal replaced'],
    ['note Seal  REPLACED,\n\n  twice.', 'Seal  REPLACED,\n\n  twice.'],
    ['note seal replaced 👍🏽🔧', 'seal replaced 👍🏽🔧'],
    ['note 🔧 seal replaced', '🔧 seal replaced'],
    ['note "seal" replaced', '"seal" replaced'],
    ['note: “seal replaced”', '“seal replaced”'],
    ['note (see photo)', '(see photo)'],
    ['note [A] valve', '[A] valve'],
    ['note *hot* bearing', '*hot* bearing'],
    ['note -5 °C in the tank', '-5 °C in the tank'],
    ['note: -5 °C', '-5 °C'],
    ['note +12 bar', '+12 bar'],
    ['note - 5 °C', '- 5 °C'],
    ['note .5 bar', '.5 bar'],
    ['note <5 bar, >2 bar', '<5 bar, >2 bar'],
    ['note ~3 mm', '~3 mm'],
    ['note €40 for parts', '€40 for parts'],
    ['note 50% done', '50% done'],
    ['note ½ inch', '½ inch'],
    ['note ｓｅａｌ ①', 'ｓｅａｌ ①'],
    ['note a\u200Db', 'a\u200Db'],
    ['note note the leak', 'note the leak'],
  ])('%j', (text, rest) => {
    expect(parse(text)).toEqual({ word: 'NOTE', rest });
  });
});

test('a long run of spaces and punctuation is read quickly', () => {
  const from = performance.now();
  parse(`${' .'.repeat(20_000)}x`);
  parse(`note${' -'.repeat(20_000)}`);
  parse(`my${'- '.repeat(20_000)}`);
  expect(performance.now() - from).toBeLessThan(1000);
});
