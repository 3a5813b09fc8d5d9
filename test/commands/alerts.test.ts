import { describe, expect, test } from 'vitest';
import type { AlertFacts, Facts, Undoable } from '../../src/commands/command.ts';
import type { Heard } from '../../src/commands/understand.ts';
import {
  alert,
  call,
  claimed,
  decide,
  facts,
  order,
  person,
  resolved,
  secondsAgo,
  talkAfter,
} from './facts.ts';

const knowing = (alerts: AlertFacts[], fields: Parameters<typeof facts>[2] = {}) =>
  facts([], [], { alerts, ...fields });

/** What a message comes to: the answer, the alerts it is about, and what is done to which. */
const told = (message: string | Partial<Heard>, known: Facts, talk = {}) => {
  const { alerts, reply, changes } = decide(message, known, talk);
  return {
    answer: reply.key,
    about: (reply.alerts ?? []).map(({ externalId }) => externalId),
    does: [
      ...alerts.map((each) => `${each.do} ${each.alertId.replace('id of ', '')}`),
      ...changes.map(({ event }) => event.type),
    ],
  };
};

const tap = (action: string, ...ids: string[]) => ({
  button: { action, alertIds: ids.map((id) => `id of ${id}`) },
});

const one = { at: secondsAgo(60), by: 'one message' };
const bens = { by: 'ben', told: { at: secondsAgo(40), by: 'page' } };
/** What he was told of only after he wrote. */
const since = { told: { at: secondsAgo(-60), by: 'since' } };
const older = { told: { at: secondsAgo(600), by: 'older' } };
const orders = [order('WO-1', { status: 'in_progress' })];

