import { sha256 } from '../crypto.ts';
import type { QuickReplyDefinition } from '../store/quick-replies.ts';

export type QuickReply = {
  /** As the phone shows it. */
  text: string;
  definition: QuickReplyDefinition;
  /** The same for all messages that can share content; SHA-256 of the definition, in hex. */
  shape: string;
  variables: Record<string, string>;
};

// WhatsApp's limits for quick replies that nobody has approved, and Twilio's for content.
const maxBodyLength = 1024;
const maxButtons = 3;
const maxTitleLength = 20;
const maxIdLength = 200;
const maxVariables = 100;

/** The message as content with variables; null if it cannot be shown with these buttons. */
export const toQuickReply = (text: string, buttons: { title: string; id: string }[]): QuickReply | null => {
  const shown = clean(text);
  if (shown === '' || shown.length > maxBodyLength || !areShowable(buttons)) return null;
  // What looks like a variable would be filled in.
  if ([shown, ...buttons.flatMap(({ title, id }) => [title, id])].some((part) => part.includes('{{')))
    return null;

  const values: string[] = [];
  const variable = (value: string) => `{{${values.push(value)}}}`;
  const body = shown
    .split('\n')
    .map((line) => (line === '' ? '' : variable(line)))
    .join('\n');
  const definition = {
    body,
    buttons: buttons.map(({ title, id }) => ({ title, id: variable(id) })),
    variableCount: values.length,
  };
  if (values.length > maxVariables) return null;
  return {
    text: shown,
    definition,
    shape: sha256(JSON.stringify(definition)).toString('hex'),
    variables: Object.fromEntries(values.map((value, index) => [String(index + 1), value])),
  };
};

/** A text whose every line is empty or may be the value of a variable. */
export const clean = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/(?!\n)\p{Cc}/gu, '')
    // Twilio has refused variables over a plain one (21656).
    .replaceAll("'", '’')
    .split('\n')
    .map((line) => (isBlank(line) ? '' : line.trim().replace(/\s{5,}/g, '    ')))
    .join('\n')
    .replace(/^\n+|\n+$/g, '');

/** Nothing to see in it: as a value it would count as empty. */
const isBlank = (line: string): boolean => /^[\s\p{Cf}]*$/u.test(line);

const areShowable = (buttons: { title: string; id: string }[]): boolean =>
  buttons.length >= 1 &&
  buttons.length <= maxButtons &&
  new Set(buttons.map(({ title }) => title)).size === buttons.length &&
  buttons.every(
    ({ title, id }) =>
      title.length <= maxTitleLength &&
      title !== '' &&
      clean(title) === title &&
      !title.includes('\n') &&
      id.length <= maxIdLength &&
      id !== '' &&
      clean(id) === id &&
      !id.includes('\n'),
  );
