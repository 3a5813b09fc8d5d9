import type { DeliveryStatus } from '../domain/delivery-status.ts';
import type { Reason, Way } from '../domain/message.ts';
import type { Then } from '../messaging/provider.ts';
import { meaningOf } from '../messaging/twilio-errors.ts';

type InStatus = 'received' | 'processed' | 'failed' | 'disabled';

type Happened = {
  tone: 'good' | 'bad' | 'busy' | 'calm';
  /** The status, for a badge. */
  word: string;
  /** Why it is so; null where the word says it all. */
  why: string | null;
  /** What somebody can do about it; null: nothing, or nothing is needed. */
  todo: string | null;
};

/** A message's status, reason and error in plain words, with what to do. */
export const whatHappened = (message: {
  direction: 'in' | 'out';
  status: string;
  reason: string | null;
  error: { code: string | null; text: string | null } | null;
  way: Way;
  possibleDuplicate: boolean;
}): Happened => {
  const { direction, status, possibleDuplicate } = message;
  if (direction === 'in') return heard[status as InStatus] ?? { ...unknownWord, word: status };
  const is = said[status as DeliveryStatus] ?? { ...unknownWord, word: status };
  const cause = endedWithout.has(status) || status === 'queued' ? causeOf(message) : null;
  const why = [cause?.why ?? is.why, possibleDuplicate ? twice : null].filter((each) => each !== null);
  return {
    tone: is.tone,
    word: is.word,
    why: why.join(' ') || null,
    todo: status === 'queued' ? (cause?.whileQueued ?? null) : (cause?.todo ?? is.todo),
  };
};

/** The statuses in plain words, for a choice of one. */
export const statusWords: readonly (readonly [status: string, word: string])[] = [
  ['queued', 'waiting'],
  ['sending', 'being sent'],
  ['unknown', 'unclear whether sent'],
  ['accepted', 'taken by the provider'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'failed'],
  ['expired', 'too late to send'],
  ['cancelled', 'not sent'],
  ['received', 'received'],
  ['processed', 'dealt with'],
  ['disabled', 'kept only'],
];

const endedWithout = new Set(['failed', 'expired', 'cancelled']);
const unknownWord: Happened = { tone: 'calm', word: '', why: null, todo: null };
const twice = 'It may have arrived twice: the first try got no clear answer, so it was tried once more.';

const heard: Record<InStatus, Happened> = {
  received: { tone: 'busy', word: 'received', why: 'It is about to be dealt with.', todo: null },
  processed: { tone: 'good', word: 'dealt with', why: null, todo: null },
  failed: {
    tone: 'bad',
    word: 'failed',
    why: 'It could not be dealt with, for a fault of this service.',
    todo: 'Read it and do what it asks for yourself. The failed job is under Queues.',
  },
  disabled: {
    tone: 'calm',
    word: 'kept only',
    why: 'It came while messaging was switched off. It was not acted on and will not be.',
    todo: 'Read it and do what it asks for yourself.',
  },
};

const said: Record<DeliveryStatus, Happened> = {
  queued: { tone: 'busy', word: 'waiting', why: 'It waits for its turn to be sent.', todo: null },
  sending: { tone: 'busy', word: 'being sent', why: 'The provider is being asked to send it.', todo: null },
  unknown: {
    tone: 'bad',
    word: 'unclear whether sent',
    why: 'The provider gave no clear answer. Its own list is searched for the message, so that it is not sent twice.',
    todo: 'Wait a few minutes. If it stays so, ask the person before you send it again: it may have arrived.',
  },
  accepted: {
    tone: 'busy',
    word: 'taken by the provider',
    why: 'The provider has it and will send it on.',
    todo: null,
  },
  sent: {
    tone: 'calm',
    word: 'sent',
    why: 'It left. Nothing has been told yet of its arrival; of e-mail nothing is.',
    todo: null,
  },
  delivered: { tone: 'good', word: 'delivered', why: null, todo: null },
  read: { tone: 'good', word: 'read', why: null, todo: null },
  failed: {
    tone: 'bad',
    word: 'failed',
    why: 'It could not be sent, and nothing more is known.',
    todo: 'Send it again, or by another way.',
  },
  expired: {
    tone: 'bad',
    word: 'too late to send',
    why: 'It was no longer of use before it could be sent.',
    todo: 'If it still matters, tell the person by a new message.',
  },
  cancelled: {
    tone: 'calm',
    word: 'not sent',
    why: 'It was withdrawn before it left.',
    todo: null,
  },
};

