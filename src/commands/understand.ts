import { orderKey } from '../domain/work-order.ts';
import type { Action, CommandName, Decision, Option, Question, Request } from './command.ts';
import { answer } from './command.ts';
import { parseCommand } from './parse.ts';
import { endingLike, isNumbered } from './resolve-order.ts';
import { commands } from './table.ts';
import { hadQuestion, openQuestion, optionAt, type Talk } from './talk.ts';
import { twilioWordIn } from './twilio-words.ts';
import { nearWords, type Offer, type Vocabulary, type Words, wordBeside, wordOn } from './words.ts';

/** What a phone sent, whatever it was. */
export type Heard = {
  way: 'whatsapp' | 'sms';
  text: string;
  /** A tapped button of ours; `useless` when it is too old or not signed by us. */
  button:
    | { action: string; orderId: string; assignmentNo?: number }
    | { action: string; alertIds: string[] }
    | { useless: 'expired' | 'forged' }
    | null;
  /** Photos, voice notes, documents, places: something to keep. */
  hasAttachments: boolean;
  /** What cannot be kept or understood. */
  other: 'sticker' | 'reaction' | 'unknown' | null;
  /** A thumbs-up on the notice of this assignment, where that counts. */
  thumbsUpFor: string | null;
  forwarded: boolean;
};

/** A message is a request, or it is answered without one. */
export type Understood =
  | { kind: 'request'; request: Request }
  | { kind: 'answer'; decision: Decision; confused: boolean };

/** What a message asks for, given what the conversation is in the middle of. */
export const understand = (heard: Heard, talk: Talk, at: Date, words: Words): Understood => {
  const { text, button, thumbsUpFor } = heard;
  if (button) {
    if ('useless' in button) return reply(answer('buttonUseless', { expired: button.useless === 'expired' }));
    if (Object.hasOwn(commands, button.action)) {
      const { action, ...about } = button;
      return request({ orderId: null, ...about, action: action as Action, rest: '', by: 'button' });
    }
  }
  if (thumbsUpFor) return request({ action: 'ACK', rest: '', orderId: thumbsUpFor, by: 'reaction' });

  const byTwilio = heard.way === 'sms' ? forTwilio(text, words) : null;
  if (byTwilio) return request(byTwilio);

  const parsed = heard.other ? null : parseCommand(text, [...words.commands.keys()]);
  if (parsed) {
    const { word, rest } = parsed;
    const command = words.commands.get(word)!;
    if (heard.forwarded && !commands[command].reads)
      return offer(text, [optionFor({ word, command }, rest, heard.way, words)], true);
    // "STOP the pump" is not about messages.
    if (command === 'STOP' && rest !== '') {
      const delay = { word: wordBeside(word, 'DELAY', words), command: 'DELAY' as const };
      const { way } = heard;
      return offer(text, [optionFor({ word, command }, '', way, words), optionFor(delay, rest, way, words)]);
    }
    return request({ action: command, rest, orderId: null, by: 'words' });
  }
  if (heard.hasAttachments) return request({ action: 'ATTACH', rest: text, orderId: null, by: 'words' });
  if (heard.other || text.trim() === '')
    return reply(answer('unreadable', { kind: heard.other ?? 'unknown' }));

  const question = openQuestion(talk, at);
  return (
    (question && answerTo(question, text)) ??
    (hadQuestion(talk) && readNumber(text) !== null ? reply(answer('listClosed', {})) : null) ??
    guess(text, heard.way, words)
  );
};

/** What Twilio has acted upon by itself, and sends us all the same. */
const forTwilio = (text: string, words: Words): Request | null => {
  const word = text.trim().toUpperCase();
  const isOwn = (command: CommandName) => words.commands.get(word) === command;
  const about = { orderId: null, rest: '' };
  switch (twilioWordIn(text)) {
    case 'stop':
      return { ...about, action: 'STOP', rest: isOwn('STOP') ? '' : word, by: 'opt-out' };
    case 'start':
      return { ...about, action: 'START', rest: isOwn('START') ? '' : word, by: 'opt-in' };
    case 'help':
      return { ...about, action: 'HELP', by: 'words' };
    case null:
      return null;
  }
};

/** A number of the list, the number of a listed order, or the text that was asked for. */
const answerTo = (question: Question, text: string): Understood | null => {
  const { options, freeText } = question;
  const given = readNumber(text);
  if (given !== null && options.length > 0) {
    // `#1` and `001` are ways to write an order's number, not a place in the list.
    const named = /#|^\D*0/u.test(text) ? byLabel(options, text) : null;
    const chosen = named ?? optionAt(question, given) ?? byLabel(options, text);
    return chosen
      ? choose(chosen, question)
      : { kind: 'answer', decision: keepAsking(question, text), confused: false };
  }
  const chosen = byLabel(options, text);
  if (chosen) return choose(chosen, question);
  return freeText ? request({ ...freeText, rest: text.trim(), by: 'answer', ...waiting(question) }) : null;
};

