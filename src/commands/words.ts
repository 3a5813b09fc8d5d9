import { type CommandName, commandNames } from './command.ts';

/** The words of one language: what may begin a command, and what only sounds like one. */
export type Vocabulary = {
  words: Record<CommandName, string[]>;
  /** Words that are offered a command, never run: END may mean two things. */
  hints: Record<string, CommandName[]>;
};

/** The words of all languages together. */
export type Words = { commands: Map<string, CommandName>; hints: Map<string, CommandName[]> };

// Twilio acts on these by itself where it filters opt-outs; a command named like this would cut people off.
const optOutWords = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'CANCEL', 'REVOKE', 'OPTOUT'];

/**
 * All words that are understood, whoever writes. Throws, naming every fault, when two commands share a
 * word or a command other than STOP has one of Twilio's opt-out words.
 */
export const joinVocabularies = (languages: Record<string, Vocabulary>): Words => {
  const commands = new Map<string, CommandName>();
  const hints = new Map<string, CommandName[]>();
  const faults: string[] = [];
  for (const [language, vocabulary] of Object.entries(languages)) {
    for (const name of commandNames) {
      for (const word of vocabulary.words[name]) {
        const other = commands.get(word);
        if (other && other !== name) faults.push(`${language}: "${word}" is ${name} and ${other}`);
        if (name !== 'STOP' && optOutWords.includes(word)) {
          faults.push(`${language}: "${word}" for ${name} is an opt-out word of Twilio's`);
        }
        commands.set(word, name);
      }
    }
    for (const [word, offered] of Object.entries(vocabulary.hints)) {
      hints.set(word, [...new Set([...(hints.get(word) ?? []), ...offered])]);
    }
  }
  for (const word of hints.keys()) {
    if (commands.has(word)) faults.push(`"${word}" is a command's word and a hint`);
  }
  if (faults.length > 0) throw new Error(`The command words clash: ${faults.join('; ')}`);
  return { commands, hints };
};

/** The command words that a mistyped one comes near, nearest first; one slip in short words, two in long ones. */
export const nearWords = (typed: string, words: Words): { word: string; command: CommandName }[] => {
  const allowed = typed.length >= 6 ? 2 : typed.length >= 4 ? 1 : 0;
  return [...words.commands]
    .map(([word, command]) => ({ word, command, slips: slipsBetween(typed, word, allowed) }))
    .filter(({ slips }) => slips <= allowed)
    .sort((a, b) => a.slips - b.slips)
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
