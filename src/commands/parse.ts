export type ParsedCommand = { word: string; rest: string };

// Quotes people's keyboards put around a word, punctuation and every kind of space.
const edge = String.raw`[\s\p{P}\p{S}\p{Cf}]*`;

/**
 * The command a text begins with: the whole first word, or two, whatever their case, and what follows, kept
 * as sent. Null when it begins with none of `words`.
 */
export const parseCommand = (text: string, words: string[]): ParsedCommand | null => {
  for (const word of [...words].sort((a, b) => b.length - a.length)) {
    const spaced = word.split(' ').join(String.raw`[\s\p{Cf}]+`);
    const match = new RegExp(`^${edge}${spaced}(?![\\p{L}\\p{N}\\p{M}])`, 'iu').exec(text.normalize('NFKC'));
    // NFKC may change lengths, so the rest is cut from the text as sent, by the same number of words.
    if (match) return { word, rest: afterWords(text, word.split(' ').length) };
  }
  return null;
};

const afterWords = (text: string, count: number): string => {
  const words = new RegExp(String.raw`^${edge}(?:[\p{L}\p{N}\p{M}]+${edge}){${count}}`, 'u').exec(text);
  if (!words) return '';
  // Punctuation after the command word belongs to it ("NOTE: …"), but a "#" or a quote begins what follows.
  const taken = words[0].replace(/["'“”‘’«»#([]+$/u, '');
  return text.slice(taken.length).trim();
};
