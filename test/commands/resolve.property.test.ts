import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Action, Facts } from '../../src/commands/command.ts';
import type { RecordedDecision } from '../../src/commands/run.ts';
import type { Talk } from '../../src/commands/talk.ts';
import { orderKey } from '../../src/domain/work-order.ts';
import { words } from '../../src/texts/texts.ts';
import { alert, claimed, decide, facts, now, order, resolved, secondsAgo } from './facts.ts';
import {
  alertCommands,
  type Meaning,
  meaning,
  orderCommands,
  type RefAlert,
  type Situation,
  textCommands,
} from './reference.ts';

// Numbers that look alike: no two are the same, but the ends of many are.
const numbers = [
  'WO-1',
  'WO-01',
  'WO-11',
  'WO-011',
  'WO-21',
  'WO-2026-001',
  'XWO-1',
  'PM-7A',
  'PM-07A',
  'PM-7',
  '12',
  '4711',
  '№ 12',
];

const orders: fc.Arbitrary<Pick<Situation, 'mine' | 'closed' | 'theirs'>> = fc
  .shuffledSubarray(numbers, { maxLength: 10 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((number) =>
        fc.record({
          role: fc.constantFrom('mine', 'mine', 'mine', 'closed', 'theirs', 'nobody'),
          number: fc.constant(number),
          status: fc.constantFrom('assigned', 'assigned', 'acknowledged', 'in_progress', 'delayed'),
          closedAs: fc.constantFrom('completed', 'cancelled'),
          preventive: fc.boolean(),
          confirmed: fc.boolean(),
          noticed: fc.constantFrom(null, 2, 4.999, 5, 30, 60, 600, 3600),
          acknowledged: fc.constantFrom(10, 20, 30, 600, 5000),
        }),
      ),
    ),
  )
  .map((all) => {
    const made = all.map(
      ({ role, number, status, closedAs, preventive, confirmed, noticed, acknowledged }) => ({
        role,
        order: order(number, {
          status: role === 'closed' ? (closedAs as 'completed') : (status as 'assigned'),
          assigneeId: role === 'theirs' ? 'ben' : role === 'nobody' ? null : 'ana',
          kind: preventive ? 'preventive' : 'corrective',
          scheduled: preventive ? { on: '2026-12-24' } : null,
          noticeAcceptedAt: noticed === null ? null : secondsAgo(noticed),
          acknowledgedAt: status === 'assigned' ? null : secondsAgo(acknowledged),
          confirmedAt: status !== 'assigned' && confirmed ? secondsAgo(acknowledged) : null,
        }),
      }),
    );
    const having = (...roles: string[]) =>
      made.filter(({ role }) => roles.includes(role)).map((each) => each.order);
    return {
      mine: having('mine').slice(0, 8),
      closed: having('closed'),
      theirs: having('theirs', 'nobody'),
    };
  });

// Some look like the orders' numbers, and some like each other.
const alertIds = ['A-1', 'A-21', '12', 'WO-21', 'F-7', 'f 007', 'FAN'];
const assets = [
  { id: 'asset-1', code: 'P-3', name: 'Pump 3', location: null },
  { id: 'asset-2', code: 'F-7', name: 'Fan', location: null },
];

const alerts: fc.Arbitrary<RefAlert[]> = fc
  .oneof(
    { weight: 1, arbitrary: fc.constant<string[]>([]) },
    { weight: 2, arbitrary: fc.shuffledSubarray(alertIds, { maxLength: 4 }) },
  )
  .chain((ids) =>
    fc.tuple(
      ...ids.map((externalId) =>
        fc.record({
          id: fc.constant(`id of alert ${externalId}`),
          externalId: fc.constant(externalId),
          asset: fc.constantFrom(...assets),
          state: fc.constantFrom('open', 'open', 'mine', 'taken', 'resolved'),
          toldAgo: fc.constantFrom(null, 5, 60, 600, 43_199, 43_200),
          page: fc.constantFrom('one page', 'another page'),
          claimedAgo: fc.constantFrom(1, 20, 50, 700),
        }),
      ),
    ),
  )
  .map((all) =>
    all.toSorted((a, b) => (a.toldAgo ?? Number.POSITIVE_INFINITY) - (b.toldAgo ?? Number.POSITIVE_INFINITY)),
  );

