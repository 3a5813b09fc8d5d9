import { describe, expect, test } from 'vitest';
import { type CommandName, commandNames } from '../../src/commands/command.ts';
import { parseCommand } from '../../src/commands/parse.ts';
import { commands } from '../../src/commands/table.ts';
import { understand } from '../../src/commands/understand.ts';
import { joinVocabularies, nearWords, type Vocabulary, wordBeside } from '../../src/commands/words.ts';
import { en } from '../../src/texts/en.ts';
import { es } from '../../src/texts/es.ts';
import { words } from '../../src/texts/texts.ts';

/** A language whose words are the English ones with an X before them, but for those given. */
const language = (own: Partial<Vocabulary['words']>, hints: Vocabulary['hints'] = {}): Vocabulary => ({
  words: {
    ...(Object.fromEntries(commandNames.map((name) => [name, [`X${name}`]])) as Vocabulary['words']),
    ...own,
  },
  hints,
  number: '{number}',
  all: [],
});

const join = (own: Partial<Vocabulary['words']>, hints?: Vocabulary['hints']) => () =>
  joinVocabularies({ en: en.vocabulary, es: es.vocabulary, xx: language(own, hints) });

const heard = (text: string, forwarded = false) =>
  understand(
    {
      way: 'whatsapp',
      text,
      button: null,
      hasAttachments: false,
      other: null,
      thumbsUpFor: null,
      forwarded,
    },
    {},
    new Date(0),
    words,
  );

const offered = (text: string, forwarded = false) => {
  const understood = heard(text, forwarded);
  return understood.kind === 'answer'
    ? understood.decision.question?.options.map(({ action, label, rest }) => ({ action, label, rest }))
    : null;
};

