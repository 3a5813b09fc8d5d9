import type { CommandName } from '../commands/command.ts';
import { twilioWordIn } from '../commands/twilio-words.ts';
import { wordOn } from '../commands/words.ts';
import type { Way } from '../domain/message.ts';
import type { Language } from './language.ts';
import { type NumberedOrder, numberOf } from './layout.ts';
import { maxBodyLength } from './shorten.ts';

/** The commands as the reader of a text would write them, about the order at hand. */
export type Commands = {
  /** By itself. */
  say: (command: CommandName) => string;
  /** About the order at hand, with its number where no message can be quoted and nothing tapped. */
  on: (command: CommandName) => string;
  /** About the order at hand, with its number in any case. */
  withNumber: (command: CommandName) => string;
};

/** How texts look where they are read: with emoji and bold on WhatsApp, plain everywhere else. */
export type Style = {
  way: Way;
  mark: (emoji: string, text: string) => string;
  bold: (text: string) => string;
  commandsFor: (order: NumberedOrder | null) => Commands;
};

export const styleOf = ({ vocabulary, takes }: Pick<Language, 'vocabulary' | 'takes'>, way: Way): Style => {
  const isPlain = way !== 'whatsapp';
  const goesOn = (command: CommandName) => (takes[command] ? ` ${takes[command]}` : '');
  return {
    way,
    mark: (emoji, text) => (isPlain ? text : `${emoji} ${text}`),
    bold: (text) => (isPlain ? text : `*${text}*`),
    commandsFor: (order) => {
      const say = (command: CommandName) => wordOn(way, vocabulary, command);
      const withNumber = (command: CommandName) => {
        const [first] = vocabulary.words[command];
        // START with a number behind it is no word of Twilio's.
        const word = twilioWordIn(first!) === 'start' ? first! : say(command);
        return `${word} ${order ? numberOf(order) : vocabulary.number}${goesOn(command)}`;
      };
      return { say, withNumber, on: isPlain ? withNumber : (command) => say(command) + goesOn(command) };
    },
  };
};

/** How long a text may be: what a text message costs grows with every 153 characters. */
export const roomFor: Record<
  Way,
  { notice: number; page: number; title: number; quote: number; listed: number }
> = {
  whatsapp: { notice: maxBodyLength, page: maxBodyLength, title: 300, quote: 500, listed: 100 },
  sms: { notice: 590, page: 960, title: 120, quote: 200, listed: 50 },
  // A mail has room for the longest description that the API takes.
  email: { notice: 20_000, page: maxBodyLength, title: 300, quote: 500, listed: 100 },
};

/**
 * The text as text messages carry it at seven bits a character: one letter that needs more would more than double
 * what it costs. Only what reads the same without it is changed.
 */
export const plainText = (text: string): string =>
  text.replace(/[“”„‘’…·•—–\u00A0\u202F\u2009áíóúÁÍÓÚ]/gu, (character) => plainer[character]!);

const plainer: Record<string, string> = {
  ...{ '“': '"', '”': '"', '„': '"', '‘': "'", '’': "'", '…': '...' },
  ...{ '·': '-', '•': '-', '—': '-', '–': '-' },
  ...{ '\u00A0': ' ', '\u202F': ' ', '\u2009': ' ' },
  ...{ á: 'a', í: 'i', ó: 'o', ú: 'u', Á: 'A', Í: 'I', Ó: 'O', Ú: 'U' },
};