describe('RESPONDING', () => {
  const two = [alert('A-2'), alert('A-1', older)];

  test.each<[string, string | Partial<Heard>, Partial<Facts>]>([
    ['takes the open alert told last', 'responding', {}],
    ['is Spanish as well', 'voy', {}],
    ['by button takes that one', tap('RESPONDING', 'A-2'), {}],
    ['in reply to its message', 'responding', { quotedAlerts: ['id of A-2'] }],
    ['with its external id', 'responding a-2', {}],
    ['with the end of its id', 'responding 2', {}],
  ])('%s', (_, message, known) => {
    expect(told(message, knowing(two, known))).toEqual({
      answer: 'alertTaken',
      about: ['A-2'],
      does: ['claim A-2'],
    });
  });

  test.each<[string, string | Partial<Heard>, Partial<Facts>]>([
    ['by button', tap('RESPONDING', 'A-1'), {}],
    ['quoted', 'responding', { quotedAlerts: ['id of A-1'] }],
    ['by id', 'responding A-1', {}],
  ])('an earlier one %s', (_, message, known) => {
    expect(told(message, knowing(two, known)).does).toEqual(['claim A-1']);
  });

  test("the asset's code or name will do", () => {
    const fan = { id: 'fan', code: 'F-9', name: 'Exhaust Fan', location: null };
    const known = knowing([alert('A-1'), alert('X-5', { asset: fan, ...older })]);
    for (const given of ['F-9', 'f 9', 'exhaust fan', '“Exhaust Fan”']) {
      expect(told(`responding ${given}`, known).does).toEqual(['claim X-5']);
    }
    // Two on one asset: which?
    const both = knowing([alert('A-1'), alert('A-2', older)]);
    expect(told('responding P-3', both)).toEqual({
      answer: 'whichAlert',
      about: ['A-1', 'A-2'],
      does: [],
    });
  });

  test('says who hears of it and how many others are open', () => {
    const known = knowing([alert('A-2', { others: ['Ben'] }), alert('A-1', older), claimed('A-0', bens)]);
    expect(decide('responding', known).reply.values).toMatchObject({ told: ['Ben'], others: 1 });
  });

  test.each([
    ['taken', claimed('A-1', bens), { state: 'taken', by: 'Ben', at: secondsAgo(30) }],
    ['mine already', claimed('A-1'), { state: 'mine', at: secondsAgo(30) }],
    ['resolved', resolved('A-1'), { state: 'resolved', at: secondsAgo(10) }],
  ])('to what is %s changes nothing and says so', (_, known, values) => {
    for (const message of [
      'responding',
      'responding A-1',
      'responding all',
      tap('RESPONDING', 'A-1'),
    ] as const) {
      expect(told(message, knowing([known]))).toEqual({ answer: 'alertNotTaken', about: ['A-1'], does: [] });
    }
    expect(decide('responding', knowing([known])).reply.values).toMatchObject(values);
    const quoted = knowing([alert('A-2'), known], { quotedAlerts: ['id of A-1'] });
    expect(told('responding', quoted).answer).toBe('alertNotTaken');
  });

  test('passes by what somebody has: the open one told last', () => {
    expect(told('responding', knowing([claimed('A-2', bens), alert('A-1', older)])).does).toEqual([
      'claim A-1',
    ]);
  });

  describe('never takes what he was told of only after he wrote', () => {
    const escalated = order('WO-9', { escalated: true, assigneeId: 'ben' });
    const called = { calls: [call(escalated, { toldAt: secondsAgo(-30) })] };

    test.each<[string, Facts]>([
      ['an alert', knowing([alert('A-2', since), alert('A-1', older)])],
      ['a call', knowing([alert('A-1', older)], called)],
    ])('but what he had been told of before: %s', (_, known) => {
      for (const words of ['responding', 'responding all'])
        expect(told(words, known).does).toEqual(['claim A-1']);
    });

    test('and asks where there is nothing else', () => {
      for (const words of ['responding', 'responding all']) {
        const known = knowing([alert('A-2', since), claimed('A-1', bens)]);
        const asked = decide(words, known);
        expect(asked).toMatchObject({ alerts: [], changes: [], reply: { key: 'whichAlert' } });
        expect(told('1', known, talkAfter(asked)).does).toEqual(['claim A-2']);
        expect(told(words, knowing([], called))).toMatchObject({ answer: 'whichOrder', does: [] });
      }
    });

    test.each<[string, string | Partial<Heard>, Partial<Facts>]>([
      ['taps', tap('RESPONDING', 'A-2'), {}],
      ['quotes', 'responding', { quotedAlerts: ['id of A-2'] }],
      ['names', 'responding A-2', {}],
    ])('unless he %s it', (_, message, fields) => {
      const known = knowing([alert('A-2', since), alert('A-1', older)], fields);
      expect(told(message, known).does).toEqual(['claim A-2']);
    });
  });

  test('without any alert there is none', () => {
    expect(told('responding', knowing([]))).toEqual({ answer: 'noAlert', about: [], does: [] });
    expect(told(tap('RESPONDING', 'A-9'), knowing([alert('A-1')])).answer).toBe('noAlert');
  });

  describe('after one message about several', () => {
    const listed = [alert('A-1', { told: one }), alert('A-2', { told: one }), alert('A-3', { told: one })];
    const known = knowing([...listed, alert('A-0', older)]);

    test.each<[string, string | Partial<Heard>, Partial<Facts>]>([
      ['the last one', 'responding', {}],
      ['quoted', 'responding', { quotedAlerts: listed.map((each) => each.alert.id) }],
      ['a button', tap('RESPONDING', 'A-1', 'A-2', 'A-3'), {}],
    ])('asks which, with all as the last choice: %s', (_, message, fields) => {
      const asked = decide(message, { ...known, ...fields });
      expect(asked).toMatchObject({
        alerts: [],
        changes: [],
        reply: { key: 'whichAlert', values: { all: true } },
      });
      const talk = talkAfter(asked);
      expect(told('2', known, talk).does).toEqual(['claim A-2']);
      expect(told('A-3', known, talk).does).toEqual(['claim A-3']);
      for (const everything of ['4', 'all', 'All of them.', 'todas']) {
        expect(told(everything, known, talk).does).toEqual(['claim A-1', 'claim A-2', 'claim A-3']);
      }
      expect(told('5', known, talk)).toMatchObject({ answer: 'notOnList', does: [] });
    });

    test('what somebody has taken meanwhile stays his, and is said', () => {
      const talk = talkAfter(decide('responding', known));
      const later = knowing([listed[0]!, claimed('A-2', { ...bens, told: one }), listed[2]!]);
      const taken = decide('4', later, talk);
      expect(taken.alerts.map(({ alertId }) => alertId)).toEqual(['id of A-1', 'id of A-3']);
      expect(taken.reply.values).toMatchObject({ missed: [{ state: 'taken', by: 'Ben' }] });
      expect(told('2', later, talk)).toMatchObject({ answer: 'alertNotTaken', does: [] });
    });

    test('takes the only one that is still open', () => {
      const rest = [listed[0]!, claimed('A-2', { ...bens, told: one }), resolved('A-3', { told: one })];
      const quotedAlerts = rest.map((each) => each.alert.id);
      expect(told('responding', knowing(rest, { quotedAlerts })).does).toEqual(['claim A-1']);
    });
  });

  test.each(['responding all', 'RESPONDING: ALL', 'voy todas', 'Voy todo'])(
    '%s takes every open one',
    (text) => {
      const known = knowing([alert('A-3'), claimed('A-2', bens), alert('A-1', older)]);
      expect(told(text, known).does).toEqual(['claim A-3', 'claim A-1']);
      // In reply to a message: those it was about.
      expect(told(text, { ...known, quotedAlerts: ['id of A-1'] }).does).toEqual(['claim A-1']);
    },
  );

  test('words that name none change nothing and are asked about', () => {
    for (const text of ['responding on my way', 'responding 99', 'voy enseguida']) {
      const asked = decide(text, knowing([alert('A-1')]));
      expect(asked).toMatchObject({ alerts: [], reply: { key: 'whichAlert', values: { all: false } } });
      expect(told('1', knowing([alert('A-1')]), talkAfter(asked)).does).toEqual(['claim A-1']);
    }
    expect(told('responding now', knowing([claimed('A-1')]))).toMatchObject({ answer: 'alertNotTaken' });
  });

  describe('beside an escalation', () => {
    const escalated = order('WO-9', { escalated: true, assigneeId: 'ben' });
    const escalation = (seconds: number) => ({
      calls: [call(escalated, { toldAt: secondsAgo(seconds) })],
    });

    test('takes what was told last', () => {
      expect(told('responding', knowing([alert('A-1')], escalation(61))).answer).toBe('alertTaken');
      expect(told('responding', knowing([alert('A-1')], escalation(59))).answer).toBe('callTaken');
      expect(told('responding', knowing([claimed('A-1', bens)], escalation(600))).answer).toBe('callTaken');
    });

    test('or what is named or quoted', () => {
      const known = knowing([alert('A-1')], escalation(10));
      expect(told('responding A-1', known).answer).toBe('alertTaken');
      expect(told('responding', { ...known, quotedAlerts: ['id of A-1'] }).answer).toBe('alertTaken');
      const early = knowing([alert('A-1')], escalation(600));
      expect(told('responding WO-9', early).answer).toBe('callTaken');
      expect(told('responding', { ...early, quoted: [escalated.id] }).answer).toBe('callTaken');
    });

    test('what fits both is asked about', () => {
      const asked = decide('responding 9', knowing([alert('A-9')], escalation(10)));
      expect(asked.reply).toMatchObject({ key: 'whichAlert', values: { all: false } });
      const known = knowing([alert('A-9')], escalation(10));
      expect(told('2', known, talkAfter(asked)).answer).toBe('callTaken');
    });
  });

  test('a thumbs-up on a page does not: it says how', () => {
    const thumb = (...ids: string[]) => ({ text: '👍', thumbsUpForAlerts: ids.map((id) => `id of ${id}`) });
    expect(told(thumb('A-1'), knowing([alert('A-1')]))).toEqual({
      answer: 'alertTakes',
      about: ['A-1'],
      does: [],
    });
    expect(told(thumb('A-1'), knowing([claimed('A-1', bens)]))).toMatchObject({
      answer: 'alertNotTaken',
      does: [],
    });
  });

  test('forwarded, or mistyped, it is offered', () => {
    const known = knowing([alert('A-1'), alert('A-2', older)]);
    expect(told({ text: 'RESPONDING', forwarded: true }, known)).toMatchObject({
      answer: 'didYouMean',
      does: [],
    });
    const asked = decide('respondin', known);
    expect(asked).toMatchObject({ alerts: [], reply: { key: 'didYouMean' } });
    expect(told('1', known, talkAfter(asked)).does).toEqual(['claim A-1']);
    expect(told('1', known, talkAfter(decide('RESPONDNG all', known))).does).toEqual([
      'claim A-1',
      'claim A-2',
    ]);
  });
});