describe('a fault in the words stops the start and is named', () => {
  test.each<[string, ReturnType<typeof join>, RegExp]>([
    ['a word of another command', join({ ACK: ['START'] }), /xx: "START" is ACK and START/],
    ['a word of another language', join({ NOTE: ['INICIAR'] }), /xx: "INICIAR" is NOTE and START/],
    ['an opt-out word', join({ COMPLETE: ['END'] }), /xx: "END" for COMPLETE is an opt-out word/],
    ['an opt-out word of STOP', join({ DELAY: ['STOP'] }), /"STOP" for DELAY is an opt-out word/],
    [
      "a command with none but Twilio's words",
      join({ HELP: ['HELP', 'INFO'] }),
      /xx: HELP has only words of Twilio/,
    ],
    ['a command without a word', join({ MORE: [] }), /xx: MORE has no word/],
    ['a hint that is a command', join({}, { NOTA: ['NOTE'] }), /"NOTA" is a command's word and a hint/],
    ['a hint of two meanings', join({}, { LISTO: ['ACK'] }), /xx: the hint "LISTO" means something else/],
    ['a word in small letters', join({ ACK: ['accepter'] }), /xx: "accepter" is not in plain capitals/],
    ['an accent apart from its letter', join({ MORE: ['MA\u0301S'] }), /is not in plain capitals/],
  ])('%s', (_, start, fault) => {
    expect(start).toThrow(fault);
  });

  test('all of them at once', () => {
    expect(join({ ACK: ['START'], COMPLETE: ['QUIT'], MORE: [] })).toThrow(
      /"START".*"QUIT".*MORE has no word/,
    );
  });

  test('but two languages may share a word for the same command, and a hint', () => {
    expect(join({ HELP: ['MENU'] }, { LISTO: ['COMPLETE'] })).not.toThrow();
  });
});

describe.each(Object.entries({ en, es }))('the words of %s', (_, { vocabulary }) => {
  test.each(commandNames)('%s has one, and each is understood whoever writes', (name) => {
    expect(vocabulary.words[name].length).toBeGreaterThan(0);
    for (const word of vocabulary.words[name]) {
      for (const text of [word, word.toLowerCase(), ` ${word}!`, word.normalize('NFD')]) {
        expect(heard(text)).toMatchObject({ kind: 'request', request: { action: name, rest: '' } });
      }
    }
  });

  test.each(Object.entries(vocabulary.hints))(
    '%s is offered %j in its own language, not done',
    (hint, names) => {
      expect(offered(`${hint.toLowerCase()} 7`)).toEqual(
        names.map((name) => ({ action: name, label: `${vocabulary.words[name][0]} 7`, rest: '7' })),
      );
    },
  );
});

test.each<[string, CommandName, string]>([
  ['ACEPTAR WO-7', 'ACK', 'WO-7'],
  ['iniciar 7', 'START', '7'],
  ['Terminar.', 'COMPLETE', ''],
  ['Nota: presión 12 bar', 'NOTE', 'presión 12 bar'],
  ['retraso falta un repuesto', 'DELAY', 'falta un repuesto'],
  ['demora', 'DELAY', ''],
  ['escalar', 'ESCALATE', ''],
  ['¡Voy!', 'RESPONDING', ''],
  ['confirmar', 'CONFIRM', ''],
  ['¿ayuda?', 'HELP', ''],
  ['menú', 'HELP', ''],
  ['menu', 'HELP', ''],
  ['mis trabajos', 'MY WORK', ''],
  ['Mis órdenes', 'MY WORK', ''],
  ['mis ordenes', 'MY WORK', ''],
  ['pendientes', 'PENDING', ''],
  ['estado 7', 'STATUS', '7'],
  ['deshacer', 'UNDO', ''],
  ['necesito un repuesto', 'NEED', 'un repuesto'],
  ['más', 'MORE', ''],
  ['mas', 'MORE', ''],
  ['ver más', 'MORE', ''],
  ['pausar', 'STOP', ''],
])('"%s" is %s', (text, action, rest) => {
  expect(heard(text)).toMatchObject({ kind: 'request', request: { action, rest } });
});

describe('what is offered is in the language of what was written', () => {
  test.each([
    ['PAUSAR la bomba', ['PAUSAR', 'RETRASO la bomba']],
    ['STOP the pump', ['STOP', 'DELAY the pump']],
    ['TREMINAR 7', ['TERMINAR 7']],
    ['COMPLTE 7', ['COMPLETE 7']],
    ['NOTR x', ['NOTE x']],
    ['fin', ['TERMINAR', 'PAUSAR']],
    ['cancelar', ['DESHACER', 'PAUSAR']],
    ['o\u0301rdenes', ['MIS TRABAJOS']],
    ['end', ['COMPLETE', 'STOP']],
  ])('%s: %j', (text, labels) => {
    expect(offered(text)?.map(({ label }) => label)).toEqual(labels);
  });

  test('a forwarded command as well', () => {
    expect(offered('iniciar 7', true)).toEqual([{ action: 'START', label: 'INICIAR 7', rest: '7' }]);
  });

  test('every offer is a command when it is typed', () => {
    for (const offers of words.hints.values()) {
      for (const { word, command } of offers) {
        expect(words.commands.get(parseCommand(word, [...words.commands.keys()])!.word)).toBe(command);
      }
    }
    for (const [word] of words.commands) {
      expect(words.commands.get(wordBeside(word, 'DELAY', words))).toBe('DELAY');
    }
  });

  test('a word is near each command once', () => {
    for (const typed of ['NOTR', 'CONFIRMA', 'COMPLETAT', 'MENUU']) {
      const near = nearWords(typed, words).map(({ command }) => command);
      expect(near.length, typed).toBeGreaterThan(0);
      expect(near).toEqual([...new Set(near)]);
    }
  });
});

test('words alone never make a mistyped one change something', () => {
  for (const [word, command] of words.commands) {
    const mistyped = `${word.slice(0, -1)}QQ`;
    if (words.commands.has(mistyped) || commands[command].reads) continue;
    const understood = heard(mistyped);
    if (understood.kind === 'request') expect(commands[understood.request.action].reads).toBe(true);
  }
});
