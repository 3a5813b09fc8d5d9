import type { Then } from './provider.ts';

type Meaning = { next: Then; text: string };

// Twilio's error dictionary (twilio.com/docs/api/errors), as far as it can end a message. A code that is not
// here is not tried again: Twilio warns that codes for one cause may change.
const meanings = new Map<string, Meaning>(
  (
    [
      ['20003', 'fix', 'Twilio refuses our credentials: check account, token or API key'],
      ['20404', 'fix', 'Twilio does not know this account or address'],
      ['20429', 'retry', 'Twilio takes no more requests at the moment'],
      ['21211', 'stop', 'the number is not valid for Twilio'],
      ['21212', 'fix', 'our sender number is not valid'],
      ['21408', 'fix', 'messages to that country are switched off in Twilio'],
      ['21602', 'fix', 'the message had no text'],
      ['21603', 'fix', 'the message had no sender'],
      ['21604', 'fix', 'the message had no recipient'],
      ['21606', 'fix', 'our sender number cannot send this'],
      ['21607', 'fix', 'our sender number cannot be used on a trial account'],
      ['21608', 'fix', 'a trial account sends to verified numbers only'],
      ['21609', 'fix', 'the callback address is not valid: check PUBLIC_BASE_URL'],
      ['21610', 'stop', 'the person has opted out; only they can undo it'],
      ['21611', 'retry', "our sender's queue is full"],
      ['21612', 'stop', 'the number cannot be reached by SMS'],
      ['21614', 'stop', 'the number is not a mobile phone'],
      ['21617', 'fix', 'the text was longer than 1,600 characters'],
      ['21619', 'fix', 'the message had no text, or its template id is wrong'],
      ['21620', 'fix', 'the media address is not valid'],
      ['21623', 'fix', 'the message had too many media'],
      ['21654', 'fix', 'the template id is missing'],
      ['21655', 'fix', 'the template id is not valid'],
      ['21656', 'fix', "the template's variables are not valid"],
      ['21658', 'fix', 'a part of the template is too long'],
      ['21703', 'fix', 'the messaging service has no sender for this'],
      ['21705', 'fix', 'the messaging service is not valid'],
      ['30001', 'retry', "our sender's queue overflowed"],
      ['30002', 'fix', 'the Twilio account is suspended'],
      ['30003', 'retry', 'the phone cannot be reached at the moment'],
      ['30004', 'stop', 'the phone blocks these messages'],
      ['30005', 'stop', 'the number is unknown'],
      ['30006', 'stop', 'the number is a landline'],
      ['30007', 'fix', 'the carrier filtered the message'],
      ['30008', 'retry', 'the carrier failed for an unknown reason'],
      ['30034', 'fix', 'the sender is not registered for the United States'],
      ['30036', 'fix', 'the message became too old in the queue'],
      ['30410', 'fix', 'the carrier did not answer in time'],
      ['30450', 'fix', 'Twilio took our message for fraud: list the country as safe'],
      ['30610', 'fix', 'the carrier allows no such message at this hour'],
      ['30640', 'fix', 'the number is on a list of people who sue senders'],
      ['35115', 'fix', 'the time to send at is not possible'],
      ['63001', 'fix', 'WhatsApp refuses the sender: connect it again'],
      ['63002', 'fix', 'WhatsApp does not know our sender'],
      ['63003', 'other-way', 'the number is not on WhatsApp: confirm it with the technician'],
      ['63005', 'fix', 'WhatsApp refused the content'],
      ['63006', 'fix', 'the content cannot be sent on WhatsApp'],
      ['63007', 'fix', 'our number is no WhatsApp sender of this account'],
      ['63008', 'fix', 'the WhatsApp sender is not set up correctly'],
      ['63009', 'retry', 'WhatsApp had a fault'],
      ['63010', 'retry', 'Twilio had a fault'],
      ['63011', 'fix', 'WhatsApp found the request invalid'],
      ['63012', 'retry', 'WhatsApp had a fault'],
      ['63013', 'fix', 'the content breaks a WhatsApp rule'],
      ['63014', 'other-way', 'the person has blocked us on WhatsApp'],
      ['63015', 'stop', 'the phone has not joined the sandbox, or its three days are over'],
      ['63016', 'template', 'outside the 24 hours after their last message only a template is allowed'],
      ['63017', 'retry', 'the account sends too fast'],
      [
        '63018',
        'retry',
        'WhatsApp takes no more messages of ours for now: check messaging limit and quality',
      ],
      ['63019', 'retry', 'the media could not be downloaded'],
      ['63020', 'fix', 'the Meta business is not set up'],
      ['63021', 'fix', 'the content is not valid on WhatsApp'],
      ['63022', 'fix', "the sender's certificate is not valid"],
      ['63023', 'retry', 'WhatsApp had a fault'],
      ['63024', 'other-way', 'the phone cannot receive WhatsApp messages: the app may be missing or old'],
      ['63025', 'fix', 'the media exists already'],
      ['63026', 'fix', 'WhatsApp took our message for spam'],
      ['63027', 'fix', 'the template does not exist in this language'],
      ['63028', 'fix', 'the template has another number of variables'],
      ['63029', 'retry', 'the phone could not load the template'],
      ['63030', 'fix', 'a part of the message is not supported'],
      ['63031', 'fix', 'sender and recipient are the same'],
      ['63032', 'other-way', 'the person cannot be reached while in a WhatsApp experiment'],
      ['63033', 'other-way', 'the person has blocked us on WhatsApp'],
      ['63034', 'fix', 'the media is too large'],
      ['63038', 'retry', "the account's daily limit is reached: have Twilio raise it"],
      ['63049', 'fix', 'Meta withheld the message: its template counts as marketing'],
      ['63051', 'fix', 'the WhatsApp sender is locked'],
      ['63112', 'fix', 'Meta has disabled the WhatsApp business account'],
      ['92002', 'fix', 'the template has too many variables'],
      ['92007', 'fix', "the template's variables are not valid"],
      ['92009', 'fix', 'the template was submitted already'],
    ] as const
  ).map(([code, next, text]) => [code, { next, text }]),
);

