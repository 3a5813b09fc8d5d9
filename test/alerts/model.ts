import type { ChainEnd } from '../../src/domain/chain.ts';

/** An alert as it must be, without rows, locks and messages. */
type ModelAlert = {
  state: 'open' | 'responding' | 'resolved';
  responder: number | null;
  step: number;
  turn: number;
  steps: number;
  /** Whether somebody is told next. */
  runs: boolean;
  /** Whether the time of its next step has come. */
  due: boolean;
  /** People who were paged for it and know of it for certain, and those who may. */
  knows: number[];
  mayKnow: number[];
  /** Pages that wait to be sent. */
  waiting: number;
};

/** A technician's call for help: the same of a chain that somebody is to take. */
type ModelCall = {
  kind: 'work-order.escalated' | 'work-order.needed';
  caller: number;
  /** About the order there is; false: about none. */
  ofOrder: boolean;
  /** Null: it runs. */
  ended: ChainEnd | null;
  takenBy: number | null;
  /** The messages by which somebody began and ended it, and who wrote the last. */
  began: string;
  endedBy: string | null;
  ender: number | null;
  step: number;
  turn: number;
  steps: number;
  due: boolean;
  /** Whether its day is over; and whether nobody is told of it any more, for it is so long ago. */
  expired: boolean;
  forgotten: boolean;
  knows: number[];
  mayKnow: number[];
  waiting: number;
};

export type World = {
  /** By their numbers; null: not raised yet. */
  alerts: (ModelAlert | null)[];
  calls: ModelCall[];
  /** The only one there is, in somebody's hand; null: there is none. */
  order: { holder: number; isOpen: boolean; escalated: boolean } | null;
  /** How many steps a call has. */
  steps: number;
};

export type Act =
  | { do: 'raise'; alert: number }
  | { do: 'send' }
  | { do: 'timers' }
  | { do: 'resolve'; alert: number }
  | { do: 'say'; who: number; word: Word }
  | { do: 'end-day-of-calls' }
  /** Nothing about an alert: time, a callback, a look at the provider's list. */
  | { do: 'other' };

export const spoken = [
  'RESPONDING',
  'RESPONDING ALL',
  'ESCALATE',
  'COMPLETE',
  'UNDO',
  'NEED a hand',
] as const;
type Word = (typeof spoken)[number];

/** What may have become of a world after something was done in it. */
export const after = (world: World, act: Act): World[] => {
  if (act.do === 'raise') return [world];
  if (act.do === 'send') return [world, everybodyMayKnow(world)];
  if (act.do === 'resolve') return [change(world, act.alert, resolved)];
  if (act.do === 'timers') return timers(world).flatMap(timersOfCalls);
  if (act.do === 'say') return said(world, act.who, act.word);
  if (act.do === 'end-day-of-calls')
    return [changeCalls(world, world.calls, (each) => ({ ...each, due: true, expired: true }))];
  return [world];
};

/** After two things were done at once: as if one had been done after the other. */
export const afterBoth = (world: World, one: Act, other: Act): World[] =>
  [
    [one, other],
    [other, one],
  ].flatMap(([first, second]) => after(world, first!).flatMap((between) => after(between, second!)));

const isOpen = (alert: ModelAlert | null): alert is ModelAlert => alert?.state === 'open';

/** It still calls for somebody, though it may have told everybody there is. */
const calls = ({ ended }: ModelCall): boolean => ended !== 'claimed' && ended !== 'withdrawn';

