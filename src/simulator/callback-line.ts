export type CallbackOrder = 'in-order' | 'reversed' | 'shuffled';

export type CallbackLine = {
  add: (call: Call) => void;
  /** Ends the holding back; what is added later goes at once. */
  release: () => void;
};

type Call = () => Promise<void>;

/**
 * Runs one message's callbacks, each after the one before it was answered. Any order but the natural one holds them
 * back until they are released.
 */
export const openCallbackLine = (
  order: CallbackOrder,
  run: (call: Call) => Promise<void>,
  randomBytes: (count: number) => Buffer,
): CallbackLine => {
  let held: Call[] | null = order === 'in-order' ? null : [];
  let last = Promise.resolve();
  const enqueue = (call: Call) => {
    const before = last;
    last = run(() => before.then(call));
  };

  return {
    add: (call) => {
      if (held) held.push(call);
      else enqueue(call);
    },
    release: () => {
      const calls = held ?? [];
      held = null;
      for (const call of order === 'shuffled' ? shuffled(calls, randomBytes) : calls.toReversed())
        enqueue(call);
    },
  };
};

const shuffled = (calls: Call[], randomBytes: (count: number) => Buffer) =>
  calls
    .map((call) => ({ call, rank: randomBytes(4).readUInt32BE() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ call }) => call);