describe('ESCALATE', () => {
  const next = { nextPeople: ['Sofia'] };

  test.each<[string, string, AlertFacts[], string]>([
    ['of an open alert tells the next people', 'escalate', [alert('A-1')], 'escalate A-1'],
    ['by whoever goes releases it', 'escalate', [claimed('A-1')], 'release A-1'],
    [
      'takes the one he goes to before others',
      'escalar',
      [alert('A-2'), claimed('A-1', older)],
      'release A-1',
    ],
    ['takes the open one told last', 'escalate smoke', [alert('A-2'), alert('A-1', older)], 'escalate A-2'],
    ['while somebody goes calls for help', 'escalate', [claimed('A-1', bens)], 'help A-1'],
    [
      'takes an open one before that',
      'escalate',
      [claimed('A-2', bens), alert('A-1', older)],
      'escalate A-1',
    ],
    ['with its id', 'escalate A-1 smoke', [alert('A-2'), alert('A-1', older)], 'escalate A-1'],
    [
      'never takes what he was told of since',
      'escalate',
      [claimed('A-2', since), alert('A-3', since), alert('A-1', older)],
      'escalate A-1',
    ],
    ["with the asset's code", 'escalate p-3: smoke', [alert('A-2'), alert('A-1', older)], 'escalate A-2'],
  ])('%s', (_, text, alerts, does) => {
    expect(told(text, { ...knowing(alerts, next), orders }).does).toEqual([does]);
  });

  test('names who is told, with the reason', () => {
    expect(decide('escalate it smokes', knowing([alert('A-1')], next))).toMatchObject({
      alerts: [{ do: 'escalate', reason: 'it smokes' }],
      reply: { key: 'alertEscalated', values: { told: ['Sofia'], released: false } },
      tell: [],
    });
    expect(decide('escalate A-1', knowing([claimed('A-1')], next))).toMatchObject({
      alerts: [{ do: 'release', reason: null }],
      reply: { key: 'alertEscalated', values: { told: ['Sofia'], released: true } },
    });
  });

  test('names who goes, and the supervisor', () => {
    expect(decide('escalate', knowing([claimed('A-1', bens)], next)).reply).toMatchObject({
      key: 'alertHelpCalled',
      values: { by: 'Ben', at: secondsAgo(30), told: ['Sofia'] },
    });
  });

  test('by button or in reply means that alert, though another is nearer', () => {
    const known = knowing([claimed('A-2'), alert('A-1', older)]);
    expect(told(tap('ESCALATE', 'A-1'), known).does).toEqual(['escalate A-1']);
    expect(told('escalate', { ...known, quotedAlerts: ['id of A-1'] }).does).toEqual(['escalate A-1']);
    const listed = { ...known, quotedAlerts: ['id of A-1', 'id of A-2'] };
    expect(told('escalate', listed).does).toEqual(['release A-2']);
  });

  test('about an order means the order', () => {
    const known = { ...knowing([alert('A-1')]), orders };
    expect(told('escalate WO-1', known).does).toEqual(['work_order.escalated']);
    expect(told('escalate', { ...known, quoted: ['id of WO-1'] }).does).toEqual(['work_order.escalated']);
    const button = { button: { action: 'ESCALATE', orderId: 'id of WO-1' } };
    expect(told(button, known).does).toEqual(['work_order.escalated']);
  });

  test('of an alert that is over still calls for help, and about no order', () => {
    const over = knowing([resolved('A-1')], { quotedAlerts: ['id of A-1'] });
    const { changes, reply } = decide('escalate it burns again', { ...over, orders });
    expect(changes).toMatchObject([{ orderId: null, event: { data: { text: 'it burns again' } } }]);
    expect(reply.key).toBe('escalated');
    expect(decide('escalate', { ...knowing([resolved('A-1')]), orders }).reply).toMatchObject({
      values: { order: { number: 'WO-1' } },
    });
  });

  test("others' alerts of more than 12 hours ago are none of his any more", () => {
    const ago = (seconds: number) =>
      claimed('A-1', { by: 'ben', told: { at: secondsAgo(seconds), by: 'page' } });
    const half = 12 * 60 * 60;
    expect(told('escalate', { ...knowing([ago(half - 1)]), orders }).does).toEqual(['help A-1']);
    expect(told('escalate', { ...knowing([ago(half)]), orders }).does).toEqual(['work_order.escalated']);
  });
});