const keepAsking = (question: Question, text: string): Decision => ({
  ...answer('notOnList', { given: text.trim(), count: question.options.length }),
  question,
});

const choose = ({ action, rest, orderId }: Option, question: Question): Understood =>
  request({ action, rest: rest || question.rest || '', orderId, by: 'answer', ...waiting(question) });

const waiting = ({ attachments }: Question): Pick<Request, 'attachments'> =>
  attachments?.length ? { attachments } : {};

const byLabel = (options: Option[], text: string): Option | null => {
  const key = orderKey(text);
  if (key === '') return null;
  const whole = options.find(({ label }) => orderKey(label) === key);
  if (whole) return whole;
  const like = endingLike(
    text,
    options.flatMap((option) => (option.orderId ? { number: option.label, option } : [])),
  );
  const [only, ...more] = like;
  if (!only || more.length > 0) return null;
  // One digit that merely ends a number is more likely a slip for a place in the list.
  return key.length > 1 || isNumbered(only.number, key) ? only.option : null;
};

/** `2`, `2.`, `#2`, `２` or `2️⃣`: a bare number of at most three digits, in any script. */
const readNumber = (text: string): number | null => {
  const key = orderKey(text);
  return /^\d{1,3}$/.test(key) && /^[\s\p{P}\p{S}\p{Cf}]*\p{Nd}+[\s\p{P}\p{S}\p{Cf}\p{M}]*$/u.test(text)
    ? Number(key)
    : null;
};

/** Mistyped commands: those that only read are run, those that change something are offered. */
const guess = (text: string, way: Heard['way'], words: Words): Understood => {
  const [, first = '', rest = ''] =
    /^[\s\p{P}\p{S}]*([\p{L}\p{M}]+)[\s\p{P}\p{S}]*([\s\S]*)$/u.exec(text) ?? [];
  const typed = first.normalize('NFKC').toUpperCase();
  const hinted = words.hints.get(typed);
  if (hinted) {
    return offer(
      text,
      hinted.map((each) => optionFor(each, rest, way, words)),
    );
  }

  const [, second = '', afterTwo = ''] = /^([\p{L}\p{M}]+)[\s\p{P}\p{S}]*([\s\S]*)$/u.exec(rest) ?? [];
  const near = [
    ...nearWords(typed, words).map((each) => ({ ...each, rest })),
    // "MY WROK" is two words for one command.
    ...nearWords(`${typed} ${second.normalize('NFKC').toUpperCase()}`, words)
      .filter(({ word }) => word.includes(' '))
      .map((each) => ({ ...each, rest: afterTwo })),
  ].slice(0, 3);
  if (near.length > 0 && near.every(({ command }) => commands[command].reads)) {
    return request({ action: near[0]!.command, rest: near[0]!.rest.trim(), orderId: null, by: 'words' });
  }
  if (near.length > 0) {
    return offer(
      text,
      near.map((each) => optionFor(each, each.rest, way, words)),
    );
  }
  return { kind: 'answer', decision: answer('notUnderstood', { given: text, last: false }), confused: true };
};

const optionFor = (
  { word, command }: Offer,
  rest: string,
  way: Heard['way'],
  { vocabularies }: Words,
): Option => ({
  action: command,
  rest: rest.trim(),
  orderId: null,
  label: offeredOn(way, { word, command }, rest.trim(), vocabularies),
});

/** Twilio's own words do something else on text messages: there they are not offered. */
const offeredOn = (way: Heard['way'], { word, command }: Offer, rest: string, vocabularies: Vocabulary[]) => {
  const known = vocabularies.find(({ words }) => words[command].includes(word));
  if (way === 'whatsapp' || !known || twilioWordIn(word) === null) return `${word} ${rest}`.trim();
  // Behind START a number makes it ours.
  return command === 'START'
    ? `${word} ${rest || known.number}`
    : `${wordOn(way, known, command)} ${rest}`.trim();
};

/** One tap for what may have been meant; nothing is done before. */
const offer = (given: string, options: Option[], forwarded = false): Understood => ({
  kind: 'answer',
  decision: {
    ...answer('didYouMean', { given, options: options.map(({ label }) => label), forwarded }),
    question: { options, freeText: null },
  },
  confused: !forwarded,
});

const request = (wanted: Request): Understood => ({ kind: 'request', request: wanted });

const reply = (decision: Decision): Understood => ({ kind: 'answer', decision, confused: false });
