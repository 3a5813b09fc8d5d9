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

/** By their numbers; null: not raised yet. */
export type World = (ModelAlert | null)[];

export type Act =
  | { do: 'raise'; alert: number }
  | { do: 'send' }
  | { do: 'timers' }
  | { do: 'resolve'; alert: number }
  | { do: 'say'; who: number; word: Word }
  /** Nothing about an alert: time, a callback, a look at the provider's list. */
  | { do: 'other' };

export const spoken = ['RESPONDING', 'RESPONDING ALL', 'ESCALATE', 'COMPLETE', 'UNDO'] as const;
type Word = (typeof spoken)[number];

/** What may have become of a world after something was done in it. */
export const after = (world: World, act: Act): World[] => {
  if (act.do === 'raise') return [world];
  if (act.do === 'send') return [world, everybodyMayKnow(world)];
  if (act.do === 'resolve') return [change(world, act.alert, resolved)];
  if (act.do === 'timers') return timers(world);
  if (act.do === 'say') return said(world, act.who, act.word);
  return [world];
};

/** After two things were done at once: as if one had been done after the other. */
export const afterBoth = (world: World, one: Act, other: Act): World[] =>
  [
    [one, other],
    [other, one],
  ].flatMap(([first, second]) => after(world, first!).flatMap((between) => after(between, second!)));

const isOpen = (alert: ModelAlert | null): alert is ModelAlert => alert?.state === 'open';

const said = (world: World, who: number, word: Word): World[] => {
  const numbers = world.flatMap((alert, number) => (alert && alert.state !== 'resolved' ? [number] : []));
  const responds = numbers.filter((n) => world[n]!.state === 'responding' && world[n]!.responder === who);
  const knows = numbers.filter((n) => world[n]!.knows.includes(who));
  const mayKnow = numbers.filter((n) => world[n]!.mayKnow.includes(who));
  // Whoever is meant among several is another test's matter.
  const certain = mayKnow.length === 1 && knows.length === 1;
  const each = (chosen: number[], how: (alert: ModelAlert) => ModelAlert[]): World[] =>
    chosen.flatMap((n) => how(world[n]!).map((alert) => put(world, n, alert)));

  if (word === 'RESPONDING') {
    const open = mayKnow.filter((n) => isOpen(world[n]!));
    const worlds = each(open, (alert) => [{ ...alert, state: 'responding', responder: who, runs: false }]);
    return certain && open.length === 1 ? worlds : [world, ...worlds];
  }
  if (word === 'RESPONDING ALL') {
    // Those he knows of for certain are among them.
    const claimed = (alert: ModelAlert): ModelAlert => ({
      ...alert,
      state: 'responding',
      responder: who,
      runs: false,
    });
    return oneOfEach(world, (alert, n) => {
      if (!isOpen(alert) || !mayKnow.includes(n)) return [alert];
      return certain ? [claimed(alert)] : [alert, claimed(alert)];
    });
  }
  if (word === 'COMPLETE') {
    const worlds = each(responds, (alert) => [resolved(alert)]);
    return responds.length === 1 && (certain || mayKnow.length === 0) ? worlds : [world, ...worlds];
  }
  if (word === 'ESCALATE') {
    // Whoever asks is still there himself: the chain goes on.
    const next = (alert: ModelAlert) =>
      started({ ...alert, state: 'open', responder: null }).filter(({ runs, steps }) => runs || steps === 0);
    const released = each(responds, next);
    const escalated = each(
      mayKnow.filter((n) => isOpen(world[n]!)),
      next,
    );
    if (responds.length === 1 && certain) return released;
    const must = certain && isOpen(world[knows[0]!]!) && world[knows[0]!]!.steps > 0;
    return must ? escalated : [world, ...released, ...escalated];
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
  });
};

/** Every world in which each alert is one of those it may have become. */
const oneOfEach = (world: World, how: (alert: ModelAlert, number: number) => ModelAlert[]): World[] =>
  world.reduce<World[]>(
    (worlds, alert, n) =>
      alert ? worlds.flatMap((each) => how(alert, n).map((next) => put(each, n, next))) : worlds,
    [world],
  );

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