const said = (world: World, who: number, word: Word): World[] => {
  if (word === 'NEED a hand') return needed(world, who);
  const { alerts, order } = world;
  const numbers = alerts.flatMap((alert, number) => (alert && alert.state !== 'resolved' ? [number] : []));
  const responds = numbers.filter((n) => alerts[n]!.state === 'responding' && alerts[n]!.responder === who);
  const knows = numbers.filter((n) => alerts[n]!.knows.includes(who));
  const mayKnow = numbers.filter((n) => alerts[n]!.mayKnow.includes(who));
  // Whoever is meant among several is another test's matter.
  const certain = mayKnow.length === 1 && knows.length === 1;
  const hasOrder = order?.holder === who && order.isOpen;
  const each = (chosen: number[], how: (alert: ModelAlert) => ModelAlert[]): World[] =>
    chosen.flatMap((n) => how(alerts[n]!).map((alert) => put(world, n, alert)));

  if (word === 'RESPONDING') {
    const open = mayKnow.filter((n) => isOpen(alerts[n]!));
    const worlds = each(open, (alert) => [{ ...alert, state: 'responding', responder: who, runs: false }]);
    const toTake = world.calls.filter((call) => calls(call) && call.mayKnow.includes(who));
    const [only, ...more] = toTake;
    const taken = togetherIn(toTake).map((together) => take(world, together, who));
    if (certain && open.length === 1 && !only) return worlds;
    const mustTake = only && more.length === 0 && mayKnow.length === 0 && only.knows.includes(who);
    return mustTake && !only.forgotten ? taken : [world, ...worlds, ...taken];
  }
  if (word === 'RESPONDING ALL') {
    // Those he knows of for certain are among them.
    const claimed = (alert: ModelAlert): ModelAlert => ({
      ...alert,
      state: 'responding',
      responder: who,
      runs: false,
    });
    const toTake = world.calls.filter((call) => calls(call) && call.mayKnow.includes(who));
    return oneOfEach(world, (alert, n) => {
      if (!isOpen(alert) || !mayKnow.includes(n)) return [alert];
      return certain && toTake.length === 0 ? [claimed(alert)] : [alert, claimed(alert)];
    }).flatMap((each) => [each, ...[...togetherIn(toTake), toTake].map((taken) => take(each, taken, who))]);
  }
  if (word === 'COMPLETE') {
    const worlds = each(responds, (alert) => [resolved(alert)]);
    if (hasOrder) return [...(responds.length > 0 ? [world, ...worlds] : []), completed(world)];
    return responds.length === 1 && (certain || mayKnow.length === 0) ? worlds : [world, ...worlds];
  }
  if (word === 'ESCALATE') {
    // Whoever asks is still there himself: the chain goes on.
    const next = (alert: ModelAlert) =>
      started({ ...alert, state: 'open', responder: null }).filter(({ runs, steps }) => runs || steps === 0);
    const released = each(responds, next);
    const escalated = each(
      mayKnow.filter((n) => isOpen(alerts[n]!)),
      next,
    );
    if (responds.length === 1 && certain) return released;
    if (certain && isOpen(alerts[knows[0]!]!)) {
      return alerts[knows[0]!]!.steps > 0 ? escalated : [world, ...released, ...escalated];
    }
    const called = call(world, who, 'work-order.escalated', hasOrder);
    return mayKnow.length === 0 && responds.length === 0
      ? called
      : [world, ...released, ...escalated, ...called];
  }
  // What was done last, and by whom, the events say: see the witness.
  return oneOfEach(world, (alert, n) => {
    if (alert.state === 'resolved')
      return alert.responder === who ? [alert, { ...alert, state: 'responding' }] : [alert];
    if (alert.state === 'open')
      return [alert, { ...alert, state: 'responding', responder: who, runs: false }];
    if (!responds.includes(n)) return [alert];
    // Those whom the claim had left untold are told by a turn of their own.
    const released = [alert.turn, alert.turn + 1].flatMap((turn): ModelAlert[] => [
      { ...alert, state: 'open', responder: null, turn, runs: true },
      { ...alert, state: 'open', responder: null, turn, runs: false },
    ]);
    return [alert, ...released];
  }).flatMap((each) => takenBack(each, who));
};

/** Every world in which each alert is one of those it may have become. */
const oneOfEach = (world: World, how: (alert: ModelAlert, number: number) => ModelAlert[]): World[] =>
  world.alerts.reduce<World[]>(
    (worlds, alert, n) =>
      alert ? worlds.flatMap((each) => how(alert, n).map((next) => put(each, n, next))) : worlds,
    [world],
  );

/** Asks for something on the order in hand: what was asked for before is asked for together with it. */
const needed = (world: World, who: number): World[] =>
  world.order?.holder === who && world.order.isOpen ? call(world, who, 'work-order.needed', true) : [world];

const call = (world: World, caller: number, kind: ModelCall['kind'], ofOrder: boolean): World[] => {
  const steps = world.steps;
  const before = world.calls.find(
    (each) =>
      each.kind === kind &&
      each.ofOrder === ofOrder &&
      (ofOrder || (each.caller === caller && !each.forgotten)) &&
      calls(each) &&
      each.ended !== 'expired',
  );
  if (before && kind === 'work-order.escalated') {
    if (steps === 0) return [changeCalls(world, [before], (each) => ({ ...each, turn: each.turn + 1 }))];
    return startedCall(before)
      .filter(({ ended }) => ended === null)
      .map((next) => changeCalls(world, [before], () => next));
  }
  const fresh: ModelCall = {
    ...{ kind, caller, ofOrder, ended: null, takenBy: null, began: '', endedBy: null, ender: null },
    ...{ step: 0, turn: 0, steps, due: false, expired: false, forgotten: false },
    ...{ knows: [], mayKnow: [], waiting: 0 },
  };
  const rest = before ? changeCalls(world, [before], withdrawn) : world;
  const add = (each: ModelCall): World => ({ ...rest, calls: [...rest.calls, each] });
  if (before) {
    const again = { ...fresh, step: before.step, ended: before.ended };
    // Nobody who was told before can be told by now.
    const toNobody = steps === 0 ? [{ ...again, ended: 'nobody' as const }] : startedCall(again);
    return [again, ...toNobody].map(add);
  }
  if (steps === 0) return [add({ ...fresh, ended: 'no-steps' }), add({ ...fresh, ended: 'nobody' })];
  return [fresh, ...startedCall(fresh)].map(add);
};

