import { describe, expect, test } from 'vitest';
import { statusWords, whatHappened } from '../../src/admin/plain-words.ts';
import { deliveryStatuses } from '../../src/domain/delivery-status.ts';
import { type Reason, ways } from '../../src/domain/message.ts';
import { knownCodes, meaningOf } from '../../src/messaging/twilio-errors.ts';

const reasons: (Reason | null)[] = [
  ...(['paused', 'preference', 'quiet-hours', 'order-moved-on', 'alert-claimed', 'disabled'] as const),
  ...(['no-template', 'no-address', 'opted-out', 'expired', 'provider', null] as const),
];
const mailCodes = ['421', '450', '535', '550', 'sender 550', 'data 554'];
const errors = [
  null,
  { code: null, text: 'it was said by another way' },
  { code: null, text: null },
  ...[...knownCodes, '99999'].flatMap((code) => [
    { code, text: meaningOf(code).text },
    { code, text: null },
  ]),
  ...mailCodes.map((code) => ({ code, text: 'the mail server refused the mail' })),
];
const out = {
  direction: 'out',
  way: 'whatsapp',
  reason: null,
  error: null,
  possibleDuplicate: false,
} as const;

describe('what happened to a message', () => {
  test('has a word for every status, and whole sentences for every reason and error', () => {
    const lacking: unknown[] = [];
    for (const status of deliveryStatuses)
      for (const reason of reasons)
        for (const error of errors)
          for (const way of ways) {
            const { word, why, todo } = whatHappened({ ...out, status, reason, error, way });
            const texts = [why, todo].filter((each) => each !== null);
            const isWhole = texts.every((each) => /^[A-Z].*[.]$/.test(each) && !/undefined|null/.test(each));
            const needsWhy = ['failed', 'expired', 'cancelled', 'unknown'].includes(status);
            const needsTodo = status === 'failed' || status === 'expired' || status === 'unknown';
            // What moved on, and what was taken by somebody else, needs nobody.
            const isOver = reason === 'order-moved-on' || reason === 'alert-claimed';
            if (!word || !isWhole || (needsWhy && !why) || (needsTodo && !todo && !isOver))
              lacking.push({ status, reason, error, way, word, why, todo });
          }
    expect(lacking).toEqual([]);
  });

  test('tells every error of the provider by its text and number', () => {
    for (const code of knownCodes) {
      const { tone, why, todo } = whatHappened({
        ...{ ...out, status: 'failed', reason: 'provider', error: { code, text: null } },
      });
      expect(tone).toBe('bad');
      expect(why?.toLowerCase()).toContain(meaningOf(code).text.toLowerCase());
      expect(why).toContain(code);
      expect(todo).toBeTruthy();
    }
  });

  test.each([
    [
      { status: 'failed', reason: 'provider', error: { code: '63003', text: null } },
      /not on WhatsApp/,
      /number/,
    ],
    [{ status: 'cancelled', reason: 'paused' }, /paused/, /START/],
    [{ status: 'queued', reason: 'quiet-hours' }, /quiet hours/, /by itself/],
    [{ status: 'queued', reason: null }, /its turn/, null],
    [
      { status: 'cancelled', reason: null, error: { code: null, text: 'it was said by another way' } },
      /another way/,
      /Nothing/,
    ],
    [
      { status: 'failed', reason: 'opted-out', error: { code: '21610', text: null } },
      /opted out.*21610/,
      /START/,
    ],
    [
      { status: 'failed', way: 'email', reason: 'provider', error: { code: '550', text: null } },
      /mail server/,
      /address/,
    ],
    [
      { status: 'failed', way: 'email', reason: 'provider', error: { code: 'sender 550', text: null } },
      /mail/,
      /MAIL_FROM/,
    ],
    [{ status: 'delivered', possibleDuplicate: true }, /arrived twice/, null],
    [{ status: 'unknown' }, /no clear answer/, /ask the person/],
    [{ direction: 'in', status: 'disabled' }, /switched off/, /yourself/],
    [{ direction: 'in', status: 'failed' }, /could not be dealt with/, /Queues/],
  ] as const)('%j', (message, why, todo) => {
    const told = whatHappened({ ...out, ...message });
    expect(told.why).toMatch(why);
    if (todo === null) expect(told.todo).toBeNull();
    else expect(told.todo).toMatch(todo);
  });

  test('names every status of the choice as it is shown', () => {
    for (const [status, word] of statusWords) {
      const direction = ['received', 'processed', 'disabled'].includes(status) ? 'in' : 'out';
      expect(whatHappened({ ...out, direction, status }).word).toBe(word);
    }
  });
});