type Cause = { why: string; todo: string | null; whileQueued?: string | null };

const causeOf = (message: {
  reason: string | null;
  error: { code: string | null; text: string | null } | null;
  way: Way;
}): Cause | null => {
  const { reason, error, way } = message;
  const failed = error ? fromError(error, way) : null;
  const held = reasons[reason as Reason];
  // Who opted out, or has no address, is told apart by the reason; what the provider said is its detail.
  if (!held) return failed;
  if (!failed) return held;
  if (reason === 'provider' || reason === 'no-template')
    return { ...failed, whileQueued: held.whileQueued ?? null };
  return { ...held, why: `${held.why} ${failed.why}` };
};

const reasons: Record<Reason, Cause> = {
  paused: {
    why: 'The person has paused messages. Only critical alerts and answers still reach them.',
    todo: 'They get messages again when they write START. Call them if it cannot wait.',
  },
  preference: {
    why: 'The person does not want this kind of message, or none by this way.',
    todo: 'Their preferences are on their page under Technicians.',
  },
  'quiet-hours': {
    why: "It is the person's quiet hours.",
    todo: 'It would have been too late after them. Tell the person by a new message if it still matters.',
    whileQueued: 'It is sent by itself when they end.',
  },
  'order-moved-on': {
    why: 'The work order, or what this told of it, had changed, so the message was no longer true.',
    todo: null,
  },
  'alert-claimed': {
    why: 'Somebody had taken the alert already, or it was resolved.',
    todo: null,
  },
  disabled: {
    why: 'Messaging was switched off.',
    todo: 'Switch it on under Settings, then send the message again.',
  },
  'no-template': {
    why: 'The person had not written for 24 hours. WhatsApp then takes only an approved template, and there was none to use.',
    todo: 'Set an approved template for this kind under Settings. Until then send it by another way.',
  },
  'no-address': {
    why: 'There was no way to reach the person: no usable address, or no sender set up for it.',
    todo: 'Add a phone number or e-mail address under Technicians, or a sender under Settings.',
  },
  'opted-out': {
    why: 'The person has opted out of messages to this number.',
    todo: 'Only they can undo it, by writing START to our number. Send it by another way, or call.',
  },
  expired: {
    why: 'It was no longer of use before it could be sent.',
    todo: 'If it still matters, tell the person by a new message.',
  },
  provider: {
    why: 'The provider did not send it, and did not say why.',
    todo: 'Send it again, or by another way.',
  },
};

const fromError = ({ code, text }: { code: string | null; text: string | null }, way: Way): Cause => {
  const isMail = way === 'email';
  const means =
    text?.trim() ||
    (code === null ? 'nothing more is known' : isMail ? 'the mail server refused it' : meaningOf(code).text);
  const numbered = code === null ? '' : ` (error ${code})`;
  return {
    why: sentence(`${means}${numbered}`),
    todo: isMail ? todoOfMail(code, means) : todoOf(code, means),
  };
};

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

/** What to do about an error of the provider's. */
const todoOf = (code: string | null, text: string): string => {
  if (code !== null) return todos.get(code) ?? todoByNext[meaningOf(code).next];
  if (/only a template is allowed/.test(text)) return template;
  if (/by another way/.test(text)) return 'Nothing: see the message by the other way.';
  return todoByNext.retry;
};

const todoByNext: Record<Then, string> = {
  retry: 'It may pass by itself. Send it again later, or by another way.',
  fix: "Look the error up in the provider's console, mend its cause, then send the message again.",
  template: 'Set an approved template for this kind under Settings. Until then send it by another way.',
  'other-way': 'Send it by another way, and ask the person about their WhatsApp.',
  stop: 'Check the number with the person, mend it under Technicians, or send it by another way.',
};

