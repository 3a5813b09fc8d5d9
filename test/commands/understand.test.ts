import { describe, expect, test } from 'vitest';
import type { Option } from '../../src/commands/command.ts';
import type { Talk } from '../../src/commands/talk.ts';
import { type Heard, understand } from '../../src/commands/understand.ts';
import { words } from '../../src/texts/texts.ts';
import { heard, now, secondsAgo } from './facts.ts';

const hear = (message: string | Partial<Heard>, talk: Talk = {}) => {
  const understood = understand(heard(message), talk, now, words);
  return understood.kind === 'request'
    ? understood.request
    : {
        reply: understood.decision.reply.key,
        values: understood.decision.reply.values,
        question: understood.decision.question,
        confused: understood.confused,
      };
};

const options: Option[] = ['WO-7', 'WO-1042', 'WO-2', '4711'].map((number) => ({
  action: 'NOTE',
  rest: 'seal replaced',
  orderId: `id of ${number}`,
  label: number,
}));

const asked = (fields: Partial<Talk['question']> & object = {}, seconds = 60): Talk => ({
  question: { options, freeText: null, askedAt: secondsAgo(seconds).toISOString(), ...fields },
});

const chosen = (number: string) => ({
  action: 'NOTE',
  rest: 'seal replaced',
  orderId: `id of ${number}`,
  by: 'answer',
});

describe('buttons', () => {
  test('one of ours is its action on its order, whatever its title says', () => {
    expect(hear({ text: 'Comenzar', button: { action: 'START', orderId: 'o1' } })).toEqual({
      action: 'START',
      rest: '',
      orderId: 'o1',
      by: 'button',
    });
  });

  test.each([
    { useless: 'expired' as const, expired: true },
    { useless: 'forged' as const, expired: false },
  ])('one that is $useless does nothing, though its title is a command', ({ useless, expired }) => {
    expect(hear({ text: 'START', button: { useless } })).toMatchObject({
      reply: 'buttonUseless',
      values: { expired },
      confused: false,
    });
  });

  test('one whose action we no longer know is read by its title', () => {
    expect(hear({ text: 'ack', button: { action: 'ABOLISHED', orderId: 'o1' } })).toMatchObject({
      by: 'words',
    });
    expect(hear({ text: 'ack', button: { action: 'toString', orderId: 'o1' } })).toMatchObject({
      by: 'words',
    });
  });

  test('it beats a pending question', () => {
    expect(hear({ text: '1', button: { action: 'ACK', orderId: 'o9' } }, asked())).toMatchObject({
      orderId: 'o9',
    });
  });
});

describe('answers to a question', () => {
  test.each([
    ['1', 'WO-7'],
    ['2', 'WO-1042'],
    [' 3. ', 'WO-2'],
    ['(4)', '4711'],
    ['٢', 'WO-1042'],
    ['２', 'WO-1042'],
    ['2️⃣', 'WO-1042'],
    ['#3', 'WO-2'],
    ['#2', 'WO-2'],
    ['002', 'WO-2'],
    ['#7', 'WO-7'],
    ['7', 'WO-7'],
    ['42', 'WO-1042'],
    ['1042', 'WO-1042'],
    ['wo 1042', 'WO-1042'],
    ['WO-2', 'WO-2'],
    ['4711', '4711'],
  ])('%j chooses %s', (text, number) => {
    expect(hear(text, asked())).toEqual(chosen(number));
  });

  test.each(['0', '5', '99', '999', '#5'])('%s is not on the list, and the question stays', (text) => {
    expect(hear(text, asked())).toMatchObject({
      reply: 'notOnList',
      values: { given: text, count: 4 },
      question: { options },
      confused: false,
    });
  });

  test.each(['WO-9', '12345', 'the second one', '1 and 2', '1 bolt'])('%j is no answer', (text) => {
    expect(hear(text, asked())).toMatchObject({ reply: 'notUnderstood', confused: true });
  });

  test('a text that was asked for is taken as it comes', () => {
    const freeText = { action: 'DELAY' as const, orderId: 'o1' };
    const taken = (text: string) => hear(text, asked({ options: [], freeText }));
    for (const text of ['no seal', '2', 'ok', 'acknowledge it later', '👍']) {
      expect(taken(text)).toEqual({ ...freeText, rest: text, by: 'answer' });
    }
    // But a command is a command.
    expect(taken('COMPLETE')).toMatchObject({ action: 'COMPLETE', by: 'words' });
  });

  test.each(['ack', 'NOTE 1', 'my work'])('the command %s beats it', (text) => {
    expect(hear(text, asked())).toMatchObject({ by: 'words', orderId: null });
  });
});

describe('a closed list', () => {
  const closed = [
    { name: 'answered', talk: { hadList: true } },
    { name: 'older than 10 minutes', talk: asked({}, 600.001) },
    { name: 'asked after the message was received', talk: asked({}, -1) },
  ];
  test.each(closed)('$name: its numbers are told that it is closed', ({ talk }) => {
    for (const text of ['1', '4.', '9']) {
      expect(hear(text, talk)).toMatchObject({ reply: 'listClosed', confused: false, question: null });
    }
    expect(hear('WO-7', talk)).toMatchObject({ reply: 'notUnderstood' });
  });

  test('at 10 minutes it is still open', () => {
    expect(hear('1', asked({}, 600))).toEqual(chosen('WO-7'));
  });

  test('a text is no longer taken', () => {
    const freeText = { action: 'NOTE' as const, orderId: 'o1' };
    expect(hear('seal replaced', { ...asked({ options: [], freeText }, 700) })).toMatchObject({
      reply: 'notUnderstood',
    });
  });

  test('where there was no list, a number is not understood', () => {
    expect(hear('1')).toMatchObject({ reply: 'notUnderstood' });
    expect(hear('1', { hadList: false })).toMatchObject({ reply: 'notUnderstood' });
  });
});