const take = (world: World, together: ModelCall[], who: number): World =>
  changeCalls(world, together, (each) => ({ ...each, ended: 'claimed', takenBy: who }));

/** What one RESPONDING may take: what is called for about one order is taken together, as far as he was told of it. */
const togetherIn = (toTake: ModelCall[]): ModelCall[][] => {
  const ofOrder = toTake.filter((each) => each.ofOrder);
  return [...toTake.map((each) => [each]), ...(ofOrder.length > 1 ? [ofOrder] : [])];
};

const withdrawn = (each: ModelCall): ModelCall => ({ ...each, ended: 'withdrawn' });

const completed = (world: World): World => ({
  ...changeCalls(
    world,
    world.calls.filter((each) => each.ofOrder && calls(each)),
    withdrawn,
  ),
  order: world.order && { ...world.order, isOpen: false },
});

/** What one message did is taken back: what it began is withdrawn, and what it ended goes on. */
const takenBack = (world: World, who: number): World[] => {
  const own = world.calls.flatMap(({ caller, began, ender, endedBy }) => [
    ...(caller === who ? [began] : []),
    ...(ender === who && endedBy !== null ? [endedBy] : []),
  ]);
  const reopened = (each: World): World[] =>
    each.order?.holder === who && !each.order.isOpen
      ? [each, { ...each, order: { ...each.order, isOpen: true } }]
      : [each];
  return [
    ...reopened(world),
    ...[...new Set(own)].flatMap((message) => {
      const began = (each: ModelCall) => each.began === message;
      const ended = (each: ModelCall) => !began(each) && each.endedBy === message;
      const without = changeCalls(world, world.calls.filter(began), withdrawn);
      // Whoever called about no order may have called again since: that one goes on, and not two.
      const again = (each: ModelCall) =>
        without.calls.some(
          (other) => isSameCall({ ...each, ended: null }, other) && !each.ofOrder && !other.forgotten,
        );
      return reopened(
        changeCalls(without, world.calls.filter(ended), (each) =>
          again(each) ? { ...withdrawn(each), takenBy: null } : goesOn(each),
        ),
      );
    }),
  ];
};

const goesOn = (each: ModelCall): ModelCall => ({
  ...each,
  ended: each.steps > 0 ? null : 'no-steps',
  takenBy: null,
});

const resolved = (alert: ModelAlert): ModelAlert => ({ ...alert, state: 'resolved', runs: false });

/** The next step starts, or one after it where nobody is there to be told. */
const started = (alert: ModelAlert): ModelAlert[] => {
  const first = Math.min(alert.step + 1, alert.steps);
  const worlds: ModelAlert[] = [];
  for (let step = first; step <= alert.steps; step++) {
    for (const turn of [alert.turn + 1, alert.turn + 1 + step - first]) {
      worlds.push({ ...alert, step, turn, runs: true }, { ...alert, step, turn, runs: false });
    }
  }
  return worlds;
};

const startedCall = (each: ModelCall): ModelCall[] => {
  const first = Math.min(each.step + 1, each.steps);
  const next: ModelCall[] = [];
  for (let step = first; step <= each.steps; step++) {
    const turn = each.turn + 1 + step - first;
    next.push({ ...each, step, turn, ended: null }, { ...each, step, turn, ended: 'nobody' });
  }
  return next;
};

const timers = (world: World): World[] => {
  let worlds = [world];
  for (const [n, alert] of world.alerts.entries()) {
    if (!isOpen(alert) || !alert.runs || !alert.due) continue;
    worlds = worlds.flatMap((each) => started(alert).map((next) => put(each, n, { ...next, due: false })));
  }
  return worlds;
};

const timersOfCalls = (world: World): World[] => {
  let worlds = [world];
  for (const [n, each] of world.calls.entries()) {
    if (each.ended !== null || !each.due) continue;
    const next = each.expired ? [{ ...each, ended: 'expired' as const }] : startedCall(each);
    worlds = worlds.flatMap((so) =>
      next.map((call) => ({ ...so, calls: so.calls.with(n, { ...call, due: false }) })),
    );
  }
  return worlds;
};