const forOrders = fc.constantFrom(...orderCommands, ...textCommands);
const command = fc.oneof(
  { weight: 8, arbitrary: forOrders },
  { weight: 3, arbitrary: fc.constantFrom(...alertCommands) },
);

const spelled = (word: string) =>
  fc.constantFrom(
    word,
    word.toLowerCase(),
    ` ${word}`,
    `“${word}”`,
    `*${word.toLowerCase()}*`,
    `${word}:`,
    `🔧 ${word}`,
  );

const numberText = fc
  .constantFrom(...numbers)
  .chain((number) =>
    fc.constantFrom(
      number,
      number.toLowerCase(),
      orderKey(number),
      number.replace('-', ' '),
      `#${number}`,
      number.slice(-1),
      number.slice(-2),
      number.slice(-3),
      number.replace(/^\D+/u, ''),
      `#${number.replace(/^\D+/u, '')}`,
      `#${number.slice(-2)}`,
      `00${number.replace(/^\D+/u, '')}`,
      `${number}.`,
    ),
  );

const leftOver = fc.constantFrom(
  'not yet',
  'tomorrow',
  'please',
  'now',
  'the pump',
  'when I am back',
  'after lunch',
);

const freeText = fc.constantFrom(
  'seal replaced',
  'pressure 12 bar',
  '12 bar',
  '1 seal left',
  '-5 °C',
  'waiting for WO-1',
  '…',
  'pump no 7 hums',
);

const alertText = fc.constantFrom(...alertIds, 'P-3', 'p3', 'pump 3', 'fan', 'all', 'ALL', '1', '7', '#1');

const rest = fc.oneof(
  { weight: 2, arbitrary: alertText },
  { weight: 1, arbitrary: fc.tuple(alertText, freeText).map((parts) => parts.join(' ')) },
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 4, arbitrary: numberText },
  { weight: 1, arbitrary: leftOver },
  { weight: 1, arbitrary: fc.tuple(numberText, leftOver).map((parts) => parts.join(' ')) },
  { weight: 2, arbitrary: freeText },
  { weight: 2, arbitrary: fc.tuple(numberText, freeText).map((parts) => parts.join(' ')) },
);

const commandText = command.chain((word) =>
  fc.tuple(spelled(word), rest).map(([first, more]) => `${first} ${more}`.trim()),
);

/** A command with one slip, which is no command any more. */
const typo = fc
  .tuple(command, fc.nat(11), fc.constantFrom('drop', 'double', 'swap', 'change'), rest)
  .map(([word, place, kind, more]) => {
    const at = place % (word.length - 1);
    const slipped = {
      drop: word.slice(0, at) + word.slice(at + 1),
      double: word.slice(0, at) + word[at] + word.slice(at),
      swap: word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2),
      change: `${word.slice(0, at)}X${word.slice(at + 1)}`,
    }[kind]!;
    return { slipped, text: `${slipped} ${more}`.trim() };
  })
  .filter(({ slipped }) => !words.commands.has(slipped))
  .map(({ text }) => text);

