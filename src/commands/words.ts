import type { Way } from '../domain/message.ts';
import { type CommandName, commandNames } from './command.ts';
import { twilioWordIn } from './twilio-words.ts';

/** The words of one language: what may begin a command, and what only sounds like one. */
export type Vocabulary = {
  words: Record<CommandName, string[]>;
  /** Words that are offered a command, never run: END may mean two things. */
  hints: Record<string, CommandName[]>;
  /** What stands for any order's number. */
  number: string;
  /** What stands for everything that was listed. */
  all: string[];
};

/** A command by a word that somebody can be offered. */
export type Offer = { word: string; command: CommandName };

/** The words of all languages together. */
export type Words = {
  commands: Map<string, CommandName>;
  /** What each hint offers, in the hint's own language. */
  hints: Map<string, Offer[]>;
  vocabularies: Vocabulary[];
};

/**
 * All words that are understood, whoever writes. Throws, naming every fault, when two commands share a
 * word, a command has none in some language, or none that is not Twilio's on text messages, a command other than
 * STOP has one of Twilio's opt-out words, or a word would never be recognized as it is written.
 */
export const joinVocabularies = (languages: Record<string, Vocabulary>): Words => {
  const commands = new Map<string, CommandName>();
  const hints = new Map<string, Offer[]>();
  const faults: string[] = [];
  for (const [language, vocabulary] of Object.entries(languages)) {
    for (const name of commandNames) {
      if (vocabulary.words[name].length === 0) faults.push(`${language}: ${name} has no word`);
      else if (vocabulary.words[name].every(twilioWordIn)) {
        faults.push(
          `${language}: ${name} has only words of Twilio's, which cannot be offered on text messages`,
        );
      }
      for (const word of vocabulary.words[name]) {
        const other = commands.get(word);
        if (other && other !== name) faults.push(`${language}: "${word}" is ${name} and ${other}`);
        // A command named like this would cut people off.
        if (name !== 'STOP' && twilioWordIn(word) === 'stop') {
          faults.push(`${language}: "${word}" for ${name} is an opt-out word of Twilio's`);
        }
        if (!isPlain(word)) faults.push(`${language}: "${word}" is not in plain capitals`);
        commands.set(word, name);
      }
    }
    for (const [word, names] of Object.entries(vocabulary.hints)) {
      const other = hints.get(word);
      if (other && other.map(({ command }) => command).join() !== names.join()) {
        faults.push(`${language}: the hint "${word}" means something else in another language`);
      }
      if (!isPlain(word)) faults.push(`${language}: "${word}" is not in plain capitals`);
      if (!other) {
        hints.set(
          word,
          names.map((command) => ({ word: vocabulary.words[command][0]!, command })),
        );
      }
    }
  }
  for (const word of hints.keys()) {
    if (commands.has(word)) faults.push(`"${word}" is a command's word and a hint`);
  }
  if (faults.length > 0) throw new Error(`The command words clash: ${faults.join('; ')}`);
  return { commands, hints, vocabularies: Object.values(languages) };
};

// What people write is brought into this form before it is compared.
const isPlain = (word: string): boolean => word === word.normalize('NFKC').toUpperCase();

/** A command's word that can be offered there: on text messages none of Twilio's own. */
export const wordOn = (way: Way, { words }: Pick<Vocabulary, 'words'>, command: CommandName): string =>
  words[command].find((word) => way === 'whatsapp' || twilioWordIn(word) === null)!;

/** How another command is called in the language of this word. */
export const wordBeside = (word: string, command: CommandName, { vocabularies }: Words): string =>
  vocabularies.find(({ words }) => Object.values(words).flat().includes(word))!.words[command][0]!;

/** The command words that a mistyped one comes near, nearest first; one slip in short words, two in long ones. */
export const nearWords = (typed: string, words: Words): Offer[] => {
  const allowed = typed.length >= 6 ? 2 : typed.length >= 4 ? 1 : 0;
  const near = [...words.commands]
    .map(([word, command]) => ({ word, command, slips: slipsBetween(typed, word, allowed) }))
    .filter(({ slips }) => slips <= allowed)
    .sort((a, b) => a.slips - b.slips);
  // NOTR is near NOTE and NOTA, which are the same command.
  return near
    .filter(({ command }, index) => near.findIndex((each) => each.command === command) === index)
    .map(({ word, command }) => ({ word, command }));
};

/** Letters added, left out, changed or swapped with their neighbour; more than `most` counts as infinitely many. */
const slipsBetween = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
};