const credentials = 'Enter account and token anew under Settings, and run the self-test there.';
const sender = "Check our sender number under Settings and in the provider's console, then send it again.";
const service = "Check the messaging service under Settings and its senders in the provider's console.";
const number = todoByNext.stop;
const template = todoByNext.template;
const templateFault =
  "Check the template's id, language and variables under Settings and its approval at the provider, then send it again.";
const content = 'Change the text and send it as a new message, or send this one by another way.';
const media = 'Send it without the file, or with a smaller one.';
const waitThenResend = todoByNext.retry;
const phoneOff = 'The phone may be off or without network. Send it again later, or by another way.';
const blocked = 'The person has blocked us. Call them, or send it by another way.';
const limits = 'Send less at once, or ask the provider to raise the limit. Then send it again.';

const todos = new Map<string, string>(
  (
    [
      ['20003', credentials],
      ['20404', 'Check account, template id and address under Settings, and run the self-test there.'],
      ['20429', limits],
      ['21211 21612 21614 30005 30006', number],
      ['21212 21606 21603 63001 63002 63007 63008 63022 63051', sender],
      ['21408', "Switch that country on in Twilio's console under geo permissions, then send it again."],
      ['21602 21617', content],
      ['21604', number],
      ['21607 21608', "Verify the number in Twilio's console, or upgrade the trial account."],
      ['21609', 'Set PUBLIC_BASE_URL to the address Twilio can reach, then send it again.'],
      ['21610', 'Only they can undo it, by writing START to our number. Send it by another way, or call.'],
      ['21611 30001 63017', limits],
      ['21619 21654 21655 21656 21658 63027 63028 92002 92007', templateFault],
      ['92009', 'Nothing: the template is there already. See it under Settings.'],
      ['21620 21623 63019 63025 63034', media],
      ['21703 21705', service],
      ['30002', 'Ask Twilio why the account is suspended. Until then send it by e-mail.'],
      ['30003', phoneOff],
      ['30004 63014 63033', blocked],
      [
        '30007 30450 63026',
        'Change the text, or register the sender with the carriers. Until then use another way.',
      ],
      ['30008 63009 63010 63012 63023 63029', waitThenResend],
      ['30034', "Register the sender for A2P 10DLC in Twilio's console. Until then use another way."],
      ['30036 30410', waitThenResend],
      ['30610', 'Send it again in the daytime, or by another way.'],
      ['30640', 'Do not write to this number. Reach the person by another way.'],
      ['35115', 'Send it again. If it comes back, tell whoever runs this service.'],
      [
        '63003',
        'Ask the person which number their WhatsApp has, and mend it under Technicians. Or use SMS or e-mail.',
      ],
      ['63005 63006 63011 63013 63021 63030', content],
      ['63015', "Let the person send the sandbox's join words again: they hold for three days."],
      ['63016', template],
      [
        '63018 63038',
        "Wait until tomorrow or ask the provider to raise the limit; check the sender's quality rating.",
      ],
      ['63020 63112', "See to the business in Meta's Business Manager. Until then send it by another way."],
      ['63024', 'Let the person install or update WhatsApp. Or send it by SMS or e-mail.'],
      ['63031', 'The technician has our own number. Mend it under Technicians.'],
      ['63032', 'Send it by SMS or e-mail: nothing can be done about it.'],
      [
        '63049',
        'Have the template approved as a utility template, then set it under Settings. Until then use another way.',
      ],
    ] as const
  ).flatMap(([codes, todo]) => codes.split(' ').map((code) => [code, todo] as const)),
);

/** What to do about a mail server's refusal: its code says to which command it was. */
const todoOfMail = (code: string | null, text: string): string => {
  if (/another way/.test(text)) return 'Nothing: see the message by the other way.';
  if (/SMTP_URL/.test(text) || code === '535' || code === '534')
    return 'Whoever runs this service checks SMTP_URL: server, port, name and password.';
  if (code?.startsWith('sender'))
    return 'Whoever runs this service checks MAIL_FROM: the server must accept it.';
  if (code?.startsWith('data'))
    return 'The server did not like the mail itself. Send it by another way, and ask who runs the server.';
  if (/^4/.test(code ?? '4')) return waitThenResend;
  return 'Check the e-mail address with the person, and mend it under Technicians. Or send it by another way.';
};