const everybodyMayKnow = (world: World): World => ({
  ...world,
  alerts: world.alerts.map((alert) => alert && { ...alert, knows: alert.mayKnow }),
  calls: world.calls.map((each) => ({ ...each, knows: each.mayKnow })),
});

const put = (world: World, number: number, alert: ModelAlert): World => ({
  ...world,
  alerts: world.alerts.with(number, alert),
});
const change = (world: World, number: number, how: (alert: ModelAlert) => ModelAlert): World => {
  const alert = world.alerts[number];
  return alert ? put(world, number, how(alert)) : world;
};
const changeCalls = (world: World, which: ModelCall[], how: (each: ModelCall) => ModelCall): World => ({
  ...world,
  calls: world.calls.map((each) => (which.includes(each) ? how(each) : each)),
});

/** What no moment may show, whatever came before. */
export const faultsOf = (world: World): string[] => [
  ...world.alerts.flatMap((alert, n) => {
    if (!alert) return [];
    const { state, responder, runs, waiting } = alert;
    return [
      state !== 'open' && runs ? [`alert ${n} is ${state}, and its chain runs`] : [],
      state === 'responding' && responder === null ? [`nobody responds to alert ${n}`] : [],
      state === 'open' && responder !== null ? [`alert ${n} is open, and somebody responds`] : [],
      state !== 'open' && waiting > 0 ? [`alert ${n} is ${state}, and ${waiting} of its pages wait`] : [],
    ].flat();
  }),
  ...world.calls.flatMap((each, n) => {
    const { ended, takenBy, waiting, mayKnow, caller } = each;
    const others = world.calls.slice(0, n).filter((other) => isSameCall(each, other));
    return [
      ended === 'claimed' && takenBy === null ? [`nobody has taken call ${n}`] : [],
      calls(each) && takenBy !== null ? [`call ${n} is open, and somebody has taken it`] : [],
      !calls(each) && waiting > 0 ? [`call ${n} is ${ended}, and ${waiting} of its pages wait`] : [],
      mayKnow.includes(caller) ? [`call ${n} was told whoever called`] : [],
      others.length > 0 ? [`call ${n} runs beside another`] : [],
    ].flat();
  }),
  ...faultsOfOrder(world),
];

const faultsOfOrder = ({ calls: all, order }: World): string[] => {
  if (!order) return [];
  const open = all.filter((each) => each.ofOrder && calls(each));
  const escalations = open.filter(({ kind }) => kind === 'work-order.escalated');
  return [
    !order.isOpen && open.length > 0 ? ['the order is completed, and somebody is called to it'] : [],
    order.escalated && escalations.length === 0 ? ['the order is escalated, and nobody is called'] : [],
    !order.escalated && escalations.some(({ ended }) => ended !== 'expired')
      ? ['somebody is called to the order, and it is not escalated']
      : [],
  ].flat();
};

/** Two that page the same people of the same matter. */
const isSameCall = (one: ModelCall, other: ModelCall): boolean =>
  [one, other].every((each) => calls(each) && each.ended !== 'expired') &&
  one.kind === other.kind &&
  one.ofOrder === other.ofOrder &&
  (one.ofOrder || one.caller === other.caller);

/** What the model speaks of, of the alerts that there were before; the rest is read anew before each command. */
export const shape = (world: World, before: World): string =>
  [
    ...world.alerts.flatMap((alert, n) => {
      if (!alert || !before.alerts[n]) return [];
      const { state, responder, step, turn, runs } = alert;
      return [`${n}: ${state} ${responder ?? '-'} step ${step} turn ${turn}${runs ? '' : ', stopped'}`];
    }),
    ...world.calls.map(({ kind, caller, ofOrder, ended, takenBy, step, turn }) =>
      [
        `${caller} calls${ofOrder ? ' to the order' : ''} (${kind.split('.')[1]}):`,
        `${ended ?? 'runs'} ${takenBy !== null && ended === 'claimed' ? takenBy : '-'} step ${step} turn ${turn}`,
      ].join(' '),
    ),
    ...(world.order ? [`order ${world.order.isOpen ? 'open' : 'completed'}`] : []),
  ]
    .toSorted()
    .join('; ');

type Person = {
  role: 'technician' | 'supervisor' | 'planner';
  ways: ('whatsapp' | 'sms')[];
  /** The number of the supervisor; one's own: none. */
  under: number;
};