describe('COMPLETE', () => {
  test('by whoever goes resolves it, and says who hears', () => {
    const known = knowing([claimed('A-1', { others: ['Ben', 'Cara'] })]);
    for (const message of ['complete', 'terminar', 'complete A-1', 'complete P-3', tap('COMPLETE', 'A-1')]) {
      expect(told(message, known)).toEqual({
        answer: 'alertResolved',
        about: ['A-1'],
        does: ['resolve A-1'],
      });
    }
    expect(decide('complete', known).reply.values).toMatchObject({ told: ['Ben', 'Cara'] });
    expect(told('complete', { ...known, quotedAlerts: ['id of A-1'] }).does).toEqual(['resolve A-1']);
  });

  test.each([
    ['nobody goes to', alert('A-1'), { state: 'open' }],
    ['somebody else goes to', claimed('A-1', bens), { state: 'taken', by: 'Ben' }],
    ['is over', resolved('A-1'), { state: 'resolved' }],
  ])('what %s is refused', (_, known, values) => {
    for (const message of ['complete A-1', tap('COMPLETE', 'A-1')]) {
      expect(told(message, knowing([known]))).toEqual({
        answer: 'alertNotResolved',
        about: ['A-1'],
        does: [],
      });
    }
    const quoted = { ...knowing([known], { quotedAlerts: ['id of A-1'] }), orders };
    expect(decide('complete', quoted)).toMatchObject({
      alerts: [],
      changes: [],
      reply: { key: 'alertNotResolved', values },
    });
    // Without any order of his it can only have meant this.
    expect(told('complete', knowing([known])).answer).toBe('alertNotResolved');
    expect(told('complete', { ...knowing([known]), orders }).does).toEqual(['work_order.completed']);
  });

  test('does not mean what he was told of only after he wrote', () => {
    const known = knowing([claimed('A-2', since), claimed('A-1', older)]);
    expect(told('complete', known).does).toEqual(['resolve A-1']);
    const only = knowing([claimed('A-2', since)]);
    expect(told('complete', only)).toMatchObject({ answer: 'whichAlert', does: [] });
    expect(told('complete', { ...only, orders }).does).toEqual(['work_order.completed']);
  });

  test('means the alert if it was claimed after the last command about an order', () => {
    const known = { ...knowing([claimed('A-1')]), orders };
    expect(told('complete', { ...known, lastOrderAt: secondsAgo(31) }).does).toEqual(['resolve A-1']);
    expect(told('complete', known).does).toEqual(['resolve A-1']);
  });

  test('asks which it means when an order came in between', () => {
    const known = { ...knowing([claimed('A-1')]), orders, lastOrderAt: secondsAgo(29) };
    const asked = decide('complete', known);
    expect(asked).toMatchObject({
      alerts: [],
      changes: [],
      reply: { key: 'whichAlert', values: { all: false, orders: [{ number: 'WO-1' }] } },
    });
    expect(told('1', known, talkAfter(asked)).does).toEqual(['resolve A-1']);
    expect(told('2', known, talkAfter(asked)).does).toEqual(['work_order.completed']);
    expect(told('WO-1', known, talkAfter(asked)).does).toEqual(['work_order.completed']);
    // What cannot be completed anyway is no candidate.
    const waiting = { ...known, orders: [order('WO-1', { status: 'acknowledged' })] };
    expect(told('complete', waiting).does).toEqual(['resolve A-1']);
  });

  test('of several asks, and resolves all where that is said', () => {
    const known = knowing([claimed('A-1'), claimed('A-2', older)]);
    const talk = talkAfter(decide('complete', known));
    expect(told('2', known, talk).does).toEqual(['resolve A-2']);
    expect(told('3', known, talk).does).toEqual(['resolve A-1', 'resolve A-2']);
  });

  test.each([
    ['WO-1', 'work_order.completed'],
    ['1', 'work_order.completed'],
    ['A-1', 'resolve A-1'],
  ])("%s: an order's number comes before an alert's, a whole one before an end", (given, does) => {
    const known = { ...knowing([claimed('A-1')]), orders };
    expect(told(`complete ${given}`, known).does).toEqual([does]);
  });

  test('words left over change nothing and are asked about', () => {
    const known = knowing([claimed('A-1')]);
    expect(told('complete not yet', known)).toEqual({ answer: 'whichAlert', about: ['A-1'], does: [] });
    expect(told('complete not yet', { ...knowing([alert('A-1')]), orders })).toMatchObject({
      answer: 'whichOrder',
      does: [],
    });
  });
});