const situation: fc.Arbitrary<Situation> = fc.tuple(orders, alerts).chain(([sets, known]) => {
  const ids = [...sets.mine, ...sets.closed, ...sets.theirs].map(({ id }) => id);
  const anyId = fc.constantFrom(...(ids.length > 0 ? ids : ['none']));
  const alertIdsKnown = known.map(({ id }) => id);
  const none = {
    ...{ button: null, question: null, quoted: [], quotedAlerts: [], lastOrderId: null, lastOrderAgo: null },
    ...{ receivedAt: now, alerts: known, ...sets },
  };
  const typed = fc.record({
    text: fc.oneof({ weight: 6, arbitrary: commandText }, { weight: 1, arbitrary: typo }),
    quoted:
      ids.length === 0
        ? fc.constant<string[]>([])
        : fc.oneof(
            { weight: 3, arbitrary: fc.constant<string[]>([]) },
            { weight: 1, arbitrary: anyId.map((id) => [id]) },
            { weight: 1, arbitrary: fc.subarray(ids, { minLength: 1 }) },
          ),
    lastOrderId: ids.length === 0 ? fc.constant(null) : fc.option(anyId),
    lastOrderAgo: fc.constantFrom(null, 10, 30, 900),
    ofAlerts: fc.option(fc.subarray(alertIdsKnown, { minLength: Math.min(1, known.length) }), { freq: 1 }),
  });
  // A message is about orders or about alerts.
  const whole = typed.map(
    ({ ofAlerts, ...said }): Situation => ({
      ...none,
      ...said,
      ...(ofAlerts && ofAlerts.length > 0 ? { quotedAlerts: ofAlerts, quoted: [] } : {}),
    }),
  );
  const alertButton = fc
    .record({
      action: fc.constantFrom(...alertCommands),
      alertId: fc.constantFrom(...(known.length > 0 ? alertIdsKnown : ['none'])),
    })
    .map((tapped): Situation => ({ ...none, text: 'ACK', button: tapped }));
  if (ids.length === 0) return known.length > 0 ? fc.oneof(whole, alertButton) : whole;
  const button = fc
    .record({ action: forOrders, orderId: anyId })
    .map((tapped) => ({ ...none, text: 'ACK', button: tapped }));
  const answer = fc
    .record({
      action: forOrders,
      text2: freeText,
      orderIds: fc.shuffledSubarray(ids, { minLength: 1 }),
      text: fc.oneof(
        fc.integer({ min: 0, max: 12 }).map(String),
        fc.constantFrom('1.', ' 2 ', '٢', '99', '01', '001', '#1', '#012', '21'),
        fc.constantFrom(...numbers.filter((number) => !/^\P{L}*$/u.test(number))),
        commandText,
      ),
    })
    .map(({ action, orderIds, text, text2 }) => ({
      ...none,
      text,
      question: { action, rest: textCommands.includes(action) ? text2 : '', orderIds },
    }));
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    ...(known.length > 0 ? [{ weight: 1, arbitrary: alertButton }] : []),
    { weight: 1, arbitrary: button as fc.Arbitrary<Situation> },
    { weight: 2, arbitrary: answer as fc.Arbitrary<Situation> },
  );
});

const knownIn = ({ mine, closed, theirs, alerts: all, lastOrderAgo, ...said }: Situation): Facts =>
  facts(mine, closed, {
    ...{ quoted: said.quoted, quotedAlerts: said.quotedAlerts, lastOrderId: said.lastOrderId },
    ...{ receivedAt: said.receivedAt, lastOrderAt: lastOrderAgo === null ? null : secondsAgo(lastOrderAgo) },
    alerts: all.map(({ externalId, state, toldAgo, page, claimedAgo, ...fields }) => {
      const told = toldAgo === null ? null : { at: secondsAgo(toldAgo), by: page };
      const claimedAt = secondsAgo(claimedAgo);
      const asset = { ...fields.asset, id: fields.asset.code, location: null };
      const about = { ...fields, asset, told };
      if (state === 'open') return alert(externalId, about);
      if (state === 'resolved') return resolved(externalId, about);
      return claimed(externalId, { ...about, claimedAt, by: state === 'mine' ? 'ana' : 'ben' });
    }),
    moved: theirs.map((each) => ({ order: each, holder: each.assigneeId, by: null, at: null })),
  });

