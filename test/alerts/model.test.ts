import fc from 'fast-check';
import { test } from 'vitest';
import type { Outcome } from '../../src/messaging/provider.ts';
import { refused, unclear, useOutbox } from '../messaging/outbox-stage.ts';
import { seed } from '../support/seed.ts';
import { type Act, after, afterBoth, faultsOf, type Setting, shape, spoken, type World } from './model.ts';
import { Died, mortal, setModelStage } from './model-stage.ts';

const outbox = useOutbox();

// More of them look for faults: `MODEL_RUNS=5000 npx vitest run test/alerts/model.test.ts`.
const isThorough = process.env.MODEL_RUNS !== undefined;
const runs = Number(process.env.MODEL_RUNS ?? 60);

const lanes = 3;

const number = fc.nat(4);
const some = (most: number) => fc.uniqueArray(number, { maxLength: most });
const ways = fc.constantFrom<('whatsapp' | 'sms')[]>(
  ['whatsapp'],
  ['whatsapp'],
  ['whatsapp', 'sms'],
  ['sms'],
  [],
);
const setting: fc.Arbitrary<Setting> = fc
  .record({
    people: fc.array(
      fc.record({
        role: fc.constantFrom('technician', 'technician', 'supervisor', 'planner'),
        ways,
        under: number,
      }),
      { minLength: 3, maxLength: 5 },
    ),
    responsible: some(2),
    onCall: some(2),
    alerts: fc.tuple(alertLike(), alertLike()),
    holder: fc.option(fc.nat(2)),
    steps: fc.array(
      fc.record({
        waitSeconds: fc.constantFrom(0, 30, 60, 200),
        notify: fc.uniqueArray(
          fc.oneof(
            fc.constantFrom('responsible' as const, 'supervisor' as const, 'on-call' as const),
            number,
          ),
          { minLength: 1, maxLength: 2 },
        ),
        ways: fc.constantFrom<('whatsapp' | 'sms' | 'email')[]>(
          ['whatsapp'],
          ['sms'],
          ['whatsapp', 'sms'],
          ['sms', 'whatsapp'],
        ),
      }),
      { maxLength: 3 },
    ),
  })
  .map((drawn) => ({ ...drawn, ...within(drawn, drawn.people.length) }));

function alertLike() {
  return fc.record({ severity: fc.constantFrom('critical', 'critical', 'high'), recipients: some(2) });
}

/** Numbers of people there are. */
const within = ({ responsible, onCall, alerts, steps }: Omit<Setting, 'people'>, count: number) => {
  const known = (numbers: number[]) => numbers.filter((each) => each < count);
  return {
    responsible: known(responsible),
    onCall: known(onCall),
    alerts: alerts.map((alert) => ({ ...alert, recipients: known(alert.recipients) })),
    steps: steps.flatMap((step) => {
      const notify = step.notify.filter((whom) => typeof whom !== 'number' || whom < count);
      return notify.length > 0 ? [{ ...step, notify }] : [];
    }),
  };
};

type End = 'accepted' | 'retry' | 'unclear' | 'other-way' | 'fails';
type Simple =
  | Exclude<Act, { do: 'other' | 'send' }>
  | { do: 'send'; ends: End[] }
  | { do: 'look' }
  | { do: 'ring' }
  | { do: 'report'; which: number; status: 'delivered' | 'read' | 'undelivered' };
type Command =
  | Simple
  | { do: 'pass'; seconds: number }
  /** Two at once, on two connections. */
  | { do: 'both'; one: Simple; other: Simple }
  /** While the provider's first call is under way. */
  | { do: 'during'; ends: End[]; what: Simple }
  /** A worker dies at its transaction of that number; another one finds what it left. */
  | { do: 'dies'; what: Simple; at: number; committed: boolean };

const alertNumber = fc.constantFrom(0, 0, 1);
const ends = fc.array(
  fc.constantFrom<End>('accepted', 'accepted', 'retry', 'unclear', 'other-way', 'fails'),
  {
    maxLength: 4,
  },
);
// Most say something when they can do something.
const responder = 5;
const somebodyPaged = 6;
const somebodyCalled = 7;
const nobodyPaged = 8;
const say = fc.record({
  do: fc.constant('say' as const),
  who: fc.constantFrom(
    ...[0, 1, 2, 3, 4, responder, responder, somebodyPaged, somebodyPaged],
    ...[somebodyCalled, somebodyCalled, nobodyPaged, nobodyPaged],
  ),
  word: fc.constantFrom('RESPONDING' as const, 'RESPONDING' as const, ...spoken),
});
const simple: fc.Arbitrary<Simple> = fc.oneof(
  { weight: 5, arbitrary: say },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), ends }) },
  { weight: 3, arbitrary: fc.constant({ do: 'timers' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('raise' as const), alert: alertNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resolve' as const), alert: alertNumber }) },
  { weight: 1, arbitrary: fc.constant({ do: 'look' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'ring' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'end-day-of-calls' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      which: fc.nat(11),
      status: fc.constantFrom('delivered' as const, 'read' as const, 'undelivered' as const),
    }),
  },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: simple },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(5, 12, 31, 65, 200, 700),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('both' as const), one: simple, other: simple }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('during' as const), ends, what: simple }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('dies' as const),
      what: simple,
      at: fc.integer({ min: 1, max: 4 }),
      committed: fc.boolean(),
    }),
  },
);