describe('what is for orders', () => {
  const reply = { ...knowing([alert('A-1')], { quotedAlerts: ['id of A-1'] }), orders: [order('WO-1')] };

  test.each(['ack', 'start', 'confirm', 'note seal hot', 'delay no part', 'need a hand'])(
    '%s in reply to an alert does nothing, and says what an alert takes',
    (text) => {
      expect(told(text, reply)).toEqual({ answer: 'alertTakes', about: ['A-1'], does: [] });
    },
  );

  test('with its number it is still for the order', () => {
    expect(told('ack WO-1', reply).does).toEqual(['work_order.acknowledged']);
    expect(told('note WO-1 seal hot', reply).does).toEqual(['work_order.noted']);
  });

  test('a photo is kept, with no order', () => {
    const attachments = [{ id: 'a1', kind: 'image' as const, caption: null, place: null }];
    const decided = decide({ text: '', hasAttachments: true }, { ...reply, attachments });
    expect(decided).toMatchObject({
      attach: null,
      changes: [],
      reply: { key: 'alertTakes', kept: { onOrder: false } },
    });
  });

  test('START in reply to one resumes no notifications', () => {
    const { paused, reply: said } = decide('start', {
      ...reply,
      technician: { ...reply.technician, paused: true },
    });
    expect({ paused, said: said.key }).toEqual({ paused: null, said: 'alertTakes' });
  });
});