const talkIn = ({ question, mine, closed, theirs }: Situation): Talk => {
  if (!question) return {};
  const numberOf = (id: string) => [...mine, ...closed, ...theirs].find((each) => each.id === id)!.number;
  return {
    question: {
      options: question.orderIds.map((orderId) => ({
        action: question.action as Action,
        rest: question.rest,
        orderId,
        label: numberOf(orderId),
      })),
      freeText: null,
      askedAt: secondsAgo(60).toISOString(),
    },
  };
};

const run = (said: Situation): RecordedDecision =>
  decide({ text: said.text, button: buttonOf(said) }, knownIn(said), talkIn(said));

const buttonOf = ({ button }: Situation) =>
  button && 'alertId' in button ? { action: button.action, alertIds: [button.alertId] } : button;

/** What was decided, in the reference's words. */
const read = (
  { changes, reply, alerts: ofAlerts }: RecordedDecision,
  { mine, closed, theirs }: Situation,
): Meaning => {
  const ids = (reply.alerts ?? []).map(({ externalId }) => externalId).sort();
  if (ofAlerts.length > 0) return { alerts: ids, does: ofAlerts[0]!.do as 'claim' };
  if (changes.length === 0 && reply.key === 'whichAlert') return { whichAlert: ids };
  if (changes.length === 0 && ids.length > 0) return { ofAlerts: ids };
  if (changes.length > 0) {
    const steps = changes.map(({ event }) => event.type.split('.')[1]!);
    const id = changes[0]!.orderId;
    if (id === null) return { noOrder: steps };
    return { order: [...mine, ...closed, ...theirs].find((each) => each.id === id)!.number, steps };
  }
  const about = reply.orders.map(({ number }) => number);
  switch (reply.key) {
    case 'whichOrder':
      return reply.values.leftOver === null ? { which: about.sort() } : { nothing: 'not an order' };
    case 'orderMoved':
      return { moved: about[0]! };
    case 'needsText':
      return { nothing: 'text wanted' };
    case 'noSuchOrder':
      return { nothing: 'not an order' };
    case 'nothingToDo':
    case 'noAlert':
      return { nothing: 'nothing to do' };
    case 'notOnList':
    case 'listClosed':
      return { nothing: 'off the list' };
    case 'didYouMean':
    case 'notUnderstood':
      return { nothing: 'not understood' };
    default:
      return { order: about.join(), steps: [] };
  }
};

test('a message means the order, or the question, that the design says', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(situation, (said) => {
      const decided = run(said);
      const expected = meaning(said);
      const ids = said.mine.map(({ id }) => id);
      // Whatever the reference says: nobody changes what is not his, or is closed.
      const foreign = decided.changes.filter(({ orderId }) => orderId && !ids.includes(orderId));
      const agrees =
        'nothing' in expected && !inTheseWords.includes(expected.nothing)
          ? decided.changes.length + decided.alerts.length === 0
          : JSON.stringify(read(decided, said)) === JSON.stringify(expected);
      // Twenty thousand expectations take half a minute; only a failing one need be written out.
      if (!agrees) expect(read(decided, said)).toEqual(expected);
      if (foreign.length > 0) expect(foreign).toEqual([]);
    }),
    { seed: 3, numRuns: 18_000 },
  );
});

// Of the rest the design says that nothing changes, not whether the answer asks or refuses.
const inTheseWords = ['text wanted', 'off the list', 'not understood'];

test('words left over, and a mistyped command, change nothing', () => {
  const harmless = situation.chain((said) =>
    fc
      .oneof(
        typo,
        fc
          .tuple(fc.constantFrom(...orderCommands), fc.oneof(numberText, fc.constant('')), leftOver)
          .map((all) => all.join(' ')),
      )
      .map((text) => ({ ...said, button: null, text })),
  );
  fc.assert(
    fc.property(harmless, (said) => {
      const { changes, alerts: ofAlerts } = run(said);
      return changes.length + ofAlerts.length === 0;
    }),
    { seed: 3, numRuns: 2_000 },
  );
});