describe('typing errors', () => {
  test.each([
    ['complte', 'COMPLETE', ''],
    ['COMPELTE WO-7', 'COMPLETE', 'WO-7'],
    ['strat', 'START', ''],
    ['"Strt" WO-7', 'START', 'WO-7'],
    ['dleay: no seal', 'DELAY', 'no seal'],
    ['escalete', 'ESCALATE', ''],
    ['confrim', 'CONFIRM', ''],
    ['udno', 'UNDO', ''],
    ['stpo', 'STOP', ''],
    ['unsubcribe', 'STOP', ''],
    ['responing', 'RESPONDING', ''],
  ])('%s: offered, never run', (text, command, rest) => {
    const offered = hear(text);
    expect(offered).toMatchObject({ reply: 'didYouMean', confused: true });
    const { question } = offered as { question: { options: Option[] } };
    expect(question.options).toContainEqual(
      expect.objectContaining({ action: command, rest, orderId: null }),
    );
    const place = question.options.findIndex(({ action }) => action === command) + 1;
    expect(hear(String(place), asked(question))).toEqual({
      action: command,
      rest,
      orderId: null,
      by: 'answer',
    });
  });

  test.each([
    ['pendng', 'PENDING', ''],
    ['statsu WO-7', 'STATUS', 'WO-7'],
    ['hlep', 'HELP', ''],
    ['MROE', 'MORE', ''],
  ])('%s only reads: run', (text, action, rest) => {
    expect(hear(text)).toEqual({ action, rest, orderId: null, by: 'words' });
  });

  test.each([
    'the seal is replaced',
    'ackn',
    'no',
    'yes',
    'thanks',
    'good morning',
    '👍',
    'completed yesterday already?',
    'x'.repeat(5000),
  ])('%.40s: nothing is done', (text) => {
    expect(hear(text)).toHaveProperty('reply');
  });
});

describe('words that may mean several things are offered', () => {
  test.each([
    ['end', ['COMPLETE', 'STOP']],
    ['CANCEL', ['UNDO', 'STOP']],
    ['Quit!', ['COMPLETE', 'STOP']],
    ['done', ['COMPLETE']],
    ['OK', ['ACK']],
    ['ok 👍', ['ACK']],
    ['done WO-7', ['COMPLETE WO-7']],
  ])('%s: %s', (text, labels) => {
    expect(hear(text)).toMatchObject({ reply: 'didYouMean', values: { options: labels, forwarded: false } });
  });
});

describe('forwarded messages', () => {
  test.each(['complete WO-7', 'STOP', 'ack', 'note seal replaced'])('%s is offered, not run', (text) => {
    expect(hear({ text, forwarded: true })).toMatchObject({
      reply: 'didYouMean',
      values: {
        given: text,
        options: [expect.stringMatching(/^(COMPLETE WO-7|STOP|ACK|NOTE seal replaced)$/)],
        forwarded: true,
      },
      confused: false,
    });
  });

  test.each(['my work', 'status WO-7', 'help'])('%s only reads: run', (text) => {
    expect(hear({ text, forwarded: true })).toMatchObject({ by: 'words' });
  });
});

describe('what is more than words', () => {
  test('a caption with a command is that command, else the attachments are kept', () => {
    expect(hear({ text: 'complete WO-7', hasAttachments: true })).toMatchObject({ action: 'COMPLETE' });
    expect(hear({ text: 'the seal', hasAttachments: true })).toMatchObject({
      action: 'ATTACH',
      rest: 'the seal',
    });
    expect(hear({ text: '', hasAttachments: true })).toMatchObject({ action: 'ATTACH', rest: '' });
  });

  test('a photo does not answer a question', () => {
    expect(hear({ text: '1', hasAttachments: true }, asked())).toMatchObject({ action: 'ATTACH', rest: '1' });
  });

  test.each(['sticker', 'reaction', 'unknown'] as const)('a %s is said to be none', (other) => {
    expect(hear({ text: '', other })).toMatchObject({
      reply: 'unreadable',
      values: { kind: other },
      confused: false,
    });
    // What such a message holds as text is not what somebody wrote.
    expect(hear({ text: 'START', other })).toMatchObject({ reply: 'unreadable' });
  });

  test.each(['', ' \n '])('nothing at all (%j) is unreadable', (text) => {
    expect(hear({ text })).toMatchObject({ reply: 'unreadable', values: { kind: 'unknown' } });
  });

  test('a thumbs-up on an assignment acknowledges it', () => {
    expect(hear({ text: '👍', other: 'reaction', thumbsUpFor: 'o1' })).toEqual({
      action: 'ACK',
      rest: '',
      orderId: 'o1',
      by: 'reaction',
    });
  });
});
