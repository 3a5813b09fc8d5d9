import { sha256 } from '../crypto.ts';

/** What a metric may be; at least one of `high` and `low` is there. */
export type Limits = {
  high: number | null;
  low: number | null;
  /** How far it must come back before it counts as back; null: to the limit itself. */
  clear: number | null;
};

/** Out of its limits: past which one, and since which reading. */
export type Excursion = { side: 'high' | 'low'; since: Date };

/** All that is kept of a metric's readings. */
export type Watched = { lastAt: Date | null; excursion: Excursion | null };

export type Reading = { value: number; at: Date };

export type Turn =
  | { kind: 'began'; at: Date; side: Excursion['side']; value: number; limit: number }
  | { kind: 'ended'; at: Date };

/**
 * What readings of one metric lead to, whatever their order: where it stands after them, and the excursions that
 * began and ended on the way. A reading that is no later than the last one says nothing.
 */
export const follow = (
  limits: Limits,
  watched: Watched,
  readings: Reading[],
): { watched: Watched; turns: Turn[] } => {
  let { lastAt, excursion } = watched;
  const turns: Turn[] = [];
  for (const { value, at } of readings.toSorted((one, other) => one.at.getTime() - other.at.getTime())) {
    if (lastAt !== null && at <= lastAt) continue;
    lastAt = at;
    if (excursion && isBack(limits, excursion.side, value)) {
      excursion = null;
      turns.push({ kind: 'ended', at });
    }
    const side = excursion ? null : sideOf(limits, value);
    if (side) {
      excursion = { side, since: at };
      turns.push({ kind: 'began', at, side, value, limit: limits[side]! });
    }
  }
  return { watched: { lastAt, excursion }, turns };
};

/**
 * The first of these readings, up to where an excursion that begins with them is over again; all of them if none is. A
 * noisy sensor may be out and back hundreds of times, which is too much to deal with at once.
 */
export const untilBack = (limits: Limits, watched: Watched, readings: Reading[]): Reading[] => {
  const { turns } = follow(limits, watched, readings);
  // From past the one limit to past the other it is not back.
  const back = turns.find(
    ({ kind, at }, place) => kind === 'ended' && place > 0 && turns[place + 1]?.at !== at,
  );
  return back ? readings.filter(({ at }) => at <= back.at) : readings;
};

const sideOf = ({ high, low }: Limits, value: number): Excursion['side'] | null => {
  if (high !== null && value > high) return 'high';
  return low !== null && value < low ? 'low' : null;
};

// A limit that was taken away in the meantime holds nothing back.
const isBack = (limits: Limits, side: Excursion['side'], value: number): boolean => {
  const back = backAt(limits)[side];
  if (back === null) return true;
  return side === 'high' ? value <= back : value >= back;
};

/** Where a metric is back. With both limits it is as far from the one as from the other: as `clear` from the nearer. */
const backAt = ({ high, low, clear }: Limits): { high: number | null; low: number | null } => {
  if (clear === null) return { high, low };
  if (high === null || low === null)
    return { high: high === null ? null : clear, low: low === null ? null : clear };
  return high - clear <= clear - low
    ? { high: clear, low: Math.max(low, inDecimals(low + (high - clear))) }
    : { high: Math.min(high, inDecimals(high - (clear - low))), low: clear };
};

// 0.1 + 0.2 is 0.3 to whoever set the limits.
const inDecimals = (value: number): number => Number(value.toPrecision(12));

/**
 * What the alert of an excursion is called: readable, its own, and short enough for a key. Parts that are too long, or
 * hold the sign that parts them, are told apart by a hash.
 */
export const nameExcursion = (asset: string, metric: string, since: Date): string => {
  const at = since.toISOString().replace('.000Z', 'Z');
  const plain = `${asset}:${metric}:${at}`;
  if ([...plain].length <= maxLength && !`${asset}${metric}`.includes(':')) return plain;
  const hash = sha256(JSON.stringify([asset, metric]))
    .toString('hex')
    .slice(0, hashLength);
  // One character between each two of the four.
  const room = maxLength - at.length - hashLength - 3;
  const metricPart = [...metric].slice(0, Math.floor(room / 2));
  const assetPart = [...asset].slice(0, room - metricPart.length);
  return `${assetPart.join('')}:${metricPart.join('')}:${at}:${hash}`;
};

const maxLength = 64;
const hashLength = 10;
