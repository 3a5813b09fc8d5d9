// Without what is read, heard or typed as something else: 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V.
const letters = 'ACDEFGHJKMNPQRTWXY34679';
const length = 8;

/** How long a code is good for. */
export const codeMinutes = 10;

/** So many wrong ones from somebody unknown, and for an hour none counts any more. */
const mostTries = 5;
const triesMs = 60 * 60 * 1000;

/** A new code, 1 of 78 thousand million: `random` gives a whole number below the one it is given. */
export const newCode = (random: (below: number) => number): string =>
  Array.from({ length }, () => letters[random(letters.length)]).join('');

/** As it is shown: in two halves. */
export const writeCode = (code: string): string => `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;

/** The code a message consists of, in whatever case, spaced and quoted however; null if it is none. */
export const readCode = (text: string): string | null => {
  if (text.length > 40) return null;
  const code = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : null;
};

export type CodeTries = { count: number; since: Date | null };

export const mayTryCode = ({ count, since }: CodeTries, now: Date): boolean =>
  count < mostTries || !isCounted(since, now);

/** One more wrong code. */
export const countTry = ({ count, since }: CodeTries, now: Date): CodeTries =>
  isCounted(since, now) ? { count: count + 1, since } : { count: 1, since: now };

const isCounted = (since: Date | null, now: Date): boolean =>
  since !== null && now.getTime() - since.getTime() < triesMs;