describe('what is read', () => {
  test('MY WORK and PENDING have on top what he goes to, and what nobody does', () => {
    const known = {
      ...knowing([alert('A-3'), claimed('A-2', bens), claimed('A-1'), resolved('A-0')]),
      orders,
    };
    for (const text of ['my work', 'pending']) {
      const { values } = decide(text, known).reply as {
        values: { alerts: { alert: { externalId: string } }[] };
      };
      expect(values.alerts.map((each) => each.alert.externalId)).toEqual(['A-1', 'A-3']);
    }
  });

  test.each<[string, string | Partial<Heard>, Partial<Facts>]>([
    ['in reply', 'status', { quotedAlerts: ['id of A-1'] }],
    ['by id', 'estado A-1', {}],
    ['by asset', 'status pump 3', {}],
    ['by button', tap('STATUS', 'A-1'), {}],
  ])('STATUS %s shows the alert in full', (_, message, fields) => {
    const known = { ...knowing([claimed('A-1', { ...bens, others: ['Ben', 'Cara'] })], fields), orders };
    expect(decide(message, known)).toMatchObject({
      reply: { key: 'alertDetail', values: { state: 'taken', by: 'Ben', told: ['Ben', 'Cara'] } },
    });
  });

  test('STATUS of several asks which', () => {
    const known = knowing([alert('A-1'), resolved('A-2')], { quotedAlerts: ['id of A-1', 'id of A-2'] });
    const asked = decide('status', known);
    expect(asked.reply).toMatchObject({ key: 'whichAlert', values: { all: false } });
    expect(told('2', known, talkAfter(asked)).answer).toBe('alertDetail');
  });

  test("an order's number is an order's", () => {
    expect(decide('status 1', { ...knowing([alert('A-1')]), orders }).reply.key).toBe('orderDetail');
    expect(decide('status 99', { ...knowing([alert('A-1')]), orders }).reply.key).toBe('noSuchOrder');
    expect(decide('status', { ...knowing([alert('A-1')]), orders }).reply.key).toBe('counts');
  });
});

