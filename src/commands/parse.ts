export type ParsedCommand = { word: string; rest: string };

// What people's keyboards put around and between words: quotes, punctuation, emoji and every kind of space.
const around = String.raw`[\s\p{P}\p{S}\p{Cf}\p{M}]`;

/**
 * The command a text begins with: the whole first word, or two, whatever their case, and what follows, kept
 * as sent. Null when it begins with none of `words`.
 */
export const parseCommand = (text: string, words: string[]): ParsedCommand | null => {
  const plain = text.normalize('NFKC');
  for (const word of [...words].sort((a, b) => b.length - a.length)) {
    const match = beginningWith(word).exec(plain);
    // NFKC may change lengths, so the rest is cut from the text as sent, by the same number of words.
    if (match) return { word, rest: afterWords(text, word.split(' ').length) };
  }
  return null;
};

// Every message is compared with every word: each pattern is made once.
const patterns = new Map<string, RegExp>();

const beginningWith = (word: string): RegExp => {
  const known = patterns.get(word);
  if (known) return known;
  const spaced = word.split(' ').join(`${around}+`);
  const pattern = new RegExp(`^${around}*${spaced}(?![\\p{L}\\p{N}\\p{M}])`, 'iu');
  patterns.set(word, pattern);
  return pattern;
};

const oneWord = String.raw`[\p{L}\p{N}][\p{L}\p{N}\p{M}]*`;
// Punctuation after the command belongs to it ("NOTE: …", "*NOTE* - …"); what may carry meaning does not ("NOTE -5 °C").
const closing = String.raw`["'”’»*_~)\]\p{Cf}]*(?:[:;!?…]|[.,](?!\p{N}))*(?:[-–—]+(?!\s*\p{N}))?`;
const divider = String.raw`[\s\p{Cf}]*(?::\s*|[-–—]+\s+(?![\s\p{N}]))?`;

const afterWords = (text: string, count: number): string => {
  const taken = new RegExp(
    `^${around}*${oneWord}(?:${around}+${oneWord}){${count - 1}}${closing}${divider}`,
    'u',
  ).exec(text);
  return taken ? text.slice(taken[0].length).trim() : '';
};
