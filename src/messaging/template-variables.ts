import { shorten } from '../texts/shorten.ts';
import { clean } from './quick-replies.ts';

/** WhatsApp's limit for a template's body with its variables in place. */
const maxBodyLength = 1024;
// Of a body that the provider has not told yet.
const unknownBodyLength = 424;

const placeholder = /\{\{\s*(\w+)\s*\}\}/g;

/**
 * A text as a variable may hold it: on one line, nothing that Twilio refuses or would fill in, and never empty.
 * (A newline, a tab or more than four spaces fail with 63013, an empty value with 21656.)
 */
export const cleanValue = (text: string): string => {
  const line = clean(text)
    .split('\n')
    .filter((each) => each !== '')
    .join(' · ')
    .replace(/\s+/g, ' ')
    .replace(/\{(?=\{)/g, '{ ');
  return line === '' ? '-' : line;
};

/**
 * The values by their places, the longest shortened until they fit into the body. `fixed` are the places whose
 * values no one reads, such as a button's id: those are left as they are.
 */
export const fitInto = (
  body: string | null,
  values: string[],
  fixed: Set<number> = new Set(),
): Record<string, string> => {
  const uses = values.map((_, at) => (fixed.has(at) ? 0 : timesUsed(body, at + 1)));
  const room = maxBodyLength - (body === null ? unknownBodyLength : body.replace(placeholder, '').length);
  const lengthAt = (most: number) =>
    values.reduce((sum, value, at) => sum + uses[at]! * Math.min(value.length, most), 0);
  let most = Math.max(0, ...values.map(({ length }) => length));
  while (most > 1 && lengthAt(most) > room) most -= 1;
  return Object.fromEntries(
    values.map((value, at) => [String(at + 1), uses[at] === 0 ? value : shorten(value, most)]),
  );
};

const timesUsed = (body: string | null, place: number): number =>
  body === null ? 1 : [...body.matchAll(placeholder)].filter(([, name]) => name === String(place)).length;

/** The body as the phone shows it. */
export const fillIn = (body: string, variables: Record<string, string>): string =>
  body.replace(placeholder, (blank, name: string) => variables[name] ?? blank);
