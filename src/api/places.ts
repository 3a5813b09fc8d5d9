import { fail } from './problem.ts';

/**
 * Runs work in so many places at a time, in the order it came; the rest waits, and is answered 503 once that has taken
 * too long.
 */
export const createPlaces = (count: number, waitMs: number) => {
  let free = count;
  const waiting = new Set<() => void>();

  const takePlace = async () => {
    if (free > 0) {
      free -= 1;
      return;
    }
    const isGiven = await new Promise<boolean>((resolve) => {
      const begin = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        resolve(false);
      }, waitMs);
      waiting.add(begin);
    });
    if (!isGiven) fail('unavailable');
  };

  const leavePlace = () => {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return async <T>(work: () => Promise<T>): Promise<T> => {
    await takePlace();
    try {
      return await work();
    } finally {
      leavePlace();
    }
  };
};