describe('UNDO', () => {
  const open = { version: 1, state: 'open' as const, responderId: null, claimedAt: null };
  const mine = {
    ...{ version: 2, state: 'responding' as const, responderId: 'ana' },
    claimedAt: secondsAgo(500).toISOString(),
  };
  const change = (known: AlertFacts, type: string, before: typeof open | typeof mine) => ({
    ...{ eventId: `${type} of ${known.alert.externalId}`, type, order: null, before: null, attachment: null },
    alert: { facts: known, before },
  });
  const undo = (changes: Undoable['changes'], fields: Partial<Undoable> = {}) =>
    decide(
      'undo',
      knowing([], {
        undoable: {
          receivedAt: secondsAgo(60),
          changes,
          changedSince: null,
          told: [person('ben')],
          ...fields,
        },
      }),
    );

  test.each([
    ['alert.claimed', claimed('A-1'), open, 'open'],
    ['alert.released', alert('A-1'), mine, 'mine'],
    ['alert.resolved', resolved('A-1'), mine, 'mine'],
  ])('takes back %s, and says how it is then', (type, known, before, state) => {
    expect(undo([change(known, type, before)])).toMatchObject({
      changes: [],
      tell: [],
      alerts: [{ do: 'take-back', alertId: 'id of A-1', eventId: `${type} of A-1`, type, before }],
      reply: { key: 'alertUndone', values: { types: [type], told: ['Ben'], alerts: [{ state }] } },
    });
  });

  test('takes back all that one message did, the last first', () => {
    const { alerts, reply } = undo([
      change(claimed('A-1'), 'alert.claimed', open),
      change(claimed('A-2'), 'alert.claimed', open),
    ]);
    expect(alerts.map(({ alertId }) => alertId)).toEqual(['id of A-2', 'id of A-1']);
    expect(reply.alerts?.map(({ externalId }) => externalId)).toEqual(['A-1', 'A-2']);
  });

  test('of a call for more people says that they stay called', () => {
    const call = {
      ...change(alert('A-1'), 'alert.escalated', open),
      alert: { facts: alert('A-1'), before: null },
    };
    expect(undo([call])).toMatchObject({ alerts: [], changes: [], reply: { key: 'alertStaysEscalated' } });
  });

  test('after ten minutes, or once somebody else has changed it, does nothing', () => {
    const claim = change(claimed('A-1'), 'alert.claimed', open);
    const late = undo([claim], { receivedAt: secondsAgo(601) });
    expect(late).toMatchObject({
      alerts: [],
      reply: { key: 'tooLateToUndo', alerts: [{ externalId: 'A-1' }] },
    });
    const alertChangedSince = { alert: claim.alert.facts.alert, by: 'Ben', at: secondsAgo(5) };
    expect(undo([claim], { alertChangedSince })).toMatchObject({
      alerts: [],
      reply: { key: 'alertChangedSince', values: { by: 'Ben' } },
    });
  });
});