const outcomes: Record<End, Outcome> = {
  accepted: { kind: 'accepted', id: '' },
  retry: refused('20429', 'retry'),
  unclear,
  'other-way': refused('63024', 'other-way'),
  fails: refused('21211', 'other-way'),
};

type Stage = Awaited<ReturnType<typeof setModelStage>>;

const run = async (stage: Stage, what: Simple, by = stage.deps): Promise<void> => {
  if (what.do === 'raise') return stage.raise(by, what.alert);
  if (what.do === 'resolve') return stage.resolve(by, what.alert);
  if (what.do === 'say') return stage.say(by, what.who, what.word);
  if (what.do === 'send') {
    await stage.send(
      by,
      what.ends.map((end) => outcomes[end]),
    );
    return;
  }
  if (what.do === 'look') return stage.lookAfter(by);
  if (what.do === 'timers') return stage.timers(by);
  if (what.do === 'ring') return stage.ringAnyway(by);
  if (what.do === 'end-day-of-calls') return stage.endDayOfCalls();
  return stage.report(by, what.which, what.status);
};

const runCommand = async (stage: Stage, command: Command): Promise<void> => {
  if (command.do === 'pass') return stage.pass(command.seconds);
  if (command.do === 'both') {
    await Promise.all([run(stage, command.one), run(stage, command.other)]);
    return stage.listen();
  }
  if (command.do === 'during') {
    await stage.send(
      stage.deps,
      command.ends.map((end) => outcomes[end]),
      () => run(stage, command.what),
    );
    return;
  }
  if (command.do === 'dies') {
    const died = await run(stage, command.what, mortal(stage.deps, command)).then(
      () => false,
      (error) => {
        if (error instanceof Died) return true;
        throw error;
      },
    );
    if (command.what.do === 'say') return stage.listen();
    if (!died) return;
    // Whoever asked has had no answer, and asks again.
    if (command.what.do !== 'send') return run(stage, command.what);
    return;
  }
  return run(stage, command);
};

/** What of it can change an alert; of two at once both. */
const partsOf = (command: Command): Simple[] => {
  if (command.do === 'pass') return [];
  if (command.do === 'both') return [command.one, command.other];
  if (command.do === 'during') return [{ do: 'send', ends: [] }, command.what];
  return [command.do === 'dies' ? command.what : command];
};

/** Who that is as things stand. */
const whoOf = (who: number, { alerts, calls }: World, people: number): number => {
  if (who < responder) return who % people;
  const raised = alerts.flatMap((alert) => alert ?? []);
  const paged = raised.flatMap(({ state, mayKnow }) => (state === 'resolved' ? [] : mayKnow));
  const found = {
    [responder]: () =>
      raised.flatMap((alert) => (alert.state === 'responding' ? (alert.responder ?? []) : [])),
    [somebodyPaged]: () => raised.flatMap(({ state, knows }) => (state === 'open' ? knows : [])),
    [somebodyCalled]: () =>
      calls.flatMap(({ ended, knows }) => (ended === 'withdrawn' ? [] : knows)).toReversed(),
    [nobodyPaged]: () => Array.from({ length: people }, (_, n) => n).filter((n) => !paged.includes(n)),
  }[who]!();
  return found[0] ?? 0;
};

const withPeople = <C extends Command>(command: C, world: World, people: number): C => {
  if (command.do === 'say') return { ...command, who: whoOf(command.who, world, people) };
  if (command.do === 'both') {
    const { one, other } = command;
    return { ...command, one: withPeople(one, world, people), other: withPeople(other, world, people) };
  }
  if (command.do !== 'during' && command.do !== 'dies') return command;
  return { ...command, what: withPeople(command.what, world, people) };
};

const nothing: Act = { do: 'other' };

const actOf = (what: Simple, people: Stage['people']): Act => {
  if (what.do === 'say' && people[what.who]!.ways.length === 0) return nothing;
  if (what.do === 'ring') return { do: 'timers' };
  return what.do === 'look' || what.do === 'report' ? nothing : what;
};

/** Somebody who has claimed an alert, called for help or taken a call, and can take that back: nothing came between. */
type Undoable = {
  who: number;
  what: { alert: number } | { began: string } | { took: string };
  seconds: number;
};