const timers = (world: World): World[] => {
  let worlds = [world];
  for (const [n, alert] of world.entries()) {
    if (!isOpen(alert) || !alert.runs || !alert.due) continue;
    worlds = worlds.flatMap((each) => started(alert).map((next) => put(each, n, { ...next, due: false })));
  }
  return worlds;
};

const everybodyMayKnow = (world: World): World =>
  world.map((alert) => alert && { ...alert, knows: alert.mayKnow });

const put = (world: World, number: number, alert: ModelAlert): World =>
  world.map((each, n) => (n === number ? alert : each));
const change = (world: World, number: number, how: (alert: ModelAlert) => ModelAlert): World => {
  const alert = world[number];
  return alert ? put(world, number, how(alert)) : world;
};

/** What no moment may show, whatever came before. */
export const faultsOf = (world: World): string[] =>
  world.flatMap((alert, n) => {
    if (!alert) return [];
    const { state, responder, runs, waiting } = alert;
    return [
      state !== 'open' && runs ? [`alert ${n} is ${state}, and its chain runs`] : [],
      state === 'responding' && responder === null ? [`nobody responds to alert ${n}`] : [],
      state === 'open' && responder !== null ? [`alert ${n} is open, and somebody responds`] : [],
      state !== 'open' && waiting > 0 ? [`alert ${n} is ${state}, and ${waiting} of its pages wait`] : [],
    ].flat();
  });

/** What the model speaks of, of the alerts that there were before; the rest is read anew before each command. */
export const shape = (world: World, before: World): string =>
  world
    .flatMap((alert, n) => {
      if (!alert || !before[n]) return [];
      const { state, responder, step, turn, runs } = alert;
      return [`${n}: ${state} ${responder ?? '-'} step ${step} turn ${turn}${runs ? '' : ', stopped'}`];
    })
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
};

/** People who were paged together. */
export type Turn = {
  alert: number;
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
  setting.alerts.flatMap((_, alert) => {
    const own = turns.filter((turn) => turn.alert === alert);
    const first = own.flatMap(({ step, people }) => (step === 0 ? people : []));
    return own.flatMap((turn, place) => {
      const before = own[place - 1];
      // A step 0 once more: there are no others.
      if (!before || turn.step === 0) return [];
      const next = Math.min(before.step + 1, setting.steps.length);
      const toTell = (step: number) =>
        groupOf(setting, step, first).filter((who) => who !== turn.askedBy && isReached(setting, who, step));
      const faults: string[] = [];
      const told = own.slice(0, place).flatMap(({ people }) => people);
      if (turn.undone) {
        const untold = turn.people.filter((who) => !told.includes(who));
        return untold.length > 0
          ? [`alert ${alert}, turn ${turn.turn}: told ${untold} for the first time`]
          : [];
      }
      for (let step = next; step < turn.step; step++) {
        if (toTell(step).length > 0) faults.push(`alert ${alert}: step ${step} was left out`);
      }
      const wanted = toTell(turn.step);
      const missed = wanted.filter((who) => !turn.people.includes(who));
      if (missed.length > 0)
        faults.push(`alert ${alert}, turn ${turn.turn}: step ${turn.step} did not tell ${missed}`);
      const isAgain = turn.released || wanted.length === 0;
      const allowed = [...groupOf(setting, turn.step, first), ...(isAgain ? told : [])];
      const others = turn.people.filter((who) => !allowed.includes(who));
      if (others.length > 0)
        faults.push(`alert ${alert}, turn ${turn.turn}: step ${turn.step} told ${others} as well`);
      return faults;
    });
  });

const isReached = ({ people, steps }: Setting, who: number, step: number): boolean =>
  people[who]!.ways.some((way) => steps[step - 1]!.ways.includes(way));

const groupOf = (
  { people, steps, responsible, onCall }: Setting,
  step: number,
  firstTold: number[],
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
    return whom === 'responsible' ? responsible : whom === 'on-call' ? onCall : supervisors();
  });
};