/** Who is there, and whom a chain tells after which time. */
export type Setting = {
  people: Person[];
  responsible: number[];
  onCall: number[];
  alerts: { severity: 'critical' | 'high'; recipients: number[] }[];
  steps: {
    waitSeconds: number;
    notify: ('responsible' | 'supervisor' | 'on-call' | number)[];
    ways: ('whatsapp' | 'sms' | 'email')[];
  }[];
  /** Who has the order in hand; null: there is none. */
  holder: number | null;
};

/** People who were paged together. */
export type Turn = {
  /** The alert, or the call, that they were paged for. */
  of: string;
  /** Of a call: who called. */
  caller: number | null;
  /** Whether it is a call in whose place there was another. */
  follows: boolean;
  turn: number;
  step: number;
  people: number[];
  askedBy: number | null;
  /** Whether somebody who went does not any more; and whether he has taken back that he would. */
  released: boolean;
  undone: boolean;
};

/** Whether each step told its people, and none was left out that had somebody to tell. */
export const faultsOfTurns = (setting: Setting, turns: Turn[]): string[] =>
  [...new Set(turns.map(({ of }) => of))].flatMap((of) => {
    const own = turns.filter((turn) => turn.of === of);
    const [{ caller, follows }] = own as [Turn];
    const first = caller === null ? own.flatMap(({ step, people }) => (step === 0 ? people : [])) : [caller];
    const group = (step: number) => groupOf(setting, step, first, caller !== null);
    return own.flatMap((turn, place) => {
      const before = own[place - 1];
      if (caller !== null && turn.turn === 0 && !follows) {
        const wanted = supervisorsOf(setting, caller).toSorted();
        return `${wanted}` === `${turn.people.toSorted()}`
          ? []
          : [`${of} told ${turn.people}, not ${wanted}`];
      }
      // A step 0 once more: there are no others.
      if (!before || turn.step === 0) return [];
      const next = Math.min(before.step + 1, setting.steps.length);
      const toTell = (step: number) =>
        group(step).filter((who) => who !== turn.askedBy && who !== caller && isReached(setting, who, step));
      const faults: string[] = [];
      const told = own.slice(0, place).flatMap(({ people }) => people);
      if (turn.undone) {
        const untold = turn.people.filter((who) => !told.includes(who));
        return untold.length > 0 ? [`${of}, turn ${turn.turn}: told ${untold} for the first time`] : [];
      }
      for (let step = next; step < turn.step; step++) {
        if (toTell(step).length > 0) faults.push(`${of}: step ${step} was left out`);
      }
      const wanted = toTell(turn.step);
      const missed = wanted.filter((who) => !turn.people.includes(who));
      if (missed.length > 0)
        faults.push(`${of}, turn ${turn.turn}: step ${turn.step} did not tell ${missed}`);
      const isAgain = turn.released || wanted.length === 0;
      const allowed = [...group(turn.step), ...(isAgain ? told : [])];
      const others = turn.people.filter((who) => !allowed.includes(who));
      if (others.length > 0)
        faults.push(`${of}, turn ${turn.turn}: step ${turn.step} told ${others} as well`);
      return faults;
    });
  });

const isReached = ({ people, steps }: Setting, who: number, step: number): boolean =>
  people[who]!.ways.some((way) => steps[step - 1]!.ways.includes(way));

const groupOf = (
  { people, steps, responsible, onCall }: Setting,
  step: number,
  firstTold: number[],
  ofCall: boolean,
): number[] => {
  const supervisors = (): number[] => {
    const own = firstTold
      .map((who) => people[who]!.under)
      .filter((who, n) => who !== firstTold[n] && people[who]);
    if (own.length > 0) return own;
    return people.flatMap(({ role }, who) => (role === 'supervisor' ? [who] : []));
  };
  return steps[step - 1]!.notify.flatMap((whom) => {
    if (typeof whom === 'number') return [whom];
    // The order has no asset that somebody could be responsible for.
    if (whom === 'responsible') return ofCall ? [] : responsible;
    return whom === 'on-call' ? onCall : supervisors();
  });
};

/** Whom a call tells first: his supervisor, else all, else the planners, else who is on call; those there is a way to. */
const supervisorsOf = ({ people, onCall }: Setting, caller: number): number[] => {
  const inRole = (wanted: Person['role']) =>
    people.flatMap(({ role }, who) => (role === wanted ? [who] : []));
  const groups = [[people[caller]!.under], inRole('supervisor'), inRole('planner'), onCall];
  const reached = groups.map((group) =>
    group.filter((who) => who !== caller && people[who] && people[who].ways.length > 0),
  );
  return reached.find((group) => group.length > 0) ?? [];
};