export const knownCodes: readonly string[] = [...meanings.keys()];

/** What an error code of Twilio's means for the message, in plain words. */
export const meaningOf = (code: string): Meaning =>
  meanings.get(code) ?? { next: 'fix', text: `Twilio's error ${code}` };

// What passes in seconds, once the phone is on again, or only the next day.
const slowToPass = new Set('21611 30001 30003 63017 63018 63038'.split(' '));
const againAfterSeconds = [10, 60, 5 * 60, 15 * 60, 60 * 60] as const;

/**
 * In how many milliseconds a message is tried again of which a callback says that it failed so, after that many
 * further tries for the same code; null: not again. Slow ones go on every hour.
 */
export const againAfterMs = (code: string, times: number): number | null => {
  if (!slowToPass.has(code)) return times === 0 ? againAfterSeconds[0] * 1000 : null;
  return againAfterSeconds[Math.min(times, againAfterSeconds.length - 1)]! * 1000;
};

/** Whether a limit of the whole sender is reached, so that somebody should see to it. */
export const isSenderLimit = (code: string): boolean => code === '63018' || code === '63038';

const contentFaults = new Set(
  '20404 21619 21654 21655 21656 21658 63005 63006 63011 63013 63021 63027 63028 63030 92002 92007'.split(
    ' ',
  ),
);

/** Whether content or its variables may be to blame, so that the same words as plain text may well go through. */
export const isContentFault = (code: string | null): boolean =>
  code === null || contentFaults.has(code) || !meanings.has(code);

/** Whether the template that a message went as is to blame, whatever it said. */
export const isTemplateFault = (code: string | null): boolean =>
  code !== null && (code === '63016' || code === '63049' || contentFaults.has(code));