const nextUndoable = (
  last: Undoable | null,
  command: Command,
  acts: Act[],
  before: World,
  now: World,
): Undoable | null => {
  const said = acts.length === 1 && acts[0]!.do === 'say' ? acts[0]! : null;
  const claimed = now.alerts.flatMap((alert, n) =>
    said && alert?.responder === said.who && before.alerts[n]?.responder !== said.who ? [n] : [],
  );
  if (said?.word === 'RESPONDING' && claimed.length === 1)
    return { who: said.who, what: { alert: claimed[0]! }, seconds: 0 };
  const [began] = now.calls.filter((call) => !before.calls.some((other) => other.began === call.began));
  if (said && began) return { who: said.who, what: { began: began.began }, seconds: 0 };
  const [taken] = now.calls.filter(
    (call) =>
      call.ended === 'claimed' &&
      call.takenBy === said?.who &&
      !before.calls.some((other) => other.endedBy === call.endedBy),
  );
  if (said && taken) return { who: said.who, what: { took: taken.endedBy! }, seconds: 0 };
  if (!last) return null;
  if (command.do === 'pass') return { ...last, seconds: last.seconds + command.seconds };
  // Whoever calls once more changes the order that the call is about.
  const isDisturbed = acts.some((act) => act.do === 'say' && (act.who === last.who || 'took' in last.what));
  return isDisturbed || !stands(last, now) ? null : last;
};

const stands = ({ what }: Undoable, { alerts, calls }: World): boolean => {
  if ('alert' in what) return alerts[what.alert]?.state === 'responding';
  if ('took' in what) return calls.some(({ ended, endedBy }) => ended === 'claimed' && endedBy === what.took);
  const call = calls.find(({ began }) => began === what.began);
  return call !== undefined && call.ended !== 'claimed' && call.ended !== 'withdrawn';
};

const notUndone = (last: Undoable | null, command: Command, acts: Act[], now: World): string[] => {
  const [act] = acts;
  // Ten minutes, less what the test itself takes.
  if (!last || last.seconds > 500 || command.do !== 'say' || act?.do !== 'say') return [];
  if (act.who !== last.who || act.word !== 'UNDO' || !stands(last, now)) return [];
  return [`${JSON.stringify(last.what)} was not taken back`];
};

/** Plays it, and throws with all that was done once something is not as it must be. */
const play = async (setting: Setting, commands: Command[]): Promise<void> => {
  const stage = await setModelStage(await outbox.channel(), setting);
  const done: string[] = [];
  const none = (faults: string[]) => {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  };
  let undoable: Undoable | null = null;
  try {
    await stage.raise(stage.deps, 0);
    let before = await stage.world();
    for (const drawn of commands) {
      const command = withPeople(drawn, before, stage.people.length);
      done.push(JSON.stringify(command));
      await runCommand(stage, command);
      const now = await stage.world();
      const shown = shape(now, before);
      done.push(`  ${shown}`);
      const acts = partsOf(command).map((part) => actOf(part, stage.people));
      const [one = nothing, other = nothing] = acts;
      const worlds = acts.length < 2 ? after(before, one) : afterBoth(before, one, other);
      const allowed = new Set(worlds.map((world) => shape(world, before)));
      // Whoever's only page is reported as failed at the same moment may answer a moment too late.
      if (partsOf(command).some((part) => part.do === 'report' && part.status === 'undelivered'))
        allowed.add(shape(before, before));
      none(allowed.has(shown) ? [] : ['that is none of', ...allowed]);
      none(faultsOf(now));
      none(notUndone(undoable, command, acts, now));
      undoable = nextUndoable(undoable, command, acts, before, now);
      if (isThorough) none(await stage.seen());
      before = now;
    }
    done.push('all is sent');
    await stage.settle();
    none(await stage.seen());
    done.push('the next step starts');
    none(await stage.goOn());
    await stage.settle();
    none(await stage.seen());
  } catch (error) {
    throw new Error(`${(error as Error).message}\nafter\n${done.join('\n')}`, { cause: error });
  } finally {
    await stage.leave();
  }
};

test(
  'whatever happens to alerts, and whenever: somebody goes, or the chain runs, or it says why not',
  async () => {
    // Beside each other: most of their time they wait for Postgres. Once one has found a fault, it alone goes on.
    let found: number | null = null;
    const lane = (own: number) =>
      fc.assert(
        fc.asyncProperty(
          setting,
          fc.array(command, { minLength: 1, maxLength: isThorough ? 40 : 20, size: 'max' }),
          async (drawn, commands) => {
            if (found !== null && found !== own) return;
            await play(drawn, commands).catch((error) => {
              found ??= own;
              if (found === own) throw error;
            });
          },
        ),
        { numRuns: Math.ceil(runs / lanes), ...(isThorough ? {} : { seed: seed + own }) },
      );
    const ended = await Promise.allSettled(Array.from({ length: lanes }, (_, own) => lane(own)));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  },
  120_000 + runs * 2000,
);
